import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { BILLING, numbered, send } from "../../../testdata/billing.ts";
import { ClusterFixture } from "../../../testdata/cluster_fixture.ts";
import { eventually } from "../../../testdata/eventually.ts";
import type { ConsumedMessage } from "./consumed_message.ts";

const ONE_QUEUE = { config: { defaultTopicQueueNums: 1, messageDelayLevel: "1s 1s 1s 1s" } };
/** What would be waited for if a close waited for itself. */
const LONG_MS = 60_000;

for (const ordered of [true, false]) {
  const kind = ordered ? "an ordered" : "a";
  Deno.test(`Consumer.messages(): what ${kind} consumer's loop left open comes again while it lives`, async () => {
    await using it = await ClusterFixture.start(ONE_QUEUE);
    await send(it.client, numbered(4));
    await using consumer = it.client.consumer({ ...BILLING, ordered, suspendMs: 10 });
    const seen: string[] = [];
    const loop = async () => {
      for await (const message of consumer.messages()) {
        seen.push(`${message.text()}#${message.attempt}`);
        if (seen.length === 2) throw new Error("the database is down");
        message.ack();
        if (seen.length === 5) return;
      }
    };
    await assert.rejects(loop(), { message: "the database is down" });
    await loop();
    const again = ["m0#1", "m1#1", "m1#2", "m2#1", "m3#1"];
    assert.deepEqual(ordered ? seen : seen.toSorted(), again);
  });
}

Deno.test("Consumer.messages() of a broadcasting consumer gives again what a loop left open", async () => {
  await using it = await ClusterFixture.start(ONE_QUEUE);
  await send(it.client, numbered(1));
  const offsetsFolder = fs.mkdtempSync(path.join(os.tmpdir(), "broadcast-"));
  try {
    await using consumer = it.client.consumer({ ...BILLING, model: "broadcasting", offsetsFolder });
    const attempts: number[] = [];
    for await (const message of consumer.messages()) {
      attempts.push(message.attempt);
      break;
    }
    for await (const message of consumer.messages()) {
      attempts.push(message.attempt);
      message.ack();
      break;
    }
    assert.deepEqual(attempts, [1, 2]);
  } finally {
    fs.rmSync(offsetsFolder, { recursive: true });
  }
});

Deno.test("Consumer.messages(): what is at work elsewhere when a signal ends the loop still counts", async () => {
  await using it = await ClusterFixture.start(ONE_QUEUE);
  await send(it.client, numbered(3));
  await using consumer = it.client.consumer(BILLING);
  const stop = new AbortController();
  const open: ConsumedMessage[] = [];
  for await (const message of consumer.messages({ signal: stop.signal })) {
    open.push(message);
    if (open.length === 3) stop.abort();
  }
  for (const message of open) message.ack();
  await consumer[Symbol.asyncDispose]();
  assert.equal((await it.client.admin.progress(BILLING.group)).lag, 0);
  const retried = () => it.client.admin.topicStats("%RETRY%billing");
  // The broker made the topic for the consumer, and tells the name server beside its answer.
  await eventually(() => retried().then(() => true, () => false), "a route to the retry topic");
  const { queues } = await retried();
  assert.deepEqual(queues.map(({ maxOffset }) => maxOffset), [0]);
});

Deno.test("Consumer.run() goes on where a loop over messages() was left", async () => {
  await using it = await ClusterFixture.start(ONE_QUEUE);
  await send(it.client, numbered(3));
  await using consumer = it.client.consumer({ ...BILLING, ordered: true, suspendMs: 10 });
  for await (const message of consumer.messages()) {
    assert.equal(message.text(), "m0");
    break;
  }
  const seen: string[] = [];
  const stop = new AbortController();
  await consumer.run((message) => {
    seen.push(message.text());
    if (seen.length === 3) stop.abort();
  }, { signal: stop.signal });
  assert.deepEqual(seen, numbered(3));
});

