/**
 * `mq message browse`: messages of a topic as they lie in its queues. No group is joined and nothing
 * is committed, so nobody's consumption changes.
 *
 * @module
 */
import type { Client } from "../../net/client/client.ts";
import type { QueueOffset } from "../../net/client/admin/offsets.ts";
import type { ReceivedMessage } from "../../net/client/received_message.ts";
import { EXIT } from "../exit_code.ts";
import { usageFailure } from "../failure.ts";
import { type ClusterOptions, connectFrom } from "../option/cluster_option.ts";
import { timeRangeOf } from "../option/time_option.ts";
import { lettingOut } from "../output/letting_out.ts";
import { note, type Terminal } from "../terminal.ts";
import { filterOf, type FilterOptions } from "./filter.ts";
import { MessagePrinter, type PrintOptions } from "./message_printer.ts";
import { type QueueWish, queueWish } from "./outgoing.ts";

/** What `mq message browse` may be asked. */
export interface BrowseOptions extends ClusterOptions, PrintOptions, FilterOptions {
  /** `3`, or `broker-a:3`. */
  readonly queue?: string | undefined;
  /** `first`, `last`, or an offset of the queue. */
  readonly from?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly limit?: number | undefined;
  readonly follow?: boolean | undefined;
  /** Asked first: where it says no there is nothing to print. */
  readonly isThere?: ((client: Client) => Promise<boolean>) | undefined;
}

/** Prints messages of a topic. */
export async function browse(
  terminal: Terminal,
  topic: string,
  options: BrowseOptions,
): Promise<number> {
  checkModes(options);
  const printer = MessagePrinter.open(terminal, options);
  if (printer === undefined) return EXIT.ok;
  const { since, until } = timeRangeOf(options, terminal.now());
  const from = since > -Infinity ? new Date(since) : startOf(options);
  const filter = filterOf(options);
  const stop = terminal.stopSignal();
  await using client = connectFrom(terminal, options);
  if (await options.isThere?.(client) === false) {
    printer.end();
    return EXIT.ok;
  }
  const where = options.queue === undefined
    ? topic
    : await queueOf(client, topic, queueWish(options.queue));
  if (typeof from === "object" && "offset" in from && typeof where === "object") {
    await checkOffset(terminal, client, { ...where, offset: from.offset });
  }
  await lettingOut(terminal, async (gone) => {
    const signal = AbortSignal.any([stop, gone]);
    const { follow, limit } = options;
    const silent = new SilentBrokers(terminal);
    const onFailure = silent.add.bind(silent);
    const messages = client.admin.browse(where, { from, filter, follow, onFailure, signal });
    await printAll(printer, silent.heard(messages), { until, limit });
  });
  printer.end();
  return EXIT.ok;
}

/** Brokers that do not answer, each told of once until it does. */
class SilentBrokers {
  readonly #terminal: Terminal;
  readonly #names = new Set<string>();

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  add({ message }: Error, { brokerName }: { readonly brokerName: string }): void {
    if (this.#names.has(brokerName)) return;
    this.#names.add(brokerName);
    note(this.#terminal, `${message}; trying again`);
  }

  async *heard(messages: AsyncIterable<ReceivedMessage>): AsyncGenerator<ReceivedMessage> {
    for await (const message of messages) {
      this.#names.delete(message.brokerName);
      yield message;
    }
  }
}

async function printAll(
  printer: MessagePrinter,
  messages: AsyncIterable<ReceivedMessage>,
  { until, limit = Infinity }: { readonly until: number; readonly limit?: number | undefined },
): Promise<void> {
  for await (const message of messages) {
    // They come in the order in which they were stored.
    if (message.record.storeTimestamp > until) break;
    printer.print(message);
    if (printer.count >= limit || printer.closed) break;
  }
}

function checkModes({ follow, since, until, from, queue }: BrowseOptions): void {
  if (since !== undefined && from !== undefined) {
    throw usageFailure("--from and --since exclude each other");
  }
  if (follow === true && until !== undefined) {
    throw usageFailure("--follow and --until exclude each other");
  }
  if (from !== undefined && /^\d+$/.test(from) && queue === undefined) {
    throw usageFailure(`--from ${from} is an offset of one queue: give --queue`);
  }
}

function startOf(
  { from = "first" }: BrowseOptions,
): "first" | "last" | { readonly offset: number } {
  if (from === "first" || from === "last") return from;
  if (/^\d{1,15}$/.test(from)) return { offset: Number(from) };
  throw usageFailure(`--from is "${from}", expected first, last or an offset`);
}

/** An offset that has no message yet is a mistake; one whose message is gone is told. */
async function checkOffset(
  terminal: Terminal,
  { admin }: Client,
  { offset, ...queue }: QueueOffset,
): Promise<void> {
  const { min, max } = await admin.queueRange(queue);
  const name = `queue ${queue.brokerName}:${queue.queueId} of topic "${queue.topic}"`;
  if (offset > max) throw usageFailure(`--from ${offset}: ${name} ends at ${max}`);
  if (offset < min) note(terminal, `${name} begins at ${min}: what was before is gone`);
}

/** The queue of a topic that is meant. Throws a failure where there is none, or more than one. */
export async function queueOf(
  client: Client,
  topic: string,
  wish: QueueWish,
): Promise<{ readonly topic: string; readonly brokerName: string; readonly queueId: number }> {
  const { queues } = await client.admin.topicStats(topic);
  const found = queues.filter(({ brokerName, queueId }) => {
    return queueId === wish.queueId && (wish.brokerName ?? brokerName) === brokerName;
  });
  const [first] = found;
  const named = (it: { readonly brokerName: string; readonly queueId: number }) => {
    return `${it.brokerName}:${it.queueId}`;
  };
  if (found.length === 1) return { topic, brokerName: first!.brokerName, queueId: wish.queueId };
  if (found.length > 1) {
    const choices = found.map(named).join(", ");
    throw usageFailure(`Queue ${wish.queueId} is at several brokers: say --queue ${choices}`);
  }
  const known = queues.map(named).join(", ");
  const what = wish.brokerName === undefined
    ? String(wish.queueId)
    : named({ ...wish, brokerName: wish.brokerName });
  throw usageFailure(`Topic "${topic}" has no queue ${what}; it has ${known || "none"}`);
}
