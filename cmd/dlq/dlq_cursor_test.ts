import assert from "node:assert/strict";
import { MemoryFiles } from "../../store/file_memory.ts";
import { readDlqCursor, writeDlqCursor } from "./dlq_cursor.ts";

Deno.test("a cursor is read as it was written, and of nothing else", () => {
  const files = new MemoryFiles();
  assert.equal(readDlqCursor(files, "c", "x"), undefined);
  const cursor = { of: "x", next: new Map([["broker-a:0", 7]]), sent: 5 };
  writeDlqCursor(files, "c", cursor);
  assert.deepEqual(readDlqCursor(files, "c", "x"), cursor);
  assert.throws(() => readDlqCursor(files, "c", "y"), {
    exitCode: 8,
    message: /it is of x, not of y/,
  });
});

Deno.test("a cursor that is none is never taken for a beginning", () => {
  const files = new MemoryFiles();
  for (
    const text of ["", "{}", "[]", '{"of":"x","next":{"a":"b"},"sent":1}', '{"of":"x","sent":1}']
  ) {
    files.put("c", new TextEncoder().encode(text));
    assert.throws(() => readDlqCursor(files, "c", "x"), { exitCode: 8, message: /is no cursor/ });
  }
});
