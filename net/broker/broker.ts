/**
 * The broker: a store, the tables of what clients may do and have done, and the handlers of their
 * requests, behind two ports. This file puts them together; what they do stands in theirs.
 *
 * @module
 */

import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { type ConfigFormat, CONSUMER_OFFSETS, DELAY_OFFSETS } from "../../store/config_tables.ts";
import type { FileSystem } from "../../store/file.ts";
import { diskFiles } from "../../store/file_disk.ts";
import { hostBytes } from "../../store/host.ts";
import type { HostBytes } from "../../store/layout.ts";
import { storePaths } from "../../store/names.ts";
import type { PutResult } from "../../store/put.ts";
import { youngBytesMax } from "../../store/queue_read.ts";
import { Store, type StoreOptions } from "../../store/store.ts";
import { formatAddress, type SocketAddress } from "../rpc/address.ts";
import type { Connection } from "../rpc/connection.ts";
import type { ConnectionLimits, Log } from "../rpc/limits.ts";
import { type Family, type Route, routesOf } from "../rpc/routes.ts";
import type { RequestName } from "../wire/codes.ts";
import type { LiveSettings, SettingValues } from "../rpc/live_settings.ts";
import type { MetricsDoor } from "../rpc/metrics_door.ts";
import { readOnlyRoute } from "../rpc/read_only_route.ts";
import { Server } from "../rpc/server.ts";
import { Arrivals } from "./arrival.ts";
import {
  type BrokerConfig,
  completeBrokerConfig,
  type HostDefaults,
  isLoopback,
  readLimitsOf,
  retentionOf,
} from "./broker_config.ts";
import { BrokerStats, statsLoop } from "./broker_stats.ts";
import { clientFamily } from "./client_family.ts";
import { CONSUMER_FILTERS } from "./consumer_filter_file.ts";
import { ConsumerFilters } from "./consumer_filters.ts";
import { ConsumerGroups } from "./consumer_groups.ts";
import { parseDelayLevels } from "./delay_levels.ts";
import { cleaningFamily } from "./cleaning_family.ts";
import { type DiskSpace, diskSpace } from "./disk_space.ts";
import { filterServerFamily, FilterServers } from "./filter_servers.ts";
import { flowControlled } from "./flow_control.ts";
import { groupFamily } from "./group_family.ts";
import { GROUP_FILE, GroupTable } from "./group_table.ts";
import { PullHold } from "./hold.ts";
import { hostDefaults } from "./host_defaults.ts";
import { liveBrokerSettings } from "./hot_settings.ts";
import { LIGHT_OFFSETS } from "./light_offsets.ts";
import { lockFamily, QueueLocks } from "./lock_family.ts";
import { openMetrics } from "./metrics.ts";
import { offsetFamily } from "./offset_family.ts";
import { offsetFlushLoop, OffsetTable } from "./offset_table.ts";
import { ProducerGroups } from "./producer_groups.ts";
import { progressFamily } from "./progress_family.ts";
import { pullFamily } from "./pull_family.ts";
import { queryFamily } from "./query_family.ts";
import { queueFamily } from "./queue_family.ts";
import { adoptTopics, BROKER_READS } from "./read_only_broker.ts";
import { Registration } from "./registration.ts";
import { relayFamily } from "./relay_family.ts";
import { replyFamily } from "./reply_family.ts";
import { runtimeFamily } from "./runtime_family.ts";
import { Schedule } from "./schedule.ts";
import { sendBackFamily } from "./send_back.ts";
import { sendFamily } from "./send_family.ts";
import { storeOptionsOf } from "./store_settings.ts";
import { TableFile } from "./table_file.ts";
import { timerFamily } from "./timer_family.ts";
import { TIMER_METRICS } from "./timer_metrics.ts";
import { openTimer, type TimerParts } from "./timer_parts.ts";
import { topicFamily } from "./topic_family.ts";
import { TOPIC_FILE, TopicTable } from "./topic_table.ts";
import { TransactionCheck, transactionCheckLoop } from "./transaction_check.ts";
import { transactionFamily } from "./transaction_family.ts";
import { Transactions } from "./transactions.ts";
import { UniqueIds } from "../wire/unique_ids.ts";

