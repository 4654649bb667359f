/**
 * More queues for a topic whose messages are ordered by key, without a message overtaking another of
 * its key.
 *
 * Producers choose a queue by the hash of the key, modulo the number of queues. With a multiple of
 * the queues a key stays in its queue or goes to a new one, at several brokers if one grows at a time
 * (see `expansion_plan.ts`). So producers get the new queues first, and consumers only when they have
 * read whatever was in the old ones by then:
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

import { PERM } from "../../wire/topic_config.ts";
import { ClientError } from "../client_error.ts";
import type { Cluster } from "../cluster.ts";
import { isRefusal } from "./asking.ts";
import { dropNotes, type ExpansionNotes, notesOf, putNotes } from "./expansion_notes.ts";
import {
  type BrokerQueues,
  type ExpansionStep,
  readQueuesOf,
  stepsTo,
  stepUnderWay,
} from "./expansion_plan.ts";
import { orderConfOf } from "./kv.ts";
import { committedOffset, committedOffsets, queueRange, setOffset } from "./offsets.ts";
import { updateTopic } from "./topic_changes.ts";
import { namesWithin, topicConfig, topicGroups, topicGroupsOnWire, topicStats } from "./topics.ts";

/** How a topic is to grow. */
export interface ExpansionOptions {
  /**
   * Queues all its brokers are to have together, a multiple of those they have; default: twice as
   * many.
   */
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
  readonly brokerName: string;
  readonly queueId: number;
  /** Where the group is, `undefined` where it never was. */
  readonly offset: number | undefined;
  /** Where it must be. */
  readonly mark: number;
}

/** A topic on its way to more queues. */
export interface TopicExpansion {
  readonly topic: string;
  /** Broker that gets the new queues; of `done` where there are several it may be unknown. */
  readonly brokerName: string | undefined;
  /** Queues of all brokers consumers read now, or read before it was done. */
  readonly from: number;
  /** Queues of all brokers when this step is done. */
  readonly to: number;
  readonly phase: ExpansionPhase;
  /** What brokers get, in this step and those behind it; of `done` nothing. */
  readonly steps: readonly ExpansionStep[];
  /** Of `settling`: when the marks can be made, epoch ms. */
  readonly settledAt: number | undefined;
  /** Of `draining`: who keeps the new queues closed. Empty: the next step opens them. */
  readonly backlog: readonly ExpansionBacklog[];
}

type Marks = NonNullable<ExpansionNotes["marks"]>;

const SETTLE_MS = 60_000;
const FACTOR = 2;
const QUEUES_MAX = 65_536;

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
  const { expansion, state: { brokers, notes, isConfigured } } = await look(
    cluster,
    topic,
    options,
  );
  const { from, to, phase, steps: [step], settledAt, backlog } = expansion;
  if (step === undefined) return expansion;
  const { brokerName } = step;
  const queues = Object.fromEntries(brokers.map((it) => [it.brokerName, it.readQueues]));
  const note = () =>
    putNotes(cluster, topic, { brokerName, to: step.to, queues, writtenAt: cluster.now() });
  if (phase === "ready" || (phase === "settling" && !isConfigured)) {
    // Noted before it is done: notes without new queues are made anew, new queues without notes wait.
    await note();
    await updateTopic(cluster, topic, { writeQueues: step.to, brokers: [brokerName] });
    await note();
  } else if (phase === "settling") {
    if (notes === undefined) await note();
    else if (settledAt !== undefined && cluster.now() >= settledAt) {
      await putNotes(cluster, topic, { ...notes, marks: await marksNow(cluster, topic, brokers) });
    } else return expansion;
  } else if (phase === "draining" && backlog.length === 0) {
    await beginAtFirst(cluster, topic, step);
    await updateTopic(cluster, topic, { readQueues: step.to, brokers: [brokerName] });
    await dropNotes(cluster, topic);
  } else return expansion;
  const next = await look(cluster, topic, { ...options, to: options.to ?? to });
  return next.expansion.phase === "done" ? { ...next.expansion, brokerName, from } : next.expansion;
}

/** What brokers and name servers say. */
interface State {
  readonly brokers: readonly BrokerQueues[];
  readonly underWay: ExpansionStep | undefined;
  /** Those about the step under way. */
  readonly notes: ExpansionNotes | undefined;
  /** Whether producers that keep to the order configuration can hear of all queues. */
  readonly isConfigured: boolean;
}

async function look(
  cluster: Cluster,
  topic: string,
  { to: wanted, ignoredGroups = [], settleMs = SETTLE_MS }: ExpansionOptions,
): Promise<{ readonly expansion: TopicExpansion; readonly state: State }> {
  const state = await stateOf(cluster, topic);
  const { brokers, underWay, notes, isConfigured } = state;
  const from = readQueuesOf(brokers);
  const open = { topic, from, settledAt: undefined, backlog: [] };
  if (underWay === undefined && wanted === from) {
    const brokerName = brokers.length === 1 ? brokers[0]!.brokerName : undefined;
    return { expansion: { ...open, brokerName, to: from, phase: "done", steps: [] }, state };
  }
  const next = underWay === undefined ? undefined : from + underWay.to - underWay.from;
  const goal = wanted ?? next ?? from * FACTOR;
  checkGoal(topic, { from, next, goal });
  const steps = underWay === undefined
    ? stepsTo(goal, brokers)
    : [underWay, ...stepsTo(goal, after(brokers, underWay))];
  const [step] = steps;
  const to = from + step!.to - step!.from;
  const at = { ...open, brokerName: step!.brokerName, to, steps };
  if (underWay === undefined) return { expansion: { ...at, phase: "ready" }, state };
  if (notes?.marks === undefined || !isConfigured) {
    const writtenAt = Math.min(notes?.writtenAt ?? Infinity, cluster.now());
    return { expansion: { ...at, phase: "settling", settledAt: writtenAt + settleMs }, state };
  }
  const backlog = await backlogOf(cluster, topic, { marks: notes.marks, ignoredGroups });
  return { expansion: { ...at, phase: "draining", backlog }, state };
}

