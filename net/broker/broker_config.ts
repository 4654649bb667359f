/**
 * The settings of a broker. They are named as in `broker.conf` of RocketMQ, since those names are
 * what operators know; only what is honoured is here.
 *
 * @module
 */

/** Settings of a broker; a time is in ms unless its name says otherwise. */
export interface BrokerConfig {
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
  /** Refuse messages of transactions. */
  readonly rejectTransactionMessage: boolean;
  /** Keep replies in the reply topic besides delivering them. */
  readonly storeReplyMessageEnable: boolean;
  /** Hold a pull for which there is nothing as long as it allows. */
  readonly longPollingEnable: boolean;
  /** How long such a pull is held where `longPollingEnable` is off. */
  readonly shortPollingTimeMills: number;
  /** Largest number of messages found by one query. */
  readonly defaultQueryMaxNum: number;
  /** Time between two saves of consumer offsets. */
  readonly flushConsumerOffsetInterval: number;
  /** Refuse to create or delete topics of the system. */
  readonly validateSystemTopicWhenUpdateTopic: boolean;

  /** Folder of the store. */
  readonly storePathRootDir: string;
  /** Folder of the commit log; empty for `commitlog` under the root. */
  readonly storePathCommitLog: string;
  /** Bytes of a commit log file. */
  readonly mappedFileSizeCommitLog: number;
  /** Bytes of a consume queue file. */
  readonly mappedFileSizeConsumeQueue: number;
  /** `"ASYNC_FLUSH"` or `"SYNC_FLUSH"`. */
  readonly flushDiskType: string;
  /** Time between two flushes of the commit log. */
  readonly flushIntervalCommitLog: number;
  /** Pages of 4 KiB that must have come for a flush. */
  readonly flushCommitLogLeastPages: number;
  /** Time after which whatever came is flushed. */
  readonly flushCommitLogThoroughInterval: number;
  /** Bytes of the largest body. */
  readonly maxMessageSize: number;
  /** Index messages by their keys. */
  readonly messageIndexEnable: boolean;
  /** Hash slots of an index file. */
  readonly maxHashSlotNum: number;
  /** Entries of an index file. */
  readonly maxIndexNum: number;
  /** The delay levels, such as `1s 5s 10s`. */
  readonly messageDelayLevel: string;
  /** Bytes of messages in one pull answer. */
  readonly maxTransferBytesOnMessageInMemory: number;
  /** Messages in one pull answer. */
  readonly maxTransferCountOnMessageInMemory: number;
}

/** What differs from machine to machine. */
export interface HostDefaults {
  /** Name of the machine. */
  readonly hostname: string;
  /** Numeric address of the machine. */
  readonly address: string;
}

const MIB = 1 << 20;
const UNIT_BYTES = 20;

/** What holds unless a setting says otherwise: Java's defaults, and the machine's name and address. */
export function defaultBrokerConfig({ hostname, address }: HostDefaults): BrokerConfig {
  return {
    brokerClusterName: "DefaultCluster",
    brokerName: hostname,
    brokerId: 0,
    brokerIP1: address,
    listenPort: 10911,
    bindAddress: "0.0.0.0",
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
    msgTraceTopicName: "RMQ_SYS_TRACE_TOPIC",
    brokerPermission: 6,
    regionId: "DefaultRegion",
    traceOn: true,
    rejectTransactionMessage: false,
    storeReplyMessageEnable: true,
    longPollingEnable: true,
    shortPollingTimeMills: 1000,
    defaultQueryMaxNum: 32,
    flushConsumerOffsetInterval: 5000,
    validateSystemTopicWhenUpdateTopic: true,
    storePathRootDir: "mq-data",
    storePathCommitLog: "",
    mappedFileSizeCommitLog: 1024 * MIB,
    mappedFileSizeConsumeQueue: 300_000 * UNIT_BYTES,
    flushDiskType: "ASYNC_FLUSH",
    flushIntervalCommitLog: 500,
    flushCommitLogLeastPages: 4,
    flushCommitLogThoroughInterval: 10_000,
    maxMessageSize: 4 * MIB,
    messageIndexEnable: true,
    maxHashSlotNum: 5_000_000,
    maxIndexNum: 20_000_000,
    messageDelayLevel: "1s 5s 10s 30s 1m 2m 3m 4m 5m 6m 7m 8m 9m 10m 20m 30m 1h 2h",
    maxTransferBytesOnMessageInMemory: 262_144,
    maxTransferCountOnMessageInMemory: 32,
  };
}

/** The settings as properties text, a line each, sorted. */
export function formatProperties(config: BrokerConfig): string {
  return Object.entries(config).map(([key, value]) => `${key}=${value}\n`).sort().join("");
}
