import assert from "node:assert/strict";
import { capturedBodies } from "../../testdata/bodies.ts";
import { RETENTION_SETTINGS } from "../../store/retention.ts";
import {
  type BrokerConfig,
  completeBrokerConfig,
  defaultBrokerConfig,
  isLoopback,
  retentionOf,
} from "./broker_config.ts";

const HOST = { hostname: "broker-a", address: "10.0.0.5" };

function complete(given: Partial<BrokerConfig>): BrokerConfig {
  return completeBrokerConfig(given, HOST);
}

/** Settings that each recorded Java broker told of itself, with its release. */
function javaSettings(): { version: number; settings: Map<string, string> }[] {
  return capturedBodies("GET_BROKER_CONFIG", "response").map(({ body, version }) => {
    const lines = new TextDecoder().decode(body).split("\n").filter((line) => line !== "");
    const pairs = lines.map((line): [string, string] => {
      const at = line.indexOf("=");
      return [line.slice(0, at), line.slice(at + 1)];
    });
    return { version, settings: new Map(pairs) };
  });
}

/** What the recorded brokers were started with, and so says nothing of defaults. */
const RECORDED_WITH = new Set([
  "brokerClusterName",
  "brokerIP1",
  "brokerName",
  "diskMaxUsedSpaceRatio",
  "enablePropertyFilter",
  "fileReservedTime",
  "mappedFileSizeCommitLog",
  "mappedFileSizeConsumeQueue",
  "mappedFileSizeTimerLog",
  "maxHashSlotNum",
  "maxIndexNum",
  "maxMessageSize",
  "namesrvAddr",
  "recallMessageEnable",
  "registerNameServerPeriod",
  "storePathCommitLog",
  "storePathRootDir",
  "transactionCheckInterval",
  "transactionTimeOut",
]);

/** Only this machine reaches the broker and its metrics unless somebody wants otherwise. */
const OURS = new Set(["bindAddress", "metricsPromExporterHost"]);

/** Settings no release of Java has. */
const ADDED = new Set(["updateBrokerConfigEnable"]);

/** Java lists no setting without a value. */
const UNSET = new Set(["readOnlyCommitLogStorePaths"]);

/** Where 4.9.7 differs from 5.5.0, whose defaults are ours. */
const OF_5 = new Set([
  "timerWheelEnable",
  "timerPrecisionMs",
  "timerMaxDelaySec",
  "timerRollWindowSlot",
  "timerCongestNumEachSlot",
  "timerFlushIntervalMs",
  "mappedFileSizeTimerLog",
  "appendTopicForTimerDeleteKey",
  "recallMessageEnable",
  "allowRecallWhenBrokerNotWriteable",
  "deleteFileBatchMax",
  "diskSpaceCleanForciblyRatio",
  "enabledAppendPropCRC",
  "forceVerifyPropCRC",
  "enableLmqQuota",
  "enableLmqStats",
  "metricsExporterType",
  "metricsPromExporterHost",
  "metricsPromExporterPort",
  "mapperFileSizeBatchConsumeQueue",
  "diskSpaceWarningLevelRatio",
  "bindAddress",
  "registerBrokerTimeoutMills",
  "useServerSideResetOffset",
  "validateSystemTopicWhenUpdateTopic",
]);

Deno.test("defaultBrokerConfig() has names and defaults of Java's brokers", () => {
  const all = javaSettings();
  assert(all.length > 0);
  const defaults = Object.entries(defaultBrokerConfig(HOST));
  for (const { version, settings } of all) {
    const isOld = version < 500;
    for (const [key, value] of defaults) {
      if ((isOld && OF_5.has(key)) || UNSET.has(key) || ADDED.has(key)) continue;
      assert(settings.has(key), `${key} is no setting of release ${version}`);
      if (RECORDED_WITH.has(key) || OURS.has(key)) continue;
      assert.equal(String(value), settings.get(key), `${key} of release ${version}`);
    }
  }
});

Deno.test("defaultBrokerConfig() keeps sizes as Java has them", () => {
  const config = defaultBrokerConfig(HOST);
  assert.equal(config.mappedFileSizeCommitLog, 1024 ** 3);
  assert.equal(config.mappedFileSizeConsumeQueue, 300_000 * 20);
  assert.equal(config.maxHashSlotNum, 5_000_000);
  assert.equal(config.maxIndexNum, 5_000_000 * 4);
  assert.equal(config.maxMessageSize, 4 * 1024 * 1024);
  assert.equal(config.registerNameServerPeriod, 30_000);
});

Deno.test("completeBrokerConfig() calls a broker by an address on which it is reached", () => {
  const cases: readonly (readonly [Partial<BrokerConfig>, string])[] = [
    [{}, "127.0.0.1"],
    [{ bindAddress: "::1" }, "::1"],
    [{ bindAddress: "127.0.0.2" }, "127.0.0.2"],
    [{ bindAddress: "0.0.0.0" }, "10.0.0.5"],
    [{ bindAddress: "10.0.0.5" }, "10.0.0.5"],
    [{ brokerIP1: "10.0.0.9" }, "10.0.0.9"],
    [{ bindAddress: "0.0.0.0", brokerIP1: "2001:db8::7" }, "2001:db8::7"],
  ];
  for (const [given, expected] of cases) {
    assert.equal(complete(given).brokerIP1, expected, JSON.stringify(given));
  }
});

