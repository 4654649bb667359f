/**
 * `mq topic list`: the topics of a cluster.
 *
 * @module
 */
import type { TopicOfBroker } from "../../net/client/admin/topics.ts";
import { topicKindIn } from "../cluster/own_names.ts";
import { noBroker } from "../cluster/some_broker.ts";
import { EXIT } from "../exit_code.ts";
import type { TopicKind } from "../inspect/topic_kind.ts";
import { type ClusterOptions, connectFrom } from "../option/cluster_option.ts";
import { type Field, openRows, type OutputOptions } from "../output/format_option.ts";
import type { Terminal } from "../terminal.ts";

/** What `mq topic list` may be asked. */
export interface ListTopicsOptions extends ClusterOptions, OutputOptions {
  readonly cluster?: string | undefined;
  readonly all?: boolean | undefined;
}

const FIELDS: readonly Field[] = [
  { name: "topic", type: "string", about: "topic", width: 24 },
  { name: "kind", type: "string", about: "user, retry, dead-letter, or the system's", width: 11 },
  { name: "readQueues", type: "number", about: "queues to read, of all brokers", width: 10 },
  { name: "writeQueues", type: "number", about: "queues to write, of all brokers", width: 11 },
  { name: "perm", type: "number", about: "6 read and write, 4 read, 2 write", width: 4 },
  { name: "order", type: "boolean", about: "whether producers keep to its queues" },
  { name: "brokers", type: "list", about: "brokers that have it", width: 0 },
  { name: "attributes", type: "object", about: "of 5.x" },
];

/** What is not the brokers' own. */
const USERS: ReadonlySet<TopicKind> = new Set<TopicKind>(["user", "retry", "dead-letter", "light"]);

/** Lists topics. */
export async function listTopics(terminal: Terminal, options: ListTopicsOptions): Promise<number> {
  const rows = openRows(terminal, FIELDS, { ...options, layout: "measured" });
  if (rows === undefined) return EXIT.ok;
  await using client = connectFrom(terminal, options);
  const { cluster } = options;
  const [brokers, configs] = await Promise.all([
    client.admin.clusterInfo({ cluster }),
    client.admin.allTopics({ cluster }),
  ]);
  if (brokers.length === 0) throw noBroker();
  const byTopic = [...Map.groupBy(configs, (it) => it.topic)];
  for (const [topic, found] of byTopic.sort(([one], [other]) => one < other ? -1 : 1)) {
    const kind = topicKindIn(brokers, topic);
    if (options.all === true || USERS.has(kind)) rows.row(rowOf(topic, { kind, found }));
  }
  rows.end();
  return EXIT.ok;
}

function rowOf(
  topic: string,
  { kind, found }: { readonly kind: string; readonly found: readonly TopicOfBroker[] },
) {
  const sum = (count: (it: TopicOfBroker) => number) => {
    return found.reduce((total, it) => total + count(it), 0);
  };
  return {
    topic,
    kind,
    readQueues: sum((it) => it.readQueues),
    writeQueues: sum((it) => it.writeQueues),
    // What may be done with it anywhere.
    perm: found.reduce((bits, it) => bits | it.perm, 0),
    order: found.some((it) => it.order),
    brokers: found.map((it) => it.brokerName).sort(),
    attributes: found[0]?.attributes ?? {},
  };
}
