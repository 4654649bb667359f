import assert from "node:assert/strict";
import type { MessageRecord } from "../../../store/message.ts";
import { ReceivedMessage } from "../received_message.ts";
import type { ConsumeHooks } from "./consumer_hooks.ts";
import { Polled } from "./polled.ts";

function messageAt(queueId: number, queueOffset: number, topic = "T"): ReceivedMessage {
  const record = { topic, queueId, queueOffset } as MessageRecord;
  return new ReceivedMessage(record, { brokerName: "broker-a" });
}

function polled(...more: ConsumeHooks<ReceivedMessage>[]) {
  const told: unknown[] = [];
  const logged: string[] = [];
  let now = 1000;
  const cluster = { log: (text: string) => void logged.push(text), steadyNow: () => now };
  const hook: ConsumeHooks<ReceivedMessage> = {
    beforeConsume: ({ group, topic, brokerName, queueId, messages }) => {
      const offsets = messages.map((it) => it.queueOffset);
      told.push(["before", group, topic, brokerName, queueId, offsets]);
    },
    afterConsume: ({ queueId }, outcome) => void told.push(["after", queueId, outcome]),
  };
  return {
    told,
    logged,
    pass: (ms: number) => void (now += ms),
    polled: new Polled(cluster, { group: "export", hooks: [...more, hook] }),
  };
}

Deno.test("Polled tells of the messages of each queue, and when they are done with", () => {
  const it = polled();
  it.polled.give([messageAt(1, 5), messageAt(1, 6), messageAt(2, 6), messageAt(2, 7, "U")]);
  it.pass(30);
  it.polled.end("success");
  it.polled.end("failed");
  assert.deepEqual(it.told, [
    ["before", "export", "T", "broker-a", 1, [5, 6]],
    ["before", "export", "T", "broker-a", 2, [6]],
    ["before", "export", "U", "broker-a", 2, [7]],
    ["after", 1, { result: "success", tookMs: 30 }],
    ["after", 2, { result: "success", tookMs: 30 }],
    ["after", 2, { result: "success", tookMs: 30 }],
  ]);
});

Deno.test("Polled tells nothing of nothing, and logs what a hook throws", () => {
  const broken = () => {
    throw new Error("broken");
  };
  const it = polled({ beforeConsume: broken, afterConsume: broken });
  it.polled.give([]);
  it.polled.end("success");
  assert.deepEqual(it.told, []);
  it.polled.give([messageAt(0, 1)]);
  it.polled.end("failed");
  assert.equal(it.told.length, 2);
  assert.deepEqual(it.logged, Array(2).fill("A hook of a consumer failed"));
});
