/**
 * Delayed messages come to their topics when their time is up (Java: `ScheduleMessageService`). They
 * wait in the queues of one topic, a queue for each delay level: since all of a queue wait equally
 * long, they become due in the order they came, and only the first of each queue must be watched.
 *
 * A message counts as delivered when its new record is where the flush mode promises. After a crash
 * the messages since the last save of the offsets are delivered again, at most those of
 * {@linkcode SAVE_INTERVAL_MS}.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { setTimeout as sleep } from "node:timers/promises";
import type {
  ConfigTable,
  ConfigVersion,
  JsonObject,
  OffsetMap,
} from "../../store/config_tables.ts";
import { deliverTime, type DispatchRequest } from "../../store/dispatch.ts";
import type { GetResult, ReadLimits } from "../../store/get.ts";
import type { MessageRecord } from "../../store/message.ts";
import { parseProperties, PROPERTY } from "../../store/properties.ts";
import type { PutResult } from "../../store/put.ts";
import { RecordView } from "../../store/record_view.ts";
import type { Store } from "../../store/store.ts";
import type { Log } from "../rpc/limits.ts";
import { parseInt32 } from "../wire/header.ts";
import { Alarm, type AlarmOptions } from "./alarm.ts";
import { draftOfStored, DROPPED, storedMessage } from "./stored_draft.ts";
import type { TableFile } from "./table_file.ts";
import { SCHEDULE_TOPIC, TRANS_HALF_TOPIC } from "../wire/topic_names.ts";
import { nextVersion } from "./topic_table.ts";

/** What a schedule works on. */
export interface ScheduleOptions extends AlarmOptions {
  readonly store: Pick<Store, "get" | "put" | "queueRange">;
  /** How long messages of level 1, 2 and so on wait. */
  readonly levelsMs: readonly number[];
  /** Where the offsets are kept; without it they live in memory only. */
  readonly file?: TableFile<OffsetMap> | undefined;
  /** Told of every message that came to its topic. */
  readonly onDelivered?: (topic: string, result: PutResult) => void;
  /** Takes what an operator should know. */
  readonly log: Log;
}

/** Time between two saves of the offsets (Java: `flushDelayOffsetInterval`). */
const SAVE_INTERVAL_MS = 10_000;

/** Messages read and delivered at once. */
export const BATCH_COUNT = 256;

/** Bytes of them. */
const BATCH_BYTES = 1024 * 1024;

/** What one read brings: what waits is rarely in memory, and all of it is wanted. */
export const BATCH_LIMITS: ReadLimits = {
  memoryPercent: 40,
  inMemory: { bytes: BATCH_BYTES, count: BATCH_COUNT },
  onDisk: { bytes: BATCH_BYTES, count: BATCH_COUNT },
};

/** Time until a delivery is tried again that failed. */
const RETRY_MS = 1000;

/** One delay level. */
interface Level {
  readonly level: number;
  readonly queueId: number;
  /** Index of the message to be delivered next. */
  offset: number;
  /** When that message is due, `Infinity` where there is none. */
  dueAt: number;
  /** Set while messages are being delivered. */
  running: Promise<void> | undefined;
  /** Whether a message came meanwhile. */
  hasNews: boolean;
}

/** Delivers delayed messages from when it is opened until it is disposed. */
export class Schedule implements AsyncDisposable {
  readonly #options: ScheduleOptions;
  readonly #levels: readonly Level[];
  readonly #alarm: Alarm;
  readonly #stopped = new AbortController();
  readonly #saving: Promise<void>;
  /** Offsets of the last run, those of levels this broker does not have among them. */
  readonly #kept: OffsetMap;
  /** Members of the file that are not ours. */
  readonly #rest: JsonObject;
  #version: ConfigVersion;
  #unsaved = false;
  #disposing: Promise<void> | undefined;

