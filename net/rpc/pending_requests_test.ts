import assert from "node:assert/strict";
import { request, response } from "../wire/command.ts";
import { PendingRequests } from "./pending_requests.ts";
import { RpcError } from "./rpc_error.ts";

function answerTo(opaque: number) {
  return response(request("HEART_BEAT", { opaque }), "SUCCESS");
}

Deno.test("PendingRequests hands a response to who waits for its number", async () => {
  const pending = new PendingRequests("h:1");
  const [a, b] = [pending.nextOpaque(), pending.nextOpaque()];
  assert.notEqual(a, b);
  const first = pending.wait(a, { what: "A", timeoutMs: 60_000 });
  const second = pending.wait(b, { what: "B", timeoutMs: 60_000 });
  assert.equal(pending.settle(answerTo(b)), true);
  assert.equal(pending.settle(answerTo(a)), true);
  assert.equal(pending.settle(answerTo(a)), false);
  assert.deepEqual([(await first).opaque, (await second).opaque, pending.size], [a, b, 0]);
  pending.close(new RpcError("over", { kind: "closed", address: "h:1" }));
});

Deno.test("PendingRequests rejects after timeoutMs, each request at its own time", async () => {
  const pending = new PendingRequests("h:1");
  const order: string[] = [];
  const wait = (what: string, timeoutMs: number) =>
    pending.wait(pending.nextOpaque(), { what, timeoutMs }).catch((error: RpcError) => {
      assert.equal(error.kind, "timeout");
      order.push(error.message);
    });
  await Promise.all([wait("SLOW", 30), wait("FAST", 5), wait("MIDDLE", 15)]);
  assert.deepEqual(order, [
    "Cannot get answer of h:1 to FAST: none came in 5 ms",
    "Cannot get answer of h:1 to MIDDLE: none came in 15 ms",
    "Cannot get answer of h:1 to SLOW: none came in 30 ms",
  ]);
  assert.equal(pending.size, 0);
});

Deno.test("PendingRequests stops waiting when the signal aborts", async () => {
  const pending = new PendingRequests("h:1");
  const stop = new AbortController();
  const opaque = pending.nextOpaque();
  const { signal } = stop;
  const waiting = pending.wait(opaque, { what: "A", timeoutMs: 60_000, signal });
  stop.abort(new Error("enough"));
  await assert.rejects(waiting, /enough/);
  assert.equal(pending.settle(answerTo(opaque)), false);
  pending.close(new RpcError("over", { kind: "closed", address: "h:1" }));
});

Deno.test("PendingRequests.close() rejects who waits and who will", async () => {
  const pending = new PendingRequests("h:1");
  const reason = new RpcError("over", { kind: "closed", address: "h:1" });
  const waiting = pending.wait(pending.nextOpaque(), { what: "A", timeoutMs: 60_000 });
  pending.close(reason);
  pending.close(new RpcError("again", { kind: "closed", address: "h:1" }));
  await assert.rejects(waiting, reason);
  await assert.rejects(pending.wait(1, { what: "B", timeoutMs: 60_000 }), reason);
});

Deno.test("PendingRequests tells of each request that got no answer, and of no other", async () => {
  const told: number[] = [];
  const pending = new PendingRequests("h:1", {
    onTimeout: ({ askedAt, timeoutMs }) => {
      assert(performance.now() - askedAt >= timeoutMs - 1);
      told.push(timeoutMs);
    },
  });
  const wait = (timeoutMs: number) => {
    return pending.wait(pending.nextOpaque(), { what: "A", timeoutMs });
  };
  const answered = wait(5);
  pending.settle(answerTo(0));
  await answered;
  await Promise.all([assert.rejects(wait(4)), assert.rejects(wait(8))]);
  assert.deepEqual(told, [4, 8]);
});
