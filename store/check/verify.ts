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
import { CommitLogScan } from "../commit_log_scan.ts";
import { DispatchRequest } from "../dispatch.ts";
import type { FileSystem } from "../file.ts";
import { checkCheckpoint } from "./checkpoint_check.ts";
import { checkConfigs } from "./config_check.ts";
import { expectFiles } from "./expected_files.ts";
import { type FileKind, type Finding, finding, FINDINGS } from "./findings.ts";
import { IndexCheck } from "./index_check.ts";
import { LogCheck } from "./log_check.ts";
import { LogLookup } from "../log_lookup.ts";
import { QueueCheck } from "./queue_check.ts";
import { quickCheck } from "./quick_check.ts";
import { readStoreState, type StoreState } from "./store_state.ts";
import { Tally, type VerifyDepth, type VerifySummary } from "./summary.ts";

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
  /** Where the log lies when not under the root. */
  readonly commitLogPath?: string;
  /** The broker's delay levels, when not Java's default ones. */
  readonly delayLevelsMs?: readonly number[];
  /** Queue units kept back before queues are opened; a bound of the memory. */
  readonly pendingUnitsMax?: number;
  /** Ends the verification between two records, with the signal's reason as an error. */
  readonly signal?: AbortSignal;
  /** Told now and then. */
  readonly onProgress?: (progress: VerifyProgress) => void;
}

const RECORDS_PER_TURN = 16_384;

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
 * import { MemoryFiles } from "../file_memory.ts";
 * import { verifyStore } from "./verify.ts";
 *
 * const fs = new MemoryFiles();
 * fs.makeDirectory("store/commitlog");
 * fs.put("store/commitlog/notes.txt", new Uint8Array(3));
 * for await (const item of verifyStore(fs, "store")) {
 *   if (item.kind === "finding") console.assert(item.code === "log-stray-file");
 *   else console.assert(item.messages === 0 && item.severities.warning === 1);
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
  const found: Finding[] = [];
  const wanted = options.only === undefined ? undefined : new Set(options.only);
  const sink = (it: Finding) => {
    if (wanted !== undefined && !wanted.has(FINDINGS[it.code].kind)) return;
    tally.count(it);
    found.push(it);
  };
  tally.logStart = state.log.segments[0]?.start ?? 0;
  expectFiles(state, tally);
  if (!state.stoppedCleanly) {
    const message = "the file abort is there";
    sink(finding("store-unclean", { file: state.paths.abort }, { message }));
  }
  checkConfigs(state, { sink, tally });
  const work: Work = { state, sink, tally, depth, options };
  const turns = depth === "quick" ? quickCheck(work) : fullCheck(work);
  for (const _ of turns) {
    yield* found.splice(0);
    const { expected: bytesExpected, checked: bytesChecked } = tally.bytes;
    options.onProgress?.({ bytesExpected, bytesChecked, messages: tally.messages });
    await new Promise<void>((resolve) => setImmediate(resolve));
    options.signal?.throwIfAborted();
  }
  yield* found.splice(0);
  yield tally.summary({ depth, stoppedCleanly: state.stoppedCleanly });
}

/** What the checks share. */
export interface Work {
  readonly state: StoreState;
  readonly sink: (it: Finding) => void;
  readonly tally: Tally;
  readonly depth: VerifyDepth;
  readonly options: VerifyOptions;
}

/** The one pass; yields when others may run. */
function* fullCheck({ state, sink, tally, depth, options }: Work): Generator<void, void> {
  const lookup = new LogLookup(state.fs, state.log);
  const log = new LogCheck({ state, lookup, sink, tally, depth });
  log.files();
  const queues = new QueueCheck({ state, lookup, sink, tally }, options.pendingUnitsMax);
  queues.files();
  const index = new IndexCheck({ state, sink, tally });
  const scan = new CommitLogScan(state.fs, state.log, { trustHoles: depth !== "deep" });
  const request = new DispatchRequest(options.delayLevelsMs);
  try {
    for (let count = 1; scan.next(); count++) {
      if (log.item(scan)) {
        request.read(scan.record);
        log.batch(scan, state.topics.isBatch(request.topic));
        queues.record(request, scan.record);
        index.record(request);
      }
      if (count % RECORDS_PER_TURN === 0) yield;
    }
    tally.logEnd = log.end;
    log.finish();
    yield;
    queues.finish(log.end);
    index.finish(log.end);
  } finally {
    scan.close();
    lookup.close();
    index.close();
  }
  const end = { offset: log.end, timestamp: log.lastStoreTimestamp };
  checkCheckpoint(state, { sink, tally }, end);
}
