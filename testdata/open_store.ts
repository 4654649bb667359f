/**
 * Opening stores in tests: with nothing running in the background, and recorded ones with the sizes
 * their broker had.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import type { FileSystem } from "../store/file.ts";
import type { Sleep } from "../store/flush_loops.ts";
import { hostBytes } from "../store/host.ts";
import type { BatchElement, MessageDraft, PutResult } from "../store/put.ts";
import { Store, type StoreOptions } from "../store/store.ts";
import { MemoryFiles } from "../store/file_memory.ts";
import type { ManualClock } from "./manual_clock.ts";

/** Where the store of a test lies, and a recorded one in memory. */
export const STORE_ROOT = "store";

const STEP_MS = 100;

/** A store of small files in which nothing happens by itself. */
export function openStore(
  fs: FileSystem = new MemoryFiles(),
  options: Partial<StoreOptions> = {},
): Promise<Store> {
  return Store.open(STORE_ROOT, {
    fs,
    storeHost: hostBytes("10.0.0.1", 10911),
    segmentBytes: 65_536,
    queueFileUnits: 60,
    indexGeometry: { slots: 100, entries: 400 },
    background: false,
    ...options,
  });
}

/** Waits that end as a clock passes them: what a store's loops sleep on in tests. */
export function sleepOn(clock: ManualClock): Sleep {
  return (delayMs, signal) =>
    new Promise((resolve, reject) => {
      const stop = clock.startTimer(resolve, delayMs);
      signal.addEventListener("abort", () => {
        stop();
        reject(signal.reason);
      }, { once: true });
    });
}

/** Lets time pass in small steps, and everything be done that is due in each. */
export async function runFor(clock: ManualClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += STEP_MS) {
    clock.advance(STEP_MS);
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
}

/** What a test cares about in a message; everything else is filled in. */
export type DraftWish = Partial<Omit<MessageDraft, "body">> & {
  readonly body?: string | Uint8Array;
};

/** A message on its way into a store. */
export function draftOf({ body = "body", ...wish }: DraftWish = {}): MessageDraft {
  return {
    topic: "TopicTest",
    queueId: 0,
    flag: 0,
    sysFlag: 0,
    bornTimestamp: 1_700_000_000_000,
    bornHost: hostBytes("10.1.2.3", 50_000),
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    body: typeof body === "string" ? new TextEncoder().encode(body) : body,
    properties: "",
    ...wish,
  };
}

/** Puts a message and waits for the answer. */
export function put(store: Pick<Store, "put">, wish: DraftWish = {}): Promise<PutResult> {
  return new Promise((resolve) => store.put(draftOf(wish), resolve));
}

/** Puts a batch and waits for the answer. */
export function putBatch(
  store: Pick<Store, "putBatch">,
  wish: DraftWish,
  elements: readonly BatchElement[],
): Promise<PutResult> {
  return new Promise((resolve) => store.putBatch(draftOf(wish), elements, resolve));
}
