/**
 * Consumers: how fast Java's own push consumer gets through what lies there, and how soon it has what
 * comes in, on every contender by turns.
 *
 * @module
 */
import type { Cluster } from "../testdata/interop/cluster.ts";
import { connect } from "../net/client/client.ts";
import {
  anonymousBytes,
  contest,
  cpuUs,
  middle,
  type Rounds,
  showRounds,
  showTimes,
} from "./contest.ts";
import type { Child } from "../testdata/interop/child.ts";
import { JavaProgram } from "./java_program.ts";
import { CLIENT_JVM, openRound, pullRound, TOPIC } from "./loads.ts";
import { type Goal, median, row, say, spread } from "./report.ts";
import { type RunOptions, spansOf } from "./run_options.ts";

const CLIENT_VERSION = "5.5.0";
const BODY_BYTES = 1024;
const TIMEOUT_MS = 180_000;
const MESSAGES_PER_SECOND = 30_000;
const FILL_BATCH = 500;
/** Most messages of a call of the listener: the client's default, and a batch. */
const BATCHES = [1, 32] as const;
const BACKLOG_GOAL: Goal = { figure: 1.2, words: "1.2 times" };

interface Drained {
  readonly perSecond: number;
  readonly brokerUs: number;
  readonly anonymousBytes: number;
}

/** A backlog in memory: 1 KiB messages, as many as take about the measured seconds. */
export async function benchConsumeBacklog(options: RunOptions): Promise<void> {
  const { rounds, seconds } = spansOf(options);
  const count = seconds * MESSAGES_PER_SECOND;
  using program = await JavaProgram.compile("Drain", CLIENT_VERSION);
  const all = await contest(rounds, async (cluster) => {
    await fillTopic(cluster.namesrv, TOPIC, count);
    const drained: Drained[] = [];
    for (const batch of BATCHES) {
      drained.push(await drain(cluster, program, { count, batch }));
    }
    return drained;
  });
  for (const [at, batch] of BATCHES.entries()) {
    const part: Rounds<string, Drained> = new Map(
      [...all].map(([name, drained]) => [name, drained.map((it) => it[at]!)]),
    );
    say(`${count} messages of ${BODY_BYTES} B, Java consumer ${CLIENT_VERSION}, calls of ${batch}`);
    showDrained(part);
    showTimes(part, (it) => it.perSecond, { goal: BACKLOG_GOAL });
    showTimes(part, (it) => it.brokerUs, { what: ", processor time" });
  }
}

function showDrained(all: Rounds<string, Drained>): void {
  for (const [name, rounds] of all) {
    const mib = middle(rounds, (it) => it.anonymousBytes) / 2 ** 20;
    say(
      `  ${name.padEnd(11)} ${spread(rounds.map((it) => it.perSecond), 0)}/s, ` +
        `broker ${middle(rounds, (it) => it.brokerUs).toFixed(1)} µs a message, ` +
        `${mib.toFixed(0)} MiB anonymous`,
    );
  }
}

/** Sends a count of messages in batches, through this project's client. */
export async function fillTopic(nameServers: string, topic: string, count: number): Promise<void> {
  await using client = connect({ nameServers });
  await using producer = client.producer({ group: "bench_fill" });
  const body = new Uint8Array(BODY_BYTES).fill(0x78);
  for (let sent = 0; sent < count; sent += FILL_BATCH) {
    const length = Math.min(FILL_BATCH, count - sent);
    await producer.sendBatch(Array.from({ length }, () => ({ topic, body })));
  }
}

async function drain(
  cluster: Cluster,
  program: JavaProgram,
  { count, batch }: { readonly count: number; readonly batch: number },
): Promise<Drained> {
  const args = ["backlog", cluster.namesrv, TOPIC, String(count), String(batch)];
  await using consumer = program.start(args, CLIENT_JVM);
  const { spentUs, result } = await measured(consumer, cluster);
  return {
    perSecond: Number(result["perSecond"]),
    brokerUs: spentUs / count,
    anonymousBytes: anonymousBytes(cluster),
  };
}

