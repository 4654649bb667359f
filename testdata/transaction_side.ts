/**
 * The transactions of a broker for tests: a store in memory, the tables, what ends half messages and what
 * looks after them, with a clock of the test's own, and producers without a network.
 *
 * @module
 */

import assert from "node:assert/strict";
import { defaultBrokerConfig } from "../net/broker/broker_config.ts";
import type { BrokerConfig } from "../net/broker/broker_config.ts";
import { BrokerStats } from "../net/broker/broker_stats.ts";
import { HALF_QUEUE_ID, halfPairs, TRANSACTION_GROUP } from "../net/broker/half_message.ts";
import { OffsetTable } from "../net/broker/offset_table.ts";
import { ProducerGroups } from "../net/broker/producer_groups.ts";
import { TRANS_HALF_TOPIC, TRANS_OP_HALF_TOPIC } from "../net/wire/topic_names.ts";
import { TopicTable } from "../net/broker/topic_table.ts";
import type { PlaceTimed } from "../net/broker/timer_place.ts";
import { TransactionCheck } from "../net/broker/transaction_check.ts";
import { type TransactionEnd, Transactions } from "../net/broker/transactions.ts";
import { Connection } from "../net/rpc/connection.ts";
import type { RemotingCommand } from "../net/wire/command.ts";
import { FrameReader } from "../net/wire/frame.ts";
import type { FileSystem } from "../store/file.ts";
import { hostBytes } from "../store/host.ts";
import type { MessageRecord } from "../store/message.ts";
import { parseProperties } from "../store/properties.ts";
import type { PutResult } from "../store/put.ts";
import type { Store } from "../store/store.ts";
import { ManualClock } from "./manual_clock.ts";
import { messagesOf, propertiesOf, START } from "./message_path.ts";
import { type DraftWish, openStore, put } from "./open_store.ts";
import { ScriptedSocket, turn } from "./scripted_socket.ts";

/** What a test may choose. */
export interface TransactionSideOptions {
  readonly fs?: FileSystem;
  readonly start?: number;
  readonly config?: Partial<BrokerConfig>;
  readonly knownMax?: number;
  /** Default: no message has a second of its own. */
  readonly placeTimed?: PlaceTimed;
  /** Where the half and the op messages were read to before. */
  readonly offsets?: readonly [half: number, op: number];
}

const STORE_HOST = hostBytes("10.0.0.1", 10911);

/** The parts at work. */
export class TransactionSide implements AsyncDisposable {
  readonly clock: ManualClock;
  readonly store: Store;
  readonly config: BrokerConfig;
  readonly topics: TopicTable;
  readonly offsets: OffsetTable;
  readonly producers: ProducerGroups;
  readonly stats: BrokerStats;
  readonly transactions: Transactions;
  readonly check: TransactionCheck;
  /** What an operator was told. */
  readonly told: string[] = [];
  readonly #members: ProducingMember[] = [];

  private constructor(store: Store, clock: ManualClock, options: TransactionSideOptions) {
    const { now } = clock;
    const log = (text: string) => void this.told.push(text);
    const defaults = defaultBrokerConfig({ hostname: "broker-a", address: "127.0.0.1" });
    const config = this.config = { ...defaults, ...options.config };
    const stats = this.stats = new BrokerStats({ cluster: "C1", now });
    const parts = { config, store, storeHost: STORE_HOST, stats, log, now };
    const topics = this.topics = TopicTable.open({ config, now });
    const offsets = this.offsets = OffsetTable.open({ now });
    const producers = this.producers = new ProducerGroups({ now });
    this.clock = clock;
    this.store = store;
    const [half, op] = options.offsets ?? [];
    if (half !== undefined) offsets.commit(TRANSACTION_GROUP, TRANS_HALF_TOPIC, 0, half);
    if (op !== undefined) offsets.commit(TRANSACTION_GROUP, TRANS_OP_HALF_TOPIC, 0, op);
    const { knownMax } = options;
    const transactions = this.transactions = new Transactions({
      ...parts,
      delayLevelCount: 18,
      placeTimed: options.placeTimed ?? (() => undefined),
      ...(knownMax !== undefined && { knownMax }),
    });
    this.check = new TransactionCheck({ ...parts, topics, offsets, producers, transactions });
  }

