import assert from "node:assert/strict";
import { type BrokerConfig, completeBrokerConfig } from "./broker_config.ts";
import { storeOptionsOf } from "./store_settings.ts";

function optionsOf(given: Partial<BrokerConfig> = {}) {
  return storeOptionsOf(completeBrokerConfig(given, { hostname: "a", address: "10.0.0.1" }));
}

Deno.test("storeOptionsOf() turns bytes into units and pages into bytes", () => {
  const options = optionsOf({ mappedFileSizeConsumeQueue: 201, flushCommitLogLeastPages: 3 });
  assert.equal(options.queueFileUnits, 11);
  assert.equal(options.intervals?.flushBytesMin, 3 * 4096);
  assert.equal(optionsOf().flushMode, "ASYNC_FLUSH");
  assert.equal(optionsOf({ flushDiskType: "SYNC_FLUSH" }).flushMode, "SYNC_FLUSH");
});

Deno.test("storeOptionsOf() leaves out what is switched off", () => {
  const off = optionsOf({ commitIntervalCommitLog: 1, maxLmqConsumeQueueNum: 3 });
  for (const key of ["queueExtFileBytes", "transientPool", "lightQueuesMax"]) {
    assert(!(key in off), key);
  }
  assert.equal(off.lightQueues, false);
  const on = optionsOf({
    enableConsumeQueueExt: true,
    enableLmq: true,
    enableMultiDispatch: true,
    enableLmqQuota: true,
    maxLmqConsumeQueueNum: 3,
    transientStorePoolEnable: true,
    commitIntervalCommitLog: 50,
    commitCommitLogThoroughInterval: 20,
    commitCommitLogLeastPages: 2,
  });
  assert.equal(on.queueExtFileBytes, 48 << 20);
  assert.equal(on.lightQueues, true);
  assert.equal(on.lightQueuesMax, 3);
  // What is less than some pages waits for the longer of the two.
  assert.deepEqual(on.transientPool, { commitIntervalMs: 50, commitBytesMin: 8192 });
});
