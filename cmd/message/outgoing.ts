/**
 * Messages to be sent, as options and pipes give them.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { Message } from "../../net/client/message.ts";
import { RESERVED } from "../../net/client/producer/check.ts";
import { KEY_SEPARATOR, PROPERTY } from "../../store/properties.ts";
import { Failure, usageFailure } from "../failure.ts";
import type { Delay } from "../option/delay_option.ts";
import { parseTime } from "../option/time_option.ts";

/** A message, and where it goes. */
export interface OutgoingMessage {
  readonly message: Message;
  readonly shardingKey?: string | undefined;
  readonly queue?: QueueWish | undefined;
  /** Number of its line, where it came through a pipe. */
  readonly number?: number;
}

/** A queue somebody asks for; without a broker the first that has it. */
export interface QueueWish {
  readonly brokerName?: string | undefined;
  readonly queueId: number;
}

/** What options say of every message. */
export interface MessageOptions {
  readonly key?: readonly string[] | undefined;
  readonly tag?: string | undefined;
  /** `name=value`, each. */
  readonly property?: readonly string[] | undefined;
  readonly delay?: Delay | undefined;
  readonly shardingKey?: string | undefined;
  /** `3`, or `broker-a:3`. */
  readonly queue?: string | undefined;
}

/** What a message is made with besides topic and body. Throws a usage failure. */
export function headOf(options: MessageOptions): {
  readonly head: Omit<Message, "topic" | "body">;
  readonly place: Omit<OutgoingMessage, "message">;
} {
  const { key, tag, property = [], delay, shardingKey, queue } = options;
  const properties = Object.fromEntries(property.map(pairOf));
  return {
    head: {
      ...(tag !== undefined && { tag }),
      ...(key !== undefined && { keys: key }),
      ...(property.length > 0 && { properties }),
      ...delay,
    },
    place: { shardingKey, queue: queue === undefined ? undefined : queueWish(queue) },
  };
}

function pairOf(text: string): [string, string] {
  const at = text.indexOf("=");
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw usageFailure(`--property is "${text}", expected name=value`);
}

/** Reads `3` or `broker-a:3`. Throws a usage failure. */
export function queueWish(text: string): QueueWish {
  const [, brokerName, digits] = /^(?:(.+):)?(\d{1,9})$/.exec(text) ?? [];
  if (digits === undefined) {
    throw usageFailure(`--queue is "${text}", expected a queue id, 3, or broker-a:3`);
  }
  return { brokerName, queueId: Number(digits) };
}

/** Fields of a line that `mq message send --json` reads. */
const FIELDS: ReadonlySet<string> = new Set([
  "topic",
  "body",
  "bodyEncoding",
  "tag",
  "keys",
  "properties",
  "delayLevel",
  "delayMs",
  "deliverAt",
  "flag",
  "shardingKey",
  "queueId",
  "brokerName",
]);

type Row = Readonly<Record<string, unknown>>;

/** What a line says where it does not say so itself, and its place for people. */
export interface LineDefaults {
  readonly number: number;
  readonly topic?: string | undefined;
  readonly head: Omit<Message, "topic" | "body">;
  readonly place: Omit<OutgoingMessage, "message">;
  readonly nowMs: number;
}

/**
 * Reads a JSON line: one that was written for this, or one that `mq export` or `mq message receive`
 * printed, whose place in its store is left behind. Throws a failure that names the line.
 */
export function messageOfLine(line: Uint8Array, defaults: LineDefaults): OutgoingMessage {
  try {
    const row = rowOf(new TextDecoder("utf-8", { fatal: true }).decode(line));
    const message = row["kind"] === "message" ? exported(row, defaults) : written(row, defaults);
    return { ...message, number: defaults.number };
  } catch (error) {
    const reason = (error as Error).message;
    throw new Failure(`Cannot send line ${defaults.number}: ${reason}`, { cause: error });
  }
}

function rowOf(text: string): Row {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SyntaxError("it is no JSON", { cause: error });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Row;
  throw new SyntaxError("it is no JSON object");
}

