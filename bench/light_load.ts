/**
 * A light load: send requests prepared once, pipelined on a few connections, so that the broker is
 * the limit and not its client. Run as a process of its own; prints one JSON line.
 *
 *     deno run -A bench/light_load.ts HOST:PORT TOPIC '{"conns":1,"depth":64,"bodyBytes":1024,"seconds":5}'
 *
 * @module
 */
import net from "node:net";
import process from "node:process";
import { encodeFrame, FrameReader } from "../net/wire/frame.ts";
import { request } from "../net/wire/command.ts";

/** What is sent, for how long. */
export interface LightLoad {
  readonly conns: number;
  readonly depth: number;
  readonly bodyBytes: number;
  readonly warmupSeconds: number;
  readonly seconds: number;
  readonly queues: number;
  /** Topics sent to by turns. Default: one, the topic of the command line as it is. */
  readonly topics?: number;
  /** Level that all messages wait in. Default: none waits. */
  readonly delayLevel?: number;
}

/** What came of it; latencies in microseconds. */
export interface LightResult {
  readonly perSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** Processor time of this process for a message. */
  readonly cpuUs: number;
  readonly refused: number;
}

const DEFAULTS: LightLoad = {
  conns: 1,
  depth: 64,
  bodyBytes: 1024,
  warmupSeconds: 2,
  seconds: 5,
  queues: 4,
};

/** A send to each queue of each topic, and where in a frame the opaque stands, found by looking for a mark. */
export function sendFrames(
  topic: string,
  load: Pick<LightLoad, "queues" | "bodyBytes" | "topics" | "delayLevel">,
): { frames: Uint8Array[]; opaqueAt: number } {
  const mark = 0x5a5b5c5d;
  const { topics, delayLevel } = load;
  const delay = delayLevel === undefined ? "" : `DELAY\u0001${delayLevel}\u0002`;
  const nameOf = (number: number) => `${topic}-${String(number).padStart(5, "0")}`;
  const frames = Array.from({ length: load.queues * (topics ?? 1) }, (_, number) => {
    const queueId = number % load.queues;
    return encodeFrame(request("SEND_MESSAGE_V2", {
      opaque: mark,
      serialize: "ROCKETMQ",
      extFields: {
        a: "light",
        b: topics === undefined ? topic : nameOf(Math.floor(number / load.queues)),
        c: "TBW102",
        d: String(load.queues),
        e: String(queueId),
        f: "0",
        g: String(Date.now()),
        h: "0",
        i: `UNIQ_KEY\u00010A0B0C0D000011112222333344445${queueId}\u0002WAIT\u0001true\u0002${delay}`,
        j: "0",
        k: "false",
        m: "false",
      },
      body: new Uint8Array(load.bodyBytes).fill(0x78),
    }));
  });
  const view = new DataView(frames[0]!.buffer, frames[0]!.byteOffset);
  let opaqueAt = 0;
  while (view.getInt32(opaqueAt) !== mark) opaqueAt++;
  return { frames, opaqueAt };
}

class Sender {
  readonly #socket: net.Socket;
  readonly #reader = new FrameReader();
  readonly #prepared: { frames: Uint8Array[]; opaqueAt: number };
  readonly #sentAt = new Map<number, number>();
  #opaque = 0;
  answered = 0;
  refused = 0;
  latencies: number[] | undefined;

  constructor(socket: net.Socket, prepared: { frames: Uint8Array[]; opaqueAt: number }) {
    this.#socket = socket;
    this.#prepared = prepared;
    socket.setNoDelay(true);
    socket.on("data", (chunk) => this.#take(chunk));
  }

  send(count: number): void {
    const { frames, opaqueAt } = this.#prepared;
    const length = frames[0]!.length;
    const block = new Uint8Array(count * length);
    const view = new DataView(block.buffer);
    const now = performance.now();
    for (let at = 0; at < count; at++) {
      const opaque = ++this.#opaque;
      block.set(frames[opaque % frames.length]!, at * length);
      view.setInt32(at * length + opaqueAt, opaque);
      this.#sentAt.set(opaque, now);
    }
    this.#socket.write(block);
  }

  #take(chunk: Uint8Array): void {
    this.#reader.push(chunk);
    const now = performance.now();
    let count = 0;
    for (let answer = this.#reader.next(); answer !== undefined; answer = this.#reader.next()) {
      count++;
      if (answer.code !== 0) this.refused++;
      const sentAt = this.#sentAt.get(answer.opaque) ?? now;
      this.#sentAt.delete(answer.opaque);
      this.latencies?.push(now - sentAt);
    }
    this.answered += count;
    if (count > 0 && !this.#socket.destroyed) this.send(count);
  }
}

async function run(address: string, topic: string, load: LightLoad): Promise<LightResult> {
  const [host, port] = address.split(":");
  const prepared = sendFrames(topic, load);
  const sockets = Array.from({ length: load.conns }, () => net.connect(Number(port), host));
  await Promise.all(sockets.map((socket) => new Promise((open) => socket.once("connect", open))));
  const senders = sockets.map((socket) => new Sender(socket, prepared));
  for (const sender of senders) sender.send(load.depth);
  const pause = (seconds: number) => new Promise((done) => setTimeout(done, seconds * 1000));
  await pause(load.warmupSeconds);
  const latencies: number[] = [];
  const before = senders.reduce((sum, sender) => sum + sender.answered, 0);
  for (const sender of senders) sender.latencies = latencies;
  const started = performance.now();
  const cpu = process.cpuUsage();
  await pause(load.seconds);
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const count = senders.reduce((sum, sender) => sum + sender.answered, 0) - before;
  for (const socket of sockets) socket.destroy();
  latencies.sort((one, other) => one - other);
  const at = (part: number) =>
    Math.round((latencies[Math.floor(latencies.length * part)] ?? 0) * 1000);
  return {
    perSecond: Math.round(count / seconds),
    p50Us: at(0.5),
    p99Us: at(0.99),
    cpuUs: (user + system) / count,
    refused: senders.reduce((sum, sender) => sum + sender.refused, 0),
  };
}

if (import.meta.main) {
  const [address = "", topic = "", options = "{}"] = process.argv.slice(2);
  const result = await run(address, topic, { ...DEFAULTS, ...JSON.parse(options) });
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
