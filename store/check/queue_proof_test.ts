import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import { CommitLogScan } from "../commit_log_scan.ts";
import { DispatchRequest } from "../dispatch.ts";
import type { MemoryFiles } from "../file_memory.ts";
import { SYS_FLAG } from "../format.ts";
import { formatProperties } from "../properties.ts";
import { readTopicKinds } from "../topic_kinds.ts";
import { proofStateOf } from "./proof_state.ts";
import { type ProvenQueues, QueueProof } from "./queue_proof.ts";
import { readStoreState } from "./store_state.ts";

/** Proves the records of a store from a log offset on. */
function proofOf(files: MemoryFiles, from?: number): ProvenQueues | undefined {
  const state = proofStateOf(readStoreState(files, "store"));
  const proof = new QueueProof(state, readTopicKinds(state.fs, state.paths), 1000);
  const request = new DispatchRequest();
  // What an earlier piece left behind changes nothing.
  for (let round = 0; round < 2; round++) {
    proof.begin();
    const scan = new CommitLogScan(files, state.log, from === undefined ? {} : { from });
    let isProven = true;
    while (isProven && scan.next()) {
      if (scan.kind !== "message") continue;
      request.read(scan.record);
      isProven = proof.record(request, scan.record);
    }
    scan.close();
    if (!isProven) return undefined;
    if (round === 1) return finished(proof);
  }
}

/** What is proven, once all turns are taken. */
function finished(proof: QueueProof): ProvenQueues | undefined {
  const turns = proof.finish();
  for (let turn = turns.next();; turn = turns.next()) if (turn.done === true) return turn.value;
}

Deno.test("QueueProof tells of each queue the indexes it has, in the order in which they came up", () => {
  const store = new SmallStore({ segmentBytes: 65_536, fileUnits: 10 });
  // Ids that are not in their order, one beyond those that are found at once, in several files.
  for (let nth = 0; nth < 200; nth++) {
    store.add({ topic: `Topic${nth % 2}`, queueId: [3, 0, 70, 1][nth % 4]! });
  }
  const { units, queues, deleted } = proofOf(store.save().files)!;
  assert.equal(units, 200);
  assert.deepEqual(deleted, []);
  assert.deepEqual(queues.map(({ topic, queueId, first, end }) => [topic, queueId, first, end]), [
    ["Topic0", 3, 0, 50],
    ["Topic1", 0, 0, 50],
    ["Topic0", 70, 0, 50],
    ["Topic1", 1, 0, 50],
  ]);
  const from = store.log.records[101]!.at;
  const rest = proofOf(store.files, from)!;
  assert.deepEqual([rest.units, rest.queues[0]!.first, rest.queues[0]!.firstAt], [99, 25, from]);
});

Deno.test("QueueProof compares light queues beside a record's own", () => {
  const make = () => {
    const store = new SmallStore({ fileUnits: 20 });
    const properties = formatProperties([
      ["INNER_MULTI_DISPATCH", "%LMQ%a,%LMQ%b"],
      ["INNER_MULTI_QUEUE_OFFSET", "0,4"],
    ]);
    const { length: size } = store.add({ properties });
    for (const [topic, index] of [["%LMQ%a", 0], ["%LMQ%b", 4]] as const) {
      store.queue(topic).queue.put(index, { physicalOffset: 0, size });
    }
    return store.save().files;
  };
  const files = make();
  assert.deepEqual(
    proofOf(files)!.queues.map(({ topic, first, end }) => [topic, first, end]),
    [["TopicTest", 0, 1], ["%LMQ%a", 0, 1], ["%LMQ%b", 4, 5]],
  );
  files.flip("store/consumequeue/%LMQ%b/0/00000000000000000000", 4 * 20 + 7);
  assert.equal(proofOf(files), undefined);
});

Deno.test("QueueProof asks for no units where a record has none, nor in a RocksDB", () => {
  const store = new SmallStore();
  store.add({ sysFlag: SYS_FLAG.transactionPrepared });
  store.log.add({ topic: "../../etc" });
  assert.deepEqual(proofOf(store.save().files), { units: 0, queues: [], deleted: [] });
  const { units, queues } = proofOf(storeInMemory("5.5.0-e-rocksdb-102"))!;
  assert.deepEqual([units, queues], [0, []]);
});

Deno.test("QueueProof counts records of deleted topics, unless the next start may bring them back", () => {
  const store = new SmallStore();
  store.add();
  store.files.put("store/config/topics.json", new TextEncoder().encode('{"topicConfigTable":{}}'));
  const places = [store.log.add({ topic: "Gone" }), store.log.add({ topic: "Gone", queueId: 1 })];
  const { deleted } = proofOf(store.save().files)!;
  const [first, last] = places.map(({ at }) => at);
  assert.deepEqual(deleted, [{ topic: "Gone", records: 2, first, last }]);
  store.files.put("store/abort", new Uint8Array(0));
  store.files.remove("store/checkpoint");
  assert.equal(proofOf(store.files), undefined);
});

Deno.test("QueueProof proves nothing of a batch topic", () => {
  const store = new SmallStore();
  store.add({ topic: "Batch" });
  const unit = new Uint8Array(46).fill(1);
  store.files.put("store/batchconsumequeue/Batch/0/00000000000000000000", unit);
  assert.equal(proofOf(store.save().files), undefined);
});
