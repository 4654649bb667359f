/**
 * How much comes and goes, by topic, by group and in all, over the last minute, hour and day (Java:
 * `BrokerStatsManager`, `StatsItem`, `StoreStatsService`).
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import { isLightTopic, LMQ_PREFIX } from "../../store/light_topic.ts";
import type { BrokerStatsData, StatsItem, StatsName } from "../wire/topic_stats.ts";

/** Counts since the start. */
export interface Totals {
  /** Messages put. */
  puts: number;
  /** Bytes put. */
  putBytes: number;
  /** Puts that failed. */
  putFailures: number;
  /** Pulls that got something. */
  found: number;
  /** Pulls that got nothing. */
  missed: number;
  /** Messages got. */
  transferred: number;
}

/** Messages put and got until two mornings, in the sense of the local time zone. */
export interface Mornings {
  readonly putYesterday: number;
  readonly putToday: number;
  readonly getYesterday: number;
  readonly getToday: number;
}

/** One window: how far samples lie apart, and how many are kept. */
interface Window {
  readonly everyTicks: number;
  readonly samplesMax: number;
}

interface Sample {
  readonly timestamp: number;
  readonly sum: number;
  readonly times: number;
}

/** What is counted by pairs of topic and group. */
const PAIRED = [
  "GROUP_GET_NUMS",
  "GROUP_GET_SIZE",
  "GROUP_GET_LATENCY",
  "SNDBCK_PUT_NUMS",
] as const;

/** Time between two samples. */
export const TICK_MS = 10_000;

const MINUTE: Window = { everyTicks: 1, samplesMax: 6 };
const HOUR: Window = { everyTicks: 60, samplesMax: 6 };
const DAY: Window = { everyTicks: 360, samplesMax: 24 };
const WINDOWS = [MINUTE, HOUR, DAY] as const;

/** Ten minutes of samples of the totals. */
const TOTALS_SAMPLES_MAX = 61;

/** One counter with its windows, each of which begins with its oldest sample. */
class Counter {
  #sum = 0;
  #times = 0;
  readonly #windows: Sample[][];

  constructor(timestamp: number) {
    this.#windows = WINDOWS.map(() => [{ timestamp, sum: 0, times: 0 }]);
  }

  add(amount: number): void {
    this.#sum += amount;
    this.#times++;
  }

