/**
 * One pass of a repair over a store: files that are read first are put in order, then the log is read
 * and queues, index and checkpoint follow it. What was changed is told, all of it.
 *
 * A pass that keeps what is damaged gives up no message; another that does not comes after it where
 * that is allowed.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import { setImmediate } from "node:timers";
import type { LogEnd } from "../check/checkpoint_check.ts";
import { IndexCheck, type SoundIndex } from "../check/index_check.ts";
import type { StoreState } from "../check/store_state.ts";
import { Tally } from "../check/summary.ts";
import { emptyCheckpoint, minTimestamp } from "../checkpoint.ts";
import { CommitLogScan } from "../commit_log_scan.ts";
import { DispatchRequest } from "../dispatch.ts";
import { BATCH_QUEUE_UNIT, QUEUE_UNIT, SIZE } from "../format.ts";
import type { IndexGeometry } from "../index_geometry.ts";
import { KeyIndex } from "../key_index.ts";
import { listIndexFiles, openIndexFile } from "../key_index_reader.ts";
import { offsetName, parseOffsetName, type StorePaths } from "../names.ts";
import { OpenFiles } from "../open_files.ts";
import { QueueTable } from "../queue_table.ts";
import { recoverStore } from "../recovery.ts";
import type { RecoveryAction, RecoveryReport } from "../recovery_report.ts";
import { fileStartOf, listSegments } from "../segments.ts";
import { tornFlaw } from "../torn_end.ts";
import { type RepairAction, repairAction, type RepairOptions } from "./action.ts";
import { repairCheckpoint } from "./checkpoint_repair.ts";
import { restoreConfigs } from "./config_restore.ts";
import { fillDamage, type FillerPlace, whyNotFilled } from "./damage_filler.ts";
import { repairLengths } from "./file_lengths.ts";
import { cutExtensions } from "./queue_ext_repair.ts";
import { findQueueSizes, type QueueSizes } from "./queue_sizes.ts";
import type { RecordedFiles } from "./recorded_files.ts";

const RECORDS_PER_TURN = 65_536;

/** What a pass works on. */
export interface PassInput {
  /** The store as it was before any pass. */
  readonly state: StoreState;
  readonly options: RepairOptions;
  /** Whether bytes that may be messages, and units that lead to them, stay. */
  readonly keepDamaged: boolean;
  /** What files were like before some were removed. Default: as those that are there. */
  readonly known?: KnownFiles;
  /** What of the index agrees with the log; default: the log is read to find out. */
  readonly soundIndex?: SoundIndex | undefined;
}

/** How long files are, and what the index is of. */
export interface KnownFiles {
  readonly queues: QueueSizes;
  readonly indexGeometry: IndexGeometry | undefined;
  readonly hasTags: boolean;
}

/** What came of a pass. */
export interface PassOutcome {
  readonly actions: readonly RepairAction[];
  readonly report: RecoveryReport;
  /** Whether damage was kept. */
  readonly hasRest: boolean;
  readonly known: KnownFiles;
}

/** Does one pass. Everything is on the disk when it ends. */
export async function repairPass(fs: RecordedFiles, input: PassInput): Promise<PassOutcome> {
  const { state: { paths }, options: { signal } } = input;
  signal?.throwIfAborted();
  const actions = [
    ...restoreConfigs(fs, paths),
    ...repairLengths(fs, paths),
    ...cutExtensions(fs, paths),
  ];
  signal?.throwIfAborted();
  // A log of other lengths is another log.
  const isLogChanged = actions.some(({ file }) => paths.commitLogs.includes(dirname(file)));
  const soundIndex = isLogChanged || input.soundIndex === undefined
    ? await findSoundIndex(fs, input)
    : input.soundIndex;
  const { report, end, known } = await recover(fs, { ...input, soundIndex });
  for (const it of report.actions) {
    if (it.action !== "skip-damage") actions.push(asRepair(it));
  }
  actions.push(...unnamedChanges(fs, input, actions));
  await fs.sync();
  signal?.throwIfAborted();
  actions.push(...fillAll(fs, input, report.actions));
  // While bytes at the end are kept, what the checkpoint promises may be among them.
  const isEndSure = report.left.every((it) => it.action === "skip-damage");
  const checkpoint = isEndSure ? repairCheckpoint(fs, paths, end) : undefined;
  if (checkpoint !== undefined) actions.push(checkpoint);
  return { actions, report, hasRest: report.left.length > 0, known };
}

