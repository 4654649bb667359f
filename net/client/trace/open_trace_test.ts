import assert from "node:assert/strict";
import { ClusterFixture } from "../../../testdata/cluster_fixture.ts";
import { eventually } from "../../../testdata/eventually.ts";
import { Cluster } from "../cluster.ts";
import { traceOf } from "./message_trace.ts";
import { openTrace } from "./open_trace.ts";

async function running() {
  await using stack = new AsyncDisposableStack();
  const it = stack.use(
    await ClusterFixture.start({
      brokers: 2,
      config: { transactionTimeOut: 1, transactionCheckInterval: 20, traceTopicEnable: true },
    }),
  );
  await it.client.admin.createTopic("Orders", { readQueues: 1, writeQueues: 1 });
  const cluster = stack.use(new Cluster({ nameServers: it.nameServer.peer }));
  const owned = stack.move();
  return { it, cluster, client: it.client, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

Deno.test("a producer and a consumer that trace tell the life of a message", async () => {
  await using all = await running();
  const { client, cluster } = all;
  const producer = client.transactionProducer({
    group: "shop",
    trace: true,
    check: () => "commit",
  });
  const message = { topic: "Orders", tag: "paid", keys: "order-17", body: "x" };
  const { messageId } = await producer.sendInTransaction(message, () => "unknown");
  const consumer = client.consumer({
    group: "billing",
    subscribe: { Orders: "*" },
    startFrom: "first",
    trace: true,
  });
  for await (const received of consumer) {
    assert.equal(received.messageId, messageId);
    received.ack();
    break;
  }
  await consumer[Symbol.asyncDispose]();
  await producer[Symbol.asyncDispose]();
  const trace = await traceOf(cluster, messageId);
  assert.deepEqual(
    trace.sends.map((it) => [it.group, it.topic, it.tag, it.keys, it.messageType, it.success]),
    [["shop", "Orders", "paid", "order-17", "half", true]],
  );
  assert.equal(trace.sends[0]!.clientHost, "127.0.0.1");
  // The broker asks at once, and again as long as it has no answer: that may come before the first.
  const ends = trace.transactionEnds.map((it) => `${it.state} ${it.fromCheck}`);
  assert.deepEqual(new Set(ends), new Set(["unknown false", "commit true"]));
  assert.equal(ends.filter((it) => it === "unknown false").length, 1);
  assert.deepEqual(
    trace.deliveries.map((it) => [it.group, it.attempt, it.after?.result]),
    [["billing", 1, "success"]],
  );
  assert.deepEqual(trace.unreadable, []);
});

Deno.test("a trace goes to the topic it is told to, with a record for each message of a batch", async () => {
  await using all = await running();
  const { client, cluster } = all;
  await client.admin.createTopic("Traces", { readQueues: 1, writeQueues: 1 });
  const producer = client.producer({ group: "shop", trace: "Traces" });
  const messages = Array.from({ length: 300 }, (_, at) => ({ topic: "Orders", body: `${at}` }));
  const sent = await producer.sendBatch(messages);
  const ids = sent.flatMap((it) => it.messageIds);
  await producer[Symbol.asyncDispose]();
  for (const id of [ids[0]!, ids[150]!, ids[299]!]) {
    const trace = await traceOf(cluster, id, { topic: "Traces" });
    assert.deepEqual(trace.sends.map((it) => it.messageId), [id]);
  }
  await assert.rejects(traceOf(cluster, ids[0]!, { topic: "Missing" }), { kind: "no-route" });
});

Deno.test("a producer sends on where its trace cannot be kept", async () => {
  await using all = await running();
  const told: string[] = [];
  const client = all.it.connect({ log: (text) => void told.push(text) });
  const producer = client.producer({ group: "shop", trace: "Closed" });
  await all.client.admin.createTopic("Closed", { readQueues: 1, writeQueues: 1, perm: 4 });
  const sent = await producer.send({ topic: "Orders", body: "x" });
  assert.equal(sent.status, "SEND_OK");
  await producer[Symbol.asyncDispose]();
  await eventually(() => told.length > 0);
  assert.deepEqual(told, [`Cannot trace messages of topic "Orders"`]);
});

Deno.test("openTrace() traces where it is told to, and refuses a topic that cannot be", () => {
  const cluster = new Cluster({ nameServers: "127.0.0.1:1" });
  assert.equal(openTrace(cluster, undefined), undefined);
  assert.equal(openTrace(cluster, false), undefined);
  assert.equal(openTrace(cluster, true)!.dispatcher.topic, "RMQ_SYS_TRACE_TOPIC");
  assert.equal(openTrace(cluster, "Traces")!.dispatcher.topic, "Traces");
  assert.throws(() => openTrace(cluster, ""), { kind: "invalid" });
  assert.throws(() => openTrace(cluster, "a b"), { kind: "invalid" });
});
