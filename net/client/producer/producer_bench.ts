/**
 * What a send costs its producer: processor time a message, against a broker in another process that
 * answers and keeps nothing, or against a cluster.
 *
 *     deno run -A net/client/producer/producer_bench.ts [--seconds 3] [--namesrv host:port --topic T]
 *     bun net/client/producer/producer_bench.ts
 *
 * With `--depth 64`, 1 KiB messages with so many under way are the only load, `--warmup 15` says for how
 * many seconds they are sent before, and what is printed is one JSON line.
 *
 * @module
 */

import { type ChildProcess, fork } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { ScriptedBroker } from "../../../testdata/scripted_broker.ts";
import { connect } from "../client.ts";
import type { Producer } from "./producer.ts";

const TOPIC = "BenchmarkTest";
const WARMUP_SECONDS = 1;
const SERVE = "--serve";

/** One way to send. */
interface Load {
  readonly name: string;
  /** Sends under way. */
  readonly depth: number;
  readonly bodyBytes: number;
  /** Messages of a request. */
  readonly batch?: number;
}

const LOADS: readonly Load[] = [
  { name: "one after the other", depth: 1, bodyBytes: 1024 },
  { name: "64 under way", depth: 64, bodyBytes: 1024 },
  { name: "1,000 under way", depth: 1000, bodyBytes: 1024 },
  { name: "1,000 under way", depth: 1000, bodyBytes: 128 },
  { name: "batches of 32, 8 under way", depth: 8, bodyBytes: 1024, batch: 32 },
];

/** What came of a load. */
interface Result {
  readonly perSecond: number;
  /** Processor time of this process for a message. */
  readonly cpuUs: number;
}

/** For how long a load is sent where. */
interface Span {
  readonly topic: string;
  readonly seconds: number;
  readonly warmupSeconds: number;
}

async function run(
  producer: Producer,
  load: Load,
  { topic, seconds, warmupSeconds }: Span,
): Promise<Result> {
  const message = { topic, tag: "TagA", body: new Uint8Array(load.bodyBytes).fill(0x78) };
  const batch = Array.from({ length: load.batch ?? 0 }, () => message);
  let sent = 0;
  let isStopped = false;
  const send = async () => {
    while (!isStopped) {
      if (load.batch === undefined) await producer.send(message);
      else await producer.sendBatch(batch);
      sent += load.batch ?? 1;
    }
  };
  const senders = Array.from({ length: load.depth }, send);
  await pause(warmupSeconds);
  sent = 0;
  const begun = performance.now();
  const cpu = process.cpuUsage();
  await pause(seconds);
  const { user, system } = process.cpuUsage(cpu);
  const perSecond = Math.round(sent * 1000 / (performance.now() - begun));
  const cpuUs = (user + system) / sent;
  isStopped = true;
  await Promise.all(senders);
  return { perSecond, cpuUs };
}

function print(load: Load, { perSecond, cpuUs }: Result): void {
  const rate = perSecond.toLocaleString("en");
  const name = `${load.name}, ${load.bodyBytes} B`;
  process.stdout.write(
    `${name.padEnd(36)} ${rate.padStart(9)}/s ${cpuUs.toFixed(2).padStart(8)} µs of CPU\n`,
  );
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

/** A broker in a process of its own, and where it is. */
async function otherProcess(): Promise<{ child: ChildProcess; peer: string }> {
  const child = fork(fileURLToPath(import.meta.url), [SERVE]);
  const peer = await new Promise<string>((resolve, reject) => {
    child.once("message", (text) => resolve(String(text)));
    child.once("error", reject);
  });
  return { child, peer };
}

function option(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

async function main(): Promise<void> {
  const span = {
    topic: option("--topic") ?? TOPIC,
    seconds: Number(option("--seconds") ?? 3),
    warmupSeconds: Number(option("--warmup") ?? WARMUP_SECONDS),
  };
  const depth = option("--depth");
  const given = option("--namesrv");
  const { child, peer } = given === undefined
    ? await otherProcess()
    : { child: undefined, peer: given };
  try {
    await using client = connect({ nameServers: peer });
    await using producer = client.producer({ group: "bench" });
    if (depth !== undefined) {
      const only = { name: "only", depth: Number(depth), bodyBytes: 1024 };
      process.stdout.write(`${JSON.stringify(await run(producer, only, span))}\n`);
      return;
    }
    for (const load of LOADS) print(load, await run(producer, load, span));
  } finally {
    child?.kill();
  }
}

async function serve(): Promise<void> {
  const broker = await ScriptedBroker.start({ queues: 8 });
  broker.answer = ({ header }) => {
    broker.sends.length = 0;
    return { extFields: broker.stored(header.queueId, 0) };
  };
  process.send?.(broker.peer);
}

if (process.argv.includes(SERVE)) await serve();
else if (import.meta.main) await main();
