/**
 * The topics of a store and the extent of their queues, from `topics.json` and from what is on disk.
 *
 * @module
 */
import { join } from "node:path";
import { batchQueueEnd, batchQueueMin, BatchQueueReader } from "../../store/batch_queue_reader.ts";
import { type ConfigRead, readConfigFile } from "../../store/config_file.ts";
import {
  type ConfigFormat,
  type ConfigTable,
  type TopicEntry,
  TOPICS,
} from "../../store/config_tables.ts";
import type { FileSystem } from "../../store/file.ts";
import { NAME, type StorePaths } from "../../store/names.ts";
import { queueEnd, queueMin } from "../../store/queue_range.ts";
import {
  listQueueFiles,
  type QueueDirectory,
  QueueReader,
  QueueTrees,
} from "../../store/queue_reader.ts";
import { listSegments } from "../../store/segments.ts";

/** A table of `config/`, and what was wrong with its file. */
export interface TableRead<Entries> {
  /** `undefined` when there is no file, or none that can be read. */
  readonly entries: Entries | undefined;
  /** What is damaged; empty when nothing is. */
  readonly flaws: readonly string[];
}

/** A configuration file, all members of it, and what was wrong with it. */
export interface ConfigTableRead<Entries> {
  /** `undefined` when there is no file, or none that can be read. */
  readonly table: ConfigTable<Entries> | undefined;
  readonly flaws: readonly string[];
}

/** Reads one table of a store's configuration. */
export function readTable<Entries>(
  files: FileSystem,
  paths: StorePaths,
  format: ConfigFormat<Entries>,
): TableRead<Entries> {
  const { table, flaws } = readConfig(files, paths, format);
  return { entries: table?.entries, flaws };
}

/** Reads one file of a store's configuration, or its backup. */
function readConfig<Entries>(
  files: FileSystem,
  paths: StorePaths,
  format: ConfigFormat<Entries>,
): ConfigTableRead<Entries> {
  const path = join(paths.config, format.fileName);
  const read = readConfigFile(files, path, format.decode);
  const table = read.state === "ok" ? read.value : undefined;
  return { table, flaws: flawsOf(files, path, read) };
}

/** What is wrong with a configuration file, or with the one its backup was read for. */
export function flawsOf(
  files: FileSystem,
  path: string,
  read: ConfigRead<unknown>,
): readonly string[] {
  if (read.state !== "ok") return read.state === "absent" ? [] : read.flaws;
  const isEmpty = read.path !== path && files.stat(path)?.size === 0;
  const flaw = read.flaw ?? (isEmpty ? `${path}: it is empty` : undefined);
  return flaw === undefined ? [] : [`${flaw}; read ${read.path} instead`];
}

/** All topics a store knows of, sorted: those configured and those with queues. */
export function knownTopics(files: FileSystem, paths: StorePaths): string[] {
  const configured = readTable<ReadonlyMap<string, TopicEntry>>(files, paths, TOPICS).entries;
  const trees = new QueueTrees(files, paths);
  const isKnown = (topic: string) => configured?.has(topic) || trees.queues(topic).length > 0;
  return [...new Set([...configured?.keys() ?? [], ...trees.topics().filter(isKnown)])].sort();
}

/** What a queue has. */
export interface QueueExtent {
  /** Index of the first message. */
  readonly minOffset: number;
  /** Index the next message gets. */
  readonly maxOffset: number;
  /** Commit log offset of the first message's record; −1 without messages. */
  readonly firstRecord: number;
  /** Commit log offset of the last message's record; −1 without messages. */
  readonly lastRecord: number;
}

/** Measures a queue. `logMin` is the first offset the commit log still has. */
export function queueExtent(
  files: FileSystem,
  queue: QueueDirectory,
  logMin: number,
): QueueExtent {
  const segments = listQueueFiles(files, queue);
  if (queue.kind === "batch") {
    using reader = closing(new BatchQueueReader(files, segments));
    return batchExtent(reader.it, logMin);
  }
  using reader = closing(new QueueReader(files, segments));
  return simpleExtent(reader.it, logMin);
}

