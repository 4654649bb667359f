/**
 * `mq recover`: says what would put a store right, and does it when asked to. Without `--apply` or
 * `--into` nothing is written.
 *
 * @module
 */
import { type VerifyOptions, verifyStore } from "../../store/check/verify.ts";
import type { FileSystem } from "../../store/file.ts";
import { StoreLockedError } from "../../store/lock.ts";
import { type StorePaths, storePaths } from "../../store/names.ts";
import type { RepairAction, RepairOptions } from "../../store/repair/action.ts";
import { findFixes } from "../../store/repair/fixes.ts";
import { applyRepair, planRepair, repairInto } from "../../store/repair/repair.ts";
import { EXIT } from "../exit_code.ts";
import { Failure } from "../failure.ts";
import { openRows } from "../output/format_option.ts";
import { quoted } from "../output/shell_words.ts";
import { tellJavaStart } from "./java.ts";
import { LogProgress } from "./log_progress.ts";
import {
  isFound,
  lossOf,
  lossText,
  printRecovery,
  recoverFields,
  type RecoverMode,
  type RecoverResult,
  type Severities,
} from "./report.ts";
import { undo } from "./undo.ts";
import type { UnreadableFiles } from "../../store/unreadable_files.ts";
import { checkReadable, inPlace } from "./in_place.ts";
import { withUnreadEnd } from "./unread_end.ts";
import { askedAgain, modeOf, type RecoverOptions, repairWish } from "./wish.ts";
import { checkNewStore } from "../reading/new_store.ts";
import { givenPath, storeAt } from "../reading/store_path.ts";
import { note, type Terminal } from "../terminal.ts";

/** Recovers a store, or says how. */
export async function recover(
  terminal: Terminal,
  argument: string | undefined,
  options: RecoverOptions,
): Promise<number> {
  if (options.undo !== undefined) {
    const findStore = (path: string) => unusedStore(terminal, path);
    return undo(asItIs(terminal), argument, { ...options, undo: options.undo, findStore });
  }
  const mode = modeOf(options);
  if (options.mode !== undefined) {
    const paths = unusedStore(terminal, argument);
    const signal = terminal.stopSignal();
    try {
      return await tellJavaStart(terminal, { ...options, paths, mode: options.mode, signal });
    } catch (error) {
      throw signal.aborted && error === signal.reason ? stoppedFailure(error, mode) : error;
    }
  }
  const rows = openRows(terminal, recoverFields(mode), { ...options, layout: "measured" });
  if (rows === undefined) return EXIT.ok;
  const paths = unusedStore(terminal, argument);
  if (options.into !== undefined) {
    checkNewStore(terminal, { paths, target: options.into, what: "recover into" });
  }
  const signal = terminal.stopSignal();
  let undoPath: string | undefined;
  const begun = (path: string) => {
    undoPath = path;
  };
  try {
    const done = await run({ terminal, paths, mode, options, signal, begun });
    const { commitLogPath } = terminal;
    const result = { ...done, commitLogPath, asked: askedAgain(options) };
    printRecovery(terminal, rows, result);
    terminal.out.flush();
    const { applied, left, verified, fixes } = result;
    const isLeft = left.length > 0 || isFound(verified) || (fixes?.unfixed.size ?? 0) > 0;
    return (applied.length > 0 ? EXIT.corrected : EXIT.ok) | (isLeft ? EXIT.left : EXIT.ok);
  } catch (error) {
    if (signal.aborted && error === signal.reason) throw stoppedFailure(error, mode, undoPath);
    throw undoPath === undefined ? error : unfinishedFailure(error, undoPath);
  }
}

/** The terminal of what writes: reads that fail are none of zeros. */
function asItIs(terminal: Terminal): Terminal {
  return { ...terminal, files: terminal.unreadable?.below ?? terminal.files };
}

/** The store, if no broker is using it: what is being written cannot be put right. */
function unusedStore(terminal: Terminal, argument: string | undefined): StorePaths {
  const path = givenPath(terminal, argument);
  const { lock } = storePaths(path);
  const holder = terminal.lockHolder(lock);
  if (holder !== undefined) throw new StoreLockedError(lock, holder);
  return storeAt(terminal, path);
}

/** What a run needs to know. */
interface RecoverTask {
  readonly terminal: Terminal;
  readonly paths: StorePaths;
  readonly mode: RecoverMode;
  readonly options: RecoverOptions;
  readonly signal: AbortSignal;
  /** Told the undo file as soon as there is one. */
  readonly begun: (undo: string) => void;
}

async function run(task: RecoverTask): Promise<RecoverResult> {
  const { terminal, paths, mode, options: { progress: form }, signal } = task;
  const { unreadable } = terminal;
  const isInPlace = mode === "apply" && unreadable !== undefined;
  const passes = isInPlace ? LOG_PASSES + 1 : LOG_PASSES;
  const progress = new LogProgress(terminal, paths, { form, passes });
  return await progress.during(async () => {
    if (!isInPlace) return await repair(task, progress.files, progress);
    await checkReadable(progress.files, { paths, unreadable, signal });
    const files = progress.counted(unreadable.below);
    return await inPlace(paths.root, () => repair(task, files, progress));
  });
}

