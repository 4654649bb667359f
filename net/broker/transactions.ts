/**
 * How transactions end: a committed half message goes to its real topic, and an op message says of
 * every ended one that it needs no more looking after (Java: `EndTransactionProcessor`).
 *
 * What Java forgets is kept in mind while the broker runs: which half messages are ended, so that a second
 * word about one has no second effect, and which copies were made of them, so that a late word ends the
 * copy as well. After a crash between the two records of a commit, its producer is asked once more and the
 * message comes twice, as with Java.
 *
 * @module
 */

import type { HostBytes } from "../../store/layout.ts";
import type { MessageRecord } from "../../store/message.ts";
import { parseProperties } from "../../store/properties.ts";
import type { PutResult } from "../../store/put.ts";
import type { Store } from "../../store/store.ts";
import type { Log } from "../rpc/limits.ts";
import type { BrokerStats } from "./broker_stats.ts";
import {
  committedDraft,
  immunityMs,
  opDraft,
  TRANSACTION_PROPERTY,
  type WaitingPlaces,
} from "./half_message.ts";

/** What the transactions work on. */
export interface TransactionsOptions extends WaitingPlaces {
  readonly store: Pick<Store, "put">;
  /** Address in the records. */
  readonly storeHost: HostBytes;
  readonly stats: BrokerStats;
  /** Takes what an operator should know. */
  readonly log: Log;
  readonly now: () => number;
  /** Half messages kept in mind of each kind; default 100,000. */
  readonly knownMax?: number;
}

/** How a transaction ends. */
export type TransactionEnd = "commit" | "rollback";

/** How far the end of a half message has got. */
export type EndState = "open" | "ending" | "ended";

const KNOWN_MAX = 100_000;

/** The transactions of a broker. */
export class Transactions {
  /** When the broker started: of half messages before it no copies are kept in mind. */
  readonly #startedAt: number;
  readonly #options: TransactionsOptions;
  readonly #knownMax: number;
  /** Half messages whose end is on its way into the store. */
  readonly #ending = new Set<number>();
  /** The last to be ended. */
  readonly #ended = new Set<number>();
  /** The next copy of a half message; the last to be made. */
  readonly #copies = new Map<number, number>();

  constructor(options: TransactionsOptions) {
    this.#options = options;
    this.#startedAt = options.now();
    this.#knownMax = options.knownMax ?? KNOWN_MAX;
  }

  /** How far the end of the half message at an index of their queue has got. */
  stateOf(halfOffset: number): EndState {
    if (this.#ending.has(halfOffset)) return "ending";
    return this.#ended.has(halfOffset) ? "ended" : "open";
  }

  /**
   * A half message has been copied, and who ends it ends the copy; whether the copy is open. It is not
   * where the end came while the copy was on its way.
   */
  copied(halfOffset: number, copyOffset: number): boolean {
    this.#copies.set(halfOffset, copyOffset);
    forgetOldest(this.#copies, this.#knownMax);
    const state = this.stateOf(halfOffset);
    if (state === "ended") this.#close([copyOffset], () => {});
    if (state === "ending") this.#ending.add(copyOffset);
    return state === "open";
  }

  /**
   * Whether a producer's own word about a half message comes so late that it may have been asked, and
   * the message delivered, before this broker started. From 5.x on Java refuses every such word that
   * comes after the time the producer wanted to be left alone for; what came since the start is known.
   */
  isTooLate(
    { properties, bornTimestamp, storeTimestamp }: MessageRecord,
    timeoutMs: number,
  ): boolean {
    if (storeTimestamp >= this.#startedAt) return false;
    const immunity = parseProperties(properties).get(TRANSACTION_PROPERTY.immunitySeconds);
    if (immunity === undefined) return false;
    const waitMs = Math.max(immunityMs(immunity, timeoutMs), timeoutMs);
    return this.#options.now() - bornTimestamp > waitMs;
  }

  /**
   * Ends a half message that has its pairs; `done` hears how the put went that the end took, with nothing
   * where there was nothing to put. A commit that cannot be put leaves the half message open.
   *
   * @throws {Refusal} if the message cannot wait for the second of its own; it stays open.
   */
  end(half: MessageRecord, end: TransactionEnd, done: (put?: PutResult) => void): void {
    const first = half.queueOffset;
    const line = this.#lineOf(first);
    if (line.some((offset) => this.stateOf(offset) !== "open")) return done();
    const draft = end === "commit" ? committedDraft(half, this.#options) : undefined;
    for (const offset of line) this.#ending.add(offset);
    const close = (put?: PutResult) => {
      // Copies may have come meanwhile; those between the first and the last are passed already.
      const line = this.#lineOf(first);
      this.#close(line.length === 1 ? line : [first, line.at(-1)!], () => {
        for (const offset of line) this.#ending.delete(offset);
        done(put);
      });
    };
    if (draft === undefined) return close();
    this.#options.store.put(draft, (put) => {
      if (put.stored) {
        this.#options.stats.put(draft.topic, 1, put.wroteBytes);
        return close(put);
      }
      for (const offset of this.#lineOf(first)) this.#ending.delete(offset);
      done(put);
    });
  }

  /** Puts the op message that a half message needs no more looking after; `done` hears whether it did. */
  settle(halfOffset: number, done: (isSettled: boolean) => void): void {
    const { store, stats, log, now, storeHost } = this.#options;
    const draft = opDraft(halfOffset, { now: now(), storeHost });
    store.put(draft, (put) => {
      if (put.stored) stats.put(draft.topic, 1, put.wroteBytes);
      else log(`Cannot note that a half message is settled: ${put.reason}`);
      done(put.stored);
    });
  }

  /** Without its op message the producer of a half message will be asked again. */
  #close(halves: readonly number[], done: () => void): void {
    let open = halves.length;
    for (const offset of halves) {
      this.settle(offset, (isSettled) => {
        if (isSettled) this.#ended.add(offset);
        forgetOldest(this.#ended, this.#knownMax);
        if (--open === 0) done();
      });
    }
  }

  /** A half message and its copies, each behind the one it was made of. */
  #lineOf(halfOffset: number): number[] {
    const line = [halfOffset];
    for (let next = this.#copies.get(halfOffset); next !== undefined;) {
      line.push(next);
      next = this.#copies.get(next);
    }
    return line;
  }
}

function forgetOldest(known: Set<number> | Map<number, number>, max: number): void {
  if (known.size <= max) return;
  const [oldest] = known.keys();
  if (oldest !== undefined) known.delete(oldest);
}
