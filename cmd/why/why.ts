/**
 * `mq why`: would a Java broker start on this store, and would it have all its messages; and if not,
 * why not, in plain words with the way out.
 *
 * @module
 */
import type { SoundIndex } from "../../store/check/index_check.ts";
import { verifyStore } from "../../store/check/verify.ts";
import { codeOf } from "../../store/file_disk.ts";
import type { StorePaths } from "../../store/names.ts";
import { planRepair } from "../../store/repair/repair.ts";
import { listSegments } from "../../store/segments.ts";
import { EXIT } from "../exit_code.ts";
import { Failure } from "../failure.ts";
import { type Field, openRows, type OutputOptions } from "../output/format_option.ts";
import { Progress, type ProgressForm } from "../output/progress.ts";
import { givenPath, storeAt } from "../reading/store_path.ts";
import { loneLogAt } from "../verify/lone_log.ts";
import type { Terminal } from "../terminal.ts";
import { configReasons } from "./config_reasons.ts";
import { dyingDiskReasons } from "./dying_disk.ts";
import { JavaStarts, type StartReport } from "./java_starts.ts";
import { LostEnd } from "./lost_end.ts";
import { FoundCodes, type WhyFinding } from "./found_codes.ts";
import { wellPlaced } from "./misplaced.ts";
import { SharedLog } from "./shared_log.ts";
import {
  batchQueueReasons,
  findingReasons,
  merged,
  noLogReasons,
  refusalReasons,
  unreadReasons,
} from "./store_reasons.ts";
import { surroundingReasons } from "./surroundings.ts";
import { printWhy } from "./why_report.ts";
import { isUnreadable, unreadable } from "./access_reasons.ts";
import { EVERY_BROKER, type WhyBroker, type WhyReason } from "./why_reason.ts";

/** What `mq why` may be asked. */
export interface WhyOptions extends OutputOptions {
  readonly progress?: ProgressForm | undefined;
}

/** What a broker does with the store. */
export interface WhyVerdict {
  readonly kind: "verdict";
  readonly release: WhyBroker;
  readonly starts: boolean;
  /** Messages in the log, and those its start would destroy, or `mq recover` give up. */
  readonly messages: number;
  readonly destroyed: number;
  /** Surviving messages that would stand in no queue, and units at a wrong index. */
  readonly inNoQueue: number;
  readonly atWrongIndex: number;
  /** Keys of surviving messages that would be gone for good. */
  readonly keysLost: number;
  /** What else holds of releases near to the one that was asked. */
  readonly note?: string;
}

/** What came of looking. */
export interface WhyAnswer {
  readonly store: string;
  readonly reasons: readonly WhyReason[];
  readonly verdicts: readonly WhyVerdict[];
  /** What is wrong in the files, the first of each code. */
  readonly findings: readonly WhyFinding[];
  /** Whether a repair has anything to do. */
  readonly isRepairable: boolean;
  /** Whether a broker is running on the store. */
  readonly isInUse: boolean;
}

/** Fields of the output. */
export const WHY_FIELDS: readonly Field[] = [
  { name: "kind", type: "string", about: "verdict, reason, or finding" },
  { name: "release", type: "string", about: "of a verdict: release of Java, or mq" },
  { name: "starts", type: "boolean", about: "of a verdict: whether the broker starts" },
  {
    name: "messages",
    type: "number",
    about: "of a verdict: messages in the log, as far as it can be read",
  },
  { name: "destroyed", type: "number", about: "of a verdict: messages that are gone then" },
  { name: "inNoQueue", type: "number", about: "of a verdict: survivors that no queue leads to" },
  { name: "atWrongIndex", type: "number", about: "of a verdict: queue units at a wrong index" },
  { name: "keysLost", type: "number", about: "of a verdict: keys of survivors that are gone" },
  { name: "note", type: "string", about: "of a verdict: what holds of releases near to that one" },
  { name: "effect", type: "string", about: "of a reason: refuses, loses, or unserved" },
  { name: "releases", type: "list", about: "of a reason: brokers it is one for" },
  { name: "file", type: "string", about: "file that is the reason" },
  { name: "offset", type: "number", about: "of a finding: first byte in the file" },
  { name: "length", type: "number", about: "of a finding: bytes" },
  { name: "severity", type: "string", about: "of a finding: error or warning" },
  { name: "code", type: "string", about: "of a finding: its code, see mq explain" },
  { name: "topic", type: "string", about: "of a finding: topic concerned" },
  { name: "queueId", type: "number", about: "of a finding: queue concerned" },
  { name: "queueOffset", type: "number", about: "of a finding: first queue index concerned" },
  { name: "logOffset", type: "number", about: "of a finding: first record concerned" },
  { name: "message", type: "string", about: "what stands there" },
  { name: "more", type: "number", about: "of a finding: others of its code" },
  { name: "java", type: "string", about: "of a finding: what a Java broker does with it" },
  { name: "fix", type: "string", about: "what can be done" },
];

