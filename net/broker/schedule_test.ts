import assert from "node:assert/strict";
import { DELAY_OFFSETS } from "../../store/config_tables.ts";
import { MemoryFiles } from "../../store/file_memory.ts";
import type { MessageDraft } from "../../store/put.ts";
import { ManualClock } from "../../testdata/manual_clock.ts";
import {
  MessagePath,
  type MessagePathOptions,
  messagesOf,
  propertiesOf,
  START,
} from "../../testdata/message_path.ts";
import { turn } from "../../testdata/scripted_socket.ts";
import { hostBytes } from "../../store/host.ts";
import { Schedule, type ScheduleOptions } from "./schedule.ts";
import { TableFile } from "./table_file.ts";
import { SCHEDULE_TOPIC } from "../wire/topic_names.ts";

const SECOND = 1000;

async function setUp(options: MessagePathOptions = {}) {
  const clock = new ManualClock(START);
  const path = await MessagePath.open({ ...clock, ...options });
  const delayed = (
    changes: Partial<MessageDraft> = {},
    properties: Record<string, string> = { REAL_TOPIC: "T", REAL_QID: "1" },
    level = 1,
  ): MessageDraft => ({
    topic: SCHEDULE_TOPIC,
    queueId: level - 1,
    flag: 3,
    sysFlag: 1,
    bornTimestamp: START - 9,
    bornHost: hostBytes("10.0.0.7", 4242),
    reconsumeTimes: 2,
    preparedTransactionOffset: 0,
    body: Uint8Array.of(1, 2, 3),
    properties: propertiesOf({ ...properties, DELAY: String(level), TAGS: "a" }),
    ...changes,
  });
  const put = async (draft: MessageDraft) => {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    path.store.put(draft, (result) => resolve(result.stored));
    assert(await promise);
  };
  const arrived = async (topic = "T", queueId = 1) => {
    await settle();
    const found = await path.store.get({ topic, queueId, queueOffset: 0, countMax: 32 });
    return messagesOf(found.body);
  };
  return { clock, path, delayed, put, arrived, [Symbol.asyncDispose]: () => close(path) };
}

/** Lets deliveries run that the clock has started. */
async function settle(): Promise<void> {
  for (let round = 0; round < 10; round++) await turn();
}

async function close(path: MessagePath): Promise<void> {
  await path[Symbol.asyncDispose]();
}

Deno.test("Schedule delivers a message when its time is up, and not before", async () => {
  await using it = await setUp();
  await it.put(it.delayed());
  it.clock.advance(SECOND - 1);
  assert.equal((await it.arrived()).length, 0);
  it.clock.advance(1);
  assert.equal(it.path.stats.totals.puts, 0);
  const [message] = await it.arrived();
  assert.equal(message?.storeTimestamp, START + SECOND);
  assert.equal(it.path.stats.data("TOPIC_PUT_NUMS", "T")?.statsMinute.sum, 1);
});

Deno.test("Schedule delivers the message as it was sent, and leaves its properties as they are", async () => {
  await using it = await setUp();
  const draft = it.delayed();
  await it.put(draft);
  it.clock.advance(SECOND);
  const [message] = await it.arrived();
  assert.equal(message?.topic, "T");
  assert.equal(message.queueId, 1);
  assert.equal(message.properties, draft.properties);
  assert.deepEqual(message.body, draft.body);
  assert.deepEqual(message.bornHost, draft.bornHost);
  assert.deepEqual(
    [message.flag, message.sysFlag, message.bornTimestamp, message.reconsumeTimes],
    [3, 1, START - 9, 2],
  );
});

