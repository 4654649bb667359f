import assert from "node:assert/strict";
import { NameServer } from "../namesrv/namesrv.ts";
import { BrokerFixture } from "../../testdata/broker_fixture.ts";
import { RpcClient } from "../rpc/client.ts";
import type { ClientError } from "./client_error.ts";
import { type Ask, NameServers } from "./name_servers.ts";
import { RouteBook } from "./route_book.ts";

async function cluster(config: Record<string, unknown> = {}) {
  const nameServer = await NameServer.listen({ hostname: "127.0.0.1", port: 0 });
  const broker = await BrokerFixture.start({
    config: { ...config, namesrvAddr: nameServer.peer },
  });
  const client = new RpcClient();
  return {
    nameServer,
    broker,
    client,
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await broker[Symbol.asyncDispose]();
      await nameServer[Symbol.asyncDispose]();
    },
  };
}

function book(client: RpcClient, addresses: readonly string[]): RouteBook {
  const ask: Ask = (address, asked, options) => client.invoke(address, asked, options);
  return new RouteBook(new NameServers(addresses, { ask, timeoutMs: 5000 }));
}

/** An address nobody listens at. */
async function nowhere(): Promise<string> {
  const server = await NameServer.listen({ hostname: "127.0.0.1", port: 0 });
  await server[Symbol.asyncDispose]();
  return server.peer;
}

Deno.test("RouteBook gives a new topic the queues it will have", async () => {
  await using it = await cluster();
  const routes = book(it.client, [it.nameServer.peer]);
  const queues = await routes.writableQueues("NotYetThere");
  assert.deepEqual(
    queues.map((queue) => [queue.topic, queue.brokerName, queue.queueId, queue.address]),
    [0, 1, 2, 3].map((queueId) => ["NotYetThere", "broker-a", queueId, it.broker.peer]),
  );
});

Deno.test("RouteBook asks the next name server where one does not answer", async () => {
  await using it = await cluster();
  const nameServers = [await nowhere(), it.nameServer.peer];
  const routes = book(it.client, nameServers);
  assert.equal((await routes.writableQueues("T")).length, 4);
  const none = book(it.client, nameServers.slice(0, 1));
  await assert.rejects(none.writableQueues("T"), (error: ClientError) => {
    return error.kind === "name-server" && /connection refused/.test(error.message);
  });
});

Deno.test("RouteBook says that nobody has a topic, or would make it", async () => {
  await using it = await cluster({ autoCreateTopicEnable: false });
  const routes = book(it.client, [it.nameServer.peer]);
  await assert.rejects(routes.writableQueues("T"), (error: ClientError) => {
    return error.kind === "no-route" && error.message.includes(`"T"`);
  });
});

Deno.test("RouteBook keeps a route until it is told to forget it", async () => {
  await using it = await cluster();
  const routes = book(it.client, [it.nameServer.peer]);
  const before = await routes.writableQueues("T");
  assert.equal(await routes.writableQueues("T"), before);
  routes.forget("T");
  assert.notEqual(await routes.writableQueues("T"), before);
});

Deno.test("RouteBook has readable queues in order, addresses, and what a refresh brings", async () => {
  await using it = await cluster();
  let greeted = 0;
  const ask: Ask = (address, asked, options) => it.client.invoke(address, asked, options);
  const servers = new NameServers([it.nameServer.peer], { ask, timeoutMs: 5000 });
  const routes = new RouteBook(servers, { onNewBroker: () => greeted++ });
  assert.deepEqual(await routes.readableQueues("T"), []);
  assert.deepEqual(routes.topics, []);
  const header = {
    topic: "T",
    defaultTopic: "TBW102",
    readQueueNums: 2,
    writeQueueNums: 1,
    perm: 6,
  };
  const settings = { ...header, topicFilterType: "SINGLE_TAG", topicSysFlag: 0, order: false };
  await it.broker.ask("UPDATE_AND_CREATE_TOPIC", { header: settings });
  assert.deepEqual(
    (await routes.readableQueues("T")).map((queue) => queue.queueId),
    [0, 1],
  );
  assert.equal((await routes.writableQueues("T")).length, 1);
  assert.equal(routes.address("broker-a"), it.broker.peer);
  assert.equal(routes.address("broker-a", 1), undefined);
  assert.equal(greeted, 1);
  await it.broker.ask("UPDATE_AND_CREATE_TOPIC", { header: { ...settings, writeQueueNums: 2 } });
  assert.equal((await routes.writableQueues("T")).length, 1);
  assert.deepEqual(await routes.refresh(), []);
  assert.equal((await routes.writableQueues("T")).length, 2);
  assert.equal(greeted, 1);
});

Deno.test("RouteBook.writableNow() knows what it was told, until that is out of date", async () => {
  await using it = await cluster();
  const routes = book(it.client, [it.nameServer.peer]);
  assert.equal(routes.writableNow("TBW102"), undefined);
  const queues = await routes.writableQueues("TBW102");
  assert.deepEqual(routes.writableNow("TBW102"), queues);
  // Queues a topic would have are not its queues.
  await routes.writableQueues("NotYetThere");
  assert.equal(routes.writableNow("NotYetThere"), undefined);
  routes.forget("TBW102");
  assert.equal(routes.writableNow("TBW102"), undefined);
  await routes.writableQueues("TBW102");
  await it.broker[Symbol.asyncDispose]();
  await routes.refresh(["TBW102"]);
  assert.equal(routes.writableNow("TBW102"), undefined);
});
