import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { ClusterFixture, type ClusterFixtureOptions } from "../../../testdata/cluster_fixture.ts";
import { eventually } from "../../../testdata/eventually.ts";
import { parseRunningInfo } from "../../wire/running_info.ts";
import type { Client } from "../client.ts";
import type { ReceivedMessage } from "../received_message.ts";
import type { PullConsumer, Queue } from "./pull_consumer.ts";

const TOPIC = "Orders";

async function started(
  { queues = 1, ...options }: ClusterFixtureOptions & { readonly queues?: number } = {},
): Promise<ClusterFixture> {
  await using stack = new AsyncDisposableStack();
  const it = stack.use(await ClusterFixture.start(options));
  const config = { readQueues: queues, writeQueues: queues };
  await it.client.admin.createTopic(TOPIC, config);
  stack.move();
  return it;
}

/** Sends the bodies one after another, to the queues in turn. */
async function sent(client: Client, bodies: readonly string[], tag?: string): Promise<void> {
  await using producer = client.producer({ group: `P${sends++}` });
  for (const body of bodies) await producer.send({ topic: TOPIC, body, tag });
}
let sends = 0;

function texts(messages: readonly ReceivedMessage[]): string[] {
  return messages.map((it) => it.text());
}

/** Polls until so many messages came. */
async function polled(consumer: PullConsumer, count: number): Promise<ReceivedMessage[]> {
  const messages: ReceivedMessage[] = [];
  while (messages.length < count) {
    const more = await consumer.poll({ timeoutMs: 10_000 });
    assert.notEqual(more.length, 0, `only ${messages.length} of ${count} messages came`);
    messages.push(...more);
  }
  return messages;
}

function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => String(from + index));
}

function queueOf(queueId: number, brokerName = "broker-a"): Queue {
  return { topic: TOPIC, brokerName, queueId };
}

Deno.test("PullConsumer.assign() reads queues from where it seeks to, and commits when told", async () => {
  await using it = await started({ queues: 2 });
  await sent(it.client, numbers(0, 6));
  await using consumer = it.client.pullConsumer({ group: "export", autoCommit: false });
  const queues = await consumer.queuesOf(TOPIC);
  assert.deepEqual(queues, [queueOf(0), queueOf(1)]);
  consumer.assign(queues);
  assert.deepEqual(consumer.assignment, queues);
  await consumer.seekToBegin(queues);
  assert.deepEqual(texts(await polled(consumer, 6)).sort(), numbers(0, 6));
  assert.deepEqual(await consumer.poll({ timeoutMs: 0 }), []);
  assert.deepEqual(await Promise.all(queues.map((queue) => consumer.position(queue))), [3, 3]);
  await consumer.commit();
  assert.deepEqual(await Promise.all(queues.map((queue) => consumer.committed(queue))), [3, 3]);
});

Deno.test("PullConsumer.commit() stores what was polled; without it the next member gets it again", async () => {
  await using it = await started();
  await sent(it.client, numbers(0, 10));
  const options = { group: "export", autoCommit: false, startFrom: "first" } as const;
  {
    await using consumer = it.client.pullConsumer(options);
    consumer.assign([queueOf(0)]);
    assert.deepEqual(texts(await consumer.poll({ max: 4 })), numbers(0, 4));
    await consumer.commit();
    assert.deepEqual(texts(await consumer.poll({ max: 3 })), numbers(4, 7));
  }
  {
    await using consumer = it.client.pullConsumer(options);
    consumer.assign([queueOf(0)]);
    assert.equal(await consumer.position(queueOf(0)), 4);
    assert.deepEqual(texts(await consumer.poll({ max: 2 })), numbers(4, 6));
    await consumer.commit(new Map([[queueOf(0), 9], [queueOf(5), 1]]));
  }
  await using consumer = it.client.pullConsumer(options);
  consumer.assign([queueOf(0)]);
  assert.deepEqual(texts(await consumer.poll()), ["9"]);
  assert.equal(await consumer.committed(queueOf(0)), 9);
});