Deno.test("Schedule keeps the order of a level, and levels apart", async () => {
  await using it = await setUp();
  const place = { REAL_TOPIC: "T", REAL_QID: "1" };
  await it.put(it.delayed({ flag: 50 }, place, 2));
  for (let flag = 0; flag < 5; flag++) {
    await it.put(it.delayed({ flag }));
    it.clock.advance(100);
  }
  it.clock.advance(SECOND - 500);
  assert.deepEqual((await it.arrived()).map((it) => it.flag), [0]);
  it.clock.advance(200);
  assert.deepEqual((await it.arrived()).map((it) => it.flag), [0, 1, 2]);
  it.clock.advance(5 * SECOND);
  assert.deepEqual((await it.arrived()).map((it) => it.flag), [0, 1, 2, 3, 4, 50]);
  assert.deepEqual([...it.path.schedule.offsets], [[1, 5], [2, 1]]);
  assert.equal(it.clock.timerCount, 0);
});

Deno.test("Schedule delivers any number of messages that are due at once", async () => {
  await using it = await setUp();
  for (let flag = 0; flag < 200; flag++) it.path.store.put(it.delayed({ flag }), () => {});
  await turn();
  it.clock.advance(SECOND);
  while (it.path.store.queueRange("T", 1)?.max !== 200) await turn();
  await settle();
  assert.equal(it.path.schedule.offsets.get(1), 200);
});

Deno.test("Schedule goes on where it ended, and looks at once at what became due meanwhile", async () => {
  const fs = new MemoryFiles();
  const clock = new ManualClock(START);
  const first = await setUp({ fs, ...clock });
  await first.put(first.delayed());
  await first.put(first.delayed({ queueId: 17 }, { REAL_TOPIC: "T", REAL_QID: "1" }, 18));
  await first[Symbol.asyncDispose]();
  clock.advance(5 * SECOND);
  await using it = await setUp({ fs, ...clock });
  assert.equal((await it.arrived()).length, 1);
});

Deno.test("Schedule drops what belongs nowhere, tells it, and goes on", async () => {
  await using it = await setUp();
  await it.put(it.delayed({}, { REAL_QID: "1" }));
  await it.put(it.delayed({}, { REAL_TOPIC: "T" }));
  await it.put(it.delayed({}, { REAL_TOPIC: "T", REAL_QID: "-1" }));
  await it.put(it.delayed({}, { REAL_TOPIC: "RMQ_SYS_TRANS_HALF_TOPIC", REAL_QID: "0" }));
  await it.put(it.delayed({}, { REAL_TOPIC: "../T", REAL_QID: "0" }));
  await it.put(it.delayed());
  it.clock.advance(SECOND);
  assert.equal((await it.arrived()).length, 1);
  assert.equal(it.path.told.length, 5);
  assert.match(it.path.told[0]!, /^Dropped a delayed message of "undefined" at 0$/);
  assert.equal(it.path.schedule.offsets.get(1), 6);
});

Deno.test("Schedule delivers at once what a clock that was set back would make wait too long", async () => {
  await using it = await setUp({ startTimer: () => () => {} });
  await it.put(it.delayed());
  const clock = new ManualClock(START - 3_600_000);
  const store = it.path.store;
  await using _later = Schedule.open({ store, levelsMs: [SECOND], log: () => {}, ...clock });
  assert.equal((await it.arrived()).length, 1);
});

/** A schedule of one level on a store whose puts fail at first. */
function unlucky(store: MessagePath["store"], changes: Partial<ScheduleOptions> = {}) {
  let failures = 2;
  const told: string[] = [];
  const options: ScheduleOptions = {
    store: {
      get: (request) => store.get(request),
      queueRange: (topic, queueId) => store.queueRange(topic, queueId),
      put(draft, done) {
        if (failures-- > 0) store.put({ ...draft, properties: "x".repeat(40_000) }, done);
        else store.put(draft, done);
      },
    },
    levelsMs: [SECOND],
    now: () => START + SECOND,
    log: (text) => told.push(text),
    ...changes,
  };
  return { options, told };
}

