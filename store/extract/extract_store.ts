/**
 * Makes a store of some of another's messages: those of a topic, of some hours, with a key. They keep
 * everything but their places in the log; queues, index and checkpoint are built from the new log.
 *
 * A queue that is taken without gaps keeps its indexes, and so consumer offsets keep their meaning.
 * Where messages between others are left out, those behind close up, because no broker serves a queue
 * with holes; offsets into such a queue are left out.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import { CommitLogScan } from "../commit_log_scan.ts";
import type { FileSystem } from "../file.ts";
import { findGeometry, type IndexGeometry } from "../index_geometry.ts";
import { listIndexFiles } from "../key_index_reader.ts";
import { isQueued } from "../message.ts";
import { type StorePaths, storePaths } from "../names.ts";
import { PROPERTY, propertyOf } from "../properties.ts";
import { propertiesOf, topicOf } from "../record_text.ts";
import type { RecordView } from "../record_view.ts";
import { makeFolder } from "../repair/new_folder.ts";
import { findQueueSizes } from "../repair/queue_sizes.ts";
import { applyRepair } from "../repair/repair.ts";
import { listSegments } from "../segments.ts";
import { readTopicKinds } from "../topic_kinds.ts";
import { copyConfigs, type KeptQueue } from "./config_copy.ts";
import { LogWriter } from "./log_writer.ts";

/** Which messages are taken, and how it is told. */
export interface ExtractOptions {
  /** Whether a record is wanted; default all. The view is valid during the call. */
  readonly wants?: (record: RecordView) => boolean;
  /** Part of the log that is read; must begin at a file or a record. */
  readonly range?: { readonly from: number; readonly to: number };
  /** Whether records of topics that were deleted are taken, too, and bring them back. */
  readonly deletedTopics?: boolean;
  /** Messages after which it ends. */
  readonly limit?: number;
  /** Where the log lies when not under the root. */
  readonly commitLogPath?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (bytesRead: number) => void;
}

/** What was made. */
export interface ExtractOutcome {
  readonly messages: number;
  readonly bytes: number;
  readonly topics: number;
  /** Queues whose messages closed up, because some between them were left out. */
  readonly renumberedQueues: number;
  /** Bytes of the log that are no record; what stood there is not in the new store. */
  readonly damagedBytes: number;
  /** Records that were left out because their topic was deleted. */
  readonly deleted: number;
}

const RECORDS_PER_TURN = 16_384;

/**
 * Makes the store. `target` must not exist: it is made beside and gets its name when it is whole.
 * Throws errors of the system, and for what is no store.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { extractStore, hostBytes, MemoryFiles, Store } from "../../mod.ts";
 *
 * const fs = new MemoryFiles();
 * const storeHost = hostBytes("127.0.0.1", 10911);
 * const message = { topic: "Orders", queueId: 0, flag: 0, reconsumeTimes: 0, properties: "" };
 * const born = { bornTimestamp: 0, bornHost: storeHost, preparedTransactionOffset: 0 };
 * {
 *   await using store = await Store.open("store", { fs, storeHost });
 *   for (const sysFlag of [0, 0, 0]) {
 *     const body = new Uint8Array(10);
 *     await new Promise((done) => store.put({ ...message, ...born, sysFlag, body }, done));
 *   }
 * }
 * const outcome = await extractStore(fs, "store", "part", { limit: 2 });
 * assert(outcome.messages === 2 && outcome.topics === 1);
 * ```
 */
export async function extractStore(
  fs: FileSystem,
  root: string,
  target: string,
  options: ExtractOptions = {},
): Promise<ExtractOutcome> {
  if (fs.stat(target) !== undefined) {
    throw new Error(`Cannot make a store at "${target}": it exists already`);
  }
  const source = storePaths(root, { commitLogPath: options.commitLogPath });
  return await makeFolder(fs, { target, ending: "mq-export" }, (temporary) => {
    return fill(fs, { source, target: storePaths(temporary) }, options);
  });
}

