import assert from "node:assert/strict";
import { parseRunningInfo } from "../../wire/running_info.ts";
import { pullConsumerSettings } from "./pull_consumer_options.ts";
import { pullMember } from "./pull_member.ts";
import { PulledQueue } from "./pulled_queue.ts";
import { subscriptionTo } from "./subscription.ts";

const QUEUE = { topic: "T", brokerName: "broker-a", queueId: 3 };

function member(queues: PulledQueue[] = [], moves: unknown[] = []) {
  return pullMember({
    group: "G",
    settings: pullConsumerSettings({ group: "G", startFrom: "first", model: "broadcasting" }),
    nameServers: "127.0.0.1:1",
    startedAt: 5,
    topics: () => ["T"],
    subscriptions: () => [subscriptionTo("T", "a", { version: 1 })],
    queues: () => queues,
    membersChanged: () => moves.push("members"),
    moved: (queue, offset) => moves.push([queue, offset]),
  });
}

Deno.test("pullMember() says in heartbeats what Java's lite pull consumers do", () => {
  const { subscriptionDataSet, ...data } = member().consumerData();
  assert.deepEqual(data, {
    groupName: "G",
    consumeType: "CONSUME_ACTIVELY",
    messageModel: "BROADCASTING",
    consumeFromWhere: "CONSUME_FROM_FIRST_OFFSET",
    unitMode: false,
  });
  assert.deepEqual(subscriptionDataSet.map((it) => it.tagsSet), [["a"]]);
});

Deno.test("pullMember() tells what is settled, and goes where it is told", async () => {
  const queue = new PulledQueue(QUEUE);
  const moves: unknown[] = [];
  const it = member([queue, new PulledQueue({ ...QUEUE, topic: "U" })], moves);
  assert.equal(it.consumerStatus("T").size, 0);
  queue.add([], 9);
  queue.lastPulledAt = 77;
  assert.deepEqual([...it.consumerStatus("T")], [[QUEUE, 9]]);
  it.membersChanged();
  await it.resetOffsets("T", new Map([[QUEUE, 4]]));
  assert.deepEqual(moves, ["members", [QUEUE, 4]]);
  const info = parseRunningInfo(await it.runningInfo({ jstackEnable: false }));
  assert.equal(info.properties.get("PROP_CONSUMER_START_TIMESTAMP"), "5");
  const [found] = info.mqTable.values();
  assert.deepEqual([found!.commitOffset, found!.lastPullTimestamp], [9, 77]);
  await assert.rejects(it.consumeDirectly(new Uint8Array(), undefined), { name: "Refusal" });
});