async function recover(
  fs: RecordedFiles,
  input: PassInput & { readonly soundIndex: SoundIndex },
): Promise<{ report: RecoveryReport; end: LogEnd; known: KnownFiles }> {
  const { state, options, keepDamaged, soundIndex: { files: filesKept, hasTags } } = input;
  const { paths, topics, stoppedCleanly, checkpoint = emptyCheckpoint() } = state;
  const known = input.known ??
    { queues: findQueueSizes(fs, paths), indexGeometry: foundGeometry(fs, paths), hasTags };
  using files = new OpenFiles(fs);
  const queues = new QueueTable(files, {
    directory: paths.consumeQueue,
    fileUnits: options.queueFileUnits ?? known.queues.simple ?? SIZE.queueFileUnitsDefault,
  });
  queues.load();
  const index = new KeyIndex(files, {
    directory: paths.index,
    geometry: options.indexGeometry ?? known.indexGeometry ??
      { slots: SIZE.indexSlotsDefault, entries: SIZE.indexEntriesDefault },
    onComplete: () => {},
  });
  let timestamp = 0;
  const report = await recoverStore({
    fs,
    paths,
    mode: "full",
    queues,
    batchQueueFileUnits: known.queues.batch,
    index,
    topics,
    keepDamaged,
    tornTail: !stoppedCleanly,
    indexFilesKept: filesKept,
    tagsIndexed: known.hasTags,
    minTimestamp: minTimestamp(checkpoint),
    indexMsgTimestamp: checkpoint.indexMsgTimestamp,
    ...(options.delayLevelsMs && { delayLevelsMs: options.delayLevelsMs }),
    ...(options.signal && { signal: options.signal }),
    onMessage: (request) => timestamp = Math.max(timestamp, request.storeTimestamp),
  });
  await index.sync();
  return { report, end: { offset: report.end, timestamp }, known };
}

/** Slots and entries of the first index file that can be read. */
function foundGeometry(fs: RecordedFiles, paths: StorePaths): IndexGeometry | undefined {
  for (const path of listIndexFiles(fs, paths.index).paths) {
    const reader = openIndexFile(fs, path);
    if (reader === undefined) continue;
    reader.close();
    return reader.geometry;
  }
  return undefined;
}

/** Index files at the start of the index that agree with the log, and whether tags are indexed. */
async function findSoundIndex(
  fs: RecordedFiles,
  { state, options }: PassInput,
): Promise<SoundIndex> {
  const check = new IndexCheck({ state: { ...state, fs }, sink: () => {}, tally: new Tally() });
  const log = listSegments(fs, state.paths.commitLogs);
  const scan = new CommitLogScan(fs, log);
  const request = new DispatchRequest(options.delayLevelsMs);
  try {
    let end = 0;
    for (let count = 1; scan.next(); count++) {
      // A record that was not written whole gets no keys.
      const isTorn = !state.stoppedCleanly && scan.kind === "message" &&
        tornFlaw(fs, log, scan) !== undefined;
      if (scan.kind === "message" && !isTorn) {
        request.read(scan.record);
        check.record(request);
        end = scan.at + scan.length;
      }
      if (count % RECORDS_PER_TURN !== 0) continue;
      await new Promise<void>((resolve) => setImmediate(resolve));
      options.signal?.throwIfAborted();
    }
    check.finish(end);
  } finally {
    scan.close();
    check.close();
  }
  return { files: check.soundFiles, hasTags: check.hasTags };
}

