import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { ClientError } from "../../net/client/client_error.ts";
import type { RouteBook } from "../../net/client/route_book.ts";
import type { SendStatus, StoredMessage } from "../../net/client/send.ts";
import type { MessageQueue } from "../../net/wire/message_queue.ts";
import { RpcError } from "../../net/rpc/rpc_error.ts";
import { ReplayFailure, ReplayRun, type ReplayRunOptions, type ReplayTask } from "./replay_run.ts";

const QUEUES = [0, 1, 2].map((queueId) => {
  return { topic: "T", brokerName: "a", queueId, address: "127.0.0.1:1" };
});

function task(position: number, queueId = 0): ReplayTask {
  const body = Uint8Array.of(position);
  const message = { body, properties: "", flag: 0, sysFlag: 0, bornTimestamp: 0 };
  return { position, topic: "T", queueId, message };
}

function stored(status: SendStatus, queue: MessageQueue): StoredMessage {
  const nothing = { transactionId: undefined, recallHandle: undefined, regionId: undefined };
  return { status, offsetMessageId: "", queue, queueOffset: 0, ...nothing, traceOn: true };
}

/** A run whose sends answer what `answer` says of the try; waits take no time and are kept. */
function scripted(
  answer: (position: number, tried: number) => SendStatus | Error,
  options: Partial<ReplayRunOptions> = {},
) {
  const sent: string[] = [];
  const waits: number[] = [];
  const tries = new Map<number, number>();
  let forgotten = 0;
  const routes = {
    writableQueues: () => Promise.resolve(QUEUES),
    forget: () => forgotten++,
  } as unknown as RouteBook;
  const run = new ReplayRun({
    routes,
    send: async (queue, { body: [position] }): Promise<StoredMessage> => {
      const tried = (tries.get(position!) ?? 0) + 1;
      tries.set(position!, tried);
      const status = answer(position!, tried);
      await Promise.resolve();
      if (status instanceof Error) throw status;
      sent.push(`${position}@${queue.queueId}`);
      return stored(status, queue);
    },
    inFlightMax: 4,
    signal: new AbortController().signal,
    now: () => 0,
    wait: (ms) => Promise.resolve(waits.push(ms)),
    ...options,
  });
  return { run, sent, waits, forgotten: () => forgotten };
}

const timeout = new RpcError("no answer", { kind: "timeout", address: "x" });
const busy = new ClientError("busy", { kind: "refused", code: "SYSTEM_BUSY" });
const denied = new ClientError("denied", { kind: "refused", code: "NO_PERMISSION" });

Deno.test("ReplayRun sends to the queue of the same number, else to one there is", async () => {
  const { run, sent } = scripted(() => "SEND_OK");
  for (const [at, queueId] of [0, 2, 5].entries()) await run.add(task(at, queueId));
  await run.settle();
  assert.deepEqual(sent, ["0@0", "1@2", "2@2"]);
  assert.deepEqual([run.sent, run.uncertain, run.degraded], [3, 0, 0]);
});

Deno.test("ReplayRun has one send under way to a queue, and several to all", async () => {
  const open = new Map<number, number>();
  let most = 0;
  const routes = {
    writableQueues: () => Promise.resolve(QUEUES),
    forget: () => {},
  } as unknown as RouteBook;
  const run = new ReplayRun({
    routes,
    send: async (queue): Promise<StoredMessage> => {
      const count = (open.get(queue.queueId) ?? 0) + 1;
      assert.equal(count, 1, `two sends to queue ${queue.queueId}`);
      open.set(queue.queueId, count);
      most = Math.max(most, [...open.values()].reduce((sum, it) => sum + it, 0));
      await new Promise<void>((done) => setImmediate(done));
      open.set(queue.queueId, 0);
      return stored("SEND_OK", queue);
    },
    inFlightMax: 8,
    signal: new AbortController().signal,
  });
  for (let at = 0; at < 60; at++) await run.add(task(at, at % 3));
  await run.settle();
  assert.deepEqual([run.sent, most], [60, 3]);
});

