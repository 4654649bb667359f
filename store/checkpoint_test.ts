import assert from "node:assert/strict";
import {
  type Checkpoint,
  checkpointPage,
  emptyCheckpoint,
  minTimestamp,
  readCheckpoint,
  writeCheckpoint,
} from "./checkpoint.ts";
import { MemoryFiles } from "./file_memory.ts";

const SAMPLE: Checkpoint = {
  physicMsgTimestamp: 1_700_000_010_000,
  logicsMsgTimestamp: 1_700_000_020_000,
  indexMsgTimestamp: 1_700_000_005_000,
  masterFlushedOffset: 7,
  confirmPhyOffset: 5_000_000_000,
  logicsPhysicalOffset: 8,
};

Deno.test("readCheckpoint() gives back what writeCheckpoint() wrote, in place", async () => {
  const fs = new MemoryFiles();
  fs.makeDirectory("store");
  const file = fs.openWrite("store/checkpoint");
  for (const checkpoint of [SAMPLE, emptyCheckpoint(), SAMPLE]) {
    await writeCheckpoint(file, checkpoint);
    assert.deepEqual(readCheckpoint(fs, "store/checkpoint"), checkpoint);
    assert.equal(file.size(), 4096);
  }
  assert.deepEqual(fs.list("store"), ["checkpoint"]);
});

Deno.test("checkpointPage() is zero behind the fields", () => {
  const page = checkpointPage(SAMPLE);
  assert.equal(page.length, 4096);
  assert(page.subarray(48).every((byte) => byte === 0));
});

Deno.test("readCheckpoint() tells a missing or empty file, and reads a short one as far as it goes", () => {
  const fs = new MemoryFiles();
  assert.equal(readCheckpoint(fs, "checkpoint"), undefined);
  fs.put("checkpoint", new Uint8Array(0));
  assert.equal(readCheckpoint(fs, "checkpoint"), undefined);
  fs.put("checkpoint", checkpointPage(SAMPLE).subarray(0, 24));
  assert.deepEqual(readCheckpoint(fs, "checkpoint"), {
    ...SAMPLE,
    masterFlushedOffset: 0,
    confirmPhyOffset: 0,
    logicsPhysicalOffset: 0,
  });
});

Deno.test("minTimestamp() is three seconds before the smaller of log and queues, never negative", () => {
  assert.equal(minTimestamp(SAMPLE), 1_700_000_007_000);
  assert.equal(
    minTimestamp({ ...SAMPLE, logicsMsgTimestamp: 1_700_000_000_000 }),
    1_699_999_997_000,
  );
  assert.equal(minTimestamp({ ...SAMPLE, physicMsgTimestamp: 2_999 }), 0);
  assert.equal(minTimestamp(emptyCheckpoint()), 0);
});
