/**
 * What `mq recover` says: its rows, what each kind of action means, and what to do next.
 *
 * @module
 */
import { counted } from "../output/counted.ts";
import type { Severity } from "../../store/check/findings.ts";
import type { RepairAction, RepairVerb } from "../../store/repair/action.ts";
import type { Fixes } from "../../store/repair/fixes.ts";
import type { RecoveryReport } from "../../store/recovery_report.ts";
import type { Field } from "../output/format_option.ts";
import type { RowWriter } from "../output/row_writer.ts";
import { quoted, storeWords } from "../output/shell_words.ts";
import { alignedLine, displayWidth, tabbedLine } from "../output/table.ts";
import type { Terminal } from "../terminal.ts";

/** What a run was asked to do. */
export type RecoverMode = "plan" | "apply" | "into";

/** What a run came to. */
export interface RecoverResult {
  readonly mode: RecoverMode;
  /** Store that was looked at. */
  readonly store: string;
  /** With `into`: where the repaired store is. */
  readonly target?: string | undefined;
  /** Where the log was said to lie, when not in the store. */
  readonly commitLogPath?: string | undefined;
  /** What was asked besides, as words of the command line. */
  readonly asked?: readonly string[] | undefined;
  /** Actions that were done. */
  readonly applied: readonly RepairAction[];
  /** Actions that were not: a plan, or what gives up messages. */
  readonly left: readonly RepairAction[];
  readonly report: RecoveryReport;
  /** With `apply`: the file by which all of it can be taken back. */
  readonly undo?: string | undefined;
  /** With `plan`: what the actions put right of what `mq verify` finds. */
  readonly fixes?: Fixes | undefined;
  /** Bytes of the store that the disk could not read; absent where it could read all. */
  readonly unreadable?: number | undefined;
  /** With `into`: what `mq verify` finds in the new store. */
  readonly verified?: Severities | undefined;
}

/** Findings by how grave they are. */
export type Severities = Readonly<Record<Severity, number>>;

/** Whether anything graver than facts was found. */
export function isFound(found: Severities | undefined): boolean {
  return found !== undefined && found.error + found.warning > 0;
}

const FIELDS: readonly Field[] = [
  { name: "kind", type: "string", about: "action, or summary: the last row" },
  {
    name: "state",
    type: "string",
    about: "done, left because messages would be given up, or planned",
  },
  { name: "safe", type: "boolean", about: "whether no message is given up by it", width: 5 },
  { name: "action", type: "string", about: "what is done", width: 14 },
  { name: "file", type: "string", about: "file, or folder of a queue", width: 40 },
  {
    name: "from",
    type: "number",
    about: "where it begins: offset in the log or in the file, index in a queue",
    width: 10,
  },
  { name: "to", type: "number", about: "where it ends, behind the last", width: 10 },
  {
    name: "bytesLost",
    type: "number",
    about: "bytes that held something and are no longer read",
    width: 9,
  },
  {
    name: "messagesLost",
    type: "number",
    about: "messages no longer served, as far as anybody can know",
    width: 12,
  },
  {
    name: "fixes",
    type: "list",
    about: "plan: codes of the findings of mq verify that it puts right",
  },
  { name: "reason", type: "string", about: "what was found", width: 0 },
  { name: "mode", type: "string", about: "summary: plan, apply or into" },
  { name: "store", type: "string", about: "summary: the store that was looked at" },
  { name: "target", type: "string", about: "summary: with --into, where the new store is" },
  { name: "undo", type: "string", about: "summary: file for mq recover --undo" },
  {
    name: "unfixed",
    type: "object",
    about: "summary of a plan: findings no action puts right, counted by code",
  },
  {
    name: "verified",
    type: "object",
    about: "summary: with --into, findings in the new store by severity",
  },
  {
    name: "unreadable",
    type: "number",
    about: "summary: bytes the disk could not read; absent where it could read all",
  },
  { name: "actions", type: "object", about: "summary: actions planned, done and left" },
  { name: "messages", type: "number", about: "summary: sound records in the log" },
  { name: "unqueued", type: "number", about: "summary: records no queue can take" },
  {
    name: "flawedBatches",
    type: "number",
    about: "summary: batches in one record whose index or count cannot be read",
  },
  { name: "logStart", type: "number", about: "summary: first offset of the log" },
  { name: "logEnd", type: "number", about: "summary: where the log ends, or would end" },
];

/** Fields of the rows; what became of an action is a column only where something was done. */
export function recoverFields(mode: RecoverMode): readonly Field[] {
  const [shown, width] = mode === "plan" ? ["fixes", 16] as const : ["state", 5] as const;
  return FIELDS.map((field) => field.name === shown ? { ...field, width } : field);
}

