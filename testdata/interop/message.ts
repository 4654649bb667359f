/**
 * Messages as the client programs report them, one JSON line each. Field names are those of
 * RocketMQ's MessageExt and SendResult.
 *
 * @module
 */

/** A message a client sent, with what it was answered. */
export interface Sent {
  readonly how: "sync" | "async" | "oneway" | "batch";
  /** What the application calls the message: also its user property `no`. */
  readonly no: string;
  /** `SEND_OK`; `NO_ANSWER` for a one-way send; or the failure. */
  readonly status: string;
  readonly msgId: string;
  readonly flag: number;
  /** Length and SHA-256 of the body as the application gave it. */
  readonly bodySize: number;
  readonly bodySha256: string;
  /** Every property the client sent. */
  readonly properties: Readonly<Record<string, string>>;
  /** Epoch milliseconds before and after the call. */
  readonly sentAfter: number;
  readonly sentBefore: number;
  /** The broker's answer; absent for a one-way send. */
  readonly offsetMsgId?: string;
  readonly brokerName?: string;
  readonly queueId?: number;
  readonly queueOffset?: number;
  /** Whether it was taken back after that. */
  readonly recalled?: boolean;
}

/** A message a client received or read. */
export interface Received {
  readonly topic: string;
  readonly queueId: number;
  readonly queueOffset: number;
  readonly commitLogOffset: number;
  readonly storeSize: number;
  readonly bodyCRC: number;
  readonly sysFlag: number;
  readonly flag: number;
  readonly bornTimestamp: number;
  readonly bornHost: string;
  readonly storeTimestamp: number;
  readonly storeHost: string;
  readonly reconsumeTimes: number;
  readonly preparedTransactionOffset: number;
  readonly msgId: string;
  readonly offsetMsgId: string;
  /** Length and SHA-256 of the body as the application got it, decompressed. */
  readonly bodySize: number;
  readonly bodySha256: string;
  readonly properties: Readonly<Record<string, string>>;
}

/** A message the load acknowledged. */
export interface Acknowledged {
  readonly no: string;
  readonly msgId: string;
  readonly offsetMsgId: string;
  readonly queueId: number;
  readonly queueOffset: number;
  readonly bodySha256: string;
}

/** A queue and its offsets, as a reader was told them. */
export interface QueueRange {
  readonly topic: string;
  readonly queueId: number;
  readonly brokerName: string;
  readonly minOffset: number;
  readonly maxOffset: number;
  /** What the reader's group had committed; -1 for nothing. */
  readonly committed: number;
}

/** Everything that was read from a set of topics. */
export interface Pulled {
  readonly queues: readonly QueueRange[];
  /** In order of topic, queue and offset. */
  readonly messages: readonly Received[];
  /** Topics that could not be read. */
  readonly unreadable: readonly string[];
}

/** `topic queueId`, to group by. */
export function queueOf(message: { readonly topic: string; readonly queueId: number }): string {
  return `${message.topic} ${message.queueId}`;
}
