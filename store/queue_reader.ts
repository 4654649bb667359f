/**
 * Reads simple consume queues from their files: which queues a store has, and the units of one by
 * index. What a queue holds is told as it is; whether it agrees with the log is decided elsewhere.
 * Nothing here writes.
 *
 * @module
 */
import { join } from "node:path";
import type { FileSystem } from "./file.ts";
import { BATCH_QUEUE_UNIT, QUEUE_PADDING, QUEUE_UNIT } from "./format.ts";
import { readI64 } from "./layout.ts";
import { NAME, parseQueueId, queueDirectory, type StorePaths } from "./names.ts";
import { listSegments, type SegmentList } from "./segments.ts";
import { UnitFiles } from "./unit_files.ts";

const AT = QUEUE_UNIT.at;

/**
 * A cursor over the units of one queue: move it, then read its fields until the next move. Close it
 * to release its file.
 *
 * Must not allocate while it moves within a file.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { MemoryFiles } from "./file_memory.ts";
 * import { QUEUE_UNIT } from "./format.ts";
 * import { QueueReader } from "./queue_reader.ts";
 * import { listSegments } from "./segments.ts";
 *
 * const unit = new Uint8Array(QUEUE_UNIT.size);
 * QUEUE_UNIT.write(new DataView(unit.buffer), 0, { physicalOffset: 91, size: 120, tagsCode: -7n });
 * const fs = new MemoryFiles();
 * fs.put("q/00000000000000000000", unit);
 * const queue = new QueueReader(fs, listSegments(fs, "q"));
 * assert(queue.moveTo(0) && queue.physicalOffset === 91 && queue.tagsCode() === -7n);
 * assert(!queue.next());
 * queue.close();
 * ```
 */
export class QueueReader {
  /** Index of the unit; meaningless before the first move. */
  index = -1;
  physicalOffset = 0;
  size = 0;
  /** Upper and lower half of `tagsCode`, both signed, so that no bigint is made for a hash. */
  tagsCodeHigh = 0;
  tagsCodeLow = 0;
  /** The files of the queue; units are numbered by their index. */
  readonly files: UnitFiles;

  constructor(fs: FileSystem, queue: SegmentList) {
    this.files = new UnitFiles(fs, queue.segments, QUEUE_UNIT.size);
  }

  /** Moves to a unit, whatever it holds; false where no file has it whole. */
  moveTo(index: number): boolean {
    const at = this.files.hold(index);
    if (at < 0) return false;
    const { view } = this.files;
    this.index = index;
    this.physicalOffset = readI64(view, at + AT.physicalOffset);
    this.size = view.getInt32(at + AT.size);
    this.tagsCodeHigh = view.getInt32(at + AT.tagsCode);
    this.tagsCodeLow = view.getInt32(at + AT.tagsCode + 4);
    return true;
  }

  /** Moves to the unit behind this one. */
  next(): boolean {
    return this.moveTo(this.index + 1);
  }

  /** Whether Java takes the unit for one (Java: `ConsumeQueue.recover`); padding counts. */
  isValid(): boolean {
    return this.physicalOffset >= 0 && this.size > 0;
  }

  /** Whether the unit only fills the room before a queue's first message. */
  isPadding(): boolean {
    return this.size === QUEUE_PADDING.size && this.physicalOffset === QUEUE_PADDING.physicalOffset;
  }

  /** Whether `tagsCode` is the address of an extension unit, see `queue_ext_reader.ts`. */
  isExtAddress(): boolean {
    return this.tagsCodeHigh < -1 || (this.tagsCodeHigh === -1 && this.tagsCodeLow >= 0);
  }

  /** All 64 bits. */
  tagsCode(): bigint {
    return (BigInt(this.tagsCodeHigh) << 32n) | BigInt(this.tagsCodeLow >>> 0);
  }

  /** Releases the open file; a second call does nothing. */
  close(): void {
    this.files.close();
  }
}

/** Which kind of units a queue has. */
export type QueueKind = "simple" | "batch";

/** Bytes of a unit. */
export const QUEUE_UNIT_BYTES: Readonly<Record<QueueKind, number>> = {
  simple: QUEUE_UNIT.size,
  batch: BATCH_QUEUE_UNIT.size,
};

/** A queue that has a directory. */
export interface QueueDirectory {
  readonly kind: QueueKind;
  readonly topic: string;
  readonly queueId: number;
  readonly path: string;
}

/** A tree of queue directories, of one kind. */
interface QueueTree {
  readonly root: string;
  readonly kind: QueueKind;
}

