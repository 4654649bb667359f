/**
 * The messages that make a transaction, as Java's brokers of every release read them: the half message,
 * which waits in a topic of the broker's own; its copies, made by every look at it; the op message, which
 * says that it is ended; and what comes of it, the message in its real topic or one given up (Java:
 * `TransactionalMessageBridge`, `EndTransactionProcessor`).
 *
 * @module
 */

import assert from "node:assert/strict";
import { MAGIC, SIZE, SYS_FLAG } from "../../store/format.ts";
import type { HostBytes } from "../../store/layout.ts";
import { type MessageRecord, writeMessage } from "../../store/message.ts";
import { formatProperties, parseProperties, PROPERTY } from "../../store/properties.ts";
import type { MessageDraft } from "../../store/put.ts";
import { recordBytes, utf8Length } from "../../store/record_encode.ts";
import { parseInt32 } from "../wire/header.ts";
import { waitingPlace } from "./delay_levels.ts";
import { TIMER_NAMES } from "./send_properties.ts";
import { draftOfStored } from "./stored_draft.ts";
import type { PlaceTimed } from "./timer_place.ts";
import {
  TRANS_CHECK_MAX_TIME_TOPIC,
  TRANS_HALF_TOPIC,
  TRANS_OP_HALF_TOPIC,
} from "../wire/topic_names.ts";

/** Half messages, op messages and those given up each have this one queue. */
export const HALF_QUEUE_ID = 0;

/** The group that half and op messages are read as, under which its offsets are kept. */
export const TRANSACTION_GROUP = "CID_RMQ_SYS_TRANS";

/** Names of this room that `PROPERTY` does not have (Java: `MessageConst`, `TransactionalMessageUtil`). */
export const TRANSACTION_PROPERTY = {
  id: "__transactionId__",
  checkTimes: "TRANSACTION_CHECK_TIMES",
  immunitySeconds: "CHECK_IMMUNITY_TIME_IN_SECONDS",
  firstOffset: "TRAN_PREPARED_QUEUE_OFFSET",
} as const;

/** Where a message belongs. */
export interface MessagePlace {
  readonly topic: string;
  readonly queueId: number;
}

const OP_TAG = "d";
const OP_PROPERTIES = formatProperties([[PROPERTY.tags, OP_TAG], [PROPERTY.wait, "true"]]);
const OP_SEPARATOR = ",";

const ascii = new TextEncoder();
const utf8 = new TextDecoder();

/** Pairs a message gets on its way into the half topic. */
export function halfPairs(place: MessagePlace, uniqueKey: string): [string, string][] {
  return [
    [TRANSACTION_PROPERTY.id, uniqueKey],
    [PROPERTY.realTopic, place.topic],
    [PROPERTY.realQueueId, String(place.queueId)],
  ];
}

/** Whether a message has what a half message must have, wherever it lies. */
export function hasHalfPairs(message: MessageRecord): boolean {
  const properties = parseProperties(message.properties);
  return realPlace(properties) !== undefined && properties.has(PROPERTY.producerGroup);
}

/** Where the message of a half message belongs; `undefined` where that is not told. */
export function realPlace(properties: ReadonlyMap<string, string>): MessagePlace | undefined {
  const topic = properties.get(PROPERTY.realTopic);
  const queueId = parseInt32(properties.get(PROPERTY.realQueueId) ?? "");
  if (topic === undefined || queueId === undefined || queueId < 0) return undefined;
  return { topic, queueId };
}

/** Time a producer asked to be left alone for; what is no number counts as nothing asked for. */
export function immunityMs(text: string, timeoutMs: number): number {
  const seconds = parseInt32(text);
  return seconds === undefined || seconds === -1 ? timeoutMs : seconds * 1000;
}

/** Where messages wait whose time has not come. */
export interface WaitingPlaces {
  /** Number of delay levels. */
  readonly delayLevelCount: number;
  /** Finds the place of messages that are delivered at a second of their own. */
  readonly placeTimed: PlaceTimed;
}

/**
 * The message a committed half message becomes: as 5.x writes it, without the place it was bound for,
 * which releases before it leave in. One with a delay waits for its time from now on.
 *
 * @throws {Refusal} if it cannot wait for the second of its own.
 */
