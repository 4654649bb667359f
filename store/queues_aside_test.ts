import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { openStore, put } from "../testdata/open_store.ts";
import { differences, type StoreBytes } from "../testdata/store_bytes.ts";
import { foundIn } from "../testdata/verified.ts";
import { writeConfigFile } from "./config_file.ts";
import { MemoryFiles } from "./file_memory.ts";
import { SYS_FLAG } from "./format.ts";
import { storePaths } from "./names.ts";
import { formatProperties } from "./properties.ts";
import type { RecoveryReport } from "./recovery_report.ts";
import type { Store } from "./store.ts";

const PATHS = storePaths("store");
const LIGHT = "%LMQ%light";
const LOG_FILE_BYTES = 4096;
const PUTS = 45;

/** Queues that get messages all the time. */
const BUSY = ["A/0", "A/1", `${LIGHT}/0`, "Batch/0"];

function folderOf(queue: string): string {
  return queue.startsWith("Batch")
    ? join(PATHS.batchConsumeQueue, queue)
    : join(PATHS.consumeQueue, queue);
}

function open(fs: MemoryFiles, now: () => number = () => 1_700_000_999_000): Promise<Store> {
  return openStore(fs, {
    segmentBytes: LOG_FILE_BYTES,
    queueFileUnits: 10,
    batchQueueFileUnits: 10,
    isBatchTopic: (topic) => topic === "Batch",
    lightQueues: true,
    now,
  });
}

async function putAll(store: Store): Promise<void> {
  const light = formatProperties([["INNER_MULTI_DISPATCH", LIGHT]]);
  for (const queueId of [0, 1]) {
    await put(store, { topic: "A", queueId, properties: queueId === 0 ? light : "" });
  }
  const batch = formatProperties([["INNER_NUM", "3"]]);
  const sysFlag = SYS_FLAG.innerBatch | SYS_FLAG.needUnwrap;
  await put(store, { topic: "Batch", sysFlag, properties: batch });
}

/** A store whose broker was killed after everything had been flushed, and its queues half way. */
async function killed(): Promise<{ fs: MemoryFiles; older: StoreBytes }> {
  const fs = new MemoryFiles();
  let now = 1_700_000_000_000;
  const topic = (topicName: string, attributes = {}) => ({
    [topicName]: { topicName, readQueueNums: 4, writeQueueNums: 4, perm: 6, attributes },
  });
  await writeConfigFile(fs, "store/config/topics.json", {
    topicConfigTable: {
      ...topic("A"),
      ...topic("Idle"),
      ...topic("Batch", { "queue.type": "BatchCQ" }),
    },
  });
  let older: StoreBytes = new Map();
  for (const [from, to] of [[0, 17], [17, PUTS]] as const) {
    if (from > 0) older = fs.snapshot();
    await using store = await open(fs, () => now += 1000);
    for (let nth = from; nth < to; nth++) {
      await putAll(store);
      if (nth < 15) await put(store, { topic: "Idle" });
    }
  }
  fs.remove(PATHS.queueEnds);
  fs.put(PATHS.abort, new Uint8Array(0));
  return { fs, older };
}

function filesOf(fs: MemoryFiles, folder: string): string[] {
  return fs.list(folder).map((name) => join(folder, name));
}

function queuesOf(fs: MemoryFiles): Map<string, Uint8Array> {
  return new Map([...fs.snapshot()].filter(([path]) => path.includes("consumequeue/")));
}

/** Opens the store, stops it, and tells what the start did. */
async function restarted(fs: MemoryFiles): Promise<RecoveryReport> {
  await using store = await open(fs);
  assert.equal(store.recovery.mode, "unclean");
  return store.recovery;
}

type Deed = (fs: MemoryFiles, folder: string, older: StoreBytes) => void;

const DEEDS: Readonly<Record<string, Deed>> = {
  "the folder is gone": (fs, folder) => fs.remove(folder),
  "the first file is gone": (fs, folder) => fs.remove(filesOf(fs, folder)[0]!),
  "a file in the middle is gone": (fs, folder) => fs.remove(filesOf(fs, folder)[1]!),
  "all but the last file are gone": (fs, folder) => {
    for (const path of filesOf(fs, folder).slice(0, -1)) fs.remove(path);
  },
  "it is an older copy": (fs, folder, older) => {
    for (const path of filesOf(fs, folder)) {
      const bytes = older.get(path);
      if (bytes === undefined) fs.remove(path);
      else fs.put(path, bytes.slice());
    }
  },
  "a file in the middle is an older copy": (fs, folder, older) => {
    const path = filesOf(fs, folder)[1]!;
    fs.put(path, older.get(path)!.slice());
  },
  "the first file has the content of the second": (fs, folder) => {
    const [first, second] = filesOf(fs, folder);
    fs.put(first!, fs.snapshot().get(second!)!.slice());
  },
};

