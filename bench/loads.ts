/**
 * The loads that brokers are put under, each a process of its own: Java's client, and generators of
 * ours that cost so little that the broker is the limit.
 *
 * @module
 */
import path from "node:path";
import { run } from "../testdata/interop/child.ts";
import type { Cluster } from "../testdata/interop/cluster.ts";
import { anonymousBytes, cpuUs, type Round } from "./contest.ts";
import type { JavaProgram } from "./java_program.ts";
import type { LightLoad, LightResult } from "./light_load.ts";
import type { LightPull } from "./light_pull.ts";
import type { LightTransactions } from "./light_transactions.ts";
import type { OpenLoop, OpenLoopResult } from "./open_loop.ts";

/** What the loads send to. */
export const TOPIC = "BenchSend";
/** Heap of a Java client. */
export const CLIENT_JVM: readonly string[] = ["-Xmx512m"];
const TIMEOUT_MS = 120_000;

/** Threads of Java's client, each of which waits for its answer. */
export interface JavaLoad {
  readonly threads: number;
  readonly bodyBytes: number;
  /** Messages of a send. Default 1. */
  readonly batch?: number;
  readonly warmupSeconds: number;
  readonly seconds: number;
}

/** Sends through Java's client. The compiled `Load` stays the caller's. */
export async function javaRound(
  cluster: Cluster,
  program: JavaProgram,
  load: JavaLoad,
): Promise<Round> {
  const { threads, bodyBytes, warmupSeconds, seconds, batch = 1 } = load;
  const args = [cluster.namesrv, TOPIC, threads, bodyBytes, warmupSeconds, seconds, batch];
  await using client = program.start(args.map(String), CLIENT_JVM);
  await client.line((line) => line.includes('"measuring"'), TIMEOUT_MS);
  const before = cpuUs(cluster);
  await client.line((line) => line.includes('"measured"'), TIMEOUT_MS);
  const spent = cpuUs(cluster) - before;
  const result = JSON.parse(await client.line((line) => line.includes("perSecond"), TIMEOUT_MS));
  if (result.failed > 0) throw new Error(`${result.failed} sends failed`);
  return roundOf(cluster, result, spent / result.count);
}

/** Sends prepared frames, as many under way as the load says. */
export function lightRound(cluster: Cluster, load: Timed<LightLoad>): Promise<Round> {
  return light("light_load.ts", cluster, load);
}

/** Pulls what lies there again and again; the rate is of messages, the times of pulls. */
export function pullRound(cluster: Cluster, load: Timed<LightPull>): Promise<Round> {
  return light("light_pull.ts", cluster, load);
}

/** Sends half messages and commits them; the rate is of transactions, the times of requests. */
export function transactionRound(
  cluster: Cluster,
  load: Timed<LightTransactions>,
): Promise<Round> {
  return light("light_transactions.ts", cluster, load);
}

type Timed<Load extends Spanned> = Partial<Load> & Spanned;
type Spanned = Pick<LightLoad, "warmupSeconds" | "seconds">;

async function light(name: string, cluster: Cluster, load: Spanned): Promise<Round> {
  const before = cpuUs(cluster);
  const started = performance.now();
  const result = await generator<LightResult>(name, cluster, load);
  const seconds = (performance.now() - started) / 1000;
  if (result.refused > 0) throw new Error(`${result.refused} requests were refused`);
  // The rate holds for the warm-up, too, near enough for a cost per message.
  const messages = result.perSecond * Math.min(seconds, load.warmupSeconds + load.seconds);
  const round = roundOf(cluster, result, (cpuUs(cluster) - before) / messages);
  return { ...round, clientUs: result.cpuUs };
}

/** Sends at a fixed rate; a broker that cannot keep up may refuse some. */
export async function openRound(
  cluster: Cluster,
  load: Pick<OpenLoop, "rate" | "bodyBytes" | "warmupSeconds" | "seconds">,
): Promise<Round> {
  const before = cpuUs(cluster);
  const result = await generator<OpenLoopResult>("open_loop.ts", cluster, load);
  const messages = load.rate * (load.warmupSeconds + load.seconds);
  const round = roundOf(cluster, result, (cpuUs(cluster) - before) / messages);
  return { ...round, refused: result.refused };
}

function roundOf(
  cluster: Cluster,
  { perSecond, p50Us, p99Us }: Required<Pick<Round, "perSecond" | "p50Us" | "p99Us">>,
  brokerUs: number,
): Round {
  return { perSecond, p50Us, p99Us, brokerUs, anonymousBytes: anonymousBytes(cluster) };
}

async function generator<T>(name: string, cluster: Cluster, load: unknown): Promise<T> {
  const file = path.join(import.meta.dirname ?? ".", name);
  const command = ["run", "-A", "--quiet", file, cluster.broker, TOPIC, JSON.stringify(load)];
  const lines = await run(Deno.execPath(), command, { timeoutMs: TIMEOUT_MS });
  return JSON.parse(lines.at(-1) ?? "null") as T;
}