Deno.test("PullConsumer commits by itself what was followed by another poll, at the end", async () => {
  await using it = await started();
  await sent(it.client, numbers(0, 10));
  for (const expected of [numbers(0, 4), numbers(4, 8), numbers(8, 10), []]) {
    await using consumer = it.client.pullConsumer({ group: "export", startFrom: "first" });
    consumer.assign([queueOf(0)]);
    assert.deepEqual(texts(await consumer.poll({ max: 4, timeoutMs: 1000 })), expected);
    // What this one gives is not consumed, as far as anybody knows.
    await consumer.poll({ max: 2, timeoutMs: 0 });
    await consumer[Symbol.asyncDispose]();
  }
});

Deno.test("PullConsumer commits by itself every so often", async () => {
  await using it = await started();
  await sent(it.client, ["0", "1"]);
  await using consumer = it.client.pullConsumer({
    group: "export",
    startFrom: "first",
    autoCommitMs: 1000,
  });
  consumer.assign([queueOf(0)]);
  await polled(consumer, 2);
  await consumer.poll({ timeoutMs: 0 });
  const admin = it.connect();
  await using looker = admin.pullConsumer({ group: "export" });
  await eventually(async () => await looker.committed(queueOf(0)) === 2);
});

Deno.test("PullConsumer.offsetAt() finds where a time begins", async () => {
  await using it = await started();
  await sent(it.client, ["0"]);
  await using consumer = it.client.pullConsumer({ group: "export", startFrom: "first" });
  consumer.assign([queueOf(0)]);
  const [first] = await polled(consumer, 1);
  await eventually(() => Date.now() > +first!.storedAt + 1);
  await sent(it.client, ["1"]);
  assert.equal(await consumer.offsetAt(queueOf(0), +first!.storedAt), 0);
  assert.equal(await consumer.offsetAt(queueOf(0), new Date(+first!.storedAt + 1)), 1);
  await assert.rejects(consumer.offsetAt(queueOf(0), NaN), { kind: "invalid" });
});

Deno.test("PullConsumer.seek() goes back and forth, and stays within the queue", async () => {
  await using it = await started();
  await sent(it.client, numbers(0, 100));
  await using consumer = it.client.pullConsumer({ group: "export", startFrom: "first" });
  const queue = queueOf(0);
  await assert.rejects(consumer.seek(queue, 0), {
    kind: "invalid",
    message: /^Cannot seek queue 0 of topic "Orders" at broker-a: it is not assigned$/,
  });
  consumer.assign([queue]);
  assert.deepEqual(texts(await consumer.poll({ max: 2 })), ["0", "1"]);
  await consumer.seek(queue, 50);
  assert.equal(await consumer.position(queue), 50);
  assert.deepEqual(texts(await consumer.poll({ max: 1 })), ["50"]);
  await consumer.seek(queue, 7);
  assert.deepEqual(texts(await consumer.poll({ max: 1 })), ["7"]);
  for (const offset of [-1, 101, 1.5, NaN]) {
    await assert.rejects(consumer.seek(queue, offset), { kind: "invalid", message: /0 to 100$/ });
  }
  await consumer.seekToEnd();
  assert.equal(await consumer.position(queue), 100);
  const next = consumer.poll();
  await sent(it.client, ["100"]);
  assert.deepEqual(texts(await next), ["100"]);
  await consumer.seekToBegin(queue);
  assert.deepEqual(texts(await consumer.poll({ max: 1 })), ["0"]);
});

Deno.test("PullConsumer.pause() holds back a queue, and what was pulled of it", async () => {
  await using it = await started({ queues: 2 });
  await sent(it.client, numbers(0, 8));
  await using consumer = it.client.pullConsumer({ group: "export", startFrom: "first" });
  consumer.assign([queueOf(0), queueOf(1)]);
  const first = await consumer.poll({ max: 1 });
  consumer.pause(queueOf(0));
  consumer.pause(queueOf(17));
  const others = await polled(consumer, first[0]!.queueId === 0 ? 4 : 3);
  assert(others.every((message) => message.queueId === 1));
  assert.deepEqual(await consumer.poll({ timeoutMs: 20 }), []);
  const waiting = consumer.poll();
  consumer.resume([queueOf(0)]);
  assert((await waiting).every((message) => message.queueId === 0));
  consumer.pause();
  await sent(it.client, ["8", "9"]);
  assert.deepEqual(await consumer.poll({ timeoutMs: 20 }), []);
  consumer.resume();
  await polled(consumer, 2);
});

