/**
 * Puts of one turn of the event loop: every message is encoded into the log's staging block as it
 * comes; one write takes the block to the file when the turn ends; then queues and index learn of
 * the records, waiting readers are woken, and the answers leave.
 *
 * With a transient store pool the answers leave when the turn ends, and the block is written when it
 * has grown or its time has come (Java: `transientStorePoolEnable`): what was not written then is
 * lost with the process.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { CommitLog, ReservedPlace } from "./commit_log.ts";
import { Dispatcher, type DispatcherOptions } from "./dispatcher.ts";
import { isDiskFull } from "./file_disk.ts";
import type { FlushGate } from "./flush_gate.ts";
import { SIZE } from "./format.ts";
import { isInnerBatch } from "./inner_batch.ts";
import type { HostBytes } from "./layout.ts";
import { exceedsLightQueues, giveBack, lightDraftOf, takeIndexes } from "./light_queues.ts";
import { isQueued } from "./message.ts";
import { innerBatchProblem, innerDraftOf, type PlacedDraft } from "./placed_draft.ts";
import type { BatchElement, MessageDraft, PutDone, PutResult } from "./put.ts";
import { PROPERTY, propertyOf } from "./properties.ts";
import { sealRecord, withCrcPlace } from "./property_crc.ts";
import { type PutTopic, PutTopics } from "./put_topics.ts";
import {
  encodeRecord,
  hostBits,
  recordBytes,
  type RecordHead,
  type RecordParts,
  utf8Length,
} from "./record_encode.ts";
import { refusedPut, StagedPut } from "./staged_put.ts";
import { WriteBehind } from "./write_behind.ts";

/** When what waits in memory is written, where answers do not wait for it. */
export interface TransientStorePool {
  /** Between two commits (Java: `commitIntervalCommitLog`). */
  readonly commitIntervalMs: number;
  /** Bytes that are committed at once (Java: `commitCommitLogLeastPages`). */
  readonly commitBytesMin: number;
}

/** What a turn works with. */
export interface WriteTurnOptions extends Omit<DispatcherOptions, "behind"> {
  readonly log: CommitLog;
  readonly gate: FlushGate;
  readonly storeHost: HostBytes;
  readonly now: () => number;
  readonly bodyBytesMax: number;
  /** Whether answers wait for the disk unless the message says otherwise. */
  readonly syncFlush: boolean;
  /** Light queues there may be. */
  readonly lightQueuesMax?: number | undefined;
  /** Whether every record ends with a CRC of itself. */
  readonly propertyCrc?: boolean;
  readonly transientPool?: TransientStorePool | undefined;
  /** Told that there is no room for the log, and, with `undefined`, that there is again. */
  readonly onLogFull?: (error: unknown) => void;
}

const NO_BODY = new Uint8Array(0);
const NO_HOST: HostBytes = { address: NO_BODY, port: 0 };

/** A put on its way into the staging block. */
interface Incoming {
  readonly topic: PutTopic;
  readonly draft: MessageDraft;
  /** Records of the block of parts that are its own. */
  readonly count: number;
  /** Bytes of these records. */
  readonly total: number;
  readonly placed: PlacedDraft | undefined;
  readonly done: PutDone;
}

/** Collects puts and commits them together. */
export class WriteTurn {
  /** Queues that hold units back from their files. */
  readonly behind: WriteBehind = new WriteBehind();
  /** Store time of the last record that was written. */
  writtenTimestamp = 0;
  readonly #options: WriteTurnOptions;
  readonly #dispatcher: Dispatcher;
  readonly #topics: PutTopics;
  /** Filled anew with every put: one object for all of them. */
  readonly #parts: RecordParts[] = [];
  readonly #flags: number[] = [];
  readonly #sizes: number[] = [];
  readonly #head: RecordHead = emptyHead();
  readonly #encoding: { head: RecordHead; parts: RecordParts; size: number };
  /** In the order of their records in the staging block. */
  #staged: StagedPut[] = [];
  /** How many of them have their answer. */
  #answered = 0;
  #scheduled = false;
  readonly #endTurn: () => void = () => this.#end();
  /** Why the log can no longer be written. */
  #failure: unknown;
  #isLogFull = false;
  #lastTimestamp = 0;