/** Tells why. */
export async function why(
  terminal: Terminal,
  argument: string | undefined,
  options: WhyOptions,
): Promise<number> {
  const rows = openRows(terminal, WHY_FIELDS, options);
  if (rows === undefined) return EXIT.ok;
  const path = givenPath(terminal, argument);
  if (loneLogAt(terminal, path) !== undefined) {
    throw new Failure(
      `"${path}" is a commit log alone: mq why needs the whole store, with queues, index, checkpoint ` +
        "and configuration; mq verify checks the log",
    );
  }
  const answer = await readable(terminal, path, (paths, around) => {
    const progress = new Progress(terminal, options.progress);
    return look(terminal, { paths, around, progress });
  });
  if (rows.format === "table" && options.fields === undefined) printWhy(terminal, answer);
  else {
    for (const verdict of answer.verdicts) rows.row(verdict);
    for (const reason of answer.reasons) rows.row({ kind: "reason", ...reason });
    for (const it of answer.findings) rows.row(it);
    rows.end();
  }
  terminal.out.flush();
  return answer.verdicts.every(isWhole) && answer.reasons.length === 0 ? EXIT.ok : EXIT.left;
}

/** Whether a broker of the release starts and has everything. */
export function isWhole(verdict: WhyVerdict): boolean {
  const { starts, destroyed, inNoQueue, atWrongIndex, keysLost } = verdict;
  return starts && destroyed + inNoQueue + atWrongIndex + keysLost === 0;
}

/** What this user cannot read is an answer, too. */
async function readable(
  terminal: Terminal,
  path: string,
  look: (paths: StorePaths, around: readonly WhyReason[]) => Promise<WhyAnswer>,
): Promise<WhyAnswer> {
  let store = path;
  let reasons: readonly WhyReason[] = [];
  try {
    const paths = storeAt(terminal, path);
    store = paths.root;
    reasons = surroundingReasons(terminal, paths);
    return await look(paths, reasons);
  } catch (error) {
    if (codeOf(error) !== "EACCES") throw error;
    const all = reasons.some(isUnreadable)
      ? reasons
      : [...reasons, unreadable(pathIn(error) ?? store)];
    const messages = 0;
    const verdicts = EVERY_BROKER.map((it) => verdict(it, all, { ...NOTHING_LOST, messages }));
    return { store, reasons: all, verdicts, findings: [], isRepairable: false, isInUse: false };
  }
}

/** What is looked at, and what was found around it. */
interface Look {
  readonly paths: StorePaths;
  readonly around: readonly WhyReason[];
  readonly progress: Progress;
}

/** The path an error of the system speaks of. */
function pathIn(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return (error as NodeJS.ErrnoException).path ?? pathIn(error.cause);
}

