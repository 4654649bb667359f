import assert from "node:assert/strict";
import { FILE_CONTRACT } from "../testdata/file_contract.ts";
import { MemoryFiles } from "./file_memory.ts";
import { StoreLockedError } from "./lock.ts";

for (const [what, check] of Object.entries(FILE_CONTRACT)) {
  Deno.test(`MemoryFiles: ${what}`, () => {
    const fs = new MemoryFiles();
    fs.makeDirectory("store/root");
    return check(fs, "store/root");
  });
}

Deno.test("MemoryFiles.flip(), zero() and cut() damage what is kept", () => {
  const fs = new MemoryFiles();
  fs.put("a/b", Uint8Array.of(1, 2, 3, 4));
  fs.flip("a/b", 0);
  fs.flip("a/b", 1, 0xf0);
  fs.zero("a/b", 2, 1);
  assert.deepEqual([...fs.snapshot().get("a/b")!], [0, 0xf2, 0, 4]);
  fs.cut("a/b", 2);
  assert.deepEqual([...fs.snapshot().get("a/b")!], [0, 0xf2]);
  assert.throws(() => fs.flip("a/c", 0), /no such file/);
});

Deno.test("MemoryFiles.put() replaces a file and makes its directory; later files are younger", () => {
  const fs = new MemoryFiles();
  fs.put("a/b/c", Uint8Array.of(1, 2));
  fs.put("a/d", Uint8Array.of(3));
  fs.put("a/b/c", Uint8Array.of(4));
  assert.deepEqual([...fs.snapshot()].map(([path, bytes]) => [path, ...bytes]), [
    ["a/b/c", 4],
    ["a/d", 3],
  ]);
  assert.deepEqual(fs.list("a"), ["b", "d"]);
  assert(fs.stat("a/b/c")!.mtimeMs > fs.stat("a/d")!.mtimeMs);
});

Deno.test("MemoryFiles.lock() is held by one until it is disposed", () => {
  const fs = new MemoryFiles();
  const lock = fs.lock("store/lock");
  assert.throws(() => fs.lock("store/lock"), StoreLockedError);
  fs.lock("other/lock")[Symbol.dispose]();
  lock[Symbol.dispose]();
  fs.lock("store/lock")[Symbol.dispose]();
});
