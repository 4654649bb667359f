/**
 * `mq group reset`: moves a group elsewhere in a topic.
 *
 * @module
 */
import type { Admin } from "../../net/client/admin/admin.ts";
import type { OffsetTarget } from "../../net/client/admin/offsets.ts";
import type { QueueProgress } from "../../net/client/admin/progress.ts";
import { EXIT } from "../exit_code.ts";
import { usageFailure } from "../failure.ts";
import { type ClusterOptions, connectFrom } from "../option/cluster_option.ts";
import { parseWhole } from "../option/number_option.ts";
import { parseTime } from "../option/time_option.ts";
import { agree } from "../option/yes_option.ts";
import { counted } from "../output/counted.ts";
import { type Field, openRows, type OutputOptions } from "../output/format_option.ts";
import type { Terminal } from "../terminal.ts";
import { checkGroup } from "./known_group.ts";

/** What `mq group reset` may be asked. */
export interface ResetOptions extends ClusterOptions, OutputOptions {
  readonly to: string;
  readonly queue?: number | undefined;
  readonly dryRun?: boolean | undefined;
  readonly yes?: boolean | undefined;
}

const FIELDS: readonly Field[] = [
  { name: "group", type: "string", about: "consumer group" },
  { name: "topic", type: "string", about: "topic", width: 16 },
  { name: "brokerName", type: "string", about: "broker", width: 12 },
  { name: "queueId", type: "number", about: "number of the queue", width: 7 },
  { name: "from", type: "number", about: "where the group was", width: 10 },
  { name: "to", type: "number", about: "where it is now, or would be", width: 10 },
  { name: "again", type: "number", about: "messages that come again", width: 8 },
  { name: "skipped", type: "number", about: "messages that are never consumed", width: 8 },
];

const OFFSET_PREFIX = "offset:";

/** One queue of a move. */
interface Move {
  readonly group: string;
  readonly topic: string;
  readonly brokerName: string;
  readonly queueId: number;
  readonly from: number;
  readonly to: number;
  readonly again: number;
  readonly skipped: number;
}

/** Says what a move would mean, asks, and moves the group. */
export async function resetGroup(
  terminal: Terminal,
  { name: group, topic }: { readonly name: string; readonly topic: string },
  options: ResetOptions,
): Promise<number> {
  const rows = openRows(terminal, FIELDS, { ...options, layout: "measured" });
  if (rows === undefined) return EXIT.ok;
  const to = targetOf(options.to, terminal.now());
  await using client = connectFrom(terminal, options);
  const { admin } = client;
  const { queues, members } = await admin.progress(group, { topic, owners: false });
  const asked = queues.filter((it) => options.queue === undefined || it.queueId === options.queue);
  if (queues.length > 0) await checkGroup(admin, group, { progress: { queues, members }, topic });
  if (asked.length === 0) throw nothingThere({ group, topic, queue: options.queue });
  const planned = await Promise.all(asked.map((it) => planOf(admin, { group, queue: it, to })));
  const moving = planned.filter((it) => it.from !== it.to);
  if (options.dryRun === true) {
    for (const row of planned) rows.row(row);
    rows.end();
    return moving.length > 0 ? EXIT.left : EXIT.ok;
  }
  const facts = [
    factOf(planned),
    members.members.length === 0
      ? "nobody of the group is online"
      : `online: ${members.members.map((it) => it.clientId).join(", ")}`,
  ];
  const what = `move group "${group}" in topic "${topic}" to ${options.to}`;
  await agree(terminal, { what, facts, yes: options.yes });
  const moved = await admin.resetOffsets(group, topic, { to, queueId: options.queue });
  for (const it of moved) {
    const before = asked.find(({ brokerName, queueId }) => {
      return brokerName === it.brokerName && queueId === it.queueId;
    });
    rows.row(moveOf(group, { ...it, from: before?.consumerOffset ?? 0 }));
  }
  rows.end();
  return EXIT.ok;
}

function nothingThere(
  { group, topic, queue }: {
    readonly group: string;
    readonly topic: string;
    readonly queue: number | undefined;
  },
) {
  return usageFailure(
    queue === undefined
      ? `Group "${group}" is online and does not subscribe to topic "${topic}"`
      : `Topic "${topic}" has no queue ${queue} that group "${group}" reads`,
  );
}

/** Reads `first`, `last`, `offset:17` or a time. */
function targetOf(text: string, nowMs: number): OffsetTarget {
  if (text === "first" || text === "last") return text;
  if (!text.startsWith(OFFSET_PREFIX)) return new Date(parseTime(text, nowMs));
  try {
    return { offset: parseWhole(text.slice(OFFSET_PREFIX.length)) };
  } catch {
    throw usageFailure(`--to is "${text}", expected offset:NUMBER, such as offset:1200`);
  }
}

async function planOf(
  admin: Admin,
  { group, queue, to }: {
    readonly group: string;
    readonly queue: QueueProgress;
    readonly to: OffsetTarget;
  },
): Promise<Move> {
  const { min, max } = await admin.queueRange(queue);
  const isOffset = typeof to === "object" && "offset" in to;
  if (isOffset && (to.offset < min || to.offset > max)) {
    throw usageFailure(
      `Cannot move group "${group}": offset is ${to.offset}, queue ${queue.queueId} of ` +
        `${queue.brokerName} has ${min} to ${max}`,
    );
  }
  const offset = to === "first"
    ? min
    : to === "last"
    ? max
    : to instanceof Date
    ? await admin.searchOffset(queue, to)
    : to.offset;
  return moveOf(group, { ...queue, from: queue.consumerOffset, offset });
}

function moveOf(
  group: string,
  { topic, brokerName, queueId, from, offset: to }: {
    readonly topic: string;
    readonly brokerName: string;
    readonly queueId: number;
    readonly from: number;
    readonly offset: number;
  },
): Move {
  const again = Math.max(0, from - to);
  const skipped = Math.max(0, to - from);
  return { group, topic, brokerName, queueId, from, to, again, skipped };
}

function factOf(moves: readonly Move[]): string {
  const sum = (count: (it: Move) => number) => moves.reduce((total, it) => total + count(it), 0);
  const moving = moves.filter((it) => it.from !== it.to).length;
  const again = sum((it) => it.again);
  const skipped = sum((it) => it.skipped);
  const what = [
    ...again > 0 ? [`${counted(again, "message")} consumed again`] : [],
    ...skipped > 0 ? [`${counted(skipped, "message")} never consumed`] : [],
  ];
  return `${moving} of ${counted(moves.length, "queue")} to be moved: ` +
    (what.join(", ") || "no message is consumed again or left out");
}