Deno.test("PullConsumer gives messages in a for await loop, and consumes each when the next is asked for", async () => {
  await using it = await started();
  await sent(it.client, numbers(0, 5));
  const seen: string[] = [];
  {
    await using consumer = it.client.pullConsumer({ group: "export", startFrom: "first" });
    consumer.assign([queueOf(0)]);
    for await (const message of consumer) {
      seen.push(message.text());
      if (seen.length === 3) break;
    }
  }
  await using consumer = it.client.pullConsumer({ group: "export" });
  consumer.assign([queueOf(0)]);
  for await (const message of consumer) {
    seen.push(message.text());
    // From inside of the loop, too.
    if (message.text() === "4") await consumer[Symbol.asyncDispose]();
  }
  assert.deepEqual(seen, ["0", "1", "2", "2", "3", "4"]);
});

Deno.test("PullConsumer.subscribe() shares queues with the group as members come and go", async () => {
  await using it = await started({ brokers: 2, queues: 4 });
  const options = { group: "G", startFrom: "first" } as const;
  const one = it.client.pullConsumer(options);
  await one.subscribe(TOPIC);
  const mine = (consumer: PullConsumer) => {
    return consumer.assignment.filter((queue) => queue.topic === TOPIC);
  };
  await eventually(() => mine(one).length === 8, "one has all");
  const other = it.connect().pullConsumer(options);
  await other.subscribe(TOPIC, "*");
  await eventually(() => mine(one).length === 4 && mine(other).length === 4, "each has half");
  const names = [...mine(one), ...mine(other)].map((queue) =>
    `${queue.brokerName} ${queue.queueId}`
  );
  assert.equal(new Set(names).size, 8);
  await sent(it.client, numbers(0, 40));
  const got = [await polled(one, 20), await polled(other, 20)].flat();
  assert.deepEqual(texts(got).sort(), numbers(0, 40).sort());
  // What it polled last is consumed once it asks again; so nothing comes twice to who is left.
  await one.poll({ timeoutMs: 0 });
  await one[Symbol.asyncDispose]();
  await eventually(() => mine(other).length === 8, "the other has all");
  await sent(it.client, numbers(40, 80));
  assert.deepEqual(texts(await polled(other, 40)).sort(), numbers(40, 80));
  await other.unsubscribe(TOPIC);
  assert.deepEqual(mine(other), []);
});

Deno.test("PullConsumer filters by tags and by SQL, and moves past what it does not want", async () => {
  await using it = await started({ config: { enablePropertyFilter: true } });
  await sent(it.client, numbers(0, 3), "no");
  await sent(it.client, ["3"], "yes");
  await sent(it.client, numbers(4, 6), "no");
  for (
    const [group, filter] of [["tag", "yes || maybe"], ["sql", { sql: "TAGS = 'yes'" }]] as const
  ) {
    await using consumer = it.client.pullConsumer({ group, startFrom: "first" });
    consumer.assign([queueOf(0)], { filter });
    assert.deepEqual(texts(await polled(consumer, 1)), ["3"]);
    await eventually(async () => await consumer.position(queueOf(0)) === 6);
    await consumer.commit();
    assert.equal(await consumer.committed(queueOf(0)), 6);
  }
  await using consumer = it.client.pullConsumer({ group: "bad" });
  await assert.rejects(consumer.subscribe(TOPIC, { sql: "price >" }), { kind: "refused" });
  await assert.rejects(consumer.subscribe("no topic"), { kind: "invalid" });
});

