/**
 * `mq dlq list`: which groups have dead letters, or the dead letters of one.
 *
 * @module
 */
import type { Client } from "../../net/client/client.ts";
import { requireBroker } from "../cluster/some_broker.ts";
import { EXIT } from "../exit_code.ts";
import { usageFailure } from "../failure.ts";
import { browse, type BrowseOptions } from "../message/browse.ts";
import { connectFrom } from "../option/cluster_option.ts";
import { type Field, openRows } from "../output/format_option.ts";
import type { Terminal } from "../terminal.ts";
import { DLQ_PREFIX } from "./dead_letter.ts";
import { hasDlqTopic } from "./dlq_topic.ts";

/** Fields of the list of groups. */
export const DLQ_FIELDS: readonly Field[] = [
  { name: "group", type: "string", about: "consumer group", width: 24 },
  { name: "messages", type: "number", about: "dead letters that are still kept", width: 8 },
  { name: "lastStoreTimestamp", type: "time", about: "when the newest came", width: 24 },
];

/** Lists groups, or the dead letters of one. */
export async function listDeadLetters(
  terminal: Terminal,
  group: string | undefined,
  options: BrowseOptions,
): Promise<number> {
  if (group !== undefined) {
    const isThere = ({ admin }: Client) => hasDlqTopic(terminal, admin, group);
    return await browse(terminal, DLQ_PREFIX + group, { ...options, isThere });
  }
  const { since, until, limit, format, follow } = options;
  if ([since, until, limit, format, follow].some((it) => it !== undefined)) {
    throw usageFailure("No group: name the one whose dead letters are meant");
  }
  const rows = openRows(terminal, DLQ_FIELDS, { ...options, layout: "measured" });
  if (rows === undefined) return EXIT.ok;
  await using client = connectFrom(terminal, options);
  const topics = (await client.admin.topics()).filter((it) => it.startsWith(DLQ_PREFIX));
  if (topics.length === 0) await requireBroker(client.admin);
  for (const topic of topics) {
    const { queues } = await client.admin.topicStats(topic);
    const messages = queues.reduce((sum, it) => sum + it.maxOffset - it.minOffset, 0);
    const newest = Math.max(0, ...queues.map((it) => it.lastStoreTimestamp ?? 0));
    rows.row({
      group: topic.slice(DLQ_PREFIX.length),
      messages,
      ...(newest > 0 && { lastStoreTimestamp: newest }),
    });
  }
  rows.end();
  return EXIT.ok;
}
