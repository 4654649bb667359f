import assert from "node:assert/strict";
import { ClusterFixture } from "../../testdata/cluster_fixture.ts";
import { eventually } from "../../testdata/eventually.ts";
import { Cluster } from "./cluster.ts";
import { reply } from "./reply.ts";

Deno.test("reply() tells when nobody waits any more, and refuses what is no request", async () => {
  await using it = await ClusterFixture.start();
  await it.client.admin.createTopic("Prices", { readQueues: 1, writeQueues: 1 });
  await using server = new Cluster({ nameServers: it.nameServer.peer });
  const requests = () => Array.fromAsync(it.client.admin.browse("Prices"));
  const gone = it.connect();
  const producer = gone.producer({ group: "shop" });
  const asking = producer.request({ topic: "Prices", body: "apples" }, { timeoutMs: 60_000 });
  await eventually(async () => (await requests()).length > 0);
  const request = (await requests())[0]!;
  await Promise.all([assert.rejects(asking, { kind: "closed" }), gone[Symbol.asyncDispose]()]);
  await assert.rejects(reply(server, { request, body: "late" }, { group: "prices" }), {
    kind: "refused",
    code: "SYSTEM_ERROR",
    message: /channel of <.*> not found/,
  });
  await using other = it.client.producer({ group: "other" });
  await other.send({ topic: "Prices", body: "plain" });
  const plain = (await requests()).find((it) => it.text() === "plain")!;
  await assert.rejects(reply(server, { request: plain, body: "x" }, { group: "prices" }), {
    kind: "invalid",
    message: /^Cannot reply to message .*: it has no property CORRELATION_ID$/,
  });
});
