import assert from "node:assert/strict";
import { MemoryFiles } from "../../store/file_memory.ts";
import { CHECKPOINT, QUEUE_EXT_UNIT } from "../../store/format.ts";
import { offsetName } from "../../store/names.ts";
import { listSegments } from "../../store/segments.ts";
import { byteRows, bytesAt, timeMeaning } from "./byte_rows.ts";

Deno.test("byteRows() has every field at its place, and says which does not fit", () => {
  const view = new DataView(new ArrayBuffer(20));
  view.setBigInt64(0, 1_700_000_000_000n);
  const rows = byteRows(CHECKPOINT, { file: "checkpoint", fileAt: 100, view });
  assert.deepEqual(rows.map((row) => [row.field, row.fileOffset, row.length, row.hex, row.value]), [
    ["physicMsgTimestamp", 100, 8, "0000018bcfe56800", 1_700_000_000_000],
    ["logicsMsgTimestamp", 108, 8, "0000000000000000", 0],
    ["indexMsgTimestamp", 116, 8, "00000000", ""],
  ]);
  assert.equal(rows[2]!.meaning, "cut off: 4 of 8 bytes are there");
});

Deno.test("byteRows() takes the caller's words where it has any, and shortens what is long", () => {
  const unit = { size: 320, tagsCode: -1n, storeTimestamp: 0, bitMap: new Uint8Array(300) };
  const view = new DataView(new ArrayBuffer(QUEUE_EXT_UNIT.sizeOf(unit)));
  QUEUE_EXT_UNIT.write(view, 0, unit);
  const meaningOf = (name: string) => name === "tagsCode" ? "mine" : undefined;
  const rows = byteRows(QUEUE_EXT_UNIT, { file: "f", fileAt: 0, view, meaningOf });
  assert.deepEqual([rows[1]!.value, rows[1]!.meaning], ["-1", "mine"]);
  assert.equal(rows[3]!.value, "300 bytes");
  assert.match(rows[3]!.hex, /^012c(00){254}…$/);
});

Deno.test("bytesAt() reads over the files of a log, and less at the end of one", () => {
  const fs = new MemoryFiles();
  fs.put(`q/${offsetName(0)}`, Uint8Array.of(1, 2, 3, 4));
  fs.put(`q/${offsetName(4)}`, Uint8Array.of(5, 6, 7));
  const list = listSegments(fs, "q");
  const at = (position: number, length: number) => {
    const source = bytesAt(fs, list, { position, length });
    return source &&
      [source.fileAt, [...new Uint8Array(source.view.buffer, 0, source.view.byteLength)]];
  };
  assert.deepEqual(at(1, 2), [1, [2, 3]]);
  assert.deepEqual(at(4, 2), [0, [5, 6]]);
  assert.deepEqual(at(6, 4), [2, [7]]);
  assert.equal(at(7, 1), undefined);
});

Deno.test("timeMeaning() says never where no time is", () => {
  assert.equal(timeMeaning(0, "flushed"), "flushed: never");
  assert.equal(timeMeaning(1_700_000_000_000, "flushed"), "flushed: 2023-11-14T22:13:20.000Z");
});