Deno.test("PullConsumer pulls no further ahead than its limits", async () => {
  await using it = await started({ queues: 2 });
  await sent(it.client, numbers(0, 200));
  await using consumer = it.client.pullConsumer({
    group: "export",
    startFrom: "first",
    pullMax: 5,
    cachedMessagesMax: 10,
    cachedMessagesMaxInAll: 12,
  });
  const queues = [queueOf(0), queueOf(1)];
  consumer.assign(queues);
  let seen = 0;
  while (seen < 200) {
    const messages = await consumer.poll({ timeoutMs: 10_000 });
    // Both queues may pull at once when there is room.
    assert(messages.length > 0 && messages.length <= 12 + 2 * 5, String(messages.length));
    seen += messages.length;
  }
  assert.deepEqual(await Promise.all(queues.map((it) => consumer.position(it))), [100, 100]);
});

Deno.test("PullConsumer.poll() ends by time, by signal and when the consumer closes", async () => {
  await using it = await started();
  const consumer = it.client.pullConsumer({ group: "export" });
  await assert.rejects(consumer.poll(), { kind: "invalid", message: /neither subscribe\(\)/ });
  consumer.assign([queueOf(0)]);
  assert.deepEqual(await consumer.poll({ timeoutMs: 1 }), []);
  for (const options of [{ timeoutMs: -1 }, { timeoutMs: NaN }, { max: 0 }, { max: 1.5 }]) {
    await assert.rejects(consumer.poll(options), { kind: "invalid" });
  }
  const controller = new AbortController();
  const aborted = consumer.poll({ timeoutMs: Infinity, signal: controller.signal });
  await assert.rejects(consumer.poll(), { kind: "invalid", message: /another poll/ });
  const reason = new Error("enough");
  controller.abort(reason);
  await assert.rejects(aborted, reason);
  await assert.rejects(consumer.poll({ signal: controller.signal }), reason);
  const closed = consumer.poll();
  const loop = (async () => {
    for await (const _ of it.connect().pullConsumer({ group: "none" })) assert.fail();
  })();
  await assert.rejects(loop, { kind: "invalid" });
  await Promise.all([
    consumer[Symbol.asyncDispose](),
    consumer[Symbol.asyncDispose](),
    assert.rejects(closed, { kind: "closed", message: /^The pull consumer of group "export"/ }),
  ]);
  await assert.rejects(consumer.poll(), { kind: "closed" });
  assert.throws(() => consumer.assign([]), { kind: "closed" });
});

Deno.test("PullConsumer either shares topics or is assigned queues, once for each group of a client", async () => {
  await using it = await started();
  await using consumer = it.client.pullConsumer({ group: "export" });
  consumer.assign([queueOf(0)]);
  await assert.rejects(consumer.subscribe(TOPIC), {
    kind: "invalid",
    message: /^Cannot subscribe:/,
  });
  await using twin = it.client.pullConsumer({ group: "export" });
  await assert.rejects(twin.subscribe(TOPIC), { kind: "invalid", message: /has one already/ });
  await assert.rejects(twin.poll(), { kind: "invalid", message: /has one already/ });
  await assert.rejects(it.connect().pullConsumer({ group: "other" }).queuesOf("Missing"), {
    kind: "no-route",
  });
});

Deno.test("PullConsumer is known to its broker, which can move it elsewhere", async () => {
  await using it = await started();
  await sent(it.client, numbers(0, 10));
  await using consumer = it.client.pullConsumer({ group: "export", startFrom: "first" });
  consumer.assign([queueOf(0)]);
  assert.deepEqual(texts(await consumer.poll({ max: 8 })), numbers(0, 8));
  const [broker] = it.brokers;
  const { clientId } = it.client;
  const header = { consumerGroup: "export", clientId };
  const answer = await broker!.ask("GET_CONSUMER_RUNNING_INFO", { header });
  const { mqTable, properties, subscriptionSet } = parseRunningInfo(answer.body);
  assert.equal(properties.get("PROP_CONSUME_TYPE"), "CONSUME_ACTIVELY");
  assert.deepEqual(subscriptionSet.map((one) => one.topic), [TOPIC]);
  const [info] = mqTable.values();
  assert.deepEqual([info!.commitOffset, info!.cachedMsgMinOffset, info!.cachedMsgCount], [0, 8, 2]);

  const status = await broker!.ask("INVOKE_BROKER_TO_GET_CONSUMER_STATUS", {
    header: { topic: TOPIC, group: "export" },
  });
  assert.match(new TextDecoder().decode(status.body), /"queueId":0,"topic":"Orders"\}:0/);

  await consumer.poll({ max: 1 });
  const reset = await broker!.ask("INVOKE_BROKER_TO_RESET_OFFSET", {
    header: { topic: TOPIC, group: "export", timestamp: 0, isForce: true },
  });
  assert.equal(reset.code, 0, reset.remark);
  // A pull that waits at the broker hears of it when it ends.
  await sent(it.client, ["10"]);
  await eventually(async () => await consumer.position(queueOf(0)) === 0);
  assert.deepEqual(texts(await polled(consumer, 11)), numbers(0, 11));
});

