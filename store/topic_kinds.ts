/**
 * Which topics a store still has and of which kind their queues are. A record says neither: the
 * records of a deleted topic stay in the log, and must not bring its queues back.
 *
 * A topic's attribute is one line that anybody can change; its queues are what consumers read. Where
 * the two contradict it is the attribute that is wrong.
 *
 * @module
 */
import { join } from "node:path";
import { backupPath, readConfigFile } from "./config_file.ts";
import { TOPICS } from "./config_tables.ts";
import { SCHEDULE_TOPIC } from "./dispatch.ts";
import type { FileSystem } from "./file.ts";
import { isBrokersLock } from "./repair_lock.ts";
import { LMQ_PREFIX } from "./multi_dispatch.ts";
import { parseQueueId, type StorePaths } from "./names.ts";
import { isSafeTopic } from "./queue_table.ts";
import { listSegments } from "./segments.ts";
import { isUsed } from "./used_bytes.ts";

/** What is known of a store's topics. */
export interface TopicKinds {
  /** Whether a topic's records belong into queues; ask in the order of the log. */
  exists(topic: string, physicalOffset: number): boolean;
  /**
   * Whether its queues are batch consume queues (5.x): as those on the disk are where only one kind
   * has units, else as the configuration says.
   */
  isBatch(topic: string): boolean;
  /** Whether it has batch queues by its configuration; where that does not know it, by its folder. */
  isSaidBatch(topic: string): boolean;
  /** Topics whose queues are of another kind than is said. */
  readonly wrongKinds: readonly WrongKind[];
  /** Queues to read of each configured topic; absent where no configuration can be read. */
  readonly readQueues: ReadonlyMap<string, number> | undefined;
}

/** A topic whose attribute is wrong, and what it is to say. */
export interface WrongKind {
  readonly topic: string;
  readonly queueType: "SimpleCQ" | "BatchCQ";
}

/** Attribute of a topic and its values for the kinds of queues (Java: `QueueTypeUtils`). */
const QUEUE_TYPE = { attribute: "queue.type", simple: "SimpleCQ", batch: "BatchCQ" } as const;

/** Folders under `config/` in which a broker of 5.x keeps its topics instead of `topics.json`. */
const ROCKSDB_FOLDERS = ["topics", "rdb"];

/** Topics a broker makes for itself, in some releases without a line in `topics.json`. */
const OWN_PREFIXES = ["rmq_sys_", "RMQ_SYS_", LMQ_PREFIX];

/** Whether a broker makes a topic for itself, with settings of its own. */
export function isBrokersOwn(topic: string): boolean {
  return topic === SCHEDULE_TOPIC || OWN_PREFIXES.some((prefix) => topic.startsWith(prefix));
}

/**
 * Reads `topics.json` and the queue directories. A topic exists when either knows it; where there is
 * no `topics.json` that can be read, every topic does. One whose first record stands at `replayFrom`
 * or behind it may be so new that a crash kept it out of both: it exists, as for any broker's start.
 */
export function readTopicKinds(
  fs: FileSystem,
  paths: StorePaths,
  replayFrom: number = Infinity,
): TopicKinds {
  const read = readConfigFile(fs, join(paths.config, TOPICS.fileName), TOPICS.decode);
  const topics = read.state === "ok" ? read.value.entries : undefined;
  // Settings of thousands of topics are not kept.
  const readQueues = topics &&
    new Map([...topics].map(([topic, { readQueueNums }]) => [topic, readQueueNums]));
  const inBatchFolder = topicsWithQueues(fs, paths.batchConsumeQueue);
  // Thousands of folders are not listed before somebody asks.
  let queued: Set<string> | undefined;
  const isQueued = (topic: string) => {
    queued ??= new Set([...topicsWithQueues(fs, paths.consumeQueue), ...inBatchFolder]);
    return queued.has(topic);
  };
  const said = new Set(inBatchFolder.filter((topic) => readQueues?.has(topic) !== true));
  for (const [topic, { attributes }] of topics ?? []) {
    if (attributes?.[QUEUE_TYPE.attribute] === QUEUE_TYPE.batch) said.add(topic);
  }
  const wrongKinds = findWrongKinds(fs, paths, { said, inBatchFolder });
  const batch = new Set(said);
  for (const { topic, queueType } of wrongKinds) {
    if (queueType === QUEUE_TYPE.batch) batch.add(topic);
    else batch.delete(topic);
  }
  const unknown = new Map<string, boolean>();
  return {
    exists(topic, physicalOffset) {
      if (readQueues === undefined || readQueues.has(topic) || isQueued(topic)) return true;
      if (isBrokersOwn(topic)) return true;
      const isNew = unknown.get(topic) ?? physicalOffset >= replayFrom;
      unknown.set(topic, isNew);
      return isNew;
    },
    isBatch: (topic) => batch.has(topic),
    isSaidBatch: (topic) => said.has(topic),
    wrongKinds,
    readQueues,
  };
}

