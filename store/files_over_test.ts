import assert from "node:assert/strict";
import type { FileSystem } from "./file.ts";
import { MemoryFiles } from "./file_memory.ts";
import { fileOver, FilesOver, readOnlyFiles } from "./files_over.ts";

const BYTES = Uint8Array.of(1, 2, 3);

function memory(): MemoryFiles {
  const files = new MemoryFiles();
  files.put("a/b", BYTES);
  return files;
}

Deno.test("FilesOver passes everything on, and what a class overrides is its own", async () => {
  const below = memory();
  class Named extends FilesOver {
    override list(path: string): string[] {
      return super.list(path).map((name) => `${path}/${name}`);
    }
  }
  const files: FileSystem = new Named(below);
  assert.deepEqual(files.list("a"), ["a/b"]);
  assert.deepEqual(files.stat("a/b"), below.stat("a/b"));
  files.makeDirectory("c");
  files.rename("a/b", "c/d");
  files.syncDirectory("c");
  await files.syncDirectoryAsync("a");
  const written = files.openWrite("c/d");
  written.write(Uint8Array.of(7), 1);
  written.close();
  const read = files.openRead("c/d");
  const into = new Uint8Array(3);
  assert.equal(read.read(into, 0), 3);
  read.close();
  assert.deepEqual(into, Uint8Array.of(1, 7, 3));
  {
    using _held = files.lock("lock", "text");
    assert.throws(() => below.lock("lock"));
  }
  files.remove("c/d");
  assert.equal(below.stat("c/d"), undefined);
});

Deno.test("fileOver() hands changes over, and no cut that changes nothing", async () => {
  const file = memory().openWrite("a/b");
  const told: string[] = [];
  const over = fileOver(file, {
    write: (bytes, at) => told.push(`write ${bytes.length} at ${at}`),
    truncate: (size, before) => told.push(`truncate ${before} to ${size}`),
  });
  over.write(Uint8Array.of(7, 7), 1);
  for (const size of [3, 2]) over.truncate(size);
  assert.deepEqual(told, ["write 2 at 1", "truncate 3 to 2"]);
  const into = new Uint8Array(3);
  assert.deepEqual([over.path, over.size(), await over.readAsync(into, 0)], ["a/b", 3, 3]);
  assert.deepEqual(into, BYTES);
  over.syncNow();
  await over.sync();
  over.close();
});

Deno.test("readOnlyFiles() reads, and refuses every change in the words given", () => {
  const files = readOnlyFiles(memory(), (path) => {
    throw new Error(`Cannot write "${path}": only looked at`);
  });
  assert.deepEqual([files.list("a"), files.stat("a/b")!.size], [["b"], 3]);
  const read = files.openRead("a/b");
  assert.equal(read.size(), 3);
  read.close();
  for (
    const change of [
      () => files.openWrite("x"),
      () => files.makeDirectory("x"),
      () => files.rename("x", "y"),
      () => files.remove("x"),
      () => files.syncDirectory("x"),
      () => files.syncDirectoryAsync("x"),
      () => files.lock("x"),
    ]
  ) assert.throws(change, /^Error: Cannot write "x": only looked at$/);
});
