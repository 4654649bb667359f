/**
 * Many messages as few requests (Java: `MessageBatch`, `DefaultMQProducer.batch`).
 *
 * @module
 */

import { formatProperties, PROPERTY } from "../../../store/properties.ts";
import { type BatchMessage, formatBatch } from "../../wire/batch_body.ts";
import { RETRY_PREFIX } from "../../wire/topic_names.ts";
import type { Message } from "../message.ts";
import { invalid } from "./check.ts";
import { type Draft, type Drafts, flagOf, isDelayed } from "./draft.ts";

/**
 * Bytes a record takes besides topic, properties and body, those included that a broker of whatever
 * make adds: a broker of Java measures the records, not the request.
 */
const RECORD_BYTES = 512;

const encoder = new TextEncoder();

interface Part {
  readonly topic: string;
  readonly message: Message;
  readonly messageId: string;
  readonly encoded: BatchMessage;
  /** Bytes at the broker, at most. */
  readonly bytes: number;
}

/** What stands in one request: neighbours of one topic that are all waited for alike, or none is. */
interface Group {
  readonly topic: string;
  readonly waitStored: boolean;
  readonly parts: Part[];
  bytes: number;
}

/**
 * Drafts of messages in their order. A new one begins with another topic, another `waitStored`, or
 * where `bytesMax` would be passed.
 *
 * @throws {ClientError} `invalid` if one of them cannot be sent, or not in a batch; none is then.
 */
export function batchDrafts(
  messages: readonly Message[],
  { drafts, now, bytesMax }: {
    readonly drafts: Drafts;
    readonly now: () => number;
    readonly bytesMax: number;
  },
): Draft[] {
  const groups: Group[] = [];
  for (const part of partsOf(messages, drafts)) {
    const { topic, message: { waitStored = true } } = part;
    const last = groups.at(-1);
    const fits = last !== undefined && last.topic === topic && last.waitStored === waitStored &&
      last.bytes + part.bytes <= bytesMax;
    if (fits) {
      last.parts.push(part);
      last.bytes += part.bytes;
    } else groups.push({ topic, waitStored, parts: [part], bytes: part.bytes });
  }
  return groups.map((group) => draftOf(group, now()));
}

function partsOf(messages: readonly Message[], drafts: Drafts): Part[] {
  const checked = messages.map((message) => {
    const topic = drafts.topicOf(message);
    const what = `Cannot send a batch to topic "${message.topic}"`;
    if (isDelayed(message)) throw invalid(`${what}: delayed messages are sent one by one`);
    if (topic.startsWith(RETRY_PREFIX)) throw invalid(`${what}: retry topics take no batches`);
    const body = drafts.bodyOf(message);
    const messageId = drafts.nextId();
    const properties = drafts.propertiesOf(message, messageId);
    return { topic, message, messageId, body, properties };
  });
  const encoded = encodeAll(checked.map((it) => it.properties));
  return checked.map(({ topic, message, messageId, body }, at) => {
    const properties = encoded[at]!;
    const bytes = RECORD_BYTES + topic.length + properties.length + body.length;
    const flag = flagOf(message);
    return { topic, message, messageId, encoded: { flag, body, properties }, bytes };
  });
}

/** Texts as UTF-8, in one call where each character is a byte: a call costs more than a short text. */
function encodeAll(texts: readonly string[]): Uint8Array[] {
  const all = texts.join("");
  const bytes = encoder.encode(all);
  if (bytes.length !== all.length) return texts.map((text) => encoder.encode(text));
  let at = 0;
  return texts.map((text) => bytes.subarray(at, at += text.length));
}

function draftOf({ topic, waitStored, parts }: Group, bornTimestamp: number): Draft {
  return {
    topic,
    messages: parts.map((it) => it.message),
    messageIds: parts.map((it) => it.messageId),
    kind: "normal",
    batch: true,
    body: formatBatch(parts.map((it) => it.encoded)),
    // No id: brokers of 4.x would give every message that of the batch.
    properties: formatProperties([[PROPERTY.wait, String(waitStored)]]),
    flag: 0,
    sysFlag: 0,
    bornTimestamp,
  };
}