async function look(terminal: Terminal, { paths, around, progress }: Look): Promise<WhyAnswer> {
  const signal = terminal.stopSignal();
  const { commitLogPath } = terminal;
  const place = { signal, ...(commitLogPath !== undefined && { commitLogPath }) };
  const placed = wellPlaced(terminal.files, paths);
  const { files } = placed;
  const store = paths.root;
  const isInUse = terminal.lockHolder(paths.lock) !== undefined;
  const reasons = [...around, ...configReasons(files, paths)];
  const unread = unreadReasons(files, paths);
  const { segments } = listSegments(files, paths.commitLogs);
  const logStart = segments[0]?.start ?? 0;
  const shared = new SharedLog(files, paths.commitLogs);
  using starts = unread.length > 0 ? undefined : new JavaStarts(shared, paths, place);
  // The starts read beside the verification; what they leave is judged beside the plan of a repair.
  shared.follow(logStart, starts?.followers ?? []);
  let soundIndex: SoundIndex | undefined;
  const found = verifyStore(shared, paths.root, {
    ...place,
    unreadable: terminal.unreadable,
    onProgress: progress.tell.bind(progress),
    onIndex: (it) => soundIndex = it,
  });
  const codes = new FoundCodes();
  const lostEnd = new LostEnd(files, paths);
  for await (const item of found) {
    if (item.kind === "finding") lostEnd.see(item);
    if (item.kind !== "finding" || item.severity === "info") continue;
    codes.add(item);
    placed.see(item.file);
  }
  progress.clear();
  shared.part();
  reasons.push(...placed.reasons(), ...findingReasons(codes.first));
  reasons.push(...batchQueueReasons(files, paths));
  if (starts === undefined) {
    reasons.push(...unread, ...diskReasons(terminal, paths));
    const findings = codes.told([]);
    return { store, reasons, verdicts: [], findings, isRepairable: false, isInUse };
  }
  shared.follow(logStart, [await starts.judge()]);
  const hasLog = segments.length > 0;
  const plan = { ...place, soundIndex };
  const { actions, report } = hasLog ? await planRepair(shared, paths.root, plan) : NOTHING_PLANNED;
  shared.part();
  if (!hasLog) reasons.push(...noLogReasons(files, paths));
  else if (!isInUse) reasons.push(...lostEnd.reasons());
  const given = actions.reduce((sum, it) => sum + it.messagesLost, 0);
  const reports = await starts.reports();
  const messages = reports.messages + given;
  reasons.push(...diskReasons(terminal, paths));
  for (const { release, refusals } of reports.starts) {
    reasons.push(...refusalReasons(refusals, { fs: files, release, actions }));
  }
  const verdicts = reports.starts.map((it) => javaVerdict(it, reasons, messages));
  const costs = { ...NOTHING_LOST, destroyed: given, inNoQueue: report.unqueued };
  verdicts.push(verdict("mq", reasons, { ...costs, messages }));
  return {
    store,
    reasons: merged(reasons),
    verdicts,
    findings: codes.told(reports.starts.flatMap(({ refusals }) => refusals)),
    isRepairable: (actions.length > 0 || placed.isAny) && placed.isMovable,
    isInUse,
  };
}

function javaVerdict(
  { release, ...report }: StartReport,
  reasons: readonly WhyReason[],
  messages: number,
): WhyVerdict {
  const isCaughtUp = release === "5.x" && report.stoppedCleanly && report.dispatched > 0;
  return verdict(release, reasons, {
    messages,
    destroyed: messages - report.messagesAfter,
    inNoQueue: report.inNoQueue,
    atWrongIndex: report.atWrongIndex,
    keysLost: Math.max(report.keysLost, report.keysMissing),
    ...(isCaughtUp && { note: CAUGHT_UP }),
  });
}

/** Java: `CommitLog.recoverNormally` dispatches since 5.3.2. */
const CAUGHT_UP =
  "it builds queues from the log here; releases of 5 before 5.3.2 leave them as they are";

/** What nobody can read, once all was looked at. */
function diskReasons({ files, unreadable }: Terminal, paths: StorePaths): WhyReason[] {
  if (unreadable === undefined || unreadable.isSound) return [];
  const reasons = dyingDiskReasons(files, paths, unreadable.ranges);
  unreadable.isTold = true;
  return reasons;
}

const NOTHING_PLANNED = { actions: [], report: { unqueued: 0 } } as const;
const NOTHING_LOST = { destroyed: 0, inNoQueue: 0, atWrongIndex: 0, keysLost: 0 } as const;

/** A broker that does not start does no harm. */
function verdict(
  release: WhyBroker,
  reasons: readonly WhyReason[],
  costs: Omit<WhyVerdict, "kind" | "release" | "starts">,
): WhyVerdict {
  const starts = !reasons.some((it) => it.effect === "refuses" && it.releases.includes(release));
  if (starts) return { kind: "verdict", release, starts, ...costs };
  const { messages } = costs;
  return { kind: "verdict", release, starts, messages, ...NOTHING_LOST };
}
