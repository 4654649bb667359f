import assert from "node:assert/strict";
import { BILLING, numbered, send } from "../../../testdata/billing.ts";
import { ClusterFixture } from "../../../testdata/cluster_fixture.ts";
import { eventually } from "../../../testdata/eventually.ts";
import type { ConsumedMessage } from "./consumed_message.ts";

const never = () => new Promise<void>(() => {});

Deno.test("Consumer gives out what was sent, one by one, and stores where it was", async () => {
  await using it = await ClusterFixture.start();
  await send(it.client, numbered(10));
  const seen: string[] = [];
  await using consumer = it.client.consumer(BILLING);
  for await (const message of consumer) {
    seen.push(message.text());
    assert.equal(message.attempt, 1);
    assert.equal(message.topic, "T");
    assert.equal(message.brokerName, "broker-a");
    message.ack();
    if (seen.length === 10) break;
  }
  assert.deepEqual(seen.toSorted(), numbered(10));
  await send(it.client, ["last"]);
  await using again = it.connect().consumer(BILLING);
  for await (const message of again) {
    assert.equal(message.text(), "last");
    message.ack();
    break;
  }
});

Deno.test("Consumer: what is not acknowledged comes again, and what lies behind it with it", async () => {
  await using it = await ClusterFixture.start({ config: { defaultTopicQueueNums: 1 } });
  await send(it.client, numbered(5));
  {
    await using consumer = it.client.consumer(BILLING);
    let count = 0;
    for await (const message of consumer) {
      if (message.text() !== "m2") message.ack();
      if (++count === 5) break;
    }
  }
  const seen: string[] = [];
  await using again = it.connect().consumer(BILLING);
  for await (const message of again) {
    seen.push(message.text());
    message.ack();
    if (seen.length === 3) break;
  }
  assert.deepEqual(seen, ["m2", "m3", "m4"]);
});

Deno.test("Consumer.run() ends by its signal after the calls under way, and can be called again", async () => {
  await using it = await ClusterFixture.start();
  await using consumer = it.client.consumer(BILLING);
  const stop = new AbortController();
  const begun = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  let done = false;
  let ended = false;
  const running = consumer.run(async () => {
    begun.resolve();
    await goOn.promise;
    done = true;
  }, { signal: stop.signal }).then(() => ended = true);
  await send(it.client, ["one"]);
  await begun.promise;
  stop.abort();
  await Promise.resolve();
  assert.equal(ended, false);
  goOn.resolve();
  await running;
  assert.equal(done, true);
  await send(it.client, ["two"]);
  const seen: string[] = [];
  const again = new AbortController();
  await consumer.run((message) => {
    seen.push(message.text());
    again.abort();
  }, { signal: again.signal });
  assert.deepEqual(seen, ["two"]);
  await consumer.run(() => assert.fail("the signal was aborted before"), { signal: again.signal });
});

Deno.test("Consumer.run() calls as many handlers at a time as it is told", async () => {
  await using it = await ClusterFixture.start();
  await send(it.client, numbered(12));
  await using consumer = it.client.consumer(BILLING);
  let active = 0;
  let most = 0;
  let count = 0;
  const stop = new AbortController();
  await consumer.run(async () => {
    most = Math.max(most, ++active);
    await new Promise((resolve) => setTimeout(resolve, 5));
    active--;
    if (++count === 12) stop.abort();
  }, { concurrency: 3, signal: stop.signal });
  assert.equal(most, 3);
});

Deno.test("Consumer.runBatches() hands over messages of one queue together", async () => {
  await using it = await ClusterFixture.start({ config: { defaultTopicQueueNums: 2 } });
  await send(it.client, numbered(20));
  await using consumer = it.client.consumer(BILLING);
  const seen: string[] = [];
  const sizes: number[] = [];
  const stop = new AbortController();
  await consumer.runBatches((messages) => {
    assert.equal(new Set(messages.map((message) => message.queueId)).size, 1);
    sizes.push(messages.length);
    seen.push(...messages.map((message) => message.text()));
    if (seen.length === 20) stop.abort();
  }, { size: 4, signal: stop.signal });
  assert.ok(Math.max(...sizes) > 1 && Math.max(...sizes) <= 4, sizes.join());
  assert.deepEqual(new Set(seen), new Set(numbered(20)));
});

Deno.test("Consumer gives out only what it subscribed to", async () => {
  await using it = await ClusterFixture.start();
  // "Aa" and "BB" have one hash: the broker cannot tell them apart.
  await send(it.client, ["wrong"], "BB");
  await send(it.client, ["other"], "c");
  await send(it.client, ["right"], "Aa");
  await using consumer = it.client.consumer({ ...BILLING, subscribe: { T: "Aa || zzz" } });
  for await (const message of consumer) {
    assert.equal(message.text(), "right");
    assert.equal(message.tag, "Aa");
    message.ack();
    break;
  }
});

Deno.test("Consumer of an SQL expression the broker cannot read refuses to run", async () => {
  await using it = await ClusterFixture.start({ config: { enablePropertyFilter: true } });
  await send(it.client, ["one"]);
  // A topic that nobody knows of cannot be asked about.
  await eventually(async () => (await it.client.admin.topics()).includes("T"));
  await using consumer = it.client.consumer({ ...BILLING, subscribe: { T: { sql: "price >" } } });
  await assert.rejects(consumer.run(never), { name: "ClientError", kind: "refused" });
  await using other = it.client.consumer({ ...BILLING, subscribe: { T: { sql: "price > 1" } } });
  await using producer = it.client.producer({ group: "shop" });
  await producer.send({ topic: "T", body: "cheap", properties: { price: "1" } });
  await producer.send({ topic: "T", body: "dear", properties: { price: "2" } });
  for await (const message of other) {
    assert.equal(message.text(), "dear");
    message.ack();
    break;
  }
});

