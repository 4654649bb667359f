import assert from "node:assert/strict";
import fc from "fast-check";
import { readTruth, type TruthQueue } from "../testdata/fixture.ts";
import { openStore, put } from "../testdata/open_store.ts";
import { describedStore, loadedStores } from "../testdata/store_cases.ts";
import { MemoryFiles } from "./file_memory.ts";
import { offsetName } from "./names.ts";
import type { Store } from "./store.ts";

const QUEUE = { topic: "TopicTest", queueId: 0 };

/** Java 4 answers with the nearest message, and with any of several of one time. */
function checkJava4(
  store: Store,
  queue: { readonly topic: string; readonly queueId: number },
  { timestamp, java, own }: { timestamp: number; java: number; own: number },
): void {
  if (store.storeTimeAt(queue, own) === timestamp) {
    assert(own <= java);
    assert.equal(store.storeTimeAt(queue, java), timestamp);
  } else assert(java === own || java === own - 1, `${java} for ${own}`);
}

/** Java 4.9 looks into one file only, chosen by its modification time, which unpacking changed. */
function isOfSeveralFiles(version: string, { minOffset, maxOffset }: TruthQueue): boolean {
  const fileOf = (index: number) => Math.floor(index / 60);
  return version === "4.9.7" && fileOf(minOffset) !== fileOf(maxOffset - 1);
}

for (const it of loadedStores().filter(({ isRocksDb }) => !isRocksDb)) {
  Deno.test(`Store.searchByTime() finds what Java found: ${it.name}`, async () => {
    const truth = readTruth(it.name);
    await using store = await openStore(describedStore(it));
    const isRebuilt = store.recovery.actions.some(({ action }) => action === "rebuild-queue");
    let compared = 0;
    for (const queue of truth.queues) {
      if (queue.cqType === "BatchCQ") continue;
      for (const [timestamp, java] of queue.offsetByTime ?? []) {
        if (queue.cq.length === 0 || isOfSeveralFiles(truth.version, queue)) continue;
        const own = store.searchByTime(queue, { timestamp, boundary: "lower" })!;
        const place = `${queue.topic}/${queue.queueId} at ${timestamp}`;
        if (truth.version.startsWith("4.")) checkJava4(store, queue, { timestamp, java, own });
        // Where Java had left messages out of a queue, which are back, a time may be theirs.
        else if (isRebuilt) assert(own >= java, place);
        else assert.equal(own, java, place);
        compared++;
      }
    }
    assert(compared > 0 || it.name.includes("bcq"));
  });
}

/** A store whose messages have these times. */
async function storeOf(times: readonly number[], fs = new MemoryFiles()): Promise<Store> {
  let time = 0;
  const store = await openStore(fs, { now: () => time });
  for (time of times) await put(store);
  return store;
}

function find(store: Store, timestamp: number): (number | undefined)[] {
  return (["lower", "upper"] as const).map((boundary) => {
    return store.searchByTime(QUEUE, { timestamp, boundary });
  });
}

Deno.test("searchByTime() of a time several messages have finds the first or the last of them", async () => {
  await using store = await storeOf([10, 20, 20, 20, 30]);
  assert.deepEqual(find(store, 20), [1, 3]);
});

Deno.test("searchByTime() between, before and behind all messages", async () => {
  await using store = await storeOf([10, 20, 30]);
  assert.deepEqual(find(store, 15), [1, 0]);
  assert.deepEqual(find(store, 5), [0, 0]);
  assert.deepEqual(find(store, 31), [3, 2]);
  assert.deepEqual(find(store, 10), [0, 0]);
  assert.deepEqual(find(store, 30), [2, 2]);
});

Deno.test("searchByTime() in a queue that does not exist finds nothing", async () => {
  await using store = await storeOf([10]);
  const search = { timestamp: 10, boundary: "lower" } as const;
  assert.equal(store.searchByTime({ topic: "TopicTest", queueId: 1 }, search), undefined);
  assert.equal(store.searchByTime({ topic: "Other", queueId: 0 }, search), undefined);
});

Deno.test("searchByTime() agrees with a list, for every time and boundary", async () => {
  const steps = fc.array(fc.nat(3), { minLength: 1, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(steps, async (gaps) => {
      const times = gaps.map((_, at) => 100 + gaps.slice(0, at + 1).reduce((a, b) => a + b));
      await using store = await storeOf(times);
      for (let timestamp = 99; timestamp <= times.at(-1)! + 1; timestamp++) {
        const lower = times.filter((time) => time < timestamp).length;
        const upper = Math.max(0, times.filter((time) => time <= timestamp).length - 1);
        assert.deepEqual(find(store, timestamp), [lower, upper]);
      }
    }),
    { numRuns: 40 },
  );
});

Deno.test("storeTimeAt() tells a message's time, and nothing outside the queue", async () => {
  await using store = await storeOf([10, 20]);
  assert.deepEqual([-1, 0, 1, 2].map((at) => store.storeTimeAt(QUEUE, at)), [
    undefined,
    10,
    20,
    undefined,
  ]);
  assert.equal(store.storeTimeAt({ topic: "Other", queueId: 0 }, 0), undefined);
});

Deno.test("searchByTime() passes messages that are gone from the log, and slots that were filled", async () => {
  const fs = new MemoryFiles();
  const body = "x".repeat(30_000);
  {
    let time = 0;
    await using store = await openStore(fs, { now: () => time });
    for (time of [10, 20, 30, 40, 50]) await put(store, { body });
  }
  // Two records a file: the first file is gone, and the second one's last record is damaged.
  fs.remove(`store/commitlog/${offsetName(0)}`);
  fs.flip(`store/commitlog/${offsetName(65_536)}`, 40_000);
  await using store = await openStore(fs, { recovery: "full" });
  assert.equal(store.queueRange("TopicTest", 0)!.min, 2);
  assert.deepEqual(find(store, 5), [2, 2]);
  // The filled slot has the time of the message before it, which is not to be begun behind.
  assert.equal(store.storeTimeAt(QUEUE, 3), 30);
  assert.deepEqual(find(store, 30), [2, 2]);
  assert.deepEqual(find(store, 40), [4, 2]);
  assert.deepEqual(find(store, 50), [4, 4]);
});

Deno.test("searchByTime() never answers with a slot that was filled, wherever it is", async () => {
  const fs = new MemoryFiles();
  const body = "x".repeat(1000);
  {
    let time = 0;
    await using store = await openStore(fs, { now: () => time });
    for (time of [10, 20, 30, 40, 50, 60, 70, 80]) await put(store, { body });
    // Damage with nothing behind it would be the end of the log.
    await put(store, { topic: "Other" });
  }
  for (const index of [0, 1, 3, 4, 7]) {
    fs.flip(`store/commitlog/${offsetName(0)}`, index * 1100 + 500);
  }
  await using store = await openStore(fs, { recovery: "full" });
  assert.deepEqual(store.queueRange("TopicTest", 0), { min: 0, max: 8 });
  // Only the messages of 30, 60 and 70 are left.
  assert.deepEqual(find(store, 5), [2, 2]);
  assert.deepEqual(find(store, 30), [2, 2]);
  assert.deepEqual(find(store, 45), [5, 2]);
  assert.deepEqual(find(store, 60), [5, 5]);
  assert.deepEqual(find(store, 70), [6, 6]);
  assert.deepEqual(find(store, 75), [8, 6]);
  assert.deepEqual([0, 1, 4, 7].map((at) => store.storeTimeAt(QUEUE, at)), [30, 30, 30, 70]);
});
