/**
 * What a start after a clean stop knows of each queue, and from where in the log the ones that are not
 * as they were left are built again; all others stay as they are.
 *
 * Where the table of queue ends fits log and checkpoint, a look at the last file of each queue is
 * enough. Without one, because a Java broker ran last, every queue is compared with the newest files
 * of the log and with what its consumers have got as far as.
 *
 * @module
 */
import { join } from "node:path";
import type { BatchQueueTable } from "./batch_queue_table.ts";
import { CommitLogScan } from "./commit_log_scan.ts";
import { readConfigFile } from "./config_file.ts";
import { CONSUMER_OFFSETS, LMQ_CONSUMER_OFFSETS } from "./config_tables.ts";
import type { FileSystem } from "./file.ts";
import { BATCH_QUEUE_UNIT, QUEUE_UNIT } from "./format.ts";
import { isLightTopic } from "./light_topic.ts";
import { LogLookup } from "./log_lookup.ts";
import type { StorePaths } from "./names.ts";
import type { QueueEnd, QueueEnds } from "./queue_ends.ts";
import { QueueSurvey } from "./queue_survey.ts";
import { isSafeTopic, type QueueTable } from "./queue_table.ts";
import { takeUpQueues } from "./queue_tree.ts";
import type { RecoveryStart } from "./recovery_start.ts";
import { listSegments, type SegmentList } from "./segments.ts";
import { type AnyQueue, isRight, lastOf, soundEnd } from "./sound_end.ts";
import type { TopicKinds } from "./topic_kinds.ts";

/** Why a queue is built again, and from where. */
export interface QueueDoubt {
  /** Log offset of the first record it may lack. */
  readonly from: number;
  /** Number of the first unit that cannot be right, Infinity where none is known. */
  readonly hole: number;
  readonly why: string;
}

/** Where a recovery after a clean stop begins, and for whom. */
export interface CleanStart extends RecoveryStart {
  /** Queues that are built again. All others have every record up to {@linkcode current}. */
  readonly doubts: ReadonlyMap<AnyQueue, QueueDoubt>;
  /** Where the log ends. */
  readonly current: number;
  /** Log offset of the last record whose keys the index must have, −1 where nobody knows. */
  readonly indexEnd: number;
}