/** Follows a Java program to its result; the broker's processor time is that of the measured part. */
async function measured(
  child: Child,
  cluster: Cluster,
): Promise<{ spentUs: number; result: Record<string, number> }> {
  await child.line((line) => line.includes('"measuring"'), TIMEOUT_MS);
  const before = cpuUs(cluster);
  await child.line((line) => line.includes('"measured"'), TIMEOUT_MS);
  const spentUs = cpuUs(cluster) - before;
  const line = await child.line((line) => line.includes("perSecond"), TIMEOUT_MS);
  return { spentUs, result: JSON.parse(line) };
}

/** Messages that a light puller goes through over and over. */
const LIGHT_COUNT = 100_000;

/** Pulls of a backlog in memory by a client that costs next to nothing. */
export async function benchConsumeLight(options: RunOptions): Promise<void> {
  const { rounds, seconds, warmupSeconds } = spansOf(options);
  const all = await contest(rounds, async (cluster) => {
    await fillTopic(cluster.namesrv, TOPIC, LIGHT_COUNT);
    return await pullRound(cluster, { seconds, warmupSeconds });
  });
  showRounds(`light puller, one connection with 8 pulls under way, ${BODY_BYTES} B`, all);
  showTimes(all, (it) => it.perSecond);
  showTimes(all, (it) => it.brokerUs, { what: ", processor time" });
}

const RATE = 10_000;
const ARRIVAL_GOAL: Goal = { figure: 5, words: "5 ms", atMost: true };
/** A virtual machine that starts, and consumers that find each other. */
const START_SECONDS = 8;

interface Arrived {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly perSecond: number;
  /** Processor time of the broker for a message that is sent and consumed. */
  readonly brokerUs: number;
}

/** A fixed rate sent to a consumer that waits. */
export async function benchConsumeArrival(options: RunOptions): Promise<void> {
  const { rounds, seconds, warmupSeconds } = spansOf(options);
  using program = await JavaProgram.compile("Drain", CLIENT_VERSION);
  const all = await contest(rounds, (cluster) => {
    return arrival(cluster, program, { seconds, warmupSeconds });
  });
  say(
    `from store to Java consumer ${CLIENT_VERSION}, ${RATE} messages a second of ${BODY_BYTES} B`,
  );
  for (const [name, some] of all) {
    say(
      `  ${name.padEnd(11)} p50 ${middle(some, (it) => it.p50Ms)} ms, ` +
        `p99 ${spread(some.map((it) => it.p99Ms), 0)} ms, ` +
        `longest ${Math.max(...some.map((it) => it.maxMs))} ms, ` +
        `${Math.round(middle(some, (it) => it.perSecond))}/s, ` +
        `broker ${middle(some, (it) => it.brokerUs).toFixed(1)} µs a message`,
    );
  }
  const p99 = all.get("mq")!.map((it) => it.p99Ms);
  row("  mq, p99 ms", spread(p99, 0), { figure: median(p99), goal: ARRIVAL_GOAL });
}

async function arrival(
  cluster: Cluster,
  program: JavaProgram,
  { seconds, warmupSeconds }: { readonly seconds: number; readonly warmupSeconds: number },
): Promise<Arrived> {
  // A topic that the name server does not know yet is looked for again only after half a minute.
  await openRound(cluster, { rate: 100, bodyBytes: BODY_BYTES, warmupSeconds: 1, seconds: 1 });
  const args = ["arrival", cluster.namesrv, TOPIC, String(warmupSeconds), String(seconds)];
  await using consumer = program.start(args, CLIENT_JVM);
  const sending = openRound(cluster, {
    rate: RATE,
    bodyBytes: BODY_BYTES,
    warmupSeconds: START_SECONDS + warmupSeconds,
    seconds,
  });
  const [{ spentUs, result }] = await Promise.all([measured(consumer, cluster), sending]);
  const { count = 0, p50Ms = NaN, p99Ms = NaN, maxMs = NaN, perSecond = NaN } = result;
  return { p50Ms, p99Ms, maxMs, perSecond, brokerUs: spentUs / count };
}
