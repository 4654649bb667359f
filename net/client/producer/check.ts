/**
 * What a client refuses before anything is sent, since every broker would (Java: `Validators`), and
 * what it would rather not find out by its effects.
 *
 * @module
 */

import { ALLOWED_NAME, isDerivedTopic, isSendable, TOPIC_LENGTH } from "../../wire/topic_names.ts";
import { PROPERTY } from "../../../store/properties.ts";
import { ClientError } from "../client_error.ts";

/** Characters of the longest group (Java: `Validators.CHARACTER_MAX_LENGTH`; 5.x has come down to 120). */
const GROUP_LENGTH_MAX = 255;
/** Java: `MixAll.DEFAULT_PRODUCER_GROUP`. */
const DEFAULT_GROUP = "DEFAULT_PRODUCER";
/** Bytes of properties: their length is 16 bits of a record. */
export const PROPERTIES_BYTES_MAX = 32_767;

/** Names only RocketMQ sets (Java: `MessageConst.STRING_HASH_SET`). */
export const RESERVED: ReadonlySet<string> = new Set([
  ...Object.values(PROPERTY),
  "1ST_POP_TIME",
  "ARRIVE_TIME",
  "BORN_TIMESTAMP",
  "BUYER_ID",
  "CONSUME_START_TIME",
  "CORRECTION_FLAG",
  "CORRELATION_ID",
  "DUP_INFO",
  "EXTEND_UNIQ_INFO",
  "MAX_OFFSET",
  "MAX_RECONSUME_TIMES",
  "MIN_OFFSET",
  "MQ2_FLAG",
  "MSG_REGION",
  "MSG_TYPE",
  "ORIGIN_GROUP",
  "POP_CK_OFFSET",
  "RECONSUME_TIME",
  "TIMER_DELAY_LEVEL",
  "TIMER_DELAY_SEC",
  "TIMER_DEL_UNIQKEY",
  "TIMER_DEQUEUE_MS",
  "TIMER_ENQUEUE_MS",
  "TIMER_OUT_MS",
  "TIMER_ROLL_TIMES",
  "TRACE_ON",
  "TRANSFER_FLAG",
  "TRAN_PREPARED_QUEUE_OFFSET",
  "TTL",
  "_SYS_MSG_PRIORITY_",
  "__BORNHOST",
  "__LITE_TOPIC",
]);

/** Control characters that stand between names and values of properties. */
// deno-lint-ignore no-control-regex
const SEPARATORS = /[\u0001\u0002]/;

/** @throws {ClientError} `invalid` if no group can have the name. */
export function checkGroup(group: string): void {
  if (typeof group !== "string") throw invalid(`Cannot join group: its name is ${group}`);
  if (group.trim() === "") throw invalid("Cannot join group: its name is empty");
  if (!ALLOWED_NAME.test(group)) {
    throw invalid(`Cannot join group "${group}": its name may have letters, digits, %, |, - and _`);
  }
  if (group === DEFAULT_GROUP) {
    throw invalid(`Cannot join group "${group}": Java's clients refuse it; choose another name`);
  }
  if (group.length <= GROUP_LENGTH_MAX) return;
  const { length } = group;
  const text = `its name has ${length} characters, limit is ${GROUP_LENGTH_MAX}`;
  throw invalid(`Cannot join group "${group}": ${text}`);
}

/** @throws {ClientError} `invalid` if messages cannot be sent to a topic of that name. */
export function checkTopic(topic: string): void {
  if (topic.trim() === "") throw invalid("Cannot send: the name of the topic is empty");
  const what = `Cannot send to topic "${topic}"`;
  if (!ALLOWED_NAME.test(topic)) {
    throw invalid(`${what}: its name may have letters, digits, %, |, - and _`);
  }
  const limit = isDerivedTopic(topic) ? TOPIC_LENGTH.derivedMax : TOPIC_LENGTH.max;
  if (topic.length > limit) {
    throw invalid(`${what}: its name has ${topic.length} characters, limit is ${limit}`);
  }
  if (!isSendable(topic)) throw invalid(`${what}: brokers keep it for themselves`);
}

/** @throws {ClientError} `invalid` if an application's property cannot be carried. */
export function checkProperty(what: string, name: string, value: string): void {
  if (typeof value !== "string") throw notText(what, `property "${name}"`, value);
  if (name === "" || value === "") {
    throw invalid(`${what}: property "${name}" is "${value}", name and value must not be empty`);
  }
  if (RESERVED.has(name)) {
    throw invalid(`${what}: property "${name}" is RocketMQ's own; choose another name`);
  }
  checkText(what, `property "${name}"`, name + value);
}

/** @throws {ClientError} `invalid` if a text cannot stand among the properties. */
export function checkText(what: string, field: string, text: string): void {
  if (typeof text !== "string") throw notText(what, field, text);
  if (!SEPARATORS.test(text)) return;
  throw invalid(`${what}: ${field} has a character U+0001 or U+0002, which separate properties`);
}

function notText(what: string, field: string, value: unknown): ClientError {
  return invalid(`${what}: ${field} is ${value}, expected text`);
}

/**
 * Takes one number by its name.
 *
 * @throws {ClientError} `invalid` with name, value and limits if it is out of range.
 */
export function requireNumber(
  what: string,
  named: Readonly<Record<string, number>>,
  { min, max, integer = false }: {
    readonly min: number;
    readonly max: number;
    readonly integer?: boolean;
  },
): void {
  for (const [name, value] of Object.entries(named)) {
    if (value >= min && value <= max && (!integer || Number.isInteger(value))) continue;
    const kind = integer ? "an integer" : "a number";
    const range = max === Infinity ? `from ${min}` : `from ${min} to ${max}`;
    throw invalid(`${what}: ${name} is ${value}, expected ${kind} ${range}`);
  }
}

/** Something no broker would take. */
export function invalid(text: string): ClientError {
  return new ClientError(text, { kind: "invalid" });
}
