import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { AgedFiles } from "../testdata/aged_files.ts";
import { ManualClock } from "../testdata/manual_clock.ts";
import { openStore, put, runFor, sleepOn, STORE_ROOT } from "../testdata/open_store.ts";
import { PowerLossFiles } from "../testdata/power_loss.ts";
import { randomOf } from "../testdata/random.ts";
import { foundIn } from "../testdata/verified.ts";
import { readCheckpoint } from "./checkpoint.ts";
import type { FileSystem, WritableFile } from "./file.ts";
import type { MemoryFiles } from "./file_memory.ts";
import type { GetRequest } from "./get.ts";
import { offsetName, storePaths } from "./names.ts";
import { formatProperties } from "./properties.ts";
import type { SpaceOnDisk } from "./retention.ts";
import type { Store, StoreOptions } from "./store.ts";

const PATHS = storePaths(STORE_ROOT);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const SEGMENT_BYTES = 4096;
const SMALL = {
  segmentBytes: SEGMENT_BYTES,
  queueFileUnits: 5,
  indexGeometry: { slots: 5, entries: 8 },
};
/** Some local noon. */
const START = new Date(2026, 5, 10, 12).getTime();
/** So seldom that whole days can be run through. */
const SELDOM = { flushIntervalMs: HOUR_MS, writeBehindIntervalMs: HOUR_MS };
const OFTEN = { fileReservedHours: 72, roundIntervalMs: 10 * MINUTE_MS };

/** A store with retention at work, on a clock and a disk of the test's. */
class AgeingStore implements AsyncDisposable {
  readonly clock = new ManualClock(START);
  readonly fs = new AgedFiles(this.clock.now);
  readonly told: string[] = [];
  readonly failures: unknown[] = [];
  space: SpaceOnDisk | undefined = { usedBytes: 10, freeBytes: 90 };
  store!: Store;

  static async open(options: Partial<StoreOptions> = {}): Promise<AgeingStore> {
    const it = new AgeingStore();
    it.store = await openStore(it.fs, {
      ...SMALL,
      background: true,
      intervals: SELDOM,
      now: it.clock.now,
      sleep: sleepOn(it.clock),
      retention: {
        settings: OFTEN,
        spaceOnDisk: () => it.space,
        tell: (text) => void it.told.push(text),
      },
      onFailure: (error) => it.failures.push(error),
      ...options,
    });
    return it;
  }

  /** Lets time pass; `stepMs` is how exact it passes. */
  async run(ms: number, stepMs = 10 * MINUTE_MS): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      this.clock.advance(stepMs);
      for (let turn = 0; turn < 20; turn++) await othersTurn();
    }
  }

  /** Puts messages of two queues until the log has so many files, and both are in the last. */
  async fill(files: number): Promise<void> {
    while (this.logFiles().length < files) await this.putOne();
    for (let count = 0; count < 3; count++) await this.putOne();
  }

  putOne(): Promise<unknown> {
    const number = this.#count++;
    const properties = formatProperties([["KEYS", `k${number}`]]);
    return put(this.store, { queueId: number % 2, body: "x".repeat(300), properties });
  }

  logFiles(): string[] {
    return this.fs.list(PATHS.commitLog);
  }

  #count = 0;

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store[Symbol.asyncDispose]();
  }
}

function othersTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

function request(queueOffset: number, queueId = 0): GetRequest {
  return { topic: "TopicTest", queueId, queueOffset, countMax: 32 };
}

/** What is found beyond units and entries of messages that have expired, which is no fault. */
async function wrongIn(fs: FileSystem): Promise<string[]> {
  return (await foundIn(fs)).filter((it) => !/^info (queue-unit|index-entry)-below-log /.test(it));
}

function queueFiles(fs: MemoryFiles, queueId = 0): string[] {
  return fs.list(`${PATHS.consumeQueue}/TopicTest/${queueId}`);
}

const LOG = (number: number) => offsetName(number * SEGMENT_BYTES);

Deno.test("Retention: log files leave three days after they were written, in their hour", async () => {
  await using it = await AgeingStore.open();
  await it.fill(2);
  await it.run(24 * HOUR_MS);
  await it.fill(4);
  assert.deepEqual(it.logFiles(), [0, 1, 2, 3].map(LOG));
  // The first is three days old at noon of the third day, and goes at four the next morning.
  await it.run((48 + 15) * HOUR_MS);
  assert.equal(it.logFiles().length, 4);
  await it.run(2 * HOUR_MS);
  assert.deepEqual(it.logFiles(), [1, 2, 3].map(LOG));
  await it.run(24 * HOUR_MS);
  assert.deepEqual(it.logFiles(), [3].map(LOG), "the last stays");
  await it.run(10 * 24 * HOUR_MS);
  assert.deepEqual(it.logFiles(), [3].map(LOG));
  assert.equal(it.told.length, 3);
  assert.match(it.told[0]!, /^Log file 0 is removed: its time is over$/);
});

