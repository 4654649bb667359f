import assert from "node:assert/strict";
import { ClusterFixture } from "../../../testdata/cluster_fixture.ts";
import type { ReceivedMessage } from "../received_message.ts";
import type { ConsumeHooks } from "./consumer_hooks.ts";

async function started(): Promise<ClusterFixture> {
  await using stack = new AsyncDisposableStack();
  const it = stack.use(await ClusterFixture.start({ config: { traceTopicEnable: true } }));
  await it.client.admin.createTopic("Orders", { readQueues: 1, writeQueues: 1 });
  stack.move();
  return it;
}

Deno.test("PullConsumer tells its hooks what a poll gave, and when it counts as consumed", async () => {
  await using it = await started();
  await using producer = it.client.producer({ group: "shop" });
  for (const body of ["0", "1", "2"]) await producer.send({ topic: "Orders", body });
  const told: string[] = [];
  const hooks: ConsumeHooks<ReceivedMessage> = {
    beforeConsume: ({ messages }) => void told.push(`before ${messages.map((it) => it.text())}`),
    afterConsume: ({ messages: [first] }, { result }) => {
      told.push(`${result} ${first!.text()}`);
    },
  };
  const consumer = it.client.pullConsumer({ group: "export", startFrom: "first", hooks });
  await consumer.subscribe("Orders");
  await consumer.poll({ max: 1 });
  assert.deepEqual(told.splice(0), ["before 0"]);
  await consumer.poll({ max: 1 });
  assert.deepEqual(told.splice(0), ["success 0", "before 1"]);
  await consumer.commit();
  assert.deepEqual(told.splice(0), ["success 1"]);
  await consumer.poll();
  await consumer[Symbol.asyncDispose]();
  // Whoever has the queue next gets it again.
  assert.deepEqual(told, ["before 2", "failed 2"]);
});

Deno.test("PullConsumer with a trace tells the life of a message", async () => {
  await using it = await started();
  await using producer = it.client.producer({ group: "shop" });
  const { messageId } = await producer.send({ topic: "Orders", keys: "order-17", body: "x" });
  const consumer = it.client.pullConsumer({ group: "export", startFrom: "first", trace: true });
  await consumer.subscribe("Orders");
  for await (const message of consumer) {
    assert.equal(message.messageId, messageId);
    await consumer.commit();
    break;
  }
  await consumer[Symbol.asyncDispose]();
  const { deliveries, unreadable } = await it.client.admin.messageTrace(messageId);
  assert.deepEqual(unreadable, []);
  assert.deepEqual(
    deliveries.map((it) => [it.group, it.attempt, it.before?.keys, it.after?.result]),
    [["export", 1, "order-17", "success"]],
  );
});

Deno.test("PullConsumer.subscribe() with another filter takes effect on a pull that waits", async () => {
  await using it = await started();
  await using producer = it.client.producer({ group: "shop" });
  const send = (body: string, tag: string) => producer.send({ topic: "Orders", body, tag });
  await send("a0", "a");
  await using consumer = it.client.pullConsumer({ group: "export", startFrom: "first" });
  await consumer.subscribe("Orders", "a");
  const texts = async () => (await consumer.poll()).map((it) => it.text());
  assert.deepEqual(await texts(), ["a0"]);
  // A poll without an answer: the pull waits at the broker.
  assert.deepEqual(await consumer.poll({ timeoutMs: 50 }), []);
  await consumer.subscribe("Orders", "b");
  const since = performance.now();
  await send("b0", "b");
  await send("a1", "a");
  assert.deepEqual(await texts(), ["b0"]);
  assert.ok(performance.now() - since < 4000, "brokers look after pulls of old filters every 5 s");
  await consumer.commit();
  const [queue] = await consumer.queuesOf("Orders");
  const position = await consumer.position(queue!);
  await consumer.unsubscribe("Orders");
  assert.deepEqual(consumer.assignment.filter((it) => it.topic === "Orders"), []);
  const stored = await it.client.admin.offsets("export", "Orders");
  assert.deepEqual(stored.map((it) => it.offset), [position]);
  assert.ok(position >= 2);
});
