import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { BILLING, numbered, send } from "../../../testdata/billing.ts";
import { ClusterFixture } from "../../../testdata/cluster_fixture.ts";
import { eventually } from "../../../testdata/eventually.ts";
import type { Consumer } from "./consumer.ts";
import type { ConsumeResult } from "./consumer_hooks.ts";

/** Retries come at once, or nearly. */
const QUICK = { messageDelayLevel: "1s 1s 1s 1s 1s 1s", defaultTopicQueueNums: 1 };

Deno.test("Consumer: what throws comes again under its topic, then goes to the dead letters", async () => {
  await using it = await ClusterFixture.start({ config: QUICK });
  await send(it.client, ["good", "bad"]);
  const seen: string[] = [];
  const results: ConsumeResult[] = [];
  await using consumer = it.client.consumer({
    ...BILLING,
    attemptsMax: 3,
    hooks: { afterConsume: (_, { result }) => results.push(result) },
  });
  void consumer.run((message) => {
    assert.equal(message.topic, "T");
    seen.push(`${message.text()} ${message.attempt}`);
    if (message.text() === "bad") throw new Error("no use");
  });
  await using dead = it.client.consumer({
    ...BILLING,
    group: "undertaker",
    subscribe: { "%DLQ%billing": "*" },
  });
  for await (const message of dead) {
    assert.equal(message.text(), "bad");
    message.ack();
    break;
  }
  assert.deepEqual(seen, ["good 1", "bad 1", "bad 2", "bad 3"]);
  assert.deepEqual(results, ["success", "exception", "exception", "exception"]);
});

Deno.test("ConsumedMessage.retry() may say when, and may give up", async () => {
  await using it = await ClusterFixture.start({ config: QUICK });
  await send(it.client, ["later", "never"]);
  await using consumer = it.client.consumer(BILLING);
  let again = 0;
  void consumer.run((message) => {
    if (message.text() === "never") return message.retry({ delayLevel: -1 });
    if (message.attempt === 1) return message.retry({ delayLevel: 1 });
    again = message.attempt;
  });
  await eventually(() => again === 2);
  await using dead = it.client.consumer({
    ...BILLING,
    group: "undertaker",
    subscribe: { "%DLQ%billing": "*" },
  });
  for await (const message of dead) {
    assert.equal(message.text(), "never");
    message.ack();
    break;
  }
});

Deno.test("Consumer: a message that takes too long comes again, and its late end counts for nothing", async () => {
  await using it = await ClusterFixture.start({ config: QUICK });
  await send(it.client, ["slow"]);
  const results: ConsumeResult[] = [];
  await using consumer = it.client.consumer({
    ...BILLING,
    consumeTimeoutMs: 30,
    hooks: { afterConsume: (_, { result }) => results.push(result) },
  });
  const late = Promise.withResolvers<void>();
  let again = false;
  void consumer.run((message) => {
    if (message.attempt === 1) return late.promise;
    again = true;
    late.resolve();
  });
  await eventually(() => again);
  await eventually(() => results.length === 2);
  assert.deepEqual(results, ["timeout", "success"]);
});

Deno.test("Consumer tries here again what no broker takes back", async () => {
  const told: string[] = [];
  await using it = await ClusterFixture.start({ config: QUICK });
  await send(it.client, ["one"]);
  const client = it.connect({ log: (text) => told.push(text) });
  await using consumer = client.consumer(BILLING);
  const attempts: number[] = [];
  void consumer.run(async (message) => {
    attempts.push(message.attempt);
    if (message.attempt > 1) return;
    await it.stopBroker(0);
    throw new Error("no use");
  });
  await eventually(() => attempts.length === 2);
  assert.deepEqual(attempts, [1, 2]);
  assert.match(told.join("\n"), /Cannot give back the message at T queue 0 offset 0, which stays/);
});

Deno.test("Consumer pulls no further than it may while its handler is slow", async () => {
  await using it = await ClusterFixture.start({ config: QUICK });
  await send(it.client, numbered(60));
  const options = { ...BILLING, pullMax: 4, cachedMessagesMax: 8 };
  await using consumer = it.client.consumer(options);
  const held: (() => void)[] = [];
  let count = 0;
  void consumer.run(async () => {
    count++;
    await new Promise<void>((resolve) => held.push(resolve));
  }, { concurrency: 100 });
  const most = options.cachedMessagesMax + options.pullMax;
  await eventually(() => count > options.cachedMessagesMax);
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
  const given = count;
  const [first, ...others] = held.splice(0);
  for (const end of others) end();
  await eventually(() => {
    for (const end of held.splice(0)) end();
    return count === 60;
  });
  first!();
  assert.ok(given <= most, `${given} were at work`);
});

/** Runs a consumer whose handler waits: some are given out, and the others when it goes on. */
async function givesOut(
  consumer: Consumer,
  { min, max, all }: { readonly min: number; readonly max: number; readonly all: number },
): Promise<void> {
  const goOn = Promise.withResolvers<void>();
  let count = 0;
  void consumer.run(() => {
    count++;
    return goOn.promise;
  }, { concurrency: 100 });
  await eventually(() => count >= min);
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
  const given = count;
  goOn.resolve();
  assert.ok(given <= max, `${given} were given out`);
  await eventually(() => count === all);
}

Deno.test("Consumer: the size of what is pulled is limited, too, while its handler is slow", async () => {
  await using it = await ClusterFixture.start({ config: QUICK });
  const body = "x".repeat(1000);
  await send(it.client, Array.from({ length: 40 }, () => body));
  await using consumer = it.client.consumer({ ...BILLING, pullMax: 2, cachedBytesMax: 9500 });
  await givesOut(consumer, { min: 10, max: 12, all: 40 });
});

Deno.test("Consumer: the span between offsets limits what is pulled, too", async () => {
  await using it = await ClusterFixture.start({ config: QUICK });
  await send(it.client, numbered(40));
  await using consumer = it.client.consumer({ ...BILLING, pullMax: 1, cachedSpanMax: 10 });
  await givesOut(consumer, { min: 11, max: 12, all: 40 });
});

Deno.test("Consumer: each member of a broadcasting group gets everything; failures are told and left out", async () => {
  const offsetsFolder = fs.mkdtempSync(path.join(os.tmpdir(), "broadcast-"));
  try {
    await using it = await ClusterFixture.start({ config: { defaultTopicQueueNums: 2 } });
    await send(it.client, ["one", "two", "three"]);
    const told: string[] = [];
    const options = { ...BILLING, model: "broadcasting", offsetsFolder } as const;
    const seen: string[][] = [];
    for (const instanceName of ["a", "b", "a"]) {
      await using client = it.connect({ instanceName, log: (text) => told.push(text) });
      await using consumer = client.consumer(options);
      const mine: string[] = [];
      seen.push(mine);
      const stop = new AbortController();
      if (seen.length === 3) await send(it.client, ["four"]);
      await consumer.run((message) => {
        mine.push(message.text());
        if (mine.length === (seen.length === 3 ? 1 : 3)) stop.abort();
        if (message.text() === "two") throw new Error("no use");
      }, { signal: stop.signal });
    }
    assert.deepEqual(seen.map((bodies) => bodies.length), [3, 3, 1]);
    assert.deepEqual(seen[2], ["four"]);
    assert.match(told.join("\n"), /could not be consumed, and is left out/);
  } finally {
    fs.rmSync(offsetsFolder, { recursive: true });
  }
});