/** Settings of a broker, and what it lives on. */
export interface BrokerOptions {
  /** Settings that differ from `defaultBrokerConfig`. */
  readonly config?: Partial<BrokerConfig> | undefined;
  /** Takes what an operator should know. */
  readonly log?: Log | undefined;
  /** Clock of records and heartbeats, in ms. */
  readonly now?: (() => number) | undefined;
  /** From 0 to less than 1. */
  readonly random?: (() => number) | undefined;
  /** Where the store is; default the disk. */
  readonly fs?: FileSystem | undefined;
  /** Space on the disk of a folder, `undefined` where nobody knows; default what the system tells. */
  readonly diskSpace?: ((path: string) => DiskSpace | undefined) | undefined;
  /** Keeps settings that a request changes for the next start; where it throws none is changed. */
  readonly saveSettings?: ((changes: SettingValues) => void) | undefined;
  /** Limits of connections that differ from the default. */
  readonly limits?: Partial<ConnectionLimits> | undefined;
  /** How long answers under way may take to leave at the end. */
  readonly stopTimeoutMs?: number | undefined;
  /** Ends a start that takes too long. */
  readonly signal?: AbortSignal | undefined;
  /** Name and address of this machine, for settings that nobody made; default: as the system says. */
  readonly host?: HostDefaults | undefined;
  /**
   * Whether the store is only shown: what would change it is refused, no delayed message is delivered,
   * no file expires, every record is checked before it is served, and tables that cannot be read are
   * done without. What a start has to put right and what consumers commit goes into `fs` all the
   * same, which therefore keeps it in memory (`OverlayFiles`). Default: no.
   */
  readonly readOnly?: boolean | undefined;
}

/** The second port, which old clients use for sends, is so much below the first. */
const VIP_PORT_DISTANCE = 2;

/** Time between two looks for clients whose heartbeats stopped. */
const EXPIRY_SCAN_MS = 10_000;

/** What the handlers of a broker share. */
interface Parts extends TimerParts {
  readonly config: BrokerConfig;
  /** What `config` comes from. */
  readonly settings: LiveSettings<BrokerConfig>;
  readonly store: Store;
  /** Address in the records. */
  readonly storeHost: HostBytes;
  /** `host:port` under which clients reach the broker. */
  readonly brokerAddr: string;
  readonly topics: TopicTable;
  readonly groups: GroupTable;
  readonly offsets: OffsetTable;
  readonly consumers: ConsumerGroups;
  readonly producers: ProducerGroups;
  readonly filters: ConsumerFilters;
  readonly filterServers: FilterServers;
  readonly schedule: Schedule;
  readonly hold: PullHold;
  readonly stats: BrokerStats;
  readonly transactions: Transactions;
  /** Space on the disk of a folder. */
  readonly space: (path: string) => DiskSpace | undefined;
  readonly log: Log;
  readonly now: () => number;
}

/** What {@linkcode openParts} needs besides the options. */
interface PartsOptions extends BrokerOptions {
  readonly config: BrokerConfig;
  readonly settings: LiveSettings<BrokerConfig>;
  /** The port that clients reach the broker on. */
  readonly port: number;
  readonly log: Log;
  readonly now: () => number;
}

/**
 * A broker at work. Disposing it takes leave of the name servers, lets answers under way leave, and
 * closes the store cleanly.
 */
export class Broker implements AsyncDisposable {
  /** Where the broker listens. */
  readonly address: SocketAddress;
  /** `host:port` under which clients reach it, as it stands in routes. */
  readonly peer: string;
  /** Settings that hold. */
  readonly config: BrokerConfig;
  /** The messages. */
  readonly store: Store;
  /** Names of the requests it serves. */
  readonly served: readonly RequestName[];
  /** Where metrics are served; `undefined` where they are not. */
  readonly metrics: SocketAddress | undefined;
  readonly #stack: AsyncDisposableStack;
  readonly #finished = Promise.withResolvers<void>();
  #disposing: Promise<void> | undefined;

