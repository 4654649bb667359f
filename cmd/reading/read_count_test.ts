import assert from "node:assert/strict";
import { MemoryFiles } from "../../store/file_memory.ts";
import { countedFiles } from "./read_count.ts";

Deno.test("countedFiles() tells what is read, and is otherwise the same file system", async () => {
  const below = new MemoryFiles();
  below.put("a/b", new Uint8Array(10));
  const reads: [string, number][] = [];
  const files = countedFiles(below, (path, bytes) => reads.push([path, bytes]));
  const file = files.openRead("a/b");
  assert.equal(file.size(), 10);
  assert.equal(file.read(new Uint8Array(4), 0), 4);
  assert.equal(await file.readAsync(new Uint8Array(99), 8), 2);
  file.close();
  assert.deepEqual(reads, [["a/b", 4], ["a/b", 2]]);
  assert.deepEqual(files.list("a"), ["b"]);
  files.makeDirectory("c/d");
  files.rename("a/b", "c/d/e");
  assert.equal(files.stat("c/d/e")?.size, 10);
  files.openWrite("c/d/e").truncate(3);
  files.syncDirectory("c/d");
  files.remove("a");
  assert.equal(below.stat("a"), undefined);
  assert.equal(below.stat("c/d/e")?.size, 3);
  files.lock("c/lock")[Symbol.dispose]();
});
