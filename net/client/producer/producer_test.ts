import assert from "node:assert/strict";
import net from "node:net";
import type { BrokerFixture } from "../../../testdata/broker_fixture.ts";
import { ClusterFixture } from "../../../testdata/cluster_fixture.ts";
import { eventually } from "../../../testdata/eventually.ts";
import { ScriptedBroker } from "../../../testdata/scripted_broker.ts";
import { parseProducerConnection } from "../../wire/client_connections.ts";
import { connect } from "../client.ts";
import { readMessages, type ReceivedMessage } from "../received_message.ts";
import type { BatchError } from "./batch_error.ts";
import type { SendError } from "./send_error.ts";

function failure(work: Promise<unknown>): Promise<SendError> {
  return work.then(() => assert.fail("it went well"), (error) => error);
}

/** What a queue of a broker holds. */
async function stored(broker: BrokerFixture, topic: string, queueId: number) {
  const messages: ReceivedMessage[] = [];
  for (let queueOffset = 0;;) {
    const answer = await broker.ask("PULL_MESSAGE", {
      header: {
        consumerGroup: "readers",
        topic,
        queueId,
        queueOffset,
        maxMsgNums: 32,
        sysFlag: 4,
        commitOffset: 0,
        suspendTimeoutMillis: 0,
        subscription: "*",
        subVersion: 0,
      },
    });
    if (answer.code !== 0) return messages;
    messages.push(...readMessages(answer.body!, { brokerName: "broker-a" }));
    queueOffset = messages.at(-1)!.queueOffset + 1;
  }
}

async function producersAt(broker: BrokerFixture, producerGroup: string): Promise<string[]> {
  const answer = await broker.ask("GET_PRODUCER_CONNECTION_LIST", { header: { producerGroup } });
  if (answer.code !== 0) return [];
  return parseProducerConnection(answer.body).map((it) => it.clientId);
}

Deno.test("Producer.send() stores a message, and tells where", async () => {
  await using it = await ClusterFixture.start();
  await using producer = it.client.producer({ group: "shop" });
  const { status, messageId, offsetMessageId, queue, queueOffset } = await producer.send({
    topic: "Orders",
    tag: "paid",
    keys: ["order-17", "customer-4"],
    properties: { price: "10" },
    body: "17 apples",
    flag: 5,
  });
  assert.deepEqual([status, queueOffset, queue.topic, queue.brokerName], [
    "SEND_OK",
    0,
    "Orders",
    "broker-a",
  ]);
  const [message] = await stored(it.brokers[0]!, "Orders", queue.queueId);
  assert.equal(message!.messageId, messageId);
  assert.equal(message!.offsetMessageId, offsetMessageId);
  assert.deepEqual([message!.text(), message!.tag, message!.keys, message!.flag], [
    "17 apples",
    "paid",
    ["order-17", "customer-4"],
    5,
  ]);
  assert.equal(message!.properties.get("price"), "10");
});

Deno.test("Producer.send() spreads over the queues of all brokers, and keeps a key in one", async () => {
  await using it = await ClusterFixture.start({ brokers: 2 });
  await using producer = it.client.producer({ group: "shop" });
  const places = new Set<string>();
  for (let count = 0; count < 8; count++) {
    const { queue } = await producer.send({ topic: "TBW102", body: "x" });
    places.add(`${queue.brokerName}:${queue.queueId}`);
  }
  assert.equal(places.size, 8);
  const keyed = new Set<string>();
  const offsets: number[] = [];
  for (const body of ["created", "paid", "shipped"]) {
    const sent = await producer.send({ topic: "TBW102", body }, { shardingKey: "order-17" });
    keyed.add(`${sent.queue.brokerName}:${sent.queue.queueId}`);
    offsets.push(sent.queueOffset);
  }
  assert.equal(keyed.size, 1);
  assert.deepEqual(offsets, [offsets[0]!, offsets[0]! + 1, offsets[0]! + 2]);
});

