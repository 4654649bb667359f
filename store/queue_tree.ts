/**
 * All queues of one kind against the table of how they were left: each whose last file is as it was
 * is taken up without being opened, the others are told.
 *
 * @module
 */
import { join } from "node:path";
import type { FileStat, FileSystem } from "./file.ts";
import { offsetName, parseQueueId } from "./names.ts";
import {
  changeTime,
  olderFilesCrc,
  type QueueEnd,
  type QueueTreeEnds,
  type TopicEnds,
} from "./queue_ends.ts";
import { isSafeTopic } from "./queue_table.ts";

/** A queue of any kind that can be left and taken up again. */
export interface LeavableQueue {
  readonly topic: string;
  readonly queueId: number;
  readonly min: number;
  readonly end: number;
  /** Looks at the files, which are known to be so long. */
  load(fileBytes?: number): void;
  /** Believes the table. */
  takeUp(left: QueueEnd): void;
  /** How it stands; `undefined` while something is not on the disk. */
  standing(): QueueEnd | undefined;
  /** Number of the first unit from one on that cannot be right. */
  firstHole(from: number): number;
}

/** The queues of one kind. */
export interface QueueTree<Queue extends LeavableQueue> {
  /** The folder of all topics. */
  readonly directory: string;
  topics(): Iterable<string>;
  queuesOf(topic: string): readonly Queue[];
  getOrCreate(topic: string, queueId: number): Queue;
}

/** A queue whose files are not those that were left, and how that shows. It is loaded. */
export interface OddQueue<Queue> {
  readonly queue: Queue;
  readonly why: string;
  /** Number of the first unit that cannot be right. */
  readonly hole: number;
  /** How it was left, if the table knows it; with the times its files have now. */
  readonly left?: QueueEnd;
  /** Whether it ends where it was left: its files may only be touched, or copied. */
  readonly isSame: boolean;
}

/** How all queues of a kind stand; those are left out of which something is not on the disk. */
export function treeEnds(fs: FileSystem, tree: QueueTree<LeavableQueue>): QueueTreeEnds {
  const topics: TopicEnds[] = [];
  for (const topic of tree.topics()) {
    const standing = tree.queuesOf(topic).map((queue) => queue.standing());
    const queues = standing.filter((it) => it !== undefined);
    topics.push({ topic, folderTime: changeTime(fs, join(tree.directory, topic)), queues });
  }
  return { folderTime: changeTime(fs, tree.directory), topics };
}

/**
 * Takes up the queues of a table, with one look at the last file of each, and loads those that differ
 * or that the table does not know. A topic that is not there any more and is not known to `exists`
 * was deleted; its queues do not come back.
 */
export function takeUpQueues<Queue extends LeavableQueue>(
  fs: FileSystem,
  tree: QueueTree<Queue>,
  { left, exists }: {
    readonly left: QueueTreeEnds;
    readonly exists: (topic: string) => boolean;
  },
): OddQueue<Queue>[] {
  const odd: OddQueue<Queue>[] = [];
  for (const { topic, folderTime, queues } of left.topics) {
    const folder = join(tree.directory, topic);
    for (const end of queues) {
      const found = takeUp(fs, tree, { topic, folder, end, exists });
      if (found !== undefined) odd.push({ queue: tree.getOrCreate(topic, end.queueId), ...found });
    }
    if (changeTime(fs, folder) === folderTime) continue;
    odd.push(...loadOthers(fs, tree, topic, new Set(queues.map((it) => it.queueId))));
  }
  if (changeTime(fs, tree.directory) === left.folderTime) return odd;
  const known = new Set(left.topics.map((it) => it.topic));
  for (const topic of fs.list(tree.directory)) {
    if (!known.has(topic)) odd.push(...loadOthers(fs, tree, topic, new Set()));
  }
  return odd;
}

/** Takes one queue up; tells what is odd about it. */
function takeUp(
  fs: FileSystem,
  tree: QueueTree<LeavableQueue>,
  { topic, folder, end, exists }: {
    readonly topic: string;
    readonly folder: string;
    readonly end: QueueEnd;
    readonly exists: (topic: string) => boolean;
  },
): Omit<OddQueue<unknown>, "queue"> | undefined {
  const directory = `${folder}/${end.queueId}`;
  if (end.fileBytes === 0) {
    if (fs.stat(directory) === undefined) return;
    const queue = tree.getOrCreate(topic, end.queueId);
    queue.load();
    if (queue.end === queue.min) return;
    return { why: "it had no files when the store was stopped", hole: Infinity, isSame: false };
  }
  const stat = fs.stat(`${directory}/${offsetName(end.fileStart)}`);
  let why = oddityOf(stat, end);
  if (
    end.olderFilesCRC !== 0 && end.olderFilesCRC !== olderFilesCrc(fs, directory, end.fileStart)
  ) {
    why ??= "an older file is not the one left";
  }
  if (why === undefined) {
    tree.getOrCreate(topic, end.queueId).takeUp(end);
    return;
  }
  if (stat === undefined && fs.list(directory).length === 0 && !exists(topic)) return;
  const queue = tree.getOrCreate(topic, end.queueId);
  queue.load(end.fileBytes);
  const hole = queue.firstHole(end.firstUnit);
  const now = queue.standing();
  const left = {
    ...end,
    fileTime: now?.fileTime ?? -1,
    olderFilesCRC: now?.olderFilesCRC ?? 0,
    staleEnd: Math.max(now?.staleEnd ?? 0, end.staleEnd),
  };
  return { why, hole, left, isSame: hole === end.endUnit && now !== undefined && isSame(now, end) };
}

function oddityOf(stat: FileStat | undefined, end: QueueEnd): string | undefined {
  if (stat === undefined) return "its last file is gone";
  if (stat.size < end.fileBytes) return "its last file is shorter than it was left";
  if (stat.size > end.fileBytes) return "its last file is longer than it was left";
  return Math.floor(stat.mtimeMs) === end.fileTime
    ? undefined
    : "its last file is not the one left";
}

function isSame(one: QueueEnd, other: QueueEnd): boolean {
  return one.end === other.end && one.endUnit === other.endUnit &&
    one.physicalOffset === other.physicalOffset && one.size === other.size &&
    one.fileStart === other.fileStart && one.fileBytes === other.fileBytes;
}

/** Loads the queues of a topic that the table does not know. */
function loadOthers<Queue extends LeavableQueue>(
  fs: FileSystem,
  tree: QueueTree<Queue>,
  topic: string,
  known: ReadonlySet<number>,
): OddQueue<Queue>[] {
  const odd: OddQueue<Queue>[] = [];
  if (!isSafeTopic(topic)) return odd;
  for (const name of fs.list(join(tree.directory, topic))) {
    const queueId = parseQueueId(name);
    if (queueId === undefined || known.has(queueId)) continue;
    const queue = tree.getOrCreate(topic, queueId);
    queue.load();
    if (queue.end === queue.min) continue;
    const why = "the table of queue ends does not know it";
    odd.push({ queue, why, hole: Infinity, isSame: false });
  }
  return odd;
}
