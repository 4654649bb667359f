import assert from "node:assert/strict";
import { ManualClock } from "../testdata/manual_clock.ts";
import { openStore, put, runFor, sleepOn, STORE_ROOT } from "../testdata/open_store.ts";
import { PowerLossFiles, systemError } from "../testdata/power_loss.ts";
import { type Checkpoint, emptyCheckpoint, readCheckpoint } from "./checkpoint.ts";
import { queueSyncDelayMs } from "./flush_loops.ts";
import { offsetName, storePaths } from "./names.ts";
import type { Store, StoreOptions } from "./store.ts";

const START = 1_700_000_000_000;
const PATHS = storePaths(STORE_ROOT);
/** More than a look at the log lets wait. */
const LARGE = "x".repeat(20_000);

/** A store whose loops run on a clock of the test's. */
class ClockedStore implements AsyncDisposable {
  readonly clock = new ManualClock(START);
  readonly fs = new PowerLossFiles();
  readonly failures: string[] = [];
  /** Syncs of files so far, without the root. */
  readonly syncs: string[] = [];
  store!: Store;

  static async open(options: Partial<StoreOptions> = {}): Promise<ClockedStore> {
    const it = new ClockedStore();
    it.store = await openStore(it.fs, {
      background: true,
      sleep: sleepOn(it.clock),
      now: it.clock.now,
      onFailure: (error) => it.failures.push(String(error)),
      ...options,
    });
    it.fs.interfere = (verb, path) => {
      if (verb === "sync") it.syncs.push(path.slice(STORE_ROOT.length + 1));
    };
    return it;
  }

  run(ms: number): Promise<void> {
    return runFor(this.clock, ms);
  }

  /** The checkpoint as it would be found after a loss of power now. */
  checkpoint(): Checkpoint {
    return readCheckpoint(this.fs.lose(() => false), PATHS.checkpoint) ?? emptyCheckpoint();
  }