  private constructor(options: ScheduleOptions, kept: ConfigTable<OffsetMap> | undefined) {
    this.#options = options;
    this.#version = kept?.version ?? { counter: 0, timestamp: options.now(), stateVersion: 0 };
    this.#kept = kept?.entries ?? new Map();
    this.#rest = kept?.rest ?? {};
    this.#alarm = new Alarm(() => this.#deliverDue(), options);
    this.#levels = options.levelsMs.map((_, queueId) => {
      const level = queueId + 1;
      const offset = startOffset(options.store, queueId, this.#kept.get(level) ?? 0);
      // What the first message is, and when it is due, the first run finds out.
      return { level, queueId, offset, dueAt: 0, running: undefined, hasNews: false };
    });
    this.#deliverDue();
    this.#saving = this.#saveLoop();
  }

  /**
   * Goes on where the last run ended.
   *
   * @throws {Error} if the file of the offsets holds something else.
   */
  static open(options: ScheduleOptions): Schedule {
    return new Schedule(options, options.file?.read());
  }

  /** Hears of every message that can be read. */
  arrived({ topic, queueId, tagsCode }: DispatchRequest): void {
    if (topic !== SCHEDULE_TOPIC) return;
    const level = this.#levels[queueId];
    if (level === undefined) return;
    level.hasNews = true;
    // With others before it the message will be found when they are delivered.
    if (level.running !== undefined || level.dueAt < Infinity) return;
    level.dueAt = tagsCode;
    this.#alarm.setBy(tagsCode);
  }

  /** Index of the message each level delivers next, by level. */
  get offsets(): OffsetMap {
    const offsets = new Map(this.#kept);
    for (const { level, offset } of this.#levels) {
      if (offset > 0 || offsets.has(level)) offsets.set(level, offset);
    }
    return offsets;
  }

  /** Changes with every save of the offsets. */
  get version(): ConfigVersion {
    return this.#version;
  }

  /** Stops delivering and saves the offsets; a second call waits for the first. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#disposing ??= this.#stop();
  }

  async #stop(): Promise<void> {
    this.#stopped.abort();
    this.#alarm[Symbol.dispose]();
    await Promise.all(this.#levels.map((level) => level.running));
    await this.#saving;
  }

  #deliverDue(): void {
    const now = this.#options.now();
    for (const level of this.#levels) {
      if (level.running !== undefined) continue;
      if (level.dueAt > now) this.#alarm.setBy(level.dueAt);
      else level.running = this.#deliver(level);
    }
  }

  /** Delivers messages of a level until none is due. */
  async #deliver(level: Level): Promise<void> {
    level.dueAt = Infinity;
    while (!this.#stopped.signal.aborted) {
      level.hasNews = false;
      try {
        level.dueAt = await this.#deliverBatch(level);
      } catch (cause) {
        this.#options.log(`Cannot deliver delayed messages of level ${level.level}`, cause);
        level.dueAt = this.#options.now() + RETRY_MS;
      }
      const isEmpty = level.dueAt === Infinity && !level.hasNews;
      if (isEmpty || (level.dueAt < Infinity && level.dueAt > this.#options.now())) break;
      // Many may be due at once, and producers must not wait for them.
      await new Promise((resolve) => setImmediate(resolve));
    }
    level.running = undefined;
    this.#alarm.setBy(level.dueAt);
  }

  /** Delivers what is due of one read; when to look again. */
  async #deliverBatch(level: Level): Promise<number> {
    // Times given when messages came hold, even where the level has another length by now.
    const times: number[] = [];
    const found = await this.#options.store.get({
      topic: SCHEDULE_TOPIC,
      queueId: level.queueId,
      queueOffset: level.offset,
      countMax: BATCH_COUNT,
      bytesMax: BATCH_BYTES,
      limits: BATCH_LIMITS,
      tagsCodeMatches: (tagsCode) => times.push(Number(tagsCode)) > 0,
    });
    if (found.status !== "FOUND") return this.#passGap(level, found);
    const now = this.#options.now();
    const indexes: number[] = [];
    const puts: Promise<PutResult>[] = [];
    let dueAt = 0;
    let next = found.nextBeginOffset;
    // Where units lead to nothing, it is open which time is whose.
    const areKnown = times.length === found.count;
    let nth = 0;
    for (const record of recordsOf(found.body)) {
      const given = areKnown ? times[nth++] : undefined;
      dueAt = this.#dueTime(level.level, given ?? this.#deliverTime(level.level, record));
      if (dueAt > now) {
        next = record.queueOffset();
        break;
      }
      indexes.push(record.queueOffset());
      puts.push(this.#put(storedMessage(record.record())));
    }
    const results = await Promise.all(puts);
    const failed = results.findIndex(({ stored }) => !stored);
    if (failed < 0) {
      this.#moveTo(level, next);
      return dueAt > now ? dueAt : now;
    }
    this.#moveTo(level, indexes[failed]!);
    this.#options.log(`Cannot deliver a delayed message: ${results[failed]!.reason}`);
    return now + RETRY_MS;
  }

  /** Goes past messages that are gone; when to look again. */
  #passGap(level: Level, { status, nextBeginOffset }: GetResult): number {
    switch (status) {
      case "NO_MATCHED_LOGIC_QUEUE":
      case "NO_MESSAGE_IN_QUEUE":
      case "OFFSET_OVERFLOW_ONE":
        return Infinity;
      default:
        this.#options.log(
          `Delayed messages of level ${level.level} are gone: ` +
            `index ${level.offset} to ${nextBeginOffset}, ${status}`,
        );
        if (nextBeginOffset === level.offset) return this.#options.now() + RETRY_MS;
        this.#moveTo(level, nextBeginOffset);
        return this.#options.now();
    }
  }

  #deliverTime(level: number, record: RecordView): number {
    return deliverTime(level, record.storeTimestamp(), this.#options.levelsMs);
  }

  /**
   * When a message is due. One that would have to wait longer than its level is due at once, as in Java:
   * the clock was set back since it came, or the level is shorter now.
   */
  #dueTime(level: number, dueAt: number): number {
    const { levelsMs, now } = this.#options;
    return dueAt > deliverTime(level, now(), levelsMs) ? 0 : dueAt;
  }

  /** Puts a message where it belongs; one that belongs nowhere counts as delivered. */
  #put(message: MessageRecord): Promise<PutResult> {
    const properties = parseProperties(message.properties);
    const topic = properties.get(PROPERTY.realTopic);
    const queueId = parseInt32(properties.get(PROPERTY.realQueueId) ?? "");
    const isLost = topic === undefined || queueId === undefined || queueId < 0;
    // Java drops half messages, too: their transaction was decided without them.
    if (isLost || topic === TRANS_HALF_TOPIC) {
      this.#options.log(`Dropped a delayed message of "${topic}" at ${message.physicalOffset}`);
      return Promise.resolve(DROPPED);
    }
    return new Promise((resolve) => {
      this.#options.store.put(draftOfStored(message, { topic, queueId }), (result) => {
        const isHopeless = !result.stored && result.status === "MESSAGE_ILLEGAL";
        if (isHopeless) this.#options.log(`Dropped a delayed message: ${result.reason}`);
        if (result.stored) this.#options.onDelivered?.(topic, result);
        resolve(isHopeless ? DROPPED : result);
      });
    });
  }

  #moveTo(level: Level, offset: number): void {
    if (level.offset === offset) return;
    level.offset = offset;
    this.#unsaved = true;
  }

  async #saveLoop(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      // Aborting ends the sleep early, which is all it is for.
      await sleep(SAVE_INTERVAL_MS, undefined, { signal }).catch(() => {});
      if (signal.aborted) await Promise.all(this.#levels.map((level) => level.running));
      await this.#save();
    }
  }

  async #save(): Promise<void> {
    if (!this.#unsaved) return;
    this.#unsaved = false;
    this.#version = nextVersion(this.#version, this.#options.now());
    try {
      await this.#options.file?.save(() => ({
        version: this.#version,
        entries: this.offsets,
        rest: this.#rest,
      }));
    } catch {
      // The file has told the operator; the next change tries again.
      this.#unsaved = true;
    }
  }
}

/** A queue may have lost its end in a crash, or its beginning to time. */
function startOffset(store: ScheduleOptions["store"], queueId: number, kept: number): number {
  const range = store.queueRange(SCHEDULE_TOPIC, queueId);
  return range === undefined ? 0 : Math.min(Math.max(kept, range.min), range.max);
}

/** The records of a read, one after the other in the same view. */
export function* recordsOf(body: Uint8Array): Generator<RecordView> {
  const record = new RecordView();
  record.attach(body);
  for (let at = 0; at < body.length && record.load(at, body.length) === undefined;) {
    yield record;
    at += record.size;
  }
}