/** Only topics that are said to have batch queues, or have, are looked at: few, mostly none. */
function findWrongKinds(
  fs: FileSystem,
  paths: StorePaths,
  { said, inBatchFolder }: {
    readonly said: ReadonlySet<string>;
    readonly inBatchFolder: readonly string[];
  },
): WrongKind[] {
  const wrong: WrongKind[] = [];
  for (const topic of new Set([...said, ...inBatchFolder])) {
    if (!isSafeTopic(topic)) continue;
    const isSimple = hasUnits(fs, join(paths.consumeQueue, topic));
    if (isSimple !== said.has(topic)) continue;
    if (isSimple === hasUnits(fs, join(paths.batchConsumeQueue, topic))) continue;
    wrong.push({ topic, queueType: isSimple ? QUEUE_TYPE.simple : QUEUE_TYPE.batch });
  }
  return wrong;
}

/** Whether a queue of a topic holds anything. */
function hasUnits(fs: FileSystem, folder: string): boolean {
  const queues = fs.list(folder).filter((name) => parseQueueId(name) !== undefined);
  return queues.some((name) => {
    const { segments } = listSegments(fs, join(folder, name));
    return segments.some((it) => isUsed(fs, it, 0));
  });
}

/** Topics of messages that consumers of a group try again: a broker makes one for each group. */
export const RETRY_PREFIX = "%RETRY%";

/** What only groups of consumers make, of a broker that had topics. */
const GROUP_PREFIXES = [RETRY_PREFIX, "%DLQ%"];

/**
 * Whether topics are told by no file though other files of the configuration are there, or a broker ran
 * here: its lock is there, and topics that only a broker makes. A store without them is a copy of log
 * and queues, or was written without a broker; and a broker of 5.x may keep its topics in a database.
 */
export function lacksTopics(fs: FileSystem, paths: StorePaths): boolean {
  const { config } = paths;
  const names = fs.list(config);
  const path = join(config, TOPICS.fileName);
  const isThere = [path, backupPath(path)].some((it) => (fs.stat(it)?.size ?? 0) > 0);
  return !isThere && (names.length > 0 || isBrokers(fs, paths)) && !isConfigInRocksDb(fs, paths);
}

/** Whether a broker of 5.x keeps its configuration in a database, which is not read. */
export function isConfigInRocksDb(fs: FileSystem, { config }: StorePaths): boolean {
  return ROCKSDB_FOLDERS.some((name) => fs.stat(join(config, name))?.isDirectory === true);
}

function isBrokers(fs: FileSystem, { lock, consumeQueue }: StorePaths): boolean {
  return isBrokersLock(fs, lock) && fs.list(consumeQueue).some((topic) => {
    return GROUP_PREFIXES.some((prefix) => topic.startsWith(prefix)) ||
      (isBrokersOwn(topic) && !topic.startsWith(LMQ_PREFIX));
  });
}

/** A deleted topic may leave its empty directory. */
function topicsWithQueues(fs: FileSystem, directory: string): string[] {
  return fs.list(directory).filter((topic) => fs.list(join(directory, topic)).length > 0);
}
