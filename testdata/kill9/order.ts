/**
 * What a program that is to be killed is told, and what it tells before.
 *
 * @module
 */
import { hostBytes } from "../../store/host.ts";
import type { FlushMode, StoreOptions } from "../../store/store.ts";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { diskFiles } from "../../store/file_disk.ts";
import type { RetentionOptions } from "../../store/retention_loop.ts";
import type { Death } from "../dying_files.ts";
import { BATCH_TOPIC, QUEUES, type StoreKind, topicsOf } from "./load.ts";

/** What the program does, as JSON in its only argument. */
export interface StoreOrder {
  readonly root: string;
  /** File that gets a line for every acknowledged message: number, log offset, queue offset. */
  readonly acknowledged: string;
  readonly flushMode: FlushMode;
  readonly kind: StoreKind;
  /** Number of the first message. */
  readonly first: number;
  readonly seed: number;
  /** When the store's clock, which runs fast, began. */
  readonly clockFrom: number;
  /** The call it dies at; without it somebody else kills it. */
  readonly death?: Death;
  /** Acknowledged messages after which it stops cleanly. */
  readonly stopAfter?: number;
}

/** What the program says, as a line of JSON, when the store is open. */
export interface Opened {
  readonly mode: string;
  readonly from: number;
  readonly end: number;
  readonly messages: number;
  readonly openMs: number;
}

/** How much faster than real time a store's clock runs: recovery trusts the checkpoint but for 3 s. */
const CLOCK_RATE = 1_000;

/** The clock of all programs that use one store. */
function storeClock(from: number): () => number {
  const { timeOrigin } = performance;
  return () => Math.floor(from + (timeOrigin + performance.now() - from) * CLOCK_RATE);
}

/** Where the topics of a rich store are written down, as by a broker. */
export const TOPIC_TABLE = {
  dataVersion: { timestamp: 1, counter: 1, stateVersion: 0 },
  topicConfigTable: Object.fromEntries(
    topicsOf("rich").map((topicName) => {
      const attributes = topicName === BATCH_TOPIC ? { "queue.type": "BatchCQ" } : {};
      return [topicName, { topicName, readQueueNums: QUEUES, writeQueueNums: QUEUES, attributes }];
    }),
  ),
};

/** Log files that stay where retention is at work. */
const FILES_KEPT = 5;

/** A store of tiny files that flushes all the time, so that there is always something to tear. */
export function tinyStore(
  { flushMode, clockFrom, kind, root }: Pick<
    StoreOrder,
    "flushMode" | "clockFrom" | "kind" | "root"
  >,
): StoreOptions {
  return {
    storeHost: hostBytes("127.0.0.1", 10_911),
    now: storeClock(clockFrom),
    flushMode,
    segmentBytes: 65_536,
    queueFileUnits: 100,
    indexGeometry: { slots: 50, entries: 200 },
    tailCacheBytesMax: 131_072,
    intervals: {
      flushIntervalMs: 2,
      flushBytesMin: 4_096,
      flushThoroughIntervalMs: 8,
      writeBehindIntervalMs: 3,
      queueSyncIntervalMs: 6,
    },
    ...kind === "rich" && {
      batchQueueFileUnits: 20,
      isBatchTopic: (topic: string) => topic === BATCH_TOPIC,
      queueExtFileBytes: 2_048,
      lightQueues: true,
      propertyCrc: true,
      propertyCrcRequired: true,
    },
    ...kind === "aging" && { retention: crowded(root), sleep: shortSleep },
    ...kind === "pool" && { transientPool: { commitIntervalMs: 4, commitBytesMin: 8_192 } },
  };
}

/** The disk seems to be filling up as long as there are more log files than are to stay. */
function crowded(root: string): RetentionOptions {
  return {
    settings: { roundIntervalMs: 5, logFileIntervalMs: 1, queueFileIntervalMs: 1 },
    spaceOnDisk() {
      const files = diskFiles.list(join(root, "commitlog")).length;
      const usedBytes = files > FILES_KEPT ? 88 : 50;
      return { usedBytes, freeBytes: 100 - usedBytes };
    },
  };
}

/** Nobody waits for the minute after which retention begins. */
async function shortSleep(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(Math.min(ms, 20), undefined, { signal });
}
