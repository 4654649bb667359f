/**
 * Compares the progress of consumers and of delayed messages with the queues: who is ahead of a queue
 * has consumed messages that are lost, and passes over those that take their places.
 *
 * The offsets are read before the log is, so that a broker at work does not seem to be ahead. They are
 * kept packed and compared topic by topic.
 *
 * @module
 */
import { join } from "node:path";
import { readConfigFile } from "../config_file.ts";
import { DELAY_OFFSETS, type OffsetMap } from "../config_tables.ts";
import { SCHEDULE_TOPIC } from "../dispatch.ts";
import type { FileSystem } from "../file.ts";
import { NAME, type StorePaths } from "../names.ts";
import { readPackedOffsets } from "../offset_json_reader.ts";
import type { PackedOffsets } from "../packed_offsets.ts";
import { type QueueDirectory, queuesOf } from "../queue_reader.ts";
import { isConfigInRocksDb } from "../topic_kinds.ts";
import { deliveredDelays } from "./delivered_delays.ts";
import { type Finding, finding, type FindingSink } from "./findings.ts";
import type { MissingUnits } from "./missing_units.ts";
import { namedList } from "./named_list.ts";
import { extentAround } from "./queue_extent.ts";
import type { StoreState } from "./store_state.ts";

/** Who stored offsets, and where. */
interface OffsetReader {
  readonly file: string;
  /** Consumer group, or delay level. */
  readonly name: string;
}

/** Offsets of one queue: a column each for whose they are and what they are. */
interface QueueOffsets {
  readonly topic: string;
  readonly queueId: number;
  readonly readers: OffsetReader[];
  readonly offsets: number[];
}

/** A table of consumers' offsets. */
interface ConsumerTable {
  readonly file: string;
  readonly offsets: PackedOffsets;
}

/** Readers of a topic that is gone, as many as are named. */
const READERS_NAMED = 5;

/** Delay levels without offset, as many as are named. */
const LEVELS_NAMED = 5;

