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
 * a store that a broker recovers, and that another repair brings to the same end. Before anything is
 * changed in its place what was there goes into an undo file, see `undo.ts`.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { delayLevelsSeen } from "../check/delay_levels_seen.ts";
import type { SoundIndex } from "../check/index_check.ts";
import { readStoreState, type StoreState } from "../check/store_state.ts";
import { refuseDledger } from "../dledger.ts";
import { redoFailedSync } from "../failed_sync.ts";
import { type FileSystem, readWholeFile } from "../file.ts";
import { NAME, type StorePaths, storePaths } from "../names.ts";
import { lockForRepair } from "../repair_lock.ts";
import { removeUnfinished } from "../new_file.ts";
import { type QueueListing, QueueTrees } from "../queue_reader.ts";
import { listSegments } from "../segments.ts";
import { readTopicKinds } from "../topic_kinds.ts";
import {
  type RepairAction,
  repairAction,
  type RepairOptions,
  type RepairOutcome,
  type RepairPlan,
} from "./action.ts";
import { brokerProgress } from "./broker_progress.ts";
import { settleConfigs } from "./config_aside.ts";
import { lowerOffsets } from "./consumer_offsets.ts";
import { cutEpochs } from "./epoch_repair.ts";
import { type MarkKind, markOf, markStore, writeAbort } from "./mark.ts";
import { repairNames } from "./misnamed_repair.ts";
import { makeFolder } from "./new_folder.ts";
import { OverlayFiles } from "./overlay_files.ts";
import { cutLog, findCut } from "./point_in_time.ts";
import { rebuild } from "./rebuild.ts";
import { RecordedFiles } from "./recorded_files.ts";
import { type PassOutcome, repairPass } from "./repair_pass.ts";
import { copyStore } from "./store_copy.ts";
import { setMisplacedAside, setStraysAside } from "./strays_aside.ts";
import { lowerTimerRead, rewindTimer } from "./timer_repair.ts";
import { UndoFiles } from "./undo_files.ts";

export type { PointInTime } from "./point_in_time.ts";
export type { QueueChoice, RebuildWish } from "./rebuild.ts";
export type {
  RepairAction,
  RepairOptions,
  RepairOutcome,
  RepairPlan,
  RepairVerb,
} from "./action.ts";

/** Settings of a repair that is told of. */
export interface PlanOptions extends RepairOptions {
  /**
   * What a verification has just found sound of the index, with the log as it is: then it is not
   * compared with the log again.
   */
  readonly soundIndex?: SoundIndex | undefined;
}

/** Settings of a repair that is done. */
export interface ApplyOptions extends RepairOptions {
  /** Whether actions that are not safe are done. Default: no. */
  readonly allowDataLoss?: boolean;
  /** Names the undo file. Default: the machine's clock. */
  readonly now?: () => number;
  /** Told the undo file before anything is changed in place: a repair that fails returns none. */
  readonly begun?: (undo: string) => void;
}

/**
 * Tells what a repair would do, all of it, without writing anything: it is done in memory. Takes no
 * lock. Throws for what is no store, for queues kept in RocksDB, for messages kept in a DLedger log, and
 * for errors of the system.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { MemoryFiles } from "../file_memory.ts";
 * import { planRepair } from "./repair.ts";
 *
 * const fs = new MemoryFiles();
 * fs.makeDirectory("store/commitlog");
 * fs.put("store/abort", new Uint8Array(0));
 * const { actions } = await planRepair(fs, "store");
 * assert(actions.length === 1 && actions[0]!.action === "remove-abort");
 * assert(fs.stat("store/abort") !== undefined);
 * ```
 */
