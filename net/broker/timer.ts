/**
 * Delivers messages at a second of their own (Java 5.x: `TimerMessageStore`). They come into the queue of
 * one topic; from there each is parked under its second, and when that is over it comes to its topic.
 * A message for a time further ahead than a window is parked half way or at the window's end, and then
 * comes into the queue again. One that takes another back is parked under the second of that one.
 *
 * A message counts as parked when timer log and wheel hold it, and as delivered when its new record is
 * where the flush mode promises; none is given up. After a crash those are delivered again whose second
 * was over since the last save.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { setTimeout as sleep } from "node:timers/promises";
import type { DispatchRequest } from "../../store/dispatch.ts";
import type { FileSystem } from "../../store/file.ts";
import { TIMER_MAGIC } from "../../store/format.ts";
import type { GetResult, GetStatus } from "../../store/get.ts";
import { stringHash } from "../../store/hash.ts";
import type { MessageRecord } from "../../store/message.ts";
import { parseProperties, PROPERTY } from "../../store/properties.ts";
import type { Store } from "../../store/store.ts";
import type { TimerCheckpoint } from "../../store/timer_checkpoint.ts";
import type { TimerLogUnit } from "../../store/timer_log.ts";
import { hasTimerFiles, TimerStore } from "../../store/timer_store.ts";
import { TIMER_TOPIC } from "../../store/timer_wheel.ts";
import { parseInt64 } from "../wire/header.ts";
import { Alarm, type AlarmOptions } from "./alarm.ts";
import type { BrokerConfig } from "./broker_config.ts";
import { BATCH_COUNT, BATCH_LIMITS, recordsOf } from "./schedule.ts";
import { storedMessage } from "./stored_draft.ts";
import { TimerDelivery, type TimerDeliveryInput } from "./timer_delivery.ts";
import { TIMER_PROPERTY } from "./timer_place.ts";

/** What a timer works on. */
export interface TimerOptions extends AlarmOptions, TimerDeliveryInput {
  readonly config:
    & TimerDeliveryInput["config"]
    & Pick<
      BrokerConfig,
      | "mappedFileSizeTimerLog"
      | "storePathRootDir"
      | "timerFlushIntervalMs"
      | "timerPrecisionMs"
      | "timerRollWindowSlot"
    >;
  readonly fs: FileSystem;
  readonly store:
    & TimerDeliveryInput["store"]
    & Pick<Store, "get" | "queueRange" | "recordAt" | "logRange">;
}

/** Units of a chain followed before others get their turn. */
const CHAIN_COUNT = 4096;

/** Slots looked at for what comes next; after as many the timer looks again. */
const SLOTS_AHEAD = 60;

/** Time until something is tried again that failed. */
const RETRY_MS = 1000;

/** Time between two looks for timer log files that are of no use any more. */
const CLEAN_INTERVAL_MS = 30_000;

/** There is nothing to park. */
const QUEUE_IS_OVER: ReadonlySet<GetStatus> = new Set<GetStatus>([
  "NO_MATCHED_LOGIC_QUEUE",
  "NO_MESSAGE_IN_QUEUE",
  "OFFSET_OVERFLOW_ONE",
]);

/** What is due in one slot. */
interface Due {
  readonly positions: readonly number[];
  /** Keys of what was taken back. */
  readonly deleted: ReadonlySet<string>;
}

/** Parks and delivers messages from when it is opened until it is disposed. */
export class Timer implements AsyncDisposable {
  readonly #options: TimerOptions;
  readonly #delivery: TimerDelivery;
  readonly #alarm: Alarm;
  readonly #stopped = new AbortController();
  readonly #saving: Promise<void>;
  #timers: TimerStore | undefined;
  /** Index of the next message to park, and the end of the timer log when those before it were. */
  #parked = { queueOffset: 0, position: 0 };
  /** Slots before this one were delivered. */
  #readTime = 0;
  /** Slots before this one are over: nothing is parked there. */
  #writeTime = 0;
  /** Log offsets of messages that were done before their batch failed. */
  readonly #done = new Set<number>();
  #parking: Promise<void> | undefined;
  #delivering: Promise<void> | undefined;
  #hasNews = false;
  #unsaved = false;
  #disposing: Promise<void> | undefined;

