/**
 * Puts of one turn of the event loop: every message is encoded into the log's staging block as it
 * comes; one write takes the block to the file when the turn ends; then queues and index learn of
 * the records, waiting readers are woken, and the answers leave.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { CommitLog } from "./commit_log.ts";
import type { ConsumeQueue } from "./consume_queue.ts";
import { DispatchRequest } from "./dispatch.ts";
import { codeOf } from "./file_disk.ts";
import type { FlushGate } from "./flush_gate.ts";
import { SIZE } from "./format.ts";
import type { KeyIndex } from "./key_index.ts";
import type { HostBytes } from "./layout.ts";
import { isQueued } from "./message.ts";
import type { BatchElement, MessageDraft, PutDone, PutResult, PutStatus } from "./put.ts";
import { PROPERTY, propertyOf } from "./properties.ts";
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
  readonly index: KeyIndex | undefined;
  readonly gate: FlushGate;
  readonly storeHost: HostBytes;
  readonly now: () => number;
  readonly bodyBytesMax: number;
  /** Whether answers wait for the disk unless the message says otherwise. */
  readonly syncFlush: boolean;
  readonly delayLevelsMs?: readonly number[];
  readonly onArrival: ArrivalListener;
  /** Told that the log or the index could not be written. */
  readonly onFailure: (error: unknown) => void;
}

const RETRY_PREFIX = "%RETRY%";
/** Topics whose bytes are kept, so that they are not encoded with every message. */
const TOPICS_KEPT_MAX = 100_000;

interface Pending {
  readonly queue: ConsumeQueue | undefined;
  readonly queueOffset: number;
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
  /** Why the log could not be written. */
  #failure: unknown;
  #lastTimestamp = 0;
  /** Store time of the last record that was written. */
  writtenTimestamp = 0;

  constructor(options: WriteTurnOptions) {
    this.#options = options;
    this.#dispatch = new DispatchRequest(options.delayLevelsMs);
  }

  /** Puts one message. `done` is called later, never from within. */
  put(draft: MessageDraft, done: PutDone): void {
    this.#add(draft, [draft], done);
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

  #add(draft: MessageDraft, elements: readonly BatchElement[], done: PutDone): void {
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
    const refusal = this.#refusal(draft, { parts, total, bodyBytes });
    if (refusal !== undefined) return queueMicrotask(() => done(refusal));
    if (!this.#options.log.fits(total)) this.commit();
    const place = this.#reserve(total);
    if (place === undefined) return queueMicrotask(() => done(failure(this.#failure)));
    this.#stage({ draft, elements, parts, place, done });
    if (!this.#scheduled) {
      this.#scheduled = true;
      queueMicrotask(() => this.commit());
    }
  }

  /** Nothing is written behind a write that failed. */
  #reserve(total: number): ReturnType<CommitLog["reserve"]> | undefined {
    if (this.#failure !== undefined) return undefined;
    try {
      return this.#options.log.reserve(total);
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#options.onFailure(error);
  }

  #parts(topic: string, element: BatchElement): RecordParts {
    let topicBytes = this.#topics.get(topic);
    if (topicBytes === undefined) {
      if (this.#topics.size >= TOPICS_KEPT_MAX) this.#topics.clear();
      topicBytes = new TextEncoder().encode(topic);
      this.#topics.set(topic, topicBytes);
    }
    return {
      topic: topicBytes,
      isV2: needsV2(topicBytes),
      body: element.body,
      properties: element.properties,
      propertiesLength: utf8Length(element.properties),
    };
  }

  #refusal(
    draft: MessageDraft,
    sizes: { parts: readonly RecordParts[]; total: number; bodyBytes: number },
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
  }): void {
    const { draft, place, parts } = put;
    const { storeHost, now, log, queues, syncFlush } = this.#options;
    const queued = isQueued(draft.sysFlag);
    const queue = queued ? queues.getOrCreate(draft.topic, draft.queueId) : undefined;
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
      at += size;
    }
    log.staged(at - place.at);
    if (queue !== undefined) queue.next += parts.length;
    this.#pending.push({
      queue,
      queueOffset,
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
      for (const { queue, queueOffset } of pending.toReversed()) {
        if (queue !== undefined) queue.next = queueOffset;
      }
      this.#fail(error);
      for (const { done } of pending) done(failure(error));
      return;
    }
    this.writtenTimestamp = this.#lastTimestamp;
    this.#isDispatching = true;
    this.#dispatchBlock(block);
    this.#isDispatching = false;
    for (const put of pending) this.#answer(put);
  }

  #dispatchBlock(block: Uint8Array): void {
    const { queues, onArrival } = this.#options;
    const record = this.#record;
    const request = this.#dispatch;
    record.attach(block);
    for (let at = 0; at < block.length; at += record.size) {
      const flaw = record.load(at, block.length);
      if (flaw !== undefined) assert.fail(`a record with a wrong ${flaw.code} was written`);
      request.read(record);
      if (request.queued) {
        queues.getOrCreate(request.topic, request.queueId).append(request.queueOffset, request);
      }
      if (request.keyHashes.length > 0) this.#index(request);
      onArrival(request);
    }
  }

  /** What the index could not take is put again from the log at the next start. */
  #index({ keyHashes, physicalOffset, storeTimestamp }: DispatchRequest): void {
    const { index } = this.#options;
    if (index === undefined || this.#indexFailed) return;
    try {
      for (const hash of keyHashes) index.put(hash, physicalOffset, storeTimestamp);
    } catch (error) {
      this.#indexFailed = true;
      this.#options.onFailure(error);
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
  const full = codeOf(error) === "ENOSPC" || codeOf(error) === "EDQUOT";
  const reason = error instanceof Error ? error.message : String(error);
  return refused(full ? "SERVICE_NOT_AVAILABLE" : "UNKNOWN_ERROR", reason);
}
