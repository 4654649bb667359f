/**
 * How many messages are parked for a second of their own, by the topic they are for (Java:
 * `TimerMetrics`). The counts follow what is parked and delivered; after a crash they may be off by what
 * happened since the last save, as in Java.
 *
 * @module
 */

import {
  type ConfigFormat,
  type ConfigVersion,
  decodeVersion,
  type JsonObject,
} from "../../store/config_tables.ts";
import { NAME } from "../../store/names.ts";
import type { TableFile } from "./table_file.ts";
import { nextVersion } from "./topic_table.ts";

/** What is counted of one topic. */
export interface TimerMetric {
  readonly count: number;
  /** When it changed last, ms. */
  readonly timeStamp: number;
}

/** `timermetrics`: counts by topic. */
export const TIMER_METRICS: ConfigFormat<ReadonlyMap<string, TimerMetric>> = {
  fileName: NAME.timerMetrics,
  decode(value) {
    const { dataVersion, timingCount, ...rest } = membersOf(value, NAME.timerMetrics);
    const counts = Object.entries(membersOf(timingCount ?? {}, "timingCount"));
    return {
      ...(dataVersion !== undefined && { version: decodeVersion(dataVersion) }),
      entries: new Map(counts.map(([topic, entry]) => {
        const { count, timeStamp } = membersOf(entry, topic);
        return [topic, { count: Number(count ?? 0), timeStamp: Number(timeStamp ?? 0) }];
      })),
      rest,
    };
  },
  encode: ({ version, entries, rest }) => ({ ...rest, dataVersion: version, timingCount: entries }),
};

/** Counts parked messages. */
export class TimerMetrics {
  readonly #counts: Map<string, TimerMetric>;
  readonly #rest: JsonObject;
  readonly #file: TableFile<ReadonlyMap<string, TimerMetric>> | undefined;
  readonly #now: () => number;
  #version: ConfigVersion;

  /**
   * Goes on with the counts of the last run.
   *
   * @throws {Error} if the file holds something else.
   */
  constructor({ file, now }: {
    readonly file?: TableFile<ReadonlyMap<string, TimerMetric>> | undefined;
    readonly now: () => number;
  }) {
    const kept = file?.read();
    this.#counts = new Map(kept?.entries);
    this.#rest = kept?.rest ?? {};
    this.#version = kept?.version ?? { counter: 0, timestamp: now(), stateVersion: 0 };
    this.#file = file;
    this.#now = now;
  }

  /** One message more or less. */
  add(topic: string, difference: 1 | -1): void {
    const count = (this.#counts.get(topic)?.count ?? 0) + difference;
    this.#counts.set(topic, { count, timeStamp: this.#now() });
    this.#version = nextVersion(this.#version, this.#now());
  }

  /** The counts by topic. */
  get counts(): ReadonlyMap<string, TimerMetric> {
    return this.#counts;
  }

  /** The table as its file and a slave have it. */
  toJson(): object {
    return TIMER_METRICS.encode(this.#table());
  }

  /**
   * Brings the counts to the disk.
   *
   * @throws {Error} if they cannot be written.
   */
  async save(): Promise<void> {
    await this.#file?.save(() => this.#table());
  }

  #table() {
    return { version: this.#version, entries: this.#counts, rest: this.#rest };
  }
}

function membersOf(value: unknown, what: string): JsonObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as JsonObject;
  }
  throw new TypeError(`Cannot read "${what}": not an object`);
}