Deno.test("PullConsumer goes at once where a broker tells its group to go", async () => {
  await using it = await started({ config: { useServerSideResetOffset: false } });
  await sent(it.client, numbers(0, 10));
  await using consumer = it.client.pullConsumer({ group: "export", startFrom: "first" });
  consumer.assign([queueOf(0)]);
  assert.deepEqual(texts(await polled(consumer, 10)), numbers(0, 10));
  await consumer.commit();
  const reset = await it.brokers[0]!.ask("INVOKE_BROKER_TO_RESET_OFFSET", {
    header: { topic: TOPIC, group: "export", timestamp: 0, isForce: true },
  });
  assert.equal(reset.code, 0, reset.remark);
  assert.deepEqual(texts(await polled(consumer, 10)), numbers(0, 10));
  await consumer[Symbol.asyncDispose]();
  // What came last was not followed by another poll.
  await using looker = it.connect().pullConsumer({ group: "export" });
  assert.equal(await looker.committed(queueOf(0)), 0);
});

Deno.test("PullConsumer of a broadcasting group has all queues, and its offsets in a file", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mq-pull-"));
  try {
    await using it = await started({ queues: 2 });
    await sent(it.client, numbers(0, 6));
    const options = {
      group: "wide",
      model: "broadcasting",
      startFrom: "first",
      offsetsFolder: folder,
    } as const;
    for (const expected of [numbers(0, 6), ["6"]]) {
      const clients = ["one", "two"].map((instanceName) => it.connect({ instanceName }));
      for (const client of clients) {
        await using consumer = client.pullConsumer(options);
        await consumer.subscribe(TOPIC);
        const messages = await polled(consumer, expected.length);
        assert.deepEqual(texts(messages).sort(), expected);
        await consumer.commit();
      }
      if (expected.length > 1) await sent(it.client, ["6"]);
    }
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

Deno.test("PullConsumer goes on when its broker comes back", async () => {
  await using it = await started();
  await sent(it.client, ["0", "1"]);
  await using consumer = it.client.pullConsumer({ group: "export", startFrom: "first" });
  consumer.assign([queueOf(0)]);
  await polled(consumer, 2);
  await it.stopBroker(0);
  assert.deepEqual(await consumer.poll({ timeoutMs: 10 }), []);
  await it.startBroker(0);
  await using producer = it.connect().producer({ group: "P" });
  await producer.send({ topic: TOPIC, body: "2" }, { timeoutMs: 20_000 });
  assert.deepEqual(texts(await polled(consumer, 1)), ["2"]);
});

Deno.test("PullConsumer keeps to its client's namespace", async () => {
  await using it = await started();
  const eu = it.connect({ namespace: "eu" });
  await eu.admin.createTopic(TOPIC, { readQueues: 1, writeQueues: 1 });
  await sent(eu, ["in eu"]);
  await sent(it.client, ["elsewhere"]);
  await using consumer = eu.pullConsumer({ group: "G", startFrom: "first" });
  await consumer.subscribe(TOPIC);
  const [message] = await polled(consumer, 1);
  assert.deepEqual([message!.topic, message!.text()], [TOPIC, "in eu"]);
  assert(consumer.assignment.some((queue) => queue.topic === TOPIC));
  await consumer.poll({ timeoutMs: 0 });
  await consumer[Symbol.asyncDispose]();
  await using looker = it.connect().pullConsumer({ group: "eu%G" });
  assert.equal(await looker.committed({ ...queueOf(0), topic: `eu%${TOPIC}` }), 1);
});
