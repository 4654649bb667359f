import assert from "node:assert/strict";
import { BILLING } from "../../../testdata/billing.ts";
import { ClusterFixture } from "../../../testdata/cluster_fixture.ts";
import { eventually } from "../../../testdata/eventually.ts";
import { Cluster } from "../cluster.ts";
import type { Client } from "../client.ts";
import type { ConsumerOptions } from "./consumer_options.ts";
import { lockQueues } from "./queue_locks.ts";

/** `topic body tag`. */
async function send(client: Client, ...messages: readonly string[]): Promise<void> {
  await using producer = client.producer({ group: "shop" });
  for (const message of messages) {
    const [topic = "", body = "", tag] = message.split(" ");
    await producer.send({ topic, body, tag });
  }
}

function running(client: Client, options: Partial<ConsumerOptions> = {}) {
  const consumer = client.consumer({ ...BILLING, ...options });
  const seen: string[] = [];
  void consumer.run((message) => void seen.push(message.text()));
  return { consumer, seen };
}

/** What the broker says the group wants. */
async function subscribed(client: Client): Promise<ReadonlyMap<string, string>> {
  const { subscriptions } = await client.admin.members("billing");
  return new Map(subscriptions.map((it) => [it.topic, it.expression]));
}

Deno.test("Consumer.subscribe() before it runs, and while it does, brings another topic", async () => {
  await using it = await ClusterFixture.start();
  await send(it.client, "T t0", "U u0", "V v0");
  const consumer = it.client.consumer(BILLING);
  const seen: string[] = [];
  await consumer.subscribe("U");
  void consumer.run((message) => void seen.push(message.text()));
  await eventually(() => seen.length === 2, "both topics come");
  await consumer.subscribe("V");
  assert.deepEqual([...(await subscribed(it.client)).keys()].sort(), [
    "%RETRY%billing",
    "T",
    "U",
    "V",
  ]);
  await eventually(() => seen.length === 3, "the third comes");
  assert.deepEqual(seen.toSorted(), ["t0", "u0", "v0"]);
  assert.deepEqual([...consumer.subscriptions.keys()], ["T", "U", "V"]);
});

Deno.test("Consumer.subscribe() with another filter takes effect on a pull that waits", async () => {
  await using it = await ClusterFixture.start({ config: { defaultTopicQueueNums: 1 } });
  await send(it.client, "T a0 a", "T b0 b");
  const { consumer, seen } = running(it.client, { subscribe: { T: "a" } });
  await eventually(() => seen.length === 1);
  await consumer.subscribe("T", "a || b");
  assert.equal((await subscribed(it.client)).get("T"), "a || b");
  const since = performance.now();
  await send(it.client, "T b1 b", "T c1 c", "T a1 a");
  await eventually(() => seen.length === 3);
  assert.ok(performance.now() - since < 4000, "brokers look after pulls of old filters every 5 s");
  assert.deepEqual(seen, ["a0", "b1", "a1"]);
});

Deno.test("Consumer.subscribe() loses nothing however filters change while messages come", async () => {
  await using it = await ClusterFixture.start({ config: { defaultTopicQueueNums: 2 } });
  const { consumer, seen } = running(it.client, { subscribe: { T: "always" } });
  await send(it.client, "T always0 always");
  await eventually(() => seen.length === 1);
  const expected = ["always0"];
  let sent = 0;
  const round = async (tag: string) => {
    const names = Array.from({ length: 10 }, () => `${tag}${++sent}`);
    expected.push(...names);
    await send(it.client, ...names.map((name) => `T ${name} ${tag}`));
  };
  for (const tag of ["b", "c", "d", "e"]) {
    const [, , always] = await Promise.all([
      consumer.subscribe("T", `always || ${tag}`),
      consumer.subscribe("T", `always || ${tag} || x`),
      round("always"),
    ]);
    assert.equal(always, undefined);
    await round(tag);
    await eventually(() => expected.every((it) => seen.includes(it)), `all of ${tag} come`);
  }
  assert.equal(new Set(seen).size, expected.length);
});

Deno.test("Consumer.unsubscribe() stores the offset; who subscribes again goes on there", async () => {
  await using it = await ClusterFixture.start({ config: { defaultTopicQueueNums: 1 } });
  await send(it.client, "T t0", "U u0", "U u1");
  const { consumer, seen } = running(it.client, { subscribe: { T: "*", U: "*" } });
  await eventually(() => seen.length === 3);
  await consumer.unsubscribe("U");
  assert.deepEqual(consumer.queues.filter((it) => it.topic === "U"), []);
  assert.equal((await subscribed(it.client)).has("U"), false);
  const stored = await it.client.admin.offsets("billing", "U");
  assert.deepEqual(stored.map((it) => it.offset), [2]);
  await send(it.client, "U u2", "T t1");
  await eventually(() => seen.includes("t1"));
  assert.equal(seen.includes("u2"), false);
  await consumer.subscribe("U");
  await eventually(() => seen.includes("u2"));
  assert.deepEqual(seen.toSorted(), ["t0", "t1", "u0", "u1", "u2"]);
});

Deno.test("Consumer.unsubscribe() gives back the locks of ordered queues", async () => {
  await using it = await ClusterFixture.start({ config: { defaultTopicQueueNums: 1 } });
  await using other = new Cluster({ nameServers: it.nameServer.peer });
  const queues = [{ topic: "U", brokerName: "broker-a", queueId: 0 }];
  await send(it.client, "T t0", "U u0");
  const options = { subscribe: { T: "*", U: "*" }, ordered: true };
  const { consumer, seen } = running(it.client, options);
  await eventually(() => seen.length === 2);
  const locked = () => lockQueues(other, { group: "billing", queues });
  assert.deepEqual((await locked()).refused, queues);
  await consumer.unsubscribe("U");
  assert.deepEqual((await locked()).granted, queues);
});

Deno.test("Consumer.subscribe() refuses what it cannot want, and changes nothing", async () => {
  await using it = await ClusterFixture.start();
  await send(it.client, "T t0");
  const { consumer, seen } = running(it.client);
  await eventually(() => seen.length === 1);
  await assert.rejects(consumer.subscribe("no topic"), { kind: "invalid", message: /no topic/ });
  await assert.rejects(consumer.subscribe("U", " || "), { kind: "invalid" });
  await assert.rejects(consumer.subscribe("T", { sql: "price >" }), { kind: "refused" });
  // What its group failed with stays its own.
  await consumer.unsubscribe("%RETRY%billing");
  await consumer.unsubscribe("Unheard");
  assert.deepEqual([...consumer.subscriptions], [["T", "*"]]);
  assert.deepEqual([...(await subscribed(it.client)).keys()].sort(), ["%RETRY%billing", "T"]);
  await consumer[Symbol.asyncDispose]();
  await assert.rejects(consumer.subscribe("U"), { kind: "closed" });
  await assert.rejects(consumer.unsubscribe("T"), { kind: "closed" });
});
