/**
 * Pulls a backlog from its first message on, a connection for each queue, no faster than asked. Looks
 * at nothing but the length and code of an answer, so that the broker is the limit. Run as a process
 * of its own; prints a line when it reads, and one JSON line at the end.
 *
 *     deno run -A bench/backlog_reader.ts HOST:PORT TOPIC '{"queues":8,"bytesPerSecond":2e8,"seconds":8}'
 *
 * @module
 */
import { encodeFrame } from "../net/wire/frame.ts";
import { BINARY, LENGTH_BYTES, PREFIX_BYTES } from "../net/wire/frame_format.ts";
import { request } from "../net/wire/command.ts";
import { encodeHeader } from "../net/wire/headers.ts";

/** What is pulled, how fast and for how long. */
export interface BacklogRead {
  readonly queues: number;
  /** Messages asked for in a pull; the broker's limit by default is the same. */
  readonly countMax: number;
  readonly bytesPerSecond: number;
  readonly seconds: number;
  /** Pulls under way on a connection. */
  readonly depth: number;
}

/** What came of it. */
export interface BacklogResult {
  readonly bytesPerSecond: number;
  readonly pulls: number;
  /** Whether the backlog ended before the time did. */
  readonly ended: boolean;
}

const DEFAULTS: BacklogRead = {
  queues: 8,
  countMax: 32,
  bytesPerSecond: 200e6,
  seconds: 8,
  depth: 2,
};
const SUCCESS = 0;
const PULL_NOT_FOUND = 19;
/** Time for which a reader that lagged behind may make up. */
const CREDIT_MS = 20;

/** Bytes that may be asked for, as time goes by. */
class Allowance {
  readonly #bytesPerMs: number;
  #bytes = 0;
  #last = performance.now();

  constructor(bytesPerSecond: number) {
    this.#bytesPerMs = bytesPerSecond / 1000;
  }

  async take(bytes: number): Promise<void> {
    for (;;) {
      const now = performance.now();
      const earned = (now - this.#last) * this.#bytesPerMs;
      this.#bytes = Math.min(CREDIT_MS * this.#bytesPerMs, this.#bytes + earned);
      this.#last = now;
      if (this.#bytes > 0) break;
      await new Promise((done) => setTimeout(done, 1));
    }
    this.#bytes -= bytes;
  }
}

/** Lengths and codes of the answers on one connection; their rest is passed over. */
class Answers {
  readonly #connection: Deno.Conn;
  readonly #bytes = new Uint8Array(512 * 1024);
  readonly #view = new DataView(this.#bytes.buffer);
  #at = 0;
  #end = 0;

  constructor(connection: Deno.Conn) {
    this.#connection = connection;
  }

  async next(): Promise<{ length: number; code: number }> {
    await this.#hold(PREFIX_BYTES + 2);
    const length = LENGTH_BYTES + this.#view.getInt32(this.#at);
    const code = this.#view.getInt16(this.#at + PREFIX_BYTES + BINARY.code);
    for (let left = length; left > 0;) {
      const step = Math.min(left, this.#end - this.#at);
      this.#at += step;
      left -= step;
      if (left > 0) await this.#hold(1);
    }
    return { length, code };
  }

  async #hold(count: number): Promise<void> {
    while (this.#end - this.#at < count) {
      this.#bytes.copyWithin(0, this.#at, this.#end);
      this.#end -= this.#at;
      this.#at = 0;
      const read = await this.#connection.read(this.#bytes.subarray(this.#end));
      if (read === null) throw new Error("The broker closed the connection");
      this.#end += read;
    }
  }
}

async function run(address: string, topic: string, load: BacklogRead): Promise<BacklogResult> {
  const [hostname = "", port] = address.split(":");
  const allowance = new Allowance(load.bytesPerSecond);
  const started = performance.now();
  const until = started + load.seconds * 1000;
  let bytes = 0;
  let pulls = 0;
  let ended = false;
  const readQueue = async (queueId: number): Promise<void> => {
    using connection = await Deno.connect({ hostname, port: Number(port) });
    connection.setNoDelay(true);
    const answers = new Answers(connection);
    let queueOffset = 0;
    const ask = async () => {
      await connection.write(pullFrame({ topic, queueId, queueOffset, countMax: load.countMax }));
      queueOffset += load.countMax;
    };
    for (let at = 0; at < load.depth; at++) await ask();
    while (performance.now() < until) {
      const { length, code } = await answers.next();
      if (code === PULL_NOT_FOUND) {
        ended = true;
        return;
      }
      if (code !== SUCCESS) throw new Error(`A pull was answered with ${code}`);
      bytes += length;
      pulls++;
      await allowance.take(length);
      await ask();
    }
  };
  await Promise.all(Array.from({ length: load.queues }, (_, queueId) => readQueue(queueId)));
  return { bytesPerSecond: Math.round(bytes / (performance.now() - started) * 1000), pulls, ended };
}

function pullFrame(pull: {
  readonly topic: string;
  readonly queueId: number;
  readonly queueOffset: number;
  readonly countMax: number;
}): Uint8Array {
  return encodeFrame(request("PULL_MESSAGE", {
    opaque: 0,
    serialize: "ROCKETMQ",
    extFields: encodeHeader("PULL_MESSAGE", {
      consumerGroup: "bench_backlog",
      topic: pull.topic,
      queueId: pull.queueId,
      queueOffset: pull.queueOffset,
      maxMsgNums: pull.countMax,
      sysFlag: 4,
      commitOffset: 0,
      suspendTimeoutMillis: 0,
      subscription: "*",
      subVersion: 0,
    }),
  }));
}

if (import.meta.main) {
  const [address = "", topic = "", options = "{}"] = Deno.args;
  const say = (line: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
  say("reading");
  say(JSON.stringify(await run(address, topic, { ...DEFAULTS, ...JSON.parse(options) })));
}
