import assert from "node:assert/strict";
import { hostBytes } from "../../store/host.ts";
import { formatMessageId } from "../../store/message_id.ts";
import type { PutResult, PutStatus } from "../../store/put.ts";
import { SendReplies, traceFields } from "./send_reply.ts";

const CONFIG = { maxMessageSize: 100, regionId: "R", traceOn: false };
const STORE_HOST = hostBytes("192.168.0.9", 10911);
const TRACE = { MSG_REGION: "R", TRACE_ON: "false" };
const ECHO = { queueId: 3, uniqueKey: "0A" };

function resultOf(changes: Partial<PutResult>): PutResult {
  return {
    status: "PUT_OK",
    stored: true,
    physicalOffset: 0,
    queueOffset: 9,
    storeTimestamp: 0,
    physicalOffsets: [0],
    wroteBytes: 100,
    ...changes,
  };
}

function replies(): SendReplies {
  return new SendReplies({ config: CONFIG, storeHost: STORE_HOST });
}

Deno.test("SendReplies.of() tells place and ids of a message that was stored", () => {
  assert.deepEqual(replies().of(resultOf({}), ECHO), {
    extFields: {
      ...TRACE,
      msgId: "C0A8000900002A9F0000000000000000",
      queueId: "3",
      queueOffset: "9",
      transactionId: "0A",
    },
  });
});

Deno.test("SendReplies.of() writes the ids formatMessageId() writes, far into the log", () => {
  const makes = replies();
  const offsets = [0, 1, 255, 4096, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 40 + 17, 2 ** 53 - 1, 5];
  for (const offset of offsets) {
    const { extFields } = makes.of(resultOf({ physicalOffsets: [offset] }), ECHO);
    assert.equal(extFields?.["msgId"], formatMessageId(STORE_HOST, offset));
  }
  const { extFields } = makes.of(resultOf({ physicalOffsets: offsets }), ECHO);
  const ids = offsets.map((offset) => formatMessageId(STORE_HOST, offset));
  assert.equal(extFields?.["msgId"], ids.join(","));
});

Deno.test("SendReplies.of() gives a stored message its place, even when the sync is late", () => {
  const reply = replies().of(resultOf({ status: "FLUSH_DISK_TIMEOUT" }), ECHO);
  assert.equal(reply.code, "FLUSH_DISK_TIMEOUT");
  assert.equal(reply.extFields?.["queueOffset"], "9");
});

Deno.test("SendReplies.of() leaves out an id the producer did not give", () => {
  const { extFields } = replies().of(resultOf({}), { queueId: 0, uniqueKey: undefined });
  assert(!("transactionId" in extFields!));
});

Deno.test("SendReplies.of() says in Java's words why a message was not stored", () => {
  const cases: [PutStatus, string, RegExp][] = [
    ["MESSAGE_ILLEGAL", "MESSAGE_ILLEGAL", /msg body length limit 100B, .* 32KB\.$/],
    ["PROPERTIES_SIZE_EXCEEDED", "MESSAGE_ILLEGAL", /^the message is illegal/],
    ["SERVICE_NOT_AVAILABLE", "SERVICE_NOT_AVAILABLE", /^service not available now\..*: no room$/],
    ["CREATE_MAPPED_FILE_FAILED", "SYSTEM_ERROR", /^create mapped file failed, server is busy/],
    ["UNKNOWN_ERROR", "SYSTEM_ERROR", /^UNKNOWN_ERROR$/],
  ];
  for (const [status, code, remark] of cases) {
    const reply = replies().of(resultOf({ status, stored: false, reason: "no room" }), ECHO);
    assert.equal(reply.code, code);
    assert.match(reply.remark ?? "", remark);
    assert.deepEqual(reply.extFields, TRACE);
  }
});

Deno.test("traceFields() are those every answer carries", () => {
  assert.deepEqual(traceFields(CONFIG), TRACE);
});
