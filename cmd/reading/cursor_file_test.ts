import assert from "node:assert/strict";
import { listSegments } from "../../store/segments.ts";
import { SmallLog } from "../../testdata/small_log.ts";
import { Failure } from "../failure.ts";
import { checkCursor, type Cursor, cursorRecord, readCursor, writeCursor } from "./cursor_file.ts";
import { RecordReader } from "./record_reader.ts";

const PATH = "cursor";

function cursorBehind(log: SmallLog, nth: number): Cursor {
  const reader = new RecordReader(log.files, listSegments(log.files, log.directory));
  const { at, length } = log.records[nth]!;
  assert.equal(reader.read(at), undefined);
  const record = cursorRecord(reader.record);
  reader.close();
  return { version: 1, commitLogOffset: at + length, record };
}

function check(log: SmallLog, cursor: Cursor): string {
  try {
    checkCursor(log.files, listSegments(log.files, log.directory), { path: PATH, cursor });
    return "fits";
  } catch (error) {
    assert(error instanceof Failure && error.exitCode === 8);
    return error.message;
  }
}

Deno.test("a cursor comes back as it was written, whole or not at all", () => {
  const log = new SmallLog(4096).addMany(3);
  assert.equal(readCursor(log.files, PATH), undefined);
  const cursor = cursorBehind(log, 1);
  writeCursor(log.files, PATH, { version: 1, commitLogOffset: 7 });
  writeCursor(log.files, PATH, cursor);
  assert.deepEqual(readCursor(log.files, PATH), cursor);
  assert.equal(log.files.stat(`${PATH}.tmp`), undefined);
});

Deno.test("a file that is no cursor is refused, not overwritten", () => {
  const { files } = new SmallLog(4096);
  const texts = ["", "{", "[]", "null", '{"version":2,"commitLogOffset":0}', '{"version":1}'];
  for (const text of [...texts, '{"version":1,"commitLogOffset":-1}', "password=1"]) {
    files.put(PATH, new TextEncoder().encode(text));
    assert.throws(() => readCursor(files, PATH), /"cursor" is no cursor/, text);
  }
  files.makeDirectory("folder");
  assert.throws(() => readCursor(files, "folder"), /it is a folder/);
});

Deno.test("a cursor fits the log it was written for, also when that has grown or expired", () => {
  const log = new SmallLog(1024).addMany(20);
  const cursor = cursorBehind(log, 10);
  assert.equal(check(log, cursor), "fits");
  log.addMany(20);
  assert.equal(check(log, cursor), "fits");
  log.files.remove(log.path(0));
  assert.equal(check(log, cursor), "fits");
});

Deno.test("a cursor of another log is refused with the reason", () => {
  const log = new SmallLog(1024).addMany(20);
  const cursor = cursorBehind(log, 10);
  const at = cursor.record!.commitLogOffset;
  const other = new SmallLog(1024).addMany(20, { storeTimestamp: 5 });
  assert.match(check(other, cursor), new RegExp(`another record stands at ${at} than when`));
  const short = new SmallLog(1024).addMany(2);
  assert.match(check(short, cursor), /it stands at \d+, the log ends at 1024/);
  for (const start of [0, 1024]) log.files.remove(log.path(start));
  assert.match(check(log, cursor), /the log now begins at 2048/);
});

Deno.test("a cursor that cannot be written says where", () => {
  const { files } = new SmallLog(4096);
  const failing = Object.assign(Object.create(files), {
    openWrite() {
      throw new Error("no room");
    },
  });
  assert.throws(
    () => writeCursor(failing, PATH, { version: 1, commitLogOffset: 0 }),
    /Cannot write cursor "cursor": no room/,
  );
});
