import assert from "node:assert/strict";
import { MemoryFiles } from "../file_memory.ts";
import { expectFiles } from "./expected_files.ts";
import { FILE_KINDS } from "./findings.ts";
import { readStoreState } from "./store_state.ts";
import { Tally } from "./summary.ts";

const FIRST = "00000000000000000000";

function counted(
  paths: readonly string[],
  options: { readonly commitLogPath?: string } = {},
): Record<string, number> {
  const files = new MemoryFiles();
  for (const path of paths) files.put(path, new Uint8Array(1));
  const tally = new Tally();
  Array.from(expectFiles(readStoreState(files, "store", options), tally));
  const { files: kinds } = tally.summary({ depth: "quick", stoppedCleanly: true });
  const all = FILE_KINDS.map((kind) => [kind, kinds[kind].files] as const);
  return Object.fromEntries(all.filter(([, count]) => count > 0));
}

Deno.test("expectFiles() knows the kind of every file by its place", () => {
  const paths = [
    `store/commitlog/${FIRST}`,
    `store/consumequeue/T/0/${FIRST}`,
    `store/batchconsumequeue/B/3/${FIRST}`,
    `store/consumequeue_ext/T/0/${FIRST}`,
    "store/index/20261121091601736",
    "store/checkpoint",
    "store/config/topics.json",
    "store/timerwheel",
    "store/epochFileCheckpoint",
    "store/queueends",
    "store/lock",
    "store/rocksdbstore/CURRENT",
    `store/compaction/compactionLog/T/0/${FIRST}`,
    "store/tiered_index_file/x",
    `store/dledger-n0/data/${FIRST}`,
  ];
  const each = Object.fromEntries(FILE_KINDS.slice(0, -1).map((kind) => [kind, 1]));
  assert.deepEqual(counted(paths), each);
});

Deno.test("expectFiles() counts backups with the files they stand in for", () => {
  assert.deepEqual(counted(["store/config/topics.json.bak", "store/config/timermetrics.bak"]), {
    config: 2,
  });
  assert.deepEqual(counted(["store/epochFileCheckpoint.bak"]), { epoch: 1 });
  // Java 5.x leaves it behind, too.
  assert.deepEqual(counted(["store/abort", "store/abort.bak"]), { marker: 2 });
});

Deno.test("expectFiles() counts all that keeps timed messages", () => {
  const paths = ["store/timerwheel", `store/timerlog/${FIRST}`, "store/config/timercheck"];
  assert.deepEqual(counted(paths), { timer: 3 });
});

Deno.test("expectFiles() counts what mq keeps for itself, what it kept aside included", () => {
  const paths = ["store/queueends", "store/recoveryprogress", "store/quarantine/log-tail-0"];
  assert.deepEqual(counted(paths), { mq: 3 });
});

Deno.test("expectFiles() counts as other whatever belongs to nothing", () => {
  const paths = [
    "store/checkpoint.bak",
    "store/timerlog/notes",
    "store/config/topics.json.bak2",
    "store/dledger",
    "store/index/notes",
    "store/commitlog/notes",
    `store/commitlog/folder/${FIRST}`,
    "store/consumequeue/notes",
    `store/consumequeue/T/${FIRST}`,
    `store/consumequeue/T/no-number/${FIRST}`,
    `store/consumequeue/T/0/deeper/${FIRST}`,
    "store/consumequeue/T/0/notes",
  ];
  assert.deepEqual(counted(paths), { other: paths.length });
});

Deno.test("expectFiles() counts the files of a RocksDB, wherever a broker keeps one", () => {
  const paths = [
    "store/consumequeue/CURRENT",
    `store/consumequeue/T/0/${FIRST}`,
    "store/config/topics/000011.sst",
    "store/config/consumerOffsets/CURRENT",
  ];
  assert.deepEqual(counted(paths), { rocksdb: 4 });
});

Deno.test("expectFiles() counts a log that lies elsewhere", () => {
  const paths = [`fast/${FIRST}`, "store/checkpoint"];
  assert.deepEqual(counted(paths, { commitLogPath: "fast" }), { commitlog: 1, checkpoint: 1 });
  assert.deepEqual(counted([`store/log/${FIRST}`], { commitLogPath: "store/log" }), {
    commitlog: 1,
  });
});