/** What a clean start works with. */
export interface CleanStartInput {
  readonly fs: FileSystem;
  readonly paths: StorePaths;
  readonly queues: QueueTable;
  readonly batchQueues?: BatchQueueTable;
  readonly topics: TopicKinds;
  readonly sealRequired?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Whether the log is that of a table: it begins and ends where the table says. What stands in front of
 * its last file is not looked at.
 */
export function isLogAsLeft(fs: FileSystem, paths: StorePaths, left: QueueEnds): boolean {
  const log = listSegments(fs, paths.commitLogs);
  const first = log.segments[0];
  if (first === undefined) return left.logStart === left.logEnd;
  if (first.start !== left.logStart) return false;
  const last = log.segments.findLast((it) => it.start <= left.logEnd) ?? first;
  const from = Math.max(last.start, lastRecordOf(left));
  let end = from;
  const scan = new CommitLogScan(fs, log, { from });
  try {
    while (scan.next()) {
      if (scan.kind === "damage" || (scan.kind === "message" && scan.at >= left.logEnd)) {
        return false;
      }
      if (scan.kind === "message") end = scan.at + scan.length;
      // A filler may have been written last.
      else if (scan.kind === "blank" && scan.at < left.logEnd) end = scan.at + scan.length;
    }
  } finally {
    scan.close();
  }
  return end === left.logEnd;
}

function lastRecordOf({ queues, batchQueues }: QueueEnds): number {
  let last = 0;
  for (const { topics } of [queues, batchQueues]) {
    for (const topic of topics) {
      for (const { physicalOffset } of topic.queues) last = Math.max(last, physicalOffset);
    }
  }
  return last;
}

/** With a table that is to be believed; takes up all queues. */
export function startAsLeft(input: CleanStartInput, left: QueueEnds): CleanStart {
  const { fs, paths, queues, batchQueues, topics } = input;
  const exists = (topic: string) => topics.exists(topic, 0);
  queues.refuseRocksDb();
  const odd = [
    ...takeUpQueues<AnyQueue>(fs, queues, { left: left.queues, exists }),
    ...(batchQueues === undefined ? [] : takeUpQueues<AnyQueue>(fs, batchQueues, {
      left: left.batchQueues,
      exists,
    })),
  ];
  const doubts = new Doubts(fs, listSegments(fs, paths.commitLogs), left.logEnd);
  try {
    for (const { queue, why, hole, left: asLeft, isSame } of odd) {
      const wrong = asLeft === undefined ? hole : doubts.firstWrong(queue, asLeft, hole);
      if (isSame && wrong === hole) queue.takeUp(asLeft!);
      else doubts.add(queue, why, wrong);
    }
  } finally {
    doubts.close();
  }
  return doubts.start({
    indexEnd: left.indexEnd,
    whenNone: "every queue is as it was left",
  });
}

/** Without a table; the queues are loaded. */
export async function startBySurvey(input: CleanStartInput): Promise<CleanStart> {
  const { fs, paths, queues, batchQueues, topics } = input;
  const log = listSegments(fs, paths.commitLogs);
  const survey = await QueueSurvey.make(fs, log, { ...input, isBatch: topics.isBatch });
  const logStart = log.segments[0]?.start ?? 0;
  const doubts = new Doubts(fs, log, survey.end);
  try {
    for (const queue of [...queues, ...batchQueues ?? []]) {
      queue.correctMin(logStart);
      const why = oddityOf(queue, survey);
      if (why !== undefined) doubts.add(queue, why);
    }
    for (const { topic, queueId, physicalOffset } of survey) {
      const tree = topics.isBatch(topic) ? batchQueues : queues;
      if (tree === undefined || tree.get(topic, queueId) !== undefined) continue;
      // Light queues come and go without an entry anywhere.
      if (!isSafeTopic(topic) || isLightTopic(topic)) continue;
      if (!topics.exists(topic, physicalOffset)) continue;
      doubts.add(tree.getOrCreate(topic, queueId), "it is gone, and the log has messages of it");
    }
    for (const { topic, queueId, offset } of consumedOffsets(fs, paths)) {
      const tree = topics.isBatch(topic) ? batchQueues : queues;
      if (tree === undefined || !isSafeTopic(topic) || !topics.exists(topic, 0)) continue;
      if (offset <= (tree.get(topic, queueId)?.end ?? 0)) continue;
      const why = `a consumer has got as far as ${offset}`;
      doubts.add(tree.getOrCreate(topic, queueId), why);
    }
  } finally {
    doubts.close();
  }
  // Where there is no index at all a broker may have been told to keep none.
  const hasIndex = fs.list(paths.index).length > 0;
  return doubts.start({
    indexEnd: hasIndex ? survey.lastKeyed : -1,
    whenNone: "every queue leads to its last record",
  });
}

/** How it shows that a queue is not what the newest files of the log call for. */
function oddityOf(queue: AnyQueue, survey: QueueSurvey): string | undefined {
  const unit = lastOf(queue);
  const record = survey.lastOf(queue);
  if (unit !== undefined && survey.isDamaged(unit.physicalOffset)) return undefined;
  if (record === undefined) {
    return unit !== undefined && unit.physicalOffset >= survey.from
      ? "its last unit leads to no record of it"
      : undefined;
  }
  if (unit === undefined || unit.physicalOffset < record.physicalOffset) {
    return `it lacks the record at ${record.physicalOffset}`;
  }
  if (unit.physicalOffset > record.physicalOffset) return "its last unit leads to no record of it";
  const lacksIndexes = !("endUnit" in queue) && unit.last < record.index;
  return lacksIndexes ? "messages before its last one are missing" : undefined;
}

/** How far the consumers of each queue have got. */
function* consumedOffsets(
  fs: FileSystem,
  { config }: StorePaths,
): Generator<{ readonly topic: string; readonly queueId: number; readonly offset: number }> {
  for (const { fileName, decode } of [CONSUMER_OFFSETS, LMQ_CONSUMER_OFFSETS]) {
    const read = readConfigFile(fs, join(config, fileName), decode);
    if (read.state !== "ok") continue;
    for (const [name, offsets] of read.value.entries) {
      const topic = name.slice(0, name.lastIndexOf("@"));
      for (const [queueId, offset] of offsets) yield { topic, queueId, offset };
    }
  }
}

/** Queues to be built again. Close it to release its file. */
class Doubts {
  readonly #queues = new Map<AnyQueue, QueueDoubt>();
  readonly #lookup: LogLookup;
  readonly #logStart: number;
  readonly #logEnd: number;

  constructor(fs: FileSystem, log: SegmentList, logEnd: number) {
    this.#lookup = new LogLookup(fs, log);
    this.#logStart = log.segments[0]?.start ?? 0;
    this.#logEnd = logEnd;
  }

  /** What stands behind the last unit that is right is built again; all of it where none is. */
  add(queue: AnyQueue, why: string, hole = Infinity): void {
    if (this.#queues.has(queue)) return;
    const place = { lookup: this.#lookup, logEnd: this.#logEnd, hole };
    this.#queues.set(queue, {
      from: soundEnd(queue, place) ?? this.#logStart,
      hole,
      why,
    });
  }

  /** Number of the first unit that is wrong, of the last ones of each file; `hole` when none is. */
  firstWrong(queue: AnyQueue, { firstUnit, fileBytes }: QueueEnd, hole: number): number {
    const unitBytes = "endUnit" in queue ? BATCH_QUEUE_UNIT.size : QUEUE_UNIT.size;
    const fileUnits = Math.floor(fileBytes / unitBytes);
    let to = firstUnit - firstUnit % fileUnits;
    while (to < hole) {
      to = Math.min(to + fileUnits, hole);
      const unit = lastOf(queue, { hole: to });
      const isSeen = unit !== undefined && unit.physicalOffset >= this.#logStart;
      if (isSeen && !isRight(queue, unit, this.#lookup)) return unit.first;
    }
    return hole;
  }

  close(): void {
    this.#lookup.close();
  }

  start(
    { indexEnd, whenNone }: { readonly indexEnd: number; readonly whenNone: string },
  ): CleanStart {
    const doubts = this.#queues;
    const current = this.#logEnd;
    let from = current;
    for (const doubt of doubts.values()) from = Math.min(from, doubt.from);
    const many = doubts.size === 1 ? "1 queue is" : `${doubts.size} queues are`;
    const reason = doubts.size === 0 ? whenNone : `${many} not what the log calls for`;
    return { from, reason: `stopped cleanly; ${reason}`, doubts, current, indexEnd };
  }
}