/** A message that was stored once: what is RocketMQ's own it gets anew. */
function exported(row: Row, { topic, head, place }: LineDefaults): OutgoingMessage {
  const all = textsOf(row, "properties") ?? {};
  const own = Object.entries(all).filter(([name, value]) => !RESERVED.has(name) && value !== "");
  const properties = { ...Object.fromEntries(own), ...head.properties };
  const [tag, keys] = [all[PROPERTY.tags], all[PROPERTY.keys]];
  const message: Message = {
    topic: topic ?? needed(row, "topic"),
    body: bodyOf(row),
    ...(tag !== undefined && { tag }),
    ...(keys !== undefined && { keys: keys.split(KEY_SEPARATOR).filter(Boolean) }),
    ...optional(row, "flag"),
    ...head,
    ...(Object.keys(properties).length > 0 && { properties }),
  };
  return { message, ...place };
}

function written(row: Row, { topic, head, place, nowMs }: LineDefaults): OutgoingMessage {
  const unknown = Object.keys(row).find((name) => !FIELDS.has(name));
  if (unknown !== undefined) {
    throw new SyntaxError(`"${unknown}" is no field; there is ${[...FIELDS].join(", ")}`);
  }
  const { keys, deliverAt } = row;
  const isList = Array.isArray(keys) && keys.every((key) => typeof key === "string");
  if (keys !== undefined && !isList && typeof keys !== "string") {
    throw new SyntaxError("keys is neither text nor a list of texts");
  }
  const queueId = optional(row, "queueId").queueId;
  if (queueId === undefined && row["brokerName"] !== undefined) {
    throw new SyntaxError("brokerName goes with queueId");
  }
  const message: Message = {
    ...head,
    topic: text(row, "topic") ?? topic ?? needed(row, "topic"),
    body: bodyOf(row),
    ...(row["tag"] !== undefined && { tag: needed(row, "tag") }),
    ...(keys !== undefined && { keys: keys as string | readonly string[] }),
    ...(row["properties"] !== undefined && {
      properties: { ...head.properties, ...textsOf(row, "properties") },
    }),
    ...optional(row, "flag"),
    ...optional(row, "delayLevel"),
    ...optional(row, "delayMs"),
    ...(deliverAt !== undefined && { deliverAt: parseTime(String(deliverAt), nowMs) }),
  };
  return {
    message,
    shardingKey: text(row, "shardingKey") ?? place.shardingKey,
    queue: queueId === undefined ? place.queue : { queueId, brokerName: text(row, "brokerName") },
  };
}

function bodyOf(row: Row): Uint8Array | string {
  const { body } = row;
  if (row["bodyDamage"] !== undefined) throw new SyntaxError("its body could not be read");
  if (body === undefined) throw new SyntaxError('it has no "body"');
  const encoding = text(row, "bodyEncoding") ?? (typeof body === "string" ? "text" : "json");
  switch (encoding) {
    case "json":
      return JSON.stringify(body);
    case "text":
      return needed(row, "body");
    case "base64":
    case "hex":
      return decoded(needed(row, "body"), encoding);
    default:
      throw new SyntaxError(`bodyEncoding is "${encoding}", expected text, json, base64 or hex`);
  }
}

/** Buffer leaves out what it cannot read. */
function decoded(body: string, encoding: "base64" | "hex"): Uint8Array {
  const bytes = Buffer.from(body, encoding);
  const isWhole = encoding === "hex"
    ? body.length === 2 * bytes.length
    : bytes.toString("base64").replace(/=+$/, "") === body.replace(/=+$/, "");
  if (isWhole) return bytes;
  throw new SyntaxError(`its body is not ${encoding}`);
}

function optional<Name extends string>(row: Row, name: Name): { readonly [Key in Name]?: number } {
  const value = row[name];
  if (value === undefined) return {};
  if (typeof value === "number" && Number.isSafeInteger(value)) {
    return { [name]: value } as { readonly [Key in Name]?: number };
  }
  throw new SyntaxError(`${name} is ${JSON.stringify(value)} and no integer`);
}

function text(row: Row, name: string): string | undefined {
  return row[name] === undefined ? undefined : needed(row, name);
}

function needed(row: Row, name: string): string {
  const value = row[name];
  if (typeof value === "string") return value;
  if (value === undefined) throw new SyntaxError(`it has no "${name}"`);
  throw new SyntaxError(`${name} is ${JSON.stringify(value)} and no text`);
}

function textsOf(row: Row, name: string): Readonly<Record<string, string>> | undefined {
  const value = row[name];
  if (value === undefined) return undefined;
  const isTable = typeof value === "object" && value !== null && !Array.isArray(value) &&
    Object.values(value).every((it) => typeof it === "string");
  if (isTable) return value as Readonly<Record<string, string>>;
  throw new SyntaxError(`${name} is no object of texts`);
}
