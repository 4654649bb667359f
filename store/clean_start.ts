/**
 * What a start after a clean stop knows of each queue, and from where in the log the ones that are not
 * as they were left are built again; all others stay as they are.
 *
 * Where the table of queue ends fits log and checkpoint, a look at the last file of each queue is
 * enough. Without one, because a Java broker ran last, every queue is compared with the newest files
 * of the log and with what its consumers have got as far as, and each of its files must go on where
 * the one before it ends.
 *
 * @module
 */
import type { BatchQueueTable } from "./batch_queue_table.ts";
import { CommitLogScan } from "./commit_log_scan.ts";
import { consumedOffsets } from "./consumed_offsets.ts";
import type { FileSystem } from "./file.ts";
import { isLightTopic } from "./light_topic.ts";
import type { StorePaths } from "./names.ts";
import { type DoubtfulStart, QueueDoubts } from "./queue_doubts.ts";
import type { QueueEnds } from "./queue_ends.ts";
import { QueueSurvey } from "./queue_survey.ts";
import { isSafeTopic, type QueueTable } from "./queue_table.ts";
import { takeUpQueues } from "./queue_tree.ts";
import { listSegments } from "./segments.ts";
import { type AnyQueue, lastOf } from "./sound_end.ts";
import type { TopicKinds } from "./topic_kinds.ts";

/** Where a recovery after a clean stop begins, and for whom. */
export interface CleanStart extends DoubtfulStart {
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
  using doubts = new QueueDoubts(fs, listSegments(fs, paths.commitLogs), left.logEnd);
  for (const { queue, why, hole, left: asLeft, isSame } of odd) {
    const wrong = asLeft === undefined ? hole : doubts.firstWrong(queue, asLeft, hole);
    if (isSame && wrong === hole) queue.takeUp(asLeft!);
    else doubts.add(queue, why, wrong);
  }
  const start = doubts.start({ whenNone: "every queue is as it was left" });
  return stoppedCleanly(start, left.indexEnd);
}

/** Without a table; the queues are loaded. */
export async function startBySurvey(input: CleanStartInput): Promise<CleanStart> {
  const { fs, paths, queues, batchQueues, topics } = input;
  const log = listSegments(fs, paths.commitLogs);
  const survey = await QueueSurvey.make(fs, log, { ...input, isBatch: topics.isBatch });
  const logStart = log.segments[0]?.start ?? 0;
  using doubts = new QueueDoubts(fs, log, survey.end);
  for (const queue of [...queues, ...batchQueues ?? []]) {
    const flaw = doubts.discontinuityOf(queue);
    if (flaw !== undefined) {
      doubts.add(queue, flaw.why, flaw.hole);
      continue;
    }
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
    doubts.add(tree.getOrCreate(topic, queueId), `a consumer has got as far as ${offset}`);
  }
  // Where there is no index at all a broker may have been told to keep none.
  const hasIndex = fs.list(paths.index).length > 0;
  const start = doubts.start({ whenNone: "every queue leads to its last record" });
  return stoppedCleanly(start, hasIndex ? survey.lastKeyed : -1);
}

function stoppedCleanly(start: DoubtfulStart, indexEnd: number): CleanStart {
  return { ...start, reason: `stopped cleanly; ${start.reason}`, indexEnd };
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
