/**
 * Pulls that found nothing and wait for a message (Java: `PullRequestHoldService`). A pull waits in
 * the list of its queue; a message that it wants, or the end of its time, lets it run once more.
 *
 * However many messages a turn of the event loop brings, a pull runs once for all of them, after they
 * can be read.
 *
 * @module
 */

import type { RecordView } from "../../store/record_view.ts";
import { Alarm, type AlarmOptions } from "./alarm.ts";
import type { MessageFilter } from "./message_filter.ts";
import { keepsTag } from "./tag_filter.ts";

/** A pull that waits. */
export interface HeldPull {
  /** Who gets the answer. */
  readonly connection: object;
  readonly topic: string;
  readonly queueId: number;
  /** Index of the first message that would answer it. */
  readonly queueOffset: number;
  readonly filter: MessageFilter;
  /** Time at which it runs whatever has come, ms. */
  readonly until: number;
  /** Runs the pull, which must not wait again. Must not throw. */
  resume(): void;
}

/** A message that has come. */
export interface Arrival {
  readonly topic: string;
  readonly queueId: number;
  readonly queueOffset: number;
  readonly tagsCode: number;
}

/** Settings of {@linkcode PullHold}. */
export interface PullHoldOptions extends AlarmOptions {
  /** Pulls of one connection that may wait; default {@linkcode HELD_PER_CONNECTION_MAX}. */
  readonly heldPerConnectionMax?: number;
}

/** Pulls of one connection that may wait unless options say otherwise: a consumer of so many queues. */
const HELD_PER_CONNECTION_MAX = 32_768;

/**
 * Messages that may pass by a pull that wants none of them before it runs, so that the consumer moves
 * on: as many as one read looks at.
 */
const SKIPPED_MAX = 800;

/** Deadlines within the same such span are kept together. */
const BUCKET_MS = 16;

/** The pulls that wait. */
export class PullHold implements Disposable {
  readonly #now: () => number;
  readonly #heldPerConnectionMax: number;
  readonly #alarm: Alarm;
  readonly #byQueue = new Map<string, Map<number, Set<HeldPull>>>();
  readonly #byConnection = new Map<object, Set<HeldPull>>();
  readonly #byBucket = new Map<number, Set<HeldPull>>();
  #woken: HeldPull[] = [];
  #size = 0;
  #disposed = false;

  constructor(options: PullHoldOptions) {
    this.#now = options.now;
    this.#heldPerConnectionMax = options.heldPerConnectionMax ?? HELD_PER_CONNECTION_MAX;
    this.#alarm = new Alarm(() => this.#timesUp(), options);
  }

  /** Pulls that wait now. */
  get size(): number {
    return this.#size;
  }

  /** Lets a pull wait; false when too many of its connection wait already, or none may any more. */
  hold(pull: HeldPull): boolean {
    if (this.#disposed) return false;
    const mates = setIn(this.#byConnection, pull.connection);
    if (mates.size >= this.#heldPerConnectionMax) return false;
    mates.add(pull);
    let queues = this.#byQueue.get(pull.topic);
    if (queues === undefined) this.#byQueue.set(pull.topic, queues = new Map());
    setIn(queues, pull.queueId).add(pull);
    const bucket = bucketOf(pull);
    setIn(this.#byBucket, bucket).add(pull);
    this.#alarm.setBy(bucket * BUCKET_MS);
    this.#size++;
    return true;
  }

  /**
   * Wakes the pulls that want a message; those that look at records only go by `record`. Called for
   * every message, so it must be cheap.
   */
  arrived({ topic, queueId, queueOffset, tagsCode }: Arrival, record: RecordView): void {
    const pulls = this.#byQueue.get(topic)?.get(queueId);
    if (pulls === undefined) return;
    for (const pull of pulls) {
      if (queueOffset < pull.queueOffset) continue;
      const skipped = queueOffset - pull.queueOffset;
      const { filter } = pull;
      const isWanted = keepsTag(filter, tagsCode) && (filter.recordMatches?.(record) ?? true);
      if (isWanted || skipped >= SKIPPED_MAX) this.#wake(pull);
    }
  }

  /** Forgets the pulls of a connection that is closed. */
  connectionClosed(connection: object): void {
    for (const pull of this.#byConnection.get(connection) ?? []) this.#remove(pull);
  }

  /** Lets all pulls run, so that the connections they are answered on can be closed. */
  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#alarm[Symbol.dispose]();
    for (const pulls of this.#byConnection.values()) {
      for (const pull of pulls) this.#wake(pull);
    }
  }

  #wake(pull: HeldPull): void {
    this.#remove(pull);
    // The message cannot be read before the turn that brings it is written.
    if (this.#woken.push(pull) === 1) queueMicrotask(() => this.#resumeWoken());
  }

  #resumeWoken(): void {
    const woken = this.#woken;
    this.#woken = [];
    for (const pull of woken) pull.resume();
  }

  #timesUp(): void {
    const now = this.#now();
    let next = Infinity;
    for (const [bucket, pulls] of this.#byBucket) {
      const time = bucket * BUCKET_MS;
      if (time > now) next = Math.min(next, time);
      else for (const pull of pulls) this.#wake(pull);
    }
    this.#alarm.setBy(next);
  }

  #remove(pull: HeldPull): void {
    const queues = this.#byQueue.get(pull.topic);
    if (queues !== undefined && takeFrom(queues, pull.queueId, pull) && queues.size === 0) {
      this.#byQueue.delete(pull.topic);
    }
    takeFrom(this.#byConnection, pull.connection, pull);
    takeFrom(this.#byBucket, bucketOf(pull), pull);
    this.#size--;
  }
}

function bucketOf(pull: HeldPull): number {
  return Math.ceil(pull.until / BUCKET_MS);
}

function setIn<Key>(sets: Map<Key, Set<HeldPull>>, key: Key): Set<HeldPull> {
  let set = sets.get(key);
  if (set === undefined) sets.set(key, set = new Set());
  return set;
}

/** Takes a pull out of a set, and an empty set out of the map; whether that happened. */
function takeFrom<Key>(sets: Map<Key, Set<HeldPull>>, key: Key, pull: HeldPull): boolean {
  const set = sets.get(key);
  if (set === undefined) return false;
  set.delete(pull);
  return set.size === 0 && sets.delete(key);
}
