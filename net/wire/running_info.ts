/**
 * What a consumer tells of itself when it is asked, and what came of a message it was made to
 * consume.
 *
 * @module
 */

import { readSubscription, type SubscriptionData } from "./heartbeat.ts";
import {
  asObject,
  asText,
  booleanMember,
  formatBody,
  integerMember,
  type JsonObject,
  listMember,
  optionalNumber,
  optionalText,
  parseBody,
  tableMember,
  textMember,
} from "./json_body.ts";
import { type MessageQueue, queueTable } from "./message_queue.ts";

/** One queue of a consumer (Java: `ProcessQueueInfo`); times are epoch ms, 0 for never. */
export interface ProcessQueueInfo {
  commitOffset: number;
  cachedMsgMinOffset: number;
  cachedMsgMaxOffset: number;
  cachedMsgCount: number;
  cachedMsgSizeInMiB: number;
  /** Of ordered consumers: messages with the handler. */
  transactionMsgMinOffset: number;
  transactionMsgMaxOffset: number;
  transactionMsgCount: number;
  locked: boolean;
  tryUnlockTimes: number;
  lastLockTimestamp: number;
  /** Misspelt on the wire, too. */
  droped: boolean;
  lastPullTimestamp: number;
  lastConsumeTimestamp: number;
}

/** How consuming a topic goes (Java: `ConsumeStatus`): ms for one pull or message, and counts a second. */
export interface ConsumeStatus {
  pullRT: number;
  pullTPS: number;
  consumeRT: number;
  consumeOKTPS: number;
  consumeFailedTPS: number;
  /** Of the last hour. */
  consumeFailedMsgs: number;
}

/** Response to GET_CONSUMER_RUNNING_INFO (Java: `ConsumerRunningInfo`). */
export interface ConsumerRunningInfo {
  /** Settings, and what {@linkcode RUNNING_PROPERTY} names. */
  properties: ReadonlyMap<string, string>;
  subscriptionSet: SubscriptionData[];
  mqTable: ReadonlyMap<MessageQueue, ProcessQueueInfo>;
  /** By topic. */
  statusTable: ReadonlyMap<string, ConsumeStatus>;
  /** Stacks of the threads of a Java client, where they were asked for. */
  jstack?: string | undefined;
}

/** Properties that tools look at. */
export const RUNNING_PROPERTY = {
  nameServers: "PROP_NAMESERVER_ADDR",
  threads: "PROP_THREADPOOL_CORE_SIZE",
  ordered: "PROP_CONSUMEORDERLY",
  consumeType: "PROP_CONSUME_TYPE",
  version: "PROP_CLIENT_VERSION",
  startedAt: "PROP_CONSUMER_START_TIMESTAMP",
} as const;

/** What came of a message consumed directly (Java: `CMResult`). */
export type DirectOutcome =
  | "CR_SUCCESS"
  | "CR_LATER"
  | "CR_ROLLBACK"
  | "CR_COMMIT"
  | "CR_THROW_EXCEPTION"
  | "CR_RETURN_NULL";

/** Response to CONSUME_MESSAGE_DIRECTLY (Java: `ConsumeMessageDirectlyResult`). */
export interface DirectResult {
  order: boolean;
  autoCommit: boolean;
  /** A {@linkcode DirectOutcome}, or what a later release may say. */
  consumeResult: string;
  /** What was thrown. */
  remark?: string | undefined;
  spentTimeMills: number;
}

/** Response to GET_CONSUMER_RUNNING_INFO. */
export function formatRunningInfo(info: ConsumerRunningInfo): Uint8Array {
  return formatBody({ ...info, mqPopTable: {}, userConsumerInfo: {} });
}

/** Response to GET_CONSUMER_RUNNING_INFO. */
export function parseRunningInfo(body: Uint8Array | undefined): ConsumerRunningInfo {
  const object = parseBody(body, "running info");
  return {
    properties: tableMember(object, "properties", asText),
    subscriptionSet: listMember(object, "subscriptionSet", readSubscription),
    mqTable: queueTable(object, "mqTable", readQueueInfo),
    statusTable: tableMember(object, "statusTable", readStatus),
    jstack: optionalText(object, "jstack"),
  };
}

/** Response to CONSUME_MESSAGE_DIRECTLY. */
export function formatDirectResult(result: DirectResult): Uint8Array {
  return formatBody(result);
}

/** Response to CONSUME_MESSAGE_DIRECTLY. */
export function parseDirectResult(body: Uint8Array | undefined): DirectResult {
  const object = parseBody(body, "result of direct consumption");
  return {
    order: booleanMember(object, "order"),
    autoCommit: booleanMember(object, "autoCommit"),
    consumeResult: textMember(object, "consumeResult"),
    remark: optionalText(object, "remark"),
    spentTimeMills: integerMember(object, "spentTimeMills"),
  };
}

function readQueueInfo(value: unknown, what: string): ProcessQueueInfo {
  const object = asObject(value, what);
  return {
    commitOffset: integerMember(object, "commitOffset"),
    cachedMsgMinOffset: integerMember(object, "cachedMsgMinOffset"),
    cachedMsgMaxOffset: integerMember(object, "cachedMsgMaxOffset"),
    cachedMsgCount: integerMember(object, "cachedMsgCount"),
    cachedMsgSizeInMiB: integerMember(object, "cachedMsgSizeInMiB"),
    transactionMsgMinOffset: integerMember(object, "transactionMsgMinOffset"),
    transactionMsgMaxOffset: integerMember(object, "transactionMsgMaxOffset"),
    transactionMsgCount: integerMember(object, "transactionMsgCount"),
    locked: booleanMember(object, "locked"),
    tryUnlockTimes: integerMember(object, "tryUnlockTimes"),
    lastLockTimestamp: integerMember(object, "lastLockTimestamp"),
    droped: booleanMember(object, "droped"),
    lastPullTimestamp: integerMember(object, "lastPullTimestamp"),
    lastConsumeTimestamp: integerMember(object, "lastConsumeTimestamp"),
  };
}

function readStatus(value: unknown, what: string): ConsumeStatus {
  const object = asObject(value, what);
  return {
    pullRT: number(object, "pullRT"),
    pullTPS: number(object, "pullTPS"),
    consumeRT: number(object, "consumeRT"),
    consumeOKTPS: number(object, "consumeOKTPS"),
    consumeFailedTPS: number(object, "consumeFailedTPS"),
    consumeFailedMsgs: integerMember(object, "consumeFailedMsgs"),
  };
}

function number(object: JsonObject, key: string): number {
  return optionalNumber(object, key) ?? 0;
}
