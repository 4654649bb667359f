/**
 * Delayed and timed messages: each comes when it is due, over a crash, over a stop, and over a change
 * between this project's broker and Java's on one store.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { BrokerConf, Cluster } from "../cluster.ts";
import type { SendCounts } from "../clients.ts";
import type { Received, Sent } from "../message.ts";
import { notEnding } from "../mq_command.ts";
import { sideBySide, type Stage } from "../stage.ts";
import { SMALL_FILES } from "../store_copies.ts";
import type { JavaVersion } from "../toolchain.ts";

/** Timer log files of a hundred units, so that some are filled. */
const CONF: BrokerConf = {
  ...SMALL_FILES,
  mappedFileSizeTimerLog: String(100 * 52 + 16),
  recallMessageEnable: "true",
};

/** All eighteen levels, in seconds. */
const SHORT_LEVELS = Array.from({ length: 18 }, (_, nth) => nth % 9 + 1);
/** The first of Java's: mq verify knows no others. */
const JAVAS_LEVELS = [1, 5, 10];

/** A slot of the timer wheel is delivered when it is over. */
const SLOT_MS = 1000;
/** Room for machines with more to do than time. */
const LATE_MS = 2000;
/** Deliveries that are repeated after a crash: those since the last save, as of Java. */
const REPEATED_MS = { timed: 2500, delayed: 11_000 };

const WAIT_MS = 20_000;
const TIMED: SendCounts = { timed: 150, fromMs: 4000, stepMs: 40, recalled: 10 };

/** When the broker was down, epoch milliseconds. */
interface Outage {
  readonly from: number;
  readonly to: number;
  readonly isCrash: boolean;
}

/** The scenario. */
export async function timers(stage: Stage): Promise<void> {
  await overCrash(stage);
  if (!stage.isMq) {
    return stage.report.skip("timers: stores change hands", "one broker is this one");
  }
  await sideBySide(["ours", "javas"] as const, (first) => betweenBrokers(stage, first));
}

/** Clients of all releases send to the target, which is killed before all is due. */
async function overCrash(stage: Stage): Promise<void> {
  const since = Date.now();
  const levelsS = SHORT_LEVELS;
  const messageDelayLevel = levelsS.map((seconds) => `${seconds}s`).join(" ");
  await using cluster = await stage.start({ conf: { ...CONF, messageDelayLevel } });
  // A broker of 4.9.7 knows no timed messages.
  const timed = stage.target === "java-4.9.7" ? {} : TIMED;
  const counts = { ...timed, levels: levelsS.length };
  const sent = await Promise.all(stage.clientVersions.map((version) => {
    return sendAll(stage, { cluster, version, counts });
  }));
  await sleep(4500);
  const from = Date.now();
  await cluster.kill9();
  await cluster.restart();
  const outage = { from, to: Date.now(), isCrash: true };
  await sideBySide(stage.clientVersions, async (version, nth) => {
    const topic = topicOf(version);
    const messages = await arrived(stage, { cluster, version, sent: sent[nth]! });
    stage.report.check(
      `timers: ${sent[nth]!.length} messages of a ${version} client to "${topic}" come when they ` +
        "are due, over a crash of the broker",
      untimely(sent[nth]!, messages, { outage, levelsS }),
      since,
    );
  });
}

/** Messages wait in the store of one broker and come from the other. */
async function betweenBrokers(stage: Stage, first: "ours" | "javas"): Promise<void> {
  const since = Date.now();
  const version = "5.5.0";
  const levelsS = JAVAS_LEVELS;
  const store = stage.folder("timed-store");
  const start = (which: "ours" | "javas") => {
    const options = { store, conf: CONF };
    return which === "ours" ? stage.start(options) : stage.startJava(version, options);
  };
  let sent: Sent[];
  let from: number;
  {
    await using cluster = await start(first);
    const counts = { ...TIMED, fromMs: 3000, stepMs: 50, levels: levelsS.length };
    sent = await sendAll(stage, { cluster, version, counts });
    await sleep(1500);
    from = Date.now();
    await cluster.stop();
  }
  const mq = await stage.mq();
  const flaws = await notEnding(mq, ["verify", store], [0]);
  const second = first === "ours" ? "javas" : "ours";
  await using cluster = await start(second);
  const outage = { from, to: Date.now(), isCrash: false };
  const messages = await arrived(stage, { cluster, version, sent });
  await cluster.stop();
  flaws.push(...await notEnding(mq, ["verify", store], [0]));
  const [one, other] = first === "ours"
    ? ["this broker", "Java 5.5.0"]
    : ["Java 5.5.0", "this broker"];
  stage.report.check(
    `timers: ${sent.length} messages that ${one} took come from ${other} on the same store when ` +
      "they are due, and mq verify finds nothing",
    [...flaws, ...untimely(sent, messages, { outage, levelsS })],
    since,
  );
}

