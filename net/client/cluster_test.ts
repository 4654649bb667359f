import assert from "node:assert/strict";
import { BrokerFixture } from "../../testdata/broker_fixture.ts";
import { eventually } from "../../testdata/eventually.ts";
import { NameServer } from "../namesrv/namesrv.ts";
import { parseProducerConnection } from "../wire/client_connections.ts";
import { Cluster } from "./cluster.ts";
import type { ProducerMember } from "./members.ts";

async function running(options: { credentials?: { accessKey: string; secretKey: string } } = {}) {
  await using stack = new AsyncDisposableStack();
  const nameServer = stack.use(await NameServer.listen({ hostname: "127.0.0.1", port: 0 }));
  const broker = stack.use(
    await BrokerFixture.start({ config: { namesrvAddr: nameServer.peer } }),
  );
  const cluster = stack.use(new Cluster({ nameServers: nameServer.peer, ...options }));
  const owned = stack.move();
  return { broker, cluster, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

function member(group: string, topics: readonly string[] = []): ProducerMember {
  return { kind: "producer", group, topics: () => topics };
}

async function producersAt({ broker }: { broker: BrokerFixture }, producerGroup: string) {
  const answer = await broker.ask("GET_PRODUCER_CONNECTION_LIST", { header: { producerGroup } });
  if (answer.code !== 0) return [];
  return parseProducerConnection(answer.body).map((it) => it.clientId);
}

Deno.test("Cluster makes a member known to a broker when its route is known, and takes its leave", async () => {
  await using it = await running();
  const { cluster } = it;
  const shop = member("shop");
  await cluster.join(shop);
  assert.deepEqual(await producersAt(it, "shop"), []);
  await cluster.routes.writableQueues("T");
  await eventually(async () => (await producersAt(it, "shop")).length === 1);
  assert.deepEqual(await producersAt(it, "shop"), [cluster.clientId]);
  await cluster.join(member("other"));
  assert.deepEqual(await producersAt(it, "other"), [cluster.clientId]);
  await assert.rejects(cluster.join(member("shop")), { name: "ClientError", kind: "invalid" });
  await cluster.leave(shop);
  assert.deepEqual(await producersAt(it, "shop"), []);
  await cluster[Symbol.asyncDispose]();
  assert.deepEqual(await producersAt(it, "other"), []);
});

Deno.test("Cluster.leave() lets a heartbeat that speaks of the member end before", async () => {
  await using it = await running();
  const { cluster } = it;
  const shop = member("shop", ["TBW102"]);
  await cluster.join(shop);
  const calls: string[] = [];
  const answer = Promise.withResolvers<void>();
  const call = cluster.call.bind(cluster);
  cluster.call = async (...args) => {
    calls.push(String(args[1]));
    if (args[1] === "HEART_BEAT") await answer.promise;
    return await call(...args);
  };
  const beat = cluster.heartbeat();
  const left = cluster.leave(shop);
  await eventually(() => calls.includes("HEART_BEAT"));
  assert.deepEqual(calls, ["HEART_BEAT"]);
  answer.resolve();
  await Promise.all([beat, left]);
  assert.deepEqual(calls, ["HEART_BEAT", "UNREGISTER_CLIENT"]);
  assert.deepEqual(await producersAt(it, "shop"), []);
});

Deno.test("Cluster.call() takes success for an answer, and tells the code of anything else", async () => {
  await using it = await running();
  const { cluster, broker } = it;
  const header = { topic: "Missing" };
  await assert.rejects(cluster.call(broker.peer, "GET_TOPIC_CONFIG", { header }), {
    name: "ClientError",
    kind: "refused",
    code: "TOPIC_NOT_EXIST",
    message: /^127\.0\.0\.1:\d+ refuses GET_TOPIC_CONFIG: TOPIC_NOT_EXIST, /,
  });
  assert.equal((await cluster.call(broker.peer, "GET_BROKER_RUNTIME_INFO")).code, 0);
  await cluster[Symbol.asyncDispose]();
  await assert.rejects(cluster.call(broker.peer, "GET_BROKER_RUNTIME_INFO"), { kind: "closed" });
  await assert.rejects(cluster.join(member("late")), { kind: "closed" });
});

Deno.test("Cluster tells whom it could not reach, and goes on", async () => {
  const told: string[] = [];
  await using it = await running();
  await using cluster = new Cluster({
    nameServers: it.cluster.nameServers.addresses,
    log: (text) => told.push(text),
  });
  await cluster.join(member("shop", ["TBW102"]));
  assert.deepEqual(told, []);
  await it.broker[Symbol.asyncDispose]();
  await cluster.heartbeat();
  assert.match(told.join(), /^Cannot tell broker broker-a at 127\.0\.0\.1:\d+ who is there$/);
});

Deno.test("Cluster sends to the second port where it is asked to", () => {
  const nameServers = "127.0.0.1:1";
  assert.equal(new Cluster({ nameServers }).sendAddress("h:10911"), "h:10911");
  assert.equal(new Cluster({ nameServers, vipChannel: true }).sendAddress("h:10911"), "h:10909");
});

Deno.test("Cluster has an id that lasts, which is its client id where that was named", () => {
  const nameServers = "127.0.0.1:1";
  const [one, other] = [new Cluster({ nameServers }), new Cluster({ nameServers })];
  assert.notEqual(one.clientId, other.clientId);
  assert.equal(one.lastingId, other.lastingId);
  assert.match(one.lastingId, /^[0-9.]+@DEFAULT$/);
  const named = new Cluster({ nameServers, instanceName: "i", unitName: "u" });
  assert.equal(named.lastingId, named.clientId);
});

Deno.test("Cluster.introduce() makes members known at once, and asks nothing more while they are", async () => {
  await using it = await running();
  const { cluster } = it;
  await cluster.join(member("shop"));
  await cluster.routes.writableQueues("T");
  await Promise.all([cluster.introduce(), cluster.introduce()]);
  assert.deepEqual(await producersAt(it, "shop"), [cluster.clientId]);
  cluster.heartbeat = () => Promise.reject(new Error("a heartbeat too many"));
  await cluster.introduce();
});

Deno.test("Cluster aborts its signal with the error of a closed client", async () => {
  const cluster = new Cluster({ nameServers: "127.0.0.1:1" });
  await cluster[Symbol.asyncDispose]();
  assert.equal(cluster.signal.reason.kind, "closed");
  assert.throws(() => cluster.throwIfClosed(), { name: "ClientError", kind: "closed" });
});
