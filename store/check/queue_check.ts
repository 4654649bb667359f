/**
 * Checks all queues of a store against the log, with a memory that does not grow with the messages:
 * what records call for is kept back up to a limit, then every queue concerned is opened once. Beside
 * that limit a queue takes some fifty bytes while nothing about it is open.
 *
 * @module
 */
import assert from "node:assert/strict";
import { basename, join } from "node:path";
import type { DispatchRequest } from "../dispatch.ts";
import { innerBatchOf } from "../inner_batch.ts";
import { lightQueuesOf } from "../multi_dispatch.ts";
import { offsetName } from "../names.ts";
import type { QueueKind } from "../queue_reader.ts";
import { isSafeTopic } from "../queue_table.ts";
import type { RecordView } from "../record_view.ts";
import { BatchQueueCheck } from "./batch_queue_check.ts";
import { type FileKind, finding } from "./findings.ts";
import { Expectation, PendingPool } from "./queue_expectation.ts";
import { type QueueContext, QueuePlace } from "./queue_place.ts";
import type { DeletedRecords, ProvenQueues } from "./queue_proof.ts";
import { tellRocksDb } from "./rocksdb_check.ts";
import type { QueueCheckState, QueuesCheckState } from "./verify_state.ts";
import { SimpleQueueCheck } from "./simple_queue_check.ts";

/** Expectations kept back at the most: 56 bytes each. */
const PENDING_UNITS_MAX = 1_000_000;

const QUEUES_PER_TURN = 512;

const FILE_KIND: Readonly<Record<QueueKind, FileKind>> = {
  simple: "consumequeue",
  batch: "batchconsumequeue",
};

type QueueUnderCheck = SimpleQueueCheck | BatchQueueCheck;

type QueuesOfTopic = Map<number, QueueUnderCheck | number>;

/** A queue, and where it is kept. */
interface OneQueue {
  readonly kind: QueueKind;
  readonly topic: string;
  readonly queueId: number;
  readonly queues: QueuesOfTopic;
  readonly it: QueueUnderCheck | number;
}

/** How far a queue is of which no slot was looked at. */
const NOT_BEGUN = 0;

/** How far a simple queue is, as one number. */
function progressNumber({ next, hasBegun = false }: QueueProgress): number {
  return (next + 1) * 2 + Number(hasBegun);
}

function progressOf(it: number): QueueProgress {
  return { next: Math.floor(it / 2) - 1, hasBegun: it % 2 === 1 };
}

/** Whether nothing is open about a queue, and no slot is left before an index. */
function isJustBefore(it: QueueUnderCheck | number, first: number): boolean {
  if (typeof it !== "number") return false;
  return it === NOT_BEGUN ? first === 0 : progressOf(it).next === first;
}

type QueueProgress = Pick<QueueCheckState, "next" | "hasBegun">;

/** Keeps only how far a queue is, if nothing is open about it. */
function settle(queues: QueuesOfTopic, queueId: number): void {
  const it = queues.get(queueId);
  if (!(it instanceof SimpleQueueCheck) || it.pending > 0) return;
  const { run, ...state } = it.state;
  if (run === undefined) queues.set(queueId, progressNumber(state));
}

/** Records of a topic that exists no longer. */
interface DeletedTopic {
  records: number;
  readonly first: number;
  last: number;
}