function topicOf(version: JavaVersion): string {
  return `T_timers_${version.replaceAll(".", "_")}`;
}

async function sendAll(
  stage: Stage,
  { cluster, version, counts }: { cluster: Cluster; version: JavaVersion; counts: SendCounts },
): Promise<Sent[]> {
  const client = await stage.javaClient(version, cluster);
  return await client.send(topicOf(version), counts);
}

/** What came to the topic, by a consumer's count, and then as it is stored. */
async function arrived(
  stage: Stage,
  { cluster, version, sent }: { cluster: Cluster; version: JavaVersion; sent: readonly Sent[] },
): Promise<readonly Received[]> {
  const client = await stage.javaClient(version, cluster);
  const topic = topicOf(version);
  const expect = sent.filter(({ recalled }) => recalled !== true).length;
  const distinct = { expect, distinct: true, timeoutMs: WAIT_MS };
  await client.consume({ topic, group: `G_${topic}`, ...distinct });
  return (await client.pullAll([topic])).messages;
}

/** Messages that came early, late, never or too often. */
function untimely(
  sent: readonly Sent[],
  received: readonly Received[],
  { outage, levelsS }: { readonly outage: Outage; readonly levelsS: readonly number[] },
): string[] {
  const differences: string[] = [];
  const times = new Map<string, number[]>();
  for (const { properties, storeTimestamp } of received) {
    const no = properties["no"] ?? "";
    times.set(no, [...times.get(no) ?? [], storeTimestamp]);
  }
  for (const message of sent) {
    const { no, status, recalled } = message;
    const [first, ...more] = times.get(no)?.sort((a, b) => a - b) ?? [];
    const due = dueOf(message, levelsS);
    if (recalled === true) {
      if (first !== undefined) differences.push(`${no}: came though it was taken back`);
    } else if (status !== "SEND_OK") differences.push(`${no}: ${status}`);
    else if (first === undefined) differences.push(`${no}: never came, due ${iso(due.to)}`);
    else {
      const isDown = due.to + LATE_MS > outage.from && due.from < outage.to;
      const latest = (isDown ? Math.max(due.to, outage.to) : due.to) + LATE_MS;
      if (first < due.from || first > latest) {
        differences.push(`${no}: came ${iso(first)}, due ${iso(due.from)} to ${iso(latest)}`);
      }
      const repeatedMs = due.isTimed ? REPEATED_MS.timed : REPEATED_MS.delayed;
      const isRepeat = outage.isCrash && first <= outage.to && first > outage.from - repeatedMs;
      if (more.length > (isRepeat ? 1 : 0)) {
        differences.push(`${no}: came ${1 + more.length} times`);
      }
    }
  }
  return differences;
}

/** Between when a message has to come. */
function dueOf({ properties, sentAfter, sentBefore }: Sent, levelsS: readonly number[]) {
  const level = Number(properties["DELAY"] ?? 0);
  const delayMs = level > 0
    ? levelsS[level - 1]! * 1000
    : Number(properties["TIMER_DELAY_SEC"] ?? 0) * 1000 + Number(properties["TIMER_DELAY_MS"] ?? 0);
  const deliverMs = Number(properties["TIMER_DELIVER_MS"] ?? 0);
  const isTimed = level === 0;
  const from = deliverMs > 0 ? deliverMs : sentAfter + delayMs;
  const to = (deliverMs > 0 ? deliverMs : sentBefore + delayMs) + (isTimed ? SLOT_MS : 0);
  return { from, to, isTimed };
}

function iso(time: number): string {
  return new Date(time).toISOString().slice(11, 23);
}
