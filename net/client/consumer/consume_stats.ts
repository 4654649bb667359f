/**
 * How consuming goes, by topic, for whoever asks a consumer about itself (Java:
 * `ConsumerStatsManager`).
 *
 * @module
 */

import type { ConsumeStatus } from "../../wire/running_info.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const MINUTE_SLOTS = 6;
const HOUR_SLOTS = 60;
const SECONDS_OF_MINUTE = 60;

/** What was pulled and consumed in the last minute, and what failed in the last hour. */
export class ConsumeStats {
  readonly #now: () => number;
  readonly #topics = new Map<string, TopicStats>();

  /** `now` tells epoch ms. */
  constructor({ now }: { readonly now: () => number }) {
    this.#now = now;
  }

  /** A pull brought messages. */
  pulled(topic: string, { messages, tookMs }: { messages: number; tookMs: number }): void {
    const { minute } = this.#of(topic);
    const at = minute.at(this.#now());
    at.pulls += 1;
    at.pullMs += tookMs;
    at.pulled += messages;
  }

  /** A handler is done with messages; `endedAt` is epoch ms. */
  consumed(
    topic: string,
    { messages, failed, tookMs, endedAt }: {
      messages: number;
      failed: number;
      tookMs: number;
      endedAt: number;
    },
  ): void {
    const { minute, hour } = this.#of(topic);
    const at = minute.at(endedAt);
    at.calls += 1;
    at.callMs += tookMs;
    at.ok += messages - failed;
    if (failed === 0) return;
    at.failed += failed;
    hour.at(endedAt).failed += failed;
  }

  /** As a broker is told. */
  get status(): ReadonlyMap<string, ConsumeStatus> {
    const now = this.#now();
    return new Map(Array.from(this.#topics, ([topic, { minute, hour }]) => {
      const sums = minute.sums(now);
      return [topic, {
        pullRT: sums.pullMs / Math.max(1, sums.pulls),
        pullTPS: sums.pulled / SECONDS_OF_MINUTE,
        consumeRT: sums.callMs / Math.max(1, sums.calls),
        consumeOKTPS: sums.ok / SECONDS_OF_MINUTE,
        consumeFailedTPS: sums.failed / SECONDS_OF_MINUTE,
        consumeFailedMsgs: hour.sums(now).failed,
      }];
    }));
  }

  #of(topic: string): TopicStats {
    let stats = this.#topics.get(topic);
    if (stats === undefined) {
      const minute = new RollingCounts({ spanMs: MINUTE_MS, slots: MINUTE_SLOTS });
      const hour = new RollingCounts({ spanMs: HOUR_MS, slots: HOUR_SLOTS });
      this.#topics.set(topic, stats = { minute, hour });
    }
    return stats;
  }
}

interface TopicStats {
  readonly minute: RollingCounts;
  readonly hour: RollingCounts;
}

/** What is counted in a slot of time. */
interface Counts {
  pulls: number;
  pullMs: number;
  pulled: number;
  calls: number;
  callMs: number;
  ok: number;
  failed: number;
}

const NOTHING: Readonly<Counts> = {
  pulls: 0,
  pullMs: 0,
  pulled: 0,
  calls: 0,
  callMs: 0,
  ok: 0,
  failed: 0,
};

/** Counts over the newest slots of time; what falls out of them is forgotten. */
class RollingCounts {
  readonly #slotMs: number;
  readonly #slots: Counts[];
  /** Number of the newest slot since the epoch. */
  #newest = 0;

  constructor({ spanMs, slots }: { spanMs: number; slots: number }) {
    this.#slotMs = spanMs / slots;
    this.#slots = Array.from({ length: slots }, () => ({ ...NOTHING }));
  }

  /** The slot of a time; a clock that was set back counts into the newest. */
  at(now: number): Counts {
    const count = this.#slots.length;
    const slot = Math.max(this.#newest, Math.floor(now / this.#slotMs));
    const passed = Math.min(slot - this.#newest, count);
    for (let step = 0; step < passed; step++) this.#slots[(slot - step) % count] = { ...NOTHING };
    this.#newest = slot;
    return this.#slots[slot % count]!;
  }

  sums(now: number): Counts {
    this.at(now);
    const sums = { ...NOTHING };
    for (const slot of this.#slots) {
      for (const name of Object.keys(NOTHING) as (keyof Counts)[]) sums[name] += slot[name];
    }
    return sums;
  }
}
