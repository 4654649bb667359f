import assert from "node:assert/strict";
import { MemoryFiles } from "./file_memory.ts";
import { offsetName } from "./names.ts";
import { listSegments } from "./segments.ts";

function listOf(lengths: Readonly<Record<number, number>>) {
  const fs = new MemoryFiles();
  for (const [start, length] of Object.entries(lengths)) {
    fs.put(`log/${offsetName(Number(start))}`, new Uint8Array(length));
  }
  return listSegments(fs, "log");
}

Deno.test("listSegments() has the files in order, with their lengths", () => {
  const { segments, strays, segmentBytes } = listOf({ 2000: 1000, 0: 1000, 1000: 1000 });
  assert.deepEqual(segments.map(({ start, length }) => [start, length]), [
    [0, 1000],
    [1000, 1000],
    [2000, 1000],
  ]);
  assert.equal(segments[1]!.path, "log/00000000000000001000");
  assert.equal(segments[1]!.name, "00000000000000001000");
  assert.deepEqual(strays, []);
  assert.equal(segmentBytes, 1000);
});

Deno.test("listSegments() finds the common length although one file is cut, empty or missing", () => {
  assert.equal(listOf({ 0: 1000 }).segmentBytes, 1000);
  assert.equal(listOf({ 0: 1000, 1000: 500 }).segmentBytes, 1000);
  assert.equal(listOf({ 0: 500, 1000: 1000 }).segmentBytes, 1000);
  assert.equal(listOf({ 0: 1000, 1000: 1000, 2000: 0 }).segmentBytes, 1000);
  assert.equal(listOf({ 0: 1000, 2000: 1000, 3000: 1000 }).segmentBytes, 1000);
  assert.equal(listOf({ 0: 1000, 2000: 1000 }).segmentBytes, 1000);
});

Deno.test("listSegments() of a missing, empty or foreign directory has no files", () => {
  const fs = new MemoryFiles();
  assert.deepEqual(listSegments(fs, "log"), { segments: [], strays: [], segmentBytes: 0 });
  fs.put("log/notes.txt", new Uint8Array(1));
  fs.makeDirectory("log/00000000000000000000");
  const { segments, strays } = listSegments(fs, "log");
  assert.deepEqual(segments, []);
  assert.deepEqual(strays, ["log/00000000000000000000", "log/notes.txt"]);
});

Deno.test("listSegments() tells how much of a file takes space", () => {
  const fs = new MemoryFiles();
  fs.makeDirectory("log");
  const file = fs.openWrite(`log/${offsetName(0)}`);
  file.truncate(1024 * 1024);
  file.write(Uint8Array.of(1), 0);
  const [segment] = listSegments(fs, "log").segments;
  assert(segment!.allocatedBytes > 0 && segment!.allocatedBytes < segment!.length);
});
