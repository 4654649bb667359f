/**
 * The way of messages through a broker for tests: the store on files in memory, the tables, and the
 * families that send, give back, pull and query, with a clock and a chance of the test's own.
 *
 * @module
 */

import { hostBytes } from "../store/host.ts";
import type { HostBytes } from "../store/layout.ts";
import { type MessageRecord, readMessage } from "../store/message.ts";
import { formatProperties } from "../store/properties.ts";
import type { PutResult } from "../store/put.ts";
import { Store } from "../store/store.ts";
import { Arrivals } from "../net/broker/arrival.ts";
import { type BrokerConfig, defaultBrokerConfig } from "../net/broker/broker_config.ts";
import { BrokerStats } from "../net/broker/broker_stats.ts";
import type { StartTimer } from "../net/broker/alarm.ts";
import { ConsumerFilters } from "../net/broker/consumer_filters.ts";
import { ConsumerGroups } from "../net/broker/consumer_groups.ts";
import { parseDelayLevels } from "../net/broker/delay_levels.ts";
import { GroupTable } from "../net/broker/group_table.ts";
import { PullHold } from "../net/broker/hold.ts";
import { QueueLocks } from "../net/broker/lock_family.ts";
import { OffsetTable } from "../net/broker/offset_table.ts";
import { pullFamily } from "../net/broker/pull_family.ts";
import { queryFamily } from "../net/broker/query_family.ts";
import { Schedule } from "../net/broker/schedule.ts";
import { sendBackFamily } from "../net/broker/send_back.ts";
import { sendFamily } from "../net/broker/send_family.ts";
import { timerFamily } from "../net/broker/timer_family.ts";
import { openTimer, type TimerParts } from "../net/broker/timer_parts.ts";
import { TopicTable } from "../net/broker/topic_table.ts";
import { transactionFamily } from "../net/broker/transaction_family.ts";
import { Transactions } from "../net/broker/transactions.ts";
import { UniqueIds } from "../net/wire/unique_ids.ts";
import type { Family } from "../net/rpc/routes.ts";
import { encodeHeader } from "../net/wire/headers.ts";
import { PULL_FLAG } from "../net/wire/pull_flag.ts";
import type { FileSystem } from "../store/file.ts";
import { MemoryFiles } from "../store/file_memory.ts";
import { Asker } from "./asker.ts";

/** What a test may choose. */
export interface MessagePathOptions {
  readonly config?: Partial<BrokerConfig>;
  /** Default: one that stands still at {@linkcode START}. */
  readonly now?: () => number;
  readonly random?: () => number;
  readonly startTimer?: StartTimer;
  /** Default: empty files in memory. */
  readonly fs?: FileSystem;
  /** Pulls of one connection that may wait. */
  readonly heldPerConnectionMax?: number;
}

/** Where the clock of a path stands unless the test has one. */
export const START = 1_795_250_000_000;

/** Folder of the store. */
export const ROOT = "/store";

const SEGMENT_BYTES = 16 << 20;

/** A path at work. */
export class MessagePath implements AsyncDisposable {
  readonly config: BrokerConfig;
  readonly store: Store;
  readonly storeHost: HostBytes;
  readonly topics: TopicTable;
  readonly groups: GroupTable;
  readonly offsets: OffsetTable;
  readonly consumers: ConsumerGroups;
  readonly filters: ConsumerFilters;
  readonly locks: QueueLocks;
  readonly stats: BrokerStats;
  readonly hold: PullHold;
  readonly schedule: Schedule;
  readonly timed: TimerParts;
  readonly transactions: Transactions;
  readonly families: readonly Family[];
  /** What an operator was told. */
  readonly told: string[] = [];
  readonly #stack: AsyncDisposableStack;

  private constructor(
    store: Store,
    { options, fs, config, storeHost, arrivals, stack }: {
      options: MessagePathOptions;
      fs: FileSystem;
      config: BrokerConfig;
      storeHost: HostBytes;
      arrivals: Arrivals;
      stack: AsyncDisposableStack;
    },
  ) {
    const { now = () => START, random = () => 0, startTimer, heldPerConnectionMax } = options;
    const log = (text: string) => void this.told.push(text);
    const levelsMs = parseDelayLevels(config.messageDelayLevel);
    const delayLevelCount = levelsMs.length;
    this.config = config;
    this.store = store;
    this.storeHost = storeHost;
    this.#stack = stack;
    this.topics = TopicTable.open({ config, now });
    this.groups = GroupTable.open({ config, now });
    this.offsets = OffsetTable.open({ now });
    this.filters = ConsumerFilters.open({ config, now, log });
    this.consumers = new ConsumerGroups({ now, notifies: () => false, filters: this.filters });
    this.locks = new QueueLocks({ now });
    this.stats = new BrokerStats({ cluster: config.brokerClusterName, now });
    const onDelivered = (topic: string, put: PutResult) => {
      this.stats.put(topic, 1, put.wroteBytes);
    };
    this.schedule = stack.use(
      Schedule.open({ store, levelsMs, log, now, startTimer, onDelivered }),
    );
    this.timed = openTimer(stack, {
      config: { ...config, storePathRootDir: ROOT },
      fs,
      store,
      arrivals,
      onDelivered,
      readOnly: false,
      random,
      startTimer,
      log,
      now,
    });
    this.hold = stack.use(
      new PullHold({ now, startTimer, ...(heldPerConnectionMax && { heldPerConnectionMax }) }),
    );
    arrivals.add((request) => this.schedule.arrived(request));
    arrivals.add((request, record) => this.hold.arrived(request, record));
    const { placeTimed } = this.timed;
    this.transactions = new Transactions({ ...this, delayLevelCount, placeTimed, log, now });
    const ids = new UniqueIds({ address: storeHost.address, pid: 4711, now, random });
    this.families = [
      sendFamily({ ...this, ...this.timed, ids, delayLevelCount, random }),
      timerFamily({ ...this, ...this.timed, now }),
      sendBackFamily({ ...this, delayLevelCount, random }),
      transactionFamily(this),
      pullFamily({ ...this, now, log }),
      queryFamily(this),
    ];
  }

