/**
 * Checks all queues of a store against the log, with a memory that does not grow with the messages:
 * what records call for is kept back up to a limit, then every queue concerned is opened once. Beside
 * that limit a queue takes a few hundred bytes.
 *
 * @module
 */
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
import { Expectation } from "./queue_expectation.ts";
import { type QueueContext, QueuePlace } from "./queue_place.ts";
import type { DeletedRecords, ProvenQueues } from "./queue_proof.ts";
import type { QueuesCheckState } from "./verify_state.ts";
import { SimpleQueueCheck } from "./simple_queue_check.ts";

/** Expectations kept back at the most: 48 bytes each. */
const PENDING_UNITS_MAX = 1_000_000;

const FILE_KIND: Readonly<Record<QueueKind, FileKind>> = {
  simple: "consumequeue",
  batch: "batchconsumequeue",
};

type QueueUnderCheck = SimpleQueueCheck | BatchQueueCheck;

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
  readonly #queues: Readonly<Record<QueueKind, Map<string, Map<number, QueueUnderCheck>>>> = {
    simple: new Map(),
    batch: new Map(),
  };
  readonly #deleted = new Map<string, DeletedTopic>();
  readonly #expected = new Expectation();
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
    if (isRocksDb) {
      const message = "queues are kept in RocksDB, which was not read";
      sink(finding("queue-rocksdb", { file: state.paths.consumeQueue }, { message }));
    }
    for (const file of strays) {
      sink(finding("queue-stray-file", { file }, { message: "belongs to no queue" }));
    }
    tally.queues = queues.length;
    for (const { kind, topic, queueId } of queues) {
      const queue = this.#get(kind, { topic, queueId });
      const bytes = this.#queueFiles(queue.place);
      queue.place.letFilesGo();
      if (areRead) tally.check(FILE_KIND[kind], bytes);
      if (state.topics.isBatch(topic) === (kind === "batch")) continue;
      const message = `units are of the kind ${kind}, the topic's queues are of another`;
      const place = { file: queue.place.directory, topic, queueId };
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
      const { base, count } = innerBatchOf(record);
      it.index = base;
      it.count = count;
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
    for (const one of this.#all()) one.compare();
  }

  /** How far all queues are, when nothing is kept back. */
  get state(): QueuesCheckState {
    const deleted = [...this.#deleted].map(([topic, it]) => ({ topic, ...it }));
    return { queues: [...this.#all()].map((it) => it.state), deleted };
  }

  /** Goes on from where another one was. */
  restore({ queues, deleted }: QueuesCheckState): void {
    for (const it of queues) this.#get(it.kind, it).restore(it);
    for (const it of deleted) this.#addDeleted(it);
  }

  /** Whether what is proven of a piece follows what was looked at so far. */
  fits({ queues }: ProvenQueues): boolean {
    return queues.every((it) => this.#simple(it).fits(it));
  }

  /** Takes over what is proven of a piece that {@linkcode QueueCheck.fits}. */
  adopt({ units, queues, deleted }: ProvenQueues): void {
    this.#context.tally.units += units;
    for (const it of queues) this.#simple(it).adopt(it);
    for (const it of deleted) this.#addDeleted(it);
  }

  /** Compares everything that is still kept back and looks behind the last records. */
  finish(logEnd: number): void {
    for (const queue of this.#all()) queue.finish(logEnd);
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

  #simple(queue: { readonly topic: string; readonly queueId: number }): SimpleQueueCheck {
    return this.#get("simple", queue) as SimpleQueueCheck;
  }

  *#all(): Generator<QueueUnderCheck, void> {
    for (const topics of [this.#queues.simple, this.#queues.batch]) {
      for (const queues of topics.values()) yield* queues.values();
    }
  }

  #get(
    kind: QueueKind,
    { topic, queueId }: { readonly topic: string; readonly queueId: number },
  ): QueueUnderCheck {
    let queues = this.#queues[kind].get(topic);
    if (queues === undefined) this.#queues[kind].set(topic, queues = new Map());
    let queue = queues.get(queueId);
    if (queue === undefined) {
      const place = new QueuePlace(this.#context, { kind, topic, queueId });
      queue = kind === "batch" ? new BatchQueueCheck(place) : new SimpleQueueCheck(place);
      queues.set(queueId, queue);
    }
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
