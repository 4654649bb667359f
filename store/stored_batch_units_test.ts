import assert from "node:assert/strict";
import { MemoryFiles } from "./file_memory.ts";
import { BATCH_QUEUE_UNIT } from "./format.ts";
import { offsetName } from "./names.ts";
import { listSegments } from "./segments.ts";
import { StoredBatchUnits } from "./stored_batch_units.ts";

const UNIT_BYTES = BATCH_QUEUE_UNIT.size;

/** Files of so many units each; a unit's log offset is ten times its number, but for those left blank. */
function filesOf(counts: readonly number[], fileUnits: number, isBlank?: (nth: number) => boolean) {
  const files = new MemoryFiles();
  for (const [nth, count] of counts.entries()) {
    const first = nth * fileUnits;
    const bytes = new Uint8Array(fileUnits * UNIT_BYTES);
    for (let at = 0; at < count; at++) {
      if (isBlank?.(first + at) === true) continue;
      BATCH_QUEUE_UNIT.write(new DataView(bytes.buffer), at * UNIT_BYTES, {
        physicalOffset: 10 * (first + at),
        size: 5,
        tagsCode: 0n,
        storeTimestamp: 1,
        baseOffset: first + at,
        batchSize: 1,
        compactedOffset: -1,
        reserved: 0,
      });
    }
    files.put(`queue/${offsetName(first * UNIT_BYTES)}`, bytes);
  }
  return files;
}

function unitsOf(files: MemoryFiles, first: number, end?: number): StoredBatchUnits {
  const list = listSegments(files, "queue", { unitBytes: UNIT_BYTES });
  return new StoredBatchUnits(files, list, end === undefined ? { first } : { first, end });
}

function* rest(units: StoredBatchUnits): Generator<number> {
  for (let unit = units.current; unit !== undefined; unit = units.current) {
    yield unit.baseOffset;
    units.pass();
  }
}

Deno.test("StoredBatchUnits goes from unit to unit and from file to file", () => {
  const files = filesOf([100, 100, 30], 100);
  const all = Array.from({ length: 230 }, (_, nth) => nth);
  assert.deepEqual([...rest(unitsOf(files, 0))], all);
  assert.deepEqual([...rest(unitsOf(files, 99))], all.slice(99));
  assert.deepEqual([...rest(unitsOf(files, 7, 130))], all.slice(7, 130));
  assert.deepEqual([...rest(unitsOf(files, 230))], []);
  const units = unitsOf(files, 63);
  assert.deepEqual([units.current?.baseOffset, units.following?.baseOffset], [63, 64]);
});

Deno.test("StoredBatchUnits passes over what is no unit, up to the length of a file's blank end", () => {
  const files = filesOf([10_000, 5], 10_000, (nth) => nth > 10 && nth < 4000);
  const found = [...rest(unitsOf(files, 0))];
  assert.equal(found.length, 10_005 - 3989);
  assert.deepEqual(found.slice(10, 12), [10, 4000]);
  const gone = filesOf([10_000, 5], 10_000, (nth) => nth > 10 && nth < 9000);
  assert.deepEqual([...rest(unitsOf(gone, 0))].slice(11), [10_000, 10_001, 10_002, 10_003, 10_004]);
});

Deno.test("StoredBatchUnits goes over a file that is gone", () => {
  const files = filesOf([100, 100, 3], 100);
  files.remove(`queue/${offsetName(100 * UNIT_BYTES)}`);
  assert.deepEqual([...rest(unitsOf(files, 98))], [98, 99, 200, 201, 202]);
  files.remove("queue");
  assert.deepEqual([...rest(unitsOf(files, 0))], []);
});

Deno.test("StoredBatchUnits still knows what was written over after it was read", () => {
  const files = filesOf([100, 100], 100);
  const units = unitsOf(files, 0);
  units.readBefore(150);
  for (const name of [0, 100]) files.zero(`queue/${offsetName(name * UNIT_BYTES)}`, 0, 50 * 46);
  assert.equal([...rest(units)].length, 200);
});