for (const [what, deed] of Object.entries(DEEDS)) {
  Deno.test(`after a kill, a queue of which ${what} is built again from the log`, async () => {
    for (const queue of BUSY) {
      const { fs, older } = await killed();
      const whole = queuesOf(fs);
      deed(fs, folderOf(queue), older);
      assert.notDeepEqual(differences(whole, queuesOf(fs)), [], queue);
      const report = await restarted(fs);
      assert(report.from > 0, "the first pass begins where the checkpoint says");
      assert.match(report.reason, /; 1 queue is not what the log calls for: built from \d+ on$/);
      assert.deepEqual(differences(whole, queuesOf(fs)), [], queue);
      if (!queue.startsWith("Batch")) {
        const told = report.actions.filter((it) => it.action === "rebuild-queue");
        assert.deepEqual(told.map((it) => it.file), [folderOf(queue)], queue);
      }
      assert.deepEqual(await foundIn(fs), [], queue);
    }
  });
}

Deno.test("after a kill, queues that lack nothing are not looked for a second time", async () => {
  const { fs } = await killed();
  const whole = queuesOf(fs);
  const { reason, from } = await restarted(fs);
  assert(from > 2 * LOG_FILE_BYTES);
  assert.match(reason, /is not younger than the checkpoint$/);
  assert.deepEqual(differences(whole, queuesOf(fs)), []);
});

Deno.test("after a kill, with no queue left at all one pass builds everything", async () => {
  const { fs } = await killed();
  const whole = queuesOf(fs);
  fs.remove(PATHS.consumeQueue);
  fs.remove(PATHS.batchConsumeQueue);
  const { reason, from } = await restarted(fs);
  assert.deepEqual([reason, from], ["no queue holds anything", 0]);
  assert.deepEqual(differences(whole, queuesOf(fs)), []);
});

Deno.test("after a kill, a queue without new messages is missed by its consumers", async () => {
  const offsets = (fs: MemoryFiles, offset: number) =>
    writeConfigFile(fs, "store/config/consumerOffset.json", {
      offsetTable: { "Idle@group": { 0: offset }, "Gone@group": { 0: 99 } },
    });
  for (const [consumed, isNoticed] of [[15, true], [1, true], [0, false]] as const) {
    const { fs } = await killed();
    const whole = queuesOf(fs);
    fs.remove(folderOf("Idle/0"));
    await offsets(fs, consumed);
    const { actions } = await restarted(fs);
    assert.equal(actions.length, isNoticed ? 1 : 0);
    if (!isNoticed) continue;
    assert.equal(
      actions[0]!.reason,
      `a consumer has got as far as ${consumed}: units 0 to 15 were missing`,
    );
    assert.deepEqual(differences(whole, queuesOf(fs)), []);
  }
});

Deno.test("after a kill, whatever was done to the queues, they are what a full recovery makes of them", async () => {
  const { fs: sound } = await killed();
  const whole = queuesOf(sound);
  const deed = fc.constantFrom(undefined, undefined, ...Object.keys(DEEDS));
  const plan = fc.array(deed, { minLength: BUSY.length, maxLength: BUSY.length });
  await fc.assert(
    fc.asyncProperty(plan, async (deeds) => {
      const { fs, older } = await killed();
      for (const [nth, name] of deeds.entries()) {
        if (name !== undefined) DEEDS[name]!(fs, folderOf(BUSY[nth]!), older);
      }
      await restarted(fs);
      assert.deepEqual(differences(whole, queuesOf(fs)), []);
    }),
    { numRuns: 40 },
  );
});

Deno.test("after a kill, where old messages have expired, a queue gets what the log still has", async () => {
  for (const queue of BUSY) {
    const { fs } = await killed();
    fs.remove(`store/commitlog/${"0".repeat(20)}`);
    const expected = await rangeOf(fs, queue);
    assert(expected.min > 0 && expected.max > expected.min, queue);
    fs.put(PATHS.abort, new Uint8Array(0));
    fs.remove(PATHS.queueEnds);
    fs.remove(folderOf(queue));
    assert.deepEqual(await rangeOf(fs, queue), expected, queue);
  }
});

async function rangeOf(fs: MemoryFiles, queue: string): Promise<{ min: number; max: number }> {
  const [topic, queueId] = queue.split("/");
  await using store = await open(fs);
  return store.queueRange(topic!, Number(queueId))!;
}
