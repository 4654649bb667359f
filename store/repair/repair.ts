/**
 * `mq recover`: makes a store one that every broker serves. What the log holds is the truth; queues,
 * index and checkpoint are made to follow it, with the very code that opens a store for a broker.
 *
 * An action is safe when it gives up no message. Unsafe ones are done only when that is allowed: to
 * cut bytes at the end of a log that was stopped cleanly, to drop files that hold anything, to fill a
 * damaged range and to let other messages stand in for those it held. Bytes of the log and of
 * configuration files are copied into `quarantine/` before they are changed.
 *
 * While files are changed the store is marked as not cleanly stopped, so an interrupted repair leaves
 * a store that a broker recovers, and that another repair brings to the same end.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import { readStoreState, type StoreState } from "../check/store_state.ts";
import { redoFailedSync } from "../failed_sync.ts";
import { type FileSystem, readWholeFile } from "../file.ts";
import { type StorePaths, storePaths } from "../names.ts";
import { removeUnfinished } from "../new_file.ts";
import { listQueues } from "../queue_reader.ts";
import { readTopicKinds } from "../topic_kinds.ts";
import {
  type RepairAction,
  repairAction,
  type RepairOptions,
  type RepairOutcome,
  type RepairPlan,
} from "./action.ts";
import { OverlayFiles } from "./overlay_files.ts";
import { RecordedFiles } from "./recorded_files.ts";
import { repairPass } from "./repair_pass.ts";
import { copyStore } from "./store_copy.ts";

export type {
  RepairAction,
  RepairOptions,
  RepairOutcome,
  RepairPlan,
  RepairVerb,
} from "./action.ts";

/** Settings of a repair that is done. */
export interface ApplyOptions extends RepairOptions {
  /** Whether actions that are not safe are done. Default: no. */
  readonly allowDataLoss?: boolean;
}

/** What stands in `abort` while a store that was stopped cleanly is repaired. */
const MARK = "mq recover";

/**
 * Tells what a repair would do, all of it, without writing anything: it is done in memory. Takes no
 * lock. Throws for what is no store, for queues kept in RocksDB, and for errors of the system.
 *
 * ```ts
 * import { MemoryFiles } from "../file_memory.ts";
 * import { planRepair } from "./repair.ts";
 *
 * const fs = new MemoryFiles();
 * fs.makeDirectory("store/commitlog");
 * fs.put("store/abort", new Uint8Array(0));
 * const { actions } = await planRepair(fs, "store");
 * console.assert(actions.length === 1 && actions[0]!.action === "remove-abort");
 * console.assert(fs.stat("store/abort") !== undefined);
 * ```
 */
export async function planRepair(
  fs: FileSystem,
  root: string,
  options: RepairOptions = {},
): Promise<RepairPlan> {
  const paths = pathsOf(fs, root, options);
  const overlay = new OverlayFiles(fs);
  const { applied, left, report } = await repair(overlay, paths, {
    ...options,
    allowDataLoss: true,
  });
  return { actions: [...applied, ...left], report };
}

/**
 * Repairs a store in its place, under its lock. Throws when a broker holds it, and whenever
 * {@linkcode planRepair} does.
 */
export async function applyRepair(
  fs: FileSystem,
  root: string,
  options: ApplyOptions = {},
): Promise<RepairOutcome> {
  const paths = pathsOf(fs, root, options);
  using _lock = fs.lock(paths.lock);
  await redoFailedSync(fs, paths, options.signal);
  return await repair(fs, paths, options);
}

/**
 * Repairs a copy; the store itself is only read. `target` must not exist: the copy is made beside it
 * and gets its name when it is whole. A log elsewhere becomes part of it. Takes no lock, since the
 * store may be one that cannot be written: that no broker writes it meanwhile is the caller's care.
 */
export async function repairInto(
  fs: FileSystem,
  root: string,
  target: string,
  options: ApplyOptions = {},
): Promise<RepairOutcome> {
  const source = pathsOf(fs, root, options);
  if (fs.stat(target) !== undefined) {
    throw new Error(`Cannot repair "${root}" into "${target}": it exists already`);
  }
  const parent = dirname(target);
  const temporary = join(parent, `.${basename(target)}.mq-recover`);
  fs.remove(temporary);
  try {
    await copyStore(fs, source, { root: temporary, signal: options.signal });
    const { commitLogPath: _, ...rest } = options;
    const outcome = await repair(fs, storePaths(temporary), rest);
    fs.rename(temporary, target);
    fs.syncDirectory(parent);
    return renamed(outcome, temporary, target);
  } catch (error) {
    fs.remove(temporary);
    throw error;
  }
}

