/**
 * Which findings of `mq verify` each action of a repair puts right, so that plan and verification read
 * as one; and which are left.
 *
 * @module
 */
import { basename } from "node:path";
import { type FileKind, type Finding, type FindingCode, FINDINGS } from "../check/findings.ts";
import type { VerifySummary } from "../check/summary.ts";
import { TIMER_CHECKPOINT } from "../format.ts";
import { parseOffsetName } from "../names.ts";
import type { RepairAction, RepairVerb } from "./action.ts";

/** What actions put right, and what they do not. */
export interface Fixes {
  /** Codes of findings for each action, in the order of their first finding. */
  readonly of: ReadonlyMap<RepairAction, ReadonlySet<FindingCode>>;
  /** Findings graver than facts that no action puts right, counted by code. */
  readonly unfixed: ReadonlyMap<FindingCode, number>;
}

/** What stands beside what an action is about, and stays. */
const BEYOND: ReadonlySet<FindingCode> = new Set<FindingCode>([
  "queue-offset-repeated",
  "queue-wrong-kind",
  "index-stray-file",
]);

/** What is no file of a log or of a queue. */
const STRAYS: ReadonlySet<FindingCode> = new Set<FindingCode>([
  "log-stray-file",
  "queue-stray-file",
]);

/** What is a function of the log, or speaks of its ends: it is right where the log has its right names. */
const OF_THE_LOG: ReadonlySet<FileKind> = new Set<FileKind>([
  "consumequeue",
  "batchconsumequeue",
  "consumequeue_ext",
  "index",
  "checkpoint",
]);

/** What is found in timer files and follows from where the log's records are, or where it ends. */
const TIMER_OF_THE_LOG: ReadonlySet<FindingCode> = new Set<FindingCode>([
  "timer-unit-dangling",
  "timer-unit-below-log",
]);

const CONFIG_VERBS = ["restore-config", "set-config-aside"] as const;

/** Goes over all findings once; what is kept does not grow with them. */
export async function findFixes(
  actions: readonly RepairAction[],
  found: AsyncIterable<Finding | VerifySummary>,
): Promise<Fixes> {
  const of = new Map<RepairAction, Set<FindingCode>>();
  const unfixed = new Map<FindingCode, number>();
  for await (const item of found) {
    if (item.kind !== "finding") continue;
    const own = fixingActions(actions, item);
    const fixing = own.length > 0 ? own : fixedByNames(actions, item);
    for (const action of fixing) {
      const codes = of.get(action) ?? new Set();
      of.set(action, codes.add(item.code));
    }
    if (fixing.length > 0 || item.severity === "info") continue;
    unfixed.set(item.code, (unfixed.get(item.code) ?? 0) + 1);
  }
  return { of, unfixed };
}

/** What a log file under a wrong name brought about. */
function fixedByNames(
  actions: readonly RepairAction[],
  it: Finding,
): readonly RepairAction[] {
  const renames = actions.filter(({ action }) => action === "rename-file");
  if (BEYOND.has(it.code) || STRAYS.has(it.code)) return [];
  const { kind } = FINDINGS[it.code];
  if (kind === "commitlog") {
    return renames.filter((action) => action.file === it.file || isOver(action, it));
  }
  const isOfTheLog = OF_THE_LOG.has(kind) || TIMER_OF_THE_LOG.has(it.code) || isTimerRead(it);
  return isOfTheLog || isAhead(it) ? renames : [];
}

function fixingActions(actions: readonly RepairAction[], it: Finding): readonly RepairAction[] {
  const done = (...verbs: RepairVerb[]) => actions.filter(({ action }) => verbs.includes(action));
  if (BEYOND.has(it.code)) return [];
  const { kind } = FINDINGS[it.code];
  if (it.code === "store-unclean") return done("remove-abort");
  if (STRAYS.has(it.code)) {
    return done("set-file-aside").filter(({ file }) => file === it.file);
  }
  if (it.code === "log-wrong-length" || it.code === "queue-wrong-length") {
    return done("extend-file", "trim-file").filter(({ file }) => file === it.file);
  }
  const righted = done("right-index").filter((action) => {
    return action.topic === it.topic && action.queueId === it.queueId &&
      action.queueOffset === it.queueOffset;
  });
  if (it.code === "queue-offset-mismatch" && righted.length > 0) return righted;
  const cutOff = done("extend-file").filter(({ file }) => file === it.file);
  if (it.code === "log-torn-tail" && cutOff.length > 0) return cutOff;
  if (it.code === "queue-ext-bad-unit") {
    return done("cut-extension").filter(({ file }) => file === it.file);
  }
  switch (kind) {
    case "commitlog":
      return done("cut-tail", "drop-file", "fill-damage").filter((action) => isOver(action, it));
    case "consumequeue":
    case "consumequeue_ext":
      return [
        ...done("rebuild-queue", "truncate-queue").filter((action) => {
          return isOfQueue(action.file, it) && mayPutRight(action, it);
        }),
        ...done("right-topic").filter((action) => isOfRecord(action, it)),
      ];
    case "index": {
      const all = done("rebuild-index");
      const own = all.filter(({ file }) => file === it.file);
      return own.length > 0 ? own : all;
    }
    case "checkpoint":
      return done("write-checkpoint");
    case "timer":
      return isTimerRead(it) ? done("lower-offsets").filter(({ file }) => file === it.file) : [];
    case "config":
      return done(...isAhead(it) ? ["lower-offsets"] as const : CONFIG_VERBS)
        .filter(({ file }) => file === it.file);
    default:
      return [];
  }
}

/** Units of another record stay where nothing else leads to it: in front of what is changed they do. */
function mayPutRight({ from }: RepairAction, { code, queueOffset = Infinity }: Finding): boolean {
  return code !== "queue-unit-mismatch" || queueOffset >= from;
}

/** Whether a finding is of a unit that a record with a wrong topic has, or would have. */
function isOfRecord(
  { topic, saidTopic, queueId, queueOffset }: RepairAction,
  it: Finding,
): boolean {
  const isOfEither = it.topic === topic || it.topic === saidTopic;
  return isOfEither && it.queueId === queueId && it.queueOffset === queueOffset;
}

/** Whether somebody has consumed further than a queue goes. */
function isAhead({ code }: Finding): boolean {
  return code === "consumer-offset-ahead" || code === "delay-offset-ahead";
}

/** Whether a timer has read its topic further than the queue goes. */
function isTimerRead({ code, offset }: Finding): boolean {
  return code === "timer-checkpoint-ahead" && offset === TIMER_CHECKPOINT.at.lastTimerQueueOffset;
}

/** Whether a finding lies in the range of the log an action is about. */
function isOver({ from, to }: RepairAction, { code, file, offset, length }: Finding): boolean {
  // Where the file is missing the finding already says a log offset.
  const start = code === "log-missing-file" ? 0 : parseOffsetName(basename(file)) ?? 0;
  const at = start + offset;
  return at < to && at + Math.max(1, length) > from;
}

function isOfQueue(folder: string, { file, topic, queueId }: Finding): boolean {
  if (file === folder || file.startsWith(`${folder}/`)) return true;
  return topic !== undefined && queueId !== undefined && folder.endsWith(`/${topic}/${queueId}`);
}