export function committedDraft(
  half: MessageRecord,
  { delayLevelCount, placeTimed }: WaitingPlaces,
): MessageDraft {
  const properties = parseProperties(half.properties);
  let place = realPlace(properties);
  assert(place !== undefined);
  properties.delete(PROPERTY.realTopic);
  properties.delete(PROPERTY.realQueueId);
  const level = parseInt32(properties.get(PROPERTY.delay) ?? "") ?? 0;
  if (level > 0) {
    const waiting = waitingPlace(level, delayLevelCount);
    for (const name of TIMER_NAMES) properties.delete(name);
    properties.set(PROPERTY.delay, String(waiting.level));
    properties.set(PROPERTY.realTopic, place.topic);
    properties.set(PROPERTY.realQueueId, String(place.queueId));
    place = waiting;
  } else {
    const timed = placeTimed(properties, place);
    for (const [name, value] of timed?.added ?? []) properties.set(name, value);
    place = timed ?? place;
  }
  const { topic, queueId } = place;
  const draft = draftOfStored(half, { topic, queueId, properties: formatProperties(properties) });
  return {
    ...draft,
    sysFlag: (draft.sysFlag & ~SYS_FLAG.transactionMask) | SYS_FLAG.transactionCommit,
    preparedTransactionOffset: half.physicalOffset,
  };
}

/** A half message once more, behind those that came since. */
export function copiedDraft(
  half: MessageRecord,
  changes: Readonly<Record<string, string>>,
): MessageDraft {
  const properties = parseProperties(half.properties);
  for (const [name, value] of Object.entries(changes)) properties.set(name, value);
  return draftOfStored(half, {
    topic: TRANS_HALF_TOPIC,
    queueId: HALF_QUEUE_ID,
    properties: formatProperties(properties),
  });
}

/** A half message that nobody ended, where it rests. */
export function givenUpDraft(half: MessageRecord): MessageDraft {
  return draftOfStored(half, { topic: TRANS_CHECK_MAX_TIME_TOPIC, queueId: HALF_QUEUE_ID });
}

/**
 * The op message that a half message is ended. It holds the one offset and nothing else, since 4.x reads
 * no more than one, while 5.x, which writes several with commas behind them, reads either.
 */
export function opDraft(
  halfOffset: number,
  { now, storeHost }: { readonly now: number; readonly storeHost: HostBytes },
): MessageDraft {
  return {
    topic: TRANS_OP_HALF_TOPIC,
    queueId: HALF_QUEUE_ID,
    flag: 0,
    sysFlag: 0,
    bornTimestamp: now,
    bornHost: storeHost,
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    body: ascii.encode(String(halfOffset)),
    properties: OP_PROPERTIES,
  };
}

/** Offsets of the half messages that an op message of any release ends. */
export function endedOffsets(op: MessageRecord): number[] {
  if (parseProperties(op.properties).get(PROPERTY.tags) !== OP_TAG) return [];
  return utf8.decode(op.body).split(OP_SEPARATOR)
    .filter((offset) => /^\d{1,15}$/.test(offset)).map(Number);
}

/**
 * The record of a half message as its producer is asked about it: of the real topic, at the place of its
 * newest copy (Java: `MessageDecoder.encode`).
 */
export function askedRecord(
  half: MessageRecord,
  copy: {
    readonly draft: MessageDraft;
    readonly physicalOffset: number;
    readonly queueOffset: number;
  },
): Uint8Array {
  const { properties } = copy.draft;
  const place = realPlace(parseProperties(properties));
  assert(place !== undefined);
  const topic = ascii.encode(place.topic);
  const isV2 = topic.length > SIZE.topicCharsOfV1Max;
  const propertiesLength = utf8Length(properties);
  const parts = { topic, isV2, body: half.body, properties, propertiesLength };
  const totalSize = recordBytes(parts, half.bornHost, half.storeHost);
  const record = new Uint8Array(totalSize);
  writeMessage(new DataView(record.buffer), 0, {
    ...half,
    ...place,
    totalSize,
    magic: isV2 ? MAGIC.v2 : MAGIC.v1,
    queueOffset: copy.queueOffset,
    physicalOffset: copy.physicalOffset,
    properties,
  });
  return record;
}
