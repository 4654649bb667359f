/**
 * The groups a client is a member of: what brokers are told of them every half minute, and what
 * brokers ask them.
 *
 * @module
 */

import { readMessage } from "../../store/message.ts";
import { parseProperties, PROPERTY } from "../../store/properties.ts";
import { Refusal } from "../rpc/refusal.ts";
import type { Family } from "../rpc/routes.ts";
import type { Payload } from "../wire/command.ts";
import type { HeaderOf } from "../wire/headers.ts";
import type { ConsumerData, HeartbeatData } from "../wire/heartbeat.ts";
import { formatBody } from "../wire/json_body.ts";
import type { MessageQueue } from "../wire/message_queue.ts";
import { parseResetOffsets } from "../wire/offset_tables.ts";
import { ClientError } from "./client_error.ts";
import { PendingReplies } from "./pending_replies.ts";

/** A half message whose producer is asked what became of its transaction. */
export interface TransactionQuestion {
  /** `host:port` of the broker that asks; the answer goes there. */
  readonly address: string;
  readonly header: HeaderOf<"CHECK_TRANSACTION_STATE">;
  /** The record of the half message, a copy. */
  readonly record: Uint8Array;
}

/** What both kinds of members are. */
interface AnyMember {
  /** Name of the group on the wire. */
  readonly group: string;
  /** Topics on the wire whose brokers are told of the member. */
  topics(): Iterable<string>;
}

/** A producer group. */
export interface ProducerMember extends AnyMember {
  readonly kind: "producer";
  /** Asks what became of a transaction; without it the question is not answered. */
  checkTransaction?(question: TransactionQuestion): void;
}

/** A consumer group. */
export interface ConsumerMember extends AnyMember {
  readonly kind: "consumer";
  /** What its heartbeat says. */
  consumerData(): ConsumerData;
  /** Other members came or went. */
  membersChanged(): void;
  /** Goes on elsewhere in queues of a topic. */
  resetOffsets(topic: string, offsets: ReadonlyMap<MessageQueue, number>): void | Promise<void>;
  /** Where it is in the queues of a topic. */
  consumerStatus(topic: string): ReadonlyMap<MessageQueue, number>;
  /** Body of the answer to GET_CONSUMER_RUNNING_INFO. */
  runningInfo(options: { readonly jstackEnable: boolean }): Uint8Array | Promise<Uint8Array>;
  /** Body of the answer to CONSUME_MESSAGE_DIRECTLY; `record` is a copy. */
  consumeDirectly(record: Uint8Array, brokerName: string | undefined): Promise<Uint8Array>;
}

/** A group of this client. */
export type Member = ProducerMember | ConsumerMember;

/** The members of a client. */
export class Members {
  readonly #members = new Set<Member>();
  /** Requests of all of them whose replies are awaited. */
  readonly replies: PendingReplies = new PendingReplies();

  /** Whether there is none. */
  get empty(): boolean {
    return this.#members.size === 0;
  }

  /** All of them. */
  get all(): readonly Member[] {
    return [...this.#members];
  }

  /** Whether one of them consumes, so that slaves are told, too. */
  get consuming(): boolean {
    return [...this.#members].some((it) => it.kind === "consumer");
  }

  /** Topics of all of them. */
  get topics(): ReadonlySet<string> {
    return new Set([...this.#members].flatMap((it) => [...it.topics()]));
  }

  /**
   * Takes in a member.
   *
   * @throws {ClientError} `invalid` when the client has the group already: a broker would take both
   * for one.
   */
  add(member: Member): void {
    if (this.#find(member.kind, member.group) !== undefined) {
      const { kind, group } = member;
      const message = `Cannot make ${kind} of group "${group}": this client has one already; ` +
        "connect() another client";
      throw new ClientError(message, { kind: "invalid" });
    }
    this.#members.add(member);
  }

  /** Lets a member go; false where it was not one. */
  delete(member: Member): boolean {
    return this.#members.delete(member);
  }

  /** What brokers are told. */
  heartbeat(clientID: string): HeartbeatData {
    const members = [...this.#members];
    return {
      clientID,
      producerGroups: members.flatMap((it) => it.kind === "producer" ? [it.group] : []),
      consumers: members.flatMap((it) => it.kind === "consumer" ? [it.consumerData()] : []),
    };
  }

  /** The requests brokers send to clients. */
  family(): Family {
    return {
      CHECK_TRANSACTION_STATE: ({ header, body, connection }) => {
        const record = body.slice();
        const member = this.#find("producer", producerGroupOf(record));
        member?.checkTransaction?.({ address: connection.peer, header, record });
        return {};
      },
      NOTIFY_CONSUMER_IDS_CHANGED: ({ header }) => {
        this.#find("consumer", header.consumerGroup)?.membersChanged();
        return {};
      },
      RESET_CONSUMER_CLIENT_OFFSET: ({ header, body }) => {
        const member = this.#find("consumer", header.group);
        if (member !== undefined) void member.resetOffsets(header.topic, parseResetOffsets(body));
        return {};
      },
      GET_CONSUMER_STATUS_FROM_CLIENT: ({ header }) => ({
        body: formatOwnStatus(this.#consumer(header.group).consumerStatus(header.topic)),
      }),
      GET_CONSUMER_RUNNING_INFO: async ({ header }) => ({
        body: await this.#consumer(header.consumerGroup)
          .runningInfo({ jstackEnable: header.jstackEnable ?? false }),
      }),
      CONSUME_MESSAGE_DIRECTLY: async ({ header, body }): Promise<Payload> => ({
        body: await this.#consumer(header.consumerGroup)
          .consumeDirectly(body.slice(), header.brokerName),
      }),
      PUSH_REPLY_MESSAGE_TO_CLIENT: ({ header, body }) => {
        this.replies.take(header, body.slice());
        return {};
      },
    };
  }

  /** As Java's client says it. */
  #consumer(group: string): ConsumerMember {
    const found = this.#find("consumer", group);
    if (found !== undefined) return found;
    throw new Refusal("SYSTEM_ERROR", `The Consumer Group <${group}> not exist in this consumer`);
  }

  #find<Kind extends Member["kind"]>(
    kind: Kind,
    group: string,
  ): (Member & { kind: Kind }) | undefined {
    for (const it of this.#members) {
      if (it.kind === kind && it.group === group) return it as Member & { kind: Kind };
    }
    return undefined;
  }
}

/** Group of the producer of a record; empty where the record does not say. */
function producerGroupOf(record: Uint8Array): string {
  const { properties } = readMessage(new DataView(record.buffer), record.byteOffset);
  return parseProperties(properties).get(PROPERTY.producerGroup) ?? "";
}

/** Response to GET_CONSUMER_STATUS_FROM_CLIENT (Java: `GetConsumerStatusBody`). */
function formatOwnStatus(messageQueueTable: ReadonlyMap<MessageQueue, number>): Uint8Array {
  return formatBody({ messageQueueTable, consumerTable: {} });
}
