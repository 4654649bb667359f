import assert from "node:assert/strict";
import { SmallStore } from "../../testdata/small_store.ts";
import { CommitLogScan } from "../commit_log_scan.ts";
import type { MemoryFiles } from "../file_memory.ts";
import { formatProperties } from "../properties.ts";
import { DispatchProof, type ProvenDispatch } from "./dispatch_proof.ts";
import { proofStateOf } from "./proof_state.ts";
import { readStoreState } from "./store_state.ts";

const QUEUE = "store/consumequeue/TopicTest/0/00000000000000000000";

/** As many messages as an index file has room for, with a key each. */
function small(): MemoryFiles {
  const store = new SmallStore({ segmentBytes: 4096, fileUnits: 40 });
  for (let nth = 0; nth < 19; nth++) {
    store.add({ properties: formatProperties([["KEYS", `k${nth}`]]) });
  }
  return store.save().files;
}

function proven(files: MemoryFiles): ProvenDispatch | undefined {
  const state = proofStateOf(readStoreState(files, "store"));
  const proof = new DispatchProof(state, {});
  const scan = new CommitLogScan(files, state.log);
  try {
    if (!proof.begin(0)) return undefined;
    while (scan.next()) {
      if (scan.kind === "message" && !proof.record(scan.record)) return undefined;
    }
    const turns = proof.finish();
    let turn = turns.next();
    while (turn.done !== true) turn = turns.next();
    return turn.value;
  } finally {
    scan.close();
    proof.close();
    proof.close();
  }
}

Deno.test("DispatchProof proves what queues and index have of a piece", () => {
  const { queues, index } = proven(small())!;
  assert.equal(queues.units, 19);
  assert.deepEqual(queues.queues.map(({ first, end }) => [first, end]), [[0, 19]]);
  assert.deepEqual([index.keys, index.records], [19, 19]);
});

Deno.test("DispatchProof proves nothing where a unit or an entry is not as it should be", () => {
  const files = small();
  files.flip(QUEUE, 7);
  assert.equal(proven(files), undefined, "a unit");
  const others = small();
  const [name] = others.list("store/index");
  others.zero(`store/index/${name}`, 0, others.stat(`store/index/${name}`)!.size);
  assert.equal(proven(others), undefined, "the index");
});
