/**
 * Sends: Java's own client in several shapes, prepared frames on one and on many connections, and a
 * fixed rate, on every contender by turns.
 *
 * @module
 */
import type { BrokerConf } from "../testdata/interop/cluster.ts";
import { type ContenderName, CONTENDERS, withContender } from "./contender.ts";
import { contest, middle, type Round, type Rounds, showRounds, showTimes } from "./contest.ts";
import { JavaProgram } from "./java_program.ts";
import { type JavaLoad, javaRound, lightRound, openRound, transactionRound } from "./loads.ts";
import { type Goal, median, row, say, spread } from "./report.ts";
import { type RunOptions, type Spans, spansOf } from "./run_options.ts";

const CLIENT_VERSION = "5.5.0";
const CLIENT = `Java client ${CLIENT_VERSION}`;
const THREADS = 64;
const BODY_BYTES = 1024;
const SMALL_BYTES = 128;
const LIGHT_WARMUP_SECONDS = 3;

/** How often the clients of a flush mode must be answered, in times of Java. */
const ASYNC_GOAL: Goal = { figure: 1.5, words: "1.5 times" };
const SYNC_GOAL: Goal = { figure: 1.3, words: "1.3 times" };
const LIGHT_GOAL: Goal = { figure: 3, words: "3 times" };
const LIGHT_CPU_GOAL: Goal = { figure: 0.25, words: "0.25 times", atMost: true };

const perSecond = (round: Round) => round.perSecond;
const brokerUs = (round: Round) => round.brokerUs;

/** What answers wait for: the file. */
export async function benchSendAsync(options: RunOptions): Promise<void> {
  const { java, light } = await both(options);
  showJava("ASYNC_FLUSH", java, ASYNC_GOAL);
  showLight("ASYNC_FLUSH", light);
  showTimes(light, perSecond, { goal: LIGHT_GOAL });
  showTimes(light, brokerUs, { what: ", processor time", goal: LIGHT_CPU_GOAL });
}

/** What answers wait for: the disk. */
export async function benchSendSync(options: RunOptions): Promise<void> {
  const { java, light } = await both(options, { flushDiskType: "SYNC_FLUSH" });
  showJava("SYNC_FLUSH", java, SYNC_GOAL);
  showLight("SYNC_FLUSH", light);
  showTimes(light, perSecond);
}

function showJava(mode: string, rounds: Rounds, goal: Goal): void {
  showRounds(`${mode}: ${CLIENT}, ${THREADS} threads, ${BODY_BYTES} B`, rounds);
  showTimes(rounds, perSecond, { goal });
}

function showLight(mode: string, rounds: Rounds): void {
  showRounds(`${mode}: light load, one connection 64 deep, ${BODY_BYTES} B`, rounds);
}

/** Java's client and the light load in the same turns. */
async function both(
  options: RunOptions,
  conf?: BrokerConf,
): Promise<{ java: Rounds; light: Rounds }> {
  const spans = spansOf(options);
  using program = await JavaProgram.compile("Load", CLIENT_VERSION);
  const all = await contest(spans.rounds, async (cluster) => ({
    java: await javaRound(cluster, program, { ...spans, threads: THREADS, bodyBytes: BODY_BYTES }),
    light: await lightRound(cluster, { ...lightSpans(spans), bodyBytes: BODY_BYTES }),
  }), conf);
  const part = (name: "java" | "light") =>
    new Map([...all].map(([contender, rounds]) => [contender, rounds.map((it) => it[name])]));
  return { java: part("java"), light: part("light") };
}

/** Prepared frames need no compiled client. */
function lightSpans({ seconds, warmupSeconds }: Spans): Omit<Spans, "rounds"> {
  return { seconds, warmupSeconds: Math.min(warmupSeconds, LIGHT_WARMUP_SECONDS) };
}

/** Small messages, where every message counts and its bytes do not. */
export async function benchSendSmall(options: RunOptions): Promise<void> {
  const rounds = await javaContest(options, { threads: THREADS, bodyBytes: SMALL_BYTES });
  showRounds(`${CLIENT}, ${THREADS} threads, ${SMALL_BYTES} B`, rounds);
  showTimes(rounds, perSecond, { goal: ASYNC_GOAL });
}

const LATENCY_GOAL: Goal = { figure: 0.5, words: "0.5 times", atMost: true };

/** One thread, one message under way. */
export async function benchSendLatency(options: RunOptions): Promise<void> {
  const rounds = await javaContest(options, { threads: 1, bodyBytes: BODY_BYTES });
  showRounds(`${CLIENT}, one thread, ${BODY_BYTES} B`, rounds);
  showTimes(rounds, (it) => it.p50Us ?? NaN, { what: ", p50", goal: LATENCY_GOAL });
  showTimes(rounds, (it) => it.p99Us, { what: ", p99" });
}

const BATCH = 32;
const BATCH_THREADS = 8;
const BATCH_GOAL: Goal = { figure: 1.3, words: "1.3 times" };

/** Batches: the rates are of messages, the times of sends. */
export async function benchSendBatch(options: RunOptions): Promise<void> {
  const load = { threads: BATCH_THREADS, bodyBytes: SMALL_BYTES, batch: BATCH };
  const rounds = await javaContest(options, load);
  showRounds(`${CLIENT}, ${BATCH_THREADS} threads, batches of ${BATCH} × ${SMALL_BYTES} B`, rounds);
  showTimes(rounds, perSecond, { goal: BATCH_GOAL });
}

