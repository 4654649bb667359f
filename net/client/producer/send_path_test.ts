import assert from "node:assert/strict";
import { eventually } from "../../../testdata/eventually.ts";
import { ScriptedBroker, type SendCall } from "../../../testdata/scripted_broker.ts";
import { LATER, type Reply } from "../../rpc/call.ts";
import type { Client } from "../client.ts";
import { connect } from "../client.ts";
import type { SendAttempt, SendOutcome } from "./hooks.ts";
import type { Producer } from "./producer.ts";
import type { ProducerOptions } from "./producer_options.ts";
import type { SendError } from "./send_error.ts";

const MESSAGE = { topic: "T", body: "x" };
const BUSY: Reply = { code: "SYSTEM_BUSY", remark: "later" };

interface Setting extends AsyncDisposable {
  readonly brokers: readonly ScriptedBroker[];
  readonly client: Client;
  readonly producer: Producer;
  /** Names of the brokers that got a send, in order. */
  readonly came: string[];
}

/** Brokers under one route, all answering as said, and a producer that begins with `broker-a`. */
async function setting(
  answers:
    readonly ((call: SendCall, broker: ScriptedBroker) => ReturnType<ScriptedBroker["answer"]>)[],
  options: Partial<ProducerOptions> = {},
): Promise<Setting> {
  await using stack = new AsyncDisposableStack();
  const came: string[] = [];
  const brokers: ScriptedBroker[] = [];
  for (const [number, answer] of answers.entries()) {
    const brokerName = `broker-${"abc"[number]}`;
    const broker = stack.use(await ScriptedBroker.start({ brokerName, queues: 1 }));
    broker.answer = (call) => (came.push(brokerName), answer(call, broker));
    brokers.push(broker);
  }
  brokers[0]!.others.push(...brokers.slice(1));
  // The turn begins at a number of the clock's choice; 0 would take the second queue first.
  const random = () => (brokers.length - 1) / 0x4000_0000;
  const client = stack.use(connect({ nameServers: brokers[0]!.peer, random }));
  const producer = client.producer({ group: "g", ...options });
  const owned = stack.move();
  return { brokers, client, producer, came, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

const good = (call: SendCall, broker: ScriptedBroker) => broker.success(call);

function failure(sending: Promise<unknown>): Promise<SendError> {
  return sending.then(() => assert.fail("it was sent"), (error) => error);
}

Deno.test("SendPath tries another broker after a refusal that may pass", async () => {
  await using it = await setting([() => BUSY, good]);
  const sent = await it.producer.send(MESSAGE);
  assert.equal(sent.queue.brokerName, "broker-b");
  assert.deepEqual(it.came, ["broker-a", "broker-b"]);
  // Both attempts sent the same message.
  const [first, second] = [it.brokers[0]!.sends[0]!, it.brokers[1]!.sends[0]!];
  assert.equal(first.properties, second.properties);
  assert.equal(first.bornTimestamp, second.bornTimestamp);
});

Deno.test("SendPath ends a send after its retries with the last refusal", async () => {
  await using it = await setting([() => BUSY, () => BUSY], { retries: 2 });
  const error = await failure(it.producer.send(MESSAGE));
  assert.deepEqual([error.name, error.kind, error.code, error.attempts, error.maybeStored], [
    "ClientError",
    "refused",
    "SYSTEM_BUSY",
    3,
    false,
  ]);
  assert.match(
    error.message,
    /^Cannot send to topic "T" \(attempt 3\): 127\.0\.0\.1:\d+: SYSTEM_BUSY: later$/,
  );
  assert.deepEqual(it.came, ["broker-a", "broker-b", "broker-a"]);
});

Deno.test("SendPath does not repeat what every broker would refuse", async () => {
  await using it = await setting([() => ({ code: "MESSAGE_ILLEGAL", remark: "no" }), good]);
  const error = await failure(it.producer.send(MESSAGE));
  assert.deepEqual([error.code, error.attempts, it.came.length], ["MESSAGE_ILLEGAL", 1, 1]);
});

Deno.test("SendPath tries nothing else for a message that is bound to a queue", async () => {
  await using it = await setting([() => BUSY, () => BUSY]);
  const { producer } = it;
  const queues = await producer.queuesOf("T");
  assert.deepEqual(queues.map((it) => it.brokerName), ["broker-a", "broker-b"]);
  await failure(producer.send(MESSAGE, { queue: queues[1]! }));
  await failure(producer.send(MESSAGE, { select: (all) => all[0]! }));
  await failure(producer.send(MESSAGE, { shardingKey: "a" }));
  assert.deepEqual(it.came, ["broker-b", "broker-a", "broker-b"]);
});

Deno.test("SendPath takes one way to choose a queue, and a time there is", async () => {
  await using it = await setting([good]);
  const both = { shardingKey: "a", queue: { brokerName: "broker-a", queueId: 0 } };
  assert.match((await failure(it.producer.send(MESSAGE, both))).message, /only one can be said$/);
  for (const timeoutMs of [0, NaN, 2 ** 31]) {
    const error = await failure(it.producer.send(MESSAGE, { timeoutMs }));
    assert.equal(error.kind, "invalid");
  }
  assert.equal(it.came.length, 0);
});

Deno.test("SendPath says that a message without an answer may be stored", async () => {
  // Long enough for a busy machine to have sent it by then.
  await using it = await setting([() => LATER], { sendTimeoutMs: 1_000 });
  const error = await failure(it.producer.send(MESSAGE));
  assert.deepEqual([error.kind, error.maybeStored, error.attempts], ["timeout", true, 1]);
  assert.match(error.message, /none came in \d+ ms; it may be stored all the same$/);
});

Deno.test("SendPath keeps the doubt of an attempt when a later one is refused", async () => {
  await using it = await setting([
    ({ connection }) => (connection.close(), LATER),
    () => ({ code: "MESSAGE_ILLEGAL", remark: "no" }),
  ]);
  const error = await failure(it.producer.send(MESSAGE));
  assert.deepEqual([error.kind, error.maybeStored, error.attempts], ["refused", true, 2]);
  assert.deepEqual(it.came, ["broker-a", "broker-b"]);
});

Deno.test("SendPath ends by the caller's signal, with its reason", async () => {
  await using it = await setting([() => LATER]);
  const stop = new AbortController();
  const sending = failure(it.producer.send(MESSAGE, { signal: stop.signal }));
  await eventually(() => it.came.length === 1);
  stop.abort(new Error("enough"));
  assert.equal((await sending).message, "enough");
  assert.equal(
    (await failure(it.producer.send(MESSAGE, { signal: stop.signal }))).message,
    "enough",
  );
  assert.equal(it.came.length, 1);
  assert.equal(it.producer.underWay, 0);
});

Deno.test("SendPath returns a status that is less than was asked for, or tries again", async () => {
  const slow = (call: SendCall, broker: ScriptedBroker) => {
    return { ...broker.success(call), code: "FLUSH_DISK_TIMEOUT" } as const;
  };
  {
    await using it = await setting([slow, good]);
    assert.equal((await it.producer.send(MESSAGE)).status, "FLUSH_DISK_TIMEOUT");
    assert.equal(it.came.length, 1);
  }
  {
    await using it = await setting([slow, good], { retryWhenNotStored: true });
    assert.equal((await it.producer.send(MESSAGE)).status, "SEND_OK");
    assert.equal(it.came.length, 2);
  }
  {
    // It is stored, whatever the others say.
    await using it = await setting([slow, () => BUSY], { retryWhenNotStored: true, retries: 1 });
    assert.equal((await it.producer.send(MESSAGE)).status, "FLUSH_DISK_TIMEOUT");
    assert.equal(it.came.length, 2);
  }
});

Deno.test("SendPath has no more under way than its limits, and the rest in line", async () => {
  const open: (() => void)[] = [];
  await using it = await setting([(call, broker) => {
    return new Promise<Reply>((resolve) => open.push(() => resolve(broker.success(call))));
  }], { inFlightMax: 2 });
  const sending = Array.from({ length: 5 }, () => it.producer.send(MESSAGE));
  const late = failure(it.producer.send(MESSAGE, { timeoutMs: 20 }));
  await eventually(() => open.length === 2);
  assert.equal(it.producer.underWay, 2);
  const error = await late;
  assert.deepEqual([error.kind, error.maybeStored, error.attempts], ["timeout", false, 0]);
  assert.match(error.message, /2 sends of 2 bytes are under way, too many of them for 20 ms$/);
  for (let done = 0; done < 5; done++) {
    await eventually(() => open.length > 0);
    assert(it.producer.underWay <= 2);
    open.shift()!();
  }
  await Promise.all(sending);
  await eventually(() => it.producer.underWay === 0);
});

Deno.test("SendPath stays away from a broker that failed, where it is told to", async () => {
  await using it = await setting([() => BUSY, good], { faultAvoidance: true });
  for (let count = 0; count < 4; count++) await it.producer.send(MESSAGE);
  assert.deepEqual(it.came, ["broker-a", "broker-b", "broker-b", "broker-b", "broker-b"]);
});

Deno.test("SendPath asks for the route again after a failure, and goes on with the old one", async () => {
  await using it = await setting([() => BUSY, good]);
  const [a] = it.brokers;
  await it.producer.send(MESSAGE);
  await eventually(() => a!.routesAsked === 2);
  await it.producer.send(MESSAGE);
  // No name server and no broker-a any more.
  await a![Symbol.asyncDispose]();
  for (let count = 0; count < 3; count++) await it.producer.send(MESSAGE);
  assert.equal(it.came.at(-1), "broker-b");
});

Deno.test("SendPath tells hooks of every attempt, whatever they throw", async () => {
  const seen: [SendAttempt, SendOutcome][] = [];
  const hooks = {
    beforeSend: () => {
      throw new Error("a hook's own");
    },
    afterSend: (attempt: SendAttempt, outcome: SendOutcome) => void seen.push([attempt, outcome]),
  };
  await using it = await setting([() => BUSY, good], { hooks });
  const { messageId } = await it.producer.send({ ...MESSAGE, delayLevel: 1 });
  await it.producer.sendOneway(MESSAGE);
  const [first, second, third] = seen;
  assert.deepEqual(seen.map(([it]) => [it.attempt, it.kind, it.queue.brokerName]), [
    [1, "delayed", "broker-a"],
    [2, "delayed", "broker-b"],
    [1, "normal", "broker-a"],
  ]);
  assert.deepEqual([first![0].messageIds, first![0].group, first![0].bodyBytes], [
    [messageId],
    "g",
    1,
  ]);
  assert.match(first![1].error!.message, /SYSTEM_BUSY/);
  assert.equal(second![1].stored?.status, "SEND_OK");
  assert.deepEqual([third![1].stored, third![1].error], [undefined, undefined]);
});

Deno.test("SendPath sends to the second port of a broker where the client says so", async () => {
  await using broker = await ScriptedBroker.start();
  const [host, port] = broker.peer.split(":");
  broker.peerInRoutes = `${host}:${Number(port) + 2}`;
  await using client = connect({ nameServers: broker.peer, vipChannel: true });
  const producer = client.producer({ group: "g" });
  await producer.send(MESSAGE);
  await producer.sendOneway(MESSAGE);
  await eventually(() => broker.sends.length === 2);
});

Deno.test("SendPath bounds the wait for name servers by the time of the send", async () => {
  await using it = await setting([good]);
  await using client = connect({ nameServers: silentServer(it), requestTimeoutMs: 100 });
  const producer = client.producer({ group: "g" });
  const from = performance.now();
  const error = await failure(producer.send(MESSAGE, { timeoutMs: 40 }));
  assert(performance.now() - from < 1500);
  assert.deepEqual([error.kind, error.maybeStored, error.attempts], ["timeout", false, 0]);
  assert.match(error.message, /no name server has answered in 40 ms$/);
});

/** `host:port` of a server that takes questions for routes, and answers none. */
function silentServer(it: Setting): string {
  it.brokers[0]!.answerRoute = () => LATER;
  return it.brokers[0]!.peer;
}
