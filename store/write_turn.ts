/**
 * Puts of one turn of the event loop: every message is encoded into the log's staging block as it
 * comes; one write takes the block to the file when the turn ends; then queues and index learn of
 * the records, waiting readers are woken, and the answers leave.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { BatchQueueTable } from "./batch_queue_table.ts";
import type { CommitLog } from "./commit_log.ts";
import type { ConsumeQueue } from "./consume_queue.ts";
import { DispatchRequest } from "./dispatch.ts";
import { isDiskFull } from "./file_disk.ts";
import type { FlushGate } from "./flush_gate.ts";
import { SIZE } from "./format.ts";
import type { KeyIndex } from "./key_index.ts";
import type { HostBytes } from "./layout.ts";
import { innerBatchOf } from "./inner_batch.ts";
import { giveBack, lightDraftOf, takeIndexes } from "./light_queues.ts";
import { isQueued } from "./message.ts";
import { lightQueuesOf } from "./multi_dispatch.ts";
import { innerBatchProblem, innerDraftOf, isInnerBatch, type PlacedDraft } from "./placed_draft.ts";
import type { BatchElement, MessageDraft, PutDone, PutResult, PutStatus } from "./put.ts";
import { PROPERTY, propertyOf } from "./properties.ts";
import { sealRecord, withCrcPlace } from "./property_crc.ts";
import type { QueueExtWriter } from "./queue_ext_writer.ts";
import { isSafeTopic, type QueueTable } from "./queue_table.ts";
import {
  encodeRecord,
  hostBits,
  needsV2,
  recordBytes,
  type RecordHead,
  type RecordParts,
  utf8Length,
} from "./record_encode.ts";
import { RecordView } from "./record_view.ts";

/** Told of every record that readers can see now. Must neither throw nor put. */
export type ArrivalListener = (request: DispatchRequest) => void;

/** What a turn works with. */
export interface WriteTurnOptions {
  readonly log: CommitLog;
  readonly queues: QueueTable;
  readonly batchQueues: BatchQueueTable;
  /** Where tags codes go; absent where they stand in the queues. */
  readonly queueExt?: QueueExtWriter | undefined;
  readonly index: KeyIndex | undefined;
  readonly gate: FlushGate;
  readonly storeHost: HostBytes;
  readonly now: () => number;
  readonly bodyBytesMax: number;
  /** Whether answers wait for the disk unless the message says otherwise. */
  readonly syncFlush: boolean;
  readonly delayLevelsMs?: readonly number[];
  /** Whether messages go into the light queues they name. */
  readonly lightQueues?: boolean;
  /** Whether every record ends with a CRC of itself. */
  readonly propertyCrc?: boolean;
  readonly onArrival: ArrivalListener;
  /** Told that the log or the index could not be written. */
  readonly onFailure: (error: unknown) => void;
  /** Told that there is no room for the log, and, with `undefined`, that there is again. */
  readonly onLogFull?: (error: unknown) => void;
  /** Told that there is no room for keys; they are kept for {@linkcode WriteTurn.catchUp}. */
  readonly onIndexFull?: (error: unknown) => void;
}

const RETRY_PREFIX = "%RETRY%";
/** Topics whose bytes are kept, so that they are not encoded with every message. */
const TOPICS_KEPT_MAX = 100_000;

const NO_QUEUES: readonly ConsumeQueue[] = [];

interface Pending {
  readonly queue: { next: number } | undefined;
  readonly queueOffset: number;
  /** Light queues in which an index was taken. */
  readonly light: readonly ConsumeQueue[];
  readonly physicalOffsets: number[];
  readonly storeTimestamp: number;
  /** Log offset behind the last record. */
  readonly end: number;
  readonly waits: boolean;
  readonly done: PutDone;
}

/** Collects puts and commits them together. */
export class WriteTurn {
  readonly #options: WriteTurnOptions;
  readonly #record = new RecordView();
  readonly #dispatch: DispatchRequest;
  readonly #topics = new Map<string, Uint8Array>();
  #pending: Pending[] = [];
  #scheduled = false;
  #isDispatching = false;
  #indexFailed = false;
  /** Why the log can no longer be written. */
  #failure: unknown;
  #isLogFull = false;
  /** Keys of records in the log for which the index had no room. */
  readonly #keysBehind: { hash: number; physicalOffset: number; storeTimestamp: number }[] = [];
  #lastTimestamp = 0;
  /** Store time of the last record that was written. */
  writtenTimestamp = 0;

