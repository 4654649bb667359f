/**
 * `mq verify`: reads a store and tells what is wrong with it, as data. Nothing here writes, and what
 * is found never ends the search.
 *
 * One pass over the log carries everything: the queues are compared with it in both directions in
 * batches, the index is walked beside it. Memory does not grow with the messages: up to 48 MB of
 * units kept back, the hash slots of one index file, a few hundred bytes a queue.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import type { FileSystem } from "../file.ts";
import { delayLevelsSeen } from "./delay_levels_seen.ts";
import { expectFiles } from "./expected_files.ts";
import { FindingStream } from "./finding_stream.ts";
import { type FileKind, type Finding, finding } from "./findings.ts";
import { FullCheck, type ProveElsewhere, type Turn } from "./full_check.ts";
import type { SoundIndex } from "./index_check.ts";
import { adviceOf } from "./lost_files_check.ts";
import { quickCheck } from "./quick_check.ts";
import { SideChecks } from "./side_checks.ts";
import { readStoreState, type StoreState } from "./store_state.ts";
import { isDenied, type UnreadableFiles } from "../unreadable_files.ts";
import { Tally, type VerifyDepth, type VerifySummary } from "./summary.ts";
import { findUnreadable, followsFromDenied, unreadableTold } from "./unreadable_check.ts";
import {
  changedFiles,
  fileMarks,
  StateRefusal,
  VERIFY_STATE_FORMAT,
  type VerifyState,
} from "./verify_state.ts";

/** How far a verification is. */
export interface VerifyProgress {
  readonly bytesExpected: number;
  readonly bytesChecked: number;
  readonly messages: number;
}

/** How a store is verified. */
export interface VerifyOptions {
  readonly depth?: VerifyDepth;
  /** Kinds of files whose findings are wanted; default all. The log is read for others, too. */
  readonly only?: readonly FileKind[];
  /** Whether the log is looked at alone, without its store: queues and index are not asked for. */
  readonly logOnly?: boolean;
  /** Where the log lies when not under the root. */
  readonly commitLogPath?: string;
  /** The broker's delay levels. Default: those that its delay queues tell of. */
  readonly delayLevelsMs?: readonly number[];
  /** Queue units kept back before queues are opened; a bound of the memory. */
  readonly pendingUnitsMax?: number;
  /** Bytes of the log that are looked at as one; a part of what takes memory. */
  readonly pieceBytes?: number;
  /** Has pieces of the log looked at elsewhere; what is found stays the same. */
  readonly proveElsewhere?: ProveElsewhere;
  /**
   * Told at the end of every piece of the log; the function takes the state of the verification there,
   * `undefined` when too much was found to keep. An abort then waits for the end of a piece.
   */
  readonly onPiece?: (stateOf: () => VerifyState | undefined) => void;
  /**
   * State of an earlier run of the same depth to go on from; throws when it is not of this store, or
   * the files have changed since. What that run has found is yielded again.
   */
  readonly resume?: VerifyState;
  /**
   * What the disk cannot read, or this user may not, is noted here, by the files that are verified or by
   * others on them: it is a finding then. Without it the first of it is thrown.
   */
  readonly unreadable?: UnreadableFiles | undefined;
  /** Told what is sound of the index, at the end of a pass over the whole log. */
  readonly onIndex?: (index: SoundIndex) => void;
  /** Ends the verification between two records, with the signal's reason as an error. */
  readonly signal?: AbortSignal;
  /** Told now and then. */
  readonly onProgress?: (progress: VerifyProgress) => void;
}

/**
 * Verifies a store: yields what is found, at last the summary. Throws errors of the system only.
 *
 * What nothing else in a store speaks of can change unseen, at every depth:
 * - in records without the property `__CRC32#` (5.2 and later write it on request): `flag`,
 *   `bornTimestamp`, `bornHost`, `storeHost`, `reconsumeTimes`, `preparedTransactionOffset`,
 *   properties but for tags, keys and batches, the store time within its second (within 3 s where
 *   there is no key), and those bits of `sysFlag` that tell neither address families nor batches nor
 *   whether the record is queued, nor, at the depth `deep`, that the body is compressed;
 * - in an index header `hashSlotCount`, in batch queues `compactedOffset` and `reserved`, in
 *   extension files the bit maps, in the checkpoint a field that lags behind, in configuration
 *   files everything that leaves them readable;
 * - what nobody reads: the rest of a filler, units of expired records, room not in use.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { MemoryFiles } from "../file_memory.ts";
 * import { verifyStore } from "./verify.ts";
 *
 * const fs = new MemoryFiles();
 * fs.makeDirectory("store/commitlog");
 * fs.put("store/commitlog/notes.txt", new Uint8Array(3));
 * for await (const item of verifyStore(fs, "store")) {
 *   if (item.kind === "finding") assert(item.code === "log-stray-file");
 *   else assert(item.messages === 0 && item.severities.warning === 1);
 * }
 * ```
 */
