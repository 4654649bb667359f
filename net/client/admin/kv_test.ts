import assert from "node:assert/strict";
import { ClusterFixture } from "../../../testdata/cluster_fixture.ts";
import { NameServer } from "../../namesrv/namesrv.ts";
import { Cluster } from "../cluster.ts";
import { kvGet, kvPut } from "./kv.ts";

Deno.test("values are kept, listed and removed; what is not there is no error", async () => {
  await using it = await ClusterFixture.start();
  const { admin } = it.client;
  assert.equal(await admin.kvGet("N", "k"), undefined);
  assert.equal((await admin.kvList("N")).size, 0);
  await admin.kvPut("N", "k", "a;b:1");
  await admin.kvPut("N", "l", "2");
  assert.equal(await admin.kvGet("N", "k"), "a;b:1");
  assert.deepEqual([...await admin.kvList("N")].sort(), [["k", "a;b:1"], ["l", "2"]]);
  await admin.kvDelete("N", "k");
  await admin.kvDelete("N", "k");
  assert.equal(await admin.kvGet("N", "k"), undefined);
});

Deno.test("values are told to every name server, and one that is away is told of", async () => {
  await using one = await NameServer.listen({ hostname: "127.0.0.1", port: 0, stopTimeoutMs: 0 });
  await using two = await NameServer.listen({ hostname: "127.0.0.1", port: 0, stopTimeoutMs: 0 });
  await using both = new Cluster({ nameServers: [one.peer, two.peer] });
  await kvPut(both, "N", { key: "k", value: "v" });
  for (const { peer } of [one, two]) {
    await using each = new Cluster({ nameServers: peer });
    assert.equal(await kvGet(each, "N", "k"), "v");
  }
  await two[Symbol.asyncDispose]();
  await assert.rejects(kvPut(both, "N", { key: "k", value: "w" }), { name: "RpcError" });
  assert.equal(await kvGet(both, "N", "k"), "w");
});
