import assert from "node:assert/strict";
import { RpcError } from "./rpc_error.ts";

Deno.test("RpcError tells kind, address and cause", () => {
  const cause = new Error("refused");
  const error = new RpcError("Cannot connect to h:1: refused", {
    kind: "connect",
    address: "h:1",
    cause,
  });
  assert.ok(error instanceof Error);
  assert.deepEqual([error.name, error.kind, error.address], ["RpcError", "connect", "h:1"]);
  assert.equal(error.cause, cause);
});
