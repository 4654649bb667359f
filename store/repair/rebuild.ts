/**
 * Builds queues, the index or the checkpoint anew from the log although they look sound, because
 * somebody asked for it. The old files go as they are: in a repair in place they stand in the undo
 * file. Queues that were not chosen stay untouched.
 *
 * @module
 */
import { join } from "node:path";
import type { FileSystem } from "../file.ts";
import type { StorePaths } from "../names.ts";
import { listQueues, type QueueDirectory } from "../queue_reader.ts";
import { listIndexFiles } from "../key_index_reader.ts";
import { type RepairAction, repairAction } from "./action.ts";
import { endOf } from "./consumer_offsets.ts";
import { OverlayFiles } from "./overlay_files.ts";
import type { RecordedFiles } from "./recorded_files.ts";

/** Queues of a store: all, those of a topic, or one. */
export interface QueueChoice {
  readonly topic?: string;
  readonly queueId?: number;
}

/** What is built anew. */
export interface RebuildWish {
  readonly queues?: QueueChoice;
  readonly index?: boolean;
  readonly checkpoint?: boolean;
}

/** What came of it. */
export interface RebuildOutcome {
  readonly done: readonly RepairAction[];
  /** Queues that would end earlier than they do, and nobody allowed that. */
  readonly left: readonly RepairAction[];
}

/** What building anew works with. */
export interface RebuildTask {
  readonly fs: RecordedFiles;
  /** Tells what is changed in files over others. */
  readonly over: (below: FileSystem) => RecordedFiles;
  readonly paths: StorePaths;
  /** The store errors name, where it is not that of the paths. */
  readonly named?: string | undefined;
  readonly wish: RebuildWish;
  readonly allowDataLoss: boolean;
  /** Brings what is missing back from the log, and everything to the disk. */
  readonly build: (fs: RecordedFiles) => Promise<readonly RepairAction[]>;
}

const ASKED = "asked for";

/** Removes what was chosen and lets it be built. Throws where a queue is named that is not there. */
export async function rebuild(task: RebuildTask): Promise<RebuildOutcome> {
  const { fs, paths, wish, build } = task;
  const chosen = wish.queues === undefined ? [] : chosenQueues(task, wish.queues);
  const shorter = new Map<string, RepairAction>();
  const apart = task.over(new OverlayFiles(fs));
  const ends = new Map(chosen.map((it) => [it.path, endOf(fs, it)]));
  removeUnits(apart, chosen);
  await build(apart);
  for (const queue of chosen) {
    const [before, after] = [ends.get(queue.path)!, endOf(apart, queue)];
    if (after < before) shorter.set(queue.path, shorterAction(queue, after, before));
  }
  const left = task.allowDataLoss ? [] : [...shorter.values()];
  const rebuilt = chosen.filter(({ path }) => task.allowDataLoss || !shorter.has(path));
  removeUnits(fs, rebuilt);
  const indexFiles = wish.index === true ? listIndexFiles(fs, paths.index).paths : [];
  for (const path of indexFiles) fs.remove(path);
  if (wish.checkpoint === true) fs.remove(paths.checkpoint);
  const actions = await build(fs);
  const named = new Set(rebuilt.map(({ path }) => path));
  const queues = rebuilt.map((queue) => {
    const { path: file } = queue;
    const known = actions.find((it) => it.file === file);
    const to = endOf(fs, queue);
    const plain = repairAction({ action: "rebuild-queue", file, to, reason: ASKED });
    return shorter.get(file) ?? { ...plain, from: known?.from ?? to };
  });
  const others = actions.filter(({ file }) => !named.has(file)).map((it) => {
    const isAsked = it.file.startsWith(join(paths.index, "/")) || it.file === paths.checkpoint;
    return isAsked ? { ...it, reason: ASKED } : it;
  });
  return { done: [...queues, ...others], left };
}

function chosenQueues(
  { fs, paths, named = paths.root }: RebuildTask,
  { topic, queueId }: QueueChoice,
): QueueDirectory[] {
  const { queues } = listQueues(fs, paths);
  const chosen = queues.filter((it) => {
    return (topic === undefined || it.topic === topic) &&
      (queueId === undefined || it.queueId === queueId);
  });
  if (chosen.length === 0 && topic !== undefined) {
    const what = queueId === undefined ? "no queue" : `no queue ${queueId}`;
    throw new Error(`Cannot rebuild queues of "${named}": topic "${topic}" has ${what}`);
  }
  return chosen;
}

function removeUnits(fs: FileSystem, queues: readonly QueueDirectory[]): void {
  for (const { path } of queues) {
    for (const name of fs.list(path)) fs.remove(join(path, name));
  }
}

function shorterAction({ path: file }: QueueDirectory, end: number, was: number): RepairAction {
  return repairAction({
    action: "rebuild-queue",
    file,
    from: end,
    to: was,
    reason: `${ASKED}; the log has no record for its last units: their indexes are given again`,
    safe: false,
  });
}
