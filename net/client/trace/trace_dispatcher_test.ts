import assert from "node:assert/strict";
import type { Message } from "../message.ts";
import { TraceDispatcher, type TraceMoment } from "./trace_dispatcher.ts";
import { parseTraceBody } from "./trace_record.ts";

function moment(messageId: string, { topic = "Orders", keys = "" } = {}): TraceMoment {
  return { topic, records: [{ type: "Pub", messageId, topic, keys, time: 1, success: true }] };
}

function idsOf({ body }: Message): (string | undefined)[] {
  return parseTraceBody(body as string).records.map((it) => it.messageId);
}

function recorded({ flushIntervalMs = 60_000, gate = Promise.resolve() } = {}) {
  const sent: Message[] = [];
  const told: string[] = [];
  const dispatcher = new TraceDispatcher({
    topic: "RMQ_SYS_TRACE_TOPIC",
    flushIntervalMs,
    log: (text) => void told.push(text),
    async send(message) {
      sent.push(message);
      await gate;
      if ((message.keys as string[]).includes("bad")) throw new Error("no broker");
    },
  });
  return { dispatcher, sent, told };
}

Deno.test("TraceDispatcher sends twenty moments together, and the rest when it is disposed", async () => {
  const { dispatcher, sent, told } = recorded();
  for (let at = 0; at < 19; at++) dispatcher.append(moment(`m${at}`, { keys: `a k${at}` }));
  assert.equal(sent.length, 0);
  dispatcher.append(moment("m19"));
  assert.equal(sent.length, 1);
  dispatcher.append(moment("m20"));
  assert.equal(sent.length, 1);
  await dispatcher[Symbol.asyncDispose]();
  assert.deepEqual(sent.map((it) => idsOf(it).length), [20, 1]);
  assert.equal(sent[0]!.topic, "RMQ_SYS_TRACE_TOPIC");
  assert.deepEqual((sent[0]!.keys as string[]).slice(0, 5), ["m0", "a", "k0", "m1", "k1"]);
  assert.deepEqual(sent[1]!.keys, ["m20"]);
  await dispatcher[Symbol.asyncDispose]();
  assert.deepEqual([sent.length, told], [2, []]);
});

Deno.test("TraceDispatcher sends a lonely moment after a while", async () => {
  const { dispatcher, sent } = recorded({ flushIntervalMs: 1 });
  dispatcher.append(moment("m"));
  while (sent.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.deepEqual(sent.map(idsOf), [["m"]]);
  await dispatcher[Symbol.asyncDispose]();
});

Deno.test("TraceDispatcher makes a message for each topic, and of no more than it holds", async () => {
  const { dispatcher, sent } = recorded();
  dispatcher.append(moment("a"));
  dispatcher.append(moment("b", { topic: "Other" }));
  dispatcher.append(moment("c"));
  await dispatcher.flush();
  assert.deepEqual(sent.map(idsOf), [["a", "c"], ["b"]]);

  sent.length = 0;
  const records = Array.from(
    { length: 2000 },
    (_, at) => moment(`m${at}`, { keys: "k" }).records[0]!,
  );
  dispatcher.append({ topic: "Orders", records });
  dispatcher.append({
    topic: "Orders",
    records: moment("z", { keys: "ä".repeat(14_000) }).records,
  });
  await dispatcher[Symbol.asyncDispose]();
  assert.equal(sent.flatMap(idsOf).length, 2001);
  const bytes = (text: string) => new TextEncoder().encode(text).length;
  for (const { body, keys } of sent) {
    assert.ok(bytes(body as string) < 130_000);
    assert.ok(bytes((keys as string[]).join(" ")) <= 30_000);
  }
});

Deno.test("TraceDispatcher goes on when a send fails, and loses what is too much", async () => {
  const { promise: gate, resolve } = Promise.withResolvers<void>();
  const { dispatcher, sent, told } = recorded({ gate });
  dispatcher.append(moment("bad"));
  for (let at = 1; at < 3000; at++) dispatcher.append(moment(`m${at}`));
  assert.equal(sent.length, 4);
  resolve();
  await dispatcher[Symbol.asyncDispose]();
  assert.equal(sent.flatMap(idsOf).length, 2048 + 4 * 20);
  assert.deepEqual(told, [
    "Cannot trace everything: 2048 moments wait to be sent",
    `Cannot trace messages of topic "Orders"`,
    `The trace lacks ${3000 - 2048 - 80} moments`,
  ]);
});
