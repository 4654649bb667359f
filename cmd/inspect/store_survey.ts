/**
 * Everything `mq inspect store` tells, gathered from the heads and ends of files.
 *
 * @module
 */
import { join, relative } from "node:path";
import { readCheckpoint } from "../../store/checkpoint.ts";
import { SUBSCRIPTION_GROUPS, TOPICS } from "../../store/config_tables.ts";
import type { FileSystem } from "../../store/file.ts";
import { NAME, type StorePaths } from "../../store/names.ts";
import { readPackedOffsets } from "../../store/offset_json_reader.ts";
import { QueueTrees } from "../../store/queue_reader.ts";
import { listSegments } from "../../store/segments.ts";
import { isDenied } from "../../store/unreadable_files.ts";
import { storeWords } from "../output/shell_words.ts";
import { logAt } from "../reading/log_place.ts";
import { placeAt } from "../reading/store_path.ts";
import { queueExtent, readTable } from "../reading/topic_table.ts";
import type { Terminal } from "../terminal.ts";
import { glanceAtLog, type LogGlance } from "./store_log.ts";
import {
  checkpointOddities,
  clockOddities,
  type Oddity,
  quickOddities,
  strangerOddities,
} from "./store_oddities.ts";
import { type StoreOrigin, storeOrigin } from "./store_origin.ts";
import { type TopicKind, topicKind } from "./topic_kind.ts";

/** How a store was left. */
export type StoreState = "in use" | "stopped cleanly" | "not stopped cleanly" | "unknown";

/** Files of one kind. */
export interface FilesOfKind {
  /** Name under the root. */
  readonly name: string;
  readonly files: number;
  readonly bytes: number;
  /** Bytes that take space on the disk. */
  readonly allocatedBytes: number;
}

/** A topic. */
export interface TopicSurvey {
  readonly topic: string;
  readonly kind: TopicKind;
  /** Whether `topics.json` has it; absent where this user may not read that. */
  readonly configured?: boolean;
  readonly queues: number;
  /** Messages in its queues; absent where those cannot be read. */
  readonly messages?: number;
}

/** A store at a glance. */
export interface StoreSurvey {
  readonly store: string;
  /** What names it on a command line. */
  readonly words: string;
  /** Whether it is a whole store, or a lone log. */
  readonly isWhole: boolean;
  readonly state: StoreState;
  /** Process that has the store in use. */
  readonly pid?: number;
  readonly origin: StoreOrigin;
  readonly log: LogGlance;
  readonly files: readonly FilesOfKind[];
  readonly topics: readonly TopicSurvey[];
  /** Consumer groups; absent where this user may not read who they are. */
  readonly groups?: readonly string[];
  /** What of it mq does not read. */
  readonly unread: readonly string[];
  /** Whether something was met that this user may not read. */
  readonly isDenied: () => boolean;
  /** Looks for what is odd, which takes the longest. */
  readonly findOddities: () => Promise<readonly Oddity[]>;
}

/** Looks at what stands at a path. Throws a failure where that is no store and no commit log. */
export function surveyStore(terminal: Terminal, argument: string | undefined): StoreSurvey {
  const place = placeAt(terminal, argument);
  terminal.unreadable?.goOnDenied();
  return place.kind === "store"
    ? surveyWhole(terminal, place.paths)
    : surveyLog(terminal, place.path);
}