  constructor(options: WriteTurnOptions) {
    this.#options = options;
    this.#topics = new PutTopics(options);
    this.#dispatcher = new Dispatcher({ ...options, behind: this.behind });
    this.#encoding = { head: this.#head, parts: emptyParts(), size: 0 };
  }

  /** Puts one message. `done` is called later, never from within. */
  put(draft: MessageDraft, done: PutDone): void {
    const { lightQueues, queues, batchQueues } = this.#options;
    const problem = innerBatchProblem(draft, (topic) => batchQueues.isBatch(topic));
    if (problem !== undefined) {
      const refusal = refusedPut("MESSAGE_ILLEGAL", `Cannot append message: ${problem}`);
      return queueMicrotask(() => done(refusal));
    }
    let placed: PlacedDraft | undefined;
    if (isInnerBatch(draft.sysFlag)) placed = innerDraftOf(batchQueues, draft);
    else if (lightQueues === true) placed = lightDraftOf(queues, draft);
    const whole = placed?.draft ?? draft;
    const topic = this.#topics.of(whole.topic);
    const total = this.#measure(0, topic, whole, whole.bornHost);
    if (!this.#add({ topic, draft: whole, count: 1, total, placed, done })) this.put(draft, done);
  }

  /** Puts a producer's batch: consecutive records in one file, one answer. */
  putBatch(draft: MessageDraft, elements: readonly BatchElement[], done: PutDone): void {
    const topic = this.#topics.of(draft.topic);
    let total = 0;
    for (let number = 0; number < elements.length; number++) {
      const { flag, body, properties } = elements[number]!;
      const whole = { flag, body, properties: joinProperties(properties, draft.properties) };
      total += this.#measure(number, topic, whole, draft.bornHost);
    }
    const { length: count } = elements;
    if (!this.#add({ topic, draft, count, total, placed: undefined, done })) {
      this.putBatch(draft, elements, done);
    }
  }

  /** Takes up the variable part of a record and returns the bytes the record will take. */
  #measure(number: number, topic: PutTopic, element: BatchElement, bornHost: HostBytes): number {
    const { propertyCrc, storeHost } = this.#options;
    const properties = propertyCrc === true ? withCrcPlace(element.properties) : element.properties;
    const parts = this.#parts[number] ??= emptyParts();
    parts.topic = topic.bytes;
    parts.isV2 = topic.isV2;
    parts.body = element.body;
    parts.properties = properties;
    parts.propertiesLength = utf8Length(properties);
    this.#flags[number] = element.flag;
    return this.#sizes[number] = recordBytes(parts, bornHost, storeHost);
  }

  /** Returns whether it has been seen to; else it must be measured again, as others came between. */
  #add(put: Incoming): boolean {
    // The block being told of would be written over.
    if (this.#dispatcher.isRunning) assert.fail("a put from within an arrival listener");
    const { log } = this.#options;
    const refusal = this.#refusal(put) ?? this.#obstacle();
    if (refusal !== undefined) return this.#refuse(put, refusal);
    if (log.hasStaged && !log.fits(put.total)) {
      this.commit();
      return false;
    }
    const place = this.#reserve(put.total);
    if ("status" in place) return this.#refuse(put, place);
    this.#stage(put, place);
    if (!this.#scheduled) {
      this.#scheduled = true;
      queueMicrotask(this.#endTurn);
    }
    return true;
  }

  #refuse({ done }: Incoming, refusal: PutResult): true {
    queueMicrotask(() => done(refusal));
    return true;
  }

  /** Nothing is written behind a write that failed, nor taken while memory waits for room. */
  #obstacle(): PutResult | undefined {
    if (this.#failure !== undefined) return failedPut(this.#failure);
    if (!this.#isLogFull || this.#options.transientPool === undefined) return undefined;
    const error = this.commit();
    return error === undefined ? undefined : failedPut(error);
  }

  #reserve(total: number): ReservedPlace | PutResult {
    try {
      return this.#options.log.reserve(total);
    } catch (error) {
      this.#fail(error);
      return failedPut(error);
    }
  }