/** Changes of queues and index that no action has named yet. */
function* unnamedChanges(
  fs: RecordedFiles,
  { state, keepDamaged }: PassInput,
  named: readonly RepairAction[],
): Generator<RepairAction, void> {
  const { paths } = state;
  // Of a queue the units from there on.
  const names = new Map(named.map((it) => [it.file, it.from]));
  const queues = new Map<string, { from: number; to: number }>();
  for (const [file, { from, to }] of fs.changed) {
    const directory = dirname(file);
    const unitBytes = unitBytesUnder(paths, directory);
    if (names.has(file)) continue;
    if (directory === paths.index) {
      const reason = "keys were missing";
      yield repairAction({ action: "rebuild-index", file, from, to, reason });
    } else if (unitBytes > 0) {
      const start = parseOffsetName(basename(file)) ?? 0;
      const queue = queues.get(directory) ?? { from: Infinity, to: 0 };
      queue.from = Math.min(queue.from, Math.floor((start + from) / unitBytes));
      queue.to = Math.max(queue.to, Math.ceil((start + to) / unitBytes));
      queues.set(directory, queue);
    }
  }
  const reason = keepDamaged
    ? "units were not those of the log's records"
    : "units led to messages that are lost; the one beside stands in";
  for (const [file, { from, to }] of queues) {
    const end = Math.min(to, names.get(file) ?? to);
    if (from < end || !names.has(file)) {
      yield repairAction({ action: "rebuild-queue", file, from, to: end, reason });
    }
  }
}

/** Bytes of a unit in the queue with this folder; 0 for other folders. */
function unitBytesUnder(paths: StorePaths, directory: string): number {
  const parent = dirname(dirname(directory));
  if (parent === paths.consumeQueue) return QUEUE_UNIT.size;
  return parent === paths.batchConsumeQueue ? BATCH_QUEUE_UNIT.size : 0;
}

/** Fills the damaged ranges a recovery passed over, where they are large enough. */
function* fillAll(
  fs: RecordedFiles,
  { state }: PassInput,
  actions: readonly RecoveryAction[],
): Generator<RepairAction, void> {
  const { paths } = state;
  const log = listSegments(fs, paths.commitLogs);
  const place: FillerPlace = { fs, root: paths.root, directory: paths.commitLog, log };
  for (const damage of joined(actions.filter((it) => it.action === "skip-damage"))) {
    const start = fileStartOf(log, damage.from);
    const segment = log.segments.find((it) => it.start === start);
    const file = segment?.path ?? join(paths.commitLog, offsetName(start));
    const why = whyNotFilled(place, damage);
    if (why !== undefined) {
      const reason = `${damage.reason}; ${why}: a Java broker ends the log here`;
      yield asRepair({ ...damage, file, reason });
      continue;
    }
    fillDamage(place, damage);
    yield { ...asRepair({ ...damage, file }), action: "fill-damage" };
  }
}

/** Ranges that touch become one, so that each is as large as can be. */
function joined(actions: readonly RecoveryAction[]): RecoveryAction[] {
  const ranges: RecoveryAction[] = [];
  for (const it of actions) {
    const last = ranges.at(-1);
    if (last === undefined || last.to !== it.from || last.file !== it.file) ranges.push(it);
    else {
      ranges[ranges.length - 1] = {
        ...last,
        to: it.to,
        reason: last.reason === it.reason ? last.reason : `${last.reason}; ${it.reason}`,
        bytesLost: last.bytesLost + it.bytesLost,
        messagesLost: last.messagesLost + it.messagesLost,
      };
    }
  }
  return ranges;
}

function asRepair({ slotsFilled: _, before: __, ...action }: RecoveryAction): RepairAction {
  return { kind: "action", ...action };
}
