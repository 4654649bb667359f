/**
 * The settings of a broker. They are named as in `broker.conf` of RocketMQ, since those names are
 * what operators know; only what is honoured is here.
 *
 * @module
 */

import { isIP } from "node:net";
import { BATCH_QUEUE_UNIT, QUEUE_UNIT, SIZE } from "../../store/format.ts";
import type { ReadLimits } from "../../store/get.ts";
import { isSafeTopic } from "../../store/queue_table.ts";
import {
  parseDeletionHours,
  RETENTION_SETTINGS,
  type RetentionSettings,
} from "../../store/retention.ts";
import {
  precisionProblem,
  TIMER_DEFAULTS,
  TIMER_RANGES,
  type TimerSettings,
} from "./timer_settings.ts";
import { TRACE_TOPIC } from "../wire/topic_names.ts";

/** Settings of a broker; a time is in ms unless its name says otherwise. */
export interface BrokerConfig extends TimerSettings {
  /** Cluster the broker belongs to. */
  readonly brokerClusterName: string;
  /** Name of the broker within the cluster. */
  readonly brokerName: string;
  /** 0 is the master. */
  readonly brokerId: number;
  /** Numeric address under which clients reach the broker; it stands in every record and message id. */
  readonly brokerIP1: string;
  /** Port; 0 takes a free one. */
  readonly listenPort: number;
  /** Address to listen on. */
  readonly bindAddress: string;
  /** Name servers, `host:port;host:port`; empty when there are none. */
  readonly namesrvAddr: string;
  /** Time between two registrations, kept within 10 s and 60 s. */
  readonly registerNameServerPeriod: number;
  /** Time a registration may take. */
  readonly registerBrokerTimeoutMills: number;
  /** Time after which a connection without traffic is closed. */
  readonly serverChannelMaxIdleTimeSeconds: number;

  /** Create a topic with the first message to it. */
  readonly autoCreateTopicEnable: boolean;
  /** Create a group with its first member. */
  readonly autoCreateSubscriptionGroup: boolean;
  /** Queues of a topic that is created by a message. */
  readonly defaultTopicQueueNums: number;
  /** The topic named after the cluster can be written and read. */
  readonly clusterTopicEnable: boolean;
  /** The topic named after the broker can be written and read. */
  readonly brokerTopicEnable: boolean;
  /** Have a topic for traces. */
  readonly traceTopicEnable: boolean;
  /** Name of the topic for traces. */
  readonly msgTraceTopicName: string;
  /** What clients may do with the broker: 4 read, 2 write. */
  readonly brokerPermission: number;
  /** Region that send answers carry. */
  readonly regionId: string;
  /** Whether send answers ask clients to trace. */
  readonly traceOn: boolean;
  /** Keep replies to requests in the topic of replies, besides handing them to who asked. */
  readonly storeReplyMessageEnable: boolean;
  /** Hold a pull for which there is nothing as long as it allows. */
  readonly longPollingEnable: boolean;
  /** How long such a pull is held where `longPollingEnable` is off. */
  readonly shortPollingTimeMills: number;
  /** Largest number of messages found by one query. */
  readonly defaultQueryMaxNum: number;
  /** Reset offsets here: the next pull of a queue is led there, and nobody is told before. */
  readonly useServerSideResetOffset: boolean;
  /** Time between two saves of consumer offsets. */
  readonly flushConsumerOffsetInterval: number;
  /** Filter messages by their properties (SQL92) where consumers subscribe so. */
  readonly enablePropertyFilter: boolean;
  /** Filter messages once more that come to a group again. */
  readonly filterSupportRetry: boolean;
  /** Note in extension files which groups' filters let a message pass; with `enableConsumeQueueExt`. */
  readonly enableCalcFilterBitMap: boolean;
  /** Groups with filters by properties in one topic that bit maps are sized for. */
  readonly expectConsumerNumUseFilter: number;
  /** Per cent of messages that a bit map may let pass in vain. */
  readonly maxErrorRateOfBloomFilter: number;
  /** Time for which the filter of a group that left is kept. */
  readonly filterDataCleanTimeSpan: number;
  /** Refuse half messages of transactions. */
  readonly rejectTransactionMessage: boolean;
  /** Age from which on the producer of a half message is asked, unless the message says otherwise. */
  readonly transactionTimeOut: number;
  /** How often it is asked before the message is given up. */
  readonly transactionCheckMax: number;
  /** Time between two looks at the half messages. */
  readonly transactionCheckInterval: number;
  /** Refuse to create or delete topics of the system. */
  readonly validateSystemTopicWhenUpdateTopic: boolean;
  /** Refuse messages while one sync of the log has been under way for so long; with `SYNC_FLUSH`. */
  readonly osPageCacheBusyTimeOutMills: number;
  /** Let requests change the settings of `HOT_SETTINGS`. */
  readonly updateBrokerConfigEnable: boolean;
  /** `"PROM"` serves metrics over HTTP, `"DISABLE"` does not. */
  readonly metricsExporterType: string;
  /** Address metrics are served on. */
  readonly metricsPromExporterHost: string;
  /** Port of metrics; 0 takes a free one. */
  readonly metricsPromExporterPort: number;