  /** Opens a side, on an empty store unless there are files. */
  static async open(options: TransactionSideOptions = {}): Promise<TransactionSide> {
    const clock = new ManualClock(options.start ?? START);
    const store = await openStore(options.fs, { now: clock.now, storeHost: STORE_HOST });
    return new TransactionSide(store, clock, options);
  }

  /** Puts a half message of `P` for queue 1 of `T`. */
  async half(
    properties: Readonly<Record<string, string>> = {},
    wish: DraftWish = {},
  ): Promise<MessageRecord> {
    const own = { TRAN_MSG: "true", PGROUP: "P", UNIQ_KEY: "0A", TAGS: "a", ...properties };
    const pairs = Object.fromEntries(halfPairs({ topic: "T", queueId: 1 }, own.UNIQ_KEY));
    const result = await put(this.store, {
      topic: TRANS_HALF_TOPIC,
      queueId: HALF_QUEUE_ID,
      bornTimestamp: this.clock.now(),
      flag: 3,
      properties: propertiesOf({ ...own, ...pairs }),
      ...wish,
    });
    return (await this.messages(TRANS_HALF_TOPIC)).find((it) =>
      it.queueOffset === result.queueOffset
    )!;
  }

  /** Ends a half message. */
  end(half: MessageRecord, end: TransactionEnd): Promise<PutResult | undefined> {
    return new Promise((resolve) => this.transactions.end(half, end, resolve));
  }

  /** Lets some time pass, then goes through the half messages. */
  async round(afterMs = 0): Promise<void> {
    this.clock.advance(afterMs);
    await this.check.round();
  }

  /** The messages of a queue. */
  async messages(topic: string, queueId = 0): Promise<MessageRecord[]> {
    const messages: MessageRecord[] = [];
    for (let queueOffset = 0;;) {
      const found = await this.store.get({ topic, queueId, queueOffset, countMax: 32 });
      if (found.status !== "FOUND") return messages;
      messages.push(...messagesOf(found.body));
      queueOffset = found.nextBeginOffset;
    }
  }

  /** How many messages a queue has. */
  count(topic: string, queueId = 0): number {
    return this.store.queueRange(topic, queueId)?.max ?? 0;
  }

  /** What the half messages there are say of themselves under a name. */
  async halves(name: string): Promise<(string | undefined)[]> {
    const halves = await this.messages(TRANS_HALF_TOPIC);
    return halves.map(({ properties }) => parseProperties(properties).get(name));
  }

  /** Where the half and the op messages are read to. */
  get positions(): [half: number, op: number] {
    const of = (topic: string) => this.offsets.query(TRANSACTION_GROUP, topic, HALF_QUEUE_ID);
    return [of(TRANS_HALF_TOPIC), of(TRANS_OP_HALF_TOPIC)];
  }

  /** A member of a group of producers. */
  member(group = "P"): ProducingMember {
    const member = new ProducingMember();
    this.producers.register(group, {
      connection: member.connection,
      clientId: `C${this.#members.push(member)}`,
      language: "JAVA",
      version: 0,
      lastUpdateTimestamp: this.clock.now(),
    });
    return member;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { connection } of this.#members) await connection[Symbol.asyncDispose]();
    await this.store[Symbol.asyncDispose]();
  }
}

/** A producer that hears what it is asked. */
export class ProducingMember {
  readonly #socket = new ScriptedSocket();
  readonly #reader = new FrameReader();
  /** The broker's end. */
  readonly connection: Connection = Connection.over(this.#socket);
  #seen = 0;

  /** What it was asked since the last time. */
  async asked(): Promise<RemotingCommand[]> {
    await turn();
    const asked: RemotingCommand[] = [];
    for (; this.#seen < this.#socket.writes.length; this.#seen++) {
      this.#reader.push(this.#socket.writes[this.#seen]!);
      for (let command = this.#reader.next(); command; command = this.#reader.next()) {
        assert.equal(command.code, 39);
        asked.push({ ...command, ...(command.body && { body: command.body.slice() }) });
      }
    }
    return asked;
  }
}
