import assert from "node:assert/strict";
import { CLEAN, putText } from "../../testdata/finding_cases.ts";
import { storeInMemory } from "../../testdata/fixture.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import { brief, foundIn, verified } from "../../testdata/verified.ts";
import type { MemoryFiles } from "../file_memory.ts";
import { storePaths } from "../names.ts";
import { writeQueueEnds } from "../queue_ends.ts";

const EPOCHS = "store/epochFileCheckpoint";
const SOUND = "2\n748147593\n1-0\n3-1073741824\n";

function small(): MemoryFiles {
  return new SmallStore().addMany(3).save().files;
}

Deno.test("checkEpochs() takes the backup of a file that cannot be read", async () => {
  const files = small();
  putText(files, EPOCHS, "1\n0\n1-0\n");
  assert.deepEqual(await foundIn(files), []);
  putText(files, EPOCHS, "1\n5\n1-0\n");
  assert.deepEqual(await foundIn(files), ["error epoch-unreadable epochFileCheckpoint 0+8"]);
  putText(files, `${EPOCHS}.bak`, "1\n0\n1-0\n");
  const { findings } = await verified(files);
  assert.deepEqual(findings.map(brief), ["warning epoch-unreadable epochFileCheckpoint 0+8"]);
  assert.match(findings[0]!.message, /has CRC 5, .*; its \.bak can be read$/);
  putText(files, `${EPOCHS}.bak`, "none");
  assert.deepEqual(await foundIn(files), ["error epoch-unreadable epochFileCheckpoint 0+8"]);
});

Deno.test("checkEpochs() compares the last epoch with the end of the log where that is known", async () => {
  const files = small();
  putText(files, EPOCHS, SOUND);
  assert.deepEqual(await foundIn(files), ["warning epoch-ahead epochFileCheckpoint 0+0"]);
  assert.deepEqual(await foundIn(files, { depth: "quick" }), []);
  const { logEnd } = (await verified(files)).summary;
  for (const [start, isAhead] of [[logEnd, false], [logEnd + 1, true]] as const) {
    putText(files, EPOCHS, `2\n0\n1-0\n2-${start}\n`);
    assert.equal((await foundIn(files)).length, isAhead ? 1 : 0, `${start}`);
  }
});

Deno.test("checkSmallFiles() believes a table of queue ends as long as mq would", async () => {
  const files = small();
  const none = { folderTime: -1, topics: [] };
  const ends = { logStart: 0, logEnd: 0, indexEnd: 0, queues: none, batchQueues: none };
  writeQueueEnds(files, storePaths("store"), ends);
  const { findings, summary } = await verified(files);
  assert.deepEqual(findings, []);
  assert.equal(summary.files.mq.bytesSkipped, 0);
  files.flip("store/checkpoint", 7);
  const stale = (await foundIn(files)).filter((line) => line.includes("queueends"));
  assert.equal(stale.length, 1);
});

Deno.test("checkSmallFiles() names each folder it cannot read once, and no empty database", async () => {
  const files = storeInMemory(CLEAN);
  const sound = new Set(await foundIn(files));
  assert(files.stat("store/rocksdbstore/CURRENT") !== undefined, "Java 5.5 always makes one");
  files.put("store/rocksdbstore/000123.sst", new Uint8Array(70));
  files.put("store/rocksdbstore/000124.sst", new Uint8Array(30));
  files.put("store/compaction/compactionLog/T/0/00000000000000000000", new Uint8Array(9));
  files.put("store/dledger-n1/data/00000000000000000000", new Uint8Array(8));
  files.put("store/dledger-n1/index/00000000000000000000", new Uint8Array(8));
  const { findings, summary } = await verified(files);
  const found = findings.filter((it) => !sound.has(brief(it)));
  assert.deepEqual(found.map((it) => [it.code, it.file, /\d+ bytes in .*/.exec(it.message)?.[0]]), [
    ["store-not-read", "store/compaction", "9 bytes in 1 file"],
    ["store-not-read", "store/dledger-n1", "16 bytes in 2 files"],
    ["store-not-read", "store/rocksdbstore", "100 bytes in 2 files"],
  ]);
  for (const kind of ["compaction", "dledger", "rocksdb"] as const) {
    assert.equal(summary.files[kind].bytesChecked, 0);
  }
});