const TOPICS_PER_TURN = 64;

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
  readonly #consumers: ConsumerTable[] = [];
  readonly #delays: { readonly file: string; readonly levels: OffsetMap } | undefined;
  /** Whether what stands there of delays cannot be read, which is told elsewhere. */
  readonly #areDelaysDamaged: boolean;

  /** Reads the tables; one that cannot be read has no offsets. */
  constructor(state: StoreState) {
    this.#state = state;
    const { fs, paths: { config } } = state;
    for (const fileName of [NAME.consumerOffsets, NAME.lmqConsumerOffsets]) {
      const read = readPackedOffsets(fs, join(config, fileName));
      if (read.state !== "ok") continue;
      this.#consumers.push({ file: read.path, offsets: read.value.offsets });
    }
    const delays = readConfigFile(fs, join(config, DELAY_OFFSETS.fileName), DELAY_OFFSETS.decode);
    this.#areDelaysDamaged = delays.state === "damaged";
    if (delays.state === "ok") {
      this.#delays = { file: delays.path, levels: delays.value.entries };
    }
  }

  /** Compares them with the queues. Yields when others may run. */
  *check(input: OffsetCheckInput): Generator<void, void> {
    if (this.#state.queues.isRocksDb) return;
    const mapped = mappedTopics(this.#state.fs, this.#state.paths);
    const orphans: Finding[] = [];
    let count = 0;
    for (const topic of new Set(this.#consumers.flatMap(({ offsets }) => offsets.topics()))) {
      if (++count % TOPICS_PER_TURN === 0) yield;
      if (!mapped.has(topic)) this.#checkTopic(topic, { ...input, orphans });
    }
    for (const orphan of orphans) input.sink(orphan);
    const { file, levels } = this.#delays ?? { file: "", levels: [] };
    const queues = this.#queuesOf(SCHEDULE_TOPIC);
    for (const [level, offset] of levels) {
      const queueId = level - 1;
      const readers = [{ file, name: `delay level ${level}` }];
      const own = { topic: SCHEDULE_TOPIC, queueId, readers, offsets: [offset] };
      this.#compare(own, queues.get(queueId), { ...input, code: "delay-offset" });
    }
    yield;
    this.#missDelays(input);
  }

  /** Delay levels that a broker would deliver again from their queue's first message on. */
  #missDelays({ sink, logEnd }: OffsetCheckInput): void {
    const { fs, paths } = this.#state;
    if (this.#areDelaysDamaged || isConfigInRocksDb(fs, paths)) return;
    const isLost = (level: number) => this.#delays?.levels.has(level) !== true;
    const found = deliveredDelays(this.#state, { isLost, logEnd });
    if (found.length === 0) return;
    const file = join(paths.config, DELAY_OFFSETS.fileName);
    const levels = found.map(({ level, deliveredTo, messages }) =>
      `level ${level} (${messages} delivered, up to ${deliveredTo})`
    );
    const holder = this.#delays === undefined
      ? "neither it nor its .bak is there"
      : "it lacks them";
    const message = `${holder}: without offset are ${namedList(levels, LEVELS_NAMED)}`;
    sink(finding("config-delay-offsets-missing", { file }, { message }));
  }

  /** Compares the offsets of a topic, or notes that it is gone. */
  #checkTopic(
    topic: string,
    { orphans, ...input }: OffsetCheckInput & { readonly orphans: Finding[] },
  ): void {
    const queues = this.#queuesOf(topic);
    const homeless: QueueOffsets[] = [];
    for (const own of this.#offsetsOf(topic)) {
      const queue = queues.get(own.queueId);
      if (queue === undefined && !this.#state.topics.exists(topic, -1)) homeless.push(own);
      else this.#compare(own, queue, { ...input, code: "consumer-offset" });
    }
    const [first] = homeless;
    if (first !== undefined) orphans.push(orphanFinding(first, homeless));
  }

  /** By queue id the queues of a topic; of two kinds with one id the batch queue. */
  #queuesOf(topic: string): ReadonlyMap<number, QueueDirectory> {
    return new Map(queuesOf(this.#state.queues, topic).map((it) => [it.queueId, it]));
  }

  /** The offsets of a topic, those of a queue together. */
  #offsetsOf(topic: string): Iterable<QueueOffsets> {
    const byQueue = new Map<number, QueueOffsets>();
    for (const { file, offsets: table } of this.#consumers) {
      for (const { group = "", offsets } of table.of(topic)) {
        const reader = { file, name: `group ${group}` };
        for (const [queueId, offset] of offsets) {
          let own = byQueue.get(queueId);
          if (own === undefined) {
            byQueue.set(queueId, own = { topic, queueId, readers: [], offsets: [] });
          }
          own.readers.push(reader);
          own.offsets.push(offset);
        }
      }
    }
    return byQueue.values();
  }

  /** Compares all offsets of one queue; it is opened once. */
  #compare(
    { topic, queueId, readers, offsets }: QueueOffsets,
    queue: QueueDirectory | undefined,
    { missing, sink, logEnd, code }: OffsetCheckInput & {
      readonly code: "consumer-offset" | "delay-offset";
    },
  ): void {
    const { fs, log, stoppedCleanly } = this.#state;
    const logStart = log.segments[0]?.start ?? 0;
    const around = { offsets, logStart, logEnd };
    const extent = queue === undefined ? { min: 0, max: 0 } : extentAround(fs, queue, around);
    if (extent === undefined) return;
    const max = Math.max(extent.max, missing.calledTo({ topic, queueId }));
    for (const [number, queueOffset] of offsets.entries()) {
      const { file, name } = readers[number]!;
      const place = { file, topic, queueId, queueOffset };
      if (queueOffset > max) {
        // Nobody has looked for what the next start brings to the queue.
        if (logEnd === undefined && !stoppedCleanly) continue;
        const message = `${name} is at ${queueOffset}, the queue ends at ${max}`;
        sink(finding(`${code}-ahead`, place, { message }));
      } else if (queueOffset < extent.min) {
        const message = `${name} is at ${queueOffset}, the queue begins at ${extent.min}`;
        sink(finding(`${code}-behind`, place, { message }));
      }
    }
  }
}

function orphanFinding({ topic, readers }: QueueOffsets, all: readonly QueueOffsets[]): Finding {
  const names = [...new Set(all.flatMap((it) => it.readers.map(({ name }) => name)))];
  const count = all.reduce((sum, it) => sum + it.offsets.length, 0);
  const message = `${count === 1 ? "1 offset" : `${count} offsets`} of ` +
    names.slice(0, READERS_NAMED).join(", ") +
    (names.length > READERS_NAMED ? ` and ${names.length - READERS_NAMED} others` : "");
  return finding("consumer-offset-orphan", { file: readers[0]!.file, topic }, { message });
}

/** Topics whose queues are parts of others on several brokers: their offsets count otherwise (5.x). */
export function mappedTopics(fs: FileSystem, { config }: StorePaths): ReadonlySet<string> {
  const read = readConfigFile(fs, join(config, MAPPING.fileName), (value) => {
    return new Set(Object.keys((value as Record<string, object>)[MAPPING.member] ?? {}));
  });
  return read.state === "ok" ? read.value : new Set();
}
