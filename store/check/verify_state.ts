/**
 * How far a verification is, as plain data: what `mq verify --state` keeps, so that a later run can
 * go on. A state says nothing of the store it belongs to but the marks of its files.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { join, relative } from "node:path";
import type { FileSystem } from "../file.ts";
import type { QueueKind } from "../queue_reader.ts";
import type { Flaw } from "../record_view.ts";
import type { Run } from "./finding_run.ts";
import type { FileKind, Finding } from "./findings.ts";
import type { EntryFlaw } from "./index_check.ts";
import type { UnitFlaw } from "./queue_place.ts";
import type { DeletedRecords } from "./queue_proof.ts";
import type { StoreState } from "./store_state.ts";
import type { UnreadableRange } from "../unreadable_files.ts";
import type { VerifyDepth } from "./summary.ts";

/** How far the log itself is checked. */
export interface LogCheckState {
  readonly end: number;
  readonly lastStoreTimestamp: number;
  readonly previousTime: number;
  /** Ranges that are no records and behind which nothing sound was met; `file` is where one begins. */
  readonly open: readonly {
    readonly at: number;
    readonly length: number;
    readonly flaw: Flaw;
    readonly file?: number;
  }[];
}

/** How far a queue is. */
export interface QueueCheckState {
  readonly kind: QueueKind;
  readonly topic: string;
  readonly queueId: number;
  /** Slot that was not looked at yet; −1 before the first. */
  readonly next: number;
  readonly hasBegun?: boolean;
  readonly run?: Run<UnitFlaw>;
}

/** How far all queues are. */
export interface QueuesCheckState {
  readonly queues: readonly QueueCheckState[];
  readonly deleted: readonly DeletedRecords[];
}

/** How far the index is: file and entry at hand, and what is not reported yet. */
export interface IndexCheckState {
  readonly file: number;
  readonly entry: number;
  readonly endBefore?: number;
  readonly ends?: {
    readonly first?: number;
    readonly last?: number;
    readonly isFirstInDoubt: boolean;
  };
  readonly records: number;
  readonly missingKeys: number;
  readonly flaws?: Run<EntryFlaw>;
  readonly missing?: Run<EntryFlaw>;
}

/** What was counted. */
export interface TallyState {
  readonly messages: number;
  readonly units: number;
  readonly keys: number;
  readonly checked: Readonly<Record<string, number>>;
}

/** How far the pass over the log is. */
export interface PassState {
  /** Where the next item of the log begins. */
  readonly position: number;
  readonly isSealed?: boolean;
  readonly log: LogCheckState;
  readonly queues: QueuesCheckState;
  readonly index: IndexCheckState;
}

/** How far a verification is. */
export interface VerifyState {
  readonly format: typeof VERIFY_STATE_FORMAT;
  readonly depth: VerifyDepth;
  readonly marks: FileMarks;
  readonly pass: PassState;
  readonly tally: TallyState;
  /** Everything found so far, what was not asked for included. */
  readonly findings: readonly Finding[];
  /** What the disk could not read so far; absent where it could read all. */
  readonly unreadable?: readonly UnreadableRange[];
}

/** On disk; a state of another number is refused. */
export const VERIFY_STATE_FORMAT = 1;

/** A state that does not fit to what is asked for, or to the store. */
export class StateRefusal extends Error {
  constructor(reason: string) {
    super(`Cannot go on with a verification: ${reason}`);
    this.name = "StateRefusal";
  }
}

/** A hash over names, lengths and times of the files under each name of a store's root, and its log. */
export type FileMarks = Readonly<Record<string, string>>;

/**
 * Marks the files that a verification looks at. Files that a program may rewrite while it only reads
 * are none of them: `lock` and what else lies beside the store's own folders.
 */
export function fileMarks({ fs, paths, log }: StoreState): FileMarks {
  const marks: Record<string, string> = {};
  const segments = log.segments.map(({ path }) => path);
  marks["commitlog"] = markOf(fs, paths.root, segments);
  const { consumeQueue, batchConsumeQueue, consumeQueueExt, index, config, checkpoint, abort } =
    paths;
  for (
    const place of [
      consumeQueue,
      batchConsumeQueue,
      consumeQueueExt,
      index,
      config,
      checkpoint,
      abort,
    ]
  ) {
    marks[relative(paths.root, place)] = markOf(fs, paths.root, filesBelow(fs, place));
  }
  return marks;
}

/** Name of a kind of files that are other ones than those that were marked. */
export function changedFiles(marked: FileMarks, now: FileMarks): FileKind | string | undefined {
  return Object.keys(now).find((name) => marked[name] !== now[name]);
}

function* filesBelow(fs: FileSystem, path: string): Generator<string, void> {
  const stat = fs.stat(path);
  if (stat === undefined) return;
  if (!stat.isDirectory) yield path;
  else for (const name of fs.list(path)) yield* filesBelow(fs, join(path, name));
}

function markOf(fs: FileSystem, root: string, files: Iterable<string>): string {
  const hash = createHash("sha256");
  for (const path of files) {
    const stat = fs.stat(path);
    hash.update(`${relative(root, path)}\n${stat?.size ?? -1} ${stat?.mtimeMs ?? 0}\n`);
  }
  return hash.digest("hex");
}
