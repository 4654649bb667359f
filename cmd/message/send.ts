/**
 * `mq message send`: messages to a topic of a cluster.
 *
 * @module
 */
import type { Client } from "../../net/client/client.ts";
import { ClientError } from "../../net/client/client_error.ts";
import { BatchError } from "../../net/client/producer/batch_error.ts";
import type { BatchResult, SendResult } from "../../net/client/producer/producer.ts";
import type { MessageQueue } from "../../net/wire/message_queue.ts";
import { requireRelease5 } from "../cluster/broker_release.ts";
import { EXIT } from "../exit_code.ts";
import { describeFailure, Failure, usageFailure } from "../failure.ts";
import { describeFarLevel } from "../option/delay_option.ts";
import { type ClusterOptions, connectFrom } from "../option/cluster_option.ts";
import { counted } from "../output/counted.ts";
import { type Field, openRows, type OutputOptions } from "../output/format_option.ts";
import { lettingOut } from "../output/letting_out.ts";
import type { RowWriter } from "../output/row_writer.ts";
import { note, type Terminal } from "../terminal.ts";
import { batches } from "./batches.ts";
import { type OutgoingMessage, type QueueWish, queueWish } from "./outgoing.ts";
import { Pace } from "./pace.ts";
import { sendSource, type SourceOptions } from "./send_source.ts";
import { workOnEach } from "./work_on_each.ts";

/** What `mq message send` may be asked. */
export interface SendOptions extends ClusterOptions, OutputOptions, SourceOptions {
  /** Producer group. */
  readonly group: string;
  /** Messages a second. */
  readonly rate?: number | undefined;
  /** Sends under way at once; default: 1 where their order matters, else 32. */
  readonly inFlight?: number | undefined;
  /** Milliseconds for a send. */
  readonly timeout: number;
  /** Messages a request. */
  readonly batch?: number | undefined;
  /** Each in a transaction that ends so. */
  readonly transaction?: TransactionOutcome | undefined;
}

/** How transactions end. */
export const OUTCOMES = ["commit", "rollback", "unknown"] as const;

/** One of {@linkcode OUTCOMES}. */
export type TransactionOutcome = (typeof OUTCOMES)[number];

/** Fields of the output: one row a message. */
export const SENT_FIELDS: readonly Field[] = [
  { name: "status", type: "string", about: "SEND_OK, or what the broker did not do", width: 8 },
  { name: "topic", type: "string", about: "topic", width: 16 },
  { name: "brokerName", type: "string", about: "broker that has it", width: 10 },
  { name: "queueId", type: "number", about: "queue of the topic", width: 7 },
  { name: "queueOffset", type: "number", about: "offset in the queue; not of a half", width: 11 },
  { name: "messageId", type: "string", about: "id made here; consumers see it", width: 32 },
  { name: "offsetMessageId", type: "string", about: "id made by the broker" },
  { name: "messages", type: "number", about: "of a batch: messages; ids of all, with commas" },
  { name: "outcome", type: "string", about: "of a transaction: how it ended" },
];

const IN_FLIGHT = 32;

const ENDED: Readonly<Record<TransactionOutcome, string>> = {
  commit: "committed: consumers get what was sent",
  rollback: "rolled back: nobody gets what was sent",
  unknown: "left open: nobody gets what was sent until a producer of the group answers the broker",
};

/** Sends messages. */
export async function send(
  terminal: Terminal,
  topic: string | undefined,
  options: SendOptions,
): Promise<number> {
  const rows = openRows(terminal, SENT_FIELDS, options);
  if (rows === undefined) return EXIT.ok;
  checkModes(options);
  const source = sendSource(terminal, topic, options);
  await using client = connectFrom(terminal, options);
  const run = new SendRun(client, rows, options);
  const begunAt = performance.now();
  const stop = terminal.stopSignal();
  try {
    await lettingOut(terminal, async (gone) => {
      await run.send(source, AbortSignal.any([stop, gone]));
    });
  } catch (error) {
    const lost = stop.aborted ? lostLines(run) : "";
    if (run.sent === 0 && lost === "") throw error;
    if (run.sent > 0) rows.end();
    throw told(error as Error, run.sent, lost);
  }
  rows.end();
  terminal.out.flush();
  if (run.sent > 1) {
    const seconds = (performance.now() - begunAt) / 1000;
    const rate = Math.round(run.sent / seconds);
    note(terminal, `${run.sent} messages sent in ${seconds.toFixed(1)} s, ${rate}/s`);
  }
  const farLevel = describeFarLevel(run.delayLevelMax);
  if (farLevel !== undefined) note(terminal, farLevel);
  if (options.transaction !== undefined) note(terminal, ENDED[options.transaction]);
  if (run.degraded === 0) return EXIT.ok;
  note(terminal, `${counted(run.degraded, "message")} stored, but not as safely as asked`);
  return EXIT.left;
}

