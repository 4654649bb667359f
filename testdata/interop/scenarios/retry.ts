/**
 * A group that fails: what it fails with comes again after the delay of its level, marked as Java marks
 * it, until it succeeds or ends in the group's dead letter queue.
 *
 * @module
 */

import { fieldDifferences } from "../compare.ts";
import { notTheList } from "../deliveries.ts";
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
    await concurrently(stage, { session, topic });
    await orderly(stage, { session, topic });
  });
}

interface Failing {
  readonly session: JavaSession;
  readonly topic: string;
}

/** The broker takes back what failed, and keeps it for the delay of its level. */
async function concurrently(stage: Stage, { session, topic }: Failing): Promise<void> {
  const group = `G_concurrently_${session.version.replaceAll(".", "_")}`;
  const name = `retry ${session.version}`;
  const received = await failing(stage, { session, topic, group, orderly: false });
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
    session,
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
async function orderly(stage: Stage, { session, topic }: Failing): Promise<void> {
  const group = `G_orderly_${session.version.replaceAll(".", "_")}`;
  const received = await failing(stage, { session, topic, group, orderly: true });
  const firsts = new Map(
    received.filter(({ reconsumeTimes }) => reconsumeTimes === 0).map((row) => [row.msgId, row]),
  );
  // The client of 5.x counts the last time, too.
  const times = session.version === "4.9.7" ? RETRIES : RETRIES + 1;
  await deadLetters(stage, {
    session,
    group,
    expected: (message) => {
      const first = firsts.get(message.msgId);
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
  { session, topic, group, orderly }: Failing & { group: string; orderly: boolean },
): Promise<readonly Delivered[]> {
  const since = Date.now();
  const consumer = orderly ? "orderly" : "concurrently";
  await session.push({ name: consumer, group, topic, orderly, retries: RETRIES });
  const received = () => session.received().filter((row) => row.consumer === consumer);
  const expected = FAILS.map((fails) => [...Array(Math.min(fails, RETRIES) + 1).keys()]);
  const left = await session.settled(() => {
    const times = Map.groupBy(received(), ({ properties }) => properties["no"]);
    return Array.from({ length: COUNT }, (_, index) => {
      const rows = times.get(`m-${index}`) ?? [];
      const found = rows.map(({ reconsumeTimes }) => reconsumeTimes);
      return notTheList(`m-${index}`, expected[index % FAILS.length] ?? [], found);
    }).flat();
  });
  stage.report.check(
    `retry ${session.version}: consumed ${consumer}, each message comes as often as it fails`,
    left,
    since,
  );
  return received();
}

interface DeadLetters {
  readonly session: JavaSession;
  readonly group: string;
  /** What a dead letter looks like; nothing for one that should not be there. */
  readonly expected: (
    message: Received,
  ) => { readonly message: object; readonly properties: object } | undefined;
}

/** Exactly the messages that never succeed are in the group's dead letter queue. */
async function deadLetters(
  stage: Stage,
  { session, group, expected }: DeadLetters,
): Promise<void> {
  const since = Date.now();
  const topic = `%DLQ%${group}`;
  const hopeless = Array.from({ length: COUNT }, (_, index) => `m-${index}`)
    .filter((_, index) => (FAILS[index % FAILS.length] ?? 0) > RETRIES).sort();
  let messages: readonly Received[] = [];
  const left = await session.settled(async () => {
    ({ messages } = await session.pullAll([topic]));
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
    `retry ${session.version}: ${topic} has the ${hopeless.length} that never succeed, as Java does`,
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
