import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import { checkpointPage, emptyCheckpoint } from "../checkpoint.ts";
import { MemoryFiles } from "../file_memory.ts";
import { readStoreState } from "./store_state.ts";

const ABORT = "store/abort";
const T0 = 1_700_000_000_000;

/** Three full log files whose first records were stored 1, 11 and 21 s after T0, and a fourth. */
function killed(time: number): MemoryFiles {
  const store = new SmallStore({ segmentBytes: 1200, fileUnits: 100 }).addMany(31).save();
  const checkpoint = { ...emptyCheckpoint(), physicMsgTimestamp: time, logicsMsgTimestamp: time };
  store.files.put("store/checkpoint", checkpointPage(checkpoint));
  store.files.put(ABORT, new Uint8Array(0));
  return store.files;
}

Deno.test("readStoreState() replays nothing of a store that was stopped cleanly", () => {
  const files = killed(T0);
  files.remove(ABORT);
  const state = readStoreState(files, "store");
  assert.equal(state.stoppedCleanly, true);
  assert.equal(state.replayFrom, Infinity);
});

Deno.test("readStoreState() replays from the newest file that begins 3 s before the checkpoint", () => {
  const starts = readStoreState(killed(T0), "store").log.segments.map((it) => it.start);
  assert.deepEqual(starts, [0, 1200, 2400, 3600]);
  const replayFrom = (time: number) => readStoreState(killed(time), "store").replayFrom;
  assert.equal(replayFrom(0), 0);
  assert.equal(replayFrom(T0 + 13_999), 0);
  assert.equal(replayFrom(T0 + 14_000), 1200);
  assert.equal(replayFrom(T0 + 24_000), 2400);
  assert.equal(replayFrom(T0 + 99_000), 3600);
});

Deno.test("readStoreState() replays everything where there is no checkpoint", () => {
  const files = killed(T0 + 99_000);
  files.remove("store/checkpoint");
  const state = readStoreState(files, "store");
  assert.equal(state.checkpoint, undefined);
  assert.equal(state.replayFrom, 0);
});

Deno.test("readStoreState() lists log and queues, and knows of what kind a topic's are", () => {
  const state = readStoreState(storeInMemory("5.5.0-e-bcq-102"), "store");
  assert.equal(state.log.segmentBytes, 65_536);
  const kinds = new Set(state.queues.queues.map(({ kind, topic }) => `${kind} ${topic}`));
  assert(kinds.has("batch T_bcq") && kinds.has("simple T_plain"));
  assert.equal(state.topics.isBatch("T_bcq"), true);
  assert.equal(state.topics.isBatch("T_plain"), false);
});

Deno.test("readStoreState() looks for the log where it is told to", () => {
  const files = storeInMemory("5.5.0-e-timer-102");
  files.rename("store/commitlog", "fast/log");
  const state = readStoreState(files, "store", { commitLogPath: "fast/log" });
  assert.equal(state.log.segments.length, 1);
  assert.equal(readStoreState(files, "store").log.segments.length, 0);
});

Deno.test("readStoreState() takes nothing for an empty store", () => {
  const state = readStoreState(new MemoryFiles(), "nowhere");
  assert.deepEqual([state.log.segments, state.queues.queues], [[], []]);
  assert.equal(state.stoppedCleanly, true);
});
