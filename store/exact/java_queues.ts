/**
 * All consume queues of a store as Java's broker loads, recovers and fills them at start. Queues of
 * deleted topics come back when their records are dispatched: Java knows no better.
 *
 * @module
 */
import { join } from "node:path";
import type { DispatchRequest } from "../dispatch.ts";
import { SIZE } from "../format.ts";
import { innerBatchOf } from "../inner_batch.ts";
import { lightQueuesOf } from "../multi_dispatch.ts";
import { queueDirectory, type StorePaths } from "../names.ts";
import type { OpenFiles } from "../open_files.ts";
import type { RecordView } from "../record_view.ts";
import { listSegments } from "../segments.ts";
import type { TopicKinds } from "../topic_kinds.ts";
import { type JavaRefusal, loadFiles } from "./java_files.ts";
import { BATCH_UNIT, JavaQueue, type JavaUnitKind, SIMPLE_UNIT } from "./java_queue.ts";
import type { JavaRules } from "./java_release.ts";

/** What the queues need to know. */
export interface JavaQueuesOptions {
  readonly paths: StorePaths;
  readonly rules: JavaRules;
  readonly topics: TopicKinds;
  /** Units in a file of a simple queue; default: what the first queue with files tells. */
  readonly queueFileUnits?: number | undefined;
  /** Whether records are dispatched to light queues (Java: `enableLmq`, `enableMultiDispatch`). */
  readonly lightQueues: boolean;
  readonly onDelete: (path: string) => void;
}

/** The queues of a store. */
export class JavaQueues {
  readonly #files: OpenFiles;
  readonly #options: JavaQueuesOptions;
  readonly #queues = new Map<string, JavaQueue>();
  readonly #fileBytes = new Map<JavaUnitKind, number>();

  constructor(files: OpenFiles, options: JavaQueuesOptions) {
    this.#files = files;
    this.#options = options;
    const units = options.queueFileUnits;
    if (units !== undefined) this.#fileBytes.set(SIMPLE_UNIT, units * SIMPLE_UNIT.unitBytes);
  }

