/**
 * Sends at a fixed rate, whatever the broker answers: a broker that stalls does not get fewer of
 * them, as it would from a client that waits. Run as a process of its own; prints one JSON line.
 *
 *     deno run -A bench/open_loop.ts HOST:PORT TOPIC '{"rate":5000,"bodyBytes":1024,"seconds":8}'
 *
 * @module
 */
import { sendFrames } from "./light_load.ts";
import { FrameReader } from "../net/wire/frame.ts";

/** What is sent, for how long. */
export interface OpenLoop {
  /** Sends a second. */
  readonly rate: number;
  readonly bodyBytes: number;
  readonly warmupSeconds: number;
  readonly seconds: number;
  readonly queues: number;
}

/** What came of it; latencies in microseconds, from the write of the request to its answer. */
export interface OpenLoopResult {
  /** Answers a second, until the last came. */
  readonly perSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  readonly maxUs: number;
  readonly refused: number;
  /** Refused before anything was measured: of a broker that was not warm yet. */
  readonly warmupRefused: number;
}

const DEFAULTS: OpenLoop = {
  rate: 5000,
  bodyBytes: 1024,
  warmupSeconds: 1,
  seconds: 8,
  queues: 8,
};

/** Times of the requests under way, by opaque. */
class Times {
  readonly #sentAt = new Map<number, number>();
  readonly taken: number[] = [];
  refused = 0;
  answered = 0;

  sent(opaque: number, at: number): void {
    this.#sentAt.set(opaque, at);
  }

  get underWay(): number {
    return this.#sentAt.size;
  }

  answer(answer: { readonly opaque: number; readonly code: number }, now: number): void {
    const sentAt = this.#sentAt.get(answer.opaque);
    this.#sentAt.delete(answer.opaque);
    this.answered++;
    if (answer.code !== 0) this.refused++;
    if (sentAt !== undefined) this.taken.push(now - sentAt);
  }
}

async function run(address: string, topic: string, load: OpenLoop): Promise<OpenLoopResult> {
  const [hostname = "", port] = address.split(":");
  using connection = await Deno.connect({ hostname, port: Number(port) });
  connection.setNoDelay(true);
  const warmup = new Times();
  const measured = new Times();
  let times = warmup;
  const receiving = receive(connection, (answer) => {
    // An opaque says in which part its request was sent.
    (answer.opaque % 2 === 0 ? warmup : measured).answer(answer, performance.now());
  });
  const prepared = sendFrames(topic, load);
  let opaque = 0;
  const tick = async (count: number) => {
    const { frames, opaqueAt } = prepared;
    const length = frames[0]!.length;
    const block = new Uint8Array(count * length);
    const view = new DataView(block.buffer);
    const now = performance.now();
    for (let at = 0; at < count; at++) {
      opaque += 2;
      const number = opaque + (times === measured ? 1 : 0);
      block.set(frames[(opaque / 2) % frames.length]!, at * length);
      view.setInt32(at * length + opaqueAt, number);
      times.sent(number, now);
    }
    for (let at = 0; at < block.length;) at += await connection.write(block.subarray(at));
  };
  await atRate(load.rate, load.warmupSeconds, tick);
  times = measured;
  const started = performance.now();
  await atRate(load.rate, load.seconds, tick);
  for (let waits = 0; measured.underWay > 0 && waits < 500; waits++) await pause(10);
  const seconds = (performance.now() - started) / 1000;
  connection.close();
  await receiving;
  if (measured.underWay > 0) throw new Error(`${measured.underWay} sends were never answered`);
  const taken = measured.taken.sort((one, other) => one - other);
  const at = (part: number) =>
    Math.round(taken[Math.min(taken.length - 1, Math.floor(taken.length * part))]! * 1000);
  return {
    perSecond: Math.round(measured.answered / seconds),
    p50Us: at(0.5),
    p99Us: at(0.99),
    p999Us: at(0.999),
    maxUs: at(1),
    refused: measured.refused,
    warmupRefused: warmup.refused,
  };
}

/** Calls `send` with as many as are due, at every turn of a millisecond timer. */
async function atRate(
  rate: number,
  seconds: number,
  send: (count: number) => Promise<void>,
): Promise<void> {
  const started = performance.now();
  const total = Math.round(rate * seconds);
  for (let sent = 0; sent < total;) {
    const due = Math.min(total, Math.floor((performance.now() - started) * rate / 1000));
    if (due > sent) await send(due - sent);
    sent = Math.max(sent, due);
    await pause(1);
  }
}

async function receive(
  connection: Deno.Conn,
  onAnswer: (answer: { opaque: number; code: number }) => void,
): Promise<void> {
  const reader = new FrameReader();
  const bytes = new Uint8Array(256 * 1024);
  for (;;) {
    const count = await connection.read(bytes).catch(() => null);
    if (count === null) return;
    reader.push(bytes.subarray(0, count));
    for (let it = reader.next(); it !== undefined; it = reader.next()) onAnswer(it);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

if (import.meta.main) {
  const [address = "", topic = "", options = "{}"] = Deno.args;
  const result = await run(address, topic, { ...DEFAULTS, ...JSON.parse(options) });
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(result)}\n`));
}
