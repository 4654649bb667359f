import assert from "node:assert/strict";
import { ClusterFixture } from "../../../testdata/cluster_fixture.ts";
import { eventually } from "../../../testdata/eventually.ts";
import { sendFields } from "../../../testdata/message_path.ts";
import type { Admin } from "./admin.ts";

const T = { topic: "T", brokerName: "broker-a" };
const SETTLE_MS = 60_000;

/** A topic of three queues with two messages each, half of which group `g` has consumed. */
async function running(settings: { order?: boolean } = {}) {
  const it = await ClusterFixture.start();
  let now = Date.now();
  const { admin } = it.connect({ now: () => now });
  await admin.createTopic("T", { readQueues: 3, writeQueues: 3, ...settings });
  await admin.createGroup("g");
  const send = async (queueId: number) => {
    const extFields = sendFields({ queueId });
    const { code } = await it.brokers[0]!.ask("SEND_MESSAGE_V2", {
      extFields,
      body: new Uint8Array(1),
    });
    assert.equal(code, 0);
  };
  for (const queueId of [0, 1, 2, 0, 1, 2]) await send(queueId);
  await reach(admin, "g", 1);
  return {
    it,
    admin,
    send,
    settle: () => now += SETTLE_MS,
    [Symbol.asyncDispose]: () => it[Symbol.asyncDispose](),
  };
}

async function reach(admin: Admin, group: string, offset: number, queueIds = [0, 1, 2]) {
  for (const queueId of queueIds) await admin.setOffset(group, { ...T, queueId, offset });
}

async function queuesOf(admin: Admin): Promise<[read: number, write: number]> {
  const [config] = await admin.topicConfig("T");
  return [config!.readQueues, config!.writeQueues];
}

Deno.test("expandTopic() opens the new queues when groups have read what was in the old ones", async () => {
  await using it = await running();
  const { admin } = it;
  const to = 6;
  assert.equal((await admin.topicExpansion("T", { to })).phase, "ready");
  assert.deepEqual(await queuesOf(admin), [3, 3], "looking changes nothing");

  assert.equal((await admin.expandTopic("T", { to })).phase, "settling");
  assert.deepEqual(await queuesOf(admin), [3, 6]);
  // One who has not heard yet sends to an old queue, one who has to a new one.
  await it.send(0);
  await it.send(4);
  assert.equal((await admin.expandTopic("T", { to })).phase, "settling");

  it.settle();
  const marked = await admin.expandTopic("T", { to });
  assert.equal(marked.phase, "draining");
  assert.deepEqual(marked.backlog, [
    { group: "g", brokerName: "broker-a", queueId: 0, offset: 1, mark: 3 },
    { group: "g", brokerName: "broker-a", queueId: 1, offset: 1, mark: 2 },
    { group: "g", brokerName: "broker-a", queueId: 2, offset: 1, mark: 2 },
  ]);
  // What comes later need not be read: keys that moved have nothing there any more.
  await it.send(1);
  await reach(admin, "g", 2);
  assert.deepEqual((await admin.expandTopic("T", { to })).backlog, [
    { group: "g", brokerName: "broker-a", queueId: 0, offset: 2, mark: 3 },
  ]);
  assert.deepEqual(await queuesOf(admin), [3, 6]);

  await reach(admin, "g", 3, [0]);
  const done = await admin.expandTopic("T", { to });
  assert.deepEqual([done.phase, done.from, done.to], ["done", 3, 6]);
  assert.deepEqual(await queuesOf(admin), [6, 6]);
  assert.equal((await admin.kvList("MQ_TOPIC_EXPANSION")).size, 0);
  assert.equal((await admin.expandTopic("T", { to })).phase, "done", "once is enough");
});

Deno.test("expandTopic() has groups begin at the first message of the new queues", async () => {
  await using it = await running();
  const { admin } = it;
  await reach(admin, "g", 2);
  await admin.expandTopic("T", { to: 6 });
  for (let count = 0; count < 5; count++) await it.send(3);
  it.settle();
  await admin.expandTopic("T", { to: 6 });
  assert.equal((await admin.expandTopic("T", { to: 6 })).phase, "done");
  const offsets = await admin.offsets("g", "T");
  assert.deepEqual(offsets.map((it) => it.offset), [2, 2, 2, 0, 0, 0]);
});

