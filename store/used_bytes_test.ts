import assert from "node:assert/strict";
import { MemoryFiles } from "./file_memory.ts";
import type { FileSystem } from "./file.ts";
import { listSegments } from "./segments.ts";
import { isUsed, usedLength } from "./used_bytes.ts";

const NAME = "log/00000000000000000000";
const MEGABYTE = 1024 * 1024;

function used(fs: FileSystem, from: number): number {
  return usedLength(fs, listSegments(fs, "log").segments[0]!, from);
}

Deno.test("usedLength() ends behind the last byte that is not zero", () => {
  const files = new MemoryFiles();
  files.put(NAME, Uint8Array.of(0, 5, 0, 0, 7, 0, 0));
  assert.deepEqual([0, 1, 2, 4, 5, 7].map((from) => used(files, from)), [5, 4, 3, 1, 0, 0]);
});

Deno.test("usedLength() finds a lone byte wherever it is", () => {
  for (const at of [0, MEGABYTE - 1, MEGABYTE, 3 * MEGABYTE + 17, 4 * MEGABYTE - 1]) {
    const files = new MemoryFiles();
    files.put(NAME, new Uint8Array(4 * MEGABYTE));
    files.openWrite(NAME).write(Uint8Array.of(1), at);
    assert.equal(used(files, 0), at + 1);
    assert.equal(used(files, at), 1);
    assert.equal(used(files, at + 1), 0);
  }
});

/** The same files, and how many bytes were asked for and how many files are open. */
function counted(files: MemoryFiles) {
  const count = { bytesRead: 0, open: 0 };
  const fs: FileSystem = Object.create(files, {
    list: { value: (path: string) => files.list(path) },
    stat: { value: (path: string) => files.stat(path) },
    openRead: {
      value: (path: string) => {
        const file = files.openRead(path);
        count.open++;
        const read = (into: Uint8Array, at: number) => {
          count.bytesRead += into.length;
          return file.read(into, at);
        };
        return { ...file, read, close: () => void count.open-- };
      },
    },
  });
  return { fs, count };
}

Deno.test("usedLength() does not read room that takes no space", () => {
  const files = new MemoryFiles();
  files.put(NAME, Uint8Array.of(1));
  files.openWrite(NAME).truncate(1024 * MEGABYTE);
  const { fs, count } = counted(files);
  assert.equal(used(fs, 0), 1);
  assert(count.bytesRead <= 2 * MEGABYTE, `${count.bytesRead} bytes`);
  assert.equal(count.open, 0);
});

Deno.test("isUsed() says whether usedLength() finds something, and reads no further", () => {
  const files = new MemoryFiles();
  files.put(NAME, new Uint8Array(4 * MEGABYTE).fill(1, 0, 3 * MEGABYTE + 17));
  const { fs, count } = counted(files);
  const segment = listSegments(fs, "log").segments[0]!;
  assert(isUsed(fs, segment, 5) && isUsed(fs, segment, 3 * MEGABYTE + 16));
  assert(count.bytesRead <= 8192, `${count.bytesRead} bytes`);
  assert(!isUsed(fs, segment, 3 * MEGABYTE + 17) && !isUsed(fs, segment, 4 * MEGABYTE));
  files.openWrite(NAME).write(Uint8Array.of(1), 4 * MEGABYTE - 1);
  assert(isUsed(fs, segment, 3 * MEGABYTE + 17));
  assert.equal(count.open, 0);
});
