/**
 * Senders beside a consumer that is far behind: what a backlog read from the disk does to the answer
 * times of sends.
 *
 * @module
 */
import path from "node:path";
import { run } from "../testdata/interop/child.ts";
import type { Cluster } from "../testdata/interop/cluster.ts";
import { mqOnDeno, startMqCluster } from "../testdata/interop/mq_broker.ts";
import type { BacklogResult } from "./backlog_reader.ts";
import { fill, open, QUEUES, TOPIC } from "./filled_store.ts";
import { inFolder } from "./folders.ts";
import type { OpenLoopResult } from "./open_loop.ts";
import { bytesFetched, dropPages, filesBelow } from "./page_cache.ts";
import { processStat } from "./process_stat.ts";
import { median, row, say, spread } from "./report.ts";

const ROUNDS = 3;
const BODY_BYTES = 1024;
const BACKLOG_BYTES = 2 * 1024 ** 3;
const RATE = 5000;
const SECONDS = 6;
const WARMUP_SECONDS = 1;
const READ_BYTES_PER_SECOND = 215e6;
const GOAL = { figure: 3, words: "3 times", atMost: true };
const GOAL_RATE = { figure: 200, words: "200 MB/s" };
const TIMEOUT_MS = 60_000;
const SEND_TOPIC = "BenchSend";

interface Round {
  readonly idle: OpenLoopResult;
  readonly busy: OpenLoopResult;
  readonly read: BacklogResult;
  /** Bytes the broker had fetched from the disk. */
  readonly fetchedBytes: number;
  readonly cpuShare: number;
}

/** Measures by turns, each time with a cold backlog, and prints the lines. */
export async function benchBacklog(): Promise<void> {
  await inFolder(async (folder) => {
    const store = path.join(folder, "store");
    await makeBacklog(store);
    await using cluster = await startMqCluster(mqOnDeno(), { folder, store });
    // Makes the topics known, and the code warm.
    await sends(cluster, { topic: TOPIC, seconds: 1 });
    await sends(cluster, { topic: SEND_TOPIC, seconds: 3 });
    const rounds: Round[] = [];
    for (let number = 0; number < ROUNDS; number++) rounds.push(await measure(cluster));
    report(rounds);
  });
}

async function makeBacklog(root: string): Promise<void> {
  const store = await open(root);
  await fill(store, { bodyBytes: BODY_BYTES, bytes: BACKLOG_BYTES });
  await store[Symbol.asyncDispose]();
}

async function measure(cluster: Cluster): Promise<Round> {
  const idle = await sends(cluster, { topic: SEND_TOPIC, seconds: SECONDS });
  await dropPages(filesBelow(cluster.store));
  const fetched = bytesFetched(cluster.brokerPid);
  const { cpuUs } = processStat(cluster.brokerPid);
  const started = performance.now();
  // The reader starts while the senders warm up and ends with them.
  const [busy, read] = await Promise.all([
    sends(cluster, { topic: SEND_TOPIC, seconds: SECONDS }),
    reads(cluster, SECONDS + WARMUP_SECONDS),
  ]);
  const fetchedBytes = bytesFetched(cluster.brokerPid) - fetched;
  const cpu = processStat(cluster.brokerPid).cpuUs - cpuUs;
  return { idle, busy, read, fetchedBytes, cpuShare: cpu / (performance.now() - started) / 1000 };
}

function report(rounds: readonly Round[]): void {
  const rates = rounds.map(({ read }) => read.bytesPerSecond / 1e6);
  const ratios = rounds.map(({ idle, busy }) => busy.p99Us / idle.p99Us);
  const p99 = (part: "idle" | "busy") =>
    `p50 ${median(rounds.map((it) => it[part].p50Us))} µs, ` +
    `p99 ${median(rounds.map((it) => it[part].p99Us))} µs, ` +
    `p99.9 ${median(rounds.map((it) => it[part].p999Us))} µs`;
  row("cold backlog, MB/s read", spread(rates, 0), { figure: median(rates), goal: GOAL_RATE });
  const fetched = median(rounds.map((it) => it.fetchedBytes / 1e6 / (SECONDS + WARMUP_SECONDS)));
  const share = median(rounds.map((it) => it.cpuShare));
  say(`  ${fetched.toFixed(0)} MB/s from the disk, broker ${(100 * share).toFixed(0)} % of a core`);
  say(`  ${RATE} sends/s of ${BODY_BYTES} B beside nothing: ${p99("idle")}`);
  say(`  ${RATE} sends/s of ${BODY_BYTES} B beside the reader: ${p99("busy")}`);
  row("the same: p99 of sends, times idle", spread(ratios), {
    figure: median(ratios),
    goal: GOAL,
  });
}

async function sends(
  cluster: Cluster,
  { topic, seconds }: { readonly topic: string; readonly seconds: number },
): Promise<OpenLoopResult> {
  const load = { rate: RATE, bodyBytes: BODY_BYTES, seconds, warmupSeconds: WARMUP_SECONDS };
  const result = await program<OpenLoopResult>("open_loop.ts", [cluster.broker, topic], load);
  const refused = result.refused + result.warmupRefused;
  if (refused > 0) throw new Error(`${refused} sends were refused`);
  return result;
}

async function reads(cluster: Cluster, seconds: number): Promise<BacklogResult> {
  const load = { queues: QUEUES, bytesPerSecond: READ_BYTES_PER_SECOND, seconds };
  return await program<BacklogResult>("backlog_reader.ts", [cluster.broker, TOPIC], load);
}

async function program<T>(name: string, args: readonly string[], load: unknown): Promise<T> {
  const file = path.join(import.meta.dirname ?? ".", name);
  const command = ["run", "-A", "--quiet", file, ...args, JSON.stringify(load)];
  const lines = await run(Deno.execPath(), command, { timeoutMs: TIMEOUT_MS });
  return JSON.parse(lines.at(-1) ?? "null") as T;
}