  /** A full disk is tried again with the next turn; anything else is for good. */
  #fail(error: unknown): void {
    if (!isDiskFull(error)) {
      this.#failure ??= error;
      this.#options.onFailure(error);
    } else if (!this.#isLogFull) {
      this.#isLogFull = true;
      this.#options.onLogFull?.(error);
    }
  }

  #refusal({ topic, count, total, placed }: Incoming): PutResult | undefined {
    const { bodyBytesMax, log, queues, lightQueuesMax = Infinity } = this.#options;
    if (count === 0) return illegal("the batch is empty");
    if (!topic.isSafe) return illegal(`"${topic.name}" is no topic name`);
    if (topic.bytes.length > topic.bytesMax) {
      return illegal(`topic is ${topic.bytes.length} bytes, limit is ${topic.bytesMax}`);
    }
    if (placed !== undefined && exceedsLightQueues(queues, placed.lightTopics, lightQueuesMax)) {
      const reason = `there are ${queues.lightCount} light queues, limit is ${lightQueuesMax}`;
      return refusedPut("LMQ_CONSUME_QUEUE_NUM_EXCEEDED", `Cannot append message: ${reason}`);
    }
    let bodyBytes = 0;
    let propertiesMax = 0;
    for (let number = 0; number < count; number++) {
      const { body, propertiesLength } = this.#parts[number]!;
      bodyBytes += body.length;
      if (propertiesLength > propertiesMax) propertiesMax = propertiesLength;
    }
    if (bodyBytes > bodyBytesMax) {
      return illegal(`body is ${bodyBytes} bytes, limit is ${bodyBytesMax}`);
    }
    // Java holds a record that goes into light queues to the limit of bodies.
    const isLight = placed !== undefined && placed.lightTopics.length > 0;
    if (isLight && total > bodyBytesMax) {
      return illegal(`the record is ${total} bytes, limit is ${bodyBytesMax}`);
    }
    if (propertiesMax > SIZE.propertiesBytesMax) {
      const reason = `properties are ${propertiesMax} bytes, limit is ${SIZE.propertiesBytesMax}`;
      return refusedPut("PROPERTIES_SIZE_EXCEEDED", `Cannot append message: ${reason}`);
    }
    if (total + SIZE.blankMin > log.segmentBytes) {
      return illegal(`${total} bytes do not fit a file of ${log.segmentBytes}`);
    }
    return undefined;
  }

  #stage(put: Incoming, place: ReservedPlace): void {
    const { topic, draft, count, placed, done } = put;
    const { storeHost, now, log, queues, syncFlush } = this.#options;
    const queue = !isQueued(draft.sysFlag)
      ? undefined
      : topic.isBatch
      ? topic.batchQueue(draft.queueId)
      : topic.queue(draft.queueId);
    this.#lastTimestamp = Math.max(this.#lastTimestamp, now());
    const head = this.#head;
    head.queueId = draft.queueId;
    head.queueOffset = queue?.next ?? 0;
    head.physicalOffset = place.physicalOffset;
    head.sysFlag = draft.sysFlag | hostBits(draft.bornHost, storeHost);
    head.bornTimestamp = draft.bornTimestamp;
    head.bornHost = draft.bornHost;
    head.storeTimestamp = this.#lastTimestamp;
    head.storeHost = storeHost;
    head.reconsumeTimes = draft.reconsumeTimes;
    head.preparedTransactionOffset = draft.preparedTransactionOffset;
    const staged = new StagedPut(topic, queue, head, done);
    if (count > 1) this.#stageBatch(staged, place, count);
    else this.#encode(0, place, place.at);
    log.staged(put.total);
    staged.wroteBytes = put.total;
    if (queue !== undefined) queue.next += placed?.messages ?? count;
    if (placed !== undefined) staged.light = takeIndexes(queues, placed.lightTopics);
    if (syncFlush && waitsForDisk(this.#parts[0]!.properties)) {
      staged.awaitedOffset = log.stagedTo;
    }
    this.#staged.push(staged);
  }

  #stageBatch(staged: StagedPut, place: ReservedPlace, count: number): void {
    const head = this.#head;
    const offsets: number[] = [];
    let { at } = place;
    for (let number = 0; number < count; number++) {
      head.physicalOffset = place.physicalOffset + at - place.at;
      offsets.push(head.physicalOffset);
      at += this.#encode(number, place, at);
      if (staged.queue !== undefined) head.queueOffset++;
    }
    staged.records = count;
    staged.batchOffsets = offsets;
  }

  #encode(number: number, place: ReservedPlace, at: number): number {
    const { propertyCrc } = this.#options;
    const encoding = this.#encoding;
    const parts = this.#parts[number]!;
    const head = this.#head;
    head.flag = this.#flags[number]!;
    encoding.parts = parts;
    encoding.size = this.#sizes[number]!;
    encodeRecord(place, at, encoding);
    if (propertyCrc === true) sealRecord(place.bytes, { at, size: encoding.size });
    // A body must not be kept until as large a batch comes again.
    parts.body = NO_BODY;
    return encoding.size;
  }

  /** Ends a turn: answers are due, and what readers may see is. */
  #end(): void {
    this.#scheduled = false;
    const { transientPool, log } = this.#options;
    if (transientPool !== undefined) {
      const answered = this.#answered;
      this.#answered = this.#staged.length;
      this.#answer(this.#staged, answered, this.#answered);
      if (log.stagedBytes < transientPool.commitBytesMin) return;
    }
    this.commit();
  }

  /** Lets readers see what has been put; with a transient store pool they see what was committed. */
  settle(): void {
    if (this.#options.transientPool === undefined) this.commit();
  }

  /**
   * Writes what was staged and lets everybody know. Returns why it could not be written: then it is
   * answered so and forgotten, but with a transient store pool kept for the next time.
   */
  commit(): unknown {
    const { log, transientPool, onLogFull } = this.#options;
    if (!log.hasStaged) return undefined;
    const block = log.stagedBlock();
    try {
      log.write({ keep: transientPool !== undefined });
    } catch (error) {
      this.#fail(error);
      if (transientPool === undefined) this.#takeBack(error);
      return error;
    }
    if (this.#isLogFull) {
      this.#isLogFull = false;
      onLogFull?.(undefined);
    }
    this.writtenTimestamp = this.#lastTimestamp;
    const staged = this.#staged;
    const answered = this.#answered;
    this.#dispatcher.tell(block, staged);
    // An answer may bring the next put.
    this.#staged = [];
    this.#answered = 0;
    this.#answer(staged, answered, staged.length);
    return undefined;
  }

  /** Lets go of a topic whose queues are being removed. */
  forget(topic: string): void {
    this.#topics.forget(topic);
  }

  /** Puts the keys for which there was no room. Throws while there is none still. */
  catchUp(): void {
    this.#dispatcher.catchUp();
  }

  #takeBack(error: unknown): void {
    const staged = this.#staged;
    this.#staged = [];
    for (let number = staged.length - 1; number >= 0; number--) {
      const { queue, queueOffset, light } = staged[number]!;
      if (queue !== undefined) queue.next = queueOffset;
      if (light !== undefined) giveBack(light);
    }
    for (const { done } of staged) done(failedPut(error));
  }

  #answer(staged: readonly StagedPut[], from: number, to: number): void {
    const { gate } = this.#options;
    for (let number = from; number < to; number++) {
      const put = staged[number]!;
      if (put.awaitedOffset === 0) put.done(put);
      else gate.wait(put.awaitedOffset, (flushed) => put.done(flushed ? put : put.timedOut()));
    }
  }
}

