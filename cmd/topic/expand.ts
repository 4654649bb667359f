/**
 * `mq topic expand`: more queues for a topic whose messages are ordered by key.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Admin } from "../../net/client/admin/admin.ts";
import type { ExpansionBacklog, TopicExpansion } from "../../net/client/admin/expansion.ts";
import { EXIT } from "../exit_code.ts";
import { type ClusterOptions, connectFrom } from "../option/cluster_option.ts";
import { agree } from "../option/yes_option.ts";
import { counted } from "../output/counted.ts";
import { type Field, openRows, type OutputOptions } from "../output/format_option.ts";
import type { RowWriter } from "../output/row_writer.ts";
import { note, type Terminal } from "../terminal.ts";

/** What `mq topic expand` may be asked. */
export interface ExpandOptions extends ClusterOptions, OutputOptions {
  readonly to: number;
  readonly ignoreGroup?: readonly string[] | undefined;
  /** Seconds. */
  readonly settle: number;
  /** Whether to stay until it is done. */
  readonly wait: boolean;
  readonly dryRun?: boolean | undefined;
  readonly yes?: boolean | undefined;
}

const FIELDS: readonly Field[] = [
  { name: "time", type: "time", about: "when it was looked", width: 24 },
  { name: "phase", type: "string", about: "ready, settling, draining or done", width: 8 },
  { name: "topic", type: "string", about: "topic" },
  { name: "brokerName", type: "string", about: "broker that gets the new queues", width: 12 },
  { name: "from", type: "number", about: "queues of all brokers consumers read", width: 4 },
  { name: "to", type: "number", about: "queues of all brokers after this step", width: 4 },
  { name: "steps", type: "list", about: "what brokers get, in this step and those behind it" },
  { name: "settledAt", type: "time", about: "of settling: when producers have heard of it" },
  { name: "backlog", type: "list", about: "of draining: what groups have to read before" },
  { name: "note", type: "string", about: "in tables: what is waited for", width: 0, from: noteOf },
];

/** Between two looks. */
const LOOK_MS = 2000;

/** Takes the steps to more queues. */
export async function expandTopic(
  terminal: Terminal,
  topic: string,
  options: ExpandOptions,
): Promise<number> {
  const rows = openRows(terminal, FIELDS, options);
  if (rows === undefined) return EXIT.ok;
  const wish = {
    to: options.to,
    ignoredGroups: options.ignoreGroup,
    settleMs: options.settle * 1000,
  };
  const now = () => terminal.now();
  await using client = connectFrom(terminal, options, { now });
  const { admin } = client;
  const expanding = { admin, topic, wish, rows, now };
  const first = await admin.topicExpansion(topic, wish);
  if (first.phase === "done" || options.dryRun === true) {
    print(expanding, first);
    rows.end();
    return first.phase === "done" ? EXIT.ok : EXIT.left;
  }
  if (first.phase === "ready") {
    const facts = await factsOf(admin, first);
    await agree(terminal, { what: `expand topic "${topic}"`, facts, yes: options.yes });
  } else {
    note(terminal, `topic "${topic}" is on its way to ${counted(first.to, "queue")}; going on`);
  }
  const last = options.wait
    ? await untilDone(expanding, terminal.stopSignal())
    : print(expanding, await admin.expandTopic(topic, wish));
  rows.end();
  return last?.phase === "done" ? EXIT.ok : last === undefined ? EXIT.interrupted : EXIT.left;
}

interface Expanding {
  readonly admin: Admin;
  readonly topic: string;
  readonly wish: Parameters<Admin["expandTopic"]>[1];
  readonly rows: RowWriter;
  readonly now: () => number;
}

/** Prints whatever is new; `undefined` when it was stopped or nobody reads any more. */
async function untilDone(
  expanding: Expanding,
  signal: AbortSignal,
): Promise<TopicExpansion | undefined> {
  const { admin, topic, wish, rows } = expanding;
  let printed = "";
  let phase = "";
  while (!signal.aborted && !rows.closed) {
    const expansion = await admin.expandTopic(topic, wish);
    const text = JSON.stringify(expansion);
    if (text !== printed) print(expanding, expansion);
    printed = text;
    if (expansion.phase === "done") return expansion;
    rows.tick();
    // A step was taken: the next may be due.
    const isOther = expansion.phase !== phase;
    phase = expansion.phase;
    if (isOther) continue;
    await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
  }
  return undefined;
}

function print({ rows, now }: Expanding, expansion: TopicExpansion): TopicExpansion {
  const { phase, topic, brokerName, from, to, ...more } = expansion;
  rows.row({ time: now(), phase, topic, brokerName, from, to, ...more });
  return expansion;
}

async function factsOf(
  admin: Admin,
  { topic, from, steps }: TopicExpansion,
): Promise<readonly string[]> {
  const [groups, brokers] = await Promise.all([admin.topicGroups(topic), admin.topicConfig(topic)]);
  const counts = brokers.map((it) => `${it.brokerName} ${it.readQueues}`);
  return [
    `topic "${topic}" has ${counted(from, "queue")}: ${counts.join(", ")}`,
    // Keys would go from one broker's queues to the other's if both grew at once.
    ...steps.length > 1 ? ["one broker grows after the other, to keep the order"] : [],
    ...steps.map((it) => `${it.brokerName} gets ${it.to} queues instead of ${it.from}`),
    groups.length === 0
      ? "no group consumes it: nobody is waited for"
      : `groups that must have read the old queues first: ${groups.join(", ")}`,
  ];
}

function noteOf(row: object): string {
  const { phase, steps: [step, ...later], settledAt, backlog } = row as TopicExpansion;
  if (phase === "done" || step === undefined) return "all queues are read and written";
  const then = later.map((it) => `; then ${it.to} at ${it.brokerName}`).join("");
  if (phase === "ready") {
    return `next: producers get ${step.to} queues at ${step.brokerName}${then}`;
  }
  if (phase === "settling") return `until ${timeOf(settledAt)} producers hear of it`;
  if (backlog.length === 0) return "next: consumers get the new queues";
  return [...byGroup(backlog)].map(([group, left]) => `${group} has ${left} to read`).join(", ");
}

function byGroup(backlog: readonly ExpansionBacklog[]): ReadonlyMap<string, number> {
  const left = new Map<string, number>();
  for (const { group, offset = 0, mark } of backlog) {
    left.set(group, (left.get(group) ?? 0) + mark - offset);
  }
  return left;
}

function timeOf(timeMs: number | undefined): string {
  return timeMs === undefined ? "then" : new Date(timeMs).toISOString().slice(11, 19);
}