  failOn(verb: "sync" | "write", path: RegExp): void {
    this.fs.interfere = (called, name) => {
      if (called === verb && path.test(name)) throw systemError("EIO");
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.fs.interfere = () => {};
    await this.store[Symbol.asyncDispose]();
  }
}

const LOG = `commitlog/${offsetName(0)}`;
const QUEUE = `consumequeue/TopicTest/0/${offsetName(0)}`;

Deno.test("FlushLoops flush the log every half second when enough has come", async () => {
  await using it = await ClockedStore.open();
  await put(it.store, { body: LARGE });
  await it.run(400);
  assert.equal(it.syncs.length, 0);
  await it.run(100);
  assert.deepEqual(it.syncs, [LOG, "checkpoint"]);
  await it.run(9000);
  assert.deepEqual(it.syncs.length, 2, "nothing came since");
});

Deno.test("FlushLoops flush a little that came after ten seconds", async () => {
  await using it = await ClockedStore.open();
  await put(it.store);
  await it.run(9900);
  assert.equal(it.syncs.length, 0);
  await it.run(100);
  assert(it.syncs.includes(LOG));
});

Deno.test("FlushLoops write queues and index behind, and sync them every ten seconds", async () => {
  await using it = await ClockedStore.open();
  await put(it.store, { properties: "KEYS\u0001k\u0002" });
  assert.equal(it.fs.stat(`${STORE_ROOT}/${QUEUE}`), undefined);
  await it.run(200);
  const unit = it.fs.bytes(`${STORE_ROOT}/${QUEUE}`).subarray(0, 12);
  assert(unit.some((byte) => byte !== 0));
  const [index] = it.fs.list(PATHS.index);
  assert.equal(it.fs.bytes(`${PATHS.index}/${index}`)[39], 2);
  assert(!it.syncs.includes(QUEUE));
  await it.run(9800);
  assert(it.syncs.includes(QUEUE));
  assert(it.syncs.includes(`index/${index}`));
});

Deno.test("FlushLoops: a time enters the checkpoint after the data it speaks of was synced", async () => {
  await using it = await ClockedStore.open();
  it.clock.advance(50);
  await put(it.store, { body: LARGE });
  assert.deepEqual(it.checkpoint(), emptyCheckpoint());
  await it.run(500);
  const { physicMsgTimestamp, logicsMsgTimestamp } = it.checkpoint();
  assert.deepEqual([physicMsgTimestamp, logicsMsgTimestamp], [START + 50, 0]);
  await it.run(10_000);
  await put(it.store, { body: LARGE });
  await it.run(500);
  const later = it.checkpoint();
  assert.equal(later.logicsMsgTimestamp, START + 50);
  assert(later.physicMsgTimestamp > START + 10_000);
});

Deno.test("FlushLoops: with SYNC_FLUSH the checkpoint moves, too", async () => {
  await using it = await ClockedStore.open({ flushMode: "SYNC_FLUSH" });
  await put(it.store);
  await it.run(20_000);
  const { physicMsgTimestamp, logicsMsgTimestamp } = it.checkpoint();
  assert.deepEqual([physicMsgTimestamp, logicsMsgTimestamp], [START, START]);
});

Deno.test("FlushLoops of an idle store write and sync nothing", async () => {
  await using it = await ClockedStore.open();
  await put(it.store, { properties: "KEYS\u0001k\u0002" });
  await it.run(30_000);
  const syncs = it.syncs.length;
  let writes = 0;
  it.fs.interfere = (verb) => {
    if (verb !== "sync") writes++;
    else it.syncs.push("again");
  };
  await it.run(60_000);
  assert.deepEqual([writes, it.syncs.length - syncs], [0, 0]);
});

Deno.test("FlushLoops: what of the index is on the disk enters the checkpoint", async () => {
  await using it = await ClockedStore.open({ indexGeometry: { slots: 5, entries: 4 } });
  for (let count = 0; count < 8; count++) {
    it.clock.advance(1);
    await put(it.store, { properties: "KEYS\u0001k\u0002" });
  }
  await it.run(20_000);
  // Three keys a file: the last one is not complete.
  assert.equal(it.checkpoint().indexMsgTimestamp, START + 8);
});

Deno.test("FlushLoops: a log that cannot be synced ends the store's life, once", async () => {
  await using it = await ClockedStore.open();
  await put(it.store, { body: LARGE });
  it.failOn("sync", /commitlog/);
  await it.run(30_000);
  assert.equal(it.failures.length, 1);
  assert.match(it.failures[0]!, /EIO/);
  assert.equal(it.checkpoint().physicMsgTimestamp, 0);
  const { status, stored } = await put(it.store);
  assert.deepEqual([status, stored], ["SERVICE_NOT_AVAILABLE", false]);
});

Deno.test("FlushLoops: queues that could not be synced once are not believed again", async () => {
  await using it = await ClockedStore.open();
  await put(it.store, { body: LARGE });
  it.failOn("sync", /consumequeue/);
  await it.run(10_000);
  assert.equal(it.failures.length, 1);
  it.fs.interfere = () => {};
  await it.run(60_000);
  const { physicMsgTimestamp, logicsMsgTimestamp } = it.checkpoint();
  assert.deepEqual([physicMsgTimestamp, logicsMsgTimestamp], [START, 0]);
});

Deno.test("FlushLoops: a log behind a failed queue is flushed on", async () => {
  await using it = await ClockedStore.open();
  it.failOn("write", /consumequeue/);
  await put(it.store, { body: LARGE });
  await it.run(400);
  assert.equal(it.failures.length, 1);
  it.fs.interfere = () => {};
  await it.run(200);
  assert.equal(it.checkpoint().physicMsgTimestamp, START);
});

Deno.test("FlushLoops: a topic deleted while its queues are synced is no failure", async () => {
  await using it = await ClockedStore.open({ queueFileUnits: 2 });
  for (let queueId = 0; queueId < 4; queueId++) {
    for (let count = 0; count < 5; count++) await put(it.store, { queueId });
  }
  let syncs = 0;
  it.fs.interfere = (verb, path) => {
    if (verb === "sync" && path.includes("consumequeue") && ++syncs === 2) {
      queueMicrotask(() => it.store.deleteTopic("TopicTest"));
    }
  };
  await it.run(20_000);
  assert.equal(syncs, 4, "one of each queue was under way");
  assert.deepEqual(it.failures, []);
  assert.deepEqual(it.fs.list(PATHS.consumeQueue), []);
});

Deno.test("FlushLoops end with the store and leave no timer", async () => {
  const it = await ClockedStore.open();
  await put(it.store);
  assert.equal(it.clock.timerCount, 3);
  await it[Symbol.asyncDispose]();
  assert.equal(it.clock.timerCount, 0);
  assert.equal(it.fs.openCount, 0);
});

Deno.test("FlushLoops without a clock of one's own use the machine's and end at once", async () => {
  const fs = new PowerLossFiles();
  const store = await openStore(fs, { background: true });
  await put(store);
  await store[Symbol.asyncDispose]();
  assert.equal(fs.stat(PATHS.abort), undefined);
});

Deno.test("queueSyncDelayMs() is longer the more queues there are, up to Java's minute", () => {
  assert.equal(queueSyncDelayMs(10_000, 0), 10_000);
  assert.equal(queueSyncDelayMs(10_000, 8_192), 20_000);
  assert.equal(queueSyncDelayMs(10_000, 80_000), 60_000);
  assert.equal(queueSyncDelayMs(90_000, 80_000), 90_000, "never shorter than asked for");
});
