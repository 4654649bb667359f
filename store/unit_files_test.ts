import assert from "node:assert/strict";
import { MemoryFiles } from "./file_memory.ts";
import { offsetName } from "./names.ts";
import { listSegments } from "./segments.ts";
import { UnitFiles } from "./unit_files.ts";

const UNIT = 10;

/** Files of units that hold their own number. */
function unitFiles(lengths: Readonly<Record<number, number>>): UnitFiles {
  const fs = new MemoryFiles();
  for (const [start, length] of Object.entries(lengths)) {
    const view = new DataView(new ArrayBuffer(length));
    for (let at = 0; at + UNIT <= length; at += UNIT) {
      view.setInt32(at, (Number(start) + at) / UNIT);
    }
    fs.put(`q/${offsetName(Number(start))}`, new Uint8Array(view.buffer));
  }
  return new UnitFiles(fs, listSegments(fs, "q").segments, UNIT);
}

function held(files: UnitFiles, number: number): number | undefined {
  const at = files.hold(number);
  return at < 0 ? undefined : files.view.getInt32(at);
}

Deno.test("UnitFiles.hold() has every unit of every file, in any order", () => {
  const files = unitFiles({ 0: 100, 100: 100, 200: 100 });
  assert.deepEqual([files.first, files.end], [0, 30]);
  for (const number of [0, 29, 10, 9, 19, 20, 0]) assert.equal(held(files, number), number);
  for (const number of [-1, 30, 1000]) assert.equal(held(files, number), undefined);
  assert.equal(held(files, 29), 29);
  assert.equal(files.segment?.start, 200);
  files.close();
  files.close();
  assert.equal(held(files, 3), 3);
  files.close();
});

Deno.test("UnitFiles.hold() knows units no file has whole", () => {
  const files = unitFiles({ 100: 100, 300: 35 });
  assert.deepEqual([files.first, files.end], [10, 33]);
  assert.deepEqual([files.startOf(1), files.endOf(0)], [30, 20]);
  for (const number of [9, 20, 29, 33]) assert.equal(held(files, number), undefined);
  for (const number of [10, 19, 30, 32]) assert.equal(held(files, number), number);
  files.close();
});

Deno.test("UnitFiles.hold() crosses its window's borders", () => {
  const files = unitFiles({ 0: 100_000 });
  for (let number = 0; number < 10_000; number++) assert.equal(held(files, number), number);
  for (let number = 9_999; number >= 0; number -= 997) assert.equal(held(files, number), number);
  files.close();
});

Deno.test("UnitFiles without files has no units", () => {
  const files = unitFiles({});
  assert.deepEqual([files.first, files.end, files.hold(0)], [0, 0, -1]);
});
