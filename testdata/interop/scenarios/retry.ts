/**
 * A group that fails: what it fails with comes again after the delay of its level, marked as Java marks
 * it, until it succeeds or ends in the group's dead letter queue. With consumers of Java and of Go.
 *
 * A consumer of Go finds the queue of what comes again with the next look for routes, every 30 s, which is
 * why that is there before its group is. An orderly one tries once more than it is told to, and hands over
 * what it gives up as others do what they fail with, to the broker that marks it.
 *
 * @module
 */

import { fieldDifferences } from "../compare.ts";
import type { Cluster } from "../cluster.ts";
import { notTheList } from "../deliveries.ts";
import type { GoSession } from "../go_session.ts";
import type { Received } from "../message.ts";
import type { Delivered, JavaSession } from "../session.ts";
import { sideBySide, type Stage } from "../stage.ts";

const COUNT = 30;
/** maxReconsumeTimes. */
const RETRIES = 2;
/** How often a listener fails with each message, in turn; the last never succeeds. */
const FAILS = [0, 1, 9] as const;
/** The first retry waits for level 3, the second for level 4. */
const DELAYS = "1s 1s 1s 2s 1s";
const FIRST_LEVEL = 3;
const DELAYS_MS = [1_000, 2_000] as const;
/** The clock that is compared with is another process's. */
const EARLY_MS_MAX = 50;

/** The scenario. */
export async function retry(stage: Stage): Promise<void> {
  await using cluster = await stage.start({ conf: { messageDelayLevel: DELAYS } });
  await sideBySide(stage.clientVersions, async (version) => {
    await using session = await stage.javaSession(version, cluster);
    const topic = `T_retry_${version.replaceAll(".", "_")}`;
    await session.admin(["updateTopic", "-b", cluster.broker, "-t", topic, "-r", "4", "-w", "4"]);
    await session.send({ topic, mark: "m", count: COUNT, fails: FAILS.join(",") });
    const failing = { session, judge: session, client: version, topic };
    await concurrently(stage, failing);
    await orderly(stage, failing);
    if (version === stage.clientVersions[0]) await ofGo(stage, { cluster, judge: session });
  });
}

interface Failing {
  /** Where the consumers are. */
  readonly session: JavaSession | GoSession;
  /** Reads the dead letters. */
  readonly judge: JavaSession;
  /** What checks call the client. */
  readonly client: string;
  readonly topic: string;
}

async function ofGo(
  stage: Stage,
  { cluster, judge }: { readonly cluster: Cluster; readonly judge: JavaSession },
): Promise<void> {
  await using session = await stage.goSession(cluster);
  stage.report.note(
    "retry go: one of Go looks for new queues every 30 s, so those of its retries are there before it; " +
      "an orderly one tries once more than it is told to",
  );
  const failing = { session, judge, client: "go", topic: "T_retry_go" };
  const create = (topic: string, queues: string) =>
    judge.admin(["updateTopic", "-b", cluster.broker, "-t", topic, "-r", queues, "-w", queues]);
  await create(failing.topic, "4");
  await create(`%RETRY%${groupOf(failing, "concurrently")}`, "1");
  await session.send({ topic: failing.topic, mark: "m", count: COUNT, fails: FAILS.join(",") });
  await Promise.all([concurrently(stage, failing), orderly(stage, failing)]);
}

function groupOf({ client }: Failing, how: "concurrently" | "orderly"): string {
  return `G_${how}_${client.replaceAll(".", "_")}`;
}

/** The broker takes back what failed, and keeps it for the delay of its level. */
async function concurrently(stage: Stage, of: Failing): Promise<void> {
  const { topic } = of;
  const group = groupOf(of, "concurrently");
  const name = `retry ${of.client}`;
  const received = await failing(stage, { ...of, group, orderly: false });
  const again = received.filter(({ reconsumeTimes }) => reconsumeTimes > 0);
  const firsts = new Map(
    received.filter(({ reconsumeTimes }) => reconsumeTimes === 0).map((row) => [row.msgId, row]),
  );
  const retryTopic = `%RETRY%${group}`;
  stage.report.check(
    `${name}: each of ${again.length} retries as Java marks it`,
    again.flatMap((message) => {
      const first = firsts.get(message.msgId);
      if (first === undefined) return [`${message.msgId}: never received before`];
      const level = FIRST_LEVEL + message.reconsumeTimes - 1;
      return [
        ...fieldDifferences(message.msgId, kept(first), message),
        ...fieldDifferences(message.msgId, { topic, queueId: 0 }, message),
        ...fieldDifferences(message.msgId, {
          ...own(first),
          ...marks(first, retryTopic),
          DELAY: `${level}`,
        }, own(message)),
      ];
    }),
  );
  const early = again.flatMap((message) => {
    const before = received.find(({ msgId, reconsumeTimes }) =>
      msgId === message.msgId && reconsumeTimes === message.reconsumeTimes - 1
    );
    const waited = (message.beganMicros - (before?.endedMicros ?? NaN)) / 1_000;
    const delay = DELAYS_MS[message.reconsumeTimes - 1] ?? NaN;
    return waited >= delay - EARLY_MS_MAX ? [] : [`${message.msgId}: ${waited} of ${delay} ms`];
  });
  stage.report.check(`${name}: and not before its time`, early);
  await deadLetters(stage, {
    ...of,
    group,
    expected: (message) => {
      const first = firsts.get(message.msgId);
      return first && {
        message: { ...kept(first), reconsumeTimes: RETRIES + 1 },
        properties: { ...own(first), ...marks(first, retryTopic), DELAY: "0" },
      };
    },
  });
}