async function fill(
  fs: FileSystem,
  { source, target }: { readonly source: StorePaths; readonly target: StorePaths },
  options: ExtractOptions,
): Promise<ExtractOutcome> {
  fs.makeDirectory(target.commitLog);
  const copy = new LogCopy(fs, { source, target }, options);
  const outcome = await copy.run();
  copyConfigs(fs, { from: source.config, to: target.config }, copy.queues);
  const { simple } = findQueueSizes(fs, source);
  const indexGeometry = geometryOf(fs, source);
  await applyRepair(fs, target.root, {
    ...(simple !== undefined && { queueFileUnits: simple }),
    ...(indexGeometry !== undefined && { indexGeometry }),
    ...(options.signal !== undefined && { signal: options.signal }),
  });
  // What is put aside on the way is of no use in a store that was never served.
  fs.remove(target.lock);
  fs.syncDirectory(target.root);
  return outcome;
}

/** Geometry of the index files of a store, if it has any. */
function geometryOf(fs: FileSystem, { index }: StorePaths): IndexGeometry | undefined {
  const path = listIndexFiles(fs, index).paths[0];
  if (path === undefined) return undefined;
  const file = fs.openRead(path);
  try {
    return findGeometry(file);
  } finally {
    file.close();
  }
}

/** The log being copied. */
class LogCopy {
  readonly queues: Map<string, KeptQueue> = new Map();
  readonly #fs: FileSystem;
  readonly #source: StorePaths;
  readonly #target: StorePaths;
  readonly #options: ExtractOptions;
  #messages = 0;
  #damagedBytes = 0;
  #deleted = 0;

  constructor(
    fs: FileSystem,
    { source, target }: { readonly source: StorePaths; readonly target: StorePaths },
    options: ExtractOptions,
  ) {
    this.#fs = fs;
    this.#source = source;
    this.#target = target;
    this.#options = options;
  }

  async run(): Promise<ExtractOutcome> {
    const { range, signal, onProgress, limit = Infinity } = this.#options;
    const log = listSegments(this.#fs, this.#source.commitLogs);
    const scan = new CommitLogScan(this.#fs, log, range ?? {});
    const writer = new LogWriter(this.#fs, this.#target.commitLog, log.segmentBytes);
    try {
      const wants = this.#wants();
      for (let items = 1; this.#messages < limit && scan.next(); items++) {
        if (scan.kind === "damage") this.#damagedBytes += scan.length;
        if (scan.kind === "message" && wants(scan.record)) this.#take(scan.record, writer);
        if (items % RECORDS_PER_TURN !== 0) continue;
        onProgress?.(scan.at - (log.segments[0]?.start ?? 0));
        await new Promise<void>((done) => setImmediate(done));
        signal?.throwIfAborted();
      }
      writer.close();
    } finally {
      scan.close();
      writer.abandon();
    }
    return {
      messages: this.#messages,
      bytes: writer.end,
      topics: new Set([...this.queues.values()].map((it) => it.topic)).size,
      renumberedQueues: [...this.queues.values()].filter((it) => it.isRenumbered).length,
      damagedBytes: this.#damagedBytes,
      deleted: this.#deleted,
    };
  }

  #wants(): (record: RecordView) => boolean {
    const { wants = () => true, deletedTopics = false } = this.#options;
    if (deletedTopics) return wants;
    const kinds = readTopicKinds(this.#fs, this.#source);
    return (record) => {
      if (!wants(record)) return false;
      if (kinds.exists(topicOf(record), record.physicalOffset())) return true;
      this.#deleted++;
      return false;
    };
  }

  #take(record: RecordView, writer: LogWriter): void {
    const topic = topicOf(record);
    const queueId = record.queueId();
    const place = `${topic}/${queueId}`;
    let queue = this.queues.get(place);
    if (queue === undefined) {
      queue = { topic, queueId, end: undefined, isRenumbered: false };
      this.queues.set(place, queue);
    }
    writer.append(record, indexFor(queue, record));
    this.#messages++;
  }
}

/** Index of a record in its queue of the new store. */
function indexFor(queue: KeptQueue, record: RecordView): number {
  const own = record.queueOffset();
  // Of a batch the properties hold the index, too; halves of transactions have none.
  if (!isQueued(record.sysFlag()) || hasProperty(record, PROPERTY.innerBase)) return own;
  const index = queue.end ?? own;
  if (index !== own) queue.isRenumbered = true;
  queue.end = index + 1;
  return index;
}

function hasProperty(record: RecordView, name: string): boolean {
  return propertyOf(propertiesOf(record), name) !== undefined;
}