  /** Folder of the store. */
  readonly storePathRootDir: string;
  /** Folder of the commit log, or several with commas; empty for `commitlog` under the root. */
  readonly storePathCommitLog: string;
  /** Folders with commit log files, with commas, that get no new ones. */
  readonly readOnlyCommitLogStorePaths: string;
  /** Bytes of a commit log file. */
  readonly mappedFileSizeCommitLog: number;
  /** Bytes of a consume queue file. */
  readonly mappedFileSizeConsumeQueue: number;
  /** Keep tags codes in extension files beside the consume queues. */
  readonly enableConsumeQueueExt: boolean;
  /** Bytes of a consume queue extension file. */
  readonly mappedFileSizeConsumeQueueExt: number;
  /** Bytes of a batch consume queue file. */
  readonly mapperFileSizeBatchConsumeQueue: number;
  /** `"ASYNC_FLUSH"` or `"SYNC_FLUSH"`. */
  readonly flushDiskType: string;
  /** Time between two flushes of the commit log. */
  readonly flushIntervalCommitLog: number;
  /** Pages of 4 KiB that must have come for a flush. */
  readonly flushCommitLogLeastPages: number;
  /** Time after which whatever came is flushed. */
  readonly flushCommitLogThoroughInterval: number;
  /** Acknowledge messages before they are in a file; only with `ASYNC_FLUSH`. */
  readonly transientStorePoolEnable: boolean;
  /** Time between two commits of such messages into their file. */
  readonly commitIntervalCommitLog: number;
  /** Pages of 4 KiB that are committed at once. */
  readonly commitCommitLogLeastPages: number;
  /** Time after which whatever came is committed. */
  readonly commitCommitLogThoroughInterval: number;
  /** Bytes of the largest body. */
  readonly maxMessageSize: number;
  /** Index messages by their keys. */
  readonly messageIndexEnable: boolean;
  /** Hash slots of an index file. */
  readonly maxHashSlotNum: number;
  /** Entries of an index file. */
  readonly maxIndexNum: number;
  /** Know light message queues: a topic `%LMQ%…` is there without being made, with one queue. */
  readonly enableLmq: boolean;
  /** With `enableLmq`, put messages into the light message queues they name. */
  readonly enableMultiDispatch: boolean;
  /** With both, refuse messages that name a new light queue where there are enough. */
  readonly enableLmqQuota: boolean;
  /** How many light queues are enough. */
  readonly maxLmqConsumeQueueNum: number;
  /** With `enableLmq`, count what is got by light queue, and not of all of them together. */
  readonly enableLmqStats: boolean;
  /** Hours since it was last written after which a log file may be removed. */
  readonly fileReservedTime: number;
  /** Local hours at which such files are removed, such as `04` or `01;13`. */
  readonly deleteWhen: string;
  /** Used percent of the disk above which they are removed at any hour, kept within 10 and 95. */
  readonly diskMaxUsedSpaceRatio: number;
  /** Above this log files are removed whatever their age, kept within 30 and 85. */
  readonly diskSpaceCleanForciblyRatio: number;
  /** Above this no message is taken, kept within 35 and 90. */
  readonly diskSpaceWarningLevelRatio: number;
  /** Whether log files may be removed before their time. */
  readonly cleanFileForciblyEnable: boolean;
  /** Log files removed in one round. */
  readonly deleteFileBatchMax: number;
  /** Time between two rounds. */
  readonly cleanResourceInterval: number;
  /** Time between the removals of two log files. */
  readonly deleteCommitLogFilesInterval: number;
  /** Time between two queues that lose files. */
  readonly deleteConsumeQueueFilesInterval: number;
  /** End every record with a CRC of itself. */
  readonly enabledAppendPropCRC: boolean;
  /** At a start, take a record without a CRC of itself for damage. */
  readonly forceVerifyPropCRC: boolean;
  /** The delay levels, such as `1s 5s 10s`. */
  readonly messageDelayLevel: string;
  /** Part of the machine's memory the newest messages are taken to be in, in percent. */
  readonly accessMessageInMemoryMaxRatio: number;
  /** Bytes of such messages in one pull answer. */
  readonly maxTransferBytesOnMessageInMemory: number;
  /** How many of them. */
  readonly maxTransferCountOnMessageInMemory: number;
  /** Bytes of older messages in one pull answer. */
  readonly maxTransferBytesOnMessageInDisk: number;
  /** How many of them. */
  readonly maxTransferCountOnMessageInDisk: number;
}