function checkModes({ batch, transaction, delay, deliverAt }: SendOptions): void {
  if (batch !== undefined && transaction !== undefined) {
    throw usageFailure("--batch and --transaction exclude each other");
  }
  const isLater = delay !== undefined || deliverAt !== undefined;
  if (isLater && (batch !== undefined || transaction !== undefined)) {
    const what = batch === undefined ? "--transaction" : "--batch";
    throw usageFailure(`${what} cannot be delivered later: --delay and --deliver-at go without it`);
  }
}

/** What a stop leaves of a pipe: whoever wrote it may think that all is sent. */
function lostLines({ linesTaken, lastLine, sent }: SendRun): string {
  const lost = linesTaken - sent;
  return lost > 0 ? `, ${counted(lost, "message")} up to line ${lastLine} read and not sent` : "";
}

/** A failure that says what is done already. */
function told(error: Error, sent: number, lost: string): Error {
  const text = `${error.message}; ${counted(sent, "message")} sent before${lost}`;
  return new Failure(text, { cause: error, exitCode: describeFailure(error).exitCode });
}

type Producer = ReturnType<Client["producer"]>;

/** Sends under way. */
class SendRun {
  /** Messages that are stored. */
  sent = 0;
  /** Of those, the ones with a status that promises less than SEND_OK. */
  degraded = 0;
  /** Messages that were read from a pipe. */
  linesTaken = 0;
  /** Number of the last line of those. */
  lastLine = 0;
  /** Highest delay level of them. */
  delayLevelMax = 0;
  /** Topics whose brokers have a timer. */
  readonly #timed = new Set<string>();
  readonly #client: Client;
  readonly #rows: RowWriter;
  readonly #options: SendOptions;

  constructor(client: Client, rows: RowWriter, options: SendOptions) {
    this.#client = client;
    this.#rows = rows;
    this.#options = options;
  }

  async send(source: AsyncIterable<OutgoingMessage>, signal: AbortSignal): Promise<void> {
    const { rate, queue, shardingKey, inFlight, batch = 1 } = this.#options;
    const isOrdered = queue !== undefined || shardingKey !== undefined;
    const pace = new Pace({ ratePerSecond: rate, signal });
    const sendOne = this.#sender();
    await workOnEach(batches(this.#taken(source), { size: batch }), {
      work: sendOne,
      inFlightMax: inFlight ?? (isOrdered ? 1 : IN_FLIGHT),
      pace: (items) => pace.next(items.length),
      signal,
    });
  }