  private constructor(options: TimerOptions) {
    this.#options = options;
    this.#delivery = new TimerDelivery(options);
    this.#alarm = new Alarm(() => this.#deliverDue(), options);
    const { fs, config, store } = options;
    const hasWork = store.queueRange(TIMER_TOPIC, 0) !== undefined;
    if (hasWork || hasTimerFiles(fs, config.storePathRootDir)) this.#open();
    this.#saving = this.#saveLoop();
    if (this.#timers === undefined) return;
    this.#parkNews();
    this.#deliverDue();
  }

  /**
   * Goes on where the last run ended. Where there was none, files are made with the first message.
   *
   * @throws {Error} if the timer's files cannot be used.
   */
  static open(options: TimerOptions): Timer {
    return new Timer(options);
  }

  /** Hears of every message that can be read. */
  arrived({ topic }: DispatchRequest): void {
    if (topic !== TIMER_TOPIC) return;
    this.#hasNews = true;
    this.#parkNews();
  }

  /** Messages due at a time, as far as they are parked. */
  countAt(timeMs: number): number {
    return this.#timers?.countAt(timeMs) ?? 0;
  }

  /** How far it was at the last save; `undefined` when there was nothing to save yet. */
  get checkpoint(): TimerCheckpoint | undefined {
    return this.#timers?.checkpoint;
  }

  /** Messages that wait to be parked, and how long ago the oldest slot was over that is not delivered. */
  get behind(): { readonly messages: number; readonly ms: number } {
    const max = this.#options.store.queueRange(TIMER_TOPIC, 0)?.max ?? 0;
    const isIdle = this.#delivering === undefined;
    return {
      messages: Math.max(0, max - this.#parked.queueOffset),
      ms: isIdle ? 0 : Math.max(0, this.#options.now() - this.#readTime),
    };
  }

  /** Stops and saves how far it came; a second call waits for the first. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#disposing ??= this.#stop();
  }

  async #stop(): Promise<void> {
    this.#stopped.abort();
    this.#alarm[Symbol.dispose]();
    await this.#parking;
    await this.#delivering;
    await this.#saving;
    this.#timers?.[Symbol.dispose]();
  }

  #open(): TimerStore {
    const { fs, store, config, now } = this.#options;
    const timers = TimerStore.open({
      fs,
      root: config.storePathRootDir,
      fileBytes: config.mappedFileSizeTimerLog,
      precisionMs: config.timerPrecisionMs,
      now,
      logEnd: store.logRange.max,
      queueOffsetAt: (physicalOffset) => {
        const record = store.recordAt(physicalOffset);
        return record === undefined ? undefined : storedMessage(record).queueOffset;
      },
    });
    const { queueOffset, readTime, position } = timers.start;
    const range = store.queueRange(TIMER_TOPIC, 0);
    const first = range === undefined ? 0 : Math.min(Math.max(queueOffset, range.min), range.max);
    this.#parked = { queueOffset: first, position };
    this.#readTime = readTime;
    this.#moveWriteTime();
    return this.#timers = timers;
  }

  #parkNews(): void {
    if (this.#parking !== undefined || this.#stopped.signal.aborted) return;
    this.#parking = this.#park();
  }

  /** Parks messages until none is left in the queue. */
  async #park(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      this.#hasNews = false;
      let hasMore = true;
      try {
        hasMore = await this.#parkBatch();
      } catch (cause) {
        this.#options.log("Cannot park messages for later", cause);
        await this.#rest();
      }
      if (!hasMore && !this.#hasNews) break;
      await nextTurn();
    }
    this.#parking = undefined;
  }

  /** Parks the messages of one read; whether there may be more. */
  async #parkBatch(): Promise<boolean> {
    const timers = this.#timers ?? this.#open();
    const { queueOffset } = this.#parked;
    const found = await this.#options.store.get({
      topic: TIMER_TOPIC,
      queueId: 0,
      queueOffset,
      countMax: BATCH_COUNT,
      bytesMax: BATCH_LIMITS.inMemory.bytes,
      limits: BATCH_LIMITS,
    });
    const { nextBeginOffset } = found;
    if (found.status !== "FOUND") return this.#passGap(timers, found);
    this.#moveWriteTime();
    // Parking comes first and waits for nothing: no slot may be over in between.
    const late = Array.from(recordsOf(found.body), (record) => storedMessage(record.record()))
      .filter((message) => !this.#parkOne(timers, message));
    timers.write();
    await this.#deliverLate(late);
    this.#done.clear();
    this.#parked = { queueOffset: nextBeginOffset, position: timers.end };
    this.#unsaved = true;
    this.#setAlarm();
    return true;
  }