function surveyWhole(terminal: Terminal, paths: StorePaths): StoreSurvey {
  const { files, commitLogPath } = terminal;
  // Before the log, of which a broker at work writes more at any time.
  const checkpoint = readCheckpoint(files, paths.checkpoint);
  const segments = listSegments(files, paths.commitLogs);
  const { queues, lastRecord, isRocksDb } = surveyQueues(terminal, paths);
  const log = glanceAtLog(files, segments, lastRecord);
  const pid = terminal.lockHolder(paths.lock);
  const isUnclean = files.stat(paths.abort) !== undefined;
  return {
    store: paths.root,
    words: storeWords(paths.root, commitLogPath),
    isWhole: true,
    state: pid !== undefined ? "in use" : isUnclean ? "not stopped cleanly" : "stopped cleanly",
    ...(pid !== undefined && { pid }),
    origin: storeOrigin(files, paths, log.signs),
    log,
    files: filesUnder(files, paths),
    topics: surveyTopics(terminal, paths, { queues, isRocksDb }),
    ...groupsOf(terminal, paths),
    unread: [...unreadParts(files, paths, isRocksDb), ...deniedParts(terminal, paths.root)],
    isDenied: () => terminal.unreadable?.isDeniedIn(paths.root) === true,
    findOddities: async () => [
      ...clockOddities(log),
      ...checkpointOddities(paths.checkpoint, checkpoint, log),
      ...strangerOddities(files, paths),
      ...await quickOddities(terminal, paths.root, commitLogPath),
    ],
  };
}

function surveyLog(terminal: Terminal, path: string): StoreSurvey {
  const { files } = terminal;
  const { log: segments, isUnclean } = logAt(terminal, path);
  const log = glanceAtLog(files, segments, -1);
  const isFolder = files.stat(path)?.isDirectory === true;
  return {
    store: path,
    words: storeWords(path, terminal.commitLogPath),
    isWhole: false,
    state: isUnclean ? "not stopped cleanly" : "unknown",
    origin: storeOrigin(files, undefined, log.signs),
    log,
    files: [{ name: path, ...sizesOf(files, segments.segments.map((it) => it.path)) }],
    topics: [],
    groups: [],
    unread: deniedParts(terminal, path),
    isDenied: () => terminal.unreadable?.isDeniedIn(path) === true,
    findOddities: async () => [
      ...clockOddities(log),
      ...isFolder ? await quickOddities(terminal, path, path) : [],
    ],
  };
}

/** Messages of each topic's queues, and where the latest record they know of starts. */
function surveyQueues({ files, unreadable }: Terminal, paths: StorePaths) {
  const logMin = listSegments(files, paths.commitLogs).segments[0]?.start ?? 0;
  const queues = new Map<string, { queues: number; messages: number | undefined }>();
  let lastRecord = -1;
  const trees = new QueueTrees(files, paths);
  for (const queue of trees.walk()) {
    const extent = queueExtent(files, queue, logMin);
    const known = queues.get(queue.topic) ?? { queues: 0, messages: 0 };
    known.queues++;
    const isKnown = known.messages !== undefined && unreadable?.isDeniedIn(queue.path) !== true;
    known.messages = isKnown
      ? known.messages! + Math.max(0, extent.maxOffset - extent.minOffset)
      : undefined;
    queues.set(queue.topic, known);
    lastRecord = Math.max(lastRecord, extent.lastRecord);
  }
  return { queues, lastRecord, isRocksDb: trees.isRocksDb };
}

function surveyTopics(
  { files, unreadable }: Terminal,
  paths: StorePaths,
  { queues, isRocksDb }: {
    readonly queues: ReadonlyMap<
      string,
      { readonly queues: number; readonly messages: number | undefined }
    >;
    readonly isRocksDb: boolean;
  },
): TopicSurvey[] {
  const configured = readTable(files, paths, TOPICS).entries;
  const names = [...new Set([...configured?.keys() ?? [], ...queues.keys()])];
  const isTableKnown = configured !== undefined ||
    unreadable?.isDeniedAt(join(paths.config, NAME.topics)) !== true;
  const topics = names.map((topic) => {
    const own = queues.get(topic);
    // A topic without queues in sight may have some in a folder that is closed.
    const isKnown = own === undefined
      ? unreadable?.isDeniedIn(join(paths.consumeQueue, topic)) !== true
      : own.messages !== undefined;
    return {
      topic,
      kind: topicKind(topic),
      ...(isTableKnown && { configured: configured?.has(topic) ?? false }),
      queues: own?.queues ?? 0,
      ...(!isRocksDb && isKnown && { messages: own?.messages ?? 0 }),
    };
  });
  return topics.sort((one, other) =>
    (other.messages ?? 0) - (one.messages ?? 0) || (one.topic < other.topic ? -1 : 1)
  );
}

