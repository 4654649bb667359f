/**
 * `mq recover --mode java-…`: what a Java broker of that release would do to the store when it
 * starts on it, beside what this project's own recovery gives up. Nothing is written.
 *
 * @module
 */
import { relative } from "node:path";
import {
  type JavaRecoveryOptions,
  type JavaRecoveryReport,
  recoverAsJava,
} from "../../store/exact/java_recovery.ts";
import type { JavaRefusal } from "../../store/exact/java_files.ts";
import type { JavaRelease } from "../../store/exact/java_release.ts";
import type { StorePaths } from "../../store/names.ts";
import { OverlayFiles } from "../../store/repair/overlay_files.ts";
import { planRepair } from "../../store/repair/repair.ts";
import { EXIT } from "../exit_code.ts";
import { type Field, openRows, type OutputOptions } from "../output/format_option.ts";
import type { ProgressForm } from "../output/progress.ts";
import { LogProgress } from "./log_progress.ts";
import { counted } from "../output/counted.ts";
import { lossOf } from "./report.ts";
import type { Terminal } from "../terminal.ts";

/** Releases by what `--mode` is given. */
export const JAVA_MODES = {
  "java-4.2": "4.2",
  "java-4.9": "4.9",
  "java-5.x": "5.x",
} as const satisfies Readonly<Record<string, JavaRelease>>;

/** A value of `--mode`. */
export type JavaMode = keyof typeof JAVA_MODES;

const FIELDS: readonly Field[] = [
  { name: "kind", type: "string", about: "java" },
  { name: "release", type: "string", about: "release of Java that would start" },
  { name: "store", type: "string", about: "the store that was looked at" },
  { name: "refusal", type: "string", about: "why the broker would not start, where it would not" },
  {
    name: "stoppedCleanly",
    type: "boolean",
    about: "whether the mark of a running broker is absent",
  },
  { name: "startFile", type: "string", about: "file of the log that is read first" },
  { name: "reason", type: "string", about: "why that file" },
  { name: "logEnd", type: "number", about: "where the log would end" },
  { name: "dispatched", type: "number", about: "records given to queues and index again" },
  { name: "deleted", type: "list", about: "files that would be deleted" },
  { name: "messages", type: "number", about: "messages in the log now" },
  { name: "messagesDestroyed", type: "number", about: "those the start would destroy" },
  { name: "messagesLostByMq", type: "number", about: "those mq recover would give up" },
  { name: "inNoQueue", type: "number", about: "surviving messages that would stand in no queue" },
  { name: "atWrongIndex", type: "number", about: "units that would stand at a wrong index" },
  {
    name: "keysLost",
    type: "number",
    about: "index entries of surviving messages deleted for good",
  },
  { name: "mqLogEnd", type: "number", about: "where the log would end for mq recover" },
  { name: "mqActions", type: "number", about: "what mq recover would do, in actions" },
  { name: "mqSafe", type: "number", about: "those of them that give up no message" },
  { name: "mqUnqueued", type: "number", about: "messages no queue could take for mq recover" },
];

/** What is asked of {@linkcode tellJavaStart}. */
export interface JavaStartQuestion extends OutputOptions {
  readonly paths: StorePaths;
  readonly mode: JavaMode;
  readonly progress?: ProgressForm | undefined;
  readonly signal: AbortSignal;
}

/** How often the log is read: as Java, and for the plan beside it. */
const LOG_PASSES = 5;

/** Tells what a start of Java would cost. */
export async function tellJavaStart(
  terminal: Terminal,
  question: JavaStartQuestion,
): Promise<number> {
  const rows = openRows(terminal, FIELDS, { ...question, layout: "measured" });
  if (rows === undefined) return EXIT.ok;
  const { paths: { root: store }, mode, signal } = question;
  const { commitLogPath } = terminal;
  const place = commitLogPath === undefined ? {} : { commitLogPath };
  const options: JavaRecoveryOptions = { signal, ...place };
  const form = question.progress;
  const progress = new LogProgress(terminal, question.paths, { form, passes: LOG_PASSES });
  const { java, plan } = await progress.during(async () => {
    const files = new OverlayFiles(progress.files);
    const java = await recoverAsJava(files, store, JAVA_MODES[mode], options);
    return { java, plan: await planRepair(progress.files, store, { signal, ...place }) };
  });
  const { messagesLost: messagesLostByMq } = lossOf(plan.actions);
  const messages = java.messagesBefore + messagesLostByMq;
  const messagesDestroyed = java.refusal === undefined ? messages - java.messagesAfter : 0;
  const told: Told = {
    ...java,
    store,
    messages,
    messagesDestroyed,
    messagesLostByMq,
    mqLogEnd: plan.report.end,
    mqActions: plan.actions.length,
    mqSafe: plan.actions.filter((it) => it.safe).length,
    mqUnqueued: plan.report.unqueued,
  };
  if (rows.format === "table") {
    for (const line of sentences(told)) terminal.out.write(`${line}\n`);
  } else {
    rows.row(rowOf(told));
    rows.end();
  }
  terminal.out.flush();
  return isHarmless(told) ? EXIT.ok : EXIT.left;
}