  constructor(options: WriteTurnOptions) {
    this.#options = options;
    this.#dispatch = new DispatchRequest(options.delayLevelsMs);
  }

  /** Puts one message. `done` is called later, never from within. */
  put(draft: MessageDraft, done: PutDone): void {
    const { lightQueues, queues, batchQueues } = this.#options;
    let placed: PlacedDraft | undefined;
    const problem = innerBatchProblem(draft, (topic) => batchQueues.isBatch(topic));
    if (problem !== undefined) {
      const refusal = refused("MESSAGE_ILLEGAL", `Cannot append message: ${problem}`);
      return queueMicrotask(() => done(refusal));
    }
    if (isInnerBatch(draft)) placed = innerDraftOf(batchQueues, draft);
    else if (lightQueues === true) placed = lightDraftOf(queues, draft);
    const whole = placed?.draft ?? draft;
    this.#add(whole, [whole], done, placed);
  }

  /** Puts a producer's batch: consecutive records in one file, one answer. */
  putBatch(draft: MessageDraft, elements: readonly BatchElement[], done: PutDone): void {
    const shared = draft.properties;
    const whole = elements.map((element) => ({
      flag: element.flag,
      body: element.body,
      properties: joinProperties(element.properties, shared),
    }));
    this.#add(draft, whole, done);
  }

