import assert from "node:assert/strict";
import { recordBytes, sampleMessage } from "../testdata/small_log.ts";
import { MAGIC, SYS_FLAG } from "./format.ts";
import { isQueued, readMessage, transactionState, writeMessage } from "./message.ts";

Deno.test("readMessage() and writeMessage() follow the layout the magic names", () => {
  for (const magic of [MAGIC.v1, MAGIC.v2]) {
    const message = sampleMessage({ magic, topic: "t".repeat(127), physicalOffset: 12_345 });
    const view = new DataView(new ArrayBuffer(message.totalSize + 9));
    assert.equal(writeMessage(view, 9, message), message.totalSize);
    assert.deepEqual(readMessage(view, 9), message);
  }
  assert.equal(
    recordBytes(sampleMessage({ magic: MAGIC.v2 })).length,
    recordBytes(sampleMessage()).length + 1,
  );
});

Deno.test("transactionState() and isQueued() read the two transaction bits only", () => {
  const { compressed, innerBatch, storeHostV6 } = SYS_FLAG;
  const cases = [
    [0, "none", true],
    [SYS_FLAG.transactionPrepared, "prepared", false],
    [SYS_FLAG.transactionCommit, "commit", true],
    [SYS_FLAG.transactionRollback, "rollback", false],
  ] as const;
  for (const [flag, state, queued] of cases) {
    for (const other of [0, compressed | innerBatch | storeHostV6]) {
      assert.equal(transactionState(flag | other), state);
      assert.equal(isQueued(flag | other), queued);
    }
  }
});
