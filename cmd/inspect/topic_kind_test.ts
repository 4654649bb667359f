import assert from "node:assert/strict";
import { topicKind } from "./topic_kind.ts";

Deno.test("topicKind tells brokers' topics from those of users", () => {
  const kinds: Readonly<Record<string, string>> = {
    orders: "user",
    "orders%RETRY%": "user",
    rmq_sysorders: "user",
    "%RETRY%group": "retry",
    "%DLQ%group": "dead-letter",
    SCHEDULE_TOPIC_XXXX: "delay",
    SCHEDULE_TOPIC_XXXXY: "user",
    rmq_sys_wheel_timer: "timer",
    RMQ_SYS_TRANS_HALF_TOPIC: "half",
    RMQ_SYS_TRANS_OP_HALF_TOPIC: "half-op",
    rmq_sys_REVIVE_LOG_DefaultCluster: "pop",
    "%LMQ%a": "light",
    RMQ_SYS_TRACE_TOPIC: "system",
    TBW102: "system",
  };
  for (const [topic, kind] of Object.entries(kinds)) assert.equal(topicKind(topic), kind, topic);
});