/** Consumer groups that are configured or have offsets. */
function groupsOf(
  { files, unreadable }: Terminal,
  paths: StorePaths,
): { readonly groups?: string[] } {
  const configured = readTable(files, paths, SUBSCRIPTION_GROUPS).entries;
  const read = readPackedOffsets(files, join(paths.config, NAME.consumerOffsets));
  const consuming = read.state === "ok" ? read.value.offsets.groups() : [];
  const groups = [...new Set([...configured?.keys() ?? [], ...consuming])].sort();
  const isClosed =
    unreadable?.isDeniedAt(join(paths.config, SUBSCRIPTION_GROUPS.fileName)) === true;
  return configured === undefined && isClosed ? {} : { groups };
}

/** Counts what stands under the root, by the names there; small files together. */
function filesUnder(files: FileSystem, paths: StorePaths): FilesOfKind[] {
  const kinds: FilesOfKind[] = [];
  const small: string[] = [];
  const isElsewhere = !paths.commitLogs.includes(join(paths.root, NAME.commitLog));
  for (const folder of isElsewhere ? paths.commitLogs : []) {
    kinds.push({ name: folder, ...sizesOf(files, pathsBelow(files, folder)) });
  }
  for (const name of files.list(paths.root)) {
    const path = join(paths.root, name);
    if (files.stat(path)?.isDirectory !== true) small.push(path);
    else kinds.push({ name, ...sizesOf(files, pathsBelow(files, path)) });
  }
  if (small.length > 0) kinds.push({ name: "(loose files)", ...sizesOf(files, small) });
  return kinds;
}

function* pathsBelow(files: FileSystem, folder: string): Generator<string> {
  for (const name of files.list(folder)) {
    const path = join(folder, name);
    if (files.stat(path)?.isDirectory === true) yield* pathsBelow(files, path);
    else yield path;
  }
}

function sizesOf(files: FileSystem, paths: Iterable<string>) {
  const sizes = { files: 0, bytes: 0, allocatedBytes: 0 };
  for (const path of paths) {
    const stat = files.stat(path);
    if (stat === undefined) continue;
    sizes.files++;
    sizes.bytes += stat.size;
    sizes.allocatedBytes += stat.allocatedBytes;
  }
  return sizes;
}

/** What this user may not read, as far as was met. */
function deniedParts({ unreadable }: Terminal, root: string): string[] {
  return (unreadable?.rangesBelow(root) ?? []).filter(isDenied).map(({ file }) => {
    return `${relative(root, file) || file}: permission denied`;
  });
}

function unreadParts(files: FileSystem, paths: StorePaths, isRocksDb: boolean): string[] {
  const has = (...names: string[]) => files.stat(join(paths.root, ...names)) !== undefined;
  const parts: string[] = [];
  if (isRocksDb) {
    parts.push("consumequeue is a RocksDB database: mq cannot tell what is in the queues");
  }
  const tables = ["topics", "subscriptionGroups", "consumerOffsets"]
    .filter((name) => files.stat(join(paths.config, name))?.isDirectory === true);
  if (tables.length > 0) parts.push(`config/${tables.join(", config/")}: kept in RocksDB`);
  if (has("rocksdbstore")) parts.push("rocksdbstore: RocksDB of 5.x");
  if (has("compaction", "compactionLog")) {
    parts.push("compaction: what compacted topics still have");
  }
  if (has("tiered_index_file") || has(NAME.config, "tieredStoreMetadata.json")) {
    parts.push("tiered storage: older messages may be elsewhere");
  }
  for (const name of files.list(paths.root).filter((it) => it.startsWith("dledger-"))) {
    parts.push(`${name}: the log of a DLedger group, whose messages are not in commitlog`);
  }
  return parts;
}
