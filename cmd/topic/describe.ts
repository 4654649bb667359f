/**
 * `mq topic describe`: what a topic is like, how far its queues are written, who consumes it.
 *
 * @module
 */
import type { Admin } from "../../net/client/admin/admin.ts";
import type { TopicOfBroker } from "../../net/client/admin/topics.ts";
import { EXIT } from "../exit_code.ts";
import { type ClusterOptions, connectFrom } from "../option/cluster_option.ts";
import { counted } from "../output/counted.ts";
import { type Field, openRows, type OutputOptions } from "../output/format_option.ts";
import type { Terminal } from "../terminal.ts";

/** What `mq topic describe` may be asked. */
export type DescribeTopicOptions = ClusterOptions & OutputOptions;

const FIELDS: readonly Field[] = [
  { name: "kind", type: "string", about: "broker, queue, group, or summary: the last", width: 7 },
  { name: "topic", type: "string", about: "topic" },
  { name: "brokerName", type: "string", about: "broker", width: 12 },
  { name: "queueId", type: "number", about: "number of a queue", width: 7 },
  { name: "minOffset", type: "number", about: "oldest offset of a queue", width: 9 },
  { name: "maxOffset", type: "number", about: "offset its next message gets", width: 9 },
  { name: "messages", type: "number", about: "messages that are there", width: 8 },
  { name: "lastStoreTimestamp", type: "time", about: "time of its newest message", width: 24 },
  { name: "group", type: "string", about: "group that consumes the topic, or did", width: 12 },
  { name: "lag", type: "number", about: "messages the group has not consumed", width: 6 },
  { name: "members", type: "number", about: "members of the group that are online", width: 7 },
  { name: "readQueues", type: "number", about: "of a broker: queues to read" },
  { name: "writeQueues", type: "number", about: "of a broker: queues to write" },
  { name: "perm", type: "number", about: "of a broker: 6 read and write, 4 read, 2 write" },
  { name: "order", type: "boolean", about: "of a broker: whether producers keep to its queues" },
  { name: "attributes", type: "object", about: "of a broker of 5.x" },
  { name: "address", type: "string", about: "of a broker: where it listens" },
  { name: "note", type: "string", about: "in tables: the rest in words", width: 0, from: noteOf },
];

/** Prints a topic. */
export async function describeTopic(
  terminal: Terminal,
  topic: string,
  options: DescribeTopicOptions,
): Promise<number> {
  const rows = openRows(terminal, FIELDS, { ...options, layout: "measured" });
  if (rows === undefined) return EXIT.ok;
  await using client = connectFrom(terminal, options);
  const { admin } = client;
  const [configs, { queues }, groups] = await Promise.all([
    admin.topicConfig(topic),
    admin.topicStats(topic),
    groupsOf(admin, topic),
  ]);
  const configOf = new Map(configs.map((it) => [it.brokerName, it]));
  for (const config of configs) rows.row({ kind: "broker", ...config });
  let messages = 0;
  for (const queue of queues) {
    const count = queue.maxOffset - queue.minOffset;
    messages += count;
    rows.row({
      kind: "queue",
      ...queue,
      messages: count,
      use: useOf(queue.queueId, configOf.get(queue.brokerName)),
    });
  }
  for (const group of groups) rows.row({ kind: "group", topic, ...group });
  rows.row({ kind: "summary", topic, queues: queues.length, messages });
  rows.end();
  return EXIT.ok;
}

async function groupsOf(admin: Admin, topic: string) {
  const groups = await admin.topicGroups(topic);
  return await Promise.all(groups.map(async (group) => {
    const { lag, members } = await admin.progress(group, { topic, owners: false });
    return {
      group,
      lag,
      members: members.members.length,
      ...(members.messageModel !== "" && { messageModel: members.messageModel }),
    };
  }));
}

/** Queues that are only written, or only read, while a topic grows or shrinks. */
function useOf(queueId: number, config: TopicOfBroker | undefined): string | undefined {
  if (config === undefined) return undefined;
  const isRead = queueId < config.readQueues;
  const isWritten = queueId < config.writeQueues;
  if (isRead === isWritten) return undefined;
  return isRead ? "read only" : "written only";
}

function noteOf(row: object): string | undefined {
  const it = row as TopicOfBroker & {
    readonly kind: string;
    readonly use?: string;
    readonly messageModel?: string;
    readonly queues?: number;
  };
  if (it.kind === "queue") return it.use;
  if (it.kind === "group") return it.messageModel?.toLowerCase();
  if (it.kind === "summary") return counted(it.queues ?? 0, "queue");
  const attributes = Object.entries(it.attributes).map(([key, value]) => `, ${key} ${value}`);
  return `${it.address}: ${it.readQueues} to read, ${it.writeQueues} to write, perm ${it.perm}` +
    `${it.order ? ", order" : ""}${attributes.join("")}`;
}