async function javaContest(
  options: RunOptions,
  load: Omit<JavaLoad, "seconds" | "warmupSeconds">,
): Promise<Rounds> {
  const spans = spansOf(options);
  using program = await JavaProgram.compile("Load", CLIENT_VERSION);
  return await contest(
    spans.rounds,
    (cluster) => javaRound(cluster, program, { ...load, ...spans }),
  );
}

const RATE = 10_000;
const RATE_GOAL: Goal = { figure: 1000, words: "1,000 µs", atMost: true };

/** A fixed rate: what a sender waits when it does not slow down with the broker. */
export async function benchSendPaced(options: RunOptions): Promise<void> {
  const { rounds, seconds, warmupSeconds } = spansOf(options);
  const load = { rate: RATE, bodyBytes: BODY_BYTES, seconds, warmupSeconds };
  const all = await contest(rounds, (cluster) => openRound(cluster, load));
  showRounds(`${RATE} sends a second of ${BODY_BYTES} B, whatever is answered`, all);
  const p99 = all.get("mq")!.map((it) => it.p99Us);
  row("  mq, p99 µs", spread(p99, 0), { figure: median(p99), goal: RATE_GOAL });
  showTimes(all, (it) => it.p99Us, { what: ", p99" });
}

/** The last of Java's levels: nothing is due while it is measured. */
const DELAY_LEVEL = 18;

/** Messages that wait in a delay level. */
export async function benchSendDelayed(options: RunOptions): Promise<void> {
  const { rounds: count, warmupSeconds, seconds } = spansOf(options);
  const load = { warmupSeconds, seconds, bodyBytes: BODY_BYTES, delayLevel: DELAY_LEVEL };
  const rounds = await contest(count, (cluster) => lightRound(cluster, load));
  showRounds(`light load, one connection 64 deep, ${BODY_BYTES} B, delayed by two hours`, rounds);
  showTimes(rounds, perSecond);
  showTimes(rounds, brokerUs, { what: ", processor time" });
}

/** Half messages, each committed when it is stored. */
export async function benchSendTransactions(options: RunOptions): Promise<void> {
  const { rounds: count, warmupSeconds, seconds } = spansOf(options);
  const load = { warmupSeconds, seconds, bodyBytes: BODY_BYTES };
  const rounds = await contest(count, (cluster) => transactionRound(cluster, load));
  showRounds(`transactions, one connection with 64 under way, ${BODY_BYTES} B`, rounds);
  showTimes(rounds, perSecond);
  showTimes(rounds, brokerUs, { what: ", processor time" });
}

const CONNECTIONS = 1000;
/** Share of one connection's rate that is left, in percent. */
const SHARE_GOAL: Goal = { figure: 50, words: "50 %" };
const CONNECTIONS_P99_GOAL: Goal = { figure: 30_000, words: "30,000 µs", atMost: true };

/** A thousand connections with one send under way each, beside one with 64. */
export async function benchSendConnections(options: RunOptions): Promise<void> {
  const spans = spansOf(options);
  const load = { ...lightSpans(spans), bodyBytes: BODY_BYTES };
  const all = await contest(spans.rounds, async (cluster) => ({
    one: await lightRound(cluster, { ...load, conns: 1, depth: 64 }),
    many: await lightRound(cluster, { ...load, conns: CONNECTIONS, depth: 1 }),
  }));
  const many = new Map([...all].map(([name, rounds]) => [name, rounds.map((it) => it.many)]));
  showRounds(`${CONNECTIONS} connections, one send under way each, ${BODY_BYTES} B`, many);
  const shareOf = (name: ContenderName) =>
    all.get(name)!.map((it) => 100 * it.many.perSecond / it.one.perSecond);
  for (const name of all.keys()) {
    const shares = shareOf(name);
    const measured = { figure: median(shares), goal: SHARE_GOAL };
    row(`  ${name}, % of one's rate`, spread(shares, 0), name === "mq" ? measured : undefined);
  }
  const p99 = middle(many.get("mq")!, (it) => it.p99Us);
  row("  mq, p99 µs", String(p99), { figure: p99, goal: CONNECTIONS_P99_GOAL });
  showTimes(many, perSecond);
}

const MANY_TOPICS = 10_000;
/** Until every queue has its file: so many are made with each look. */
const MANY_WARMUP_SECONDS = 40;
/** Share of one topic's rate that is left, in percent. */
const TOPICS_GOAL: Goal = { figure: 80, words: "80 %" };

/** Ten thousand topics beside one, on this broker: topics and queues are made by the warm-up. */
export async function benchSendTopics(options: RunOptions): Promise<void> {
  const { rounds, seconds } = spansOf(options);
  const shares: number[] = [];
  const mq = CONTENDERS.find(({ name }) => name === "mq")!;
  const load = { bodyBytes: SMALL_BYTES, warmupSeconds: MANY_WARMUP_SECONDS, seconds };
  for (let round = 0; round < rounds; round++) {
    await withContender(mq, async (cluster) => {
      const many = await lightRound(cluster, { ...load, topics: MANY_TOPICS });
      const warmupSeconds = LIGHT_WARMUP_SECONDS;
      const one = await lightRound(cluster, { ...load, warmupSeconds, topics: 1 });
      say(
        `  one topic ${one.perSecond}/s, ${one.brokerUs.toFixed(1)} µs a message; ` +
          `${MANY_TOPICS} topics of 4 queues ${many.perSecond}/s, p99 ${many.p99Us} µs`,
      );
      shares.push(100 * many.perSecond / one.perSecond);
    });
  }
  row("10,000 topics, % of one topic's rate", spread(shares, 0), {
    figure: median(shares),
    goal: TOPICS_GOAL,
  });
}