Deno.test("Consumer.dispose() waits for the message a loop is at work on", async () => {
  await using it = await ClusterFixture.start(ONE_QUEUE);
  await send(it.client, numbered(2));
  for (const way of ["itself", "messages()"]) {
    const consumer = it.client.consumer({ ...BILLING, group: way.slice(0, 4) });
    const begun = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const loop = (async () => {
      for await (const message of way === "itself" ? consumer : consumer.messages()) {
        begun.resolve();
        await goOn.promise;
        message.ack();
      }
    })();
    await begun.promise;
    const closing = consumer[Symbol.asyncDispose]();
    // Long enough for a close that waits for nothing.
    await send(it.client, ["later"]);
    goOn.resolve();
    await Promise.all([closing, loop]);
    await using again = it.client.consumer({ ...BILLING, group: way.slice(0, 4) });
    for await (const message of again) {
      assert.equal(message.text(), "m1", way);
      message.ack();
      break;
    }
  }
});

Deno.test("Consumer.dispose() does not wait for a loop that waits for it, nor for one that was left", async () => {
  const told: string[] = [];
  await using it = await ClusterFixture.start(ONE_QUEUE);
  await send(it.client, numbered(1));
  const client = it.connect({ log: (text) => told.push(text) });
  const consume = (group: string, closeTimeoutMs = LONG_MS) =>
    client.consumer({ ...BILLING, group, closeTimeoutMs });
  const begun = performance.now();
  for await (const message of consume("break")) {
    assert.equal(message.text(), "m0");
    break;
  }
  const inBody = consume("ack");
  for await (const message of inBody) {
    message.ack();
    await inBody[Symbol.asyncDispose]();
  }
  const within = consume("throw");
  const failing = (async () => {
    for await (const _ of within.messages()) throw new Error("no");
  })();
  await assert.rejects(failing, { message: "no" });
  await within[Symbol.asyncDispose]();
  assert.deepEqual(told.filter((it) => /at work/.test(it)), []);
  const stuck = consume("stuck", 10);
  for await (const _ of stuck) await stuck[Symbol.asyncDispose]();
  assert.match(told.join(), /A loop over messages of group "stuck" is at work after 10 ms/);
  assert.ok(performance.now() - begun < LONG_MS);
});

Deno.test("Consumer.run() tells the log what a handler threw, with message and place", async () => {
  const told: { text: string; cause: unknown }[] = [];
  await using it = await ClusterFixture.start(ONE_QUEUE);
  await send(it.client, numbered(2));
  const client = it.connect({ log: (text, cause) => void told.push({ text, cause }) });
  await using consumer = client.consumer(BILLING);
  const failed = new Map<string, ConsumedMessage>();
  const reasons = [new Error("at once"), new Error("after it was acknowledged")];
  const running = consumer.run(async (message) => {
    failed.set(message.text(), message);
    if (message.text() === "m0") throw reasons[0];
    message.ack();
    await Promise.reject(reasons[1]);
  });
  const found = () => told.filter(({ text }) => text.startsWith("The handler of group"));
  await eventually(() => found().length === 2);
  for (const [number, text] of numbered(2).entries()) {
    const { messageId } = failed.get(text)!;
    const row = found().find(({ cause }) => cause === reasons[number]);
    assert.equal(
      row?.text,
      `The handler of group "billing" failed with message ${messageId}, ` +
        `T queue 0 offset ${number}, delivery 1`,
    );
  }
  await consumer[Symbol.asyncDispose]();
  await running;
});

Deno.test("Consumer.run() wants a function, and ends though a handler does not", async () => {
  const told: string[] = [];
  await using it = await ClusterFixture.start(ONE_QUEUE);
  await send(it.client, numbered(1));
  const client = it.connect({ log: (text) => told.push(text) });
  await using consumer = client.consumer({ ...BILLING, closeTimeoutMs: 10 });
  for (const handler of [undefined, {}]) {
    const run = [() => consumer.run(handler as never), () => consumer.runBatches(handler as never)];
    for (const call of run) {
      await assert.rejects(call(), { kind: "invalid", message: /no function/ });
    }
  }
  const stop = new AbortController();
  const goOn = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const running = consumer.run(() => {
    begun.resolve();
    return goOn.promise;
  }, { signal: stop.signal });
  await begun.promise;
  stop.abort();
  await running;
  assert.match(told.join("\n"), /are at work after 10 ms; they are not waited for any longer/);
  goOn.resolve();
});
