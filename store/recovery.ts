/**
 * Brings a store into the state its log describes, at start and in `mq recover` alike: decides where
 * the log is read from, has `recovery_pass.ts` read it, and a second time for queues that lack more.
 *
 * Where the scan begins is told in `clean_start.ts` after a clean stop, in `recovery_start.ts` after an
 * unclean one, and which queues get a second pass in `queues_aside.ts`; a full recovery begins at the
 * first record.
 *
 * @module
 */
import { type CleanStart, startAsLeft, startBySurvey } from "./clean_start.ts";
import { fillIndexGaps, type IndexGapFilled } from "./index_gaps.ts";
import { QueuesAside } from "./queues_aside.ts";
import type { RecoveryInput } from "./recovery_input.ts";
import { RecoveryPass, type RecoveryPassInput } from "./recovery_pass.ts";
import { recoveryAction, type RecoveryReport } from "./recovery_report.ts";
import { type RecoveryStart, startAfterUncleanStop } from "./recovery_start.ts";
import { listSegments, type SegmentList } from "./segments.ts";
import { readTopicKinds, type TopicKinds } from "./topic_kinds.ts";

/** Recovers a store and tells what was done. */
export async function recoverStore(input: RecoveryInput): Promise<RecoveryReport> {
  const log = listSegments(input.fs, input.paths.commitLogs);
  const topics = input.topics ?? readTopicKinds(input.fs, input.paths);
  const start = await chooseStart(input, log, topics);
  refuseEmptyLog(input, log);
  const { from, reason } = start;
  const aside = input.mode === "unclean"
    ? new QueuesAside({ ...input, topics }, log, from)
    : undefined;
  using pass = new RecoveryPass({ ...input, topics, ...(aside && { aside }) }, log, start);
  await pass.run();
  pass.finish();
  const second = await rebuildAside({ ...input, topics }, aside, pass.end);
  const gaps = await fillGaps(input);
  await pass.settle();
  const { resumed } = pass;
  const again = second === undefined
    ? ""
    : `; ${second.start.reason}: built from ${second.start.from} on`;
  const resumption = resumed === undefined
    ? ""
    : `; a start that was interrupted began at ${resumed.from} and got as far as ${resumed.to}`;
  return {
    mode: input.mode,
    from,
    reason: reason + resumption + again,
    ...(resumed && { resumed: { from: resumed.from, to: resumed.to } }),
    start: log.segments[0]?.start ?? 0,
    end: pass.end,
    messages: pass.messages,
    units: pass.queues.units + (second?.pass.queues.units ?? 0),
    keys: gaps.reduce((sum, it) => sum + it.keys, pass.keys),
    unqueued: pass.queues.unqueued + (second?.pass.queues.unqueued ?? 0),
    flawedBatches: pass.queues.flawedBatches + (second?.pass.queues.flawedBatches ?? 0),
    wrongKinds: topics.wrongKinds,
    lastStoreTimestamp: pass.lastStoreTimestamp,
    // The first pass has told of the damage it came across.
    actions: [
      ...pass.actions,
      ...second?.pass.actions.filter((it) => it.action !== "skip-damage" || it.from < from) ?? [],
      ...gaps.map(({ path: file, keys, from, to }) => {
        const reason = `${keys} keys were in no file, of records from ${from} to ${to}`;
        return recoveryAction({ action: "rebuild-index", file, reason });
      }),
    ],
    left: pass.left,
  };
}

/** A full recovery builds the index from where it is proved to be right. */
async function fillGaps(input: RecoveryInput): Promise<IndexGapFilled[]> {
  const { fs, paths, mode, index, signal } = input;
  if (mode === "full" || index === undefined) return [];
  return await fillIndexGaps({ fs, log: listSegments(fs, paths.commitLogs), index, signal });
}

interface Second {
  readonly start: RecoveryStart;
  readonly pass: RecoveryPass;
}

/** A second pass, for the queues the first one set aside. */
async function rebuildAside(
  input: RecoveryPassInput,
  aside: QueuesAside | undefined,
  logEnd: number,
): Promise<Second | undefined> {
  const log = listSegments(input.fs, input.paths.commitLogs);
  const start = aside?.start(log, logEnd);
  if (start === undefined) return undefined;
  const { index: _, progress: __, onMessage: ___, ...rest } = input;
  using pass = new RecoveryPass({ ...rest, mode: "clean" }, log, start);
  await pass.run();
  pass.finish();
  return { pass, start };
}

/**
 * Queues without a log are what a wrong path or an unmounted disk looks like. Java deletes them
 * all; here nothing is touched.
 */
function refuseEmptyLog(input: RecoveryInput, log: SegmentList): void {
  if (log.segments.length > 0) return;
  for (const queue of input.queues) {
    if (queue.end > queue.min) {
      throw new Error(
        `Cannot open store "${input.paths.root}": queue ${queue.queueId} of topic ` +
          `"${queue.topic}" has messages, but "${input.paths.commitLog}" has no files`,
      );
    }
  }
}

async function chooseStart(
  input: RecoveryInput,
  log: SegmentList,
  topics: TopicKinds,
): Promise<RecoveryStart & Partial<CleanStart>> {
  if (input.mode === "clean") {
    const { left } = input;
    return left === undefined
      ? await startBySurvey({ ...input, topics })
      : startAsLeft({ ...input, topics }, left);
  }
  const logStart = log.segments[0]?.start ?? 0;
  if (input.mode === "full") return { from: logStart, reason: "everything is built from the log" };
  const queues = [...input.queues, ...input.batchQueues ?? []];
  return queues.every((it) => it.end === it.min)
    ? { from: logStart, reason: "no queue holds anything" }
    : startAfterUncleanStop(input.fs, log, input.minTimestamp);
}
