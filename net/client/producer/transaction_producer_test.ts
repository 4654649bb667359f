import assert from "node:assert/strict";
import { ClusterFixture, type ClusterFixtureOptions } from "../../../testdata/cluster_fixture.ts";
import { eventually } from "../../../testdata/eventually.ts";
import type { Client } from "../client.ts";
import type { ReceivedMessage } from "../received_message.ts";

/** Brokers that ask soon. */
const SOON = { transactionTimeOut: 1, transactionCheckInterval: 20 };

/** Of a test that is not about being asked. */
const NEVER = () => {
  throw new Error("unexpected question");
};

async function running(options: ClusterFixtureOptions = {}) {
  const it = await ClusterFixture.start({
    ...options,
    config: { defaultTopicQueueNums: 1, ...options.config },
  });
  await it.client.admin.createTopic("Orders", { readQueues: 1, writeQueues: 1 });
  return it;
}

async function delivered(client: Client): Promise<ReceivedMessage[]> {
  return await Array.fromAsync(client.admin.browse("Orders"));
}

const texts = async (client: Client) => (await delivered(client)).map((it) => it.text());

Deno.test("TransactionProducer has a message delivered when its transaction is committed, and only then", async () => {
  await using it = await running();
  await using producer = it.client.transactionProducer({ group: "shop", check: NEVER });
  const order: string[] = [];
  const message = { topic: "Orders", tag: "paid", keys: "order-17", body: "committed" };
  const sent = await producer.sendInTransaction(message, async (half) => {
    order.push(half.transactionId);
    assert.deepEqual(await texts(it.client), []);
    return "commit";
  });
  assert.deepEqual([sent.outcome, sent.status, sent.transactionId], [
    "commit",
    "SEND_OK",
    sent.messageId,
  ]);
  assert.deepEqual(order, [sent.transactionId]);
  const rolledBack = await producer.sendInTransaction(
    { topic: "Orders", body: "rolled back" },
    () => "rollback",
  );
  assert.equal(rolledBack.outcome, "rollback");
  await producer.send({ topic: "Orders", body: "plain" });
  await eventually(async () => (await texts(it.client)).length === 2);
  const [first, second] = await delivered(it.client);
  assert.deepEqual([first!.text(), second!.text()].sort(), ["committed", "plain"]);
  const committed = first!.text() === "committed" ? first! : second!;
  assert.equal(committed.messageId, sent.messageId);
  assert.deepEqual([committed.tag, committed.keys], ["paid", ["order-17"]]);
});

Deno.test("TransactionProducer answers a broker that asks what became of a transaction", async () => {
  await using it = await running({ config: SOON, client: { namespace: "eu" } });
  const asked: ReceivedMessage[] = [];
  await using producer = it.client.transactionProducer({
    group: "shop",
    check: (message) => {
      asked.push(message);
      return message.text() === "late commit" ? "commit" : "rollback";
    },
  });
  const sent = await producer.sendInTransaction(
    { topic: "Orders", keys: "k", body: "late commit" },
    () => "unknown",
  );
  await producer.sendInTransaction({ topic: "Orders", body: "late rollback" }, () => "unknown");
  await eventually(() => asked.length >= 2);
  await eventually(async () => (await texts(it.client)).length === 1);
  const question = asked.find((it) => it.text() === "late commit")!;
  assert.deepEqual(
    [question.topic, question.brokerName, question.messageId, question.keys],
    ["Orders", "broker-a", sent.messageId, ["k"]],
  );
  assert.deepEqual(await texts(it.client), ["late commit"]);
});

Deno.test("TransactionProducer throws what a transaction throws, and is asked about it later", async () => {
  await using it = await running({ config: SOON });
  let asked = 0;
  await using producer = it.client.transactionProducer({
    group: "shop",
    check: () => {
      if (++asked === 1) throw new Error("no database");
      return "commit";
    },
  });
  const message = { topic: "Orders", body: "x" };
  const failing = producer.sendInTransaction(message, () => {
    throw new Error("no database");
  });
  await assert.rejects(failing, { name: "Error", message: "no database" });
  await eventually(async () => (await texts(it.client)).length === 1);
  assert.ok(asked >= 2);
  const wrong = producer.sendInTransaction(message, () => "yes" as "commit");
  await assert.rejects(wrong, { name: "TypeError", message: /^execute returned "yes", expected/ });
});

Deno.test("TransactionProducer with topics is asked about transactions of another that is gone", async () => {
  await using it = await running({ config: SOON });
  const gone = it.connect();
  const first = gone.transactionProducer({ group: "shop", check: () => "unknown" });
  await first.sendInTransaction({ topic: "Orders", body: "left behind" }, () => "unknown");
  await gone[Symbol.asyncDispose]();
  await using _heir = it.client.transactionProducer({
    group: "shop",
    topics: ["Orders"],
    check: async (message) => {
      await Promise.resolve(message.json);
      return "commit";
    },
  });
  await eventually(async () => (await texts(it.client)).length === 1);
});