const LOOPBACK = "127.0.0.1";
const FLUSH_TYPES: ReadonlySet<string> = new Set(["ASYNC_FLUSH", "SYNC_FLUSH"]);
const EXPORTER_TYPES: ReadonlySet<string> = new Set(["DISABLE", "PROM"]);
const INT_MAX = 2 ** 31 - 1;

/** What numbers may be where zero or less would stop the broker from working. */
const RANGES = {
  listenPort: { min: 0, max: 65_535 },
  registerNameServerPeriod: { min: 1, max: INT_MAX },
  registerBrokerTimeoutMills: { min: 1, max: INT_MAX },
  serverChannelMaxIdleTimeSeconds: { min: 1, max: Math.floor(INT_MAX / 1000) },
  defaultTopicQueueNums: { min: 1, max: 65_536 },
  brokerPermission: { min: 0, max: 7 },
  shortPollingTimeMills: { min: 0, max: INT_MAX },
  defaultQueryMaxNum: { min: 1, max: INT_MAX },
  flushConsumerOffsetInterval: { min: 1, max: INT_MAX },
  transactionTimeOut: { min: 0, max: INT_MAX },
  transactionCheckMax: { min: 1, max: INT_MAX },
  transactionCheckInterval: { min: 1, max: INT_MAX },
  expectConsumerNumUseFilter: { min: 1, max: 10_000 },
  maxErrorRateOfBloomFilter: { min: 1, max: 99 },
  filterDataCleanTimeSpan: { min: 1, max: Number.MAX_SAFE_INTEGER },
  osPageCacheBusyTimeOutMills: { min: 1, max: INT_MAX },
  metricsPromExporterPort: { min: 0, max: 65_535 },
  mappedFileSizeCommitLog: { min: 4096, max: INT_MAX },
  mappedFileSizeConsumeQueue: { min: QUEUE_UNIT.size, max: INT_MAX },
  mappedFileSizeConsumeQueueExt: { min: 4096, max: INT_MAX },
  mapperFileSizeBatchConsumeQueue: { min: BATCH_QUEUE_UNIT.size, max: INT_MAX },
  flushIntervalCommitLog: { min: 1, max: INT_MAX },
  flushCommitLogLeastPages: { min: 0, max: INT_MAX },
  flushCommitLogThoroughInterval: { min: 1, max: INT_MAX },
  commitIntervalCommitLog: { min: 1, max: INT_MAX },
  commitCommitLogLeastPages: { min: 0, max: INT_MAX },
  commitCommitLogThoroughInterval: { min: 1, max: INT_MAX },
  maxMessageSize: { min: 1, max: INT_MAX },
  maxHashSlotNum: { min: 1, max: INT_MAX },
  maxIndexNum: { min: 2, max: INT_MAX },
  maxLmqConsumeQueueNum: { min: 0, max: INT_MAX },
  fileReservedTime: { min: 0, max: INT_MAX },
  diskMaxUsedSpaceRatio: { min: 0, max: 100 },
  diskSpaceCleanForciblyRatio: { min: 0, max: 100 },
  diskSpaceWarningLevelRatio: { min: 0, max: 100 },
  deleteFileBatchMax: { min: 1, max: INT_MAX },
  cleanResourceInterval: { min: 1, max: INT_MAX },
  deleteCommitLogFilesInterval: { min: 0, max: INT_MAX },
  deleteConsumeQueueFilesInterval: { min: 0, max: INT_MAX },
  maxTransferBytesOnMessageInMemory: { min: 1, max: INT_MAX },
  maxTransferCountOnMessageInMemory: { min: 1, max: INT_MAX },
  accessMessageInMemoryMaxRatio: { min: 0, max: 100 },
  maxTransferBytesOnMessageInDisk: { min: 1, max: INT_MAX },
  maxTransferCountOnMessageInDisk: { min: 1, max: INT_MAX },
  ...TIMER_RANGES,
} as const;