Deno.test("Consumer refuses to be used twice at a time, or twice in a client", async () => {
  await using it = await ClusterFixture.start();
  await using consumer = it.client.consumer(BILLING);
  const running = consumer.run(() => {});
  await assert.rejects(consumer.run(() => {}), { kind: "invalid", message: /taken already/ });
  await assert.rejects(consumer.messages().next(), { kind: "invalid" });
  await using twin = it.client.consumer(BILLING);
  await assert.rejects(twin.run(() => {}), { kind: "invalid", message: /has one already/ });
  await assert.rejects(twin.run(() => {}, { concurrency: 0 }), { message: /concurrency is 0/ });
  await consumer[Symbol.asyncDispose]();
  await running;
  await assert.rejects(consumer.run(() => {}), { kind: "closed" });
  await assert.rejects(consumer[Symbol.asyncIterator]().next(), { kind: "closed" });
});

Deno.test("Consumer.dispose() in every state", async () => {
  await using it = await ClusterFixture.start();
  const unused = it.client.consumer(BILLING);
  await unused[Symbol.asyncDispose]();
  await unused[Symbol.asyncDispose]();

  const joining = it.client.consumer(BILLING);
  const running = joining.run(never);
  const first = joining[Symbol.asyncDispose]();
  assert.equal(joining[Symbol.asyncDispose](), first);
  await first;
  await running;

  const waiting = it.client.consumer(BILLING);
  const next = waiting[Symbol.asyncIterator]().next();
  await eventually(() => waiting.queues.length > 0 || true);
  await waiting[Symbol.asyncDispose]();
  assert.equal((await next).done, true);

  const inLoop = it.client.consumer(BILLING);
  await send(it.client, ["one"]);
  for await (const message of inLoop) {
    message.ack();
    await inLoop[Symbol.asyncDispose]();
  }

  const client = it.connect();
  const ofClient = client.consumer(BILLING);
  const until = ofClient.run(() => {});
  await client[Symbol.asyncDispose]();
  await until;
  assert.throws(() => client.consumer(BILLING), { kind: "closed" });
});

Deno.test("Consumer.dispose() waits for handlers at work, and stores what they acknowledged", async () => {
  await using it = await ClusterFixture.start();
  await send(it.client, ["one"]);
  const consumer = it.client.consumer(BILLING);
  const begun = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const running = consumer.run(async () => {
    begun.resolve();
    await goOn.promise;
  });
  await begun.promise;
  const closing = consumer[Symbol.asyncDispose]();
  await send(it.client, ["two"]);
  goOn.resolve();
  await Promise.all([closing, running]);
  await using again = it.client.consumer(BILLING);
  for await (const message of again) {
    assert.equal(message.text(), "two");
    message.ack();
    break;
  }
});

Deno.test("Consumer.dispose() does not wait longer than it may; what is at work comes again", async () => {
  const told: string[] = [];
  await using it = await ClusterFixture.start();
  await send(it.client, ["one"]);
  const client = it.connect({ log: (text) => told.push(text) });
  const consumer = client.consumer({ ...BILLING, closeTimeoutMs: 10 });
  const begun = Promise.withResolvers<ConsumedMessage>();
  const goOn = Promise.withResolvers<void>();
  const running = consumer.run((message) => {
    begun.resolve(message);
    return goOn.promise;
  });
  const message = await begun.promise;
  await consumer[Symbol.asyncDispose]();
  assert.ok(told.some((text) => /at work after 10 ms/.test(text)), told.join("\n"));
  goOn.resolve();
  await running;
  // Too late, and harmless.
  message.ack();
  message.retry();
  await using again = it.client.consumer(BILLING);
  for await (const message of again) {
    assert.equal(message.text(), "one");
    message.ack();
    break;
  }
});

Deno.test("Consumer of a namespace shows topics without it", async () => {
  await using it = await ClusterFixture.start();
  const client = it.connect({ namespace: "eu" });
  await send(client, ["one"]);
  await using consumer = client.consumer(BILLING);
  for await (const message of consumer) {
    assert.equal(message.topic, "T");
    assert.equal(message.record.topic, "eu%T");
    assert.ok(consumer.queues.every((queue) => /^(T|%RETRY%billing)$/.test(queue.topic)));
    message.ack();
    break;
  }
});

Deno.test("Consumer.messages() ends by its signal, and the consumer stays a member", async () => {
  await using it = await ClusterFixture.start();
  await using consumer = it.client.consumer(BILLING);
  const stop = new AbortController();
  const loop = (async () => {
    for await (const message of consumer.messages({ signal: stop.signal })) message.ack();
  })();
  await send(it.client, ["one"]);
  await eventually(() => consumer.queues.length > 0);
  stop.abort();
  await loop;
  assert.ok(consumer.queues.length > 0);
  await send(it.client, ["two"]);
  for await (const message of consumer.messages()) {
    message.ack();
    if (message.text() === "two") break;
  }
});

Deno.test("Consumer.reply() answers a request", async () => {
  await using it = await ClusterFixture.start();
  await using producer = it.client.producer({ group: "shop" });
  await using server = it.client.consumer({ ...BILLING, group: "prices" });
  void server.run((message) => message.reply(`42 for ${message.text()}`));
  const answer = await producer.request({ topic: "T", body: "apples" }, { timeoutMs: 10_000 });
  assert.equal(answer.text(), "42 for apples");
});