Deno.test("Retention: queues and index follow the log, and what is left verifies", async () => {
  const it = await AgeingStore.open();
  await it.fill(3);
  await it.run(HOUR_MS);
  const before = { queue: queueFiles(it.fs).length, index: it.fs.list(PATHS.index).length };
  const { max } = it.store.queueRange("TopicTest", 0)!;
  await it.run(73 * HOUR_MS);
  it.store.deleteExpiredFiles();
  await it.run(HOUR_MS);
  assert.deepEqual(it.logFiles(), [2].map(LOG));
  const { min } = it.store.logRange;
  assert.equal(min, 2 * SEGMENT_BYTES);
  for (const queueId of [0, 1]) {
    const range = it.store.queueRange("TopicTest", queueId)!;
    assert(range.min > 0 && range.min < range.max);
    const first = await it.store.get(request(range.min, queueId));
    assert.equal(first.status, "FOUND");
    const small = await it.store.get(request(range.min - 1, queueId));
    assert.deepEqual([small.status, small.nextBeginOffset], ["OFFSET_TOO_SMALL", range.min]);
    assert.equal(Number(queueFiles(it.fs, queueId)[0]) / 20, range.min - range.min % 5);
  }
  assert.equal(it.store.queueRange("TopicTest", 0)!.max, max);
  assert(queueFiles(it.fs).length < before.queue);
  assert(it.fs.list(PATHS.index).length < before.index);
  const search = { topic: "TopicTest", countMax: 9, begin: 0, end: Infinity };
  assert.deepEqual(it.store.searchByKey({ ...search, key: "k0" }), []);
  const { min: next } = it.store.queueRange("TopicTest", 0)!;
  const found = it.store.searchByKey({ ...search, key: `k${2 * next}` });
  assert.equal(found.length, 1, "a message that is still there is still found");
  await it[Symbol.asyncDispose]();
  assert.deepEqual(await wrongIn(it.fs), []);
  await using again = await openStore(it.fs, SMALL);
  assert.equal(again.logRange.min, min);
  assert.equal(again.queueRange("TopicTest", 0)!.min, next);
});

Deno.test("Retention: a queue that lost all its messages keeps its next index", async () => {
  const it = await AgeingStore.open();
  for (let count = 0; count < 7; count++) await put(it.store, { topic: "Old" });
  await it.fill(3);
  await it.run(73 * HOUR_MS);
  it.store.deleteExpiredFiles();
  await it.run(HOUR_MS);
  assert.deepEqual(it.store.queueRange("Old", 0), { min: 7, max: 7 });
  const { status, nextBeginOffset } = await it.store.get({ ...request(3), topic: "Old" });
  assert.deepEqual([status, nextBeginOffset], ["OFFSET_TOO_SMALL", 7]);
  assert.equal((await put(it.store, { topic: "Old" })).queueOffset, 7);
  await it[Symbol.asyncDispose]();
  await using again = await openStore(it.fs, SMALL);
  assert.deepEqual(again.queueRange("Old", 0), { min: 7, max: 8 });
});

Deno.test("Retention: killed between any two removals, a store recovers clean", async () => {
  await using it = await AgeingStore.open();
  await it.fill(5);
  const kept: Map<string, MemoryFiles> = new Map();
  it.fs.onRemove = (path) => void kept.set(path, it.fs.copy());
  await it.run(73 * HOUR_MS);
  it.store.deleteExpiredFiles();
  await it.run(HOUR_MS);
  it.fs.onRemove = () => {};
  const removed = [...kept.keys()];
  for (const kind of ["commitlog", "consumequeue", "index"]) {
    assert(removed.some((path) => path.startsWith(`${STORE_ROOT}/${kind}/`)), kind);
  }
  for (const [path, fs] of [...kept, ["the last", it.fs.copy()] as const]) {
    const store = await openStore(fs, SMALL);
    assert.equal(store.recovery.mode, "unclean", path);
    assert.equal(store.logRange.max, it.store.logRange.max, path);
    const { min: logStart } = store.logRange;
    for (const queueId of [0, 1]) {
      const range = store.queueRange("TopicTest", queueId)!;
      assert.equal(range.max, it.store.queueRange("TopicTest", queueId)!.max, path);
      const { status } = await store.get(request(range.min, queueId));
      assert.equal(status, "FOUND", path);
    }
    assert.equal(logStart % SEGMENT_BYTES, 0);
    await store[Symbol.asyncDispose]();
    assert.deepEqual(await wrongIn(fs), [], path);
  }
});

