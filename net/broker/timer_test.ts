import assert from "node:assert/strict";
import { MemoryFiles } from "../../store/file_memory.ts";
import { parseProperties } from "../../store/properties.ts";
import { readTimerCheckpoint } from "../../store/timer_checkpoint.ts";
import { TIMER_TOPIC } from "../../store/timer_wheel.ts";
import type { Asker } from "../../testdata/asker.ts";
import { ManualClock } from "../../testdata/manual_clock.ts";
import {
  MessagePath,
  type MessagePathOptions,
  messagesOf,
  ROOT,
  sendFields,
  START,
} from "../../testdata/message_path.ts";
import { turn } from "../../testdata/scripted_socket.ts";

const SECOND = 1000;
const HOUR = 3_600_000;
const BODY = new TextEncoder().encode("hello");

async function setUp(options: MessagePathOptions = {}) {
  const clock = new ManualClock(START);
  const path = await MessagePath.open({ now: clock.now, startTimer: clock.startTimer, ...options });
  return withTools(path, clock);
}

function withTools(path: MessagePath, clock: ManualClock) {
  const client = path.client();
  return {
    clock,
    path,
    client,
    send: (properties: Record<string, string>, topic = "T") => send(client, properties, topic),
    arrived: (topic = "T") => arrivedAt(path, topic),
    /** Moves the clock in steps short enough for deliveries to follow. */
    pass: async (ms: number) => {
      await settle();
      clock.advance(ms);
      await settle();
    },
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await path[Symbol.asyncDispose]();
    },
  };
}

async function send(client: Asker, properties: Record<string, string>, topic: string) {
  const extFields = sendFields({ topic, properties });
  return await client.ask("SEND_MESSAGE_V2", { extFields, body: BODY });
}

async function arrivedAt(path: MessagePath, topic: string) {
  await settle();
  const found = await path.store.get({ topic, queueId: 0, queueOffset: 0, countMax: 32 });
  return messagesOf(found.body).map((it) => ({ ...it, pairs: parseProperties(it.properties) }));
}

async function settle(): Promise<void> {
  for (let round = 0; round < 40; round++) await turn();
}

Deno.test("Timer delivers a message at its second, and not before", async () => {
  await using it = await setUp();
  const answer = await it.send({ UNIQ_KEY: "0A", TIMER_DELAY_SEC: "3" });
  assert.equal(answer.code, 0);
  assert.equal(answer.extFields?.["queueId"], "0");
  await it.pass(3 * SECOND - 1);
  assert.deepEqual(await it.arrived(), []);
  await it.pass(1);
  const [message] = await it.arrived();
  assert.equal(message?.storeTimestamp, START + 3 * SECOND);
  assert.deepEqual(message.body, BODY);
  assert.equal(message.flag, 7);
  assert.equal(message.bornTimestamp, START - 5);
  assert.equal(message.queueId, 0);
  assert.equal(it.path.stats.data("TOPIC_PUT_NUMS", "T")?.statsMinute.sum, 1);
});

Deno.test("Timer leaves the properties Java leaves", async () => {
  await using it = await setUp();
  await it.send({ UNIQ_KEY: "0A", TIMER_DELIVER_MS: String(START + 2300), TAGS: "x" });
  await it.pass(2999);
  assert.equal((await it.arrived()).length, 0);
  await it.pass(1);
  const [message] = await it.arrived();
  const { MSG_REGION: _, TRACE_ON: __, CLUSTER: ___, ...pairs } = Object.fromEntries(
    message!.pairs,
  );
  assert.deepEqual(pairs, {
    UNIQ_KEY: "0A",
    TIMER_DELIVER_MS: String(START + 2300),
    TAGS: "x",
    TIMER_OUT_MS: String(START + 2000),
    REAL_TOPIC: "T",
    REAL_QID: "0",
    TIMER_ENQUEUE_MS: String(START),
    TIMER_DEQUEUE_MS: String(START + 3000),
  });
});

