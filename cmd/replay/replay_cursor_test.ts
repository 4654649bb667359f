import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { MemoryFiles } from "../../store/file_memory.ts";
import { readCursor, writeCursor } from "./replay_cursor.ts";

Deno.test("readCursor() reads what writeCursor() wrote, and nothing where there is no file", () => {
  const files = new MemoryFiles();
  assert.equal(readCursor(files, "c", "x"), undefined);
  const cursor = { of: "x", next: 12, ahead: [14], sent: 13 };
  writeCursor(files, "c", { ...cursor, next: 1 });
  writeCursor(files, "c", cursor);
  assert.deepEqual(readCursor(files, "c", "x"), cursor);
  assert.deepEqual([...files.snapshot().keys()], ["c"]);
});

Deno.test("readCursor() refuses the cursor of another replay, and what is none", () => {
  const files = new MemoryFiles();
  writeCursor(files, "c", { of: "x", next: 1, ahead: [], sent: 1 });
  assert.throws(() => readCursor(files, "c", "y"), /of another replay: x; this one is y/);
  for (const text of ["", "{}", '{"of":"x","next":"1","ahead":[],"sent":0}', "[]", "null"]) {
    files.put("c", Buffer.from(text));
    assert.throws(() => readCursor(files, "c", "x"), /no cursor of a replay/);
  }
});