/** The fields in their order. */
function rowOf(told: Told): object {
  const { release, store, refusal, stoppedCleanly, startFile, reason, dispatched, deleted } = told;
  const { messages, messagesDestroyed, messagesLostByMq, inNoQueue, atWrongIndex, keysLost } = told;
  const { mqLogEnd, mqActions, mqSafe, mqUnqueued } = told;
  return {
    kind: "java",
    release,
    store,
    ...(refusal !== undefined && { refusal: refusalText(refusal) }),
    stoppedCleanly,
    ...(startFile !== undefined && { startFile }),
    reason,
    logEnd: told.end,
    dispatched,
    deleted,
    messages,
    messagesDestroyed,
    messagesLostByMq,
    inNoQueue,
    atWrongIndex,
    keysLost,
    mqLogEnd,
    mqActions,
    mqSafe,
    mqUnqueued,
  };
}

interface Told extends JavaRecoveryReport {
  readonly store: string;
  readonly messages: number;
  readonly messagesDestroyed: number;
  readonly messagesLostByMq: number;
  readonly mqLogEnd: number;
  readonly mqActions: number;
  readonly mqSafe: number;
  readonly mqUnqueued: number;
}

function isHarmless(told: Told): boolean {
  const { refusal, messagesDestroyed, inNoQueue, atWrongIndex, keysLost } = told;
  return refusal === undefined && messagesDestroyed + inNoQueue + atWrongIndex + keysLost === 0;
}

/** What Java would do, what mq would, and at last both in one sentence. */
function sentences(told: Told): string[] {
  const { release, refusal, messages, messagesDestroyed, messagesLostByMq, store, deleted } = told;
  const kept = messagesLostByMq === 0 ? "all" : `all but ${messagesLostByMq}`;
  if (refusal !== undefined) {
    return [
      ...mqSentences(told),
      "Nothing was changed.",
      `Java ${release} would not start: ${
        refusalText(refusal)
      }; mq keeps ${kept} of ${messages} messages.`,
    ];
  }
  const start = told.startFile === undefined
    ? "would have no log to read"
    : `would read from file ${told.startFile} on: ${told.reason}`;
  const files = deleted.length === 0 ? "no file" : counted(deleted.length, "file");
  return [
    `Java ${release} ${start}.`,
    `It would end the log at ${told.end} and delete ${files}${deleted.length > 0 ? ":" : "."}`,
    ...deleted.map((path) => `  ${relative(store, path)}`),
    ...harmSentences(told),
    ...mqSentences(told),
    "Nothing was changed.",
    `Java ${release} would destroy ${messagesDestroyed} of these ${messages} messages at its ` +
    `start${strayText(told)}; mq keeps ${kept}.`,
  ];
}

/** What becomes of messages that survive. */
function strayText({ inNoQueue, atWrongIndex }: Told): string {
  const parts = [
    ...(inNoQueue > 0 ? [`leave ${inNoQueue} in no queue`] : []),
    ...(atWrongIndex > 0 ? [`serve ${atWrongIndex} at a wrong offset`] : []),
  ];
  return parts.length === 0 ? "" : `, ${parts.join(" and ")}`;
}

function mqSentences({ mqLogEnd, mqActions, mqSafe, mqUnqueued }: Told): string[] {
  const safe = mqSafe === mqActions ? "all" : mqSafe;
  const work = mqActions === 0 ? "do nothing" : `do ${counted(mqActions, "action")}, ${safe} safe,`;
  return [
    `mq recover would ${work} and leave the log to end at ${mqLogEnd}.`,
    ...(mqUnqueued > 0 ? [`Messages no queue could take: ${mqUnqueued}.`] : []),
  ];
}

function harmSentences({ inNoQueue, atWrongIndex, keysLost }: Told): string[] {
  return [
    ...(inNoQueue > 0 ? [`Surviving messages in no queue: ${inNoQueue}.`] : []),
    ...(atWrongIndex > 0 ? [`Queue units at a wrong index: ${atWrongIndex}.`] : []),
    ...(keysLost > 0 ? [`Index entries of surviving messages lost for good: ${keysLost}.`] : []),
  ];
}

function refusalText({ file, reason }: JavaRefusal): string {
  return `"${file}" ${reason}`;
}