Deno.test("Producer.send() goes to the queue it is told, or that is selected", async () => {
  await using it = await ClusterFixture.start({ client: { namespace: "eu" } });
  await using producer = it.client.producer({ group: "shop" });
  const message = { topic: "Orders", body: "x" };
  const queues = await producer.queuesOf("Orders");
  assert.deepEqual(queues[3], { topic: "Orders", brokerName: "broker-a", queueId: 3 });
  const told = await producer.send(message, { queue: queues[3] });
  assert.deepEqual(told.queue, queues[3]);
  const selected = await producer.send(message, {
    select: (all, { body }) => all[String(body).length + 1]!,
  });
  assert.deepEqual(selected.queue, queues[2]);
  // Its names on the wire are those of the namespace.
  const [found] = await stored(it.brokers[0]!, "eu%Orders", 3);
  assert.equal(found!.properties.get("INSTANCE_ID"), "eu");
  assert.deepEqual(await producersAt(it.brokers[0]!, "eu%shop"), [it.client.clientId]);
  const other = await failure(producer.send(message, { queue: { ...queues[0]!, topic: "B" } }));
  assert.match(other.message, /the queue is one of topic "B"$/);
  const unknown = await failure(
    producer.send(message, { queue: { brokerName: "broker-z", queueId: 0 } }),
  );
  assert.deepEqual([unknown.kind, /no broker "broker-z"/.test(unknown.message)], [
    "no-queue",
    true,
  ]);
  const none = await failure(producer.send(message, {
    queue: { brokerName: "broker-a", queueId: 99 },
  }));
  assert.deepEqual([none.kind, none.code], ["refused", "INVALID_PARAMETER"]);
  const own = new Error("the selector's own");
  assert.equal(
    await failure(producer.send(message, {
      select: () => {
        throw own;
      },
    })),
    own,
  );
});

Deno.test("Producer.send() compresses large bodies so that consumers read them", async () => {
  await using it = await ClusterFixture.start();
  const body = "17 apples and 4 pears; ".repeat(1000);
  for (const compression of ["zlib", "lz4", "zstd"] as const) {
    await using producer = it.client.producer({ group: "shop", compression });
    const { queue } = await producer.send({ topic: `T_${compression}`, body });
    const [message] = await stored(it.brokers[0]!, queue.topic, queue.queueId);
    assert(message!.record.body.length < body.length / 10);
    assert.equal(message!.text(), body);
  }
});

Deno.test("Producer.sendOneway() stores messages nobody waits for", async () => {
  await using it = await ClusterFixture.start();
  await using producer = it.client.producer({ group: "shop" });
  for (let number = 0; number < 20; number++) {
    await producer.sendOneway({ topic: "T", body: `${number}` }, { shardingKey: "a" });
  }
  const read = async () => (await stored(it.brokers[0]!, "T", 1)).map((it) => it.text());
  await eventually(async () => (await read()).length === 20);
  assert.deepEqual(await read(), Array.from({ length: 20 }, (_, number) => `${number}`));
});

Deno.test("Producer.sendBatch() sends many in few requests, in their order", async () => {
  await using it = await ClusterFixture.start();
  await using producer = it.client.producer({ group: "shop", bodyBytesMax: 100_000 });
  const messages = Array.from({ length: 300 }, (_, number) => {
    return { topic: "T", keys: `k${number}`, body: `${number} `.padEnd(500, "x") };
  });
  const queue = { brokerName: "broker-a", queueId: 1 };
  const parts = await producer.sendBatch(messages, { queue });
  assert(parts.length >= 2 && parts.length < 5, `${parts.length} requests`);
  assert.deepEqual(parts.map((it) => it.status), parts.map(() => "SEND_OK"));
  const found = await stored(it.brokers[0]!, "T", 1);
  assert.deepEqual(found.map((it) => parseInt(it.text())), messages.map((_, number) => number));
  const ids = parts.flatMap((it) => it.messageIds);
  assert.deepEqual(found.map((it) => it.messageId), ids);
  const offsetIds = parts.flatMap((it) => it.offsetMessageIds);
  assert.deepEqual(found.map((it) => it.offsetMessageId), offsetIds);
  assert.deepEqual(parts.map((it) => it.queueOffset), offsetsOf(parts));
});

function offsetsOf(parts: readonly { readonly messageIds: readonly string[] }[]): number[] {
  let next = 0;
  return parts.map(({ messageIds }) => (next += messageIds.length) - messageIds.length);
}

Deno.test("Producer.sendBatch() fits what a broker takes at most", async () => {
  await using it = await ClusterFixture.start();
  await using producer = it.client.producer({ group: "shop" });
  const messages = Array.from({ length: 9 }, () => {
    return { topic: "T", body: new Uint8Array(1_000_000).fill(1) };
  });
  const counts = (await producer.sendBatch(messages)).map((it) => it.messageIds.length);
  assert.deepEqual(counts, [4, 4, 1]);
});