/** Follows a scan through the log and compares all queues with it. */
export class QueueCheck {
  readonly #context: QueueContext;
  readonly #pendingMax: number;
  /** By topic and queue id; of a queue about which nothing is open only how far it is. */
  readonly #queues: Readonly<Record<QueueKind, Map<string, QueuesOfTopic>>> = {
    simple: new Map(),
    batch: new Map(),
  };
  readonly #deleted = new Map<string, DeletedTopic>();
  readonly #expected = new Expectation();
  readonly #pool = new PendingPool();
  #pending = 0;
  #isRocksDb = false;

  constructor(context: QueueContext, pendingMax: number = PENDING_UNITS_MAX) {
    this.#context = context;
    this.#pendingMax = pendingMax;
  }

  /**
   * Finds the queues and checks names and lengths of their files. Files whose every slot will be
   * looked at count as checked.
   */
  files({ areRead } = { areRead: true }): void {
    const { state, sink, tally } = this.#context;
    const { queues, strays, isRocksDb } = state.queues;
    this.#isRocksDb = isRocksDb;
    if (isRocksDb) tellRocksDb(state, sink);
    for (const file of strays) {
      sink(finding("queue-stray-file", { file }, { message: "belongs to no queue" }));
    }
    tally.queues = queues.length;
    for (const { kind, topic, queueId, path } of queues) {
      this.#ofTopic(kind, topic).set(queueId, NOT_BEGUN);
      const queue = new QueuePlace(this.#context, { kind, topic, queueId });
      const bytes = this.#queueFiles(queue);
      if (areRead) tally.check(FILE_KIND[kind], bytes);
      if (state.topics.isSaidBatch(topic) === (kind === "batch")) continue;
      const message = `units are of the kind ${kind}, the topic's queues are of another`;
      const place = { file: path, topic, queueId };
      sink(finding("queue-wrong-kind", place, { message }));
    }
  }

  /** Takes a sound record. */
  record(request: DispatchRequest, record: RecordView): void {
    if (!request.queued || !isSafeTopic(request.topic)) return;
    const { topics } = this.#context.state;
    const it = this.#expected;
    it.physicalOffset = request.physicalOffset;
    it.size = request.size;
    it.tagsCode = request.tagsCode;
    it.storeTimestamp = request.storeTimestamp;
    it.index = request.queueOffset;
    it.count = 1;
    const { physicalOffset: at } = request;
    if (!topics.exists(request.topic, at)) {
      this.#noteDeleted(request.topic, { records: 1, first: at, last: at });
    } else if (topics.isBatch(request.topic)) {
      const { base, count, flaw } = innerBatchOf(record);
      it.index = base;
      // What cannot be read speaks against no unit; the record has a finding of its own.
      it.count = flaw === undefined ? count : 0;
      this.#expect(this.#get("batch", request), it);
    } else if (!this.#isRocksDb) this.#expect(this.#get("simple", request), it);
    if (this.#isRocksDb) return;
    it.count = 1;
    for (const { topic, queueOffset } of lightQueuesOf(record)) {
      it.index = queueOffset;
      this.#expect(this.#get("simple", { topic, queueId: 0 }), it);
    }
  }

  /** Compares everything that is kept back, at the end of a piece of the log. */
  compare(): void {
    this.#pending = 0;
    for (const { queues, queueId, it } of this.#all()) {
      if (typeof it === "number") continue;
      it.compare();
      settle(queues, queueId);
    }
    this.#pool.clear();
  }

  /** How far all queues are, when nothing is kept back. */
  get state(): QueuesCheckState {
    const deleted = [...this.#deleted].map(([topic, it]) => ({ topic, ...it }));
    const queues = Array.from(this.#all(), (one) => this.#opened(one).state);
    return { queues, deleted };
  }

  /** Goes on from where another one was. */
  restore({ queues, deleted }: QueuesCheckState): void {
    for (const it of queues) {
      this.#get(it.kind, it).restore(it);
      settle(this.#ofTopic(it.kind, it.topic), it.queueId);
    }
    for (const it of deleted) this.#addDeleted(it);
  }

  /** Whether what is proven of a piece follows what was looked at so far. */
  fits({ queues }: ProvenQueues): boolean {
    return queues.every(({ topic, queueId, first }) => {
      const it = this.#queues.simple.get(topic)?.get(queueId) ?? NOT_BEGUN;
      return (typeof it === "number" ? progressOf(it).next : it.state.next) <= first;
    });
  }

  /** Takes over what is proven of a piece that {@linkcode QueueCheck.fits}. */
  adopt({ units, queues, deleted }: ProvenQueues): void {
    this.#context.tally.units += units;
    for (const it of queues) {
      const { topic, queueId, first, end } = it;
      const ofTopic = this.#ofTopic("simple", topic);
      if (isJustBefore(ofTopic.get(queueId) ?? NOT_BEGUN, first)) {
        ofTopic.set(queueId, progressNumber({ next: end, hasBegun: true }));
        continue;
      }
      const queue = this.#get("simple", it);
      assert(queue instanceof SimpleQueueCheck);
      queue.adopt(it);
      settle(ofTopic, queueId);
    }
    for (const it of deleted) this.#addDeleted(it);
  }

  /**
   * Compares everything that is still kept back and looks behind the last records. Yields when others
   * may run, the collection of what is no longer used among them.
   */
  *finish(logEnd: number): Generator<void, void> {
    let count = 0;
    for (const one of this.#all()) {
      this.#opened(one).finish(logEnd);
      if (++count % QUEUES_PER_TURN === 0) yield;
    }
    const { state, sink } = this.#context;
    for (const [topic, { records, first, last }] of this.#deleted) {
      const message = `${records} records from log offset ${first} to ${last}`;
      sink(finding("log-topic-deleted", { file: state.paths.commitLog, topic }, { message }));
    }
  }

  /** Asks for the topic, too: whether it exists is decided by its first record. */
  #addDeleted({ topic, ...records }: DeletedRecords): void {
    this.#context.state.topics.exists(topic, records.first);
    this.#noteDeleted(topic, records);
  }

  #noteDeleted(topic: string, { records, first, last }: DeletedTopic): void {
    const known = this.#deleted.get(topic);
    if (known === undefined) this.#deleted.set(topic, { records, first, last });
    else {
      known.records += records;
      known.last = last;
    }
  }

  #expect(queue: QueueUnderCheck, it: Expectation): void {
    queue.expect(it);
    if (++this.#pending >= this.#pendingMax) this.compare();
  }

  *#all(): Generator<OneQueue, void> {
    for (const kind of ["simple", "batch"] as const) {
      for (const [topic, queues] of this.#queues[kind]) {
        for (const [queueId, it] of queues) yield { kind, topic, queueId, queues, it };
      }
    }
  }

  #ofTopic(kind: QueueKind, topic: string): QueuesOfTopic {
    let queues = this.#queues[kind].get(topic);
    if (queues === undefined) this.#queues[kind].set(topic, queues = new Map());
    return queues;
  }

  #get(
    kind: QueueKind,
    { topic, queueId }: { readonly topic: string; readonly queueId: number },
  ): QueueUnderCheck {
    const queues = this.#ofTopic(kind, topic);
    const it = queues.get(queueId) ?? NOT_BEGUN;
    if (typeof it !== "number") return it;
    const queue = this.#opened({ kind, topic, queueId, it });
    queues.set(queueId, queue);
    return queue;
  }

  /** The queue as an object, which nobody keeps. */
  #opened({ kind, topic, queueId, it }: Omit<OneQueue, "queues">): QueueUnderCheck {
    if (typeof it !== "number") return it;
    const place = new QueuePlace(this.#context, { kind, topic, queueId });
    const queue = new (kind === "batch" ? BatchQueueCheck : SimpleQueueCheck)(place, this.#pool);
    if (it !== NOT_BEGUN) queue.restore({ kind, topic, queueId, ...progressOf(it) });
    return queue;
  }

  /** Checks names and lengths and returns the bytes of all files. */
  #queueFiles(place: QueuePlace): number {
    const { sink } = this.#context;
    const { segments, segmentBytes, strays } = place.files;
    const { topic, queueId } = place;
    for (const file of strays) {
      const message = `"${basename(file)}" is no file of a queue`;
      sink(finding("queue-stray-file", { file, topic, queueId }, { message }));
    }
    let bytes = 0;
    let end = segments[0]?.start ?? 0;
    for (const segment of segments) {
      bytes += segment.length;
      if (segment.start > end) {
        const file = join(place.directory, offsetName(end));
        const message = `no file for bytes ${end} to ${segment.start} of the queue`;
        const queueOffset = Math.ceil(end / place.unitBytes);
        const at = { file, length: segment.start - end, topic, queueId, queueOffset };
        sink(finding("queue-missing-file", at, { message }));
      }
      if (segment.length !== segmentBytes) {
        const message = `file is ${segment.length} bytes, the others are ${segmentBytes}`;
        const at = { file: segment.path, length: segment.length, topic, queueId };
        sink(finding("queue-wrong-length", at, { message }));
      }
      end = segment.start + segmentBytes;
    }
    return bytes;
  }
}