/** What is done, for people who see it for the first time. */
const VERBS: Readonly<Record<RepairVerb, string>> = {
  "cut-tail": "ends the log there; the bytes behind are kept in quarantine/",
  "drop-file": "removes a log file behind the end of the log; bytes in it are kept in quarantine/",
  "fill-damage": "fills damage between sound records with what brokers pass over; the bytes are " +
    "kept in quarantine/",
  "skip-damage": "too small to be filled: mq passes over it, a Java broker ends the log there",
  "right-index": "writes the index into a record by which its queue leads to it",
  "right-topic": "writes the topic into a record whose queue leads to it",
  "rebuild-queue": "writes queue units anew from the log",
  "truncate-queue": "drops queue units that lead to no message",
  "rebuild-index": "writes an index file anew from the log",
  "rename-file": "gives a whole log file the name its records tell of",
  "extend-file": "gives a file its length back, with zeros",
  "trim-file": "takes off what is behind a file's length; bytes of the log are kept in quarantine/",
  "cut-extension":
    "ends an extension file where its units do; the bytes behind are kept in quarantine/",
  "restore-config":
    "replaces a file nobody can read by its .bak, or by what the queues tell; it is kept in quarantine/",
  "set-config-aside":
    "moves a file nobody can read, and its .bak, into quarantine/: a broker starts without what it held",
  "set-file-aside": "moves what is no file of log or queue into quarantine/",
  "lower-offsets":
    "brings offsets back to the end of their queue, or to what the broker has yet to do",
  "rewind-timer": "takes the files of timed messages back to where the log ends",
  "cut-epochs": "drops leaderships that begin where the log no longer is",
  "write-checkpoint": "writes the checkpoint anew from the log",
  "remove-abort": "removes the mark of an unclean stop",
};

/** Prints a result: rows, and under a table what they mean. */
export function printRecovery(terminal: Terminal, rows: RowWriter, result: RecoverResult): void {
  const { mode, applied, left } = result;
  for (const action of applied) rows.row(rowOf(action, "done"));
  for (const action of left) {
    const state = mode === "plan" && isMendable(action) ? "planned" : "left";
    rows.row({ ...rowOf(action, state), ...fixesOf(result, action) });
  }
  if (rows.format !== "table") {
    rows.row(summaryOf(result));
    rows.end();
    return;
  }
  if (rows.count > 0) {
    rows.end();
    printVerbs(terminal, [...applied, ...left]);
  }
  for (const line of sentences(result)) terminal.out.write(`${line}\n`);
}

function fixesOf({ fixes }: RecoverResult, action: RepairAction): { fixes?: readonly string[] } {
  return fixes === undefined ? {} : { fixes: [...fixes.of.get(action) ?? []] };
}

function rowOf(it: RepairAction, state: "done" | "left" | "planned"): object {
  const { action, file, from, to, reason, safe, bytesLost, messagesLost } = it;
  return { kind: "action", state, action, file, from, to, reason, safe, bytesLost, messagesLost };
}

/** Whether anything can be done at all. */
function isMendable({ action }: RepairAction): boolean {
  return action !== "skip-damage";
}

function printVerbs(terminal: Terminal, actions: readonly RepairAction[]): void {
  const lines = [...new Set(actions.map((it) => it.action))].map((verb) => [verb, VERBS[verb]]);
  const width = Math.max(...lines.map(([verb]) => displayWidth(verb!)));
  const columns = [{ width, right: false }, { width: 0, right: false }];
  terminal.out.write("\n");
  for (const line of lines) {
    terminal.out.write(terminal.isTty ? alignedLine(line, columns) : tabbedLine(line));
  }
  terminal.out.write("\n");
}

function summaryOf(result: RecoverResult): object {
  const { mode, store, target, undo, fixes, verified, unreadable, applied, left, report } = result;
  const { messages, unqueued, flawedBatches, start: logStart, end: logEnd } = report;
  const planned = mode === "plan" ? left.filter(isMendable) : [];
  const unsafe = [...applied, ...left].filter((it) => !it.safe);
  return {
    kind: "summary",
    mode,
    store,
    ...(target !== undefined && { target }),
    ...(undo !== undefined && { undo }),
    ...(fixes !== undefined && { unfixed: Object.fromEntries(fixes.unfixed) }),
    ...(verified !== undefined && { verified }),
    ...(unreadable !== undefined && { unreadable }),
    actions: {
      planned: planned.length,
      done: applied.length,
      left: left.length - planned.length,
      unsafe: unsafe.length,
    },
    ...lossOf(mode === "plan" ? planned : applied),
    messages,
    unqueued,
    flawedBatches,
    logStart,
    logEnd,
  };
}

interface Loss {
  readonly bytesLost: number;
  readonly messagesLost: number;
}

/** What actions give up together. */
export function lossOf(actions: readonly Loss[]): Loss {
  let [bytesLost, messagesLost] = [0, 0];
  for (const action of actions) {
    bytesLost += action.bytesLost;
    messagesLost += action.messagesLost;
  }
  return { bytesLost, messagesLost };
}

/** What is given up, in words. */
export function lossText({ bytesLost, messagesLost }: Loss): string {
  if (messagesLost === 0) return counted(bytesLost, "byte");
  return `${counted(messagesLost, "message")} (${counted(bytesLost, "byte")})`;
}

