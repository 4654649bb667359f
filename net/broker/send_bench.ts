/**
 * What a send costs on its way from the frame to the log and back: first from memory through one
 * connection, which is the processor time of the broker alone, then over loopback with the load in a
 * worker.
 *
 *     deno run -A net/broker/send_bench.ts [--seconds 3]
 *     bun net/broker/send_bench.ts
 *
 * @module
 */

import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { setImmediate } from "node:timers";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { hostBytes } from "../../store/host.ts";
import { Store } from "../../store/store.ts";
import { Connection } from "../rpc/connection.ts";
import { type Routes, routesOf } from "../rpc/routes.ts";
import { Server } from "../rpc/server.ts";
import { connect } from "../rpc/socket.ts";
import { Inbox, type Socket } from "../rpc/socket_face.ts";
import { request } from "../wire/command.ts";
import { encodeFrame } from "../wire/frame.ts";
import { encodeHeader } from "../wire/headers.ts";
import { defaultBrokerConfig } from "./broker_config.ts";
import { BrokerStats } from "./broker_stats.ts";
import { GroupTable } from "./group_table.ts";
import { QueueLocks } from "./lock_family.ts";
import { sendFamily } from "./send_family.ts";
import { TopicTable } from "./topic_table.ts";
import { UniqueIds } from "../wire/unique_ids.ts";

const HOST = "127.0.0.1";
const QUEUES = 8;
const DEPTH = 64;
const WARMUP_SECONDS = 1;

/** Blocks of frames served in one turn of the event loop. */
const TURN_BLOCKS = 16;

/** A load for the worker. */
interface Load {
  readonly port: number;
  readonly connections: number;
  readonly depth: number;
  readonly bodyBytes: number;
  readonly seconds: number;
}

/** Frames of sends to every queue in turn, back to back. */
function sendFrames(count: number, bodyBytes: number): Uint8Array[] {
  const body = new Uint8Array(bodyBytes).fill(0x78);
  return Array.from({ length: count }, (_, opaque) => {
    const extFields = encodeHeader("SEND_MESSAGE_V2", {
      producerGroup: "bench",
      topic: "BenchmarkTest",
      defaultTopic: "TBW102",
      defaultTopicQueueNums: QUEUES,
      queueId: opaque % QUEUES,
      sysFlag: 0,
      bornTimestamp: Date.now(),
      flag: 0,
      properties: `UNIQ_KEY\u00010A0B0C0D00001111222233334444555${opaque % QUEUES}\u0002` +
        "WAIT\u0001true\u0002TAGS\u0001TagA\u0002",
      reconsumeTimes: 0,
      unitMode: false,
      batch: false,
    });
    return encodeFrame(
      request("SEND_MESSAGE_V2", { opaque, extFields, body, serialize: "ROCKETMQ" }),
    );
  });
}

function join(frames: readonly Uint8Array[]): Uint8Array {
  const block = new Uint8Array(frames.reduce((sum, frame) => sum + frame.length, 0));
  let at = 0;
  for (const frame of frames) {
    block.set(frame, at);
    at += frame.length;
  }
  return block;
}

/** The routes of a broker that can do nothing but take messages. */
function routesOn(store: Store): Routes {
  const now = Date.now;
  const config = defaultBrokerConfig({ hostname: "bench", address: HOST });
  const storeHost = hostBytes(HOST, config.listenPort);
  return routesOf([sendFamily({
    config,
    store,
    storeHost,
    topics: TopicTable.open({ config, now }),
    groups: GroupTable.open({ config, now }),
    locks: new QueueLocks({ now }),
    stats: new BrokerStats({ cluster: config.brokerClusterName, now }),
    ids: new UniqueIds({ address: storeHost.address, pid: 1, now, random: Math.random }),
    delayLevelCount: 18,
    placeTimed: () => undefined,
    random: Math.random,
  })]);
}

/** The end of a connection whose peer is this program: it takes every answer and counts bytes. */
class MemorySocket implements Socket {
  readonly local = { hostname: HOST, port: 10911 };
  readonly remote = { hostname: HOST, port: 50000 };
  readonly inbox = new Inbox({ pause() {}, resume() {} });
  bytesWritten = 0;

  read(into: Uint8Array): Promise<number | null> {
    return this.inbox.read(into);
  }

  write(bytes: Uint8Array): Promise<void> {
    this.bytesWritten += bytes.length;
    return Promise.resolve();
  }

  closeWrite(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    this.inbox.end();
  }
}

