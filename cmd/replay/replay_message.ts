/**
 * A message as it is sent once more: what producers gave it, without what brokers added.
 *
 * @module
 */
import { SEND_PROPERTY } from "../../net/broker/send_properties.ts";
import type { OutgoingMessage } from "../../net/client/send.ts";
import { SYS_FLAG } from "../../store/format.ts";
import { transactionState } from "../../store/message.ts";
import { formatProperties, PROPERTY } from "../../store/properties.ts";

/** A message that was read, and where. */
export interface ReplayMessage {
  /** Its number among what was read: a log offset, or a line. */
  readonly position: number;
  readonly topic: string;
  readonly queueId: number;
  readonly sysFlag: number;
  readonly flag: number;
  readonly bornTimestamp: number;
  readonly storeTimestamp: number;
  readonly properties: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Whether the body is still compressed as `sysFlag` says. */
  readonly isCompressed: boolean;
}

/**
 * Properties that are of the message's first life. Sent again, they would delay, retry or finish it
 * a second time, or say what is no longer so. The unique key stays: by it both lives are told to be
 * one message.
 */
const DROPPED: ReadonlySet<string> = new Set([
  PROPERTY.delay,
  PROPERTY.realTopic,
  PROPERTY.realQueueId,
  PROPERTY.retryTopic,
  PROPERTY.transactionPrepared,
  PROPERTY.producerGroup,
  PROPERTY.originMessageId,
  PROPERTY.innerNum,
  PROPERTY.innerBase,
  PROPERTY.innerMultiQueueOffset,
  PROPERTY.cluster,
  PROPERTY.popCheckPoint,
  PROPERTY.dlqOriginTopic,
  PROPERTY.dlqOriginMessageId,
  PROPERTY.crc32,
  SEND_PROPERTY.region,
  SEND_PROPERTY.traceOn,
  "RECONSUME_TIME",
  "MAX_RECONSUME_TIMES",
  "MIN_OFFSET",
  "MAX_OFFSET",
  SEND_PROPERTY.timerDelayMs,
  SEND_PROPERTY.timerDelaySec,
  SEND_PROPERTY.timerDeliverMs,
  "TIMER_OUT_MS",
  "TIMER_ENQUEUE_MS",
  "TIMER_DEQUEUE_MS",
  "TIMER_ROLL_TIMES",
  "TIMER_DEL_UNIQKEY",
  "__STARTDELIVERTIME",
]);

/** Topics whose messages wait for something, or are copies of others. */
const INTERNAL =
  /^(SCHEDULE_TOPIC_XXXX$|RMQ_SYS_|rmq_sys_|%RETRY%|%DLQ%|TRANS_CHECK_MAX_TIME_TOPIC$)/;

/** Why a message is not sent again; `undefined` where it is. Topics that are named are sent. */
export function whyNotSent(message: ReplayMessage, isNamed: boolean): string | undefined {
  const state = transactionState(message.sysFlag);
  if (state === "prepared" || state === "rollback") return "half messages of transactions";
  if (!isNamed && INTERNAL.test(message.topic)) return "messages of a broker's own topics";
  return undefined;
}

/** The message to send. */
export function outgoing(message: ReplayMessage): OutgoingMessage {
  const kept = Object.entries(message.properties).filter(([name]) => !DROPPED.has(name));
  const { compressed, compressionMask } = SYS_FLAG;
  return {
    body: message.body,
    properties: formatProperties(kept),
    flag: message.flag,
    sysFlag: message.isCompressed ? message.sysFlag & (compressed | compressionMask) : 0,
    bornTimestamp: message.bornTimestamp,
  };
}
