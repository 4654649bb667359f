import assert from "node:assert/strict";
import { ClientError } from "../client_error.ts";
import { BatchError } from "./batch_error.ts";
import type { BatchResult } from "./producer.ts";
import { SendError } from "./send_error.ts";

function stored(count: number): BatchResult {
  return {
    status: "SEND_OK",
    messageIds: Array.from({ length: count }, (_, number) => `m${number}`),
    offsetMessageIds: [],
    queue: { topic: "T", brokerName: "a", queueId: 0 },
    queueOffset: 0,
    transactionId: undefined,
    recallHandle: undefined,
    regionId: undefined,
    traceOn: true,
  };
}

Deno.test("BatchError says what was stored before it, and passes on the doubt", () => {
  const cause = new SendError("Cannot send", { kind: "timeout", maybeStored: true, attempts: 2 });
  const error = new BatchError(cause, [stored(3), stored(4)]);
  assert.deepEqual([error.kind, error.maybeStored, error.attempts, error.stored.length], [
    "timeout",
    true,
    2,
    2,
  ]);
  assert.equal(error.message, "Cannot send (7 messages of the batch before are stored)");
  const closed = new BatchError(new ClientError("closed", { kind: "closed" }), [stored(1)]);
  assert.deepEqual([closed.kind, closed.maybeStored], ["closed", false]);
});

Deno.test("BatchError says what was stored before a signal or the application ended it", () => {
  const reason = new Error("enough");
  const of = (options: { aborted?: boolean; begun?: boolean }) => {
    const { message, cause, kind, maybeStored } = new BatchError(reason, [stored(3)], options);
    assert.equal(message, "enough (3 messages of the batch before are stored)");
    assert.equal(cause, reason);
    return [kind, maybeStored];
  };
  assert.deepEqual(of({ aborted: true }), ["aborted", true]);
  assert.deepEqual(of({ aborted: true, begun: false }), ["aborted", false]);
  assert.deepEqual(of({}), ["invalid", false]);
  assert.match(new BatchError("why", [stored(1)], { aborted: true }).message, /^why \(1 messages/);
});
