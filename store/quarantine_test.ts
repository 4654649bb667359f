import assert from "node:assert/strict";
import { PowerLossFiles, systemError } from "../testdata/power_loss.ts";
import { MemoryFiles } from "./file_memory.ts";
import { keepAside, moveAside } from "./quarantine.ts";

function keep(files: MemoryFiles, from: number, to: number): void {
  keepAside(files, "store", { name: "part", range: { path: "store/log", from, to } });
}

function kept(files: MemoryFiles): Record<string, number[]> {
  const all = [...files.snapshot()].filter(([path]) => path.startsWith("store/quarantine/"));
  return Object.fromEntries(all.map(([path, bytes]) => [path.slice(17), [...bytes]]));
}

Deno.test("keepAside() copies the range", () => {
  const files = new MemoryFiles();
  files.put("store/log", Uint8Array.of(1, 2, 3, 4, 5));
  keep(files, 1, 4);
  assert.deepEqual(kept(files), { part: [2, 3, 4] });
});

Deno.test("keepAside() never replaces what is there: zeroed since is the same, others get a number", () => {
  const files = new MemoryFiles();
  files.put("store/log", Uint8Array.of(1, 2, 3, 4, 5));
  keep(files, 1, 4);
  files.put("store/log", Uint8Array.of(1, 0, 0, 4, 5));
  keep(files, 1, 4);
  files.put("store/log", Uint8Array.of(1, 0, 9, 4, 5));
  keep(files, 1, 4);
  keep(files, 1, 5);
  files.put("store/log", Uint8Array.of(1, 0, 0, 4, 5));
  keep(files, 1, 5);
  assert.deepEqual(kept(files), { "part": [2, 3, 4], "part-2": [0, 9, 4], "part-3": [0, 9, 4, 5] });
});

Deno.test("keepAside() copies more than fits into one block", () => {
  const files = new MemoryFiles();
  const bytes = Uint8Array.from({ length: 2_500_000 }, (_, at) => at * 31);
  files.put("store/log", bytes);
  keep(files, 100, 2_400_000);
  const copy = files.snapshot().get("store/quarantine/part");
  assert.deepEqual(copy, bytes.slice(100, 2_400_000));
});

Deno.test("keepAside() is on the disk when it ends, and whole or absent when it fails", () => {
  for (let number = 1;; number++) {
    const disk = new PowerLossFiles();
    disk.makeDirectory("store");
    disk.syncDirectory(".");
    const log = disk.openWrite("store/log");
    log.write(Uint8Array.of(1, 2, 3), 0);
    log.close();
    let calls = 0;
    disk.interfere = () => {
      if (++calls === number) throw systemError("EIO");
    };
    const keepIt = () =>
      keepAside(disk, "store", { name: "part", range: { path: "store/log", from: 0, to: 3 } });
    let isDone = true;
    try {
      keepIt();
    } catch {
      isDone = false;
    }
    disk.interfere = () => {};
    assert.equal(disk.openCount, 0);
    const there = disk.stat("store/quarantine/part");
    if (there !== undefined) assert.deepEqual([...disk.bytes("store/quarantine/part")], [1, 2, 3]);
    keepIt();
    assert.deepEqual(disk.list("store/quarantine").filter((name) => name !== "part"), []);
    if (!isDone) continue;
    const after = disk.lose(() => false);
    assert.deepEqual([...after.bytes("store/quarantine/part")], [1, 2, 3]);
    break;
  }
});

Deno.test("moveAside() keeps a range and zeros it where it was, and nothing beside it", () => {
  const files = new MemoryFiles();
  files.put("store/commitlog/0", Uint8Array.from({ length: 3_000_000 }, (_, at) => 1 + at % 250));
  const before = files.snapshot().get("store/commitlog/0")!.slice();
  const range = { path: "store/commitlog/0", from: 10, to: 2_500_000 };
  moveAside(files, "store", { name: "commitlog-10", range });
  const after = files.snapshot();
  assert.deepEqual(after.get("store/quarantine/commitlog-10"), before.subarray(10, 2_500_000));
  before.fill(0, 10, 2_500_000);
  assert.deepEqual(after.get("store/commitlog/0"), before);
});
