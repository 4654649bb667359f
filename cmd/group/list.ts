/**
 * `mq group list`: the consumer groups of a cluster.
 *
 * @module
 */
import type { Admin } from "../../net/client/admin/admin.ts";
import { isOwnGroup } from "../cluster/own_names.ts";
import { requireBroker } from "../cluster/some_broker.ts";
import { EXIT } from "../exit_code.ts";
import { type ClusterOptions, connectFrom } from "../option/cluster_option.ts";
import { type Field, openRows, type OutputOptions } from "../output/format_option.ts";
import type { Terminal } from "../terminal.ts";

/** What `mq group list` may be asked. */
export interface ListGroupsOptions extends ClusterOptions, OutputOptions {
  readonly cluster?: string | undefined;
  readonly all?: boolean | undefined;
}

const FIELDS: readonly Field[] = [
  { name: "group", type: "string", about: "consumer group", width: 24 },
  { name: "members", type: "number", about: "members that are online", width: 7 },
  { name: "lag", type: "number", about: "messages not consumed, retries included", width: 8 },
  { name: "consumeTps", type: "number", about: "messages consumed a second", width: 10 },
  { name: "topics", type: "list", about: "topics it has offsets in", width: 0 },
  { name: "messageModel", type: "string", about: "CLUSTERING or BROADCASTING, while online" },
  { name: "consumeType", type: "string", about: "how it consumes, while online" },
];

/** Groups asked about at once. */
const AT_ONCE = 8;

/** Lists groups. */
export async function listGroups(terminal: Terminal, options: ListGroupsOptions): Promise<number> {
  const rows = openRows(terminal, FIELDS, { ...options, layout: "measured" });
  if (rows === undefined) return EXIT.ok;
  await using client = connectFrom(terminal, options);
  const names = (await client.admin.groups({ cluster: options.cluster }))
    .filter((name) => options.all === true || !isOwnGroup(name));
  if (names.length === 0) await requireBroker(client.admin);
  for (let at = 0; at < names.length && !rows.closed; at += AT_ONCE) {
    const some = names.slice(at, at + AT_ONCE);
    const found = await Promise.all(some.map((name) => rowOf(client.admin, name)));
    for (const row of found) rows.row(row);
  }
  rows.end();
  return EXIT.ok;
}

async function rowOf(admin: Admin, group: string) {
  const { queues, lag, consumeTps, members } = await admin.progress(group, { owners: false });
  return {
    group,
    members: members.members.length,
    lag,
    consumeTps: Math.round(consumeTps * 100) / 100,
    topics: [...new Set(queues.map((it) => it.topic))],
    ...(members.members.length > 0 && {
      messageModel: members.messageModel,
      consumeType: members.consumeType,
    }),
  };
}
