/**
 * Traffic for tests of a client under faults: a producer that sends all the time, groups of three
 * members that consume in each of the three ways, and the books that are kept of both.
 *
 * @module
 */

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "../net/client/client.ts";
import { ClientError } from "../net/client/client_error.ts";
import type { Producer } from "../net/client/producer/producer.ts";
import type { ReceivedMessage } from "../net/client/received_message.ts";
import { RpcError } from "../net/rpc/rpc_error.ts";
import { eventually } from "./eventually.ts";

const TOPIC = "Orders";
const KINDS = ["concurrent", "ordered", "pulling"] as const;
type Kind = typeof KINDS[number];
const MEMBERS = 3;
/** Of both brokers together. */
const QUEUES = 8;
/** Sends side by side. */
const SENDERS = 4;
/** Sends at most, so that no fault makes a test long. */
const SENDS_MAX = 1500;
const PAUSE_MS = 6;

/** A message as a member got it. */
interface Delivery {
  readonly number: number;
  readonly member: number;
  /** Which stored message: a send that was tried again may have stored several. */
  readonly copy: string;
  readonly queue: string;
  readonly queueOffset: number;
  readonly at: number;
}

/** What came twice, by why. */
export interface Doubles {
  /** Stored twice, because an attempt got no answer and the next one stored it, too. */
  readonly sentAgain: number;
  /** Given out by another member, too, which got the queue before this one's offset was stored. */
  readonly byAnother: number;
  /** Given out twice by a member that had lost its queue, or its broker the offset, in between. */
  readonly byTheSame: number;
}

/** A producer and three groups at work. */
export class ClientTraffic implements AsyncDisposable {
  /** Sends that ended with an error, by number. */
  readonly failed = new Map<number, Error>();
  readonly #clients: readonly Client[];
  readonly #producer: Producer;
  readonly #acked = new Set<number>();
  /** Attempts that got no answer, by number. */
  readonly #unanswered = new Map<number, number>();
  readonly #deliveries = new Map<Kind, Delivery[]>(KINDS.map((kind) => [kind, []]));
  readonly #queues: ((kind: Kind) => readonly number[])[] = [];
  readonly #stopped = new AbortController();
  #sending: Promise<unknown> = Promise.resolve();
  #isSending = false;
  #next = 0;
  readonly #work: Promise<unknown>[] = [];