  /** Goes past messages that are gone; whether there may be more. */
  #passGap(timers: TimerStore, { status, nextBeginOffset }: GetResult): boolean {
    if (QUEUE_IS_OVER.has(status)) return false;
    const { queueOffset } = this.#parked;
    const what = `Timed messages are gone: index ${queueOffset} to ${nextBeginOffset}, ${status}`;
    if (nextBeginOffset === queueOffset) throw new Error(what);
    this.#options.log(what);
    this.#parked = { queueOffset: nextBeginOffset, position: timers.end };
    this.#unsaved = true;
    return true;
  }

  /** Parks a message; whether nothing else is to be done with it. */
  #parkOne(timers: TimerStore, message: MessageRecord): boolean {
    const { physicalOffset } = message;
    if (timers.wasParked(physicalOffset)) this.#done.add(physicalOffset);
    if (this.#done.has(physicalOffset)) return true;
    const properties = parseProperties(message.properties);
    const dueMs = parseInt64(properties.get(TIMER_PROPERTY.outMs) ?? "");
    const topic = properties.get(PROPERTY.realTopic);
    if (dueMs === undefined || topic === undefined) {
      this.#options.log(`Dropped a timed message at ${physicalOffset}: it has no time or topic`);
      return true;
    }
    if (dueMs < this.#writeTime) return false;
    const rolled = this.#rollTime(dueMs);
    const isDelete = properties.has(TIMER_PROPERTY.deleteKey);
    timers.park({
      magic: TIMER_MAGIC.default | (rolled === undefined ? 0 : TIMER_MAGIC.roll) |
        (isDelete ? TIMER_MAGIC.delete : 0),
      enqueueTime: this.#writeTime,
      dueTime: rolled ?? dueMs,
      physicalOffset,
      messageSize: message.totalSize,
      topicHash: stringHash(topic),
    });
    this.#options.metrics.add(topic, isDelete ? -1 : 1);
    this.#done.add(physicalOffset);
    return true;
  }

  /** When a message is parked that is due too far ahead; `undefined` for others. */
  #rollTime(dueMs: number): number | undefined {
    const { timerRollWindowSlot: slots, timerPrecisionMs } = this.#options.config;
    const restMs = dueMs - this.#writeTime - slots * timerPrecisionMs;
    if (restMs < 0) return undefined;
    const isNear = restMs < Math.floor(slots / 3) * timerPrecisionMs;
    return this.#writeTime + (isNear ? Math.floor(slots / 2) : slots) * timerPrecisionMs;
  }

  /** Delivers messages whose slot was over before they could be parked. */
  async #deliverLate(messages: readonly MessageRecord[]): Promise<void> {
    const results = await Promise.all(messages.map(async (message) => {
      const result = await this.#delivery.deliverLate(message);
      if (result.stored) this.#done.add(message.physicalOffset);
      return result;
    }));
    const failed = results.find(({ stored }) => !stored);
    if (failed !== undefined) throw new Error(`Cannot put a timed message: ${failed.reason}`);
  }

  #deliverDue(): void {
    if (this.#delivering !== undefined || this.#stopped.signal.aborted) return;
    // Where nothing is due it ends before it is noted here.
    this.#delivering = this.#deliver().then(() => {
      this.#delivering = undefined;
      this.#setAlarm();
    });
  }

  /** Delivers slots until none is over that was not delivered. */
  async #deliver(): Promise<void> {
    const timers = this.#timers!;
    while (!this.#stopped.signal.aborted) {
      this.#moveWriteTime();
      const time = timers.next(this.#readTime, this.#writeTime);
      if (time < this.#writeTime) {
        try {
          if (!await this.#deliverSlot(timers, time)) break;
        } catch (cause) {
          this.#options.log("Cannot deliver timed messages", cause);
          await this.#rest();
          continue;
        }
        this.#unsaved = true;
      }
      this.#readTime = Math.min(time + this.#options.config.timerPrecisionMs, this.#writeTime);
      if (this.#readTime >= this.#writeTime && !this.#isSlotOver()) break;
    }
  }

  /** Delivers what is due in a slot; `false` where that was not finished. */
  async #deliverSlot(timers: TimerStore, time: number): Promise<boolean> {
    const { positions, deleted } = await this.#dueAt(timers, time);
    for (let from = 0; from < positions.length; from += BATCH_COUNT) {
      let waiting: readonly TimerLogUnit[] = positions.slice(from, from + BATCH_COUNT)
        .flatMap((position) => timers.unit(position) ?? []);
      for (;;) {
        waiting = await this.#delivery.deliverParked(waiting, deleted);
        if (waiting.length === 0) break;
        await this.#rest();
        if (this.#stopped.signal.aborted) return false;
      }
      await nextTurn();
      if (this.#stopped.signal.aborted) return false;
    }
    return true;
  }

  /** Follows the chain of a slot: positions of its units, in the order in which they were parked. */
  async #dueAt(timers: TimerStore, time: number): Promise<Due> {
    const positions: number[] = [];
    const deletes: TimerLogUnit[] = [];
    let count = 0;
    for (const unit of timers.chain(time)) {
      const isDelete = (unit.magic & TIMER_MAGIC.delete) !== 0;
      const isRoll = (unit.magic & TIMER_MAGIC.roll) !== 0;
      if (isDelete && !isRoll) deletes.push(unit);
      else positions.push(unit.position);
      if (++count % CHAIN_COUNT === 0) await nextTurn();
    }
    if (count === 0) this.#options.log(`The timer log has nothing of the slot of ${time}`);
    return { positions: positions.reverse(), deleted: await this.#delivery.deletedBy(deletes) };
  }

  #moveWriteTime(): void {
    const { config: { timerPrecisionMs }, now } = this.#options;
    const present = Math.floor(now() / timerPrecisionMs) * timerPrecisionMs;
    this.#writeTime = Math.max(this.#writeTime, present, this.#readTime);
  }

  /** Whether another slot is over since the times were moved. */
  #isSlotOver(): boolean {
    return this.#options.now() >= this.#writeTime + this.#options.config.timerPrecisionMs;
  }

  /** Rings when the next slot is over that has messages, or when it is time to look further. */
  #setAlarm(): void {
    const timers = this.#timers;
    if (timers === undefined || this.#delivering !== undefined) return;
    const { timerPrecisionMs } = this.#options.config;
    const end = this.#readTime + SLOTS_AHEAD * timerPrecisionMs;
    this.#alarm.setBy(timers.next(this.#readTime, end) + timerPrecisionMs);
  }

  /** Waits before something is tried again; ends early when the timer stops. */
  async #rest(): Promise<void> {
    await sleep(RETRY_MS, undefined, { signal: this.#stopped.signal }).catch(() => {});
  }

  async #saveLoop(): Promise<void> {
    const { config, now, store } = this.#options;
    const { signal } = this.#stopped;
    let cleanAt = now() + CLEAN_INTERVAL_MS;
    while (!signal.aborted) {
      await sleep(config.timerFlushIntervalMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) {
        await this.#parking;
        await this.#delivering;
      }
      await this.#save();
      if (now() < cleanAt) continue;
      cleanAt = now() + CLEAN_INTERVAL_MS;
      this.#timers?.deleteBefore(store.logRange.min);
    }
  }

  async #save(): Promise<void> {
    if (!this.#unsaved || this.#timers === undefined) return;
    this.#unsaved = false;
    try {
      await this.#timers.save({ ...this.#parked, readTime: this.#readTime });
      await this.#options.metrics.save();
    } catch (cause) {
      this.#unsaved = true;
      this.#options.log("Cannot save how far timed messages are delivered", cause);
    }
  }
}

/** Lets others have their turn. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
