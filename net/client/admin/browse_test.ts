import assert from "node:assert/strict";
import { clusterWithTopic, sendTo } from "../../../testdata/admin_cluster.ts";
import { eventually } from "../../../testdata/eventually.ts";
import type { MessageQueue } from "../../wire/message_queue.ts";
import type { ReceivedMessage } from "../received_message.ts";

async function textsOf(messages: AsyncIterable<ReceivedMessage>): Promise<string[]> {
  return (await Array.fromAsync(messages)).map((it) => it.text());
}

Deno.test("browse() gives the messages of a topic in the order they were stored, and ends", async () => {
  await using it = await clusterWithTopic({ brokers: 2 });
  const { admin } = it.client;
  const sent = Array.from({ length: 70 }, (_, at) => `${at}`);
  for (const [at, text] of sent.entries()) {
    await sendTo(it, text, { broker: at % 2, queueId: at % 3 === 0 ? 1 : 0, TAGS: `t${at % 5}` });
  }
  const all = await Array.fromAsync(admin.browse("T"));
  const times = all.map((it) => it.record.storeTimestamp);
  assert.deepEqual(times, times.toSorted((one, other) => one - other));
  assert.deepEqual(all.map((it) => it.text()).sort(), sent.toSorted());
  const queue = { topic: "T", brokerName: "broker-a", queueId: 1 };
  const own = sent.filter((_, at) => at % 2 === 0 && at % 3 === 0);
  assert.deepEqual(await textsOf(admin.browse(queue)), own);
  assert.deepEqual(await textsOf(admin.browse(queue, { from: { offset: 10 } })), own.slice(10));
  assert.deepEqual(await textsOf(admin.browse(queue, { from: "last" })), []);
  const future = new Date(Date.now() + 60_000);
  assert.deepEqual(await textsOf(admin.browse("T", { from: future })), []);
  const tagged = sent.filter((_, at) => at % 5 === 3);
  assert.deepEqual((await textsOf(admin.browse("T", { filter: "t3" }))).sort(), tagged.sort());
  await assert.rejects(textsOf(admin.browse("None")), { kind: "no-route" });
});

Deno.test("browse() follows what comes, until its signal or its reader ends it", async () => {
  await using it = await clusterWithTopic({ brokers: 2 });
  const { admin } = it.client;
  await sendTo(it, "old");
  const stop = new AbortController();
  const followed = admin.browse("T", { follow: true, signal: stop.signal });
  assert.equal((await followed.next()).value?.text(), "old");
  const next = followed.next();
  await sendTo(it, "new", { broker: 1, queueId: 1 });
  assert.equal((await next).value?.text(), "new");
  const never = followed.next();
  stop.abort(new Error("enough"));
  await assert.rejects(never, { message: "enough" });
  const left = admin.browse("T", { from: { offset: 0 }, follow: true });
  for await (const message of left) {
    assert.equal(message.text(), "old");
    break;
  }
  assert.equal((await left.next()).done, true);
});

Deno.test("browse() tells tags apart that have one hash", async () => {
  await using it = await clusterWithTopic({ brokers: 1 });
  const { admin } = it.client;
  // Of both Java's hash is 2112; pages of nothing but the other tag are passed over.
  for (let at = 0; at < 70; at++) await sendTo(it, `${at}`, { TAGS: "Aa" });
  await sendTo(it, "wanted", { TAGS: "BB" });
  await sendTo(it, "untagged");
  assert.deepEqual(await textsOf(admin.browse("T", { filter: "BB" })), ["wanted"]);
  assert.deepEqual(await textsOf(admin.browse("T", { filter: "BB || none" })), ["wanted"]);
  assert.equal((await textsOf(admin.browse("T", { filter: "Aa || BB" }))).length, 71);
  await assert.rejects(textsOf(admin.browse("T", { filter: " || " })), {
    kind: "invalid",
    message: /" \|\| " names no tag/,
  });
});

Deno.test("browse() that follows tells of a broker that goes away, and goes on where it was", async () => {
  await using it = await clusterWithTopic();
  await sendTo(it, "old");
  const told: string[] = [];
  const onFailure = ({ message }: Error, { brokerName, queueId }: Readonly<MessageQueue>) => {
    told.push(`${brokerName}:${queueId} ${message}`);
  };
  const stop = new AbortController();
  const messages = it.client.admin.browse("T", { follow: true, onFailure, signal: stop.signal });
  assert.equal((await messages.next()).value?.text(), "old");
  const next = messages.next();
  await it.stopBroker(0);
  await eventually(() => told.length > 0, "it is told");
  assert.match(told[0]!, /^broker-a:\d Cannot read queue \d of topic "T" at broker-a: /);
  await it.startBroker(0);
  await sendTo(it, "new");
  assert.equal((await next).value?.text(), "new");
  const never = messages.next();
  told.length = 0;
  await it.stopBroker(0);
  await eventually(() => told.length > 0, "it is told");
  stop.abort(new Error("enough"));
  await assert.rejects(never, { message: "enough" });
});

Deno.test("browse() names the queue of a broker that does not answer", async () => {
  await using it = await clusterWithTopic();
  await sendTo(it, "old");
  const queue = { topic: "T", brokerName: "broker-a", queueId: 0 };
  const messages = it.client.admin.browse(queue);
  assert.equal((await messages.next()).value?.text(), "old");
  await it.stopBroker(0);
  const says = /^Cannot read queue 0 of topic "T" at broker-a: /;
  await assert.rejects(messages.next(), { name: "RpcError", message: says });
});

Deno.test("browse() says what is wrong with an SQL expression", async () => {
  await using it = await clusterWithTopic({ config: { enablePropertyFilter: true } });
  await assert.rejects(textsOf(it.client.admin.browse("T", { filter: { sql: "price >" } })), {
    kind: "refused",
    message: /"price >": .* at character 8: expected a value, found the end/,
  });
});