Deno.test("TransactionProducer that is disposed ends what it has begun, and begins nothing more", async () => {
  await using it = await running();
  const producer = it.client.transactionProducer({ group: "shop", check: NEVER });
  const { promise, resolve } = Promise.withResolvers<"commit">();
  const begun = Promise.withResolvers<void>();
  const message = { topic: "Orders", body: "x" };
  const sending = producer.sendInTransaction(message, () => {
    begun.resolve();
    return promise;
  });
  await begun.promise;
  const closing = producer[Symbol.asyncDispose]();
  await assert.rejects(producer.sendInTransaction(message, NEVER), { kind: "closed" });
  resolve("commit");
  await closing;
  assert.equal((await sending).outcome, "commit");
  await eventually(async () => (await texts(it.client)).length === 1);
  await producer[Symbol.asyncDispose]();
});

Deno.test("TransactionProducer does not wait for ever for a transaction when it is disposed", async () => {
  await using it = await running();
  const producer = it.client.transactionProducer({
    group: "shop",
    check: NEVER,
    closeTimeoutMs: 20,
  });
  const begun = Promise.withResolvers<void>();
  const never = Promise.withResolvers<"commit">();
  const sending = producer.sendInTransaction({ topic: "Orders", body: "x" }, () => {
    begun.resolve();
    return never.promise;
  });
  await begun.promise;
  await producer[Symbol.asyncDispose]();
  never.resolve("commit");
  // The broker is told even now, as long as the client is open.
  assert.equal((await sending).outcome, "commit");
  await eventually(async () => (await texts(it.client)).length === 1);
});

Deno.test("TransactionProducer refuses what has no transaction, and options nobody can have", async () => {
  await using it = await running();
  await using producer = it.client.transactionProducer({ group: "shop", check: NEVER });
  for (const delay of [{ delayLevel: 1 }, { delayMs: 1000 }, { deliverAt: Date.now() + 9999 }]) {
    const message = { topic: "Orders", body: "x", ...delay };
    await assert.rejects(producer.sendInTransaction(message, NEVER), {
      kind: "invalid",
      message: /^Cannot send to topic "Orders" in a transaction: a delayed message/,
    });
  }
  const missing = { topic: "Orders", body: "" };
  await assert.rejects(producer.sendInTransaction(missing, NEVER), { kind: "invalid" });
  const check = "commit" as unknown as () => "commit";
  assert.throws(() => it.client.transactionProducer({ group: "g", check }), {
    kind: "invalid",
    message: "Cannot make producer: check is commit, not a function",
  });
  const none = { group: "g", check: NEVER, checkConcurrency: 0 };
  assert.throws(() => it.client.transactionProducer(none), {
    kind: "invalid",
    message: /checkConcurrency is 0/,
  });
});

Deno.test("TransactionProducer that cannot tell a broker how a transaction ended is asked by it", async () => {
  const told: string[] = [];
  await using it = await running({
    config: SOON,
    client: { heartbeatMs: 20, log: (text) => void told.push(text) },
  });
  await using producer = it.client.transactionProducer({ group: "shop", check: () => "commit" });
  const sent = await producer.sendInTransaction({ topic: "Orders", body: "x" }, async () => {
    await it.stopBroker(0);
    return "commit";
  });
  assert.equal(sent.outcome, "commit");
  const text = `Cannot tell broker broker-a how transaction ${sent.transactionId} ended`;
  assert.equal(told.filter((it) => it === text).length, 1);
  await it.startBroker(0);
  await eventually(async () => (await texts(it.client)).length === 1);
});

Deno.test("TransactionProducer rolls back a message that is stored with less than was promised, and executes nothing", async () => {
  await using it = await running();
  await using producer = it.client.transactionProducer({ group: "shop", check: NEVER });
  const send = producer.sendWith.bind(producer);
  producer.sendWith = async (...given) => {
    return { ...await send(...given), status: "FLUSH_SLAVE_TIMEOUT" };
  };
  const sent = await producer.sendInTransaction({ topic: "Orders", body: "half" }, NEVER);
  assert.deepEqual([sent.outcome, sent.status], ["rollback", "FLUSH_SLAVE_TIMEOUT"]);
  producer.sendWith = send;
  await producer.sendInTransaction({ topic: "Orders", body: "next" }, () => "commit");
  await eventually(async () => (await texts(it.client)).length > 0);
  assert.deepEqual(await texts(it.client), ["next"]);
});
