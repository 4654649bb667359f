/**
 * What the end of a log says of the queues: the last record of each in the newest files, which are
 * those a Java broker reads when it starts after a clean stop. Nothing here writes.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import { CommitLogScan } from "./commit_log_scan.ts";
import { DispatchRequest } from "./dispatch.ts";
import type { FileSystem } from "./file.ts";
import { lightQueuesOf } from "./multi_dispatch.ts";
import { innerBatchOf } from "./inner_batch.ts";
import type { RecordView } from "./record_view.ts";
import type { SegmentList } from "./segments.ts";

/** Files at the end of the log that Java reads (4.x to 5.3.1: `CommitLog.recoverNormally`). */
const FILES_READ = 3;
const RECORDS_PER_TURN = 65_536;

/** The last record of a queue. */
export interface LastRecord {
  readonly topic: string;
  readonly queueId: number;
  /** Its index in the queue; of a batch, that of its first message. */
  index: number;
  physicalOffset: number;
}

/** What is read, and how. */
export interface QueueSurveyOptions {
  readonly isBatch: (topic: string) => boolean;
  readonly sealRequired?: boolean;
  readonly signal?: AbortSignal;
}

/** What the newest files of a log hold. */
export class QueueSurvey {
  /** Where they begin. */
  from = 0;
  /** Behind the last sound record or filler. */
  end = 0;
  /** Log offset of the last record with keys, −1 without one. */
  lastKeyed = -1;
  readonly #lasts = new Map<string, Map<number, LastRecord>>();
  readonly #damage: { readonly from: number; readonly to: number }[] = [];
  #lastTopic = "";
  #lastQueues: Map<number, LastRecord> | undefined;

  /** Reads the files. Where they hold no record, all that stand before them are read, too. */
  static async make(
    fs: FileSystem,
    log: SegmentList,
    options: QueueSurveyOptions,
  ): Promise<QueueSurvey> {
    const first = log.segments.at(0)?.start ?? 0;
    const from = log.segments.at(-FILES_READ)?.start ?? first;
    const survey = new QueueSurvey();
    if (await survey.#read(fs, log, { ...options, from }) || from === first) return survey;
    const whole = new QueueSurvey();
    await whole.#read(fs, log, { ...options, from: first });
    return whole;
  }

  /** The last record of a queue; `undefined` where the files have none. */
  lastOf(queue: { readonly topic: string; readonly queueId: number }): LastRecord | undefined {
    return this.#lasts.get(queue.topic)?.get(queue.queueId);
  }

  /** Whether a log offset lies in bytes that are no record, with records behind them. */
  isDamaged(physicalOffset: number): boolean {
    return this.#damage.some(({ from, to }) => physicalOffset >= from && physicalOffset < to);
  }

  /** The last records of all queues. */
  *[Symbol.iterator](): Iterator<LastRecord> {
    for (const queues of this.#lasts.values()) yield* queues.values();
  }

  async #read(
    fs: FileSystem,
    log: SegmentList,
    { from, isBatch, sealRequired = false, signal }: QueueSurveyOptions & { readonly from: number },
  ): Promise<boolean> {
    this.from = this.end = from;
    let messages = 0;
    const request = new DispatchRequest();
    const open: { from: number; to: number }[] = [];
    const scan = new CommitLogScan(fs, log, { from, sealRequired });
    try {
      for (let count = 1; scan.next(); count++) {
        if (scan.kind === "damage") open.push({ from: scan.at, to: scan.at + scan.length });
        if (scan.kind === "message" || scan.kind === "blank") {
          this.end = scan.at + scan.length;
          this.#damage.push(...open.splice(0));
        }
        if (scan.kind === "message") {
          messages++;
          request.read(scan.record);
          this.#note(request, scan.record, isBatch);
        }
        if (count % RECORDS_PER_TURN !== 0) continue;
        await new Promise<void>((resolve) => setImmediate(resolve));
        signal?.throwIfAborted();
      }
    } finally {
      scan.close();
    }
    return messages > 0;
  }

  #note(request: DispatchRequest, record: RecordView, isBatch: (topic: string) => boolean): void {
    const { topic, queueId, physicalOffset, keyHashes } = request;
    if (keyHashes.length > 0) this.lastKeyed = physicalOffset;
    if (!request.queued) return;
    const index = isBatch(topic) ? innerBatchOf(record).base : request.queueOffset;
    this.#put(topic, queueId, index, physicalOffset);
    for (const light of lightQueuesOf(record)) {
      this.#put(light.topic, 0, light.queueOffset, physicalOffset);
    }
  }

  #put(topic: string, queueId: number, index: number, physicalOffset: number): void {
    if (topic !== this.#lastTopic || this.#lastQueues === undefined) {
      this.#lastTopic = topic;
      this.#lastQueues = this.#lasts.get(topic) ?? new Map<number, LastRecord>();
      this.#lasts.set(topic, this.#lastQueues);
    }
    const known = this.#lastQueues.get(queueId);
    if (known === undefined) {
      this.#lastQueues.set(queueId, { topic, queueId, index, physicalOffset });
      return;
    }
    known.index = index;
    known.physicalOffset = physicalOffset;
  }
}
