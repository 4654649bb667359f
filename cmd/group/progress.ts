/**
 * `mq group progress`: how far a group is in each queue.
 *
 * @module
 */
import { EXIT } from "../exit_code.ts";
import { type ClusterOptions, connectFrom } from "../option/cluster_option.ts";
import { counted } from "../output/counted.ts";
import { type Field, openRows, type OutputOptions } from "../output/format_option.ts";
import { note, type Terminal } from "../terminal.ts";
import { checkGroup } from "./known_group.ts";

/** What `mq group progress` may be asked. */
export interface ProgressOptions extends ClusterOptions, OutputOptions {
  readonly topic?: string | undefined;
}

const FIELDS: readonly Field[] = [
  { name: "kind", type: "string", about: "queue, or summary: the last line", width: 7 },
  { name: "group", type: "string", about: "consumer group" },
  { name: "topic", type: "string", about: "topic", width: 16 },
  { name: "brokerName", type: "string", about: "broker", width: 10 },
  { name: "queueId", type: "number", about: "number of the queue", width: 7 },
  { name: "brokerOffset", type: "number", about: "offset its next message gets", width: 12 },
  {
    name: "consumerOffset",
    type: "number",
    about: "offset of the first message the group has not consumed; 0 if it never committed",
    width: 14,
  },
  { name: "lag", type: "number", about: "messages the group has not consumed", width: 8 },
  {
    name: "lastStoreTimestamp",
    type: "time",
    about: "when the message consumed last was stored",
    width: 24,
  },
  { name: "clientId", type: "string", about: "member that has the queue", width: 0 },
  { name: "members", type: "number", about: "of the summary: members that are online" },
  { name: "consumeTps", type: "number", about: "of the summary: messages a second" },
];

/** Prints how far a group is. */
export async function groupProgress(
  terminal: Terminal,
  group: string,
  options: ProgressOptions,
): Promise<number> {
  const rows = openRows(terminal, FIELDS, { ...options, layout: "measured" });
  if (rows === undefined) return EXIT.ok;
  await using client = connectFrom(terminal, options);
  const { topic } = options;
  const { queues, lag, consumeTps, members, silent } = await client.admin.progress(group, {
    topic,
  });
  await checkGroup(client.admin, group, { progress: { queues, members }, topic });
  for (const queue of queues) rows.row({ kind: "queue", group, ...queue });
  rows.row({ kind: "summary", group, lag, members: members.members.length, consumeTps });
  rows.end();
  terminal.out.flush();
  if (silent.length > 0) {
    const who = `${counted(silent.length, "member")}: ${silent.join(", ")}`;
    note(terminal, `${who} did not tell which queues they have`);
  }
  return EXIT.ok;
}