/** Measures the queues of a store when they are asked for, each once. */
export class QueueExtents {
  readonly #files: FileSystem;
  readonly #logMin: number;
  readonly #trees: QueueTrees;
  readonly #topics: ReadonlySet<string>;
  /** By topic and queue id: the queue, and once it was measured what it has. */
  readonly #queues = new Map<string, Map<number, QueueDirectory | QueueExtent>>();

  constructor(files: FileSystem, paths: StorePaths) {
    this.#files = files;
    this.#logMin = listSegments(files, paths.commitLogs).segments[0]?.start ?? 0;
    this.#trees = new QueueTrees(files, paths);
    this.#topics = new Set(this.#trees.topics());
  }

  /** Queue ids of a topic on disk. */
  queueIds(topic: string): Iterable<number> {
    return this.#queuesOf(topic).keys();
  }

  /** What a queue has; `undefined` where it is not on disk. */
  of(topic: string, queueId: number): QueueExtent | undefined {
    const queues = this.#queuesOf(topic);
    const known = queues.get(queueId);
    if (known === undefined || "maxOffset" in known) return known;
    const extent = queueExtent(this.#files, known, this.#logMin);
    queues.set(queueId, extent);
    return extent;
  }

  #queuesOf(topic: string): Map<number, QueueDirectory | QueueExtent> {
    let queues = this.#queues.get(topic);
    if (queues !== undefined) return queues;
    const found = this.#topics.has(topic) ? this.#trees.queues(topic) : [];
    queues = new Map(found.map((queue) => [queue.queueId, queue]));
    if (found.length > 0) this.#queues.set(topic, queues);
    return queues;
  }
}

/** What of a store is in RocksDB, which mq does not read. */
export interface RocksParts {
  readonly queues: boolean;
  readonly topics: boolean;
  readonly groups: boolean;
  readonly offsets: boolean;
}

/** Folders under `config` that are databases where Java keeps its tables so; `rdb` has them all. */
const ROCKS_FOLDERS = {
  topics: "topics",
  groups: "subscriptionGroups",
  offsets: "consumerOffsets",
  all: "rdb",
} as const;

/** Tells which parts of a store are in RocksDB. */
export function rocksParts(files: FileSystem, paths: StorePaths): RocksParts {
  const isDatabase = (folder: string) =>
    files.stat(join(folder, NAME.rocksDbMarker))?.isDirectory === false;
  const hasTable = (folder: string) =>
    [folder, ROCKS_FOLDERS.all].some((it) => isDatabase(join(paths.config, it)));
  return {
    queues: isDatabase(paths.consumeQueue),
    topics: hasTable(ROCKS_FOLDERS.topics),
    groups: hasTable(ROCKS_FOLDERS.groups),
    offsets: hasTable(ROCKS_FOLDERS.offsets),
  };
}

/** What is said when something a command shows is in RocksDB. */
export function rocksText(root: string, parts: readonly string[]): string {
  return `Store "${root}" keeps its ${parts.join(" and its ")} in RocksDB, which mq does not ` +
    "read; what can be read are its commit log and index: mq inspect commitlog, mq inspect " +
    "index, mq query";
}

function simpleExtent(reader: QueueReader, logMin: number): QueueExtent {
  const { index: maxOffset } = queueEnd(reader);
  const minOffset = queueMin(reader, { end: maxOffset, logMin });
  if (minOffset >= maxOffset) return { minOffset, maxOffset, firstRecord: -1, lastRecord: -1 };
  const firstRecord = reader.moveTo(minOffset) ? reader.physicalOffset : -1;
  const lastRecord = reader.moveTo(maxOffset - 1) ? reader.physicalOffset : -1;
  return { minOffset, maxOffset, firstRecord, lastRecord };
}

function batchExtent(reader: BatchQueueReader, logMin: number): QueueExtent {
  const end = batchQueueEnd(reader);
  const minOffset = batchQueueMin(reader, { end, logMin });
  const maxOffset = end.index;
  if (minOffset >= maxOffset) return { minOffset, maxOffset, firstRecord: -1, lastRecord: -1 };
  const firstRecord = reader.moveToIndex(minOffset, end.number) ? reader.physicalOffset : -1;
  return { minOffset, maxOffset, firstRecord, lastRecord: end.physicalStart };
}

function closing<T extends { close(): void }>(it: T): Disposable & { readonly it: T } {
  return { it, [Symbol.dispose]: () => it.close() };
}
