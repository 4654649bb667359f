/**
 * More queues for a topic whose messages are ordered by key, without a message overtaking another of
 * its key.
 *
 * Producers choose a queue by the hash of the key, modulo the number of queues. With a multiple of
 * the queues a key stays in its queue or goes to a new one. So producers get the new queues first,
 * and consumers only when they have read whatever was in the old ones by then:
 *
 * ```text
 * ready     read n, write n
 * settling  read n, write m   producers hear of the new queues, within half a minute each
 * draining  read n, write m   groups read what was in the old queues when all had heard: the marks
 * done      read m, write m
 * ```
 *
 * What is to be remembered stands in the name servers, so that whoever asks the next time, from
 * wherever, goes on there. Nothing is ever opened too early where that is lost: the marks are made
 * anew, further behind.
 *
 * @module
 */

import { parseFastJson } from "../../../store/fast_json.ts";
import { PERM } from "../../wire/topic_config.ts";
import { ClientError } from "../client_error.ts";
import type { Cluster } from "../cluster.ts";
import { brokersOfTopic, isRefusal } from "./asking.ts";
import { kvDelete, kvGet, kvPut } from "./kv.ts";
import { committedOffset, committedOffsets, queueRange, setOffset } from "./offsets.ts";
import { updateTopic } from "./topic_changes.ts";
import { namesWithin, topicConfig, topicGroups, topicGroupsOnWire, topicStats } from "./topics.ts";

/** How a topic is to grow. */
export interface ExpansionOptions {
  /** Queues it is to have, a multiple of those it has; default: twice as many. */
  readonly to?: number | undefined;
  /** Groups nobody waits for, such as those that are not used any more. */
  readonly ignoredGroups?: readonly string[] | undefined;
  /** Time producers have to hear of the new queues; default 60,000, twice their interval. */
  readonly settleMs?: number | undefined;
}

/** Where a topic stands on its way. */
export type ExpansionPhase = "ready" | "settling" | "draining" | "done";

/** What a group still has to read before the new queues may be read. */
export interface ExpansionBacklog {
  readonly group: string;
  readonly queueId: number;
  /** Where the group is, `undefined` where it never was. */
  readonly offset: number | undefined;
  /** Where it must be. */
  readonly mark: number;
}

/** A topic on its way to more queues. */
export interface TopicExpansion {
  readonly topic: string;
  readonly brokerName: string;
  /** Queues consumers read now, or read before it was done. */
  readonly from: number;
  readonly to: number;
  readonly phase: ExpansionPhase;
  /** Of `settling`: when the marks can be made, epoch ms. */
  readonly settledAt: number | undefined;
  /** Of `draining`: who keeps the new queues closed. Empty: the next step opens them. */
  readonly backlog: readonly ExpansionBacklog[];
}

/** Namespace of the name servers' values. */
const NAMESPACE = "MQ_TOPIC_EXPANSION";
const SETTLE_MS = 60_000;
const FACTOR = 2;
const QUEUES_MAX = 65_536;

/** What the name servers remember. */
interface Notes {
  readonly from: number;
  readonly to: number;
  /** When producers got the new queues, epoch ms. */
  readonly writtenAt: number;
  /** Offsets groups must have reached, by old queue; absent until producers have heard. */
  readonly marks?: readonly number[] | undefined;
}

/**
 * Where a topic stands; changes nothing.
 *
 * @throws {ClientError} `no-route` without the topic; `invalid` where it cannot grow to so many
 * queues, or not without messages overtaking others.
 */
export async function expansionOf(
  cluster: Cluster,
  topic: string,
  options: ExpansionOptions = {},
): Promise<TopicExpansion> {
  return (await look(cluster, topic, options)).expansion;
}

/**
 * Takes the next step that may be taken, if there is one, and tells where the topic stands then.
 * Call it until the phase is `done`; between two calls anything may happen, even nothing for days.
 *
 * @throws {ClientError} as {@linkcode expansionOf}, and `refused`.
 */
