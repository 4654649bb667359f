import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { LineTail } from "./line_tail.ts";

Deno.test("LineTail.rows() gives what was written so far, and no line that is half written", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mq-line-tail-"));
  try {
    const file = path.join(folder, "rows.jsonl");
    const tail = new LineTail<{ a: string }>(file);
    assert.deepEqual(tail.rows(), []);
    const bytes = new TextEncoder().encode(`{"a":"ä"}\n{"a":"😀"}\n`);
    for (let at = 0; at < bytes.length; at++) {
      fs.appendFileSync(file, bytes.subarray(at, at + 1));
      const complete = bytes.subarray(0, at + 1).filter((byte) => byte === 10).length;
      assert.equal(tail.rows().length, complete, `at byte ${at}`);
    }
    assert.deepEqual(tail.rows(), [{ a: "ä" }, { a: "😀" }]);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});