function sentences(result: RecoverResult): string[] {
  const { report, applied, left } = result;
  const range = `log offsets ${report.start} to ${report.end}`;
  const unqueued = report.unqueued === 1
    ? "1 record belongs to no queue and is not served."
    : `${report.unqueued} records belong to no queue and are not served.`;
  const flawed = report.flawedBatches === 1
    ? "1 record holds a batch whose index or count cannot be read and is served as one message."
    : `${report.flawedBatches} records hold batches whose index or count cannot be read and are ` +
      "served as one message each.";
  return [
    `${counted(report.messages, "message")} read, ${range}.`,
    ...unreadableSentences(result),
    ...(report.unqueued > 0 ? [unqueued] : []),
    ...(report.flawedBatches > 0 ? [flawed] : []),
    ...report.wrongKinds.map(({ topic, queueType }) => {
      return `The queues of topic "${topic}" stay: set its attribute queue.type to ${queueType}, ` +
        "the kind they are of.";
    }),
    ...(applied.length + left.length === 0 ? [soundSentence(result)] : workSentences(result)),
    ...findingSentences(result),
    ...nextSentences(result),
  ];
}

/** Damage like any other but for one thing: its place is no place to repair it. */
function unreadableSentences({ unreadable, target }: RecoverResult): string[] {
  if (unreadable === undefined) return [];
  const what = `The disk cannot read ${counted(unreadable, "byte")} of the store`;
  return [
    target === undefined
      ? `${what}: it can be repaired in a copy only.`
      : `${what}: the copy goes without them.`,
  ];
}

function soundSentence({ target }: RecoverResult): string {
  return target === undefined ? "Nothing to do." : `Nothing was to be done; the copy is ${target}.`;
}

function workSentences({ mode, applied, left, target }: RecoverResult): string[] {
  const lines = [];
  const [mendable, rest] = [left.filter(isMendable), left.filter((it) => !isMendable(it))];
  const unsafe = mendable.filter((it) => !it.safe);
  if (mode === "plan") {
    const safe = unsafe.length === 0 ? "all" : mendable.length - unsafe.length;
    lines.push(
      `${counted(mendable.length, "action")} planned, ${safe} safe; nothing was changed.`,
    );
  } else if (applied.length === 0) {
    lines.push(target === undefined ? "Nothing was changed." : `The copy is ${target}.`);
  } else {
    const place = target === undefined ? "" : ` in ${target}`;
    const loss = lossOf(applied.filter((it) => !it.safe));
    const cost = loss.bytesLost + loss.messagesLost > 0 ? `, giving up ${lossText(loss)}` : "";
    lines.push(`${counted(applied.length, "action")} done${place}${cost}.`);
  }
  if (unsafe.length > 0) {
    const loss = lossText(lossOf(unsafe));
    lines.push(`Not safe: ${counted(unsafe.length, "action")}, giving up ${loss}. ${REPLICA}`);
  }
  if (rest.length > 0) {
    lines.push(`Cannot be mended: ${counted(rest.length, "range")} of the log. ${REPLICA}`);
  }
  return lines;
}

/** What a verification finds besides. */
function findingSentences({ fixes, verified, undo }: RecoverResult): string[] {
  const lines = [];
  if (fixes !== undefined && fixes.unfixed.size > 0) {
    const codes = [...fixes.unfixed].map(([code, count]) => `${code} ×${count}`);
    lines.push(`mq verify finds what no action puts right: ${codes.join(", ")}.`);
  }
  if (verified !== undefined) {
    const { error, warning, info } = verified;
    const facts = info > 0 ? `, ${counted(info, "fact")}` : "";
    lines.push(
      error + warning === 0
        ? `Verified: 0 findings${facts}.`
        : `Verified: ${counted(error, "error")}, ${counted(warning, "warning")}${facts}.`,
    );
  }
  if (undo !== undefined) lines.push(`To take it back: mq recover --undo ${quoted(undo)}`);
  return lines;
}

const REPLICA = "Look for what is lost in a replica or a backup first.";

/** The one command to run next; none where nothing is left that can be done. */
function nextSentences(
  { mode, store, target, commitLogPath, asked = [], applied, left, unreadable }: RecoverResult,
): string[] {
  // A log elsewhere is part of the copy.
  const place = target === undefined ? storeWords(store, commitLogPath) : quoted(target);
  // What a log ends at is given up at once; what is left of anything else is another run's.
  const wish = mode === "plan" ? asked.map((word) => ` ${quoted(word)}`).join("") : "";
  const mendable = left.filter(isMendable);
  if (mode === "plan" && unreadable !== undefined) {
    const loss = mendable.some((it) => !it.safe) ? " --allow-data-loss" : "";
    return [`Next, with a folder of another disk: mq recover ${place}${wish} --into FOLDER${loss}`];
  }
  const isSafeFirst = !asked.includes("--until") && mendable.some((it) => it.safe);
  if (mode === "plan" && isSafeFirst) return [`Next: mq recover ${place}${wish} --apply`];
  if (mendable.length > 0) return [`Next: mq recover ${place}${wish} --apply --allow-data-loss`];
  return applied.length > 0 || mode === "into" ? [`Next: mq verify ${place}`] : [];
}