Deno.test("expandTopic() waits anew where it is not known since when producers write the new queues", async () => {
  await using it = await running();
  const { admin } = it;
  await admin.updateTopic("T", { writeQueues: 6 });
  await reach(admin, "g", 2);
  assert.equal((await admin.topicExpansion("T", { to: 6 })).phase, "settling");
  assert.equal((await admin.expandTopic("T", { to: 6 })).phase, "settling");
  it.settle();
  assert.equal((await admin.expandTopic("T", { to: 6 })).phase, "draining");
  await admin.kvDelete("MQ_TOPIC_EXPANSION", "T");
  assert.equal((await admin.expandTopic("T", { to: 6 })).phase, "settling");
  await admin.kvPut("MQ_TOPIC_EXPANSION", "T", "no notes");
  assert.equal((await admin.expandTopic("T", { to: 6 })).phase, "settling");
  assert.deepEqual(await queuesOf(admin), [3, 6]);
});

Deno.test("expandTopic() waits for no group it is told to ignore, and for none where there is none", async () => {
  await using it = await running();
  const { admin } = it;
  await admin.createGroup("old");
  await reach(admin, "old", 1, [2]);
  await reach(admin, "g", 2);
  await admin.expandTopic("T");
  it.settle();
  const { backlog } = await admin.expandTopic("T");
  assert.deepEqual([...new Set(backlog.map((it) => it.group))], ["old"]);
  const { phase, to } = await admin.expandTopic("T", { ignoredGroups: ["old"] });
  assert.deepEqual([phase, to], ["done", 6]);
});

Deno.test("expandTopic() does not overlook a group of another namespace", async () => {
  await using it = await running();
  const eu = it.it.connect({ namespace: "eu" }).admin;
  await eu.createTopic("Ledger", { readQueues: 1, writeQueues: 1 });
  await it.admin.setOffset("g", {
    topic: "eu%Ledger",
    brokerName: "broker-a",
    queueId: 0,
    offset: 0,
  });
  const wish = { to: 2, settleMs: 0 };
  await eu.expandTopic("Ledger", wish);
  await assert.rejects(eu.expandTopic("Ledger", wish), {
    kind: "invalid",
    message: 'Cannot expand topic "Ledger": group "g", which consumes it, is not of this namespace',
  });
  const { phase } = await it.admin.expandTopic("eu%Ledger", wish);
  assert.equal(phase, "done");
});

Deno.test("expandTopic() changes the order configuration, too, which producers may keep to", async () => {
  await using it = await running({ order: true });
  assert.deepEqual([...await it.admin.orderConf("T")], [["broker-a", 3]]);
  await it.admin.expandTopic("T");
  assert.deepEqual([...await it.admin.orderConf("T")], [["broker-a", 6]]);
  assert.equal((await it.admin.topicConfig("T"))[0]!.order, true);
});

Deno.test("expandTopic() refuses what would let messages overtake others", async () => {
  await using it = await running();
  const { admin } = it;
  const invalid = (message: string) => ({ name: "ClientError", kind: "invalid", message });
  await assert.rejects(
    admin.expandTopic("T", { to: 7 }),
    invalid('Cannot expand topic "T": it has 3 queues to read and 7 is no multiple of that'),
  );
  await assert.rejects(
    admin.expandTopic("T", { to: 70_000 }),
    invalid('Cannot expand topic "T": 70000 is no number of queues, expected at most 65536'),
  );
  await admin.expandTopic("T", { to: 6 });
  await assert.rejects(
    admin.expandTopic("T", { to: 9 }),
    invalid('Cannot expand topic "T": it is on its way to 6 queues, and 9 is no multiple of that'),
  );
  await assert.rejects(admin.expandTopic("None"), { kind: "no-route" });
  await admin.createTopic("Shown", { perm: 4 });
  await assert.rejects(
    admin.expandTopic("Shown"),
    invalid('Cannot expand topic "Shown": its perm is 4, expected 6'),
  );
});

