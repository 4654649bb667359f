/**
 * `mq top`: what goes on in a cluster, live for people, once for programs.
 *
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "../../net/client/client.ts";
import { EXIT } from "../exit_code.ts";
import { usageFailure } from "../failure.ts";
import { type ClusterOptions, connectFrom } from "../option/cluster_option.ts";
import { counted } from "../output/counted.ts";
import { type Field, openRows, type OutputOptions } from "../output/format_option.ts";
import { lineText, note, type Terminal } from "../terminal.ts";
import { activity, type ActivityRow, type Scope, type Snapshot, snapshot } from "./activity.ts";

/** What `mq top` may be asked. */
export interface TopOptions extends ClusterOptions, OutputOptions, Scope {
  /** Milliseconds between two looks. */
  readonly interval: number;
  readonly once?: boolean | undefined;
  /** Rows of each kind on the screen. */
  readonly rows: number;
}

/** Fields of the output. */
export const TOP_FIELDS: readonly Field[] = [
  { name: "kind", type: "string", about: "topic or group", width: 5 },
  { name: "name", type: "string", about: "its name", width: 32 },
  { name: "perSecond", type: "number", about: "messages a second: sent, or consumed", width: 10 },
  { name: "lag", type: "number", about: "of a group: messages not consumed", width: 10 },
  { name: "members", type: "number", about: "of a group: members that are online", width: 7 },
  { name: "total", type: "number", about: "of a topic: messages ever", width: 12 },
];

/** Goes to the upper left corner; clears what is behind. */
const HOME = "\x1b[H";
const CLEAR = "\x1b[J";
const CLEAR_LINE = "\x1b[K";

/** Prints what goes on. */
export async function top(terminal: Terminal, options: TopOptions): Promise<number> {
  const isLive = options.once !== true && options.output !== "help";
  // A format that MQ_OUTPUT or a profile asks for is for commands that print rows.
  if (isLive) checkLive(terminal, options);
  const rows = isLive
    ? undefined
    : openRows(terminal, TOP_FIELDS, { ...options, layout: "measured" });
  if (!isLive && rows === undefined) return EXIT.ok;
  const signal = terminal.stopSignal();
  await using client = connectFrom(terminal, options);
  let before = await look(client, options);
  if (isLive) {
    // Nobody looks at an empty screen until the first rates are known.
    const still = activity(before, before);
    show(terminal, screen(still, before, { rows: options.rows, nowMs: terminal.now() }));
  }
  for (;;) {
    await delay(options.interval, undefined, { signal }).catch(() => signal.throwIfAborted());
    const after = await look(client, options);
    const all = activity(before, after);
    if (rows !== undefined) {
      for (const row of all) rows.row(row);
      rows.end();
      return told(terminal, after);
    }
    show(terminal, screen(all, after, { rows: options.rows, nowMs: terminal.now() }));
    if (terminal.out.closed) return EXIT.ok;
    before = after;
  }
}

function checkLive({ isTty }: Terminal, { output }: TopOptions): void {
  if (output !== undefined) throw usageFailure("-o goes with --once");
  if (!isTty) throw usageFailure("mq top needs a terminal; --once prints one table");
}

function show({ out }: Terminal, text: string): void {
  out.write(text);
  out.flush();
}

function look(client: Client, { all }: TopOptions): Promise<Snapshot> {
  return snapshot(client.admin, { all, now: () => performance.now() });
}

function told(terminal: Terminal, { failures }: Snapshot): number {
  if (failures.length === 0) return EXIT.ok;
  terminal.out.flush();
  note(terminal, `${counted(failures.length, "question")} failed: ${failures[0]}`);
  return EXIT.operational;
}

/** The screen, written over the one before. */
export function screen(
  all: readonly ActivityRow[],
  { failures }: Pick<Snapshot, "failures">,
  { rows, nowMs }: { readonly rows: number; readonly nowMs: number },
): string {
  const lines = [`mq top  ${new Date(nowMs).toISOString()}  Ctrl-C stops`, ""];
  const topics = all.filter((it) => it.kind === "topic");
  const groups = all.filter((it) => it.kind === "group");
  lines.push(`${"TOPIC".padEnd(40)}${"IN/S".padStart(10)}${"MESSAGES".padStart(14)}`);
  for (const { name, perSecond, total = 0 } of topics.slice(0, rows)) {
    lines.push(`${cell(name)}${String(perSecond).padStart(10)}${String(total).padStart(14)}`);
  }
  if (topics.length > rows) lines.push(`… ${topics.length - rows} more`);
  lines.push(
    "",
    `${"GROUP".padEnd(40)}${"OUT/S".padStart(10)}${"LAG".padStart(14)}${"MEMBERS".padStart(9)}`,
  );
  for (const { name, perSecond, lag = 0, members = 0 } of groups.slice(0, rows)) {
    const numbers = `${String(perSecond).padStart(10)}${String(lag).padStart(14)}`;
    lines.push(`${cell(name)}${numbers}${String(members).padStart(9)}`);
  }
  if (groups.length > rows) lines.push(`… ${groups.length - rows} more`);
  if (failures.length > 0) lines.push("", lineText(`${failures.length} failed: ${failures[0]}`));
  return HOME + lines.map((line) => `${line}${CLEAR_LINE}\n`).join("") + CLEAR;
}

const NAME_CHARS = 39;

function cell(name: string): string {
  const text = lineText(name);
  const short = text.length > NAME_CHARS ? `${text.slice(0, NAME_CHARS - 1)}…` : text;
  return short.padEnd(NAME_CHARS + 1);
}
