import assert from "node:assert/strict";
import {
  MESSAGE_REQUESTS,
  MESSAGE_RESPONSES,
  SEND_RESPONSE,
  SEND_V1,
  SEND_V2,
} from "./headers_message.ts";

Deno.test("SEND_V1 and SEND_V2 differ in their keys alone", () => {
  const rest = (rows: readonly (readonly unknown[])[]) => rows.map((row) => row.slice(1));
  assert.deepEqual(rest(SEND_V1), rest(SEND_V2));
  assert.equal(SEND_V2.map((row) => row[0]).join(""), "abcdefghijklmn");
});

Deno.test("MESSAGE_REQUESTS and MESSAGE_RESPONSES treat all kinds of send alike", () => {
  const sends = [
    "SEND_MESSAGE",
    "SEND_MESSAGE_V2",
    "SEND_BATCH_MESSAGE",
    "SEND_REPLY_MESSAGE",
    "SEND_REPLY_MESSAGE_V2",
  ] as const;
  for (const name of sends) {
    const isShort = name.endsWith("_V2") || name === "SEND_BATCH_MESSAGE";
    assert.equal(MESSAGE_REQUESTS[name], isShort ? SEND_V2 : SEND_V1, name);
    assert.equal(MESSAGE_RESPONSES[name], SEND_RESPONSE, name);
  }
});

Deno.test("MESSAGE_RESPONSES has an answer for every offset asked for", () => {
  for (const name of ["GET_MAX_OFFSET", "GET_MIN_OFFSET", "SEARCH_OFFSET_BY_TIMESTAMP"] as const) {
    assert.deepEqual(MESSAGE_RESPONSES[name], [["offset", "offset", "long", true]]);
  }
});
