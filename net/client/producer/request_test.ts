import assert from "node:assert/strict";
import { ClusterFixture } from "../../../testdata/cluster_fixture.ts";
import { eventually } from "../../../testdata/eventually.ts";
import { Cluster } from "../cluster.ts";
import type { ReceivedMessage } from "../received_message.ts";
import { reply } from "../reply.ts";

/** A cluster with the topic of requests, and another client that sees them. */
async function running() {
  await using stack = new AsyncDisposableStack();
  const it = stack.use(await ClusterFixture.start({ brokers: 2 }));
  await it.client.admin.createTopic("Prices", { readQueues: 1, writeQueues: 1 });
  const server = stack.use(new Cluster({ nameServers: it.nameServer.peer }));
  const owned = stack.move();
  const requests = async () => await Array.fromAsync(it.client.admin.browse("Prices"));
  return {
    client: it.client,
    it,
    server,
    requests,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The first request, when it is there. */
async function firstOf(requests: () => Promise<ReceivedMessage[]>): Promise<ReceivedMessage> {
  await eventually(async () => (await requests()).length > 0);
  return (await requests())[0]!;
}

Deno.test("Producer.request() has the reply of whoever consumes the message", async () => {
  await using all = await running();
  const { client, server, requests } = all;
  await using producer = client.producer({ group: "shop" });
  const asking = producer.request({ topic: "Prices", body: "apples" }, { timeoutMs: 9000 });
  const request = await firstOf(requests);
  assert.equal(request.text(), "apples");
  assert.equal(request.properties.get("REPLY_TO_CLIENT"), client.clientId);
  assert.equal(request.properties.get("TTL"), "9000");
  await reply(server, { request, body: "42" }, { group: "prices" });
  const answer = await asking;
  assert.equal(answer.text(), "42");
  assert.equal(answer.properties.get("CORRELATION_ID"), request.properties.get("CORRELATION_ID"));
  assert.equal(answer.topic, "C1_REPLY_TOPIC");
  assert.match(answer.bornHost, /^127\.0\.0\.1:\d+$/);
});

Deno.test("Producer.request() has its reply whichever broker it comes through, and after its connections broke", async () => {
  await using all = await running();
  const { it, client, server, requests } = all;
  await using producer = client.producer({ group: "shop" });
  for (const [count, brokerName] of ["broker-a", "broker-b", "broker-a"].entries()) {
    // Brokers forget a producer with its connection.
    await it.stopBroker(1);
    await it.startBroker(1);
    const asking = producer.request({ topic: "Prices", body: `${count}` }, { timeoutMs: 9000 });
    asking.catch(() => {});
    await eventually(async () => (await requests()).some((it) => it.text() === `${count}`));
    const request = (await requests()).find((it) => it.text() === `${count}`)!;
    // As if it had been consumed from the other broker.
    Object.assign(request, { brokerName });
    await reply(server, { request, body: `${count}!` }, { group: "prices" });
    assert.equal((await asking).text(), `${count}!`);
  }
});

Deno.test("Producer.request() ends when no reply comes in time, its signal aborts, or its producer is closed", async () => {
  await using all = await running();
  const { client } = all;
  await using producer = client.producer({ group: "shop" });
  const message = { topic: "Prices", body: "apples" };
  // What is short is the time for the reply: sending must be done with long before.
  await producer.send(message);
  await assert.rejects(producer.request(message, { timeoutMs: 1000 }), {
    name: "RpcError",
    kind: "timeout",
    message: 'Cannot get reply to a request of topic "Prices": none came in 1000 ms',
  });
  const stop = new AbortController();
  const stopped = producer.request(message, { signal: stop.signal, timeoutMs: 60_000 });
  setTimeout(() => stop.abort(new Error("enough")), 20);
  await assert.rejects(stopped, { message: "enough" });
  await assert.rejects(producer.request(message, { signal: stop.signal }), { message: "enough" });
  await assert.rejects(producer.request(message, { timeoutMs: 0 }), { kind: "invalid" });
  await assert.rejects(producer.request({ topic: "a b", body: "x" }), { kind: "invalid" });
  const waiting = producer.request(message, { timeoutMs: 60_000 });
  setTimeout(() => producer[Symbol.asyncDispose](), 20);
  await assert.rejects(waiting, { kind: "closed" });
  await assert.rejects(producer.request(message), { kind: "closed" });
});