Deno.test("Retention: no queue leads to a file any more when it goes", async () => {
  await using it = await AgeingStore.open();
  await it.fill(4);
  let looked = 0;
  it.fs.onRemove = (path) => {
    if (!path.startsWith(`${PATHS.commitLog}/`)) return;
    const end = Number(path.slice(-20)) + SEGMENT_BYTES;
    for (const queueId of [0, 1]) {
      const { min } = it.store.queueRange("TopicTest", queueId)!;
      const { status, body } = it.store.get(request(min, queueId)) as {
        status: string;
        body: Uint8Array;
      };
      assert.equal(status, "FOUND");
      assert(Number(new DataView(body.buffer).getBigInt64(28)) >= end);
    }
    looked++;
  };
  it.space = { usedBytes: 86, freeBytes: 14 };
  await it.run(HOUR_MS);
  assert.deepEqual([looked, it.logFiles().length], [3, 1]);
  assert.deepEqual(it.failures, []);
});

Deno.test("Retention: above 85% files go before their time, and no more than is needed", async () => {
  await using it = await AgeingStore.open();
  await it.fill(6);
  it.space = { usedBytes: 84, freeBytes: 16 };
  await it.run(HOUR_MS);
  assert.equal(it.logFiles().length, 6);
  assert.match(it.told.join(), /The disk is 84% full, and no log file may be removed/);
  assert.equal(it.told.length, 1, "said once");
  it.fs.onRemove = (path) => {
    if (!path.startsWith(PATHS.commitLog)) return;
    const { usedBytes, freeBytes } = it.space!;
    it.space = { usedBytes: usedBytes - 2, freeBytes: freeBytes + 2 };
  };
  it.space = { usedBytes: 89, freeBytes: 11 };
  await it.run(HOUR_MS);
  assert.deepEqual(it.logFiles(), [2, 3, 4, 5].map(LOG));
  assert.equal((await put(it.store)).status, "PUT_OK");
});

Deno.test("Retention: above 90% messages are refused, and taken again when there is room", async () => {
  await using it = await AgeingStore.open();
  await it.fill(2);
  it.space = { usedBytes: 91, freeBytes: 9 };
  await it.run(20 * MINUTE_MS);
  const refused = await put(it.store);
  assert.deepEqual([refused.status, refused.stored], ["SERVICE_NOT_AVAILABLE", false]);
  assert.match(refused.reason!, /the disk is 91% full, limit is 90%$/);
  const { min } = it.store.queueRange("TopicTest", 0)!;
  assert.equal((await it.store.get(request(min))).status, "FOUND", "reading goes on");
  it.space = { usedBytes: 90, freeBytes: 10 };
  await it.run(20 * MINUTE_MS);
  assert.equal((await put(it.store)).status, "PUT_OK");
  assert.deepEqual(it.failures, []);
  assert.equal(it.store.failure, undefined);
});

Deno.test("Retention: nobody knowing how full a disk is refuses nothing", async () => {
  await using it = await AgeingStore.open();
  it.space = undefined;
  await it.fill(2);
  await it.run(3 * HOUR_MS);
  assert.equal((await put(it.store)).status, "PUT_OK");
  assert.equal(it.logFiles().length, 2);
});

Deno.test("Retention: who reads a file when it goes reads on, or is told that it went", async () => {
  await using it = await AgeingStore.open({ tailCacheBytesMax: 1 });
  await it.fill(4);
  let reading: Promise<{ status: string }> | undefined;
  it.fs.onRemove = (path) => {
    if (path.startsWith(PATHS.commitLog)) reading ??= Promise.resolve(it.store.get(request(0)));
  };
  const early = Promise.resolve(it.store.get(request(0)));
  it.space = { usedBytes: 86, freeBytes: 14 };
  await it.run(HOUR_MS);
  assert.equal(it.logFiles().length, 1);
  assert.equal((await early).status, "FOUND");
  assert.equal((await reading)!.status, "OFFSET_TOO_SMALL");
});

Deno.test("Retention: a file that cannot be removed is tried again", async () => {
  await using it = await AgeingStore.open();
  await it.fill(3);
  it.fs.onRemove = (path) => {
    throw new Error(`Cannot remove "${path}": permission denied`);
  };
  await it.run(73 * HOUR_MS);
  it.store.deleteExpiredFiles();
  await it.run(HOUR_MS);
  assert.equal(it.logFiles().length, 3);
  assert.match(it.told.join(), /^Expired files stay: Cannot remove .*: permission denied/);
  assert.equal((await put(it.store)).status, "PUT_OK");
  it.fs.onRemove = () => {};
  it.store.deleteExpiredFiles();
  await it.run(HOUR_MS);
  assert.equal(it.logFiles().length, 1);
  assert.deepEqual(it.failures, []);
});

