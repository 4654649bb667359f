import assert from "node:assert/strict";
import { MemoryFiles } from "./file_memory.ts";
import { offsetName } from "./names.ts";
import { fileStartOf, listSegments } from "./segments.ts";

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

Deno.test("listSegments() takes no length from a name that is no place in a log of such files", () => {
  assert.equal(listOf({ 0: 0, 2_000_000_000_000: 1000 }).segmentBytes, 1000);
  assert.equal(listOf({ 0: 0, 2_147_483_648: 0 }).segmentBytes, 0);
  assert.equal(listOf({ 0: 0, 1_073_741_824: 0 }).segmentBytes, 1_073_741_824);
  assert.equal(listOf({ 400: 1599, 1000: 1000 }).segmentBytes, 1000);
  assert.equal(listOf({ 0: 500, 1000: 0 }).segmentBytes, 1000);
  // A copy under a wrong name, or notes of somebody: the file beside it is no longer than before.
  assert.equal(listOf({ 0: 65_536, 1: 17 }).segmentBytes, 65_536);
  assert.equal(listOf({ 0: 1000, 400: 99 }).segmentBytes, 1000);
  assert.equal(listOf({ 0: 1000, 500: 1700 }).segmentBytes, 1000);
  assert.equal(listOf({ 0: 1000, 900: 1070, 1000: 1070 }).segmentBytes, 1000);
  assert.equal(listOf({ 0: 700, 1000: 500 }).segmentBytes, 1000);
  assert.equal(listOf({ 0: 700, 1000: 1500 }).segmentBytes, 1000);
  assert.equal(listOf({ 0: 1000, 500_001_024: 23 }).segmentBytes, 1000);
  assert.equal(listOf({ 0: 1000, 1_000_000: 23 }).segmentBytes, 1_000_000);
  assert.equal(
    listOf({ 0: 1000, 1_000_000_000: 23, 2_000_000_000: 0 }).segmentBytes,
    1_000_000_000,
  );
});

Deno.test("fileStartOf() goes on from the file in front, wherever that begins", () => {
  const log = listOf({ 1000: 1000, 3000: 1000 });
  const starts = [1000, 1999, 2000, 2999, 3500, 9000].map((at) => fileStartOf(log, at));
  assert.deepEqual(starts, [1000, 1000, 2000, 2000, 3000, 9000]);
  assert.deepEqual([500, 1499, 1500].map((at) => fileStartOf(listOf({ 500: 1000 }), at)), [
    500,
    500,
    1500,
  ]);
});

Deno.test("listSegments() takes a file that begins within another for a stray, never the other", () => {
  const of = (lengths: Readonly<Record<number, number>>) => {
    const { segments, strays } = listOf(lengths);
    return [segments.map(({ start }) => start), strays.map((path) => Number(path.slice(4)))];
  };
  assert.deepEqual(of({ 0: 1000, 1: 11, 1000: 1000 }), [[0, 1000], [1]]);
  assert.deepEqual(of({ 2: 1000, 1000: 1000 }), [[1000], [2]]);
  assert.deepEqual(of({ 1000: 1000, 1999: 1000, 2000: 1000 }), [[1000, 2000], [1999]]);
  // Another between them makes no difference.
  assert.deepEqual(of({ 0: 1000, 1: 2, 5: 1000, 1000: 1000 }), [[0, 1000], [1, 5]]);
  assert.deepEqual(of({ 0: 1000, 995: 1000, 999: 2, 1000: 1000 }), [[0, 1000], [995, 999]]);
  assert.deepEqual(of({ 2: 9, 5: 1000, 1000: 1000 }), [[1000], [2, 5]]);
  // One that was cut cannot tell how long it was, nor can a name with nothing beside it.
  assert.deepEqual(of({ 3000: 700 }), [[3000], []]);
  assert.deepEqual(of({ 0: 1000, 5500: 1000 }), [[0, 5500], []]);
  // Longer files, and then shorter ones.
  assert.deepEqual(of({ 0: 2000, 2000: 1000, 3000: 1000 }), [[0, 2000, 3000], []]);
});

Deno.test("listSegments() takes a file that begins within a unit for a stray, alone or not", () => {
  const fs = new MemoryFiles();
  const names = (unitBytes?: number) => {
    const list = listSegments(fs, "q", unitBytes === undefined ? {} : { unitBytes });
    return [list.segments.map(({ start }) => start), list.strays.length, list.segmentBytes];
  };
  fs.put(`q/${offsetName(4004)}`, new Uint8Array(77));
  assert.deepEqual(names(20), [[], 1, 0]);
  assert.deepEqual(names(), [[4004], 0, 77]);
  fs.put(`q/${offsetName(1000)}`, new Uint8Array(500));
  assert.deepEqual(names(20), [[1000], 1, 500]);
  fs.remove(`q/${offsetName(4004)}`);
  assert.deepEqual(names(20), [[1000], 0, 500]);
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