function pathsOf(fs: FileSystem, root: string, options: RepairOptions): StorePaths {
  const paths = storePaths(root, options);
  if (fs.stat(paths.commitLog)?.isDirectory !== true) {
    throw new Error(`Cannot repair "${root}": there is no folder "${paths.commitLog}"`);
  }
  if (listQueues(fs, paths).isRocksDb) {
    throw new Error(`Cannot repair "${root}": its consume queues are kept in RocksDB`);
  }
  return paths;
}

async function repair(
  fs: FileSystem,
  paths: StorePaths,
  options: ApplyOptions,
): Promise<RepairOutcome> {
  const wasMarked = isMarked(fs, paths);
  const state = stateOf(fs, paths, wasMarked);
  const beforeFirst = () => {
    if (state.stoppedCleanly && !wasMarked) mark(fs, paths);
  };
  const recorded = (below: FileSystem) =>
    new RecordedFiles(below, { root: paths.root, beforeFirst });
  const safe = await repairPass(recorded(fs), { state, options, keepDamaged: true });
  const applied: RepairAction[] = [...safe.actions];
  const left: RepairAction[] = [];
  let { report } = safe;
  if (safe.hasRest) {
    const isAllowed = options.allowDataLoss === true;
    const target = isAllowed ? recorded(fs) : recordedApart(fs, paths);
    const rest = await repairPass(target, { state, options, keepDamaged: false });
    for (const it of rest.actions) {
      const isDone = isAllowed && it.action !== "skip-damage";
      (isDone ? applied : left).push({ ...it, safe: false });
    }
    if (isAllowed) report = rest.report;
  }
  removeUnfinished(fs, paths);
  const abort = removeAbort(fs, paths, {
    action: !state.stoppedCleanly || wasMarked,
    keep: left.length > 0 && options.allowDataLoss !== true && !state.stoppedCleanly,
  });
  if (abort !== undefined) (abort.isDone ? applied : left).push(abort.action);
  return { applied, left, report };
}

/** What is not allowed is done in memory only, to tell of it. */
function recordedApart(fs: FileSystem, { root }: StorePaths): RecordedFiles {
  return new RecordedFiles(new OverlayFiles(fs), { root, beforeFirst: () => {} });
}

function stateOf(fs: FileSystem, paths: StorePaths, wasMarked: boolean): StoreState {
  const state = readStoreState(fs, paths);
  if (!wasMarked) return state;
  const topics = readTopicKinds(fs, paths);
  return { ...state, stoppedCleanly: true, replayFrom: Infinity, topics };
}

function isMarked(fs: FileSystem, paths: StorePaths): boolean {
  const content = readWholeFile(fs, paths.abort);
  return content !== undefined && new TextDecoder().decode(content) === MARK;
}

function mark(fs: FileSystem, paths: StorePaths): void {
  const file = fs.openWrite(paths.abort);
  try {
    file.write(new TextEncoder().encode(MARK), 0);
    file.syncNow();
  } finally {
    file.close();
  }
  fs.syncDirectory(paths.root);
}

/** The mark of a repair goes without a word, but for one that another repair left. */
function removeAbort(
  fs: FileSystem,
  paths: StorePaths,
  wish: { readonly action: boolean; readonly keep: boolean },
): { readonly action: RepairAction; readonly isDone: boolean } | undefined {
  if (fs.stat(paths.abort) === undefined) return undefined;
  if (!wish.keep) {
    fs.remove(paths.abort);
    fs.syncDirectory(paths.root);
  }
  if (!wish.action) return undefined;
  const reason = wish.keep ? "the next start must look at what is left" : "the store is recovered";
  const action = repairAction({ action: "remove-abort", file: paths.abort, reason });
  return { action: { ...action, safe: !wish.keep }, isDone: !wish.keep };
}

function renamed(outcome: RepairOutcome, from: string, to: string): RepairOutcome {
  const path = (file: string) => file.startsWith(from) ? to + file.slice(from.length) : file;
  const all = <T extends { readonly file: string }>(actions: readonly T[]) =>
    actions.map((it) => ({ ...it, file: path(it.file) }));
  const { applied, left, report } = outcome;
  return {
    applied: all(applied),
    left: all(left),
    report: { ...report, actions: all(report.actions), left: all(report.left) },
  };
}
