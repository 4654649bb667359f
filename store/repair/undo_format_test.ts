import assert from "node:assert/strict";
import {
  UNDO_BATCH,
  UNDO_BLOCK_BYTES,
  UNDO_ENTRY,
  UNDO_KIND,
  undoBatch,
  undoEntry,
} from "./undo_format.ts";

const shape = (rows: readonly (readonly [string, { label: string }, string])[]) =>
  rows.map(([name, { label }]) => `${name} ${label}`);

Deno.test("the format of undo files is what stores in the field have: never change a line", () => {
  assert.deepEqual(shape(UNDO_BATCH.rows), ["magic i32", "crc i32", "length i32"]);
  assert.deepEqual(shape(UNDO_ENTRY.rows), [
    "kind i8",
    "at i64",
    "length i64",
    "path text(i16)",
    "content bytes(i32)",
  ]);
  assert.deepEqual(UNDO_KIND, {
    file: 1,
    block: 2,
    folder: 3,
    left: 4,
    end: 5,
    undoing: 6,
    undone: 7,
    moved: 8,
  });
  assert.equal(UNDO_BLOCK_BYTES, 65_536);
  const batch = undoBatch([undoEntry("file", { path: "a", length: -1 })]);
  assert.equal(
    batch.toHex(),
    "6d71756e" + "f1be9054" + "00000018" + "01" + "0000000000000000" + "ffffffffffffffff" +
      "000161" + "00000000",
  );
});
