/**
 * Message properties: text pairs `name 0x01 value 0x02` behind the body of every record. The final
 * 0x02 is there or not, depending on the release that wrote it; both are read.
 *
 * @module
 */

const NAME_END = "\u0001";
const PAIR_END = "\u0002";

/** Names the broker itself reads or writes (Java: `MessageConst`). */
export const PROPERTY = {
  keys: "KEYS",
  tags: "TAGS",
  uniqueKey: "UNIQ_KEY",
  wait: "WAIT",
  delay: "DELAY",
  timerDelayMs: "TIMER_DELAY_MS",
  timerDeliverMs: "TIMER_DELIVER_MS",
  instanceId: "INSTANCE_ID",
  retryTopic: "RETRY_TOPIC",
  realTopic: "REAL_TOPIC",
  realQueueId: "REAL_QID",
  transactionPrepared: "TRAN_MSG",
  producerGroup: "PGROUP",
  originMessageId: "ORIGIN_MESSAGE_ID",
  region: "MSG_REGION",
  traceOn: "TRACE_ON",
  correlationId: "CORRELATION_ID",
  replyToClient: "REPLY_TO_CLIENT",
  timeToLive: "TTL",
  messageType: "MSG_TYPE",
  pushReplyTime: "PUSH_REPLY_TIME",
  innerNum: "INNER_NUM",
  innerBase: "INNER_BASE",
  innerMultiDispatch: "INNER_MULTI_DISPATCH",
  innerMultiQueueOffset: "INNER_MULTI_QUEUE_OFFSET",
  cluster: "CLUSTER",
  popCheckPoint: "POP_CK",
  dlqOriginTopic: "DLQ_ORIGIN_TOPIC",
  dlqOriginMessageId: "DLQ_ORIGIN_MESSAGE_ID",
  crc32: "__CRC32#",
} as const;

/** Between keys in the property `KEYS`. */
export const KEY_SEPARATOR = " ";

/**
 * Reads stored properties by Java's rules: a pair needs a name and a value, the last of equal
 * names wins.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseProperties } from "./properties.ts";
 *
 * assert(parseProperties("TAGS\u0001a\u0002KEYS\u0001k1 k2").get("KEYS") === "k1 k2");
 * ```
 */
export function parseProperties(text: string): Map<string, string> {
  const properties = new Map<string, string>();
  for (const pair of text.split(PAIR_END)) {
    const nameEnd = pair.indexOf(NAME_END);
    if (nameEnd > 0 && nameEnd < pair.length - 1) {
      properties.set(pair.slice(0, nameEnd), pair.slice(nameEnd + 1));
    }
  }
  return properties;
}

/** Writes properties as 5.2 and later do: every pair with its end. */
export function formatProperties(properties: Iterable<readonly [string, string]>): string {
  let text = "";
  for (const [name, value] of properties) text += propertyText(name, value);
  return text;
}

/** One pair with its end. */
export function propertyText(name: string, value: string): string {
  return name + NAME_END + value + PAIR_END;
}

/**
 * Value of one property, by the rules of {@linkcode parseProperties} but without reading the others;
 * `undefined` when it is missing.
 */
export function propertyOf(text: string, name: string): string | undefined {
  const start = name + NAME_END;
  for (let from = text.length; from >= 0;) {
    const pairEnd = text.lastIndexOf(PAIR_END + start, from);
    if (pairEnd < 0 && !text.startsWith(start)) return undefined;
    const at = pairEnd + 1;
    const end = text.indexOf(PAIR_END, at);
    const value = text.slice(at + start.length, end < 0 ? text.length : end);
    if (value !== "") return value;
    from = pairEnd - 1;
  }
  return undefined;
}

/** Adds a pair behind stored properties, closing an open last pair first. */
export function appendProperty(text: string, name: string, value: string): string {
  const open = text !== "" && !text.endsWith(PAIR_END);
  return text + (open ? PAIR_END : "") + name + NAME_END + value + PAIR_END;
}
