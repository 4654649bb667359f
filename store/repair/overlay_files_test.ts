import assert from "node:assert/strict";
import fc from "fast-check";
import { FILE_CONTRACT } from "../../testdata/file_contract.ts";
import { differences } from "../../testdata/store_bytes.ts";
import type { FileSystem } from "../file.ts";
import { MemoryFiles } from "../file_memory.ts";
import { filesUnder, OverlayFiles, OverlayFullError } from "./overlay_files.ts";

for (const [title, check] of Object.entries(FILE_CONTRACT)) {
  Deno.test(`OverlayFiles: ${title}`, async () => {
    const below = new MemoryFiles();
    const overlay = new OverlayFiles(below);
    overlay.makeDirectory("root");
    await check(overlay, "root");
    assert.deepEqual([...below.snapshot()], [], "nothing is written below");
    assert.deepEqual(below.list("."), []);
  });
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function text(fs: FileSystem, path: string): string {
  const file = fs.openRead(path);
  const content = new Uint8Array(file.size());
  file.read(content, 0);
  file.close();
  return new TextDecoder().decode(content);
}

function put(fs: FileSystem, path: string, content: string, at = 0): void {
  const file = fs.openWrite(path);
  file.write(bytes(content), at);
  file.close();
}

Deno.test("OverlayFiles shows what is below until it is changed", () => {
  const below = new MemoryFiles();
  below.put("dir/a", bytes("below"));
  const overlay = new OverlayFiles(below);
  assert.equal(text(overlay, "dir/a"), "below");
  put(overlay, "dir/a", "ABOVE and more");
  assert.equal(text(overlay, "dir/a"), "ABOVE and more");
  assert.equal(text(below, "dir/a"), "below");
  assert.deepEqual(overlay.list("dir"), ["a"]);
});

Deno.test("OverlayFiles.remove() hides a folder, and what is made there later begins empty", () => {
  const below = new MemoryFiles();
  below.put("dir/deep/a", bytes("below"));
  const overlay = new OverlayFiles(below);
  overlay.remove("dir");
  assert.deepEqual([overlay.list("dir"), overlay.stat("dir/deep/a")], [[], undefined]);
  assert.throws(() => overlay.openRead("dir/deep/a"), /no such file/);
  overlay.makeDirectory("dir/deep");
  put(overlay, "dir/deep/a", "x");
  assert.equal(text(overlay, "dir/deep/a"), "x");
});

Deno.test("OverlayFiles over another keeps both apart", () => {
  const below = new MemoryFiles();
  below.put("a", bytes("one"));
  const middle = new OverlayFiles(below);
  put(middle, "a", "two");
  const top = new OverlayFiles(middle);
  put(top, "a", "three");
  assert.deepEqual([text(below, "a"), text(middle, "a"), text(top, "a")], ["one", "two", "three"]);
});

Deno.test("OverlayFiles keeps no page that was written with what stands there", () => {
  const below = new MemoryFiles();
  below.put("a", new Uint8Array(100_000).fill(1));
  const overlay = new OverlayFiles(below);
  const before = overlay.stat("a")!.allocatedBytes;
  overlay.openWrite("a").write(new Uint8Array(100_000).fill(1), 0);
  assert.equal(overlay.stat("a")!.allocatedBytes, before);
});

Deno.test("filesUnder() goes through all folders, sorted", () => {
  const files = new MemoryFiles();
  for (const path of ["d/b", "d/a/z", "d/a/y", "e"]) files.put(path, bytes(path));
  assert.deepEqual([...filesUnder(files, "d")], ["d/a/y", "d/a/z", "d/b"]);
});

/** One thing that is done to a file system. */
type Step =
  | { readonly verb: "write"; readonly name: string; readonly at: number; readonly length: number }
  | { readonly verb: "truncate"; readonly name: string; readonly size: number }
  | { readonly verb: "rename"; readonly name: string; readonly to: string }
  | { readonly verb: "remove"; readonly name: string };

Deno.test("OverlayFiles ends with what the files below would hold had they been changed", () => {
  const name = fc.constantFrom("d/a", "d/b", "d/c");
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({
      verb: fc.constant("write" as const),
      name,
      at: fc.nat(9000),
      length: fc.nat(5000),
    }),
    fc.record({ verb: fc.constant("truncate" as const), name, size: fc.nat(12_000) }),
    fc.record({ verb: fc.constant("rename" as const), name, to: name }),
    fc.record({ verb: fc.constant("remove" as const), name }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const direct = new MemoryFiles();
      const below = new MemoryFiles();
      for (const fs of [direct, below]) {
        fs.put("d/a", new Uint8Array(6000).fill(0xa));
        fs.put("d/b", new Uint8Array(100).fill(0xb));
      }
      const overlay = new OverlayFiles(below);
      for (const it of steps) for (const fs of [direct, overlay]) apply(fs, it);
      const seen = new Map([...filesUnder(overlay, "d")].map((path) => {
        const file = overlay.openRead(path);
        const content = new Uint8Array(file.size());
        file.read(content, 0);
        file.close();
        return [path, content];
      }));
      assert.deepEqual(differences(direct.snapshot(), seen), []);
    }),
    { numRuns: 300 },
  );
});