async function fromMemory(routes: Routes, bodyBytes: number, seconds: number): Promise<void> {
  const socket = new MemorySocket();
  await using _connection = Connection.over(socket, { routes });
  const block = join(sendFrames(DEPTH, bodyBytes));
  const runFor = async (milliseconds: number) => {
    let count = 0;
    const from = performance.now();
    while (performance.now() - from < milliseconds) {
      const before = socket.bytesWritten;
      socket.inbox.push(block);
      while (socket.bytesWritten === before) await undefined;
      count += DEPTH;
      // The store flushes between turns.
      if (count % (DEPTH * TURN_BLOCKS) === 0) {
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    return (performance.now() - from) * 1000 / count;
  };
  await runFor(WARMUP_SECONDS * 1000);
  const eachUs = await runFor(seconds * 1000);
  say(`from memory, ${DEPTH} at once, ${bodyBytes} B`, `${eachUs.toFixed(2)} µs a message`);
}

async function overLoopback(routes: Routes, load: Omit<Load, "port">): Promise<void> {
  await using server = await Server.listen({ hostname: HOST, port: 0 }, { routes });
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { ...load, port: server.address.port } satisfies Load,
  });
  const cpu = process.cpuUsage();
  try {
    const perSecond = await new Promise<number>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
    });
    const { user, system } = process.cpuUsage(cpu);
    const both = (user + system) / (perSecond * (load.seconds + WARMUP_SECONDS));
    say(
      `${load.connections} x ${load.depth} over loopback, ${load.bodyBytes} B`,
      `${perSecond.toLocaleString("en")}/s, both sides ${both.toFixed(2)} µs of CPU a message`,
    );
  } finally {
    await worker.terminate();
  }
}

/** Keeps `depth` sends under way on each connection; answers a second. */
async function runLoad(load: Load): Promise<number> {
  let answers = 0;
  let isStopped = false;
  const block = join(sendFrames(load.depth, load.bodyBytes));
  const frameBytes = block.length / load.depth;
  const pipeline = async () => {
    const socket = await connect({ hostname: HOST, port: load.port }, { timeoutMs: 5000 });
    let into = new Uint8Array(1 << 18);
    let filled = 0;
    await socket.write(block);
    while (!isStopped) {
      const count = await socket.read(into.subarray(filled));
      if (count === null) throw new Error("the server closed a connection under load");
      filled += count;
      const { whole, end } = wholeFrames(into, filled);
      answers += whole;
      into.copyWithin(0, end, filled);
      filled -= end;
      if (filled === into.length) into = new Uint8Array([...into, ...into]);
      if (whole > 0) await socket.write(block.subarray(0, whole * frameBytes));
    }
    socket.close();
  };
  const pipelines = Array.from({ length: load.connections }, pipeline);
  await pause(WARMUP_SECONDS);
  answers = 0;
  const from = performance.now();
  await pause(load.seconds);
  const perSecond = Math.round(answers * 1000 / (performance.now() - from));
  isStopped = true;
  await Promise.all(pipelines);
  return perSecond;
}

/** How many frames are complete in the first `filled` bytes, and where the last of them ends. */
function wholeFrames(bytes: Uint8Array, filled: number): { whole: number; end: number } {
  const view = new DataView(bytes.buffer);
  let whole = 0;
  let end = 0;
  while (filled - end >= 4) {
    const next = end + 4 + view.getInt32(end);
    if (next > filled) break;
    end = next;
    whole++;
  }
  return { whole, end };
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

function say(name: string, text: string): void {
  process.stdout.write(`${name.padEnd(40)} ${text}\n`);
}

async function main(): Promise<void> {
  const at = process.argv.indexOf("--seconds");
  const seconds = at < 0 ? 3 : Number(process.argv[at + 1]);
  for (const bodyBytes of [128, 1024]) {
    const root = fs.mkdtempSync(path.join(os.tmpdir(), "mq-send-bench-"));
    try {
      await using store = await Store.open(root, { storeHost: hostBytes(HOST, 10911) });
      const routes = routesOn(store);
      await fromMemory(routes, bodyBytes, seconds);
      for (const [connections, depth] of [[1, DEPTH], [DEPTH, 1]] as const) {
        await overLoopback(routes, { connections, depth, bodyBytes, seconds });
      }
    } finally {
      fs.rmSync(root, { recursive: true });
    }
  }
}

if (!isMainThread && workerData !== null && parentPort !== null) {
  parentPort.postMessage(await runLoad(workerData as Load));
} else if (import.meta.main) {
  await main();
}
