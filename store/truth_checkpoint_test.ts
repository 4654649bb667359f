import assert from "node:assert/strict";
import { readTruth, storeInMemory } from "../testdata/fixture.ts";
import { describedStore, loadedStores } from "../testdata/store_cases.ts";
import { checkpointPage, readCheckpoint } from "./checkpoint.ts";

const PATH = "store/checkpoint";

for (const store of loadedStores()) {
  Deno.test(`readCheckpoint() reads what Java wrote: ${store.name}`, () => {
    const truth = readTruth(store.name);
    const files = describedStore(store);
    const checkpoint = readCheckpoint(files, PATH);
    assert(checkpoint !== undefined);
    assert.deepEqual(checkpointPage(checkpoint), files.snapshot().get(PATH));
    const { physicMsgTimestamp, logicsMsgTimestamp, indexMsgTimestamp } = truth.checkpoint;
    assert.equal(checkpoint.physicMsgTimestamp, physicMsgTimestamp);
    assert.equal(checkpoint.indexMsgTimestamp, indexMsgTimestamp);
    const last = truth.log.at(-1)!;
    const isAfterJava = store.described === "after-java-recovery";
    // The truth was taken before the stop, at which 5.5 stamps the queues if it had written to them.
    const stamps = isAfterJava ? [logicsMsgTimestamp, last.storeTimestamp] : [logicsMsgTimestamp];
    assert(stamps.includes(checkpoint.logicsMsgTimestamp));
    assert.equal(checkpoint.masterFlushedOffset, 0);
    // Recovery confirms the start of the last record, not its end.
    const confirmed = isAfterJava && truth.version === "5.5.0" ? last.commitLogOffset : 0;
    assert.equal(checkpoint.confirmPhyOffset, confirmed);
  });
}

Deno.test("readCheckpoint() tells a store without a checkpoint", () => {
  assert.equal(readCheckpoint(storeInMemory("5.5.0-c-damage-102-nocheckpoint"), PATH), undefined);
});
