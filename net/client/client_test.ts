import assert from "node:assert/strict";
import { connect } from "./client.ts";

Deno.test("connect() opens nothing, and wants a name server", async () => {
  const client = connect({ nameServers: "127.0.0.1:1", instanceName: "i" });
  assert.match(client.clientId, /@i$/);
  await client[Symbol.asyncDispose]();
  await client[Symbol.asyncDispose]();
  assert.throws(() => connect({ nameServers: " ; " }), { name: "ClientError", kind: "invalid" });
});
