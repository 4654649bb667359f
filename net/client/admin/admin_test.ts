import assert from "node:assert/strict";
import { connect } from "../client.ts";

Deno.test("client.admin is one object that opens nothing before it is asked", async () => {
  await using client = connect({ nameServers: "127.0.0.1:1" });
  assert.equal(client.admin, client.admin);
  await assert.rejects(client.admin.topics(), { kind: "name-server" });
});

Deno.test("client.admin ends with its client", async () => {
  const client = connect({ nameServers: "127.0.0.1:1" });
  const { admin } = client;
  await client[Symbol.asyncDispose]();
  await assert.rejects(admin.clusterInfo(), { name: "ClientError", message: /closed/ });
});