Deno.test("Producer.sendBatch() says which messages were stored before one failed", async () => {
  let served = 0;
  await using broker = await ScriptedBroker.start();
  broker.answer = (call) => {
    return served++ < 2 ? broker.success(call) : { code: "MESSAGE_ILLEGAL", remark: "no more" };
  };
  await using client = connect({ nameServers: broker.peer });
  const producer = client.producer({ group: "g" });
  const topics = ["A", "A", "B", "C", "D"].map((topic) => ({ topic, body: "x" }));
  const error = await failure(producer.sendBatch(topics)) as BatchError;
  assert.deepEqual(error.stored.map((it) => it.messageIds.length), [2, 1]);
  assert.match(error.message, /no more \(3 messages of the batch before are stored\)$/);
  assert.deepEqual(broker.sends.map((it) => [it.topic, it.batch]), [
    ["A", true],
    ["B", true],
    ["C", true],
  ]);
});

Deno.test("Producer.sendBatch() that is aborted says which messages were stored before", async () => {
  await using broker = await ScriptedBroker.start();
  await using client = connect({ nameServers: broker.peer });
  const producer = client.producer({ group: "g" });
  const messages = ["A", "A", "B", "C"].map((topic) => ({ topic, body: "x" }));
  const reason = new Error("enough");
  const abort = new AbortController();
  broker.answer = (call) => {
    if (broker.sends.length === 1) return broker.success(call);
    abort.abort(reason);
    return new Promise(() => {});
  };
  const error = await failure(producer.sendBatch(messages, { signal: abort.signal })) as BatchError;
  assert.deepEqual([error.kind, error.maybeStored, error.cause], ["aborted", true, reason]);
  assert.deepEqual(error.stored.map((it) => it.messageIds.length), [2]);
  const atOnce = producer.sendBatch(messages, { signal: abort.signal });
  assert.equal(await failure(atOnce), reason);
});

Deno.test("Producer.sendBatch() to a queue of one topic sends nothing where there are others", async () => {
  await using broker = await ScriptedBroker.start();
  await using client = connect({ nameServers: broker.peer });
  const producer = client.producer({ group: "g" });
  const queue = (await producer.queuesOf("A"))[0]!;
  const messages = ["A", "B"].map((topic) => ({ topic, body: "x" }));
  const error = await failure(producer.sendBatch(messages, { queue }));
  assert.deepEqual([error.kind, error.name], ["invalid", "ClientError"]);
  assert.match(error.message, /^Cannot send to topic "B": the queue is one of topic "A"$/);
  assert.equal(broker.sends.length, 0);
});

Deno.test("Producer goes on elsewhere while a broker is down, and comes back to it", async () => {
  await using it = await ClusterFixture.start({ brokers: 2 });
  await using producer = it.client.producer({ group: "shop" });
  const message = { topic: "TBW102", body: "x" };
  const brokersOf = async (count: number) => {
    const names = new Set<string>();
    for (let sent = 0; sent < count; sent++) {
      names.add((await producer.send(message)).queue.brokerName);
    }
    return [...names].sort();
  };
  assert.deepEqual(await brokersOf(16), ["broker-a", "broker-b"]);
  await it.stopBroker(0);
  assert.deepEqual(await brokersOf(16), ["broker-b"]);
  await it.startBroker(0);
  await eventually(async () => {
    // A route is asked for again every half minute; a test does not wait so long.
    return (await it.connect().producer({ group: "other" }).queuesOf("TBW102")).length === 16;
  });
  await using fresh = it.connect().producer({ group: "shop" });
  const queues = await fresh.queuesOf("TBW102");
  const sent = await fresh.send(message, { queue: queues[0]! });
  assert.equal(sent.queue.brokerName, "broker-a");
});

Deno.test("Producer ends a send in time when its only broker is gone, and says it was not stored", async () => {
  await using it = await ClusterFixture.start();
  await using producer = it.client.producer({ group: "shop" });
  await producer.send({ topic: "T", body: "x" });
  await it.stopBroker(0);
  const error = await failure(producer.send({ topic: "T", body: "x" }));
  assert.equal(error.maybeStored ?? false, false, error.message);
  assert(["connect", "no-route"].includes(error.kind), error.message);
});

Deno.test("Producer sends while no name server answers, by the routes it has", async () => {
  await using it = await ClusterFixture.start();
  await using producer = it.client.producer({ group: "shop" });
  await producer.send({ topic: "TBW102", body: "x" });
  await it.nameServer[Symbol.asyncDispose]();
  for (let count = 0; count < 8; count++) await producer.send({ topic: "TBW102", body: "x" });
  const error = await failure(producer.send({ topic: "Unknown", body: "x" }));
  assert.equal(error.kind, "name-server");
});

