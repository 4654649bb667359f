/**
 * `mq why`: would a Java broker start on this store, and would it have all its messages; and if not,
 * why not, in plain words with the way out.
 *
 * @module
 */
import type { Finding } from "../../store/check/findings.ts";
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
import { factReasons, isReason } from "./config_facts.ts";
import { configReasons } from "./config_reasons.ts";
import { dyingDiskReasons } from "./dying_disk.ts";
import { JavaStarts } from "./java_starts.ts";
import { LostEnd } from "./lost_end.ts";
import { FoundCodes, type WhyFinding } from "./found_codes.ts";
import { type WellPlaced, wellPlaced } from "./misplaced.ts";
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
import { isWhole, NOTHING_LOST, verdict, verdictsOf, type WhyVerdict } from "./verdict.ts";
import { EVERY_BROKER, type WhyReason } from "./why_reason.ts";

/** What `mq why` may be asked. */
export interface WhyOptions extends OutputOptions {
  readonly progress?: ProgressForm | undefined;
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
  const { commitLogPath } = terminal;
  const signal = terminal.stopSignal();
  const place = { signal, ...(commitLogPath !== undefined && { commitLogPath }) };
  const placed = wellPlaced(terminal.files, paths);
  const { files } = placed;
  const asked = { store: paths.root, isInUse: terminal.lockHolder(paths.lock) !== undefined };
  const reasons = [...around, ...configReasons(files, paths)];
  const unread = unreadReasons(files, paths);
  const { segments } = listSegments(files, paths.commitLogs);
  const logStart = segments[0]?.start ?? 0;
  const shared = new SharedLog(files, paths.commitLogs);
  using starts = unread.length > 0 ? undefined : new JavaStarts(shared, paths, place);
  // The starts read beside the verification; what they leave is judged beside the plan of a repair.
  shared.follow(logStart, starts?.followers ?? []);
  const { codes, facts, soundIndex, lostEnd } = await verified(terminal, {
    shared,
    paths,
    placed,
    progress,
  });
  shared.part();
  reasons.push(...placed.reasons(), ...findingReasons(codes.first));
  reasons.push(...batchQueueReasons(files, paths));
  // A broker at work has yet to write down what it did last.
  if (!asked.isInUse) reasons.push(...factReasons(facts));
  if (starts === undefined) {
    reasons.push(...unread, ...diskReasons(terminal, paths));
    return { ...asked, reasons, verdicts: [], findings: codes.told([]), isRepairable: false };
  }
  shared.follow(logStart, [await starts.judge()]);
  const hasLog = segments.length > 0;
  const plan = { ...place, soundIndex };
  const { actions, report } = hasLog ? await planRepair(shared, paths.root, plan) : NOTHING_PLANNED;
  shared.part();
  if (!hasLog) reasons.push(...noLogReasons(files, paths));
  else if (!asked.isInUse) reasons.push(...lostEnd.reasons());
  const reports = await starts.reports();
  reasons.push(...diskReasons(terminal, paths));
  for (const { release, refusals } of reports.starts) {
    reasons.push(...refusalReasons(refusals, { fs: files, release, actions }));
  }
  return {
    ...asked,
    reasons: merged(reasons),
    verdicts: verdictsOf(reports, { reasons, actions, unqueued: report.unqueued }),
    findings: codes.told(reports.starts.flatMap(({ refusals }) => refusals)),
    isRepairable: (actions.length > 0 || placed.isAny) && placed.isMovable,
  };
}

/** What a verification came to. */
interface Verified {
  /** What is no mere fact. */
  readonly codes: FoundCodes;
  /** Facts that are reasons. */
  readonly facts: readonly Finding[];
  /** What of the index it proves. */
  readonly soundIndex: SoundIndex | undefined;
  readonly lostEnd: LostEnd;
}

async function verified(
  terminal: Terminal,
  { shared, paths, placed, progress }: Pick<Look, "paths" | "progress"> & {
    readonly shared: SharedLog;
    readonly placed: WellPlaced;
  },
): Promise<Verified> {
  const { commitLogPath, unreadable } = terminal;
  let soundIndex: SoundIndex | undefined;
  const found = verifyStore(shared, paths.root, {
    signal: terminal.stopSignal(),
    ...(commitLogPath !== undefined && { commitLogPath }),
    unreadable,
    onProgress: progress.tell.bind(progress),
    onIndex: (it) => soundIndex = it,
  });
  const codes = new FoundCodes();
  const facts: Finding[] = [];
  const lostEnd = new LostEnd(placed.files, paths);
  for await (const item of found) {
    if (item.kind === "finding") {
      lostEnd.see(item);
      if (isReason(item)) facts.push(item);
    }
    if (item.kind !== "finding" || item.severity === "info") continue;
    codes.add(item);
    placed.see(item.file);
  }
  progress.clear();
  return { codes, facts, soundIndex, lostEnd };
}

/** What nobody can read, once all was looked at. */
function diskReasons({ files, unreadable }: Terminal, paths: StorePaths): WhyReason[] {
  if (unreadable === undefined || unreadable.isSound) return [];
  const reasons = dyingDiskReasons(files, paths, unreadable.ranges);
  unreadable.isTold = true;
  return reasons;
}

const NOTHING_PLANNED = { actions: [], report: { unqueued: 0 } } as const;