export async function expandTopic(
  cluster: Cluster,
  topic: string,
  options: ExpansionOptions = {},
): Promise<TopicExpansion> {
  const { expansion, notes } = await look(cluster, topic, options);
  const { from, to, phase, settledAt, backlog } = expansion;
  const now = cluster.now();
  if (phase === "ready") {
    // Noted before it is done: notes without new queues are made anew, new queues without notes wait.
    await putNotes(cluster, topic, { from, to, writtenAt: now });
    await updateTopic(cluster, topic, { writeQueues: to });
    await putNotes(cluster, topic, { from, to, writtenAt: cluster.now() });
  } else if (phase === "settling") {
    if (notes === undefined) await putNotes(cluster, topic, { from, to, writtenAt: now });
    else if (settledAt !== undefined && now >= settledAt) {
      await putNotes(cluster, topic, { ...notes, marks: await marksNow(cluster, topic, from) });
    } else return expansion;
  } else if (phase === "draining" && backlog.length === 0) {
    await beginAtFirst(cluster, expansion);
    await updateTopic(cluster, topic, { readQueues: to });
    await kvDelete(cluster, NAMESPACE, cluster.namespace.wrap(topic));
  } else return expansion;
  return { ...(await look(cluster, topic, { ...options, to })).expansion, from };
}

interface Looked {
  readonly expansion: TopicExpansion;
  readonly notes: Notes | undefined;
}

async function look(
  cluster: Cluster,
  topic: string,
  { to: wanted, ignoredGroups = [], settleMs = SETTLE_MS }: ExpansionOptions,
): Promise<Looked> {
  const { brokerName, readQueues, writeQueues } = await onlyBroker(cluster, topic);
  const notes = await notesOf(cluster, topic, { readQueues, writeQueues });
  const isUnderWay = writeQueues !== readQueues;
  const isDone = !isUnderWay && wanted === readQueues;
  const to = isUnderWay ? writeQueues : wanted ?? readQueues * FACTOR;
  const at = { topic, brokerName, from: readQueues, to, settledAt: undefined, backlog: [] };
  if (isDone) return { expansion: { ...at, phase: "done" }, notes };
  checkCounts(topic, { readQueues, to, wanted });
  if (!isUnderWay) return { expansion: { ...at, phase: "ready" }, notes };
  if (notes?.marks === undefined) {
    const writtenAt = Math.min(notes?.writtenAt ?? Infinity, cluster.now());
    const expansion = { ...at, phase: "settling" as const, settledAt: writtenAt + settleMs };
    return { expansion, notes };
  }
  const backlog = await backlogOf(cluster, topic, { marks: notes.marks, ignoredGroups });
  return { expansion: { ...at, phase: "draining", backlog }, notes };
}

/** With the queues of several brokers in one row, a key would go from one old queue to another. */
async function onlyBroker(cluster: Cluster, topic: string) {
  const brokers = await brokersOfTopic(cluster, topic);
  const [config] = await topicConfig(cluster, topic);
  const problem = brokers.length > 1
    ? `it is on ${brokers.map((it) => it.brokerName).join(" and ")}, and with more queues keys ` +
      "would move from one broker's queues to the other's, which are read already"
    : config === undefined
    ? "its broker does not have it"
    : (config.perm & PERM.WRITE) === 0 || (config.perm & PERM.READ) === 0
    ? `its perm is ${config.perm}, expected 6`
    : undefined;
  if (config !== undefined && problem === undefined) return config;
  throw cannot(topic, problem ?? "nobody has it");
}

