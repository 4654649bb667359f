import assert from "node:assert/strict";
import type { ConsumeContext } from "../consumer/consumer_hooks.ts";
import type { SendAttempt } from "../producer/hooks.ts";
import type { StoredMessage } from "../send.ts";
import type { TraceMoment } from "./trace_dispatcher.ts";
import { consumerTrace, producerTrace, traceTransaction } from "./trace_hooks.ts";

function traced() {
  const moments: TraceMoment[] = [];
  const dispatcher = { topic: "TRACE", append: (moment: TraceMoment) => void moments.push(moment) };
  return { moments, tracing: { dispatcher, now: () => 5000 } };
}

const ATTEMPT: SendAttempt = {
  group: "shop",
  messages: [{ topic: "Orders", body: "x", tag: "paid", keys: ["a", "b"] }],
  messageIds: ["M1"],
  kind: "delayed",
  queue: { topic: "Orders", brokerName: "broker-a", queueId: 0 },
  address: "10.0.0.9:10911",
  bodyBytes: 10,
  attempt: 1,
};

const STORED: StoredMessage = {
  status: "SEND_OK",
  offsetMessageId: "O1",
  queue: ATTEMPT.queue,
  queueOffset: 0,
  transactionId: undefined,
  recallHandle: undefined,
  regionId: "R",
  traceOn: true,
};

Deno.test("producerTrace() tells of a message that is stored, and when it was sent", () => {
  const { moments, tracing } = traced();
  const hooks = producerTrace(tracing);
  hooks.afterSend!(ATTEMPT, { elapsedMs: 2.6, stored: STORED });
  assert.deepEqual(moments, [{
    topic: "Orders",
    records: [{
      type: "Pub",
      time: 4997,
      regionId: "R",
      group: "shop",
      topic: "Orders",
      messageId: "M1",
      tag: "paid",
      keys: "a b",
      storeHost: "10.0.0.9:10911",
      bodyBytes: 10,
      costMs: 3,
      messageType: "delay",
      offsetMessageId: "O1",
      success: true,
    }],
  }]);
});

Deno.test("producerTrace() has a record for each message of a batch", () => {
  const { moments, tracing } = traced();
  const batch = {
    ...ATTEMPT,
    kind: "normal" as const,
    messages: [{ topic: "Orders", body: "x" }, { topic: "Orders", body: "y", keys: "k" }],
    messageIds: ["M1", "M2"],
  };
  const stored = { ...STORED, status: "FLUSH_DISK_TIMEOUT", offsetMessageId: "O1,O2" } as const;
  producerTrace(tracing).afterSend!(batch, { elapsedMs: 0, stored });
  assert.deepEqual(
    moments[0]!.records.map((it) =>
      it.type === "Pub" &&
      [it.messageId, it.offsetMessageId, it.keys, it.bodyBytes, it.success, it.messageType]
    ),
    [["M1", "O1", undefined, 5, false, "normal"], ["M2", "O2", "k", 5, false, "normal"]],
  );
});

Deno.test("producerTrace() tells nothing of what failed, of traces, and where the broker wants none", () => {
  const { moments, tracing } = traced();
  const { afterSend } = producerTrace(tracing);
  afterSend!(ATTEMPT, { elapsedMs: 1, error: new Error("x") });
  afterSend!(ATTEMPT, { elapsedMs: 1 });
  afterSend!(ATTEMPT, { elapsedMs: 1, stored: { ...STORED, traceOn: false } });
  afterSend!(ATTEMPT, { elapsedMs: 1, stored: { ...STORED, regionId: undefined } });
  const own = { ...ATTEMPT, queue: { ...ATTEMPT.queue, topic: "TRACE" } };
  afterSend!(own, { elapsedMs: 1, stored: STORED });
  assert.deepEqual(moments, []);
});

function delivery(...properties: Record<string, string>[]): ConsumeContext {
  const messages = properties.map((it, at) => ({
    messageId: `M${at}`,
    attempt: 3,
    properties: new Map(Object.entries(it)),
  }));
  return {
    group: "billing",
    topic: "Orders",
    brokerName: "broker-a",
    queueId: 0,
    messages: messages as unknown as ConsumeContext["messages"],
  };
}

Deno.test("consumerTrace() tells of a delivery before and after, under one id", () => {
  const { moments, tracing } = traced();
  const hooks = consumerTrace(tracing);
  const context = delivery({ KEYS: "a b", MSG_REGION: "R" }, { TRACE_ON: "false" }, {});
  hooks.beforeConsume!(context);
  hooks.afterConsume!(context, { result: "exception", tookMs: 30 });
  const [before, after] = moments;
  const [first] = before!.records;
  assert.ok(first?.type === "SubBefore");
  const { requestId } = first;
  assert.match(requestId!, /^[0-9A-F]{32}$/);
  const head = { type: "SubBefore", time: 5000, group: "billing", requestId, retryTimes: 2 };
  assert.deepEqual(before, {
    topic: "Orders",
    records: [
      { ...head, regionId: "R", messageId: "M0", keys: "a b" },
      { ...head, regionId: undefined, messageId: "M2", keys: undefined },
    ],
  });
  const tail = { type: "SubAfter", requestId, costMs: 10, success: false, result: "exception" };
  assert.deepEqual(after, {
    topic: "Orders",
    records: [
      { ...tail, messageId: "M0", keys: "a b", time: 5000, group: "billing" },
      { ...tail, messageId: "M2", keys: undefined, time: 5000, group: "billing" },
    ],
  });
  const silent = delivery({ TRACE_ON: "false" });
  hooks.beforeConsume!(silent);
  hooks.afterConsume!(silent, { result: "success", tookMs: 1 });
  const own = { ...delivery({}), topic: "TRACE" };
  hooks.beforeConsume!(own);
  hooks.afterConsume!(own, { result: "success", tookMs: 1 });
  assert.equal(moments.length, 2);
});

Deno.test("traceTransaction() tells how it ended", () => {
  const { moments, tracing } = traced();
  traceTransaction(tracing, {
    group: "shop",
    topic: "Orders",
    messageId: "M1",
    transactionId: "T1",
    tag: undefined,
    keys: [],
    address: "10.0.0.9:10911",
    outcome: "rollback",
    fromCheck: true,
  });
  assert.deepEqual(moments[0]!.records, [{
    type: "EndTransaction",
    time: 5000,
    regionId: "DefaultRegion",
    group: "shop",
    topic: "Orders",
    messageId: "M1",
    tag: undefined,
    keys: undefined,
    storeHost: "10.0.0.9:10911",
    messageType: "commit",
    transactionId: "T1",
    state: "rollback",
    fromCheck: true,
  }]);
});
