import assert from "node:assert/strict";
import { type Checkpoint, checkpointPage, emptyCheckpoint, readCheckpoint } from "../checkpoint.ts";
import { MemoryFiles } from "../file_memory.ts";
import { storePaths } from "../names.ts";
import { repairCheckpoint } from "./checkpoint_repair.ts";

const PATHS = storePaths("store");
const END = { offset: 1000, timestamp: 5000 };

function withCheckpoint(fields: Partial<Checkpoint>): MemoryFiles {
  const files = new MemoryFiles();
  files.put(PATHS.checkpoint, checkpointPage({ ...emptyCheckpoint(), ...fields }));
  return files;
}

Deno.test("repairCheckpoint() leaves one that lags, or is right to the byte", () => {
  for (const physicMsgTimestamp of [0, 4000, 5000]) {
    const files = withCheckpoint({ physicMsgTimestamp, confirmPhyOffset: 1000 });
    const before = files.snapshot();
    assert.equal(repairCheckpoint(files, PATHS, END), undefined);
    assert.deepEqual(files.snapshot(), before);
  }
});

Deno.test("repairCheckpoint() limits every field to what the log holds and keeps the others", () => {
  const files = withCheckpoint({
    physicMsgTimestamp: 5001,
    logicsMsgTimestamp: 4000,
    indexMsgTimestamp: 9000,
    masterFlushedOffset: 77,
    confirmPhyOffset: 1001,
    logicsPhysicalOffset: 999,
  });
  const done = repairCheckpoint(files, PATHS, END)!;
  assert.equal(done.action, "write-checkpoint");
  assert.match(done.reason, /^physicMsgTimestamp, indexMsgTimestamp, confirmPhyOffset ahead/);
  assert.deepEqual(readCheckpoint(files, PATHS.checkpoint), {
    physicMsgTimestamp: 5000,
    logicsMsgTimestamp: 4000,
    indexMsgTimestamp: 5000,
    masterFlushedOffset: 77,
    confirmPhyOffset: 1000,
    logicsPhysicalOffset: 999,
  });
  assert.equal(repairCheckpoint(files, PATHS, END), undefined);
});

Deno.test("repairCheckpoint() makes a missing or empty one: everything was just brought to the disk", () => {
  for (const content of [undefined, new Uint8Array(0)]) {
    const files = new MemoryFiles();
    files.makeDirectory("store");
    if (content !== undefined) files.put(PATHS.checkpoint, content);
    assert.equal(repairCheckpoint(files, PATHS, END)!.reason, "missing or empty");
    const { physicMsgTimestamp, logicsMsgTimestamp, indexMsgTimestamp } = readCheckpoint(
      files,
      PATHS.checkpoint,
    )!;
    assert.deepEqual([physicMsgTimestamp, logicsMsgTimestamp, indexMsgTimestamp], [
      5000,
      5000,
      5000,
    ]);
    assert.equal(files.stat(PATHS.checkpoint)!.size, 4096);
  }
});

Deno.test("repairCheckpoint() makes none for a store that never had a message", () => {
  const files = new MemoryFiles();
  assert.equal(repairCheckpoint(files, PATHS, { offset: 0, timestamp: 0 }), undefined);
});

Deno.test("repairCheckpoint() gives a file of a wrong length the right one", () => {
  for (const size of [24, 5000]) {
    const files = withCheckpoint({ physicMsgTimestamp: 3000 });
    files.openWrite(PATHS.checkpoint).truncate(size);
    assert.equal(repairCheckpoint(files, PATHS, END)!.reason, `${size} bytes instead of 4096`);
    assert.equal(files.stat(PATHS.checkpoint)!.size, 4096);
    assert.equal(readCheckpoint(files, PATHS.checkpoint)!.physicMsgTimestamp, 3000);
  }
});
