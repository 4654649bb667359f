/**
 * What consumers have by a queue's files they have after a repair: queues stay that a wrong attribute
 * or wrong indexes in the log speak against.
 *
 * @module
 */
import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import { differences } from "../../testdata/store_bytes.ts";
import { foundIn } from "../../testdata/verified.ts";
import { CommitLogScan } from "../commit_log_scan.ts";
import type { MemoryFiles } from "../file_memory.ts";
import { MESSAGE_V1, SYS_FLAG } from "../format.ts";
import { writeI64 } from "../layout.ts";
import { storePaths } from "../names.ts";
import { topicOf } from "../record_text.ts";
import { listSegments } from "../segments.ts";
import { applyRepair } from "./repair.ts";

const PATHS = storePaths("store");
const TOPICS_JSON = `${PATHS.config}/topics.json`;

function setQueueType(files: MemoryFiles, topic: string, queueType: string): void {
  const table = JSON.parse(new TextDecoder().decode(files.snapshot().get(TOPICS_JSON)));
  table.topicConfigTable[topic].attributes = { "queue.type": queueType };
  files.put(TOPICS_JSON, new TextEncoder().encode(JSON.stringify(table)));
}

function grave(found: readonly string[]): string[] {
  return found.filter((it) => !it.startsWith("info"));
}

Deno.test("applyRepair() keeps the queues of a topic whose attribute says another kind", async () => {
  for (const isMarked of [false, true]) {
    const files = storeInMemory("5.5.0-a-clean-102");
    setQueueType(files, "T_tags", "BatchCQ");
    if (isMarked) files.put(PATHS.abort, new Uint8Array(0));
    const before = files.snapshot();
    const { applied, left, report } = await applyRepair(files, "store", { allowDataLoss: true });
    // A topic that was deleted may come back after an unclean stop.
    assert.deepEqual(applied.filter(({ file }) => file.includes("T_tags")), []);
    assert.deepEqual([left, report.wrongKinds], [[], [{ topic: "T_tags", queueType: "SimpleCQ" }]]);
    for (const [path, bytes] of before) {
      if (/commitlog|T_tags/.test(path)) assert.deepEqual(files.snapshot().get(path), bytes, path);
    }
    const kinds = grave(await foundIn(files));
    assert.equal(kinds.length, 3);
    assert(kinds.every((it) => it.startsWith("error queue-wrong-kind consumequeue/T_tags/")));
    setQueueType(files, "T_tags", "SimpleCQ");
    assert.deepEqual(grave(await foundIn(files)), [], "nothing else was wrong");
  }
});

Deno.test("applyRepair() leaves queues alone that stand beside those of their topic's kind", async () => {
  const files = storeInMemory("5.5.0-e-bcq-102");
  const simple = "store/consumequeue/T_bcq/0/00000000000000000000";
  const units = files.snapshot().get("store/consumequeue/T_plain/0/00000000000000000000")!;
  files.put(simple, units.slice());
  const { applied } = await applyRepair(files, "store", { allowDataLoss: true });
  assert.deepEqual(applied, []);
  assert.deepEqual(files.snapshot().get(simple), units);
});

Deno.test("applyRepair() keeps units that lead to records whose indexes begin again", async () => {
  const files = storeInMemory("4.9.7-a-clean-101");
  const places: { path: string; at: number }[] = [];
  const scan = new CommitLogScan(files, listSegments(files, PATHS.commitLog));
  while (scan.next()) {
    if (scan.kind !== "message" || topicOf(scan.record) !== "T_tags") continue;
    const { path, start } = scan.segment!;
    if (scan.record.queueId() === 0) places.push({ path, at: scan.at - start });
  }
  scan.close();
  const half = places.length >>> 1;
  for (const [index, { path, at }] of places.slice(half).entries()) {
    const bytes = files.snapshot().get(path)!.slice();
    writeI64(new DataView(bytes.buffer), at + MESSAGE_V1.at.queueOffset, index);
    files.put(path, bytes);
  }
  const before = files.snapshot();
  const found = await foundIn(files);
  const { applied, left, report } = await applyRepair(files, "store", { allowDataLoss: true });
  assert.deepEqual([applied, left, report.unqueued], [[], [], 0]);
  assert.deepEqual(differences(before, files.snapshot()), []);
  assert.deepEqual(await foundIn(files), found);
});

Deno.test("applyRepair() keeps a unit whose record has a flag by which it is never queued", async () => {
  const store = new SmallStore().addMany(5).save();
  const { files, log } = store;
  // The flags of a prepared transaction, and of one rolled back.
  log.flip(log.records[2]!.at + MESSAGE_V1.at.sysFlag + 3, SYS_FLAG.transactionPrepared);
  log.flip(log.records[4]!.at + MESSAGE_V1.at.sysFlag + 3, SYS_FLAG.transactionRollback);
  const before = files.snapshot();
  const { applied } = await applyRepair(files, "store", { allowDataLoss: true });
  assert.deepEqual(applied.filter((it) => it.action !== "rebuild-index"), []);
  assert.deepEqual(differences(before, files.snapshot()), []);
  assert.deepEqual(grave(await foundIn(files)), [
    "error queue-unit-mismatch consumequeue/TopicTest/0/00000000000000000000 40+20",
    "error queue-unit-mismatch consumequeue/TopicTest/0/00000000000000000000 80+20",
  ]);
});

Deno.test("applyRepair() keeps units behind which a record from elsewhere claims an index", async () => {
  const store = new SmallStore().addMany(2);
  // It stands before three others in the log, and says an index behind theirs.
  const { at } = store.log.add({ queueOffset: 7, body: new Uint8Array(9) });
  const { files } = store.addMany(3).save();
  const path = "store/consumequeue/TopicTest/0/00000000000000000000";
  const units = files.snapshot().get(path)!;
  await applyRepair(files, "store", { allowDataLoss: true });
  const after = files.snapshot().get(path)!;
  assert.deepEqual(after.subarray(0, 100), units.subarray(0, 100));
  const queue = new DataView(after.buffer);
  assert.equal(queue.getBigInt64(7 * 20), BigInt(at));
});