/** What differs from machine to machine. */
export interface HostDefaults {
  /** Name of the machine. */
  readonly hostname: string;
  /** Numeric address of the machine. */
  readonly address: string;
}

/** Defaults of what concerns the store and reading from it. */
const STORE_DEFAULTS = {
  storePathRootDir: "mq-data",
  storePathCommitLog: "",
  readOnlyCommitLogStorePaths: "",
  mappedFileSizeCommitLog: SIZE.commitLogFileDefault,
  mappedFileSizeConsumeQueue: SIZE.queueFileUnitsDefault * QUEUE_UNIT.size,
  enableConsumeQueueExt: false,
  mappedFileSizeConsumeQueueExt: 48 << 20,
  mapperFileSizeBatchConsumeQueue: SIZE.batchQueueFileUnitsDefault * BATCH_QUEUE_UNIT.size,
  flushDiskType: "ASYNC_FLUSH",
  flushIntervalCommitLog: 500,
  flushCommitLogLeastPages: 4,
  flushCommitLogThoroughInterval: 10_000,
  transientStorePoolEnable: false,
  commitIntervalCommitLog: 200,
  commitCommitLogLeastPages: 4,
  commitCommitLogThoroughInterval: 200,
  maxMessageSize: SIZE.bodyBytesMax,
  messageIndexEnable: true,
  maxHashSlotNum: SIZE.indexSlotsDefault,
  maxIndexNum: SIZE.indexEntriesDefault,
  enableLmq: false,
  enableMultiDispatch: false,
  useServerSideResetOffset: true,
  enableLmqQuota: false,
  maxLmqConsumeQueueNum: 20_000,
  enableLmqStats: false,
  fileReservedTime: RETENTION_SETTINGS.fileReservedHours,
  deleteWhen: RETENTION_SETTINGS.deleteWhen,
  diskMaxUsedSpaceRatio: RETENTION_SETTINGS.diskUsedPercentMax,
  diskSpaceCleanForciblyRatio: RETENTION_SETTINGS.diskForcedPercent,
  diskSpaceWarningLevelRatio: RETENTION_SETTINGS.diskFullPercent,
  cleanFileForciblyEnable: RETENTION_SETTINGS.cleanFileForciblyEnable,
  deleteFileBatchMax: RETENTION_SETTINGS.filesPerRoundMax,
  cleanResourceInterval: RETENTION_SETTINGS.roundIntervalMs,
  deleteCommitLogFilesInterval: RETENTION_SETTINGS.logFileIntervalMs,
  deleteConsumeQueueFilesInterval: RETENTION_SETTINGS.queueFileIntervalMs,
  enabledAppendPropCRC: false,
  forceVerifyPropCRC: false,
  messageDelayLevel: "1s 5s 10s 30s 1m 2m 3m 4m 5m 6m 7m 8m 9m 10m 20m 30m 1h 2h",
  accessMessageInMemoryMaxRatio: 40,
  maxTransferBytesOnMessageInMemory: 262_144,
  maxTransferCountOnMessageInMemory: 32,
  maxTransferBytesOnMessageInDisk: 65_536,
  maxTransferCountOnMessageInDisk: 8,
} as const satisfies Partial<BrokerConfig>;