/** The consumer itself tries again, and hands over what it gives up. */
async function orderly(stage: Stage, of: Failing): Promise<void> {
  const { topic, client } = of;
  const group = groupOf(of, "orderly");
  const received = await failing(stage, { ...of, group, orderly: true });
  const firsts = new Map(
    received.filter(({ reconsumeTimes }) => reconsumeTimes === 0).map((row) => [row.msgId, row]),
  );
  // The client of 5.x counts the last time, too.
  const times = client === "4.9.7" ? RETRIES : RETRIES + 1;
  await deadLetters(stage, {
    ...of,
    group,
    expected: (message) => {
      const first = firsts.get(message.msgId);
      if (client === "go") {
        return first && {
          // It counts by itself.
          message: { ...kept(first), reconsumeTimes: 1 },
          properties: {
            ...own(first),
            RETRY_TOPIC: topic,
            ORIGIN_MESSAGE_ID: first.offsetMsgId,
            DELAY: "0",
          },
        };
      }
      return first && {
        message: {
          msgId: first.msgId,
          bodySha256: first.bodySha256,
          flag: first.flag,
          reconsumeTimes: times,
        },
        properties: {
          ...own(first),
          RETRY_TOPIC: topic,
          ORIGIN_MESSAGE_ID: first.msgId,
          RECONSUME_TIME: `${times}`,
          MAX_RECONSUME_TIMES: `${RETRIES}`,
          ...stage.target === "java-4.9.7" ? delayedFirst(group) : { DELAY: "-1" },
        },
      };
    },
  });
}

/** The broker of 4.9.7 lets the delay pass that the client asked for, those of 5.x do not. */
function delayedFirst(group: string): Record<string, string> {
  const delay = `${FIRST_LEVEL + RETRIES}`;
  return { DELAY: delay, REAL_TOPIC: `%DLQ%${group}`, REAL_QID: "0" };
}

/** What a consumer received of messages it fails with as often as they say. */
async function failing(
  stage: Stage,
  { session, client, topic, group, orderly }: Failing & { group: string; orderly: boolean },
): Promise<readonly Delivered[]> {
  const since = Date.now();
  const consumer = orderly ? "orderly" : "concurrently";
  await session.push({ name: consumer, group, topic, orderly, retries: RETRIES });
  const received = () => session.received().filter((row) => row.consumer === consumer);
  const retries = client === "go" && orderly ? RETRIES + 1 : RETRIES;
  const expected = FAILS.map((fails) => [...Array(Math.min(fails, retries) + 1).keys()]);
  const left = await session.settled(() => {
    const times = Map.groupBy(received(), ({ properties }) => properties["no"]);
    return Array.from({ length: COUNT }, (_, index) => {
      const rows = times.get(`m-${index}`) ?? [];
      const found = rows.map(({ reconsumeTimes }) => reconsumeTimes);
      return notTheList(`m-${index}`, expected[index % FAILS.length] ?? [], found);
    }).flat();
  });
  stage.report.check(
    `retry ${client}: consumed ${consumer}, each message comes as often as it fails`,
    left,
    since,
  );
  return received();
}

interface DeadLetters extends Failing {
  readonly group: string;
  /** What a dead letter looks like; nothing for one that should not be there. */
  readonly expected: (
    message: Received,
  ) => { readonly message: object; readonly properties: object } | undefined;
}

/** Exactly the messages that never succeed are in the group's dead letter queue. */
async function deadLetters(
  stage: Stage,
  { judge, client, group, expected }: DeadLetters,
): Promise<void> {
  const since = Date.now();
  const topic = `%DLQ%${group}`;
  const hopeless = Array.from({ length: COUNT }, (_, index) => `m-${index}`)
    .filter((_, index) => (FAILS[index % FAILS.length] ?? 0) > RETRIES).sort();
  let messages: readonly Received[] = [];
  const left = await judge.settled(async () => {
    ({ messages } = await judge.pullAll([topic]));
    const found = messages.map(({ properties }) => properties["no"]).sort();
    return notTheList("dead letters", hopeless, found);
  });
  const differences = messages.flatMap((message) => {
    const { message: fields, properties } = expected(message) ?? { message: {}, properties: {} };
    return [
      ...fieldDifferences(message.msgId, { topic, queueId: 0, ...fields }, message),
      ...fieldDifferences(message.msgId, properties, own(message)),
      ...fieldDifferences(message.msgId, own(message), properties),
    ];
  });
  stage.report.check(
    `retry ${client}: ${topic} has the ${hopeless.length} that never succeed, as Java does`,
    [...left, ...differences],
    since,
  );
}

/** What stays of a message however often it comes. */
function kept({ msgId, bodySha256, flag, bornTimestamp, bornHost }: Received): object {
  return { msgId, bodySha256, flag, bornTimestamp, bornHost };
}

/** What a broker adds to a message that goes to `topic`, the message it was first. */
function marks(first: Received, topic: string): Record<string, string> {
  return {
    RETRY_TOPIC: first.topic,
    ORIGIN_MESSAGE_ID: first.offsetMsgId,
    REAL_TOPIC: topic,
    REAL_QID: "0",
  };
}

/**
 * Properties without those clients add when they hand a message out, the cluster's, and what its sender
 * waited for.
 */
function own({ properties }: Received): Record<string, string> {
  const added = new Set(["CLUSTER", "CONSUME_START_TIME", "MAX_OFFSET", "MIN_OFFSET", "WAIT"]);
  return Object.fromEntries(Object.entries(properties).filter(([key]) => !added.has(key)));
}
