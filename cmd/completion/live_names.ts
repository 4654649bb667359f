/**
 * Names of topics, groups, clusters and brokers of the cluster a command line is about, for the completion of shells. A
 * cluster that does not answer at once has none: nobody waits at the Tab key.
 *
 * @module
 */
import type { Client } from "../../net/client/client.ts";
import { isOwnGroup, topicKindIn } from "../cluster/own_names.ts";
import type { TopicKind } from "../inspect/topic_kind.ts";
import { connectFrom } from "../option/cluster_option.ts";
import { Out } from "../output/out.ts";
import type { Terminal } from "../terminal.ts";
import type { LiveKind, LiveQuestion } from "./live_question.ts";

const TIMEOUT_MS = 500;
const USERS: ReadonlySet<TopicKind> = new Set<TopicKind>(["user", "retry", "dead-letter", "light"]);

/** The names that may follow, sorted. Never throws. */
export async function liveNames(
  terminal: Terminal,
  question: LiveQuestion,
): Promise<readonly string[]> {
  const late = Promise.withResolvers<readonly string[]>();
  const timer = setTimeout(() => late.resolve([]), TIMEOUT_MS);
  try {
    return await Promise.race([asked(terminal, question).catch(() => []), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function asked(
  terminal: Terminal,
  { kind, namesrv, prefix = "", current = "" }: LiveQuestion,
): Promise<readonly string[]> {
  // What is noted would stand in the middle of the line being written.
  const silent = { ...terminal, err: new Out(() => true) };
  const timeouts = { requestTimeoutMs: TIMEOUT_MS, connectTimeoutMs: TIMEOUT_MS };
  await using client: Client = connectFrom(silent, { namesrv }, timeouts);
  const names = await ASKED[kind](client);
  const isBegun = current.length > prefix.length;
  return names.filter(({ isOwn }) => isBegun || !isOwn).map(({ name }) => prefix + name)
    .filter((name) => name.startsWith(current));
}

/** A name; those of brokers and tools come only to who begins to write one. */
interface Name {
  readonly name: string;
  readonly isOwn: boolean;
}

const ASKED: Readonly<Record<LiveKind, (client: Client) => Promise<readonly Name[]>>> = {
  topic: topics,
  group: groups,
  cluster: async ({ admin }) => known((await admin.clusterInfo()).map((it) => it.cluster)),
  broker: async ({ admin }) => known((await admin.clusterInfo()).map((it) => it.brokerName)),
};

function known(names: readonly string[]): readonly Name[] {
  return [...new Set(names)].sort().map((name) => ({ name, isOwn: false }));
}

async function topics({ admin }: Client): Promise<readonly Name[]> {
  const [names, brokers] = await Promise.all([admin.topics(), admin.clusterInfo()]);
  return names.map((name) => ({ name, isOwn: !USERS.has(topicKindIn(brokers, name)) }));
}

async function groups({ admin }: Client): Promise<readonly Name[]> {
  return (await admin.groups()).map((name) => ({ name, isOwn: isOwnGroup(name) }));
}