/** What holds unless a setting says otherwise: Java's defaults, but for the address to listen on. */
export function defaultBrokerConfig({ hostname, address }: HostDefaults): BrokerConfig {
  return {
    brokerClusterName: "DefaultCluster",
    brokerName: hostname,
    brokerId: 0,
    brokerIP1: address,
    listenPort: 10911,
    bindAddress: LOOPBACK,
    namesrvAddr: "",
    registerNameServerPeriod: 30_000,
    registerBrokerTimeoutMills: 24_000,
    serverChannelMaxIdleTimeSeconds: 120,
    autoCreateTopicEnable: true,
    autoCreateSubscriptionGroup: true,
    defaultTopicQueueNums: 8,
    clusterTopicEnable: true,
    brokerTopicEnable: true,
    traceTopicEnable: false,
    msgTraceTopicName: TRACE_TOPIC,
    brokerPermission: 6,
    regionId: "DefaultRegion",
    traceOn: true,
    storeReplyMessageEnable: true,
    longPollingEnable: true,
    shortPollingTimeMills: 1000,
    defaultQueryMaxNum: 32,
    flushConsumerOffsetInterval: 5000,
    rejectTransactionMessage: false,
    transactionTimeOut: 6000,
    transactionCheckMax: 15,
    transactionCheckInterval: 30_000,
    enablePropertyFilter: false,
    filterSupportRetry: false,
    enableCalcFilterBitMap: false,
    expectConsumerNumUseFilter: 32,
    maxErrorRateOfBloomFilter: 20,
    filterDataCleanTimeSpan: 24 * 3_600_000,
    validateSystemTopicWhenUpdateTopic: true,
    osPageCacheBusyTimeOutMills: 1000,
    updateBrokerConfigEnable: false,
    metricsExporterType: "DISABLE",
    metricsPromExporterHost: LOOPBACK,
    metricsPromExporterPort: 5557,
    ...STORE_DEFAULTS,
    ...TIMER_DEFAULTS,
  };
}

/**
 * The settings that hold when `given` are made. A broker that listens on a loopback address calls
 * itself by it and not by the machine's address, on which nobody would reach it.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { completeBrokerConfig } from "./broker_config.ts";
 *
 * const host = { hostname: "broker-a", address: "10.0.0.5" };
 * assert.equal(completeBrokerConfig({}, host).brokerIP1, "127.0.0.1");
 * assert.equal(completeBrokerConfig({ bindAddress: "0.0.0.0" }, host).brokerIP1, "10.0.0.5");
 * ```
 *
 * @throws {RangeError} if a setting cannot be honoured.
 */
export function completeBrokerConfig(
  given: Partial<BrokerConfig>,
  host: HostDefaults,
): BrokerConfig {
  const config = { ...defaultBrokerConfig(host), ...given };
  const { bindAddress, brokerIP1 } = config;
  const hides = isLoopback(bindAddress) && brokerIP1 === host.address;
  const complete = hides ? { ...config, brokerIP1: bindAddress } : config;
  checkBrokerConfig(complete);
  return complete;
}