export async function* verifyStore(
  fs: FileSystem,
  root: string,
  options: VerifyOptions = {},
): AsyncGenerator<Finding | VerifySummary, void> {
  const depth = options.depth ?? "default";
  const state = readStoreState(fs, root, options);
  const tally = new Tally();
  const stream = new FindingStream({
    tally,
    only: options.only,
    isKept: options.onPiece !== undefined,
  });
  const advised = adviceOf(state);
  const told = unreadableTold(options.unreadable);
  const sink = (it: Finding) => {
    if (!followsFromDenied(state, options.unreadable, it)) stream.add(told(advised(it)));
  };
  const sides = new SideChecks({ state, sink, tally, depth });
  stream.onFinding = (it) => sides.see(it);
  stream.isQuiet = options.resume !== undefined && depth !== "quick";
  tally.logStart = state.log.segments[0]?.start ?? 0;
  for (const _ of expectFiles(state, tally)) await othersRun();
  if (!state.stoppedCleanly) {
    const message = "the file abort is there";
    sink(finding("store-unclean", { file: state.paths.abort }, { message }));
  }
  sides.before();
  const work: Work = { state, sink, stream, tally, depth, options, sides };
  const turns = depth === "quick" ? quickCheck(work) : fullCheck(work);
  for await (const turn of turns) {
    yield* stream.take();
    const { expected: bytesExpected, checked: bytesChecked } = tally.bytes;
    options.onProgress?.({ bytesExpected, bytesChecked, messages: tally.messages });
    await othersRun();
    // Whoever keeps states wants the last one before the end.
    if (options.onPiece === undefined || turn !== "turn") options.signal?.throwIfAborted();
  }
  if (options.unreadable !== undefined) {
    findUnreadable(state, options.unreadable, { stream, tally });
  }
  yield* stream.take();
  yield tally.summary({ depth, stoppedCleanly: state.stoppedCleanly });
}

/** Lets others run; what is no longer used is collected then, too. */
function othersRun(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What the checks share. */
export interface Work {
  readonly state: StoreState;
  readonly sink: (it: Finding) => void;
  readonly stream: FindingStream;
  readonly tally: Tally;
  readonly depth: VerifyDepth;
  readonly options: VerifyOptions;
  readonly sides: SideChecks;
}

/** The one pass; yields when others may run. */
async function* fullCheck(work: Work): AsyncGenerator<Turn, void> {
  const { state, sink, stream, tally, depth, options, sides } = work;
  const delayLevelsMs = options.delayLevelsMs ?? delayLevelsSeen(state);
  using check = new FullCheck({
    state,
    sink,
    tally,
    options: { ...options, depth, delayLevelsMs },
  });
  const marks = options.onPiece && fileMarks(state);
  if (options.resume !== undefined) goOn(work, check, options.resume);
  const stateOf = (): VerifyState | undefined => {
    const findings = stream.kept;
    if (findings === undefined || marks === undefined) return undefined;
    const format = VERIFY_STATE_FORMAT;
    const unreadable = options.unreadable?.ranges ?? [];
    // The next run may be one of a user who may read it.
    if (unreadable.some(isDenied)) return undefined;
    return {
      format,
      depth,
      marks,
      pass: check.state,
      tally: tally.state,
      findings,
      ...(unreadable.length > 0 && { unreadable }),
    };
  };
  for await (const turn of check.run()) {
    if (turn === "piece") options.onPiece?.(stateOf);
    yield turn;
  }
  options.onIndex?.(check.soundIndex);
  for (const _ of sides.after(check.end)) yield "turn";
}

/** Goes on from where an earlier run was, and says again what that has found. */
function goOn(
  { state, stream, tally, depth, options }: Work,
  check: FullCheck,
  resume: VerifyState,
): void {
  if (resume.format !== VERIFY_STATE_FORMAT) {
    throw new StateRefusal(
      `its state has format ${resume.format}, only ${VERIFY_STATE_FORMAT} is known`,
    );
  }
  if (resume.depth !== depth) {
    throw new StateRefusal(`it was made at depth ${resume.depth}, not ${depth}`);
  }
  const changed = changedFiles(resume.marks, fileMarks(state));
  if (changed !== undefined) {
    throw new StateRefusal(`the store's files of ${changed} are other ones now`);
  }
  check.restore(resume.pass);
  tally.restore(resume.tally);
  stream.isQuiet = false;
  for (const it of resume.findings) stream.add(it);
  for (const range of resume.unreadable ?? []) options.unreadable?.note(range);
}
