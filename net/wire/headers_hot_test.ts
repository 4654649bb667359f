import assert from "node:assert/strict";
import { capturedFrames } from "../../testdata/frames.ts";
import { requestCode } from "./codes.ts";
import { decodeFrame } from "./frame.ts";
import { decodeRows, encodeRows } from "./header.ts";
import { decodePull, decodeSendResponse, decodeSendV2, encodeSendV2 } from "./headers_hot.ts";
import { PULL, SEND_RESPONSE, SEND_V2 } from "./headers_message.ts";

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

Deno.test("encodeSendV2() writes recorded sends as its table does", () => {
  let count = 0;
  for (const { bytes, kind, code } of ["4.9.7-json", "5.5.0-rocketmq"].flatMap(capturedFrames)) {
    if (kind === "response" || code !== requestCode("SEND_MESSAGE_V2")) continue;
    const header = decodeSendV2(decodeFrame(bytes).extFields!);
    if (header === undefined) continue;
    assert.deepEqual(encodeSendV2(header), encodeRows(SEND_V2, header));
    count++;
  }
  assert(count > 50);
  const least = { producerGroup: "P", topic: "T", defaultTopic: "TBW102", flag: 0 };
  const numbers = { defaultTopicQueueNums: 4, queueId: 0, sysFlag: 0, bornTimestamp: 1 };
  const header = { ...least, ...numbers };
  assert.deepEqual(encodeSendV2(header), encodeRows(SEND_V2, header));
  const whole = { ...header, maxReconsumeTimes: 16, batch: true, unitMode: true, brokerName: "b" };
  assert.deepEqual(encodeSendV2(whole), encodeRows(SEND_V2, whole));
});

Deno.test("decodeSendResponse() reads recorded answers as the table does, and leaves bad ones to it", () => {
  let count = 0;
  for (const { bytes, kind } of ["4.9.7-json", "5.5.0-rocketmq"].flatMap(capturedFrames)) {
    const ext = kind === "response" ? decodeFrame(bytes).extFields : undefined;
    if (ext === undefined || ext["queueOffset"] === undefined) continue;
    const expected = decodeRows(SEND_RESPONSE, ext, "SEND_MESSAGE_V2").ok;
    const found = decodeSendResponse(ext);
    assert.equal(found === undefined, expected === undefined);
    if (expected === undefined) continue;
    assert.deepEqual({ ...found }, { ...absent(SEND_RESPONSE), ...expected });
    count++;
  }
  assert(count > 50);
  assert.equal(decodeSendResponse({ msgId: "m", queueId: "0" }), undefined);
  assert.equal(decodeSendResponse({ msgId: "m", queueId: "x", queueOffset: "1" }), undefined);
});

/** Every field of a table as `undefined`, which the direct decoders set where the table leaves out. */
function absent(rows: readonly (readonly [string, string, string, boolean])[]): object {
  return Object.fromEntries(rows.map((row) => [row[1], undefined]));
}
