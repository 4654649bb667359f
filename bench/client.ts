/**
 * This project's client beside Java's, by turns against one broker that runs throughout: what a
 * message costs its client, and with it how many a core sends or consumes.
 *
 * @module
 */
import path from "node:path";
import { run } from "../testdata/interop/child.ts";
import type { Cluster } from "../testdata/interop/cluster.ts";
import { mqOnDeno, startMqCluster } from "../testdata/interop/mq_broker.ts";
import type { JavaVersion } from "../testdata/interop/toolchain.ts";
import { fillTopic } from "./consume.ts";
import { byTurns, middle, type Player, type Rounds } from "./contest.ts";
import { inFolder } from "./folders.ts";
import { JavaProgram } from "./java_program.ts";
import { CLIENT_JVM } from "./loads.ts";
import { type Goal, row, say, spread } from "./report.ts";
import { type RunOptions, spansOf } from "./run_options.ts";

const VERSIONS: readonly JavaVersion[] = ["5.5.0", "4.9.7"];
const PROGRAMS = path.join(import.meta.dirname ?? ".", "..", "net", "client");
const TIMEOUT_MS = 180_000;
const DEPTH = 64;
const BODY_BYTES = 1024;
const SEND_GOAL: Goal = { figure: 1.5, words: "1.5 times" };
const CONSUME_GOAL: Goal = { figure: 1.2, words: "1.2 times" };
const MESSAGES_PER_SECOND = 30_000;
/** What consumer_bench.ts consumes. */
const CONSUME_TOPIC = "BenchConsume";

/** What came of a round. */
interface Figures {
  readonly perSecond: number;
  /** Processor time of the client for a message. */
  readonly cpuUs: number;
}

/** 64 sends under way, of Java's client both as threads that wait and as callbacks. */
export async function benchClientSend(options: RunOptions): Promise<void> {
  const { rounds, seconds, warmupSeconds } = spansOf(options);
  using programs = await compileAll("Load");
  await onBroker(async ({ namesrv }) => {
    const sizes = [DEPTH, BODY_BYTES, warmupSeconds, seconds, 1].map(String);
    const args = [namesrv, "BenchSend", ...sizes];
    const all = await byTurns([
      own("producer/producer_bench.ts", [
        ...["--namesrv", namesrv, "--topic", "BenchSend", "--depth", String(DEPTH)],
        ...["--warmup", String(warmupSeconds), "--seconds", String(seconds)],
      ]),
      ...programs.players(`${DEPTH} threads`, args),
      ...programs.players("callbacks", [...args, "async"]),
    ], rounds);
    show(`send: ${DEPTH} under way, ${BODY_BYTES} B`, all, SEND_GOAL);
  });
}

/** A backlog in memory, consumed by a handler that does nothing: one by one, and in batches. */
export async function benchClientConsume(options: RunOptions): Promise<void> {
  const { rounds, seconds } = spansOf(options);
  const count = seconds * MESSAGES_PER_SECOND;
  using programs = await compileAll("Drain");
  await onBroker(async ({ namesrv }) => {
    await fillTopic(namesrv, CONSUME_TOPIC, count);
    for (const [way, batch] of [["one by one", 1], ["batches of 32", 32]] as const) {
      const args = ["backlog", namesrv, CONSUME_TOPIC, String(count), String(batch)];
      const all = await byTurns([
        own("consumer/consumer_bench.ts", [String(count), namesrv, way]),
        ...programs.players(`calls of ${batch}`, args),
      ], rounds);
      show(`consume: ${count} messages of ${BODY_BYTES} B, ${way}`, all, CONSUME_GOAL);
    }
  });
}

async function onBroker(work: (cluster: Cluster) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    await using cluster = await startMqCluster(mqOnDeno(), { folder });
    await work(cluster);
  });
}

/** This project's client; its programs print a line of figures. */
function own(program: string, args: readonly string[]): Player<string, Figures> {
  return {
    name: "mq",
    async turn() {
      const command = ["run", "-A", "--quiet", path.join(PROGRAMS, program), ...args];
      const lines = await run(Deno.execPath(), command, { timeoutMs: TIMEOUT_MS });
      return JSON.parse(lines.at(-1) ?? "null") as Figures;
    },
  };
}

/** A Java program, compiled against each release. */
interface Programs extends Disposable {
  players(way: string, args: readonly string[]): Player<string, Figures>[];
}

async function compileAll(name: string): Promise<Programs> {
  using stack = new DisposableStack();
  const compiled: { version: JavaVersion; program: JavaProgram }[] = [];
  for (const version of VERSIONS) {
    compiled.push({ version, program: stack.use(await JavaProgram.compile(name, version)) });
  }
  const kept = stack.move();
  return {
    players: (way, args) =>
      compiled.map(({ version, program }) => ({
        name: `java ${version}, ${way}`,
        turn: () => javaFigures(program, args),
      })),
    [Symbol.dispose]: () => kept.dispose(),
  };
}

async function javaFigures(program: JavaProgram, args: readonly string[]): Promise<Figures> {
  await using client = program.start(args, CLIENT_JVM);
  const line = await client.line((line) => line.includes("perSecond"), TIMEOUT_MS);
  const result = JSON.parse(line);
  if (result.failed > 0) throw new Error(`${result.failed} sends failed`);
  return result;
}

function show(title: string, all: Rounds<string, Figures>, goal: Goal): void {
  say(title);
  const width = Math.max(...[...all.keys()].map((name) => name.length));
  for (const [name, rounds] of all) {
    const cpuUs = middle(rounds, (it) => it.cpuUs);
    say(
      `  ${name.padEnd(width)} ${spread(rounds.map((it) => it.perSecond), 0)}/s, ` +
        `client ${cpuUs.toFixed(1)} µs a message, ${Math.round(1e6 / cpuUs)}/s a core`,
    );
  }
  const ours = all.get("mq")!;
  for (const [name, rounds] of all) {
    if (name === "mq") continue;
    const times = middle(rounds, (it) => it.cpuUs) / middle(ours, (it) => it.cpuUs);
    row(`  a core, mq times ${name}`, times.toFixed(2), { figure: times, goal });
    const rate = middle(ours, (it) => it.perSecond) / middle(rounds, (it) => it.perSecond);
    row(`  a second, mq times ${name}`, rate.toFixed(2));
  }
}