  #add(
    draft: MessageDraft,
    elements: readonly BatchElement[],
    done: PutDone,
    placed?: PlacedDraft,
  ): void {
    // The block being told of would be written over.
    if (this.#isDispatching) assert.fail("a put from within an arrival listener");
    const parts: RecordParts[] = [];
    let total = 0;
    let bodyBytes = 0;
    for (const element of elements) {
      const part = this.#parts(draft.topic, element);
      parts.push(part);
      total += recordBytes(part, draft.bornHost, this.#options.storeHost);
      bodyBytes += part.body.length;
    }
    const refusal = this.#refusal(draft, { parts, total, bodyBytes, placed });
    if (refusal !== undefined) return queueMicrotask(() => done(refusal));
    const { log } = this.#options;
    if (!log.fits(total)) {
      const mayGiveBack = log.hasStaged && placed !== undefined;
      this.commit();
      // Messages before it that could not be written have given their indexes back.
      if (mayGiveBack) return this.put(placed.original, done);
    }
    const place = this.#reserve(total);
    if ("status" in place) return queueMicrotask(() => done(place));
    this.#stage({ draft, elements, parts, place, done, placed });
    if (!this.#scheduled) {
      this.#scheduled = true;
      queueMicrotask(() => this.commit());
    }
  }

  /** Nothing is written behind a write that failed. */
  #reserve(total: number): ReturnType<CommitLog["reserve"]> | PutResult {
    if (this.#failure !== undefined) return failure(this.#failure);
    try {
      return this.#options.log.reserve(total);
    } catch (error) {
      this.#fail(error);
      return failure(error);
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

  #parts(topic: string, element: BatchElement): RecordParts {
    let topicBytes = this.#topics.get(topic);
    if (topicBytes === undefined) {
      if (this.#topics.size >= TOPICS_KEPT_MAX) this.#topics.clear();
      topicBytes = new TextEncoder().encode(topic);
      this.#topics.set(topic, topicBytes);
    }
    const { propertyCrc } = this.#options;
    const properties = propertyCrc === true ? withCrcPlace(element.properties) : element.properties;
    return {
      topic: topicBytes,
      isV2: needsV2(topicBytes),
      body: element.body,
      properties,
      propertiesLength: utf8Length(properties),
    };
  }

  #refusal(
    draft: MessageDraft,
    sizes: {
      parts: readonly RecordParts[];
      total: number;
      bodyBytes: number;
      placed: PlacedDraft | undefined;
    },
  ): PutResult | undefined {
    const { bodyBytesMax, log } = this.#options;
    const topicLimit = draft.topic.startsWith(RETRY_PREFIX)
      ? SIZE.retryTopicBytesMax
      : SIZE.topicBytesMax;
    const topicBytes = sizes.parts[0]?.topic.length ?? 0;
    const illegal = (reason: string) =>
      refused("MESSAGE_ILLEGAL", `Cannot append message: ${reason}`);
    if (sizes.parts.length === 0) return illegal("the batch is empty");
    if (!isSafeTopic(draft.topic)) return illegal(`"${draft.topic}" is no topic name`);
    if (topicBytes > topicLimit) {
      return illegal(`topic is ${topicBytes} bytes, limit is ${topicLimit}`);
    }
    if (sizes.bodyBytes > bodyBytesMax) {
      return illegal(`body is ${sizes.bodyBytes} bytes, limit is ${bodyBytesMax}`);
    }
    // Java holds a record that goes into light queues to the limit of bodies.
    const isLight = sizes.placed !== undefined && sizes.placed.lightTopics.length > 0;
    if (isLight && sizes.total > bodyBytesMax) {
      return illegal(`the record is ${sizes.total} bytes, limit is ${bodyBytesMax}`);
    }
    const properties = sizes.parts.reduce((max, part) => Math.max(max, part.propertiesLength), 0);
    if (properties > SIZE.propertiesBytesMax) {
      const reason = `properties are ${properties} bytes, limit is ${SIZE.propertiesBytesMax}`;
      return refused("PROPERTIES_SIZE_EXCEEDED", `Cannot append message: ${reason}`);
    }
    if (sizes.total + SIZE.blankMin > log.segmentBytes) {
      return illegal(`${sizes.total} bytes do not fit a file of ${log.segmentBytes}`);
    }
    return undefined;
  }

  #stage(put: {
    draft: MessageDraft;
    elements: readonly BatchElement[];
    parts: readonly RecordParts[];
    place: ReturnType<CommitLog["reserve"]>;
    done: PutDone;
    placed: PlacedDraft | undefined;
  }): void {
    const { draft, place, parts, placed } = put;
    const { storeHost, now, log, queues, batchQueues, syncFlush, propertyCrc } = this.#options;
    const queued = isQueued(draft.sysFlag);
    const table = batchQueues.isBatch(draft.topic) ? batchQueues : queues;
    const queue = queued ? table.getOrCreate(draft.topic, draft.queueId) : undefined;
    const queueOffset = queue?.next ?? 0;
    this.#lastTimestamp = Math.max(this.#lastTimestamp, now());
    const head: RecordHead = {
      queueId: draft.queueId,
      flag: 0,
      queueOffset,
      physicalOffset: 0,
      sysFlag: draft.sysFlag | hostBits(draft.bornHost, storeHost),
      bornTimestamp: draft.bornTimestamp,
      bornHost: draft.bornHost,
      storeTimestamp: this.#lastTimestamp,
      storeHost,
      reconsumeTimes: draft.reconsumeTimes,
      preparedTransactionOffset: draft.preparedTransactionOffset,
    };
    const physicalOffsets: number[] = [];
    let { at } = place;
    for (let number = 0; number < parts.length; number++) {
      const part = parts[number]!;
      const size = recordBytes(part, draft.bornHost, storeHost);
      head.flag = put.elements[number]!.flag;
      head.queueOffset = queued ? queueOffset + number : 0;
      head.physicalOffset = place.physicalOffset + at - place.at;
      physicalOffsets.push(head.physicalOffset);
      encodeRecord(place, at, { head, parts: part, size });
      if (propertyCrc === true) sealRecord(place.bytes, { at, size });
      at += size;
    }
    log.staged(at - place.at);
    if (queue !== undefined) queue.next += placed?.messages ?? parts.length;
    this.#pending.push({
      queue,
      queueOffset,
      light: placed === undefined ? NO_QUEUES : takeIndexes(queues, placed.lightTopics),
      physicalOffsets,
      storeTimestamp: head.storeTimestamp,
      end: log.stagedTo,
      waits: syncFlush && waitsForDisk(parts[0]!.properties),
      done: put.done,
    });
  }

  /** Writes what the turn has brought and lets everybody know. */
  commit(): void {
    this.#scheduled = false;
    const { log } = this.#options;
    if (!log.hasStaged) return;
    const pending = this.#pending;
    this.#pending = [];
    const block = log.stagedBlock();
    try {
      log.write();
    } catch (error) {
      for (const { queue, queueOffset, light } of pending.toReversed()) {
        if (queue !== undefined) queue.next = queueOffset;
        giveBack(light);
      }
      this.#fail(error);
      for (const { done } of pending) done(failure(error));
      return;
    }
    if (this.#isLogFull) {
      this.#isLogFull = false;
      this.#options.onLogFull?.(undefined);
    }
    this.writtenTimestamp = this.#lastTimestamp;
    this.#isDispatching = true;
    this.#dispatchBlock(block);
    this.#isDispatching = false;
    for (const put of pending) this.#answer(put);
  }

  #dispatchBlock(block: Uint8Array): void {
    const { queues, batchQueues, queueExt, onArrival, lightQueues } = this.#options;
    const record = this.#record;
    const request = this.#dispatch;
    record.attach(block);
    for (let at = 0; at < block.length; at += record.size) {
      const flaw = record.load(at, block.length);
      if (flaw !== undefined) assert.fail(`a record with a wrong ${flaw.code} was written`);
      request.read(record);
      if (request.queued) {
        const { topic, queueId, queueOffset } = request;
        if (batchQueues.isBatch(topic)) {
          batchQueues.getOrCreate(topic, queueId).append(request, innerBatchOf(record));
        } else {
          const queue = queues.getOrCreate(topic, queueId);
          if (queueExt === undefined) queue.append(queueOffset, request);
          else queueExt.append(queue, queueOffset, request);
        }
      }
      if (request.keyHashes.length > 0) this.#index(request);
      onArrival(request);
      if (lightQueues === true && request.queued) this.#dispatchLight(record);
    }
  }

  /** Tells of a record once more for each of its light queues. */
  #dispatchLight(record: RecordView): void {
    const { queues, onArrival } = this.#options;
    const request = this.#dispatch;
    for (const { topic, queueOffset } of lightQueuesOf(record)) {
      const queue = queues.getOrCreate(topic, 0);
      request.topic = topic;
      request.queueId = queue.queueId;
      request.queueOffset = queueOffset;
      queue.append(queueOffset, request);
      onArrival(request);
    }
  }

  /** Puts the keys for which there was no room. Throws while there is none still. */
  catchUp(): void {
    const { index } = this.#options;
    let done = 0;
    try {
      for (const { hash, physicalOffset, storeTimestamp } of this.#keysBehind) {
        index!.put(hash, physicalOffset, storeTimestamp);
        done++;
      }
    } finally {
      this.#keysBehind.splice(0, done);
    }
  }

  /** What the index could not take is put again later, or from the log at the next start. */
  #index({ keyHashes, physicalOffset, storeTimestamp }: DispatchRequest): void {
    const { index, onFailure, onIndexFull } = this.#options;
    if (index === undefined || this.#indexFailed) return;
    let done = 0;
    try {
      if (this.#keysBehind.length === 0) {
        for (; done < keyHashes.length; done++) {
          index.put(keyHashes[done]!, physicalOffset, storeTimestamp);
        }
      }
    } catch (error) {
      if (!isDiskFull(error)) {
        this.#indexFailed = true;
        onFailure(error);
        return;
      }
      onIndexFull?.(error);
    }
    for (; done < keyHashes.length; done++) {
      this.#keysBehind.push({ hash: keyHashes[done]!, physicalOffset, storeTimestamp });
    }
  }

  #answer(put: Pending): void {
    const result = (status: PutStatus): PutResult => ({
      status,
      stored: true,
      physicalOffset: put.physicalOffsets[0]!,
      queueOffset: put.queueOffset,
      storeTimestamp: put.storeTimestamp,
      physicalOffsets: put.physicalOffsets,
    });
    if (!put.waits) put.done(result("PUT_OK"));
    else {
      this.#options.gate.wait(put.end, (flushed) => {
        put.done(result(flushed ? "PUT_OK" : "FLUSH_DISK_TIMEOUT"));
      });
    }
  }
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

function refused(status: PutStatus, reason: string): PutResult {
  return {
    status,
    stored: false,
    physicalOffset: -1,
    queueOffset: -1,
    storeTimestamp: 0,
    physicalOffsets: [],
    reason,
  };
}

function failure(error: unknown): PutResult {
  const reason = error instanceof Error ? error.message : String(error);
  return refused(isDiskFull(error) ? "SERVICE_NOT_AVAILABLE" : "UNKNOWN_ERROR", reason);
}
