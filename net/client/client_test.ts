import assert from "node:assert/strict";
import { ClusterFixture } from "../../testdata/cluster_fixture.ts";
import { connect } from "./client.ts";
import { Cluster } from "./cluster.ts";
import { Consumer } from "./consumer/consumer.ts";
import { PullConsumer } from "./consumer/pull_consumer.ts";
import { Producer } from "./producer/producer.ts";

Deno.test("connect() opens nothing, and wants a name server", async () => {
  const client = connect({ nameServers: "127.0.0.1:1", instanceName: "i" });
  assert.match(client.clientId, /@i$/);
  await client[Symbol.asyncDispose]();
  await client[Symbol.asyncDispose]();
  for (const nameServers of [" ; ", [], undefined, "127.0.0.1", ["a:1", "b"], "a:0", "a:99999"]) {
    const invalid = { name: "ClientError", kind: "invalid", message: /^Cannot connect: / };
    assert.throws(() => connect({ nameServers: nameServers as string }), invalid);
  }
  assert.throws(() => connect({ nameServers: "a:1;10.0.0.7" }), {
    message: /"10\.0\.0\.7" is not/,
  });
});

Deno.test("connect() refuses times that no timer keeps", () => {
  const names = ["requestTimeoutMs", "connectTimeoutMs", "routeRefreshMs", "heartbeatMs"];
  for (const name of names) {
    for (const time of [0, -1, NaN, Infinity, 1.5, 2 ** 31]) {
      const message =
        `Cannot connect: ${name} is ${time}, which is no integer from 1 to 2147483647`;
      const make = () => connect({ nameServers: "a:1", [name]: time });
      assert.throws(make, { name: "ClientError", kind: "invalid", message });
    }
    connect({ nameServers: "a:1", [name]: 2 ** 31 - 1 });
  }
  connect({ nameServers: "a:1", closeTimeoutMs: 0 });
});

Deno.test("Client that is closed makes nothing any more, and wants a sound closeTimeoutMs", async () => {
  const client = connect({ nameServers: "127.0.0.1:1" });
  await client[Symbol.asyncDispose]();
  const closed = { name: "ClientError", kind: "closed" };
  assert.throws(() => client.producer({ group: "g" }), closed);
  assert.throws(() => client.transactionProducer({ group: "g", check: () => "commit" }), closed);
  assert.throws(() => client.consumer({ group: "g", subscribe: { T: "*" } }), closed);
  assert.throws(() => client.pullConsumer({ group: "g" }), closed);
  for (const closeTimeoutMs of [-1, NaN, 2 ** 31]) {
    assert.throws(() => connect({ nameServers: "a:1", closeTimeoutMs }), { kind: "invalid" });
  }
});

Deno.test("Client closes consumers before producers: their handlers may send", async () => {
  await using it = await ClusterFixture.start();
  const client = it.connect();
  const consumer = client.consumer({ group: "in", subscribe: { T: "*" }, startFrom: "first" });
  const producer = client.producer({ group: "out" });
  await producer.send({ topic: "T", body: "x" });
  const [begun, closing] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const sent: string[] = [];
  void consumer.run(async () => {
    begun.resolve();
    await closing.promise;
    sent.push((await producer.send({ topic: "U", body: "y" })).status);
  });
  await begun.promise;
  const closed = client[Symbol.asyncDispose]();
  assert.throws(() => client.producer({ group: "late" }), { kind: "closed" });
  closing.resolve();
  await closed;
  assert.deepEqual(sent, ["SEND_OK"]);
});

Deno.test("Client lets go of what was closed before it", async () => {
  await using cluster = new Cluster({ nameServers: "127.0.0.1:1" });
  const subscribe = { T: "*" };
  for (
    const part of [
      new Producer(cluster, { group: "g" }),
      new Consumer(cluster, { group: "g", subscribe }),
      new PullConsumer(cluster, { group: "g" }),
    ]
  ) {
    cluster.parts.add(part);
    await part[Symbol.asyncDispose]();
    assert.equal(cluster.parts.size, 0);
  }
});