Deno.test("ReplayRun sends what failed again before anything behind it is begun", async () => {
  const { run, sent, waits, forgotten } = scripted((at, tried) => {
    return at === 1 && tried < 3 ? busy : "SEND_OK";
  }, { inFlightMax: 2 });
  for (let at = 0; at < 8; at++) await run.add(task(at));
  await run.settle();
  assert.equal(run.sent, 8);
  assert.equal(run.uncertain, 0);
  assert.deepEqual(waits, [200, 1000]);
  assert.equal(forgotten(), 2);
  const order = sent.map((it) => Number(it.split("@")[0]));
  assert(order.indexOf(1) < order.indexOf(4), `${order}`);
});

Deno.test("ReplayRun counts what may be there twice, and what is less safe than asked", async () => {
  const { run } = scripted((at, tried) => {
    if (at === 1 && tried === 1) return timeout;
    return at === 2 ? "FLUSH_DISK_TIMEOUT" : "SEND_OK";
  });
  for (let at = 0; at < 3; at++) await run.add(task(at));
  await run.settle();
  assert.deepEqual([run.sent, run.uncertain, run.degraded], [3, 1, 1]);
});

Deno.test("ReplayRun ends at a message that cannot be sent, and knows what is sent behind it", async () => {
  const { run } = scripted((at) => at === 2 ? busy : "SEND_OK");
  await assert.rejects(async () => {
    for (let at = 0; at < 100; at++) await run.add(task(at));
    await run.settle();
  }, (error: ReplayFailure) => error instanceof ReplayFailure && error.position === 2);
  const behind = run.ahead.filter((position) => position > 2);
  assert.equal(run.sent, 2 + behind.length);
  assert(behind.length <= 4);
});

Deno.test("ReplayRun does not repeat what another try would not change", async () => {
  const { run, waits } = scripted(() => denied);
  await run.add(task(0));
  await assert.rejects(run.settle(), /Cannot send the message at 0: denied/);
  assert.deepEqual(waits, []);
});

Deno.test("ReplayRun keeps to its rate", async () => {
  let now = 0;
  const { run } = scripted(() => "SEND_OK", {
    ratePerSecond: 10,
    now: () => now,
    wait: (ms) => Promise.resolve(now += ms),
  });
  for (let at = 0; at < 21; at++) await run.add(task(at));
  await run.settle();
  assert.equal(now, 2000);
});

Deno.test("ReplayRun begins nothing once it is stopped", async () => {
  const stop = new AbortController();
  const { run, sent } = scripted(() => "SEND_OK", { signal: stop.signal });
  await run.add(task(0));
  stop.abort(new Error("stopped"));
  await assert.rejects(run.add(task(1)), /stopped/);
  await run.settle();
  assert.deepEqual(sent, ["0@0"]);
});

Deno.test("ReplayRun that is stopped while it waits says why, and knows what is not sent", async () => {
  const stop = new AbortController();
  const paced = new ReplayRun({
    routes: { writableQueues: () => Promise.resolve(QUEUES) } as unknown as RouteBook,
    send: (queue) => Promise.resolve(stored("SEND_OK", queue)),
    inFlightMax: 4,
    ratePerSecond: 0.001,
    signal: stop.signal,
  });
  await paced.add(task(0));
  const waiting = paced.add(task(1));
  stop.abort(new Error("stopped"));
  await assert.rejects(waiting, /^Error: stopped$/);
  assert.equal(paced.unsentAt, undefined);

  const again = new AbortController();
  const { run, sent } = scripted((at) => at === 1 ? busy : "SEND_OK", {
    signal: again.signal,
    wait: (_ms, signal) => {
      again.abort(new Error("stopped"));
      return Promise.reject(signal.reason);
    },
  });
  for (let at = 0; at < 2; at++) await run.add(task(at, at));
  await assert.rejects(run.settle(), /^Error: stopped$/);
  await run.drain();
  assert.deepEqual([sent, run.unsentAt, run.ahead], [["0@0"], 1, [0]]);
});