/** Whether an address is reached from this machine only. */
export function isLoopback(address: string): boolean {
  return address === "::1" || /^127(\.\d+){3}$/.test(address);
}

/** The settings that say when files leave the store. */
export function retentionOf(config: BrokerConfig): RetentionSettings {
  return {
    fileReservedHours: config.fileReservedTime,
    deleteWhen: config.deleteWhen,
    diskUsedPercentMax: config.diskMaxUsedSpaceRatio,
    diskForcedPercent: config.diskSpaceCleanForciblyRatio,
    diskFullPercent: config.diskSpaceWarningLevelRatio,
    cleanFileForciblyEnable: config.cleanFileForciblyEnable,
    filesPerRoundMax: config.deleteFileBatchMax,
    roundIntervalMs: config.cleanResourceInterval,
    logFileIntervalMs: config.deleteCommitLogFilesInterval,
    queueFileIntervalMs: config.deleteConsumeQueueFilesInterval,
  };
}

/** What one pull may bring. */
export function readLimitsOf(
  config: Pick<
    BrokerConfig,
    | "accessMessageInMemoryMaxRatio"
    | "maxTransferBytesOnMessageInDisk"
    | "maxTransferBytesOnMessageInMemory"
    | "maxTransferCountOnMessageInDisk"
    | "maxTransferCountOnMessageInMemory"
  >,
): ReadLimits {
  return {
    memoryPercent: config.accessMessageInMemoryMaxRatio,
    inMemory: {
      bytes: config.maxTransferBytesOnMessageInMemory,
      count: config.maxTransferCountOnMessageInMemory,
    },
    onDisk: {
      bytes: config.maxTransferBytesOnMessageInDisk,
      count: config.maxTransferCountOnMessageInDisk,
    },
  };
}

/**
 * Looks whether a broker can work with its settings.
 *
 * @throws {RangeError} if a setting cannot be honoured.
 */
export function checkBrokerConfig(config: BrokerConfig): void {
  for (const [key, { min, max }] of Object.entries(RANGES)) {
    const value = config[key as keyof typeof RANGES];
    if (Number.isSafeInteger(value) && value >= min && value <= max) continue;
    throw cannotUse(key, value, `expected an integer from ${min} to ${max}`);
  }
  const { brokerIP1, brokerId, brokerName, brokerClusterName, flushDiskType, deleteWhen } = config;
  if (brokerId !== 0) throw cannotUse("brokerId", brokerId, "only masters are served, which are 0");
  if (isIP(brokerIP1) === 0) throw cannotUse("brokerIP1", brokerIP1, "it is no numeric address");
  for (const [key, name] of Object.entries({ brokerName, brokerClusterName })) {
    if (!isSafeTopic(name)) throw cannotUse(key, name, "a topic is named after it");
  }
  if (!FLUSH_TYPES.has(flushDiskType)) {
    throw cannotUse("flushDiskType", flushDiskType, `expected ${[...FLUSH_TYPES].join(" or ")}`);
  }
  const precisionFlaw = precisionProblem(config.timerPrecisionMs);
  if (precisionFlaw !== undefined) {
    throw cannotUse("timerPrecisionMs", config.timerPrecisionMs, precisionFlaw);
  }
  const { metricsExporterType: exporter } = config;
  if (!EXPORTER_TYPES.has(exporter)) {
    throw cannotUse(
      "metricsExporterType",
      exporter,
      `expected ${[...EXPORTER_TYPES].join(" or ")}`,
    );
  }
  if (parseDeletionHours(deleteWhen) === undefined) {
    throw cannotUse("deleteWhen", deleteWhen, "expected hours from 00 to 23, such as 04 or 01;13");
  }
}

function cannotUse(key: string, value: unknown, reason: string): RangeError {
  return new RangeError(`Cannot start broker: ${key} is ${JSON.stringify(value)}, ${reason}`);
}
