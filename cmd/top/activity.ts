/**
 * What goes on in a cluster: how fast topics grow, and how fast groups follow them. Rates are
 * differences of offsets, so they are those of any broker, whatever it counts.
 *
 * @module
 */
import type { Admin } from "../../net/client/admin/admin.ts";
import { ClientError } from "../../net/client/client_error.ts";
import { isOwnGroup, topicKindIn } from "../cluster/own_names.ts";
import type { TopicKind } from "../inspect/topic_kind.ts";

/** Offsets at one moment. */
export interface Snapshot {
  /** Milliseconds on a clock that only goes forward. */
  readonly at: number;
  /** Messages ever, by topic. */
  readonly topics: ReadonlyMap<string, number>;
  readonly groups: ReadonlyMap<string, GroupSnapshot>;
  /** What could not be asked. */
  readonly failures: readonly string[];
}

/** How far a group is. */
export interface GroupSnapshot {
  /** Messages consumed ever. */
  readonly consumed: number;
  readonly lag: number;
  readonly members: number;
}

/** One line of the table. */
export interface ActivityRow {
  readonly kind: "topic" | "group";
  readonly name: string;
  /** Messages a second: sent to a topic, consumed by a group. */
  readonly perSecond: number;
  /** Of a topic: messages ever. Of a group: messages not consumed. */
  readonly total?: number;
  readonly lag?: number;
  readonly members?: number;
}

/** What is looked at. */
export interface Scope {
  /** Whether topics and groups of the system are, too. */
  readonly all?: boolean | undefined;
}

/** Questions under way at once: a cluster has better things to do. */
const QUESTIONS_MAX = 8;
/** What users send to; what is given back and given up shows in the lag of its group. */
const SENT_TO: ReadonlySet<TopicKind> = new Set<TopicKind>(["user", "light"]);

/** Asks a cluster once. A topic or group that goes meanwhile is left out. */
export async function snapshot(
  admin: Pick<Admin, "topics" | "groups" | "topicStats" | "progress" | "clusterInfo">,
  { all = false, now }: Scope & { readonly now: () => number },
): Promise<Snapshot> {
  const topics = new Map<string, number>();
  const groups = new Map<string, GroupSnapshot>();
  const failures: string[] = [];
  const at = now();
  const [brokers, topicNames, groupNames] = await Promise.all([
    admin.clusterInfo(),
    admin.topics(),
    admin.groups(),
  ]);
  const isShown = (topic: string) => all || SENT_TO.has(topicKindIn(brokers, topic));
  const questions = [
    ...topicNames.filter(isShown).map((name) => async () => {
      const { queues } = await admin.topicStats(name);
      topics.set(name, queues.reduce((sum, it) => sum + it.maxOffset, 0));
    }),
    ...groupNames.filter((name) => all || !isOwnGroup(name)).map((name) => async () => {
      const { queues, lag, members } = await admin.progress(name);
      if (queues.length === 0 && members.members.length === 0) return;
      const consumed = queues.reduce((sum, it) => sum + it.consumerOffset, 0);
      groups.set(name, { consumed, lag, members: members.members.length });
    }),
  ];
  const worker = async () => {
    for (let ask = questions.shift(); ask !== undefined; ask = questions.shift()) {
      await ask().catch((error) => {
        if (!(error instanceof ClientError && error.kind === "no-route")) {
          failures.push((error as Error).message);
        }
      });
    }
  };
  await Promise.all(Array.from({ length: QUESTIONS_MAX }, worker));
  return { at, topics, groups, failures };
}

/** What went on between two moments: topics by their rate, then groups by their lag. */
export function activity(before: Snapshot, after: Snapshot): ActivityRow[] {
  const seconds = Math.max(after.at - before.at, 1) / 1000;
  const rate = (now: number, then: number | undefined) => {
    return then === undefined ? 0 : Math.max(0, Math.round((now - then) / seconds * 10) / 10);
  };
  const topics = [...after.topics].map(([name, total]): ActivityRow => {
    return { kind: "topic", name, perSecond: rate(total, before.topics.get(name)), total };
  });
  const groups = [...after.groups].map(([name, { consumed, lag, members }]): ActivityRow => {
    const perSecond = rate(consumed, before.groups.get(name)?.consumed);
    return { kind: "group", name, perSecond, lag, members };
  });
  const byName = (one: ActivityRow, other: ActivityRow) => one.name < other.name ? -1 : 1;
  topics.sort((one, other) => other.perSecond - one.perSecond || byName(one, other));
  groups.sort((one, other) => {
    return other.lag! - one.lag! || other.perSecond - one.perSecond || byName(one, other);
  });
  return [...topics, ...groups];
}
