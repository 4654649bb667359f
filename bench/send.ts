/**
 * Sustained sends: Java's own client with 64 threads of 1 KiB, and a light pipelined load, on every
 * contender by turns. What is printed are ratios of medians; absolute figures are of this machine.
 *
 * @module
 */
import path from "node:path";
import { run } from "../testdata/interop/child.ts";
import type { BrokerConf, Cluster } from "../testdata/interop/cluster.ts";
import { type ContenderName, CONTENDERS, withContender } from "./contender.ts";
import { JavaProgram } from "./java_program.ts";
import type { LightLoad, LightResult } from "./light_load.ts";
import { processStat } from "./process_stat.ts";
import { type Goal, median, row, say, spread } from "./report.ts";

const ROUNDS = 3;
const THREADS = 64;
const BODY_BYTES = 1024;
const WARMUP_SECONDS = 15;
const SECONDS = 10;
const TOPIC = "BenchSend";
const JVM = ["-Xmx512m"];
const LIGHT_WARMUP_SECONDS = 3;

/** How often the clients of a flush mode must be answered, in times of Java. */
const ASYNC_GOAL: Goal = { figure: 1.5, words: "1.5 times" };
const SYNC_GOAL: Goal = { figure: 1.3, words: "1.3 times" };

interface Round {
  readonly perSecond: number;
  readonly p99Us: number;
  /** Processor time of the broker for a message. */
  readonly brokerUs: number;
}

/** What answers wait for: the file. */
export function benchSendAsync(): Promise<void> {
  return benchSend("ASYNC_FLUSH", { goal: ASYNC_GOAL });
}

/** What answers wait for: the disk. */
export function benchSendSync(): Promise<void> {
  const conf = { flushDiskType: "SYNC_FLUSH" };
  return benchSend("SYNC_FLUSH", { goal: SYNC_GOAL, conf });
}

const MANY_TOPICS = 10_000;
/** Until every queue has its file: so many are made with each look. */
const MANY_WARMUP_SECONDS = 40;
/** Share of one topic's rate that is left, in percent. */
const TOPICS_GOAL: Goal = { figure: 80, words: "80 %" };

/** Ten thousand topics beside one, on this broker: topics and queues are made by the warm-up. */
export async function benchSendTopics(): Promise<void> {
  const shares: number[] = [];
  const mq = CONTENDERS.find(({ name }) => name === "mq")!;
  const load = { bodyBytes: 128, warmupSeconds: MANY_WARMUP_SECONDS, seconds: SECONDS };
  for (let round = 0; round < ROUNDS; round++) {
    await withContender(mq, async (cluster) => {
      const many = await lightRound(cluster, { ...load, topics: MANY_TOPICS });
      const one = await lightRound(cluster, { ...load, warmupSeconds: 3, topics: 1 });
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

/** Measures all contenders by turns and prints the ratios. */
async function benchSend(
  mode: string,
  { goal, conf }: { readonly goal: Goal; readonly conf?: BrokerConf },
): Promise<void> {
  using load = await JavaProgram.compile("Load", "5.5.0");
  const java = new Map<ContenderName, Round[]>();
  const light = new Map<ContenderName, Round[]>();
  for (let round = 0; round < ROUNDS; round++) {
    // ABC, then CBA: what drifts with time drifts for all.
    const order = round % 2 === 0 ? CONTENDERS : CONTENDERS.toReversed();
    for (const contender of order) {
      await withContender(contender, async (cluster) => {
        keep(java, contender.name, await javaRound(cluster, load));
        keep(light, contender.name, await lightRound(cluster));
      }, conf);
    }
  }
  report(`${mode}: Java client 5.5.0, ${THREADS} threads, ${BODY_BYTES} B`, java, goal);
  report(`${mode}: light load, one connection 64 deep, ${BODY_BYTES} B`, light);
}

function keep(all: Map<ContenderName, Round[]>, name: ContenderName, round: Round): void {
  all.set(name, [...all.get(name) ?? [], round]);
}

function report(
  title: string,
  all: ReadonlyMap<ContenderName, readonly Round[]>,
  goal?: Goal,
): void {
  say(title);
  const rate = (name: ContenderName) => median(all.get(name)!.map((it) => it.perSecond));
  for (const [name, rounds] of all) {
    const figures = rounds.map((it) => it.perSecond);
    say(
      `  ${name.padEnd(11)} ${Math.round(rate(name))}/s ` +
        `(${Math.min(...figures)} to ${Math.max(...figures)}), ` +
        `p99 ${median(rounds.map((it) => it.p99Us))} µs, ` +
        `broker ${median(rounds.map((it) => it.brokerUs)).toFixed(1)} µs a message`,
    );
  }
  for (const name of all.keys()) {
    if (name === "mq") continue;
    const figure = rate("mq") / rate(name);
    row(`  mq, times ${name}`, figure.toFixed(2), goal && { figure, goal });
  }
}

async function javaRound(cluster: Cluster, load: JavaProgram): Promise<Round> {
  const args = [cluster.namesrv, TOPIC, THREADS, BODY_BYTES, WARMUP_SECONDS, SECONDS].map(String);
  await using client = load.start(args, JVM);
  await client.line((line) => line.includes('"measuring"'), 120_000);
  const before = cpuUs(cluster);
  await client.line((line) => line.includes('"measured"'), 120_000);
  const spent = cpuUs(cluster) - before;
  const result = JSON.parse(await client.line((line) => line.includes("perSecond"), 60_000));
  if (result.failed > 0) throw new Error(`${result.failed} sends failed`);
  return { perSecond: result.perSecond, p99Us: result.p99Us, brokerUs: spent / result.count };
}

async function lightRound(cluster: Cluster, load: Partial<LightLoad> = {}): Promise<Round> {
  const program = path.join(import.meta.dirname ?? ".", "light_load.ts");
  const options = {
    bodyBytes: BODY_BYTES,
    warmupSeconds: LIGHT_WARMUP_SECONDS,
    seconds: SECONDS,
    ...load,
  };
  const before = cpuUs(cluster);
  const started = performance.now();
  const [line = "{}"] = await run(Deno.execPath(), [
    "run",
    "-A",
    program,
    cluster.broker,
    TOPIC,
    JSON.stringify(options),
  ], { timeoutMs: 60_000 });
  const result: LightResult = JSON.parse(line);
  const seconds = (performance.now() - started) / 1000;
  if (result.refused > 0) throw new Error(`${result.refused} sends were refused`);
  // The rate holds for the warm-up, too, near enough for a cost per message.
  const messages = result.perSecond * Math.min(seconds, options.warmupSeconds + options.seconds);
  return {
    perSecond: result.perSecond,
    p99Us: result.p99Us,
    brokerUs: (cpuUs(cluster) - before) / messages,
  };
}

function cpuUs(cluster: Cluster): number {
  return processStat(cluster.brokerPid).cpuUs;
}