  /** Loads what is there; returns why Java refuses to, all of it. */
  load({ isRefused }: { readonly isRefused: boolean }): JavaRefusal[] {
    const { rules } = this.#options;
    const kinds = rules.hasBatchQueues ? [SIMPLE_UNIT, BATCH_UNIT] : [SIMPLE_UNIT];
    const places = kinds.flatMap((kind) => this.#places(kind));
    for (const { kind, directory } of places) {
      const { segmentBytes } = listSegments(this.#files.fs, directory);
      if (segmentBytes > 0 && !this.#fileBytes.has(kind)) this.#fileBytes.set(kind, segmentBytes);
    }
    const refusals: JavaRefusal[] = [];
    for (const { kind, topic, queueId, directory } of places) {
      if (
        rules.hasBatchQueues && this.#options.topics.isSaidBatch(topic) !== (kind === BATCH_UNIT)
      ) {
        refusals.push({ file: directory, reason: `is of another kind than topic "${topic}"` });
        continue;
      }
      const segmentBytes = this.#bytesOf(kind);
      const found = loadFiles(this.#files.fs, directory, {
        rules,
        segmentBytes,
        isRefused: isRefused || refusals.length > 0,
      });
      refusals.push(...found.refusals);
      this.#make({ kind, topic, queueId }).load(found.segments);
    }
    return refusals;
  }

  /** A queue that exists. */
  get(topic: string, queueId: number): JavaQueue | undefined {
    return this.#queues.get(keyOf(topic, queueId));
  }

  /** Finds the end of every queue. */
  recover(): void {
    for (const queue of this) queue.recover();
  }

  /** Largest place in the log a queue remembers; −1 when there is none. */
  get remembered(): number {
    let largest = -1;
    for (const queue of this) largest = Math.max(largest, queue.remembered);
    return largest;
  }

  /** Adds what a record means to its queues. */
  put(request: DispatchRequest, record: RecordView): void {
    if (!request.queued) return;
    const { physicalOffset, size, tagsCode, storeTimestamp } = request;
    const isBatch = this.#options.rules.hasBatchQueues &&
      this.#options.topics.isSaidBatch(request.topic);
    if (isBatch) {
      const unit = { physicalOffset, size, tagsCode, storeTimestamp };
      this.#queueOf(request, BATCH_UNIT)?.putBatch({ ...unit, ...innerBatchOf(record) });
      return;
    }
    const unit = { physicalOffset, size, tagsCode };
    this.#queueOf(request, SIMPLE_UNIT)?.put({ ...unit, index: request.queueOffset });
    if (!this.#options.lightQueues) return;
    for (const { topic, queueOffset: index } of lightQueuesOf(record)) {
      this.#queueOf({ topic, queueId: 0 }, SIMPLE_UNIT)?.put({ ...unit, index });
    }
  }

  /** As Java 4.2 does with a record whose lengths are wrong: a unit of a topic without a name. */
  putNameless(size: number): void {
    const queue = this.#make({ kind: SIMPLE_UNIT, topic: "", queueId: 0 });
    queue.put({ index: 0, physicalOffset: 0, size, tagsCode: 0 });
  }

  /** Cuts every queue at a log offset. */
  truncate(physicalOffset: number): void {
    for (const queue of this) queue.truncate(physicalOffset);
  }

  /** Removes the files of all queues. */
  destroy(): void {
    for (const queue of this) queue.destroy();
  }

  /** Writes what the files lack. */
  write(): void {
    for (const queue of this) queue.write();
  }

  [Symbol.iterator](): Iterator<JavaQueue> {
    return this.#queues.values();
  }

  /** The queue, made when there is none; `undefined` for a topic no file may be made for. */
  #queueOf(
    { topic, queueId }: { readonly topic: string; readonly queueId: number },
    kind: JavaUnitKind,
  ): JavaQueue | undefined {
    const known = this.#queues.get(keyOf(topic, queueId));
    if (known !== undefined) return known.kind === kind ? known : undefined;
    return isFileName(topic) ? this.#make({ kind, topic, queueId }) : undefined;
  }

  #make(
    { kind, topic, queueId }: {
      readonly kind: JavaUnitKind;
      readonly topic: string;
      readonly queueId: number;
    },
  ): JavaQueue {
    const key = keyOf(topic, queueId);
    const known = this.#queues.get(key);
    if (known !== undefined) return known;
    const { rules, onDelete } = this.#options;
    const directory = queueDirectory(this.#rootOf(kind), { topic, queueId });
    const fileBytes = this.#bytesOf(kind);
    const options = { topic, queueId, directory, kind, fileBytes, rules, onDelete };
    const queue = new JavaQueue(this.#files, options);
    this.#queues.set(key, queue);
    return queue;
  }

  #bytesOf(kind: JavaUnitKind): number {
    const units = kind === BATCH_UNIT
      ? SIZE.batchQueueFileUnitsDefault
      : SIZE.queueFileUnitsDefault;
    return this.#fileBytes.get(kind) ?? units * kind.unitBytes;
  }

  #rootOf(kind: JavaUnitKind): string {
    const { consumeQueue, batchConsumeQueue } = this.#options.paths;
    return kind === BATCH_UNIT ? batchConsumeQueue : consumeQueue;
  }

  /** Directories of queues; names that are no numbers are passed over. */
  #places(kind: JavaUnitKind) {
    const { fs } = this.#files;
    const root = this.#rootOf(kind);
    return fs.list(root).flatMap((topic) =>
      fs.list(join(root, topic)).filter((name) => QUEUE_ID.test(name)).map((name) => {
        return { kind, topic, queueId: Number(name), directory: join(root, topic, name) };
      })
    );
  }
}

/** A topic read from damaged bytes must not lead out of the store, though Java would follow it. */
function isFileName(topic: string): boolean {
  return topic !== "" && topic !== "." && topic !== ".." && !/[/\\\0]/.test(topic);
}

const QUEUE_ID = /^\d{1,9}$/;

function keyOf(topic: string, queueId: number): string {
  return `${topic}/${queueId}`;
}