  private constructor(
    address: SocketAddress,
    parts: Parts & Pick<Broker, "served"> & { metrics: MetricsDoor | undefined },
    stack: AsyncDisposableStack,
  ) {
    this.address = address;
    this.peer = parts.brokerAddr;
    this.config = parts.config;
    this.store = parts.store;
    this.served = parts.served;
    this.metrics = parts.metrics?.address;
    this.#stack = stack;
  }

  /**
   * Opens the store, listens, and registers with the name servers, which may be down.
   *
   * @throws {RangeError} for settings that cannot be honoured.
   * @throws {SyntaxError} for name servers that are not `host:port`.
   * @throws {Error} if the store cannot be opened, its tables cannot be read, or the port is taken;
   * what was opened is closed again.
   */
  static async start(options: BrokerOptions = {}): Promise<Broker> {
    options.signal?.throwIfAborted();
    const { log = () => {}, now = Date.now, random = Math.random } = options;
    const given = completeBrokerConfig(options.config ?? {}, options.host ?? hostDefaults());
    const settings = liveBrokerSettings(given, { save: options.saveSettings, log, now });
    const config = settings.current;
    await using stack = new AsyncDisposableStack();
    await using doors = new AsyncDisposableStack();
    const routes = new Map<number, Route>();
    const leavers: ((connection: Connection) => void)[] = [];
    const listen = (port: number) =>
      Server.listen({ hostname: config.bindAddress, port }, {
        routes,
        limits: limitsOf(config, options.limits),
        stopTimeoutMs: options.stopTimeoutMs,
        log,
        onClose: (connection) => leavers.forEach((leave) => leave(connection)),
      });
    // Records hold the port. Nobody knows a free port before it is taken, so nobody asks too early.
    const early = config.listenPort === 0 ? doors.use(await listen(0)) : undefined;
    const port = early?.address.port ?? config.listenPort;
    const parts = await openParts(stack, { ...options, config, settings, port, log, now });
    const { consumers, producers, filterServers, hold, topics } = parts;
    for (const clients of [consumers, producers, filterServers, hold]) {
      leavers.push((connection) => clients.connectionClosed(connection));
    }
    const registered: Registration[] = [];
    const announce = async () => await registered[0]?.announce();
    const { readOnly } = options;
    for (const [code, route] of routesOf(familiesOf(parts, { announce, random, readOnly }))) {
      routes.set(code, readOnly === true ? readOnlyRoute(route, BROKER_READS) : route);
    }
    const { address } = early ?? doors.use(await listen(port));
    if (early === undefined) await openVipDoor(doors, { listen, port, log });
    stack.use(doors.move());
    // Pulls that are held are answered first: the doors wait for what is unanswered.
    stack.use(hold);
    noteReach(config, log);
    const metrics = stack.use(await openMetrics(parts));
    registered.push(stack.use(await Registration.start(parts)));
    stack.use(topics.watch(announce));
    const served = [...routes.values()].map(({ name }) => name);
    return new Broker(address, { ...parts, served, metrics }, stack.move());
  }

