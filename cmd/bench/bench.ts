/**
 * `mq bench send`, `receive` and `latency`: how fast a cluster is, seen from here.
 *
 * @module
 */
import type { Client } from "../../net/client/client.ts";
import { ClientError } from "../../net/client/client_error.ts";
import type { Producer } from "../../net/client/producer/producer.ts";
import type { ReceivedMessage } from "../../net/client/received_message.ts";
import { Failure, usageFailure } from "../failure.ts";
import { beginGroup } from "../message/new_group.ts";
import { Pace } from "../message/pace.ts";
import { type ClusterOptions, connectFrom } from "../option/cluster_option.ts";
import type { Terminal } from "../terminal.ts";
import { type BenchOptions, type BenchRun, type BenchWork, runBench } from "./bench_run.ts";

/** What `mq bench send` may be asked. */
export interface BenchSendOptions extends BenchOptions, ClusterOptions {
  /** Bytes of a body. */
  readonly size: number;
  /** Messages a second; without it each send begins when another has ended. */
  readonly rate?: number | undefined;
  /** Sends under way at once. */
  readonly inFlight: number;
  /** Messages a request. */
  readonly batch: number;
  readonly group: string;
}

/** What `mq bench receive` may be asked. */
export interface BenchReceiveOptions extends BenchOptions, ClusterOptions {
  readonly group: string;
  readonly from: "first" | "last";
}

/** What `mq bench latency` may be asked. */
export interface BenchLatencyOptions extends BenchOptions, ClusterOptions {
  readonly size: number;
  readonly rate: number;
  readonly group: string;
}

/** Most a broker takes in a request, unless it is told otherwise (Java: `maxMessageSize`). */
const REQUEST_BYTES_MAX = 4 * 1024 * 1024;
/** What sends under way may hold of the memory. */
const UNDER_WAY_BYTES_MAX = 1024 * 1024 * 1024;
/** Fails of a cluster that is not there end the run at once. */
const FAILURES_MAX = 1000;

/** Sends as fast as may be, or at a rate. */
export async function benchSend(
  terminal: Terminal,
  topic: string,
  options: BenchSendOptions,
): Promise<number> {
  checkSizes(options);
  return await runBench(terminal, options, async ({ bench, signal }) => {
    await using client = connectFrom(terminal, options);
    const producer = client.producer({ group: options.group });
    const { rate, size, batch, inFlight } = options;
    const body = bodyOf(size);
    const message = { topic, body };
    const messages = Array.from({ length: batch }, () => message);
    const pace = new Pace({ ratePerSecond: rate, signal });
    // The route is asked for before time is taken.
    await producer.send(message);
    const worker = async () => {
      while (!signal.aborted && bench.errors < FAILURES_MAX) {
        // At a rate time begins when the send was due: one that has to wait for others is slow.
        const dueAt = await pace.next(batch).catch(() => undefined);
        if (dueAt === undefined) return;
        if (rate !== undefined) bench.late(pace.now() - dueAt);
        try {
          if (batch === 1) await producer.send(message);
          else await producer.sendBatch(messages);
          const took = performance.now() - dueAt;
          for (let it = 0; it < batch; it++) bench.add(size, took);
        } catch (error) {
          bench.fail(error as Error, batch);
        }
      }
    };
    await Promise.all(Array.from({ length: inFlight }, worker));
  });
}

function checkSizes({ batch, size, inFlight }: BenchSendOptions): void {
  const bytes = batch * size;
  if (bytes > REQUEST_BYTES_MAX) {
    const what = `--batch ${batch} with --size ${size} are ${bytes} bytes a request`;
    throw usageFailure(`${what}, expected at most ${REQUEST_BYTES_MAX}`);
  }
  if (bytes * inFlight > UNDER_WAY_BYTES_MAX) {
    const what = `--in-flight ${inFlight} requests of ${bytes} bytes are ${bytes * inFlight} bytes`;
    throw usageFailure(`${what} under way, expected at most ${UNDER_WAY_BYTES_MAX}`);
  }
}

/** Consumes as fast as may be. */
export function benchReceive(
  terminal: Terminal,
  topic: string,
  options: BenchReceiveOptions,
): Promise<number> {
  return runBench(terminal, options, async ({ bench, signal }) => {
    await using client = connectFrom(terminal, options);
    const { group, from: startFrom } = options;
    if (await client.admin.route(topic) === undefined) {
      throw new Failure(`Cannot receive from topic "${topic}": no broker has it`);
    }
    if (startFrom === "last") await beginGroup(client, { group, topic, startFrom });
    const consumer = client.consumer({ group, subscribe: { [topic]: "*" }, startFrom });
    await consumer.runBatches((messages) => {
      bench.count(messages.length, messages.reduce((sum, it) => sum + it.body.length, 0));
    }, { signal });
    await consumer[Symbol.asyncDispose]();
  });
}

