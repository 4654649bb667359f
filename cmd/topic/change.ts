/**
 * `mq topic create` and `mq topic update`.
 *
 * @module
 */
import type { Admin } from "../../net/client/admin/admin.ts";
import type { BrokerChoice } from "../../net/client/admin/asking.ts";
import type { TopicSettings } from "../../net/client/admin/topic_changes.ts";
import type { TopicOfBroker } from "../../net/client/admin/topics.ts";
import { PERM } from "../../net/wire/topic_config.ts";
import { requireRelease5 } from "../cluster/broker_release.ts";
import { EXIT } from "../exit_code.ts";
import { Failure, usageFailure } from "../failure.ts";
import { type ClusterOptions, connectFrom } from "../option/cluster_option.ts";
import { agree } from "../option/yes_option.ts";
import { counted } from "../output/counted.ts";
import { type Field, openRows, type OutputOptions } from "../output/format_option.ts";
import { note, type Terminal } from "../terminal.ts";

/** What both commands may be asked. */
export interface ChangeTopicOptions extends ClusterOptions, OutputOptions {
  readonly queues?: number | undefined;
  readonly readQueues?: number | undefined;
  readonly writeQueues?: number | undefined;
  readonly perm?: number | undefined;
  readonly order?: boolean | undefined;
  /** `name=value`, or `name=` to remove it. */
  readonly attribute?: readonly string[] | undefined;
  readonly cluster?: string | undefined;
  readonly broker?: readonly string[] | undefined;
  readonly yes?: boolean | undefined;
}

const FIELDS: readonly Field[] = [
  { name: "topic", type: "string", about: "topic", width: 16 },
  { name: "brokerName", type: "string", about: "broker that has it", width: 12 },
  { name: "readQueues", type: "number", about: "queues to read", width: 10 },
  { name: "writeQueues", type: "number", about: "queues to write", width: 11 },
  { name: "perm", type: "number", about: "6 read and write, 4 read, 2 write", width: 4 },
  { name: "order", type: "boolean", about: "whether producers keep to its queues", width: 5 },
  { name: "attributes", type: "object", about: "of 5.x" },
  { name: "address", type: "string", about: "where the broker listens" },
];

/** Makes a topic, and prints it as its brokers have it. */
export async function createTopic(
  terminal: Terminal,
  topic: string,
  options: ChangeTopicOptions,
): Promise<number> {
  const rows = openRows(terminal, FIELDS, { ...options, layout: "measured" });
  if (rows === undefined) return EXIT.ok;
  const settings = settingsOf(options);
  await using client = connectFrom(terminal, options);
  const { admin } = client;
  const route = await admin.route(topic);
  if (route !== undefined) {
    const brokers = route.queueDatas.map((it) => it.brokerName).sort().join(" and ");
    throw new Failure(
      `Topic "${topic}" is there already, at ${brokers}; mq topic update changes it`,
    );
  }
  const { cluster, broker: brokers } = options;
  await checkAttributes(admin, settings, { cluster, brokers });
  await admin.createTopic(topic, { ...settings, cluster, brokers });
  const made = await madeTopic(admin, topic);
  for (const it of made) rows.row(it);
  rows.end();
  terminal.out.flush();
  for (const it of made) {
    const unread = writtenOnly(it);
    if (unread !== undefined) note(terminal, unread);
  }
  return EXIT.ok;
}

/** A broker tells its name server of a new topic before it answers; others hear within 30 s. */
async function madeTopic(admin: Admin, topic: string): Promise<readonly TopicOfBroker[]> {
  return await admin.route(topic) === undefined ? [] : await admin.topicConfig(topic);
}