Deno.test("Retention: nothing leaves a store that was opened without it", async () => {
  const clock = new ManualClock(START);
  const fs = new AgedFiles(clock.now);
  await using store = await openStore(fs, {
    ...SMALL,
    background: true,
    intervals: SELDOM,
    now: clock.now,
    sleep: sleepOn(clock),
  });
  while (fs.list(PATHS.commitLog).length < 3) await put(store, { body: "x".repeat(500) });
  store.deleteExpiredFiles();
  for (let day = 0; day < 10; day++) {
    clock.advance(24 * HOUR_MS);
    for (let turn = 0; turn < 20; turn++) await othersTurn();
  }
  await store.cleanQueues();
  assert.equal(fs.list(PATHS.commitLog).length, 3);
  assert.deepEqual(store.queueRange("TopicTest", 0)!.min, 0);
});

Deno.test("Retention: a store closes in the middle of a round", async () => {
  const it = await AgeingStore.open();
  await it.fill(6);
  it.space = { usedBytes: 86, freeBytes: 14 };
  // The round waits between the first file and the second.
  it.fs.onRemove = (path) => {
    if (path.startsWith(PATHS.commitLog)) it.clock.set(it.clock.now() - HOUR_MS);
  };
  it.clock.advance(MINUTE_MS);
  for (let turn = 0; turn < 20; turn++) await othersTurn();
  assert.equal(it.logFiles().length, 5);
  await it[Symbol.asyncDispose]();
  assert.equal(it.clock.timerCount, 0);
  assert.deepEqual(await wrongIn(it.fs), []);
});

Deno.test("Retention: whatever a loss of power leaves of the removals, a store recovers", async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const random = randomOf(seed);
  const clock = new ManualClock(START);
  const fs = new PowerLossFiles();
  const lost: PowerLossFiles[] = [];
  const options = { ...SMALL, flushMode: "SYNC_FLUSH" } as const;
  await using store = await openStore(fs, {
    ...options,
    background: true,
    intervals: SELDOM,
    now: clock.now,
    sleep: sleepOn(clock),
    retention: { spaceOnDisk: () => ({ usedBytes: 86, freeBytes: 14 }) },
  });
  for (let number = 0; number < 60; number++) {
    const properties = formatProperties([["KEYS", `k${number}`]]);
    await put(store, { queueId: number % 2, body: "x".repeat(300), properties });
  }
  const { max } = store.queueRange("TopicTest", 0)!;
  fs.interfere = (verb) => {
    if (verb === "remove" || verb === "syncDirectory") lost.push(fs.lose(() => random() < 0.5));
  };
  for (let step = 0; step < 100; step++) {
    clock.advance(MINUTE_MS);
    for (let turn = 0; turn < 5; turn++) await othersTurn();
  }
  fs.interfere = () => {};
  assert.equal(fs.list(PATHS.commitLog).length, 1);
  lost.push(fs.lose(() => random() < 0.5));
  assert(lost.length > 10);
  for (const after of lost) {
    const again = await openStore(after, options);
    const range = again.queueRange("TopicTest", 0)!;
    assert.equal(range.max, max, `seed ${seed}`);
    const { status, nextBeginOffset } = await again.get(request(range.min));
    assert.equal(status, "FOUND", `seed ${seed}`);
    assert(nextBeginOffset > range.min);
    await again[Symbol.asyncDispose]();
    assert.deepEqual(await wrongIn(after), [], `seed ${seed}`);
  }
});

/** A disk that takes its time with the files of queues. */
class SlowQueues extends AgedFiles {
  gate: PromiseWithResolvers<void> | undefined = Promise.withResolvers();

  override openWrite(path: string): WritableFile {
    const file = super.openWrite(path);
    const sync = async () => {
      if (path.startsWith(PATHS.consumeQueue)) await this.gate?.promise;
      await file.sync();
    };
    return { ...file, sync };
  }
}

Deno.test("Retention: no file goes, and no time is vouched for, while queues are being synced", async () => {
  const clock = new ManualClock(START);
  const fs = new SlowQueues(clock.now);
  await using store = await openStore(fs, {
    ...SMALL,
    queueFileUnits: 60,
    background: true,
    now: clock.now,
    sleep: sleepOn(clock),
    retention: { spaceOnDisk: () => ({ usedBytes: 86, freeBytes: 14 }) },
  });
  while (fs.list(PATHS.commitLog).length < 3) await put(store, { body: "x".repeat(500) });
  await runFor(clock, 2 * MINUTE_MS);
  assert.equal(fs.list(PATHS.commitLog).length, 3);
  const vouched = () => readCheckpoint(fs, PATHS.checkpoint)!.logicsMsgTimestamp;
  assert.equal(vouched(), 0);
  fs.gate!.resolve();
  await runFor(clock, 2 * MINUTE_MS);
  assert.equal(fs.list(PATHS.commitLog).length, 1);
  assert.equal(vouched(), START);
});