Deno.test("Schedule tries again what could not be stored, in order", async () => {
  await using it = await setUp({ startTimer: () => () => {} });
  for (let flag = 0; flag < 3; flag++) await it.put(it.delayed({ flag }));
  const clock = new ManualClock(START + SECOND);
  const { options, told } = unlucky(it.path.store, clock);
  await using schedule = Schedule.open(options);
  await settle();
  assert.equal(schedule.offsets.get(1) ?? 0, 0);
  assert.match(told.join(), /^Cannot deliver a delayed message: /);
  clock.advance(SECOND);
  // What had been stored behind the failure comes twice: at least once is the promise.
  const flags = (await it.arrived()).map((it) => it.flag);
  assert.deepEqual(flags, [2, 0, 1, 2]);
  assert.equal(schedule.offsets.get(1), 3);
});

Deno.test("Schedule passes by messages that are gone", async () => {
  await using it = await setUp({ startTimer: () => () => {} });
  const { options, told } = unlucky(it.path.store, {
    store: {
      ...it.path.store,
      queueRange: () => ({ min: 5, max: 7 }),
      put: () => assert.fail("there is nothing to put"),
      get: ({ queueOffset }) => ({
        status: queueOffset < 7 ? "OFFSET_TOO_SMALL" : "OFFSET_OVERFLOW_ONE",
        body: new Uint8Array(),
        count: 0,
        nextBeginOffset: 7,
        minOffset: 7,
        maxOffset: 7,
      }),
    },
  });
  await using schedule = Schedule.open(options);
  await settle();
  assert.equal(schedule.offsets.get(1), 7);
  assert.deepEqual(told, ["Delayed messages of level 1 are gone: index 5 to 7, OFFSET_TOO_SMALL"]);
});

Deno.test("Schedule keeps its offsets in a file when it stops, with those of levels it has not", async () => {
  await using it = await setUp();
  const fs = new MemoryFiles();
  const text = `{"offsetTable":{1:0,9:77},"custom":true}`;
  fs.put("/config/delayOffset.json", new TextEncoder().encode(text));
  const open = () =>
    new TableFile({ fs, directory: "/config", format: DELAY_OFFSETS, log: () => {} });
  await it.put(it.delayed());
  it.clock.advance(SECOND);
  await settle();
  {
    await using file = open();
    await using _schedule = Schedule.open({
      store: it.path.store,
      levelsMs: [SECOND],
      file,
      log: () => {},
      ...it.clock,
    });
    await settle();
  }
  await using file = open();
  const kept = file.read();
  assert.deepEqual(kept?.entries, new Map([[1, 1], [9, 77]]));
  assert.equal(kept.version?.counter, 1);
  assert.deepEqual(kept.rest, { custom: true });
});

Deno.test("Schedule stops when it is disposed, and twice is fine", async () => {
  await using it = await setUp();
  await it.put(it.delayed());
  await it.path.schedule[Symbol.asyncDispose]();
  await it.path.schedule[Symbol.asyncDispose]();
  it.clock.advance(10 * SECOND);
  assert.equal((await it.arrived()).length, 0);
  assert.equal(it.clock.timerCount, 0);
});

Deno.test("Schedule keeps the times of messages that wait when a level gets longer or shorter", async () => {
  const fs = new MemoryFiles();
  {
    await using it = await setUp({ fs, config: { messageDelayLevel: "10s 10s" } });
    await it.put(it.delayed({ flag: 1 }));
    await it.put(it.delayed({ flag: 2 }, undefined, 2));
  }
  // As Java: the first waits as long as it was told, the second is due further ahead than its level.
  await using it = await setUp({ fs, config: { messageDelayLevel: "30s 1s" } });
  assert.deepEqual((await it.arrived()).map((it) => it.flag), [2]);
  it.clock.advance(10 * SECOND - 1);
  assert.deepEqual((await it.arrived()).map((it) => it.flag), [2]);
  it.clock.advance(1);
  assert.deepEqual((await it.arrived()).map((it) => it.flag), [2, 1]);
});