Deno.test("Producer ends a send in time at a peer that takes everything and answers nothing", async () => {
  await using broker = await ScriptedBroker.start();
  await using silent = await silentListener();
  broker.peerInRoutes = silent.peer;
  await using client = connect({ nameServers: broker.peer, requestTimeoutMs: 100 });
  const producer = client.producer({ group: "g", closeTimeoutMs: 0 });
  const error = await failure(producer.send({ topic: "T", body: "x" }, { timeoutMs: 300 }));
  assert.deepEqual([error.kind, error.maybeStored], ["timeout", true]);
  // What goes one way is on its way, until the peer takes no more.
  const body = new Uint8Array(1 << 20);
  const late = await failure((async () => {
    for (;;) await producer.sendOneway({ topic: "T", body }, { timeoutMs: 50 });
  })());
  assert.deepEqual([late.kind, late.maybeStored], ["timeout", true]);
});

/** A peer that accepts connections and reads nothing. */
async function silentListener(): Promise<AsyncDisposable & { readonly peer: string }> {
  const sockets: net.Socket[] = [];
  const server = net.createServer({ pauseOnConnect: true }, (socket) => void sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as net.AddressInfo;
  return {
    peer: `127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

Deno.test("Producer goes to another broker when one has lost its permission", async () => {
  await using it = await ClusterFixture.start({
    brokers: 2,
    config: { updateBrokerConfigEnable: true },
  });
  await using producer = it.client.producer({ group: "shop" });
  await producer.send({ topic: "TBW102", body: "x" });
  const answer = await it.brokers[0]!.ask("UPDATE_BROKER_CONFIG", {
    body: new TextEncoder().encode("brokerPermission=4\n"),
  });
  assert.equal(answer.code, 0, answer.remark);
  for (let count = 0; count < 16; count++) {
    const { status } = await producer.send({ topic: "TBW102", body: "x" });
    assert.equal(status, "SEND_OK");
  }
});

Deno.test("Producer joins its group with its first send, once for a client, and leaves it", async () => {
  await using it = await ClusterFixture.start();
  const [broker] = it.brokers;
  const producer = it.client.producer({ group: "shop" });
  assert.deepEqual(await producersAt(broker!, "shop"), []);
  await Promise.all([1, 2, 3].map(() => producer.send({ topic: "T", body: "x" })));
  await eventually(async () => (await producersAt(broker!, "shop")).length === 1);
  const twice = await failure(
    it.client.producer({ group: "shop" }).send({ topic: "T", body: "x" }),
  );
  assert.deepEqual([twice.kind, /has one already/.test(twice.message)], ["invalid", true]);
  await producer[Symbol.asyncDispose]();
  await producer[Symbol.asyncDispose]();
  assert.deepEqual(await producersAt(broker!, "shop"), []);
  assert.equal((await failure(producer.send({ topic: "T", body: "x" }))).kind, "closed");
  // Its place is free again.
  await it.client.producer({ group: "shop" }).send({ topic: "T", body: "x" });
});

Deno.test("Producer that is disposed waits for its first sends, too, of every kind", async () => {
  await using broker = await ScriptedBroker.start();
  await using client = connect({ nameServers: broker.peer });
  const message = { topic: "T", body: "x" };
  for (const isMember of [false, true]) {
    const producer = client.producer({ group: `member ${isMember}`.replace(" ", "-") });
    if (isMember) await producer.send(message);
    broker.sends.length = 0;
    const sends = [
      producer.send(message),
      producer.sendOneway(message),
      producer.sendBatch([message, message]),
    ];
    const closing = producer[Symbol.asyncDispose]();
    await Promise.all(sends);
    await closing;
    // What was sent without an answer may arrive later.
    await eventually(() => broker.sends.length === 3);
  }
});

Deno.test("Producer that is disposed waits for sends under way, but not for ever", async () => {
  await using broker = await ScriptedBroker.start();
  const held = Promise.withResolvers<void>();
  broker.answer = async (call) => (await held.promise, broker.success(call));
  await using client = connect({ nameServers: broker.peer });
  const producer = client.producer({ group: "a" });
  const sending = producer.send({ topic: "T", body: "x" });
  await eventually(() => broker.sends.length === 1);
  const closing = producer[Symbol.asyncDispose]();
  assert.equal((await failure(producer.send({ topic: "T", body: "x" }))).kind, "closed");
  held.resolve();
  assert.equal((await sending).status, "SEND_OK");
  await closing;

  broker.answer = () => new Promise(() => {});
  const hasty = client.producer({ group: "b", closeTimeoutMs: 10 });
  const lost = failure(hasty.send({ topic: "T", body: "x" }, { timeoutMs: 60_000 }));
  await eventually(() => broker.sends.length === 2);
  await hasty[Symbol.asyncDispose]();
  await client[Symbol.asyncDispose]();
  const error = await lost;
  assert.deepEqual([error.kind, error.maybeStored], ["closed", true]);
});
