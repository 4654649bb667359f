import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { BILLING } from "../../../testdata/billing.ts";
import { ClusterFixture } from "../../../testdata/cluster_fixture.ts";
import { eventually } from "../../../testdata/eventually.ts";
import type { Client } from "../client.ts";
import type { Consumer } from "./consumer.ts";
import type { ConsumerOptions } from "./consumer_options.ts";

const ORDERED = { ...BILLING, ordered: true, suspendMs: 10 } as const satisfies ConsumerOptions;

async function send(client: Client, bodies: readonly string[]): Promise<void> {
  await using producer = client.producer({ group: "shop" });
  for (const body of bodies) {
    await producer.send({ topic: "T", body }, { shardingKey: body.slice(0, 1) });
  }
}

const series = (key: string, count: number, from = 0) =>
  Array.from({ length: count }, (_, n) => `${key}${from + n}`);

Deno.test("Consumer in order has one message of a queue at work, and a failure holds it up", async () => {
  await using it = await ClusterFixture.start({ config: { defaultTopicQueueNums: 2 } });
  await send(it.client, series("a", 6));
  await using consumer = it.client.consumer(ORDERED);
  const seen: string[] = [];
  let active = 0;
  const stop = new AbortController();
  await consumer.run(async (message) => {
    assert.equal(++active, 1);
    await new Promise((resolve) => setTimeout(resolve, 1));
    active--;
    seen.push(`${message.text()} ${message.attempt}`);
    if (message.text() === "a2" && message.attempt < 3) throw new Error("not yet");
    if (message.text() === "a5") stop.abort();
  }, { signal: stop.signal });
  assert.deepEqual(seen, ["a0 1", "a1 1", "a2 1", "a2 2", "a2 3", "a3 1", "a4 1", "a5 1"]);
});

Deno.test("Consumer in order puts a message to the dead letters after its attempts, and goes on", async () => {
  await using it = await ClusterFixture.start({ config: { defaultTopicQueueNums: 1 } });
  await send(it.client, series("a", 3));
  const seen: string[] = [];
  await using consumer = it.client.consumer({ ...ORDERED, attemptsMax: 2 });
  const stop = new AbortController();
  await consumer.run((message) => {
    seen.push(`${message.text()} ${message.attempt}`);
    if (message.text() === "a2") return stop.abort();
    if (message.text() === "a1") throw new Error("no use");
  }, { signal: stop.signal });
  assert.deepEqual(seen, ["a0 1", "a1 1", "a1 2", "a2 1"]);
  await using dead = it.client.consumer({
    group: "undertaker",
    subscribe: { "%DLQ%billing": "*" },
    startFrom: "first",
    rebalanceMs: 50,
  });
  for await (const message of dead) {
    assert.equal(message.text(), "a1");
    message.ack();
    break;
  }
});

Deno.test("Consumer.runBatches() in order: what a batch left open comes again before what follows", async () => {
  await using it = await ClusterFixture.start({ config: { defaultTopicQueueNums: 1 } });
  await send(it.client, series("a", 6));
  await using consumer = it.client.consumer(ORDERED);
  const seen: string[] = [];
  let failed = false;
  const stop = new AbortController();
  await consumer.runBatches((messages) => {
    for (const message of messages) {
      if (!failed && message.text() === "a1") {
        failed = true;
        throw new Error("not yet");
      }
      seen.push(message.text());
      message.ack();
      if (message.text() === "a5") stop.abort();
    }
  }, { size: 3, signal: stop.signal });
  assert.deepEqual(seen, series("a", 6));
});

Deno.test("Consumer in order, one by one: the next message waits for the answer to the one before", async () => {
  await using it = await ClusterFixture.start({ config: { defaultTopicQueueNums: 1 } });
  await send(it.client, series("a", 3));
  await using consumer = it.client.consumer(ORDERED);
  const messages = consumer.messages();
  const one = await messages.next();
  const two = messages.next();
  let isHere = false;
  void two.then(() => isHere = true);
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.equal(isHere, false);
  one.value!.ack();
  assert.equal((await two).value!.text(), "a1");
  (await two).value!.retry();
  const again = await messages.next();
  assert.equal(`${again.value!.text()} ${again.value!.attempt}`, "a1 2");
  again.value!.ack();
  await messages.return();
});

Deno.test("Consumers in order: order holds while queues move from member to member", async () => {
  await using it = await ClusterFixture.start({ brokers: 2, config: { defaultTopicQueueNums: 2 } });
  const keys = ["a", "b", "c", "d"];
  await send(it.client, keys.flatMap((key) => series(key, 1)));
  await eventually(async () => (await it.client.admin.topics()).includes("T"));
  const seen = new Map<string, number[]>(keys.map((key) => [key, []]));
  const atWork = new Set<string>();
  const start = () => {
    const client = it.connect();
    const consumer = client.consumer(ORDERED);
    void consumer.run(async (message) => {
      const queue = `${message.brokerName} ${message.queueId}`;
      assert.ok(!atWork.has(queue), `two members have ${queue}`);
      atWork.add(queue);
      await new Promise((resolve) => setTimeout(resolve, 1));
      atWork.delete(queue);
      seen.get(message.text().slice(0, 1))!.push(Number(message.text().slice(1)));
    });
    return consumer;
  };
  const members: Consumer[] = [start()];
  let sent = 1;
  const more = async () => {
    for (let round = 0; round < 5; round++) {
      await send(it.client, keys.map((key) => `${key}${sent}`));
      sent++;
    }
  };
  await more();
  members.push(start());
  await more();
  members.push(start());
  await more();
  await members.shift()![Symbol.asyncDispose]();
  await more();
  await members.shift()![Symbol.asyncDispose]();
  await more();
  const last = (key: string) => new Set(seen.get(key)).size === sent;
  await eventually(() => keys.every(last), "all messages were seen");
  for (const key of keys) {
    const numbers = seen.get(key)!;
    assert.deepEqual([...new Set(numbers)], Array.from({ length: sent }, (_, n) => n), key);
    // Nothing came twice, either: queues are handed over with their offsets.
    assert.equal(numbers.length, sent, numbers.join());
  }
  for (const member of members) await member[Symbol.asyncDispose]();
});

Deno.test("Consumer in order that broadcasts leaves out what fails too often", async () => {
  const offsetsFolder = fs.mkdtempSync(path.join(os.tmpdir(), "broadcast-"));
  try {
    const told: string[] = [];
    await using it = await ClusterFixture.start({ config: { defaultTopicQueueNums: 1 } });
    await send(it.client, series("a", 3));
    const client = it.connect({ log: (text) => told.push(text) });
    await using consumer = client.consumer({
      ...ORDERED,
      model: "broadcasting",
      offsetsFolder,
      attemptsMax: 2,
    });
    const seen: string[] = [];
    const stop = new AbortController();
    await consumer.run((message) => {
      seen.push(`${message.text()} ${message.attempt}`);
      if (message.text() === "a2") return stop.abort();
      if (message.text() === "a1") throw new Error("no use");
    }, { signal: stop.signal });
    assert.deepEqual(seen, ["a0 1", "a1 1", "a1 2", "a2 1"]);
    assert.match(told.join("\n"), /The message at T queue 0 offset 1 could not be consumed/);
  } finally {
    fs.rmSync(offsetsFolder, { recursive: true });
  }
});
