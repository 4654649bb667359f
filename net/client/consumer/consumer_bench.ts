/**
 * What consuming costs: messages of 1 KiB that lie at a broker in another process are consumed by a
 * handler that does nothing, one by one, in batches, in order, and in a loop. Processor time is that
 * of this process alone.
 *
 *     deno run -A net/client/consumer/consumer_bench.ts [messages] [name servers] [way]
 *     bun net/client/consumer/consumer_bench.ts
 *
 * With name servers given, a cluster that runs is consumed from: topic `BenchConsume` is filled first.
 * With a way given, too, it is the only one, the topic has been filled before, and what is printed is
 * one JSON line; all messages are consumed once to warm up.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { ClusterFixture } from "../../../testdata/cluster_fixture.ts";
import { type Client, connect } from "../client.ts";
import type { Consumer } from "./consumer.ts";

const TOPIC = "BenchConsume";
const BODY_BYTES = 1024;
const MESSAGES = 100_000;
const PARTS = 500;
const ROUNDS = 3;
const SERVE = "--serve";

/** A way to consume; resolves when `done` says so. */
type Way = (consumer: Consumer, count: (messages: number) => boolean) => Promise<void>;

const WAYS: Readonly<Record<string, Way>> = {
  "one by one": async (consumer, count) => {
    const stop = new AbortController();
    await consumer.run(() => void (count(1) && stop.abort()), { signal: stop.signal });
  },
  "handler that waits": async (consumer, count) => {
    const stop = new AbortController();
    await consumer.run(async () => {
      await Promise.resolve();
      if (count(1)) stop.abort();
    }, { signal: stop.signal });
  },
  "batches of 32": async (consumer, count) => {
    const stop = new AbortController();
    const { signal } = stop;
    await consumer.runBatches(({ length }) => void (count(length) && stop.abort()), { signal });
  },
  "for await": async (consumer, count) => {
    for await (const message of consumer) {
      message.ack();
      if (count(1)) break;
    }
  },
};

async function serve(): Promise<void> {
  const config = {
    defaultTopicQueueNums: 8,
    mappedFileSizeCommitLog: 512 << 20,
    mappedFileSizeConsumeQueue: 20 * 300_000,
  };
  await using fixture = await ClusterFixture.start({ config });
  process.stdout.write(`${fixture.nameServer.peer}\n`);
  await new Promise((resolve) => process.stdin.on("end", resolve).resume());
}

async function broker(): Promise<{ child: ChildProcess; nameServers: string }> {
  const args = process.versions["deno"] === undefined ? [] : ["run", "-A"];
  const child = spawn(process.execPath, [...args, fileURLToPath(import.meta.url), SERVE], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const nameServers = await new Promise<string>((resolve) => {
    child.stdout!.once("data", (text) => resolve(String(text).trim()));
  });
  return { child, nameServers };
}

async function fill(client: Client, messages: number): Promise<void> {
  await using producer = client.producer({ group: "bench" });
  const body = new Uint8Array(BODY_BYTES).fill(0x78);
  for (let sent = 0; sent < messages; sent += PARTS) {
    await producer.sendBatch(Array.from({ length: PARTS }, () => ({ topic: TOPIC, body })));
  }
}

async function measure(
  client: Client,
  { way, group, messages, ordered }: {
    way: Way;
    group: string;
    messages: number;
    ordered: boolean;
  },
): Promise<{ rate: number; cpuUs: number }> {
  await using consumer = client.consumer({
    group,
    subscribe: { [TOPIC]: "*" },
    startFrom: "first",
    ordered,
  });
  let seen = 0;
  let start = 0;
  let first = 0;
  let cpu = process.cpuUsage();
  let rate = 0;
  let cpuUs = 0;
  await way(consumer, (count) => {
    if (seen === 0) {
      start = performance.now();
      cpu = process.cpuUsage();
      first = count;
    }
    seen += count;
    if (seen < messages) return false;
    if (rate > 0) return true;
    const { user, system } = process.cpuUsage(cpu);
    rate = (seen - first) / (performance.now() - start) * 1000;
    cpuUs = (user + system) / (seen - first);
    return true;
  });
  return { rate, cpuUs };
}

/** One way alone, twice, of which the second counts. */
async function measureOne(nameServers: string, name: string, messages: number): Promise<void> {
  const way = WAYS[name];
  if (way === undefined) throw new Error(`Cannot consume "${name}": no such way`);
  await using client = connect({ nameServers });
  const round = (group: string) =>
    measure(client, { way, group: `${group}_${Date.now()}`, messages, ordered: false });
  await round("bench_warm");
  const { rate, cpuUs } = await round("bench_only");
  process.stdout.write(`${JSON.stringify({ perSecond: Math.round(rate), cpuUs })}\n`);
}

async function main(): Promise<void> {
  const [count, given, only] = process.argv.slice(2);
  const messages = Number(count ?? MESSAGES);
  if (given !== undefined && only !== undefined) return await measureOne(given, only, messages);
  const { child, nameServers } = given === undefined
    ? await broker()
    : { child: undefined, nameServers: given };
  {
    await using client = connect({ nameServers });
    await fill(client, messages);
    for (const [name, way] of Object.entries(WAYS)) {
      for (const ordered of [false, true]) {
        const results = [];
        for (let round = 0; round < ROUNDS; round++) {
          const group = `bench_${name.replaceAll(" ", "_")}_${ordered}_${round}_${Date.now()}`;
          results.push(await measure(client, { way, group, messages, ordered }));
        }
        const rate = Math.max(...results.map((it) => it.rate));
        const cpuUs = Math.min(...results.map((it) => it.cpuUs));
        const title = `${name}${ordered ? ", in order" : ""}`;
        const text = `${title.padEnd(32)} ${Math.round(rate).toLocaleString("en")} messages/s, ` +
          `${cpuUs.toFixed(2)} µs of processor time each\n`;
        process.stdout.write(text);
      }
    }
  }
  child?.stdin?.end();
}

if (process.argv.includes(SERVE)) await serve();
else await main();
