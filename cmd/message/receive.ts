/**
 * `mq message receive`: consumes as a member of a group, and prints. What was printed is
 * acknowledged, and nothing else.
 *
 * @module
 */
import type { ConsumedMessage } from "../../net/client/consumer/consumed_message.ts";
import type { Consumer } from "../../net/client/consumer/consumer.ts";
import { EXIT } from "../exit_code.ts";
import { Failure, usageFailure } from "../failure.ts";
import { type ClusterOptions, connectFrom } from "../option/cluster_option.ts";
import { timeRangeOf } from "../option/time_option.ts";
import { note, type Terminal } from "../terminal.ts";
import { browse } from "./browse.ts";
import { filterOf, type FilterOptions } from "./filter.ts";
import { MessagePrinter, type PrintOptions } from "./message_printer.ts";
import { beginGroup } from "./new_group.ts";

/** What `mq message receive` may be asked. */
export interface ReceiveOptions extends ClusterOptions, PrintOptions, FilterOptions {
  /** Consumer group; without one nothing is committed. */
  readonly group?: string | undefined;
  /** `first` or `last`. */
  readonly from?: string | undefined;
  readonly since?: string | undefined;
  readonly limit?: number | undefined;
  readonly follow?: boolean | undefined;
  /** Milliseconds without a message after which it ends. */
  readonly wait: number;
}

/** Longest time a printed message waits to be let out, and acknowledged. */
const ACK_MS = 100;

/** Prints messages of a topic and acknowledges them. */
export async function receive(
  terminal: Terminal,
  topic: string,
  options: ReceiveOptions,
): Promise<number> {
  const { group } = options;
  if (group === undefined) return await browse(terminal, topic, options);
  const startFrom = startOf(terminal, options);
  const filter = filterOf(options);
  const printer = MessagePrinter.open(terminal, options);
  if (printer === undefined) return EXIT.ok;
  const stop = terminal.stopSignal();
  let hasTrouble = false;
  const log = (text: string, cause?: unknown) => {
    hasTrouble = true;
    note(terminal, `${text}${cause instanceof Error ? `: ${cause.message}` : ""}`);
  };
  await using client = connectFrom(terminal, options, { log });
  // A consumer waits for a cluster that is not there, and for a topic that nobody has yet.
  if (await client.admin.route(topic) === undefined) {
    throw new Failure(`Cannot receive from topic "${topic}": no broker has it`);
  }
  if (startFrom !== "first") await beginGroup(client, { group, topic, filter, startFrom });
  const receiver = new Receiver(printer, options);
  await receiver.run(client.consumer({ group, subscribe: { [topic]: filter }, startFrom }), stop);
  printer.end();
  terminal.out.flush();
  if (stop.aborted) throw stop.reason;
  if (!receiver.isSilent) return EXIT.ok;
  if (printer.count === 0) note(terminal, `no message came within ${options.wait} ms`);
  // There may be messages that could not be had.
  return hasTrouble ? EXIT.operational : EXIT.ok;
}

function startOf(terminal: Terminal, options: ReceiveOptions): "first" | "last" | Date {
  const { from = "first", since } = options;
  if (since !== undefined) {
    if (options.from !== undefined) throw usageFailure("--from and --since exclude each other");
    return new Date(timeRangeOf({ since }, terminal.now()).since);
  }
  if (from === "first" || from === "last") return from;
  throw usageFailure(`--from is "${from}", expected first or last: a group keeps its own offsets`);
}

/** Takes messages until there are enough, nothing comes, nobody reads, or it is stopped. */
class Receiver {
  /** Whether it ended because nothing came. */
  isSilent = false;
  readonly #printer: MessagePrinter;
  readonly #options: ReceiveOptions;
  readonly #ended = new AbortController();
  /** Printed, and perhaps not yet let out. */
  #printed: ConsumedMessage[] = [];
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor(printer: MessagePrinter, options: ReceiveOptions) {
    this.#printer = printer;
    this.#options = options;
  }

  async run(consumer: Consumer, stop: AbortSignal): Promise<void> {
    const { limit = Infinity } = this.#options;
    const signal = AbortSignal.any([stop, this.#ended.signal]);
    const timer = setInterval(() => this.#acknowledge(), ACK_MS);
    // A loop that closes its consumer sends nothing back: what was not printed is not passed.
    const end = () => {
      this.#acknowledge();
      void consumer[Symbol.asyncDispose]();
    };
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
    this.#listen();
    try {
      for await (const message of consumer) {
        this.#listen();
        this.#printer.print(message);
        this.#printed.push(message);
        if (this.#printer.count < limit && !this.#printer.closed) continue;
        this.#acknowledge();
        break;
      }
    } finally {
      signal.removeEventListener("abort", end);
      clearInterval(timer);
      clearTimeout(this.#silence);
      await consumer[Symbol.asyncDispose]();
    }
  }

  /** Begins to wait for the next message. */
  #listen(): void {
    if (this.#options.follow === true) return;
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.isSilent = true;
      this.#ended.abort();
    }, this.#options.wait);
  }

  #acknowledge(): void {
    if (!this.#printer.flush()) return this.#ended.abort();
    for (const message of this.#printed) message.ack();
    this.#printed = [];
  }
}
