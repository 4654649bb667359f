/**
 * Sustained sends: Java's own client with 64 threads of 1 KiB, and a light pipelined load, on every
 * contender by turns. What is printed are ratios of medians; absolute figures are of this machine.
 *
 * @module
 */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { Child, run } from "../testdata/interop/child.ts";
import type { Cluster } from "../testdata/interop/cluster.ts";
import { javaKit } from "../testdata/interop/toolchain.ts";
import { type ContenderName, CONTENDERS, median, withContender } from "./contender.ts";
import type { LightResult } from "./light_load.ts";
import { processStat } from "./process_stat.ts";

const ROUNDS = 3;
const THREADS = 64;
const BODY_BYTES = 1024;
const WARMUP_SECONDS = 15;
const SECONDS = 10;
const TOPIC = "BenchSend";

interface LoadProgram extends Disposable {
  readonly java: string;
  readonly classPath: string;
}

interface Round {
  readonly perSecond: number;
  readonly p99Us: number;
  /** Processor time of the broker for a message. */
  readonly brokerUs: number;
}

/** Measures all contenders by turns and prints the ratios. */
export async function benchSend(): Promise<void> {
  using load = await compileLoad();
  const java = new Map<ContenderName, Round[]>();
  const light = new Map<ContenderName, Round[]>();
  for (let round = 0; round < ROUNDS; round++) {
    // ABC, then CBA: what drifts with time drifts for all.
    const order = round % 2 === 0 ? CONTENDERS : CONTENDERS.toReversed();
    for (const contender of order) {
      await withContender(contender, async (cluster) => {
        keep(java, contender.name, await javaRound(cluster, load));
        keep(light, contender.name, await lightRound(cluster));
      });
    }
  }
  report(`Java client 5.5.0, ${THREADS} threads, ${BODY_BYTES} B`, java);
  report(`light load, one connection 64 deep, ${BODY_BYTES} B`, light);
}

function keep(all: Map<ContenderName, Round[]>, name: ContenderName, round: Round): void {
  all.set(name, [...all.get(name) ?? [], round]);
}

function report(title: string, all: ReadonlyMap<ContenderName, readonly Round[]>): void {
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
    if (name !== "mq") say(`  mq is ${(rate("mq") / rate(name)).toFixed(2)} times ${name}`);
  }
}

/** Compiles the load program into a temporary folder that the caller removes. */
async function compileLoad(): Promise<LoadProgram> {
  const kit = await javaKit("5.5.0");
  const source = path.join(import.meta.dirname ?? ".", "java", "Load.java");
  const classes = fs.mkdtempSync(path.join(os.tmpdir(), "mq-bench-load-"));
  await run("javac", ["-cp", kit.classPath, "-d", classes, source], { timeoutMs: 120_000 });
  return {
    java: kit.java,
    classPath: `${classes}:${kit.classPath}`,
    [Symbol.dispose]: () => fs.rmSync(classes, { recursive: true, force: true }),
  };
}

async function javaRound(cluster: Cluster, load: LoadProgram): Promise<Round> {
  const args = [cluster.namesrv, TOPIC, THREADS, BODY_BYTES, WARMUP_SECONDS, SECONDS].map(String);
  await using client = Child.start(load.java, ["-Xmx512m", "-cp", load.classPath, "Load", ...args]);
  await client.line((line) => line.includes('"measuring"'), 120_000);
  const before = cpuUs(cluster);
  await client.line((line) => line.includes('"measured"'), 120_000);
  const spent = cpuUs(cluster) - before;
  const result = JSON.parse(await client.line((line) => line.includes("perSecond"), 60_000));
  if (result.failed > 0) throw new Error(`${result.failed} sends failed`);
  return { perSecond: result.perSecond, p99Us: result.p99Us, brokerUs: spent / result.count };
}

async function lightRound(cluster: Cluster): Promise<Round> {
  const program = path.join(import.meta.dirname ?? ".", "light_load.ts");
  const options = { bodyBytes: BODY_BYTES, warmupSeconds: 3, seconds: SECONDS };
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

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
