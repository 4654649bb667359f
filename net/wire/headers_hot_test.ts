import assert from "node:assert/strict";
import { capturedFrames } from "../../testdata/frames.ts";
import { requestCode } from "./codes.ts";
import { decodeFrame } from "./frame.ts";
import { decodeRows } from "./header.ts";
import { decodePull, decodeSendV2 } from "./headers_hot.ts";
import { PULL, SEND_V2 } from "./headers_message.ts";

Deno.test("decodeSendV2() and decodePull() read recorded requests as their tables do", () => {
  const cases = [
    ["SEND_MESSAGE_V2", decodeSendV2, SEND_V2],
    ["PULL_MESSAGE", decodePull, PULL],
  ] as const;
  for (const [name, decode, rows] of cases) {
    const requests = ["4.9.7-json", "5.5.0-rocketmq"].flatMap(capturedFrames)
      .filter(({ kind, code }) => kind !== "response" && code === requestCode(name))
      .map(({ bytes }) => decodeFrame(bytes).extFields!);
    assert(requests.length > 50);
    for (const ext of requests) {
      const expected = decodeRows(rows, ext, name).ok;
      const found = decode(ext);
      assert.equal(found === undefined, expected === undefined);
      if (expected !== undefined) assert.deepEqual({ ...found }, { ...absent(rows), ...expected });
    }
  }
});

Deno.test("decodeSendV2() and decodePull() leave bad fields to their tables", () => {
  const send = { a: "P", b: "T", c: "TBW102", d: "4", e: "0", f: "0", g: "1", h: "0" };
  assert.equal(decodeSendV2(send)?.topic, "T");
  assert.equal(decodeSendV2({ ...send, e: "x" }), undefined);
  assert.equal(decodeSendV2({ ...send, j: "" }), undefined);
  assert.equal(decodeSendV2({ a: "P" }), undefined);
  assert.equal(decodePull({ topic: "T" }), undefined);
});

/** Every field of a table as `undefined`, which the direct decoders set where the table leaves out. */
function absent(rows: readonly (readonly [string, string, string, boolean])[]): object {
  return Object.fromEntries(rows.map((row) => [row[1], undefined]));
}