export async function planRepair(
  fs: FileSystem,
  root: string,
  options: PlanOptions = {},
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
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { MemoryFiles } from "../file_memory.ts";
 * import { applyRepair } from "./repair.ts";
 * import { undoRepair } from "./undo.ts";
 *
 * const fs = new MemoryFiles();
 * fs.makeDirectory("store/commitlog");
 * fs.put("store/abort", new Uint8Array(0));
 * const { applied, undo } = await applyRepair(fs, "store");
 * assert(applied[0]!.action === "remove-abort" && fs.stat("store/abort") === undefined);
 * await undoRepair(fs, "store", undo!);
 * assert(fs.stat("store/abort") !== undefined);
 * ```
 */
export async function applyRepair(
  fs: FileSystem,
  root: string,
  options: ApplyOptions = {},
): Promise<RepairOutcome> {
  const paths = pathsOf(fs, root, options);
  using _lock = lockForRepair(fs, paths.lock);
  await redoFailedSync(fs, paths, options.signal);
  const { now = Date.now, begun } = options;
  const kept = new UndoFiles(fs, { root, first: paths.abort, now, begun });
  const outcome = await repair(kept, paths, {
    ...options,
    beforeLast: (bytes) => {
      kept.keep(paths.abort);
      kept.finish({ path: paths.abort, bytes });
    },
  });
  // Where only what a process was making when it ended was removed.
  kept.finish({ path: paths.abort, bytes: readWholeFile(fs, paths.abort) });
  return { ...outcome, ...(kept.path !== undefined && { undo: kept.path }) };
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
  return await makeFolder(fs, { target, ending: "mq-recover" }, async (temporary) => {
    await copyStore(fs, source, { root: temporary, signal: options.signal });
    const { commitLogPath: _, ...rest } = options;
    const outcome = await repair(fs, storePaths(temporary), { ...rest, named: root });
    return renamed(outcome, temporary, target);
  });
}

function pathsOf(fs: FileSystem, root: string, options: RepairOptions): StorePaths {
  const paths = storePaths(root, options);
  if (fs.stat(paths.commitLog)?.isDirectory !== true) {
    throw new Error(`Cannot repair "${root}": there is no folder "${paths.commitLog}"`);
  }
  if (fs.stat(paths.abort)?.isDirectory === true) {
    throw new Error(
      `Cannot repair "${root}": "${paths.abort}" is a folder, brokers make it a file: move it elsewhere`,
    );
  }
  if (new QueueTrees(fs, paths).isRocksDb) {
    throw new Error(`Cannot repair "${root}": its consume queues are kept in RocksDB`);
  }
  refuseDledger(fs, root, "repair");
  return paths;
}

interface Task extends ApplyOptions {
  /** The store errors name, where another one is changed. */
  readonly named?: string;
  /** Only where nothing is done but told: see {@linkcode PlanOptions}. */
  readonly soundIndex?: SoundIndex | undefined;
  /** Called before the last change of all: what `abort` will hold; with `undefined` it is removed. */
  readonly beforeLast?: ((bytes: Uint8Array | undefined) => void) | undefined;
}

async function repair(fs: FileSystem, paths: StorePaths, options: Task): Promise<RepairOutcome> {
  const marked = markOf(fs, paths);
  const abort = readWholeFile(fs, paths.abort);
  const kind = marked === "clean" || abort === undefined ? "clean" : "unclean";
  const recorded = (below: FileSystem) =>
    new RecordedFiles(below, {
      root: paths.root,
      beforeFirst: () => {
        if (below === fs && markOf(fs, paths) === undefined) {
          markStore(fs, paths, kind);
        }
      },
    });
  const work: Work = { fs, paths, options, recorded, kind };
  const { applied, left, report } = await change(work);
  removeUnfinished(fs, paths);
  const isLeft = left.some((it) => it.action !== "set-config-aside") &&
    options.allowDataLoss !== true && kind === "unclean";
  leaveAbort(fs, paths, {
    // What stood there before an interrupted repair nobody knows.
    bytes: !isLeft ? undefined : marked === undefined ? abort : new Uint8Array(0),
    beforeLast: options.beforeLast,
  });
  const all = { applied: [...applied], left: [...left] };
  if (abort !== undefined) (isLeft ? all.left : all.applied).push(abortAction(paths, isLeft));
  return { ...all, report };
}

/** What a repair works with. */
interface Work {
  readonly fs: FileSystem;
  readonly paths: StorePaths;
  readonly options: Task;
  /** Files over others that tell what is changed; those of the store are marked then. */
  readonly recorded: (below: FileSystem) => RecordedFiles;
  /** How the store was stopped before it was marked. */
  readonly kind: MarkKind;
}

/** A store whose files are in their places and whose log ends where it is to end. */
interface ReadyStore {
  readonly state: StoreState;
  readonly options: Task;
  /** What was done for it. */
  readonly actions: readonly RepairAction[];
}

/** All changes but that of the mark. */
async function change(work: Work): Promise<RepairOutcome> {
  const { fs, paths, recorded } = work;
  const ready = await makeReady(work);
  const { options } = ready;
  const isAllowed = options.allowDataLoss === true;
  const { known, ...passes } = await bothPasses(work, ready);
  const applied = [...ready.actions, ...passes.applied];
  const left = [...passes.left];
  if (options.rebuild !== undefined) {
    const { state } = ready;
    const rebuilt = await rebuild({
      fs: recorded(fs),
      over: recorded,
      paths,
      named: options.named,
      wish: options.rebuild,
      allowDataLoss: isAllowed,
      build: async (files) => {
        const input = { state, options, keepDamaged: !isAllowed, known };
        return (await repairPass(files, input)).actions;
      },
    });
    applied.push(...rebuilt.done);
    left.push(...rebuilt.left);
  }
  const configs = recorded(fs);
  const settled = settleConfigs(configs, paths, { allowDataLoss: isAllowed });
  // Asked also where a run that was stopped has ended the log already.
  const progress = options.until && await brokerProgress(fs, paths, options.signal);
  applied.push(...settled.done, ...await lowerOffsets(configs, paths, progress));
  const logEnd = passes.report.end;
  const rewound = progress &&
    await rewindTimer(configs, paths, { logEnd, deliveredTo: progress.timedTo });
  const timer = rewound ?? await lowerTimerRead(configs, paths);
  if (timer !== undefined) applied.push(timer);
  if (options.until !== undefined) {
    applied.push(...cutEpochs(configs, join(paths.root, NAME.epochFile), logEnd));
  }
  applied.push(...setStraysAside(configs, paths));
  left.push(...settled.left);
  await configs.sync();
  return { applied, left, report: passes.report };
}

/** Brings files into their places, and ends the log where that is asked for. */
async function makeReady({ fs, paths, options, recorded, kind }: Work): Promise<ReadyStore> {
  const { actions: aside, queues } = setMisplacedAside(recorded(fs), paths);
  const found = stateOf(fs, paths, { kind, queues });
  const names = repairNames(recorded(fs), found);
  // Under its right names the log is another one; the mark that is there now tells nothing of the stop.
  const before = names.length === 0 ? found : stateOf(fs, paths, { kind, queues });
  // Asked before anything is changed: a queue that is built anew tells only what it was built by.
  const delayLevelsMs = options.delayLevelsMs ?? delayLevelsSeen(before);
  const ended = await endLog(recorded(fs), paths, options);
  // How the store was stopped is told by what it was before.
  const state = ended.length === 0
    ? before
    : { ...before, log: listSegments(fs, paths.commitLogs) };
  return {
    state,
    options: {
      ...options,
      delayLevelsMs,
      soundIndex: names.length === 0 ? options.soundIndex : undefined,
    },
    actions: [...aside, ...names, ...ended],
  };
}

/** A pass that gives up no message, and where damage is left one that does, in memory at least. */
async function bothPasses(
  { fs, recorded }: Work,
  { state, options }: ReadyStore,
): Promise<RepairOutcome & Pick<PassOutcome, "known">> {
  const isAllowed = options.allowDataLoss === true;
  const { soundIndex } = options;
  const safe = await repairPass(recorded(fs), { state, options, keepDamaged: true, soundIndex });
  const { report, known } = safe;
  if (!safe.hasRest) return { applied: safe.actions, left: [], report, known };
  // What is not allowed is done in memory only, to tell of it.
  const rest = await repairPass(recorded(isAllowed ? fs : new OverlayFiles(fs)), {
    state,
    options,
    keepDamaged: false,
    // The first pass has built what was not sound.
    soundIndex: soundIndex && { ...soundIndex, files: Infinity },
  });
  const unsafe = rest.actions.map((it) => ({ ...it, safe: false }));
  const isDone = ({ action }: RepairAction) => isAllowed && action !== "skip-damage";
  return {
    applied: [...safe.actions, ...unsafe.filter(isDone)],
    left: unsafe.filter((it) => !isDone(it)),
    report: isAllowed ? rest.report : report,
    known,
  };
}

/** Ends the log where that is asked for. */
async function endLog(
  fs: FileSystem,
  paths: StorePaths,
  { until, named, signal }: Task,
): Promise<RepairAction[]> {
  if (until === undefined) return [];
  const cut = await findCut(fs, paths, until, { named, signal });
  return cut === undefined ? [] : cutLog(fs, paths, cut);
}

/** What a store says of itself, marked or not; `kind` is how it was stopped before. */
function stateOf(
  fs: FileSystem,
  paths: StorePaths,
  { kind, queues }: { readonly kind: MarkKind; readonly queues: QueueListing },
): StoreState {
  const state = readStoreState(fs, paths, { queues });
  if (kind === "unclean" || state.stoppedCleanly) return state;
  const topics = readTopicKinds(fs, paths);
  return { ...state, stoppedCleanly: true, replayFrom: Infinity, topics };
}

/** Brings the mark of an unclean stop into its last state, where it is not in it. */
function leaveAbort(
  fs: FileSystem,
  paths: StorePaths,
  last: { readonly bytes: Uint8Array | undefined } & Pick<Task, "beforeLast">,
): void {
  const found = readWholeFile(fs, paths.abort);
  const isSame = found === undefined
    ? last.bytes === undefined
    : last.bytes !== undefined && Buffer.compare(found, last.bytes) === 0;
  if (isSame) return;
  last.beforeLast?.(last.bytes);
  writeAbort(fs, paths, last.bytes);
}

/** The mark of a repair goes without a word, but for one that another repair left. */
function abortAction({ abort: file }: StorePaths, isLeft: boolean): RepairAction {
  const reason = isLeft ? "the next start must look at what is left" : "the store is recovered";
  return repairAction({ action: "remove-abort", file, reason, safe: !isLeft });
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