  async *#taken(source: AsyncIterable<OutgoingMessage>): AsyncGenerator<OutgoingMessage, void> {
    for await (const item of source) {
      if (item.number !== undefined) {
        this.linesTaken++;
        this.lastLine = item.number;
      }
      yield item;
    }
  }

  #sender(): (items: readonly OutgoingMessage[]) => Promise<void> {
    const { group, timeout: sendTimeoutMs, transaction, batch } = this.#options;
    if (transaction === undefined) {
      const producer = this.#client.producer({ group, sendTimeoutMs });
      return (items) => {
        if (batch === undefined) return this.#sendOne(producer, items[0]!);
        return this.#sendBatch(producer, items);
      };
    }
    const check = () => transaction;
    const producer = this.#client.transactionProducer({ group, sendTimeoutMs, check });
    return (items) =>
      this.#named(items[0]!, async ({ message }, options) => {
        const sent = await producer.sendInTransaction(message, check, options);
        // Its offset is one among the halves, and not where consumers find it.
        this.#took(message.topic, { ...sent, queueOffset: undefined }, { outcome: sent.outcome });
      });
  }

  #sendOne(producer: Producer, item: OutgoingMessage): Promise<void> {
    return this.#named(item, async ({ message }, options) => {
      this.#took(message.topic, await producer.send(message, options));
      this.delayLevelMax = Math.max(this.delayLevelMax, message.delayLevel ?? 0);
    });
  }

  async #sendBatch(producer: Producer, items: readonly OutgoingMessage[]): Promise<void> {
    const messages = items.map((it) => it.message);
    await this.#named(items[0]!, async ({ message: { topic } }, options) => {
      try {
        this.#tookBatch(topic, await producer.sendBatch(messages, options));
      } catch (error) {
        if (error instanceof BatchError) this.#tookBatch(topic, error.stored);
        throw error;
      }
    });
  }

  #tookBatch(topic: string, results: readonly BatchResult[]): void {
    for (const stored of results) {
      const { messageIds, offsetMessageIds } = stored;
      const row = {
        ...stored,
        messageId: messageIds.join(","),
        offsetMessageId: offsetMessageIds.join(","),
      };
      this.#took(topic, row, { messages: messageIds.length });
    }
  }

  /** Brokers of 4.x would deliver at once what is to be delivered at a time that is no level. */
  async #checkTimer({ topic, delayMs, deliverAt }: OutgoingMessage["message"]): Promise<void> {
    if ((delayMs === undefined && deliverAt === undefined) || this.#timed.has(topic)) return;
    const what = delayMs === undefined ? "A time to deliver at" : "A delay that is no level's";
    await requireRelease5(this.#client.admin, what, { topic });
    this.#timed.add(topic);
  }

  /** Sends with what a message asks for; a refusal of what it holds names its line. */
  async #named(
    item: OutgoingMessage,
    sendIt: (item: OutgoingMessage, options: Parameters<Producer["send"]>[1]) => Promise<void>,
  ): Promise<void> {
    const { shardingKey, queue, number } = item;
    const select = queue && ((queues: readonly Readonly<MessageQueue>[]) => chosen(queues, queue));
    await this.#checkTimer(item.message);
    try {
      await sendIt(item, { shardingKey, select });
    } catch (error) {
      const isOfLine = error instanceof ClientError
        ? error.kind === "invalid"
        : error instanceof Failure && !this.#isOfOption(queue);
      if (number === undefined || !isOfLine) throw error;
      const { message } = error as Error;
      throw new Failure(`Cannot send line ${number}: ${message}`, { cause: error });
    }
  }

  /** Whether `--queue` says so, and no line of its own. */
  #isOfOption(wish: QueueWish | undefined): boolean {
    const { queue } = this.#options;
    if (queue === undefined) return false;
    const { brokerName, queueId } = queueWish(queue);
    return wish?.queueId === queueId && wish.brokerName === brokerName;
  }

  #took(
    topic: string,
    { status, queue, queueOffset, messageId, offsetMessageId }:
      & Omit<SendResult, "queueOffset">
      & { readonly queueOffset: number | undefined },
    more: { readonly messages?: number; readonly outcome?: string } = {},
  ): void {
    const { messages = 1 } = more;
    this.sent += messages;
    if (status !== "SEND_OK") this.degraded += messages;
    const { brokerName, queueId } = queue;
    const place = { topic, brokerName, queueId, queueOffset };
    this.#rows.row({ status, ...place, messageId, offsetMessageId, ...more });
  }
}

/** The queue that is meant. Throws a failure where messages cannot be sent to one. */
function chosen(
  queues: readonly Readonly<MessageQueue>[],
  { brokerName, queueId }: QueueWish,
): Readonly<MessageQueue> {
  const found = queues.find((it) => {
    return it.queueId === queueId && (brokerName ?? it.brokerName) === it.brokerName;
  });
  if (found !== undefined) return found;
  const known = queues.map((it) => `${it.brokerName}:${it.queueId}`).join(", ");
  const wanted = brokerName === undefined ? queueId : `${brokerName}:${queueId}`;
  throw usageFailure(`The topic has no queue ${wanted} to send to; it has ${known}`);
}