function apply(fs: FileSystem, step: Step): void {
  if (step.verb === "remove") return fs.remove(step.name);
  if (step.verb === "rename") {
    if (step.name !== step.to && fs.stat(step.name) !== undefined) fs.rename(step.name, step.to);
    return;
  }
  const file = fs.openWrite(step.name);
  if (step.verb === "truncate") file.truncate(step.size);
  else file.write(new Uint8Array(step.length).fill(step.at % 251), step.at);
  file.close();
}

Deno.test("OverlayFiles.bytesHeld counts the pages that differ, of files that still have a name", () => {
  const below = new MemoryFiles();
  below.put("dir/a", new Uint8Array(3 * 4096));
  const overlay = new OverlayFiles(below);
  const file = overlay.openWrite("dir/a");
  file.write(bytes("x"), 0);
  file.write(bytes("xx"), 2 * 4096 - 1);
  assert.equal(overlay.bytesHeld, 3 * 4096);
  file.write(new Uint8Array(1), 0);
  assert.equal(overlay.bytesHeld, 2 * 4096, "the first is as it was");
  file.truncate(4097);
  assert.equal(overlay.bytesHeld, 4096);
  overlay.rename("dir/a", "dir/b");
  assert.equal(overlay.bytesHeld, 4096);
  put(overlay, "dir/c", "y");
  overlay.rename("dir/c", "dir/b");
  assert.equal(overlay.bytesHeld, 4096, "what had the name is gone");
  file.write(bytes("z"), 0);
  assert.equal(overlay.bytesHeld, 4096, "a file without a name does not count");
  file.close();
  overlay.remove("dir");
  assert.equal(overlay.bytesHeld, 0);
});

Deno.test("OverlayFiles throws when changes would take more than they may, and the change is not made", () => {
  const below = new MemoryFiles();
  below.put("a", new Uint8Array(4 * 4096));
  const overlay = new OverlayFiles(below, { bytesMax: 2 * 4096 });
  const file = overlay.openWrite("a");
  file.write(bytes("x"), 0);
  file.write(bytes("x"), 4096);
  file.write(bytes("y"), 10);
  assert.throws(
    () => file.write(bytes("x"), 2 * 4096),
    (error) => error instanceof OverlayFullError && /"a" .*8192 bytes/.test(error.message),
  );
  assert.equal(overlay.bytesHeld, 2 * 4096);
  file.write(new Uint8Array(1), 3 * 4096);
  overlay.bytesMax = Infinity;
  file.write(bytes("x"), 2 * 4096);
  assert.equal(overlay.bytesHeld, 3 * 4096);
  file.close();
});

Deno.test("OverlayFiles reads what is below without holding up others, also when it was written around", async () => {
  const below = new MemoryFiles();
  below.put("a", bytes("0123456789"));
  const overlay = new OverlayFiles(below);
  const file = overlay.openWrite("a");
  const read = async (length: number, at: number) => {
    const into = new Uint8Array(length).fill(33);
    const count = await file.readAsync(into, at);
    return new TextDecoder().decode(into.subarray(0, count));
  };
  assert.equal(await read(4, 2), "2345");
  assert.equal(await read(9, 5), "56789");
  file.truncate(12);
  assert.equal(await read(9, 5), "56789\0\0");
  file.write(bytes("AB"), 3);
  assert.equal(await read(10, 0), "012AB56789");
  file.close();
});

Deno.test("OverlayFiles names the file, or the folder, that is in the way", () => {
  const below = new MemoryFiles();
  below.put("store/topic", new Uint8Array(1));
  below.put("store/index/x/y", new Uint8Array(1));
  const files = new OverlayFiles(below);
  assert.throws(() => files.makeDirectory("store/topic/0"), /"store\/topic" is a file; move it/);
  assert.throws(
    () => files.rename("store/index", "store/topic/0"),
    /"store\/topic" is a file; move/,
  );
  assert.throws(() => files.openWrite("store/index/x"), /it is a folder; move it elsewhere/);
});
