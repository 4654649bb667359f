/**
 * `mq group describe`: settings, members, subscriptions and lag of a consumer group.
 *
 * @module
 */
import type { GroupOfBroker } from "../../net/client/admin/groups.ts";
import { EXIT } from "../exit_code.ts";
import { type ClusterOptions, connectFrom } from "../option/cluster_option.ts";
import { counted } from "../output/counted.ts";
import { type Field, openRows, type OutputOptions } from "../output/format_option.ts";
import type { Terminal } from "../terminal.ts";
import { noGroup } from "./known_group.ts";

/** What `mq group describe` may be asked. */
export type DescribeGroupOptions = ClusterOptions & OutputOptions;

const FIELDS: readonly Field[] = [
  {
    name: "kind",
    type: "string",
    about: "broker, member, subscription, topic, or summary: the last",
    width: 12,
  },
  { name: "group", type: "string", about: "consumer group" },
  { name: "brokerName", type: "string", about: "broker that has settings of it", width: 12 },
  { name: "topic", type: "string", about: "topic", width: 20 },
  { name: "clientId", type: "string", about: "member that is online", width: 24 },
  { name: "lag", type: "number", about: "messages it has not consumed", width: 8 },
  { name: "consumeEnable", type: "boolean", about: "of a broker: whether it may consume" },
  { name: "consumeBroadcastEnable", type: "boolean", about: "of a broker: also in broadcast mode" },
  { name: "retryMaxTimes", type: "number", about: "of a broker: retries before dead letters" },
  { name: "retryQueueNums", type: "number", about: "of a broker: queues of its retry topic" },
  { name: "address", type: "string", about: "of a broker, of a member" },
  { name: "language", type: "string", about: "of a member" },
  { name: "version", type: "string", about: "of a member" },
  { name: "expression", type: "string", about: "of a subscription" },
  { name: "expressionType", type: "string", about: "of a subscription: TAG or SQL92" },
  { name: "queues", type: "number", about: "of a topic: queues it has offsets in" },
  { name: "messageModel", type: "string", about: "of the summary: CLUSTERING or BROADCASTING" },
  { name: "consumeType", type: "string", about: "of the summary: how it consumes" },
  { name: "consumeFromWhere", type: "string", about: "of the summary: where it begins" },
  { name: "consumeTps", type: "number", about: "of the summary: messages a second" },
  { name: "members", type: "number", about: "of the summary: members that are online" },
  { name: "note", type: "string", about: "in tables: the rest in words", width: 0, from: noteOf },
];

/** Prints a group. */
export async function describeGroup(
  terminal: Terminal,
  group: string,
  options: DescribeGroupOptions,
): Promise<number> {
  const rows = openRows(terminal, FIELDS, { ...options, layout: "measured" });
  if (rows === undefined) return EXIT.ok;
  await using client = connectFrom(terminal, options);
  const { admin } = client;
  const [configs, progress] = await Promise.all([
    admin.groupConfig(group),
    admin.progress(group, { owners: false }),
  ]);
  const { members, queues, lag, consumeTps } = progress;
  if (configs.length === 0 && queues.length === 0 && members.members.length === 0) {
    throw await noGroup(admin, group);
  }
  for (const config of configs) rows.row({ kind: "broker", ...config });
  for (const member of members.members) rows.row({ kind: "member", group, ...member });
  for (const it of members.subscriptions) rows.row({ kind: "subscription", group, ...it });
  for (const [topic, of] of Map.groupBy(queues, (it) => it.topic)) {
    const left = of.reduce((sum, it) => sum + it.lag, 0);
    rows.row({ kind: "topic", group, topic, queues: of.length, lag: left });
  }
  const { messageModel, consumeType, consumeFromWhere } = members;
  const online = members.members.length;
  rows.row({
    kind: "summary",
    group,
    lag,
    consumeTps,
    members: online,
    ...(online > 0 && { messageModel, consumeType, consumeFromWhere }),
  });
  rows.end();
  return EXIT.ok;
}

function noteOf(row: object): string {
  const it = row as {
    readonly kind: string;
    readonly address: string;
    readonly language: string;
    readonly version: string;
    readonly expression: string;
    readonly expressionType: string;
    readonly queues: number;
    readonly members: number;
    readonly messageModel?: string;
    readonly consumeType?: string;
  };
  switch (it.kind) {
    case "broker":
      return settingsText(row as GroupOfBroker);
    case "member":
      return `${it.address}, ${it.language} ${it.version}`;
    case "subscription":
      return it.expressionType === "TAG" ? it.expression : `${it.expressionType}: ${it.expression}`;
    case "topic":
      return counted(it.queues, "queue");
    default:
      return it.members === 0
        ? "nobody is online"
        : `${counted(it.members, "member")} online, ${it.messageModel?.toLowerCase()}`;
  }
}

function settingsText(config: GroupOfBroker): string {
  const cannot = [
    !config.consumeEnable && "may not consume",
    !config.consumeBroadcastEnable && "may not broadcast",
  ].filter((it) => it !== false);
  return [
    `${config.address}: ${counted(config.retryMaxTimes, "retry")} in ${
      counted(config.retryQueueNums, "queue")
    }`,
    ...cannot,
  ].join(", ");
}