  /** Resolves when the broker has stopped. */
  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  /** Stops; a second call waits for the first. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#disposing ??= this.#stack.disposeAsync().finally(this.#finished.resolve);
  }
}

async function openParts(stack: AsyncDisposableStack, options: PartsOptions): Promise<Parts> {
  const { config, port, log, now, fs = diskFiles, diskSpace: space = diskSpace } = options;
  const { readOnly = false } = options;
  const storeHost = hostBytes(config.brokerIP1, port);
  const arrivals = new Arrivals();
  const levelsMs = parseDelayLevels(config.messageDelayLevel);
  const store = stack.use(
    await openStore({ ...options, space }, {
      storeHost,
      delayLevelsMs: levelsMs,
      // Asked when a message is put, not before there is a table of topics.
      isBatchTopic: (topic) => topics.isBatch(topic),
      bitMapOf: (request, record) => filters.bitMapOf(request, record),
      onArrival: arrivals.notify,
    }),
  );
  const directory = storePaths(config.storePathRootDir).config;
  const fileOf = <Entries>(format: ConfigFormat<Entries>, isLenient = readOnly) =>
    stack.use(new TableFile({ fs, directory, log, format, isLenient }));
  const topics = TopicTable.open({ config, now, file: fileOf(TOPIC_FILE) });
  if (readOnly) adoptTopics(topics, store);
  const groups = GroupTable.open({ config, now, file: fileOf(GROUP_FILE) });
  const plainOffsets = fileOf(CONSUMER_OFFSETS);
  const offsets = OffsetTable.open({
    now,
    ...(config.enableLmq
      ? { file: fileOf(LIGHT_OFFSETS), formerFile: plainOffsets }
      : { file: plainOffsets }),
  });
  stack.defer(() => offsets.save());
  const stats = new BrokerStats({
    cluster: config.brokerClusterName,
    now,
    lightQueuesAsOne: config.enableLmq && !config.enableLmqStats,
  });
  const onDelivered = (topic: string, put: PutResult) => stats.put(topic, 1, put.wroteBytes);
  const schedule = stack.use(
    Schedule.open({
      store,
      levelsMs: readOnly ? [] : levelsMs,
      file: fileOf(DELAY_OFFSETS),
      onDelivered,
      log,
      now,
    }),
  );
  const metricsFile = fileOf(TIMER_METRICS, true);
  const timing = { config, fs, store, metricsFile, arrivals, onDelivered, readOnly, log, now };
  const timed = openTimer(stack, { ...timing, random: options.random });
  const hold = new PullHold({ now });
  stack.use(arrivals.add((request) => schedule.arrived(request)));
  stack.use(arrivals.add((request, record) => hold.arrived(request, record)));
  const notifies = (group: string) => groups.get(group)?.notifyConsumerIdsChangedEnable ?? false;
  // Consumers tell their filters again, so that a broker can start without those it kept.
  const filters = ConsumerFilters.open({ config, now, log, file: fileOf(CONSUMER_FILTERS, true) });
  const consumers = new ConsumerGroups({ now, notifies, filters });
  const producers = new ProducerGroups({ now });
  const brokerAddr = formatAddress({ hostname: config.brokerIP1, port });
  const { settings } = options;
  const base = { config, settings, store, storeHost, brokerAddr };
  const tables = { topics, groups, offsets, schedule, hold };
  const filterServers = new FilterServers({ now });
  const waiting = { delayLevelCount: levelsMs.length, placeTimed: timed.placeTimed };
  const transactions = new Transactions({ store, storeHost, stats, ...waiting, log, now });
  const clients = { consumers, producers, filters, filterServers };
  const owned = { stats, transactions, space, log, now };
  const all = { ...base, ...tables, ...timed, ...clients, ...owned };
  startLoops(stack, all, { readOnly });
  return all;
}

function openStore(
  { config, fs = diskFiles, now, log, space, readOnly = false, signal }:
    & PartsOptions
    & Pick<Parts, "space">,
  wiring: Pick<
    StoreOptions,
    "storeHost" | "delayLevelsMs" | "isBatchTopic" | "bitMapOf" | "onArrival"
  >,
): Promise<Store> {
  return Store.open(config.storePathRootDir, {
    ...storeOptionsOf(config),
    ...wiring,
    fs,
    now,
    onFailure: (cause) => log("The store can no longer be written", cause),
    retention: { settings: () => retentionOf(config), spaceOnDisk: space, tell: log },
    background: !readOnly,
    checksRecords: readOnly,
    ...(signal && { signal }),
  });
}

/** The work of the background, until the stack is disposed. */
function startLoops(
  stack: AsyncDisposableStack,
  parts: Parts,
  { readOnly }: { readOnly: boolean },
): void {
  const { config, offsets, stats, log } = parts;
  const stopping = new AbortController();
  const { signal } = stopping;
  const loops = [
    offsetFlushLoop(offsets, { intervalMs: config.flushConsumerOffsetInterval, signal }),
    statsLoop(stats, { signal }),
    expiryLoop(parts, { signal }),
  ];
  if (!readOnly) {
    const intervalMs = () => config.transactionCheckInterval;
    loops.push(transactionCheckLoop(new TransactionCheck(parts), { intervalMs, signal, log }));
  }
  stack.defer(async () => {
    stopping.abort();
    await Promise.all(loops);
  });
}

/** Closes the connections of clients whose heartbeats stopped. */
async function expiryLoop(
  { consumers, producers, filters, filterServers }: Parts,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    // Aborting ends the sleep early, which is all it is for.
    await sleep(EXPIRY_SCAN_MS, undefined, { signal }).catch(() => {});
    consumers.expire();
    producers.expire();
    filterServers.expire();
    filters.clean();
  }
}

