/**
 * How many messages a second an echo over each kind of socket makes, which is the measurement behind
 * the choice in `socket.ts`:
 *
 *     deno run -A net/rpc/socket_bench.ts [--seconds 3]
 *     bun net/rpc/socket_bench.ts
 *
 * The peer runs in a worker, so a machine with two cores gives one to each side.
 *
 * @module
 */

import process from "node:process";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { connect, listen, type Socket } from "./socket.ts";
import { nodeBackend } from "./socket_node.ts";

/** A load: so many connections, each with so many messages under way. */
export interface Load {
  readonly port: number;
  readonly connections: number;
  readonly depth: number;
  /** What is sent; a reply must be as long as `replyBytes`. */
  readonly message: Uint8Array;
  readonly replyBytes: number;
  readonly seconds: number;
}

/** What a load measured. */
export interface LoadResult {
  readonly perSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

/** Replies a second after one second of warming up, with latencies of every batch of replies. */
async function runLoad(load: Load): Promise<LoadResult> {
  let replies = 0;
  let stop = false;
  const latencies: number[] = [];
  const pipeline = async () => {
    const address = { hostname: "127.0.0.1", port: load.port };
    const socket = await connect(address, { timeoutMs: 5000 });
    const into = new Uint8Array(1 << 18);
    const batch = new Uint8Array(load.message.length * load.depth);
    for (let i = 0; i < load.depth; i++) batch.set(load.message, i * load.message.length);
    let sentAt = performance.now();
    let received = 0;
    await socket.write(batch);
    while (!stop) {
      const count = await socket.read(into);
      if (count === null) throw new Error("the server closed a connection under load");
      received += count;
      const whole = Math.floor(received / load.replyBytes);
      received -= whole * load.replyBytes;
      replies += whole;
      if (whole === 0) continue;
      latencies.push(performance.now() - sentAt);
      sentAt = performance.now();
      await socket.write(batch.subarray(0, whole * load.message.length));
    }
    socket.close();
  };
  const pipelines = Array.from({ length: load.connections }, pipeline);
  await sleep(1000);
  replies = 0;
  latencies.length = 0;
  const from = performance.now();
  await sleep(load.seconds * 1000);
  const perSecond = Math.round(replies / (performance.now() - from) * 1000);
  stop = true;
  await Promise.all(pipelines);
  latencies.sort((a, b) => a - b);
  const at = (share: number) =>
    Math.round((latencies[Math.floor(latencies.length * share)] ?? 0) * 1000);
  return { perSecond, p50Us: at(0.5), p99Us: at(0.99) };
}

/** Runs {@linkcode runLoad} in a worker, so that it does not take turns of the server's thread. */
export async function runLoadInWorker(load: Load): Promise<LoadResult> {
  const worker = new Worker(new URL(import.meta.url), { workerData: load });
  try {
    return await new Promise((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
    });
  } finally {
    await worker.terminate();
  }
}

/** One line of a bench's table. */
export function reportLine(name: string, { perSecond, p50Us, p99Us }: LoadResult): void {
  const rate = perSecond.toLocaleString("en").padStart(11);
  process.stdout.write(`${name.padEnd(34)} ${rate}/s  p50 ${p50Us} µs  p99 ${p99Us} µs\n`);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function echo(socket: Socket): Promise<void> {
  const into = new Uint8Array(1 << 16);
  try {
    for (let n = await socket.read(into); n !== null; n = await socket.read(into)) {
      await socket.write(into.subarray(0, n));
    }
  } catch {
    // The load ends by closing its sockets.
  }
  socket.close();
}

async function main(): Promise<void> {
  const at = process.argv.indexOf("--seconds");
  const seconds = at < 0 ? 3 : Number(process.argv[at + 1]);
  for (const backend of [undefined, nodeBackend]) {
    const name = backend?.name ?? ("Bun" in globalThis ? "Bun.listen" : "Deno.listen");
    await using listener = await listen({ hostname: "127.0.0.1", port: 0 }, echo, backend);
    for (const [connections, depth, bytes] of [[1, 64, 128], [64, 1, 1024], [1, 1, 128]] as const) {
      const message = new Uint8Array(bytes);
      const load = {
        port: listener.address.port,
        connections,
        depth,
        message,
        replyBytes: bytes,
        seconds,
      };
      reportLine(`${name} ${connections} x ${depth}, ${bytes} B`, await runLoadInWorker(load));
    }
  }
}

if (!isMainThread && workerData !== null && parentPort !== null) {
  parentPort.postMessage(await runLoad(workerData as Load));
} else if (import.meta.main) {
  await main();
}