/** Changes a topic, and prints it as its brokers have it now. */
export async function updateTopic(
  terminal: Terminal,
  topic: string,
  options: ChangeTopicOptions,
): Promise<number> {
  const rows = openRows(terminal, FIELDS, { ...options, layout: "measured" });
  if (rows === undefined) return EXIT.ok;
  const settings = settingsOf(options);
  if (Object.values(settings).every((it) => it === undefined)) {
    throw usageFailure("Nothing to change: give --queues, --perm, --order or --attribute");
  }
  await using client = connectFrom(terminal, options);
  const { admin } = client;
  const before = (await admin.topicConfig(topic))
    .filter((it) => options.broker?.includes(it.brokerName) ?? true);
  const facts = before.flatMap((it) => hidden(it, settings));
  if (facts.length > 0) {
    await agree(terminal, { what: `change topic "${topic}"`, facts, yes: options.yes });
  }
  await checkAttributes(admin, settings, { brokers: before.map((it) => it.brokerName) });
  await admin.updateTopic(topic, { ...settings, brokers: options.broker });
  for (const it of await admin.topicConfig(topic)) rows.row(it);
  rows.end();
  return EXIT.ok;
}

/** Brokers of 4.x take attributes, and forget them. */
async function checkAttributes(
  admin: Admin,
  { attributes }: TopicSettings,
  choice: BrokerChoice,
): Promise<void> {
  if (attributes !== undefined) await requireRelease5(admin, "--attribute", choice);
}

/** What cannot be read any more, and which order is kept no more. */
function hidden(before: TopicOfBroker, wanted: TopicSettings): string[] {
  const { brokerName, readQueues, writeQueues, perm, order } = before;
  const facts: string[] = [];
  const queues = wanted.writeQueues ?? writeQueues;
  if (order && wanted.order !== false && queues !== writeQueues) {
    facts.push(
      `${brokerName}: it is in order, and with ${counted(queues, "queue")} to write instead of ` +
        `${writeQueues} messages of a key overtake one another; mq topic expand keeps the order`,
    );
  }
  if ((wanted.readQueues ?? readQueues) < readQueues) {
    facts.push(
      `${brokerName}: queues ${wanted.readQueues} to ${readQueues - 1} can be read no more, ` +
        "with what is in them",
    );
  }
  if ((perm & PERM.READ) !== 0 && ((wanted.perm ?? perm) & PERM.READ) === 0) {
    facts.push(`${brokerName}: nobody can read it any more`);
  }
  if ((perm & PERM.WRITE) !== 0 && ((wanted.perm ?? perm) & PERM.WRITE) === 0) {
    facts.push(`${brokerName}: nobody can send to it any more`);
  }
  const after = { ...before, writeQueues: queues, readQueues: wanted.readQueues ?? readQueues };
  const unread = writtenOnly({ ...after, perm: wanted.perm ?? perm });
  if (unread !== undefined && unread !== writtenOnly(before)) facts.push(unread);
  return facts;
}

/** That messages are sent to queues nobody can read; `undefined` where none are. */
function writtenOnly({ brokerName, readQueues, writeQueues, perm }: TopicOfBroker) {
  const isBoth = (perm & PERM.READ) !== 0 && (perm & PERM.WRITE) !== 0;
  if (!isBoth || writeQueues <= readQueues) return undefined;
  const which = writeQueues - readQueues === 1
    ? `queue ${readQueues} is`
    : `queues ${readQueues} to ${writeQueues - 1} are`;
  return `${brokerName}: ${which} written and not read: nobody gets what is sent there`;
}

function settingsOf(options: ChangeTopicOptions): TopicSettings {
  const { queues, perm, order, attribute } = options;
  return {
    readQueues: options.readQueues ?? queues,
    writeQueues: options.writeQueues ?? queues,
    perm,
    order,
    attributes: attribute && Object.fromEntries(attribute.map(attributeOf)),
  };
}

function attributeOf(text: string): [name: string, value: string | null] {
  const at = text.indexOf("=");
  if (at < 1) throw usageFailure(`--attribute is "${text}", expected name=value`);
  return [text.slice(0, at), text.slice(at + 1) || null];
}