/** The files of a queue. */
export function listQueueFiles(
  fs: FileSystem,
  { kind, path }: Pick<QueueDirectory, "kind" | "path">,
): SegmentList {
  return listSegments(fs, path, { unitBytes: QUEUE_UNIT_BYTES[kind] });
}

/** Makes its path when it is asked: a store may have 100,000 queues. */
class ListedQueue implements QueueDirectory {
  readonly topic: string;
  readonly queueId: number;
  readonly #tree: QueueTree;

  constructor(tree: QueueTree, topic: string, queueId: number) {
    this.#tree = tree;
    this.topic = topic;
    this.queueId = queueId;
  }

  get kind(): QueueKind {
    return this.#tree.kind;
  }

  get path(): string {
    return queueDirectory(this.#tree.root, this);
  }
}

/** What stands under a store's queue directories. */
export interface QueueListing {
  /** Sorted by topic, queue id, kind. */
  readonly queues: readonly QueueDirectory[];
  /** Paths that belong to no queue, sorted: Java skips them or stumbles over them. */
  readonly strays: readonly string[];
  /** Whether `consumequeue` is a RocksDB database, which has no queue directories. */
  readonly isRocksDb: boolean;
}

/** The queues of one topic, or none, of a listing. */
export function queuesOf(
  { queues }: Pick<QueueListing, "queues">,
  topic: string,
): readonly QueueDirectory[] {
  let [from, end] = [0, queues.length];
  while (from < end) {
    const middle = (from + end) >>> 1;
    if (queues[middle]!.topic < topic) from = middle + 1;
    else end = middle;
  }
  for (end = from; queues[end]?.topic === topic;) end++;
  return queues.slice(from, end);
}

/** Finds every queue of a store, of both kinds. */
export function listQueues(fs: FileSystem, paths: StorePaths): QueueListing {
  const trees = new QueueTrees(fs, paths);
  const strays: string[] = [];
  const queues = trees.topics().flatMap((topic) => trees.queues(topic, strays));
  return { queues, strays: strays.sort(), isRocksDb: trees.isRocksDb };
}

/** Finds the queues of a store topic by topic: a store may have more than one cares to wait for. */
export class QueueTrees {
  /** Whether `consumequeue` is a RocksDB database, which has no queue directories. */
  readonly isRocksDb: boolean;
  readonly #fs: FileSystem;
  readonly #trees: readonly QueueTree[];

  constructor(fs: FileSystem, { consumeQueue, batchConsumeQueue }: StorePaths) {
    this.#fs = fs;
    this.isRocksDb = fs.stat(join(consumeQueue, NAME.rocksDbMarker))?.isDirectory === false;
    const simple = { root: consumeQueue, kind: "simple" } as const;
    const batch = { root: batchConsumeQueue, kind: "batch" } as const;
    this.#trees = this.isRocksDb ? [batch] : [simple, batch];
  }

  /** What may be topics, sorted. */
  topics(): string[] {
    return [...new Set(this.#trees.flatMap(({ root }) => this.#fs.list(root)))].sort();
  }

  /**
   * The queues of one of the {@linkcode QueueTrees.topics}, sorted by queue id and kind. Paths that
   * belong to no queue are added to `strays`.
   */
  queues(topic: string, strays: string[] = []): QueueDirectory[] {
    const queues: QueueDirectory[] = [];
    for (const tree of this.#trees) {
      const topicPath = join(tree.root, topic);
      const stat = this.#fs.stat(topicPath);
      if (stat?.isDirectory === false) strays.push(topicPath);
      if (stat?.isDirectory !== true) continue;
      for (const name of this.#fs.list(topicPath)) {
        const path = join(topicPath, name);
        const queueId = parseQueueId(name);
        if (queueId === undefined || !isDirectory(this.#fs, path)) strays.push(path);
        else queues.push(new ListedQueue(tree, topic, queueId));
      }
    }
    // Of those with one id the simple one comes first, as it was found first.
    return queues.sort((a, b) => a.queueId - b.queueId);
  }

  /** All queues, or those of one topic, sorted by topic, queue id and kind. */
  *walk(wanted?: string): Generator<QueueDirectory, void> {
    for (const topic of this.topics()) {
      if (wanted === undefined || topic === wanted) yield* this.queues(topic);
    }
  }
}

function isDirectory(fs: FileSystem, path: string): boolean {
  return fs.stat(path)?.isDirectory === true;
}