/** Sends at a rate, and takes the time until each message is here again. */
export function benchLatency(
  terminal: Terminal,
  topic: string,
  options: BenchLatencyOptions,
): Promise<number> {
  return runBench(terminal, options, async (work) => {
    await using client = connectFrom(terminal, options);
    await new RoundTrip(client, topic, { options, work }).run();
  });
}

/** How long messages on their way are waited for after the last was sent. */
const LAST_MS = 3000;
const POLL_MS = 20;
/** How long the first message may take: a new topic has to become known. */
const FIRST_MS = 10_000;

/**
 * Sends under way at once. A cluster that is asked for more than it takes would have them pile up;
 * times are still those since a send was due.
 */
const SENDS_MAX = 4096;

/** Messages that go and come. */
class RoundTrip {
  readonly #client: Client;
  readonly #topic: string;
  readonly #options: BenchLatencyOptions;
  readonly #bench: BenchRun;
  readonly #signal: AbortSignal;
  /** When each that is under way was due, by its key. */
  readonly #underWay = new Map<string, number>();
  readonly #sends = new Set<Promise<void>>();
  /** Told of a send that has ended. */
  #onSent: (() => void) | undefined;
  #hasCome = false;

  constructor(
    client: Client,
    topic: string,
    { options, work }: { readonly options: BenchLatencyOptions; readonly work: BenchWork },
  ) {
    this.#client = client;
    this.#topic = topic;
    this.#options = options;
    this.#bench = work.bench;
    this.#signal = work.signal;
  }

  async run(): Promise<void> {
    const producer = this.#client.producer({ group: this.#options.group });
    // A topic that is new is made by its first message.
    await producer.send({ topic: this.#topic, body: bodyOf(this.#options.size) });
    const done = new AbortController();
    const receiving = this.#receive(done.signal);
    try {
      await Promise.race([this.#knock(producer), receiving]);
      await Promise.race([this.#sendAll(producer), receiving]);
      await Promise.race([this.#rest(), receiving]);
    } finally {
      done.abort();
      await receiving.catch(() => {});
    }
    const missing = this.#underWay.size;
    const lost = new Error(
      `${missing} messages did not come within ${LAST_MS} ms of the last send`,
    );
    if (missing > 0) this.#bench.fail(lost, missing);
  }

  /** Sends until the first comes: from then on nothing is missed. */
  async #knock(producer: Producer): Promise<void> {
    const until = performance.now() + FIRST_MS;
    while (!this.#hasCome && !this.#signal.aborted) {
      if (performance.now() > until) throw new Error(`No message came within ${FIRST_MS} ms`);
      await producer.send({ topic: this.#topic, body: bodyOf(this.#options.size) });
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async #sendAll(producer: Producer): Promise<void> {
    const { rate, size } = this.#options;
    const pace = new Pace({ ratePerSecond: rate, signal: this.#signal });
    const run = `${this.#client.clientId}-`;
    const body = bodyOf(size);
    for (let number = 0; !this.#signal.aborted && this.#bench.errors < FAILURES_MAX; number++) {
      const dueAt = await pace.next().catch(() => undefined);
      if (dueAt === undefined) break;
      if (this.#sends.size >= SENDS_MAX) await new Promise<void>((it) => this.#onSent = it);
      this.#bench.late(pace.now() - dueAt);
      const key = `${run}${number}`.replaceAll(/\s/g, "");
      this.#underWay.set(key, dueAt);
      const send = producer.send({ topic: this.#topic, keys: key, body }).then(
        () => {},
        (error) => {
          if (this.#underWay.delete(key)) this.#bench.fail(error);
        },
      ).finally(() => {
        this.#sends.delete(send);
        this.#onSent?.();
      });
      this.#sends.add(send);
    }
    await Promise.all(this.#sends);
  }

  async #receive(signal: AbortSignal): Promise<void> {
    const until = performance.now() + FIRST_MS;
    while (!signal.aborted) {
      try {
        const options = { from: "last", follow: true, signal } as const;
        const messages = this.#client.admin.browse(this.#topic, options);
        for await (const message of messages) this.#came(message);
      } catch (error) {
        if (signal.aborted) return;
        // A topic that was made just now is not known to name servers yet.
        const isNew = error instanceof ClientError && error.kind === "no-route" && !this.#hasCome;
        if (!isNew || performance.now() > until) throw error;
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    }
  }

  #came(message: ReceivedMessage): void {
    this.#hasCome = true;
    const key = message.keys[0] ?? "";
    const dueAt = this.#underWay.get(key);
    if (dueAt === undefined) return;
    this.#underWay.delete(key);
    this.#bench.add(message.body.length, performance.now() - dueAt);
  }

  async #rest(): Promise<void> {
    const until = performance.now() + LAST_MS;
    while (this.#underWay.size > 0 && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}

/** Bytes that do not shrink to nothing when they are compressed, and are the same each time. */
function bodyOf(size: number): Uint8Array {
  const body = new Uint8Array(size);
  let state = 0x9e3779b9;
  for (let at = 0; at < size; at++) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + at | 0;
    body[at] = 0x20 + ((state >>> 24) % 95);
  }
  return body;
}