  /** Opens a path, on an empty store unless there are files. */
  static async open(options: MessagePathOptions = {}): Promise<MessagePath> {
    await using stack = new AsyncDisposableStack();
    const defaults = defaultBrokerConfig({ hostname: "broker-a", address: "127.0.0.1" });
    const config = { ...defaults, brokerClusterName: "C1", ...options.config };
    const fs = options.fs ?? new MemoryFiles();
    const arrivals = new Arrivals();
    const storeHost = hostBytes(config.brokerIP1, config.listenPort);
    const store = stack.use(
      await Store.open(ROOT, {
        storeHost,
        fs,
        now: options.now ?? (() => START),
        segmentBytes: SEGMENT_BYTES,
        queueFileUnits: 10_000,
        indexGeometry: { slots: 1000, entries: 4000 },
        bodyBytesMax: config.maxMessageSize,
        delayLevelsMs: parseDelayLevels(config.messageDelayLevel),
        background: false,
        onArrival: arrivals.notify,
      }),
    );
    return new MessagePath(store, {
      options,
      fs,
      config,
      storeHost,
      arrivals,
      stack: stack.move(),
    });
  }

  /** A client of the families. */
  client(): Asker {
    return new Asker(this.families);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

/** Text of the properties of a message. */
export function propertiesOf(pairs: Readonly<Record<string, string>>): string {
  return formatProperties(Object.entries(pairs));
}

/** What a send differs in from one without wishes. */
export interface Sent {
  readonly topic?: string;
  readonly queueId?: number;
  readonly sysFlag?: number;
  readonly properties?: Readonly<Record<string, string>>;
  readonly reconsumeTimes?: number;
  readonly maxReconsumeTimes?: number;
  readonly batch?: boolean;
  readonly unitMode?: boolean;
  readonly defaultTopic?: string;
  readonly defaultTopicQueueNums?: number;
}

/** Header fields of SEND_MESSAGE_V2. */
export function sendFields(sent: Sent = {}): Record<string, string> {
  const { properties, ...changes } = sent;
  return encodeHeader("SEND_MESSAGE_V2", {
    producerGroup: "P",
    topic: "T",
    defaultTopic: "TBW102",
    defaultTopicQueueNums: 4,
    queueId: 0,
    sysFlag: 0,
    bornTimestamp: START - 5,
    flag: 7,
    properties: propertiesOf(properties ?? { UNIQ_KEY: "0A" }),
    reconsumeTimes: 0,
    ...changes,
  });
}

/** What a pull differs in from one of everything from the beginning. */
export interface Pulled {
  readonly group?: string;
  readonly topic?: string;
  readonly queueId?: number;
  readonly queueOffset?: number;
  readonly count?: number;
  readonly sysFlag?: number;
  readonly commitOffset?: number;
  readonly suspendMs?: number;
  /** Sent along; `undefined` leaves it to the heartbeats. */
  readonly subscription?: string | undefined;
  readonly expressionType?: string;
  readonly subVersion?: number;
  readonly bytesMax?: number;
}

/** Header fields of PULL_MESSAGE. */
export function pullFields(pulled: Pulled = {}): Record<string, string> {
  const subscription = "subscription" in pulled ? pulled.subscription : "*";
  const inline = subscription === undefined ? 0 : PULL_FLAG.SUBSCRIPTION;
  return encodeHeader("PULL_MESSAGE", {
    consumerGroup: pulled.group ?? "G",
    topic: pulled.topic ?? "T",
    queueId: pulled.queueId ?? 0,
    queueOffset: pulled.queueOffset ?? 0,
    maxMsgNums: pulled.count ?? 32,
    sysFlag: (pulled.sysFlag ?? 0) | inline,
    commitOffset: pulled.commitOffset ?? 0,
    suspendTimeoutMillis: pulled.suspendMs ?? 15_000,
    subscription,
    subVersion: pulled.subVersion ?? 0,
    expressionType: pulled.expressionType ?? "TAG",
    maxMsgBytes: pulled.bytesMax,
  });
}

/** The messages of an answer to a pull or a query. */
export function messagesOf(body: Uint8Array | undefined): MessageRecord[] {
  const messages: MessageRecord[] = [];
  const bytes = body ?? new Uint8Array();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; at += view.getInt32(at)) messages.push(readMessage(view, at));
  return messages;
}