function familiesOf(
  parts: Parts,
  { announce, random, readOnly }: {
    announce: () => Promise<void>;
    random: () => number;
    readOnly: boolean | undefined;
  },
): Family[] {
  const { config, storeHost, schedule, now } = parts;
  const { brokerName } = config;
  const locks = new QueueLocks({ now });
  const ids = new UniqueIds({ address: storeHost.address, pid: process.pid, now, random });
  const delayLevelCount = parseDelayLevels(config.messageDelayLevel).length;
  return [
    flowControlled(parts, sendFamily({ ...parts, locks, ids, delayLevelCount, random })),
    flowControlled(parts, sendBackFamily({ ...parts, delayLevelCount, random })),
    replyFamily({ ...parts, random }),
    transactionFamily(parts),
    pullFamily(parts),
    queryFamily(parts),
    queueFamily(parts),
    clientFamily({ ...parts, locks }),
    lockFamily({ locks }),
    filterServerFamily({ ...parts, announce }),
    offsetFamily({
      ...parts,
      youngBytesMax: youngBytesMax(readLimitsOf(config)),
      startsAtFirst: readOnly,
    }),
    topicFamily({ ...parts, announce }),
    groupFamily(parts),
    progressFamily({ ...parts, brokerName }),
    timerFamily(parts),
    cleaningFamily(parts),
    relayFamily(parts),
    runtimeFamily({
      ...parts,
      diskSpace: () => parts.space(config.storePathRootDir),
      delayOffsets: () => schedule.offsets,
      delayVersion: () => schedule.version,
    }),
  ];
}

/** The second port is a courtesy to old clients: the broker does without it when it is taken. */
async function openVipDoor(
  doors: AsyncDisposableStack,
  { listen, port, log }: { listen: (port: number) => Promise<Server>; port: number; log: Log },
): Promise<void> {
  const vipPort = port - VIP_PORT_DISTANCE;
  if (vipPort <= 0) return;
  try {
    doors.use(await listen(vipPort));
  } catch (cause) {
    log(`Old clients will not reach the broker: ${(cause as Error).message}`, cause);
  }
}

/** A broker that nobody reaches looks like one that works. */
function noteReach({ bindAddress, brokerIP1 }: BrokerConfig, log: Log): void {
  if (!isLoopback(bindAddress) || isLoopback(brokerIP1)) return;
  log(`Clients are told to come to ${brokerIP1}, but bindAddress is ${bindAddress}`);
}

function limitsOf(
  config: BrokerConfig,
  limits: Partial<ConnectionLimits> | undefined,
): Partial<ConnectionLimits> {
  return { idleTimeoutMs: config.serverChannelMaxIdleTimeSeconds * 1000, ...limits };
}
