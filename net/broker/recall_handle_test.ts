import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { formatRecallHandle, parseRecallHandle } from "./recall_handle.ts";

const HANDLE = { topic: "T", brokerName: "broker-a", timestamp: "1795250004001", messageId: "0A" };

Deno.test("formatRecallHandle() writes what Java's RecallMessageHandle writes", () => {
  assert.equal(formatRecallHandle(HANDLE), "djEgVCBicm9rZXItYSAxNzk1MjUwMDA0MDAxIDBB");
  assert.equal(
    formatRecallHandle({ ...HANDLE, topic: "T?>~" }),
    "djEgVD8-fiBicm9rZXItYSAxNzk1MjUwMDA0MDAxIDBB",
  );
  assert(formatRecallHandle({ ...HANDLE, messageId: "0AB" }).endsWith("=="), "with padding");
});

Deno.test("parseRecallHandle() reads it back, with or without padding", () => {
  for (const messageId of ["0", "0A", "0AB", "7F0000010001"]) {
    const handle = { ...HANDLE, messageId };
    const text = formatRecallHandle(handle);
    assert.deepEqual(parseRecallHandle(text), handle);
    assert.deepEqual(parseRecallHandle(text.replaceAll("=", "")), handle);
  }
});

Deno.test("parseRecallHandle() knows what is no handle", () => {
  const encoded = (text: string) => Buffer.from(text).toString("base64url");
  for (const text of ["", "?", "a b", encoded("v2 T b 1 0A"), encoded("v1 T b 1"), "AAAA"]) {
    assert.equal(parseRecallHandle(text), undefined, text);
  }
});