  private constructor(clients: readonly Client[]) {
    this.#clients = clients;
    this.#producer = clients[0]!.producer({
      group: "shop",
      sendTimeoutMs: 1500,
      hooks: {
        afterSend: ({ messages }, { error }) => {
          if (!(error instanceof RpcError) || error.kind === "connect") return;
          const number = Number(messages[0]!.body);
          this.#unanswered.set(number, (this.#unanswered.get(number) ?? 0) + 1);
        },
      },
    });
  }

  /** Begins when all members have their share. The clients are closed with it. */
  static async start(connect: () => Client): Promise<ClientTraffic> {
    const it = new ClientTraffic(Array.from({ length: 1 + MEMBERS }, connect));
    const [client, ...members] = it.#clients;
    await client!.admin.createTopic(TOPIC, { readQueues: QUEUES / 2, writeQueues: QUEUES / 2 });
    await eventually(async () => (await it.#producer.queuesOf(TOPIC)).length === QUEUES);
    members.forEach((member, number) => {
      it.#consume(member, { kind: "concurrent", number });
      it.#consume(member, { kind: "ordered", number });
      it.#pull(member, number);
    });
    await it.settled();
    it.send();
    return it;
  }

  /** Sends that ended well. */
  get ackedCount(): number {
    return this.#acked.size;
  }

  /** Sends until {@linkcode pause}. */
  send(): void {
    if (this.#isSending) return;
    this.#isSending = true;
    this.#sending = Promise.all(Array.from({ length: SENDERS }, () => this.#sendLoop()));
  }

  /** Until so many more were sent well. */
  async flow(count: number): Promise<void> {
    const goal = this.ackedCount + count;
    await eventually(() => this.ackedCount >= goal, `${count} more sends end well`);
  }

  /** Until every queue has one member in each group. */
  async settled(): Promise<void> {
    const all = Array.from({ length: QUEUES }, (_, number) => number).join();
    await eventually(() => {
      return KINDS.every((kind) => {
        const queues = this.#queues.flatMap((of) => of(kind));
        return queues.toSorted((a, b) => a - b).join() === all;
      });
    }, "all queues have a member in each group");
  }

  /** Ends the sends, and waits until each has ended. */
  async pause(): Promise<void> {
    this.#isSending = false;
    await this.#sending;
  }

  /** Until every group has all that was sent well. */
  async consumed(): Promise<void> {
    for (const [kind, deliveries] of this.#deliveries) {
      await eventually(() => {
        const seen = new Set(deliveries.map((it) => it.number));
        return [...this.#acked].every((it) => seen.has(it));
      }, `the ${kind} group has all ${this.ackedCount} messages`);
    }
  }

  /** Fails where a send ended with what is no typed error. */
  checkFailures(): void {
    for (const error of this.failed.values()) {
      assert(error instanceof ClientError || error instanceof RpcError, String(error));
    }
  }

  /**
   * Counts what came twice. Fails where there is no cause: before the fault nothing comes twice; a
   * message has no more copies than attempts without an answer allow.
   */
  doubles({ since }: { readonly since: number }): Record<Kind, Doubles> {
    const counted = KINDS.map((kind) => [kind, this.#doublesOf(kind, since)]);
    return Object.fromEntries(counted) as Record<Kind, Doubles>;
  }

  /** Fails where messages of a queue came to the ordered group in another order than theirs. */
  checkOrder(): void {
    const last = new Map<string, number>();
    const seen = new Set<string>();
    for (const { copy, queue, queueOffset } of this.#deliveries.get("ordered")!) {
      if (seen.has(copy)) continue;
      seen.add(copy);
      const before = last.get(queue) ?? -1;
      assert(queueOffset > before, `${queue}: ${queueOffset} came first after ${before}`);
      last.set(queue, queueOffset);
    }
  }

  /** Closes the clients; twice is fine. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isSending = false;
    this.#stopped.abort();
    await Promise.all(this.#clients.map((it) => it[Symbol.asyncDispose]()));
    await Promise.all([this.#sending, ...this.#work]);
  }

  async #sendLoop(): Promise<void> {
    while (this.#isSending && this.#next < SENDS_MAX) {
      const number = this.#next++;
      try {
        await this.#producer.send({ topic: TOPIC, body: String(number) });
        this.#acked.add(number);
      } catch (error) {
        this.failed.set(number, error as Error);
      }
      await sleep(PAUSE_MS);
    }
  }

  #consume(client: Client, { kind, number }: { readonly kind: Kind; readonly number: number }) {
    const consumer = client.consumer({
      group: kind,
      subscribe: { [TOPIC]: "*" },
      ordered: kind === "ordered",
      startFrom: "first",
      errorPauseMs: 100,
      rebalanceMs: 500,
      commitMs: 200,
    });
    this.#shares(kind, () => consumer.queues);
    this.#work.push(consumer.run((message) => this.#note(message, { kind, member: number })));
  }

  #pull(client: Client, number: number): void {
    const kind = "pulling";
    const consumer = client.pullConsumer({ group: kind, startFrom: "first", autoCommitMs: 1000 });
    this.#shares(kind, () => consumer.assignment);
    const { signal } = this.#stopped;
    this.#work.push((async () => {
      await consumer.subscribe(TOPIC);
      while (!signal.aborted) {
        try {
          const messages = await consumer.poll({ timeoutMs: 500, signal });
          for (const message of messages) this.#note(message, { kind, member: number });
        } catch (error) {
          if (!signal.aborted) throw error;
        }
      }
    })());
  }

  #shares(
    kind: Kind,
    queues: () => readonly { topic: string; brokerName: string; queueId: number }[],
  ): void {
    this.#queues.push((asked) => {
      if (asked !== kind) return [];
      const own = queues().filter((it) => it.topic === TOPIC);
      return own.map(({ brokerName, queueId }) => {
        return queueId + (brokerName === "broker-a" ? 0 : QUEUES / 2);
      });
    });
  }

  #note(message: ReceivedMessage, { kind, member }: { kind: Kind; member: number }): void {
    const { brokerName, queueId, queueOffset } = message;
    const queue = `${brokerName} ${queueId}`;
    const copy = `${queue} ${queueOffset}`;
    const at = performance.now();
    const number = Number(message.text());
    this.#deliveries.get(kind)!.push({ number, member, copy, queue, queueOffset, at });
  }

  #doublesOf(kind: Kind, since: number): Doubles {
    const copies = new Map<number, Set<string>>();
    const seen = new Map<string, number>();
    let [byAnother, byTheSame] = [0, 0];
    for (const { number, copy, at, member } of this.#deliveries.get(kind)!) {
      const before = seen.get(copy);
      if (before !== undefined) {
        if (before === member) byTheSame++;
        else byAnother++;
        assert(
          at >= since,
          `${kind} ${member}: message ${number} (${copy}) came twice, for nothing`,
        );
      }
      seen.set(copy, member);
      copies.set(number, (copies.get(number) ?? new Set()).add(copy));
    }
    let sentAgain = 0;
    for (const [number, { size }] of copies) {
      sentAgain += size - 1;
      const unanswered = this.#unanswered.get(number) ?? 0;
      assert(size <= 1 + unanswered, `message ${number} has ${size} copies, for nothing`);
    }
    return { sentAgain, byAnother, byTheSame };
  }
}