Deno.test("completeBrokerConfig() refuses what cannot be honoured, and says what can", () => {
  const cases: readonly (readonly [Partial<BrokerConfig>, string])[] = [
    [{ brokerId: 1 }, "brokerId is 1, only masters are served, which are 0"],
    [{ brokerId: -1 }, "brokerId is -1, only masters are served, which are 0"],
    [{ brokerIP1: "broker-a" }, 'brokerIP1 is "broker-a", it is no numeric address'],
    [{ brokerName: "../x" }, 'brokerName is "../x", a topic is named after it'],
    [{ brokerName: "" }, 'brokerName is "", a topic is named after it'],
    [{ brokerClusterName: "a/b" }, 'brokerClusterName is "a/b", a topic is named after it'],
    [
      { deleteWhen: "4am" },
      'deleteWhen is "4am", expected hours from 00 to 23, such as 04 or 01;13',
    ],
    [
      { diskMaxUsedSpaceRatio: 101 },
      "diskMaxUsedSpaceRatio is 101, expected an integer from 0 to 100",
    ],
    [{ flushDiskType: "sync" }, 'flushDiskType is "sync", expected ASYNC_FLUSH or SYNC_FLUSH'],
    [{ listenPort: 65_536 }, "listenPort is 65536, expected an integer from 0 to 65535"],
    [{ listenPort: NaN }, "listenPort is null, expected an integer from 0 to 65535"],
    [{ brokerPermission: 8 }, "brokerPermission is 8, expected an integer from 0 to 7"],
    [
      { defaultTopicQueueNums: 0 },
      "defaultTopicQueueNums is 0, expected an integer from 1 to 65536",
    ],
    [
      { flushIntervalCommitLog: 0.5 },
      "flushIntervalCommitLog is 0.5, expected an integer from 1 to 2147483647",
    ],
    [
      { mappedFileSizeCommitLog: 4095 },
      "mappedFileSizeCommitLog is 4095, expected an integer from 4096 to 2147483647",
    ],
    [
      { mappedFileSizeConsumeQueue: 19 },
      "mappedFileSizeConsumeQueue is 19, expected an integer from 20 to 2147483647",
    ],
  ];
  for (const [given, expected] of cases) {
    assert.throws(() => complete(given), {
      name: "RangeError",
      message: `Cannot start broker: ${expected}`,
    });
  }
});

Deno.test("completeBrokerConfig() takes the ends of every range", () => {
  complete({ fileReservedTime: 0, deleteWhen: "00;23", diskSpaceWarningLevelRatio: 100 });
  complete({ listenPort: 0, brokerPermission: 0, mappedFileSizeCommitLog: 4096, maxIndexNum: 2 });
  complete({ listenPort: 65_535, brokerPermission: 7, mappedFileSizeCommitLog: 2 ** 31 - 1 });
});

Deno.test("no setting below what works gets through: zero and less are refused or harmless", () => {
  const numbers = Object.entries(defaultBrokerConfig(HOST))
    .filter(([, value]) => typeof value === "number").map(([key]) => key);
  const harmless = new Set([
    "accessMessageInMemoryMaxRatio",
    "brokerId",
    "brokerPermission",
    "commitCommitLogLeastPages",
    "deleteCommitLogFilesInterval",
    "deleteConsumeQueueFilesInterval",
    "diskMaxUsedSpaceRatio",
    "diskSpaceCleanForciblyRatio",
    "diskSpaceWarningLevelRatio",
    "fileReservedTime",
    "flushCommitLogLeastPages",
    "listenPort",
    "maxLmqConsumeQueueNum",
    "metricsPromExporterPort",
    "shortPollingTimeMills",
    "transactionTimeOut",
  ]);
  for (const key of numbers) {
    assert.throws(() => complete({ [key]: -1 }), RangeError, key);
    if (!harmless.has(key)) assert.throws(() => complete({ [key]: 0 }), RangeError, key);
  }
});

Deno.test("retentionOf() has every setting at its place", () => {
  assert.deepEqual(retentionOf(defaultBrokerConfig(HOST)), RETENTION_SETTINGS);
  const given = {
    fileReservedTime: 1,
    deleteWhen: "02",
    diskMaxUsedSpaceRatio: 3,
    diskSpaceCleanForciblyRatio: 4,
    diskSpaceWarningLevelRatio: 5,
    cleanFileForciblyEnable: false,
    deleteFileBatchMax: 6,
    cleanResourceInterval: 7,
    deleteCommitLogFilesInterval: 8,
    deleteConsumeQueueFilesInterval: 9,
  };
  assert.deepEqual(retentionOf(complete(given)), {
    fileReservedHours: 1,
    deleteWhen: "02",
    diskUsedPercentMax: 3,
    diskForcedPercent: 4,
    diskFullPercent: 5,
    cleanFileForciblyEnable: false,
    filesPerRoundMax: 6,
    roundIntervalMs: 7,
    logFileIntervalMs: 8,
    queueFileIntervalMs: 9,
  });
});

Deno.test("isLoopback() knows both families", () => {
  for (const address of ["127.0.0.1", "127.9.9.9", "::1"]) assert(isLoopback(address), address);
  for (const address of ["0.0.0.0", "::", "10.0.0.1", "127.0.0.1.example"]) {
    assert(!isLoopback(address), address);
  }
});
