import assert from "node:assert/strict";
import { NameServer } from "../namesrv/namesrv.ts";
import { BrokerFixture } from "../../testdata/broker_fixture.ts";
import { RpcClient } from "../rpc/client.ts";
import type { ClientError } from "./client_error.ts";
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

/** An address nobody listens at. */
async function nowhere(): Promise<string> {
  const server = await NameServer.listen({ hostname: "127.0.0.1", port: 0 });
  await server[Symbol.asyncDispose]();
  return server.peer;
}

Deno.test("RouteBook gives a new topic the queues it will have", async () => {
  await using it = await cluster();
  const routes = new RouteBook({ client: it.client, nameServers: [it.nameServer.peer] });
  const queues = await routes.writableQueues("NotYetThere");
  assert.deepEqual(
    queues.map((queue) => [queue.topic, queue.brokerName, queue.queueId, queue.address]),
    [0, 1, 2, 3].map((queueId) => ["NotYetThere", "broker-a", queueId, it.broker.peer]),
  );
});

Deno.test("RouteBook asks the next name server where one does not answer", async () => {
  await using it = await cluster();
  const nameServers = [await nowhere(), it.nameServer.peer];
  const routes = new RouteBook({ client: it.client, nameServers });
  assert.equal((await routes.writableQueues("T")).length, 4);
  const none = new RouteBook({ client: it.client, nameServers: nameServers.slice(0, 1) });
  await assert.rejects(none.writableQueues("T"), (error: ClientError) => {
    return error.kind === "name-server" && /connection refused/.test(error.message);
  });
});

Deno.test("RouteBook says that nobody has a topic, or would make it", async () => {
  await using it = await cluster({ autoCreateTopicEnable: false });
  const routes = new RouteBook({ client: it.client, nameServers: [it.nameServer.peer] });
  await assert.rejects(routes.writableQueues("T"), (error: ClientError) => {
    return error.kind === "no-route" && error.message.includes(`"T"`);
  });
});

Deno.test("RouteBook keeps a route until it is told to forget it", async () => {
  await using it = await cluster();
  const routes = new RouteBook({ client: it.client, nameServers: [it.nameServer.peer] });
  const before = await routes.writableQueues("T");
  assert.equal(await routes.writableQueues("T"), before);
  routes.forget("T");
  assert.notEqual(await routes.writableQueues("T"), before);
});
