/**
 * What a program that is to be killed is told, and what it tells before.
 *
 * @module
 */
import { hostBytes } from "../../store/host.ts";
import type { FlushMode, StoreOptions } from "../../store/store.ts";
import type { Death } from "../dying_files.ts";

/** What the program does, as JSON in its only argument. */
export interface StoreOrder {
  readonly root: string;
  /** File that gets a line for every acknowledged message: number, log offset, queue offset. */
  readonly acknowledged: string;
  readonly flushMode: FlushMode;
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
export function storeClock(from: number): () => number {
  const { timeOrigin } = performance;
  return () => Math.floor(from + (timeOrigin + performance.now() - from) * CLOCK_RATE);
}

/** A store of tiny files that flushes all the time, so that there is always something to tear. */
export function tinyStore(order: Pick<StoreOrder, "flushMode" | "clockFrom">): StoreOptions {
  return {
    storeHost: hostBytes("127.0.0.1", 10_911),
    now: storeClock(order.clockFrom),
    flushMode: order.flushMode,
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
  };
}