function checkCounts(
  topic: string,
  { readQueues, to, wanted }: {
    readonly readQueues: number;
    readonly to: number;
    readonly wanted: number | undefined;
  },
): void {
  if (wanted !== undefined && wanted !== to) {
    throw cannot(topic, `it is on its way to ${to} queues, not to ${wanted}`);
  }
  if (!Number.isInteger(to) || to > QUEUES_MAX) {
    throw cannot(topic, `${to} is no number of queues, expected at most ${QUEUES_MAX}`);
  }
  if (to <= readQueues || to % readQueues !== 0) {
    throw cannot(topic, `it has ${readQueues} queues to read and ${to} is no multiple of that`);
  }
}

/** Notes about another step than the one the topic is at are of no use. */
async function notesOf(
  cluster: Cluster,
  topic: string,
  { readQueues, writeQueues }: { readonly readQueues: number; readonly writeQueues: number },
): Promise<Notes | undefined> {
  const text = await kvGet(cluster, NAMESPACE, cluster.namespace.wrap(topic));
  if (text === undefined) return undefined;
  try {
    const notes = parseFastJson(text) as Notes;
    const isOwn = notes.from === readQueues && notes.to === writeQueues &&
      Number.isSafeInteger(notes.writtenAt) &&
      (notes.marks === undefined || notes.marks.length === readQueues);
    return isOwn ? notes : undefined;
  } catch {
    return undefined;
  }
}

async function putNotes(cluster: Cluster, topic: string, notes: Notes): Promise<void> {
  const key = cluster.namespace.wrap(topic);
  await kvPut(cluster, NAMESPACE, { key, value: JSON.stringify(notes) });
}

/**
 * Lets all groups begin at the first message of the new queues. Of themselves many begin behind the
 * last one of a queue they have never seen.
 */
async function beginAtFirst(
  cluster: Cluster,
  { topic, brokerName, from, to }: TopicExpansion,
): Promise<void> {
  const groups = await topicGroups(cluster, topic);
  for (let queueId = from; queueId < to; queueId++) {
    const queue = { topic, brokerName, queueId };
    const { min } = await queueRange(cluster, queue);
    await Promise.all(groups.map(async (group) => {
      // Brokers of 4.x say 0 for a queue that is new, and not for long.
      if ((await committedOffset(cluster, group, queue) ?? 0) > 0) return;
      await setOffset(cluster, group, { ...queue, offset: min }).catch((error) => {
        // Its offsets are what is left of a group that was removed.
        if (!isRefusal(error, "SUBSCRIPTION_GROUP_NOT_EXIST")) throw error;
      });
    }));
  }
}

/** How far the old queues are written now. */
async function marksNow(cluster: Cluster, topic: string, from: number): Promise<number[]> {
  const { queues } = await topicStats(cluster, topic);
  return Array.from({ length: from }, (_, queueId) => {
    return queues.find((it) => it.queueId === queueId)?.maxOffset ?? 0;
  });
}

async function backlogOf(
  cluster: Cluster,
  topic: string,
  { marks, ignoredGroups }: {
    readonly marks: readonly number[];
    readonly ignoredGroups: readonly string[];
  },
): Promise<readonly ExpansionBacklog[]> {
  const found = await topicGroupsOnWire(cluster, topic);
  // Their offsets cannot be asked for: names get the namespace of this client.
  const stranger = found.find((it) =>
    namesWithin(cluster, [it]).length === 0 && !ignoredGroups.includes(it)
  );
  if (stranger !== undefined) {
    throw cannot(topic, `group "${stranger}", which consumes it, is not of this namespace`);
  }
  const groups = namesWithin(cluster, found).filter((it) => !ignoredGroups.includes(it));
  const backlog = await Promise.all(groups.map(async (group) => {
    const committed = await committedOffsets(cluster, group, topic);
    return marks.flatMap((mark, queueId) => {
      const offset = committed.find((it) => it.queueId === queueId)?.offset;
      return (offset ?? 0) >= mark ? [] : [{ group, queueId, offset, mark }];
    });
  }));
  return backlog.flat();
}

function cannot(topic: string, reason: string): ClientError {
  return new ClientError(`Cannot expand topic "${topic}": ${reason}`, { kind: "invalid" });
}