function emptyParts(): RecordParts {
  return { topic: NO_BODY, isV2: false, body: NO_BODY, properties: "", propertiesLength: 0 };
}

function emptyHead(): RecordHead {
  return {
    queueId: 0,
    flag: 0,
    queueOffset: 0,
    physicalOffset: 0,
    sysFlag: 0,
    bornTimestamp: 0,
    bornHost: NO_HOST,
    storeTimestamp: 0,
    storeHost: NO_HOST,
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
  };
}

/** Whether a producer wants its answer after the flush (Java: `Message.isWaitStoreMsgOK`). */
function waitsForDisk(properties: string): boolean {
  return (propertyOf(properties, PROPERTY.wait) ?? "true").toLowerCase() === "true";
}

/** Properties of a batch's message: its own, then those of the batch (Java 4.9 and later). */
function joinProperties(own: string, shared: string): string {
  if (shared === "") return own;
  if (own === "" || own.endsWith("\u0002")) return own + shared;
  return `${own}\u0002${shared}`;
}

function illegal(reason: string): PutResult {
  return refusedPut("MESSAGE_ILLEGAL", `Cannot append message: ${reason}`);
}

function failedPut(error: unknown): PutResult {
  const reason = error instanceof Error ? error.message : String(error);
  return refusedPut(isDiskFull(error) ? "SERVICE_NOT_AVAILABLE" : "UNKNOWN_ERROR", reason);
}
