import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { hasTreeAfterJava, storeInMemory, storeNames } from "../testdata/fixture.ts";
import { SmallStore } from "../testdata/small_store.ts";
import { differences } from "../testdata/store_bytes.ts";
import { BatchQueueTable } from "./batch_queue_table.ts";
import { writeConfigFile } from "./config_file.ts";
import type { MemoryFiles } from "./file_memory.ts";
import { KeyIndex } from "./key_index.ts";
import { storePaths } from "./names.ts";
import { OpenFiles } from "./open_files.ts";
import { QueueTable } from "./queue_table.ts";
import { recoverStore } from "./recovery.ts";
import type { RecoveryReport } from "./recovery_report.ts";
import { readTopicKinds } from "./topic_kinds.ts";

const PATHS = storePaths("store");

/** All files of queues. */
function queuesOf(fs: MemoryFiles): Map<string, Uint8Array> {
  return new Map([...fs.snapshot()].filter(([path]) => path.includes("consumequeue/")));
}

function filesOf(fs: MemoryFiles, folder: string): string[] {
  return fs.list(folder).map((name) => join(folder, name));
}

function told({ actions }: RecoveryReport): string[] {
  return actions.map(({ action, file, from, to, reason }) => {
    return `${action} ${file.replace("store/", "")} ${from}-${to}: ${reason}`;
  });
}

/** Recovers a store without a table as after a clean stop. */
async function surveyed(fs: MemoryFiles): Promise<RecoveryReport> {
  using files = new OpenFiles(fs);
  const queues = new QueueTable(files, { directory: PATHS.consumeQueue, fileUnits: 60 });
  queues.load();
  const { isBatch } = readTopicKinds(fs, PATHS);
  const directory = PATHS.batchConsumeQueue;
  const batchQueues = new BatchQueueTable(files, { directory, fileUnits: 60, isBatch });
  batchQueues.load();
  const index = new KeyIndex(files, {
    directory: PATHS.index,
    geometry: { slots: 100, entries: 400 },
    onComplete: () => {},
  });
  const times = { minTimestamp: 0, indexMsgTimestamp: 0 };
  const input = { fs, paths: PATHS, queues, batchQueues, index, ...times };
  const report = await recoverStore({ ...input, mode: "clean" });
  await index.sync();
  return report;
}

Deno.test("after a clean stop of Java nothing is written where everything is current", async () => {
  let compared = 0;
  for (const name of storeNames()) {
    for (const tree of ["recorded", "after-java-recovery"] as const) {
      if (tree !== "recorded" && !hasTreeAfterJava(name)) continue;
      // What was damaged by hand is not current, nor what Java made of it.
      if (/-c-(damage|flip)-|rocksdb/.test(name)) continue;
      const fs = storeInMemory(name, tree);
      if (fs.stat(PATHS.abort) !== undefined) continue;
      const before = fs.snapshot();
      const { reason, units, keys } = await surveyed(fs);
      assert.equal(reason, "stopped cleanly; every queue leads to its last record", name);
      assert.deepEqual([units, keys, differences(before, fs.snapshot())], [0, 0, []], name);
      compared++;
    }
  }
  assert(compared > 15);
});

Deno.test("after a clean stop of Java any queue of the newest files that is spoiled is built again", async () => {
  for (const name of ["4.9.7-a-clean-101", "5.5.0-e-bcq-102", "5.5.0-e-lmq-102"]) {
    const whole = queuesOf(storeInMemory(name));
    for (const folder of new Set([...whole.keys()].map((path) => dirname(path)))) {
      const fs = storeInMemory(name);
      const path = filesOf(fs, folder).at(-1)!;
      fs.put(path, new Uint8Array(fs.stat(path)!.size));
      await surveyed(fs);
      assert.deepEqual(differences(whole, queuesOf(fs)), [], `${name}: ${folder}`);
    }
  }
});

/** A store of several log files of which the first only holds queue 1. */
function oldAndNew(): SmallStore {
  const store = new SmallStore({ segmentBytes: 1000 });
  store.addMany(6, { queueId: 1, body: new Uint8Array(50) });
  return store.addMany(40, { queueId: 0, body: new Uint8Array(50) }).save();
}

Deno.test("without a table a consumer that has got farther than its queue tells that it is short", async () => {
  const { files: fs } = oldAndNew();
  const whole = queuesOf(fs);
  const path = "store/consumequeue/TopicTest/1/00000000000000000000";
  const spoil = () => fs.zero(path, 60, 60);
  spoil();
  assert.match((await surveyed(fs)).reason, /every queue leads to its last record$/);
  const offsets = (offset: number) => {
    return writeConfigFile(fs, "store/config/consumerOffset.json", {
      offsetTable: { "TopicTest@group": { 1: offset }, "Gone@group": { 0: 77 } },
    });
  };
  await offsets(3);
  assert.equal((await surveyed(fs)).units, 0);
  await offsets(6);
  const report = await surveyed(fs);
  assert.deepEqual(told(report), [
    "rebuild-queue consumequeue/TopicTest/1 3-6: a consumer has got as far as 6: " +
    "units 3 to 6 were missing",
  ]);
  assert.deepEqual(differences(whole, queuesOf(fs)), []);
});

Deno.test("without a table a queue whose last unit leads nowhere is built from the log", async () => {
  const store = oldAndNew();
  const { files: fs, log } = store;
  const whole = queuesOf(fs);
  store.queue("TopicTest", 0).queue.put(40, { physicalOffset: log.end, size: 150 });
  store.queue("TopicTest", 1).queue.put(5, { physicalOffset: log.records[45]!.at, size: 150 });
  const report = await surveyed(fs);
  assert.equal(report.reason, "stopped cleanly; 2 queues are not what the log calls for");
  assert.equal(report.actions.length, 2);
  assert.deepEqual(differences(whole, queuesOf(fs)), []);
});

Deno.test("without a table an index that lacks its last file gets the keys of the newest log files", async () => {
  const store = new SmallStore({ segmentBytes: 4096 });
  for (let nth = 0; nth < 30; nth++) store.add({ properties: `KEYS\u0001key${nth}\u0002` });
  store.save();
  const { files: fs } = store;
  // The file it was made with has no room for all.
  assert.equal((await surveyed(fs)).keys, 11);
  const whole = fs.snapshot();
  const paths = filesOf(fs, PATHS.index);
  assert.equal(paths.length, 2);
  fs.remove(paths[1]!);
  assert.equal((await surveyed(fs)).keys, 11);
  assert.deepEqual(differences(whole, fs.snapshot()), []);
  assert.equal((await surveyed(fs)).keys, 0);
});

Deno.test("after a clean stop of Java a queue that lacks an older file, or has an older copy, is built again", async () => {
  let spoilt = 0;
  for (const name of ["4.2.0-a-clean-103", "4.9.7-a-clean-101", "5.5.0-a-clean-102"]) {
    const whole = queuesOf(storeInMemory(name));
    for (const path of whole.keys()) {
      if (filesOf(storeInMemory(name), dirname(path)).at(-1) === path) continue;
      for (const kept of [0, 100] as const) {
        const fs = storeInMemory(name);
        if (kept === 0) fs.remove(path);
        else fs.zero(path, kept, fs.stat(path)!.size - kept);
        const { reason } = await surveyed(fs);
        assert.equal(reason, "stopped cleanly; 1 queue is not what the log calls for", path);
        assert.deepEqual(differences(whole, queuesOf(fs)), [], `${name}: ${path}`);
        spoilt++;
      }
    }
  }
  assert(spoilt > 4, `only ${spoilt} files could be spoilt`);
});
