/**
 * What a broker tells of itself at work, as texts by the names `mqadmin` and the dashboard read (Java:
 * `StoreStatsService`, `AdminBrokerProcessor.prepareRuntimeInfo`). Names for what this broker does not
 * have, such as pools of threads, stand as well: programs that watch brokers fail without them.
 *
 * @module
 */

import type { OffsetMap } from "../../store/config_tables.ts";
import { RecordView } from "../../store/record_view.ts";
import type { Store } from "../../store/store.ts";
import { DEFAULT_LIMITS } from "../rpc/limits.ts";
import { versionName, VERSIONS } from "../wire/version.ts";
import type { BrokerStats, Totals } from "./broker_stats.ts";
import { type DiskSpace, usedRatio } from "./disk_space.ts";
import type { Timer } from "./timer.ts";
import type { TimerMetrics } from "./timer_metrics.ts";
import { SCHEDULE_TOPIC } from "../wire/topic_names.ts";

/** Where the information comes from. */
export interface RuntimeSource {
  readonly store: Pick<Store, "logRange" | "queueRange" | "recordAt" | "unsyncedBytes">;
  /** Folders of the commit log, with commas. */
  readonly logPath: string;
  readonly stats: BrokerStats;
  /** Index of the message each delay level delivers next, by level. */
  readonly delayOffsets: () => OffsetMap;
  /** Absent where there are no timed messages. */
  readonly timer?: Pick<Timer, "behind"> | undefined;
  readonly timerMetrics?: Pick<TimerMetrics, "counts"> | undefined;
  /** Space on the disk of the store. */
  readonly diskSpace: () => DiskSpace | undefined;
  readonly now: () => number;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** The texts by name. */
export function runtimeInfo(source: RuntimeSource): Map<string, string> {
  const info = {
    ...activity(source),
    ...storage(source),
    ...delays(source),
    ...timers(source),
    brokerVersion: VERSIONS.own,
    brokerVersionDesc: versionName(VERSIONS.own),
    brokerActive: true,
    ...NOT_MEASURED,
    ...NO_THREAD_POOLS,
  };
  return new Map(Object.entries(info).map(([name, value]) => [name, String(value)]));
}

/** Requests of one connection that may wait for their answers. */
const CAPACITY = DEFAULT_LIMITS.openCallsMax;

/** A request is served in the turn it arrives: none waits for a thread. */
const NO_THREAD_POOLS = Object.fromEntries(
  ["send", "pull", "litePull", "query", "ack"].flatMap((pool) => [
    [`${pool}ThreadPoolQueueSize`, 0],
    [`${pool}ThreadPoolQueueCapacity`, CAPACITY],
    [`${pool}ThreadPoolQueueHeadWaitTimeMills`, 0],
  ]),
);

/** What Java measures of its locks, buffers and threads: nothing here has them. */
const NOT_MEASURED = {
  EndTransactionQueueSize: 0,
  EndTransactionThreadPoolQueueCapacity: CAPACITY,
  dispatchMaxBuffer: 0,
  getMessageEntireTimeMax: 0,
  pageCacheLockTimeMills: 0,
  putLatency99: "0.00",
  putLatency999: "0.00",
  // Java, too, has nothing to say in its first minute.
  putMessageDistributeTime: "null",
  putMessageEntireTimeMax: 0,
  remainTransientStoreBufferNumbs: 2 ** 31 - 1,
  startAcceptSendRequestTimeStamp: 0,
};

function activity({ stats, now }: RuntimeSource): Record<string, string | number> {
  const { totals, mornings, bootTimestamp } = stats;
  const rates = (of: (totals: Totals) => number) => stats.rates(of).join(" ");
  const transferred = rates((totals) => totals.transferred);
  return {
    bootTimestamp,
    runtime: formatRuntime(now() - bootTimestamp),
    putMessageTimesTotal: totals.puts,
    putMessageFailedTimes: totals.putFailures,
    putMessageSizeTotal: totals.putBytes,
    putMessageAverageSize: totals.puts === 0 ? 0 : totals.putBytes / totals.puts,
    putTps: rates((totals) => totals.puts),
    getFoundTps: rates((totals) => totals.found),
    getMissTps: rates((totals) => totals.missed),
    getTotalTps: rates((totals) => totals.found + totals.missed),
    // 4.x writes and reads the one spelling, 5.x the other.
    getTransferedTps: transferred,
    getTransferredTps: transferred,
    msgPutTotalYesterdayMorning: mornings.putYesterday,
    msgPutTotalTodayMorning: mornings.putToday,
    msgPutTotalTodayNow: totals.puts,
    msgGetTotalYesterdayMorning: mornings.getYesterday,
    msgGetTotalTodayMorning: mornings.getToday,
    msgGetTotalTodayNow: totals.transferred,
  };
}

function storage({ store, diskSpace, logPath }: RuntimeSource): Record<string, string | number> {
  const { min, max } = store.logRange;
  const space = diskSpace();
  const disk = space === undefined ? {} : {
    commitLogDiskRatio: usedRatio(space),
    [`commitLogDiskRatio_${logPath}`]: usedRatio(space),
    consumeQueueDiskRatio: usedRatio(space),
    commitLogDirCapacity: `Total : ${formatBytes(space.totalBytes)}, ` +
      `Free : ${formatBytes(space.freeBytes)}.`,
  };
  return {
    ...disk,
    commitLogMinOffset: min,
    commitLogMaxOffset: max,
    // Queues are written in the turn in which the log is.
    dispatchBehindBytes: 0,
    remainHowManyDataToFlush: formatBytes(store.unsyncedBytes),
    earliestMessageTimeStamp: storeTimeOf(store.recordAt(min)),
  };
}

function delays({ store, delayOffsets }: RuntimeSource): Record<string, string> {
  const entries = Array.from(delayOffsets(), ([level, offset]) => {
    const max = store.queueRange(SCHEDULE_TOPIC, level - 1)?.max ?? 0;
    return [`scheduleMessageOffset_${level}`, `${offset},${max}`];
  });
  return Object.fromEntries(entries);
}

function timers({ timer, timerMetrics }: RuntimeSource): Record<string, number> {
  const { messages = 0, ms = 0 } = timer?.behind ?? {};
  const counts = timerMetrics?.counts.values() ?? [];
  return {
    timerReadBehind: Math.floor(ms / 1000),
    timerOffsetBehind: messages,
    timerCongestNum: Array.from(counts, ({ count }) => count).reduce((sum, some) => sum + some, 0),
  };
}

function storeTimeOf(bytes: Uint8Array | undefined): number {
  if (bytes === undefined) return -1;
  const record = new RecordView();
  record.attach(bytes);
  return record.load(0, bytes.length) === undefined ? record.storeTimestamp() : -1;
}

/** Such as `[ 0 days, 0 hours, 15 minutes, 34 seconds ]`. */
function formatRuntime(ms: number): string {
  const days = Math.floor(ms / DAY_MS);
  const hours = Math.floor(ms % DAY_MS / HOUR_MS);
  const minutes = Math.floor(ms % HOUR_MS / MINUTE_MS);
  const seconds = Math.floor(ms % MINUTE_MS / 1000);
  return `[ ${days} days, ${hours} hours, ${minutes} minutes, ${seconds} seconds ]`;
}

/** Such as `4.0 KiB`. */
function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const exponent = Math.min(6, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** exponent).toFixed(1)} ${" KMGTPE"[exponent]}iB`;
}