/** How often a log is read whose damage is told, filled and verified; a sound one half as often. */
const LOG_PASSES = 5;

async function repair(
  task: RecoverTask,
  files: FileSystem,
  progress: LogProgress,
): Promise<RecoverResult> {
  const { unreadable } = task.terminal;
  const { paths: { root: store }, mode, options: { into: target } } = task;
  const allowDataLoss = task.options.allowDataLoss === true;
  const options = {
    ...repairOptionsOf(task),
    allowDataLoss,
    now: task.terminal.now,
    begun: task.begun,
  };
  const place = placeOf(task);
  if (mode === "plan") {
    const { actions, report } = await planRepair(files, store, options);
    const left = withUnreadEnd(actions, { unreadable, paths: task.paths, end: report.end });
    const fixes = await findFixes(left, verifyStore(files, store, { ...place, unreadable }));
    return { mode, store, applied: [], left, report, fixes, ...unreadIn(unreadable) };
  }
  if (target !== undefined) {
    const outcome = await repairInto(files, store, target, options);
    warnOfHolder(task);
    const verified = await verify(files, target, { signal: task.signal, unreadable });
    const { end } = outcome.report;
    const applied = withUnreadEnd(outcome.applied, { unreadable, paths: task.paths, end });
    return { mode, store, target, ...outcome, applied, verified, ...unreadIn(unreadable) };
  }
  if (allowDataLoss && task.options.yes !== true) await askForLoss(task, files, progress);
  const outcome = await applyRepair(files, store, options);
  return { mode, store, ...outcome, verified: await verify(files, store, place) };
}

/** Bytes of the store that were handed out as zeros. */
function unreadIn(files: UnreadableFiles | undefined): { readonly unreadable?: number } {
  if (files === undefined || files.isSound) return {};
  return { unreadable: files.ranges.reduce((sum, { from, to }) => sum + to - from, 0) };
}

/** Verifies what was repaired: the repair is not believed, what it left is read again. */
async function verify(
  files: FileSystem,
  root: string,
  options: VerifyOptions,
): Promise<Severities> {
  for await (const it of verifyStore(files, root, options)) {
    if (it.kind === "summary") return it.severities;
  }
  throw new Error(`Cannot verify "${root}": it ended without a summary`);
}

/** Where the log lies, and what ends the work. */
function placeOf({ terminal: { commitLogPath }, signal }: RecoverTask): VerifyOptions {
  return { signal, ...(commitLogPath !== undefined && { commitLogPath }) };
}

function repairOptionsOf({ terminal, options, signal }: RecoverTask): RepairOptions {
  const { commitLogPath, now } = terminal;
  return {
    signal,
    ...repairWish(options, now()),
    ...(commitLogPath !== undefined && { commitLogPath }),
  };
}

/** A copy takes no lock, since the store may be one that cannot be written. */
function warnOfHolder({ terminal, paths }: RecoverTask): void {
  const holder = terminal.lockHolder(paths.lock);
  if (holder === undefined) return;
  note(
    terminal,
    `process ${holder} has begun to use the store meanwhile: the copy may lack what it wrote`,
  );
}

/** Asks before messages are given up for good; nobody to ask is a no. */
async function askForLoss(
  task: RecoverTask,
  files: FileSystem,
  progress: LogProgress,
): Promise<void> {
  const { terminal, paths } = task;
  const { actions } = await planRepair(files, paths.root, repairOptionsOf(task));
  progress.clear();
  const unsafe = actions.filter((it) => !it.safe);
  if (unsafe.length === 0) return;
  const loss = lossText(lossOf(unsafe));
  const { confirm } = terminal;
  if (confirm === undefined) {
    const message = `Nobody to ask whether to give up ${loss} of "${paths.root}": add --yes`;
    throw new Failure(message, { exitCode: EXIT.declined });
  }
  for (const action of unsafe) note(terminal, `not safe: ${actionText(action)}`);
  if (await confirm(`Give up ${loss} of "${paths.root}"?`)) return;
  throw new Failure("Nothing was changed", { exitCode: EXIT.declined });
}

function actionText({ action, file, from, to, reason }: RepairAction): string {
  return `${action} ${file} ${from} to ${to}: ${reason}`;
}

/** What an operator who stopped the command should know. */
function stoppedFailure(reason: unknown, mode: RecoverMode, undo?: string): Failure {
  const known = reason instanceof Failure ? reason : undefined;
  const rest = undo !== undefined
    ? goingOn(undo)
    : mode === "into"
    ? "the store is as it was"
    : "nothing was changed";
  return new Failure(`${known?.message ?? "Stopped"}: ${rest}`, {
    exitCode: known?.exitCode ?? EXIT.interrupted,
  });
}

/** What an operator should know where the system ended a repair half-way, as a full disk does. */
function unfinishedFailure(cause: unknown, undo: string): Failure {
  const { message } = cause as Error;
  return new Failure(`${message}: ${goingOn(undo)}`, { cause });
}

function goingOn(undo: string): string {
  return "what was done is done, the same command does the rest; " +
    `to take it back: mq recover --undo ${quoted(undo)}`;
}