  sample(tick: number, timestamp: number): void {
    for (const [index, { everyTicks, samplesMax }] of WINDOWS.entries()) {
      if (tick % everyTicks !== 0) continue;
      const samples = this.#windows[index]!;
      samples.push({ timestamp, sum: this.#sum, times: this.#times });
      if (samples.length > samplesMax) samples.shift();
    }
  }

  data(timestamp: number): BrokerStatsData {
    const last = { timestamp, sum: this.#sum, times: this.#times };
    const [minute, hour, day] = this.#windows.map((samples) => itemOf(samples[0]!, last));
    return { statsMinute: minute!, statsHour: hour!, statsDay: day! };
  }
}

/** The counters of a broker. */
export class BrokerStats {
  /** Counts since the start. */
  readonly totals: Totals = {
    puts: 0,
    putBytes: 0,
    putFailures: 0,
    found: 0,
    missed: 0,
    transferred: 0,
  };
  /** Time of the start, ms. */
  readonly bootTimestamp: number;
  readonly #counters = new Map<StatsName, Map<string, Counter>>();
  readonly #cluster: string;
  readonly #now: () => number;
  readonly #lightQueuesAsOne: boolean;
  readonly #totalSamples: (Totals & { readonly timestamp: number })[] = [];
  #tick = 0;
  #day: string;
  #mornings: Mornings = { putYesterday: 0, putToday: 0, getYesterday: 0, getToday: 0 };

  /**
   * Counters at zero. `lightQueuesAsOne` counts what groups get from light queues, of which there may
   * be very many, as if there were but one (Java: `LmqBrokerStatsManager`).
   */
  constructor(
    { cluster, now, lightQueuesAsOne = false }: {
      cluster: string;
      now: () => number;
      lightQueuesAsOne?: boolean;
    },
  ) {
    this.#cluster = cluster;
    this.#now = now;
    this.#lightQueuesAsOne = lightQueuesAsOne;
    this.bootTimestamp = now();
    this.#day = dayOf(this.bootTimestamp);
  }

  /** Totals as they were when this day and the day before began. */
  get mornings(): Mornings {
    return this.#mornings;
  }

  /** Messages were put; `bytes` as stored. */
  put(topic: string, count: number, bytes: number): void {
    this.totals.puts += count;
    this.totals.putBytes += bytes;
    this.#add("TOPIC_PUT_NUMS", topic, count);
    this.#add("TOPIC_PUT_SIZE", topic, bytes);
    this.#add("BROKER_PUT_NUMS", this.#cluster, count);
  }

  /** A put failed. */
  putFailed(): void {
    this.totals.putFailures++;
  }

  /** Reading what a pull got took so long. */
  gotAfter(topic: string, group: string, queueId: number, ms: number): void {
    this.#add("GROUP_GET_LATENCY", `${queueId}@${this.#pairOf(topic, group)}`, ms);
  }

  /** A group got messages by one pull. */
  got(topic: string, group: string, count: number, bytes: number): void {
    this.totals.found++;
    this.totals.transferred += count;
    const key = this.#pairOf(topic, group);
    this.#add("GROUP_GET_NUMS", key, count);
    this.#add("GROUP_GET_SIZE", key, bytes);
    this.#add("BROKER_GET_NUMS", this.#cluster, count);
  }

  /** A pull got nothing. */
  missed(): void {
    this.totals.missed++;
  }

  /** A group gave a message back. */
  sentBack(topic: string, group: string): void {
    this.#add("SNDBCK_PUT_NUMS", this.#pairOf(topic, group), 1);
  }

  /** Windows of one counter; `undefined` when nothing was ever counted under that name and key. */
  data(name: string, key: string): BrokerStatsData | undefined {
    return this.#counters.get(name as StatsName)?.get(key)?.data(this.#now());
  }

  /** Messages a second that a group got from a topic over the last minute. */
  consumeTps(topic: string, group: string): number {
    return this.data("GROUP_GET_NUMS", this.#pairOf(topic, group))?.statsMinute.tps ?? 0;
  }

  /** Messages a second put to a topic over the last minute. */
  putTps(topic: string): number {
    return this.data("TOPIC_PUT_NUMS", topic)?.statsMinute.tps ?? 0;
  }

  /** Growth of a total a second, over the last 10 s, minute and ten minutes (as far as there are). */
  rates(of: (totals: Totals) => number): [number, number, number] {
    const now = this.#now();
    return [1, 6, 60].map((ticks) => {
      const since = this.#totalSamples.at(-ticks) ?? this.#totalSamples[0];
      if (since === undefined) return 0;
      const spanMs = Math.max(TICK_MS, now - since.timestamp);
      return (of(this.totals) - of(since)) * 1000 / spanMs;
    }) as [number, number, number];
  }

  /** Forgets what was counted of a topic. */
  deleteTopic(topic: string): void {
    for (const name of ["TOPIC_PUT_NUMS", "TOPIC_PUT_SIZE"] as const) {
      this.#counters.get(name)?.delete(topic);
    }
    this.#deletePairs((pair) => pair.startsWith(`${topic}@`));
  }

  /** Forgets what was counted of a group. */
  deleteGroup(group: string): void {
    this.#deletePairs((pair) => pair.endsWith(`@${group}`));
  }

  /** Takes a sample of everything; to be called every {@linkcode TICK_MS}. */
  sample(): void {
    const timestamp = this.#now();
    for (const counters of this.#counters.values()) {
      for (const counter of counters.values()) counter.sample(this.#tick, timestamp);
    }
    if (dayOf(timestamp) !== this.#day) this.#turnDay(timestamp);
    this.#totalSamples.push({ ...this.totals, timestamp });
    if (this.#totalSamples.length > TOTALS_SAMPLES_MAX) this.#totalSamples.shift();
    this.#tick++;
  }

  #pairOf(topic: string, group: string): string {
    const shared = (name: string) => {
      return this.#lightQueuesAsOne && isLightTopic(name) ? LMQ_PREFIX : name;
    };
    return `${shared(topic)}@${shared(group)}`;
  }

  #add(name: StatsName, key: string, amount: number): void {
    let counters = this.#counters.get(name);
    if (counters === undefined) this.#counters.set(name, counters = new Map());
    let counter = counters.get(key);
    if (counter === undefined) counters.set(key, counter = new Counter(this.#now()));
    counter.add(amount);
  }

  #turnDay(timestamp: number): void {
    this.#day = dayOf(timestamp);
    this.#mornings = {
      putYesterday: this.#mornings.putToday,
      putToday: this.totals.puts,
      getYesterday: this.#mornings.getToday,
      getToday: this.totals.transferred,
    };
  }

  #deletePairs(matches: (pair: string) => boolean): void {
    for (const name of PAIRED) {
      const counters = this.#counters.get(name);
      for (const key of [...counters?.keys() ?? []]) {
        const pair = name === "GROUP_GET_LATENCY" ? key.slice(key.indexOf("@") + 1) : key;
        if (matches(pair)) counters?.delete(key);
      }
    }
  }
}

/** Samples the counters until `signal` aborts. */
export async function statsLoop(
  stats: BrokerStats,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    stats.sample();
    // Aborting ends the sleep early, which is all it is for.
    await sleep(TICK_MS, undefined, { signal }).catch(() => {});
  }
}

/** What came from one sample to another; a rate needs at least the time between two samples. */
function itemOf(first: Sample, last: Sample): StatsItem {
  const sum = last.sum - first.sum;
  const times = last.times - first.times;
  const spanMs = Math.max(TICK_MS, last.timestamp - first.timestamp);
  return { sum, tps: sum * 1000 / spanMs, avgpt: times > 0 ? sum / times : 0 };
}

function dayOf(timestamp: number): string {
  return new Date(timestamp).toDateString();
}
