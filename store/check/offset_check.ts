/**
 * Compares the progress of consumers and of delayed messages with the queues: who is ahead of a queue
 * has consumed messages that are lost, and passes over those that take their places.
 *
 * The offsets are read before the log is, so that a broker at work does not seem to be ahead. Memory
 * is that of the tables, which a broker holds, too.
 *
 * @module
 */
import { join } from "node:path";
import { readConfigFile } from "../config_file.ts";
import {
  type ConfigFormat,
  CONSUMER_OFFSETS,
  DELAY_OFFSETS,
  LMQ_CONSUMER_OFFSETS,
  type OffsetMap,
} from "../config_tables.ts";
import { SCHEDULE_TOPIC } from "../dispatch.ts";
import type { FileSystem } from "../file.ts";
import type { StorePaths } from "../names.ts";
import type { QueueDirectory } from "../queue_reader.ts";
import { finding, type FindingSink } from "./findings.ts";
import type { MissingUnits } from "./missing_units.ts";
import { extentAround } from "./queue_extent.ts";
import type { StoreState } from "./store_state.ts";

/** An offset that was stored for somebody who reads a queue. */
interface StoredOffset {
  readonly file: string;
  /** Consumer group, or delay level. */
  readonly reader: string;
  readonly topic: string;
  readonly queueId: number;
  readonly offset: number;
}

/** Between topic and group in the keys of `consumerOffset.json`. */
const SEPARATOR = "@";

/** Where static topics are described (Java: `TopicQueueMappingManager`). */
const MAPPING = {
  fileName: "topicQueueMapping.json",
  member: "topicQueueMappingInfoMap",
} as const;

/** What comparing needs. */
export interface OffsetCheckInput {
  readonly missing: MissingUnits;
  readonly sink: FindingSink;
  /** Where the log ends; absent where it was not read, then only files are taken for its end. */
  readonly logEnd?: number | undefined;
}

/** The offsets of a store. */
export class OffsetCheck {
  readonly #state: StoreState;
  readonly #consumers: StoredOffset[] = [];
  readonly #delays: StoredOffset[] = [];

  /** Reads the tables; one that cannot be read has no offsets. */
  constructor(state: StoreState) {
    this.#state = state;
    for (const format of [CONSUMER_OFFSETS, LMQ_CONSUMER_OFFSETS]) this.#readConsumers(format);
    const { path: file, entries } = this.#read(DELAY_OFFSETS);
    for (const [level, offset] of entries ?? []) {
      const place = { topic: SCHEDULE_TOPIC, queueId: level - 1, offset };
      this.#delays.push({ file, reader: `delay level ${level}`, ...place });
    }
  }

  #readConsumers(format: ConfigFormat<ReadonlyMap<string, OffsetMap>>): void {
    const { path: file, entries } = this.#read(format);
    for (const [key, offsets] of entries ?? []) {
      const at = key.lastIndexOf(SEPARATOR);
      const [topic, group] = at < 0 ? [key, ""] : [key.slice(0, at), key.slice(at + 1)];
      for (const [queueId, offset] of offsets) {
        this.#consumers.push({ file, reader: `group ${group}`, topic, queueId, offset });
      }
    }
  }

  #read<Entries>(
    format: ConfigFormat<Entries>,
  ): { readonly path: string; readonly entries: Entries | undefined } {
    const { fs, paths } = this.#state;
    const path = join(paths.config, format.fileName);
    const read = readConfigFile(fs, path, format.decode);
    return read.state === "ok"
      ? { path: read.path, entries: read.value.entries }
      : { path, entries: undefined };
  }

  /** Compares them with the queues. */
  check(input: OffsetCheckInput): void {
    const { queues: { queues, isRocksDb } } = this.#state;
    if (isRocksDb) return;
    const byName = new Map(queues.map((it) => [nameOf(it), it]));
    const mapped = mappedTopics(this.#state.fs, this.#state.paths);
    const orphans = new Map<string, StoredOffset[]>();
    for (const offsets of grouped(this.#consumers, nameOf)) {
      const [{ topic }] = offsets;
      if (mapped.has(topic)) continue;
      const queue = byName.get(nameOf(offsets[0]));
      if (queue !== undefined || this.#state.topics.exists(topic, -1)) {
        this.#compare(offsets, queue, { ...input, code: "consumer-offset" });
      } else if (orphans.has(topic)) orphans.get(topic)!.push(...offsets);
      else orphans.set(topic, [...offsets]);
    }
    for (const [topic, offsets] of orphans) {
      const readers = [...new Set(offsets.map((it) => it.reader))];
      const count = offsets.length === 1 ? "1 offset" : `${offsets.length} offsets`;
      const message = `${count} of ${readers.slice(0, 5).join(", ")}` +
        (readers.length > 5 ? ` and ${readers.length - 5} others` : "");
      input.sink(finding("consumer-offset-orphan", { file: offsets[0]!.file, topic }, { message }));
    }
    for (const offsets of grouped(this.#delays, nameOf)) {
      this.#compare(offsets, byName.get(nameOf(offsets[0])), { ...input, code: "delay-offset" });
    }
  }

  /** Compares all offsets of one queue; it is opened once. */
  #compare(
    offsets: Some<StoredOffset>,
    queue: QueueDirectory | undefined,
    { missing, sink, logEnd, code }: OffsetCheckInput & {
      readonly code: "consumer-offset" | "delay-offset";
    },
  ): void {
    const { fs, log, stoppedCleanly } = this.#state;
    const logStart = log.segments[0]?.start ?? 0;
    const around = { offsets: offsets.map((it) => it.offset), logStart, logEnd };
    const extent = queue === undefined ? { min: 0, max: 0 } : extentAround(fs, queue, around);
    if (extent === undefined) return;
    const max = Math.max(extent.max, missing.calledTo(offsets[0]));
    for (const { file, reader, topic, queueId, offset: queueOffset } of offsets) {
      const place = { file, topic, queueId, queueOffset };
      if (queueOffset > max) {
        // Nobody has looked for what the next start brings to the queue.
        if (logEnd === undefined && !stoppedCleanly) continue;
        const message = `${reader} is at ${queueOffset}, the queue ends at ${max}`;
        sink(finding(`${code}-ahead`, place, { message }));
      } else if (queueOffset < extent.min) {
        const message = `${reader} is at ${queueOffset}, the queue begins at ${extent.min}`;
        sink(finding(`${code}-behind`, place, { message }));
      }
    }
  }
}

/** At least one. */
type Some<T> = readonly [T, ...T[]];

function nameOf({ topic, queueId }: { readonly topic: string; readonly queueId: number }): string {
  return `${topic}/${queueId}`;
}

/** Items of one name together, in the order in which the names come first. */
function grouped<T>(items: readonly T[], name: (item: T) => string): Iterable<Some<T>> {
  const groups = new Map<string, [T, ...T[]]>();
  for (const item of items) {
    const group = groups.get(name(item));
    if (group === undefined) groups.set(name(item), [item]);
    else group.push(item);
  }
  return groups.values();
}

/** Topics whose queues are parts of others on several brokers: their offsets count otherwise (5.x). */
export function mappedTopics(fs: FileSystem, { config }: StorePaths): ReadonlySet<string> {
  const read = readConfigFile(fs, join(config, MAPPING.fileName), (value) => {
    return new Set(Object.keys((value as Record<string, object>)[MAPPING.member] ?? {}));
  });
  return read.state === "ok" ? read.value : new Set();
}