/** A topic of three queues at each of two brokers. */
async function atTwoBrokers(settings: { order?: boolean } = {}) {
  const it = await ClusterFixture.start({ brokers: 2 });
  const { admin } = it.client;
  await admin.createTopic("T", { readQueues: 3, writeQueues: 3, ...settings });
  const counts = async () =>
    (await admin.topicConfig("T")).map((it) => [it.readQueues, it.writeQueues]);
  return { it, admin, counts, [Symbol.asyncDispose]: () => it[Symbol.asyncDispose]() };
}

Deno.test("expandTopic() lets one broker grow after the other, and waits for the queues of both", async () => {
  await using two = await atTwoBrokers();
  const { it, admin, counts } = two;
  const wish = { to: 24, settleMs: 0 };
  await admin.createGroup("g");
  const { code } = await it.brokers[1]!.ask("SEND_MESSAGE_V2", {
    extFields: sendFields({ queueId: 2 }),
    body: new Uint8Array(1),
  });
  assert.equal(code, 0);
  const queue = { topic: "T", brokerName: "broker-b", queueId: 2 };
  await admin.setOffset("g", { ...queue, offset: 0 });
  const ready = await admin.topicExpansion("T", wish);
  assert.deepEqual([ready.phase, ready.from, ready.to], ["ready", 6, 12]);
  assert.deepEqual(ready.steps, [
    { brokerName: "broker-a", from: 3, to: 9 },
    { brokerName: "broker-b", from: 3, to: 15 },
  ]);
  await admin.expandTopic("T", wish);
  assert.deepEqual(await counts(), [[3, 9], [3, 3]]);
  const { backlog } = await admin.expandTopic("T", wish);
  assert.deepEqual(backlog, [
    { group: "g", brokerName: "broker-b", queueId: 2, offset: 0, mark: 1 },
  ]);
  await admin.setOffset("g", { ...queue, offset: 1 });
  const next = await admin.expandTopic("T", wish);
  assert.deepEqual([next.phase, next.brokerName, next.from, next.to], [
    "ready",
    "broker-b",
    12,
    24,
  ]);
  assert.deepEqual(await counts(), [[9, 9], [3, 3]]);
  // Whoever goes on elsewhere need not know how far it is to go.
  for (const phase of ["settling", "draining", "done"]) {
    assert.equal((await it.connect().admin.expandTopic("T", { settleMs: 0 })).phase, phase);
  }
  assert.deepEqual(await counts(), [[9, 9], [15, 15]]);
});

Deno.test("expandTopic() goes on only with all brokers it began with", async () => {
  await using two = await atTwoBrokers();
  const { it, admin } = two;
  await admin.expandTopic("T", { to: 12, settleMs: 0 });
  await it.stopBroker(1);
  await assert.rejects(admin.expandTopic("T", { to: 12, settleMs: 0 }), {
    kind: "invalid",
    message: 'Cannot expand topic "T": broker broker-b, which has queues of it, is away',
  });
  await it.startBroker(1);
  await eventually(async () => {
    const { phase } = await admin.expandTopic("T", { to: 12, settleMs: 0 });
    return phase === "done";
  });
});

Deno.test("expandTopic() writes the order configuration again where it was stopped before", async () => {
  await using two = await atTwoBrokers({ order: true });
  const { it, admin } = two;
  const wish = { to: 12, settleMs: 0 };
  await admin.expandTopic("T", wish);
  await admin.kvPut("ORDER_TOPIC_CONFIG", "T", "broker-a:3;broker-b:3");
  // Producers that keep to it have not heard of anything yet.
  assert.equal((await admin.expandTopic("T", wish)).phase, "settling");
  assert.deepEqual([...await admin.orderConf("T")], [["broker-a", 9], ["broker-b", 3]]);
  assert.equal((await admin.expandTopic("T", wish)).phase, "draining");
  assert.equal((await admin.expandTopic("T", wish)).phase, "done");
  await admin.kvPut("ORDER_TOPIC_CONFIG", "T", "broker-a:9;broker-b:2");
  await assert.rejects(admin.expandTopic("T", { to: 24 }), {
    message: 'Cannot expand topic "T": its order configuration says broker-b:2, ' +
      "and 3 queues are written",
  });
  await it.stopBroker(1);
  await eventually(async () => (await admin.topicConfig("T")).length === 1);
  await assert.rejects(admin.expandTopic("T"), { message: /broker broker-b, .*, is away$/ });
});