function after(brokers: readonly BrokerQueues[], { brokerName, to }: ExpansionStep) {
  return brokers.map((it) => it.brokerName === brokerName ? { ...it, readQueues: to } : it);
}

async function stateOf(cluster: Cluster, topic: string): Promise<State> {
  const [configs, notes, order] = await Promise.all([
    topicConfig(cluster, topic),
    notesOf(cluster, topic),
    orderConfOf(cluster, topic),
  ]);
  if (configs.length === 0) throw cannot(topic, "its brokers do not have it");
  const wrong = configs.find(({ perm }) => (perm & PERM.WRITE) === 0 || (perm & PERM.READ) === 0);
  if (wrong !== undefined) {
    const where = configs.length === 1 ? "its perm" : `its perm at ${wrong.brokerName}`;
    throw cannot(topic, `${where} is ${wrong.perm}, expected 6`);
  }
  const underWay = stepUnderWay(configs);
  if (typeof underWay === "string") throw cannot(topic, underWay);
  const isOwn = notes !== undefined && underWay !== undefined &&
    notes.brokerName === underWay.brokerName && notes.to === underWay.to;
  // Queues of one that does not answer are not in the row any more, nor in anybody's sight.
  const known = [...order.keys(), ...(isOwn ? Object.keys(notes.queues) : [])];
  const away = known.find((name) => configs.every((it) => it.brokerName !== name));
  if (away !== undefined) throw cannot(topic, `broker ${away}, which has queues of it, is away`);
  const isSame = isOwn &&
    configs.every((it) => notes.queues[it.brokerName] === it.readQueues);
  return {
    brokers: configs,
    underWay,
    notes: isSame ? notes : undefined,
    isConfigured: isConfigured(topic, { order, configs, underWay }),
  };
}

/** The order configuration is written behind the topic: where it was stopped between, it is late. */
function isConfigured(
  topic: string,
  { order, configs, underWay }: {
    readonly order: ReadonlyMap<string, number>;
    readonly configs: readonly BrokerQueues[];
    readonly underWay: ExpansionStep | undefined;
  },
): boolean {
  if (order.size === 0) return true;
  const late = configs.filter((it) => order.get(it.brokerName) !== it.writeQueues);
  for (const { brokerName, writeQueues } of late) {
    const count = order.get(brokerName) ?? 0;
    if (brokerName === underWay?.brokerName && count === underWay.from) continue;
    throw cannot(
      topic,
      `its order configuration says ${brokerName}:${count}, and ${writeQueues} queues are written`,
    );
  }
  return late.length === 0;
}

function checkGoal(
  topic: string,
  { from, next, goal }: {
    readonly from: number;
    /** Queues when the step under way is done. */
    readonly next: number | undefined;
    readonly goal: number;
  },
): void {
  if (next !== undefined && goal % next !== 0) {
    throw cannot(topic, `it is on its way to ${next} queues, and ${goal} is no multiple of that`);
  }
  if (!Number.isInteger(goal) || goal > QUEUES_MAX) {
    throw cannot(topic, `${goal} is no number of queues, expected at most ${QUEUES_MAX}`);
  }
  if (goal < from || goal % from !== 0) {
    throw cannot(topic, `it has ${from} queues to read and ${goal} is no multiple of that`);
  }
}

/**
 * Lets all groups begin at the first message of the new queues. Of themselves many begin behind the
 * last one of a queue they have never seen.
 */
async function beginAtFirst(
  cluster: Cluster,
  topic: string,
  { brokerName, from, to }: ExpansionStep,
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
async function marksNow(
  cluster: Cluster,
  topic: string,
  brokers: readonly BrokerQueues[],
): Promise<Marks> {
  const { queues } = await topicStats(cluster, topic);
  const written = new Map(queues.map((it) => [`${it.brokerName} ${it.queueId}`, it.maxOffset]));
  return Object.fromEntries(brokers.map(({ brokerName, readQueues }) => {
    const offsets = Array.from({ length: readQueues }, (_, queueId) => {
      return written.get(`${brokerName} ${queueId}`) ?? 0;
    });
    return [brokerName, offsets];
  }));
}

async function backlogOf(
  cluster: Cluster,
  topic: string,
  { marks, ignoredGroups }: {
    readonly marks: Marks;
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
    const reached = new Map(committed.map((it) => [`${it.brokerName} ${it.queueId}`, it.offset]));
    return Object.entries(marks).flatMap(([brokerName, offsets]) =>
      offsets.flatMap((mark, queueId) => {
        const offset = reached.get(`${brokerName} ${queueId}`);
        return (offset ?? 0) >= mark ? [] : [{ group, brokerName, queueId, offset, mark }];
      })
    );
  }));
  return backlog.flat();
}

function cannot(topic: string, reason: string): ClientError {
  return new ClientError(`Cannot expand topic "${topic}": ${reason}`, { kind: "invalid" });
}
