import assert from "node:assert/strict";
import { RpcError } from "../../rpc/rpc_error.ts";
import { ClientError } from "../client_error.ts";
import { mayBeStored, sendError } from "./send_error.ts";

const timeout = new RpcError("no answer in 5 ms", { kind: "timeout", address: "h:1" });
const closed = new RpcError("it ended", { kind: "closed", address: "h:1" });
const connect = new RpcError("nobody there", { kind: "connect", address: "h:1" });
const refused = new ClientError('Cannot send to topic "T" at h:1: SYSTEM_BUSY: later', {
  kind: "refused",
  code: "SYSTEM_BUSY",
});

Deno.test("mayBeStored() is so after requests that got no answer", () => {
  assert.deepEqual([timeout, closed, connect, refused].map(mayBeStored), [
    true,
    true,
    false,
    false,
  ]);
});

Deno.test("sendError() tells kind, code, attempts and doubt", () => {
  const ended = { topic: "T", attempts: 3, maybeStored: true };
  const error = sendError(refused, ended);
  assert.deepEqual([error.kind, error.code, error.attempts, error.maybeStored], [
    "refused",
    "SYSTEM_BUSY",
    3,
    true,
  ]);
  assert.equal(
    error.message,
    'Cannot send to topic "T" (attempt 3): h:1: SYSTEM_BUSY: later; it may be stored all the same',
  );
  assert.equal(error.cause, refused);
  const kinds = [timeout, closed, connect].map((it) => sendError(it, ended).kind);
  assert.deepEqual(kinds, ["timeout", "disconnected", "connect"]);
  assert.equal(
    sendError(connect, { topic: "T", attempts: 1, maybeStored: false }).message,
    'Cannot send to topic "T": nobody there',
  );
});
