import assert from "node:assert/strict";
import { ignoredReason, isJavaSetting, REFUSED } from "./java_settings.ts";

Deno.test("isJavaSetting() tells the programs' settings apart", () => {
  assert(isJavaSetting("broker", "brokerName"));
  assert(!isJavaSetting("namesrv", "brokerName"));
  assert(isJavaSetting("namesrv", "scanNotActiveBrokerInterval"));
  assert(isJavaSetting("broker", "serverWorkerThreads") && isJavaSetting("namesrv", "listenPort"));
  assert(isJavaSetting("broker", "filterServerNums"), "gone since 5.0, yet in old files");
  assert(!isJavaSetting("broker", "listenPrt") && !isJavaSetting("broker", "toString"));
});

Deno.test("ignoredReason() has a reason of its own for the settings operators change most", () => {
  const general = ignoredReason("no such key");
  const often = [
    "sendMessageThreadPoolNums",
    "transientStorePoolSize",
    "haListenPort",
    "timerWarmEnable",
    "destroyMapedFileIntervalForcibly",
    "redeleteHangedFileInterval",
    "useTLS",
    "metricsLabel",
    "waitTimeMillsInSendQueue",
    "combineCQUseRocksdbForLmq",
    "rocksdbCompressionType",
  ];
  for (const key of often) assert.notEqual(ignoredReason(key), general, key);
});

Deno.test("REFUSED names settings that exist", () => {
  for (const [key] of REFUSED) {
    assert(isJavaSetting("broker", key) || isJavaSetting("namesrv", key), key);
  }
});