Deno.test("Timer keeps the order of a second, and delivers seconds in theirs", async () => {
  await using it = await setUp();
  for (const [key, sec] of [["c", 4], ["a", 2], ["d", 4], ["b", 2], ["e", 4]] as const) {
    await it.send({ UNIQ_KEY: key, TIMER_DELAY_SEC: String(sec) });
  }
  await settle();
  assert.equal(it.path.timed.timerMetrics.counts.get("T")?.count, 5);
  await it.pass(10 * SECOND);
  assert.deepEqual((await it.arrived()).map((it) => it.pairs.get("UNIQ_KEY")).join(""), "abcde");
  assert.equal(it.path.timed.timerMetrics.counts.get("T")?.count, 0);
});

Deno.test("Timer delivers at once what was over before it could be parked", async () => {
  const fs = new MemoryFiles();
  const clock = new ManualClock(START);
  const options = { fs, now: clock.now, startTimer: clock.startTimer };
  {
    const first = await MessagePath.open({ ...options, config: { timerWheelEnable: true } });
    const client = first.client();
    await send(client, { UNIQ_KEY: "0A", TIMER_DELAY_SEC: "5" }, "T");
    await client[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();
  }
  // What was parked is lost: the broker begins with the queue once more.
  for (const name of ["timerwheel", "timerlog", "config/timercheck"]) fs.remove(`${ROOT}/${name}`);
  clock.set(START + HOUR);
  const path = await MessagePath.open(options);
  await using it = withTools(path, clock);
  const [message] = await it.arrived();
  assert.equal(message?.pairs.get("TIMER_ENQUEUE_MS"), "9223372036854775807");
  assert.equal(message.storeTimestamp, START + HOUR);
});

Deno.test("Timer parks in steps what is due beyond its window", async () => {
  const config = { timerRollWindowSlot: 6, timerMaxDelaySec: 1000 };
  await using it = await setUp({ config });
  await it.send({ UNIQ_KEY: "0A", TIMER_DELAY_SEC: "20" });
  for (let second = 0; second < 20; second++) {
    assert.deepEqual(await it.arrived(), []);
    await it.pass(SECOND);
  }
  const [message] = await it.arrived();
  assert.equal(message?.storeTimestamp, START + 20 * SECOND);
  const steps = await it.arrived(TIMER_TOPIC);
  assert.equal(message.pairs.get("TIMER_ROLL_TIMES"), String(steps.length - 1));
  assert(steps.length > 2, "it was parked more than twice");
  for (const step of steps) {
    assert.equal(step.pairs.get("TIMER_OUT_MS"), String(START + 19 * SECOND));
  }
});

Deno.test("Timer does not deliver what its producer took back", async () => {
  await using it = await setUp({ config: { recallMessageEnable: true } });
  it.path.topics;
  const sent = await it.send({ UNIQ_KEY: "0A", TIMER_DELAY_SEC: "3" });
  await it.send({ UNIQ_KEY: "0B", TIMER_DELAY_SEC: "3" });
  const recallHandle = sent.extFields!["recallHandle"]!;
  const extFields = { producerGroup: "P", topic: "T", recallHandle };
  const answer = await it.client.ask("RECALL_MESSAGE", { extFields });
  assert.equal(answer.code, 0, answer.remark);
  assert.deepEqual(answer.extFields, { MSG_REGION: "DefaultRegion", msgId: "0A" });
  await it.pass(5 * SECOND);
  assert.deepEqual((await it.arrived()).map((it) => it.pairs.get("UNIQ_KEY")), ["0B"]);
  assert.equal(it.path.timed.timerMetrics.counts.get("T")?.count, 0);
});

Deno.test("Timer goes on after a stop, and at once with what was due meanwhile", async () => {
  const fs = new MemoryFiles();
  const clock = new ManualClock(START);
  const options = { fs, now: clock.now, startTimer: clock.startTimer };
  {
    await using it = withTools(await MessagePath.open(options), clock);
    for (const [key, sec] of [["a", 2], ["b", 5], ["c", 50]] as const) {
      await it.send({ UNIQ_KEY: key, TIMER_DELAY_SEC: String(sec) });
    }
    await it.pass(3 * SECOND);
    assert.equal((await it.arrived()).length, 1);
  }
  const checkpoint = readTimerCheckpoint(fs, `${ROOT}/config/timercheck`)!;
  assert.equal(checkpoint.lastTimerQueueOffset, 3);
  assert.equal(checkpoint.lastTimerLogFlushPosition, 3 * 52);
  clock.set(START + 20 * SECOND);
  await using it = withTools(await MessagePath.open(options), clock);
  assert.deepEqual((await it.arrived()).map((it) => it.pairs.get("UNIQ_KEY")), ["a", "b"]);
  await it.pass(31 * SECOND);
  assert.deepEqual((await it.arrived()).map((it) => it.pairs.get("UNIQ_KEY")), ["a", "b", "c"]);
  assert.deepEqual(it.path.told, []);
});

Deno.test("Timer goes on where nothing was due for longer than it looks ahead", async () => {
  await using it = await setUp();
  await it.send({ UNIQ_KEY: "0A", TIMER_DELAY_SEC: "300" });
  for (let passed = 0; passed < 300; passed += 10) await it.pass(10 * SECOND);
  assert.equal((await it.arrived()).length, 1);
  await it.pass(300 * SECOND);
  await it.send({ UNIQ_KEY: "0B", TIMER_DELAY_SEC: "3" });
  for (let passed = 0; passed < 3; passed++) await it.pass(SECOND);
  assert.equal((await it.arrived()).length, 2);
});

Deno.test("Timer goes on after a stop when nothing is due yet", async () => {
  const fs = new MemoryFiles();
  {
    await using it = await setUp({ fs });
    await it.send({ UNIQ_KEY: "0A", TIMER_DELAY_SEC: "5" });
    await settle();
  }
  await using it = await setUp({ fs });
  await it.pass(5 * SECOND);
  assert.equal((await it.arrived()).length, 1);
});

Deno.test("Timer tries again what could not be put, and delivers it once", async () => {
  await using it = await setUp();
  await it.send({ UNIQ_KEY: "0A", TIMER_DELAY_SEC: "1" });
  await it.send({ UNIQ_KEY: "0B", TIMER_DELAY_SEC: "1" });
  await settle();
  const { put } = it.path.store;
  let refusals = 0;
  it.path.store.put = (draft, done) => {
    if (refusals++ > 0) return put.call(it.path.store, draft, done);
    done({
      status: "SERVICE_NOT_AVAILABLE",
      stored: false,
      physicalOffset: 0,
      queueOffset: 0,
      storeTimestamp: 0,
      physicalOffsets: [],
      wroteBytes: 0,
      reason: "the disk is full",
    });
  };
  await it.pass(SECOND);
  assert.deepEqual(it.path.told, ["Cannot put a timed message: the disk is full"]);
  while (it.path.store.queueRange("T", 0)?.max !== 2) await turn();
  const keys = (await it.arrived()).map((it) => it.pairs.get("UNIQ_KEY"));
  assert.deepEqual(keys.sort(), ["0A", "0B"]);
});

Deno.test("Timer makes no files before there is a timed message", async () => {
  const fs = new MemoryFiles();
  await using it = await setUp({ fs });
  await it.send({ UNIQ_KEY: "0A" });
  await settle();
  assert.equal(fs.stat(`${ROOT}/timerwheel`), undefined);
  assert.equal(it.path.timed.timer!.checkpoint, undefined);
  await it.send({ UNIQ_KEY: "0B", TIMER_DELAY_MS: "1" });
  await settle();
  assert.equal(fs.stat(`${ROOT}/timerwheel`)?.size, 38_707_200);
});

Deno.test("Timer tells how far behind it is, and how many wait", async () => {
  await using it = await setUp();
  const { timer } = it.path.timed;
  assert.deepEqual(timer!.behind, { messages: 0, ms: 0 });
  assert.equal(timer!.countAt(START + 2000), 0);
  await it.send({ UNIQ_KEY: "0A", TIMER_DELAY_SEC: "3" });
  await settle();
  assert.deepEqual(timer!.behind, { messages: 0, ms: 0 });
  assert.equal(timer!.countAt(START + 2000), 1);
});
