/**
 * A message as it goes out: checked, with its id and properties, and compressed. It is made once;
 * every attempt sends the same.
 *
 * @module
 */

import {
  formatProperties,
  KEY_SEPARATOR,
  PROPERTY,
  propertyText,
} from "../../../store/properties.ts";
import type { UniqueIds } from "../../wire/unique_ids.ts";
import type { Message } from "../message.ts";
import type { Namespace } from "../namespace.ts";
import type { OutgoingMessage, SendRequestName } from "../send.ts";
import {
  checkProperty,
  checkText,
  checkTopic,
  invalid,
  PROPERTIES_BYTES_MAX,
  requireNumber,
} from "./check.ts";
import { type BodyCompression, sentBody } from "./compress.ts";
import type { MessageKind } from "./hooks.ts";

/** Messages ready to be sent, of which there is more than one in a batch only. */
export interface Draft extends OutgoingMessage {
  /** On the wire. */
  readonly topic: string;
  readonly messages: readonly Message[];
  /** Their ids. */
  readonly messageIds: readonly string[];
  readonly kind: MessageKind;
  /** Default: by what it is. */
  readonly request?: SendRequestName | undefined;
}

/** What drafts of a producer have in common. */
export interface DraftSettings {
  readonly namespace: Namespace;
  readonly ids: UniqueIds;
  readonly now: () => number;
  readonly bodyBytesMax: number;
  readonly compressOver: number;
  readonly compression: BodyCompression;
}

/** What RocketMQ's own parts add to a message. */
export interface DraftExtras {
  /** Properties an application cannot set. */
  readonly properties?: Iterable<readonly [string, string]> | undefined;
  readonly sysFlag?: number | undefined;
  readonly kind?: MessageKind | undefined;
  readonly request?: SendRequestName | undefined;
  /** Whether an empty body is sent. */
  readonly mayBeEmpty?: boolean | undefined;
  readonly reconsumeTimes?: number | undefined;
  readonly maxReconsumeTimes?: number | undefined;
}

const encoder = new TextEncoder();
const WAITED = propertyText(PROPERTY.wait, "true");
const FLAG_MIN = -(2 ** 31);
const FLAG_MAX = 2 ** 31 - 1;
const TIME_MAX = Number.MAX_SAFE_INTEGER;

/** Makes drafts. */
export class Drafts {
  readonly #settings: DraftSettings;
  /** Names on the wire of topics that have been checked. */
  readonly #topics = new Map<string, string>();

  constructor(settings: DraftSettings) {
    this.#settings = settings;
  }

  /** Names on the wire of the topics of all drafts. */
  get topics(): Iterable<string> {
    return this.#topics.values();
  }

  /**
   * A draft of one message.
   *
   * @throws {ClientError} `invalid` if no broker would take it, or it says less or more than it can
   * mean.
   */
  one(message: Message, extras: DraftExtras = {}): Draft {
    const settings = this.#settings;
    const topic = this.topicOf(message);
    const body = this.bodyOf(message, extras);
    const messageId = this.nextId();
    const properties = this.propertiesOf(message, messageId, extras.properties);
    const sent = sentBody(body, { over: settings.compressOver, compression: settings.compression });
    return {
      topic,
      messages: [message],
      messageIds: [messageId],
      kind: extras.kind ?? (isDelayed(message) ? "delayed" : "normal"),
      request: extras.request,
      body: sent.body,
      properties,
      flag: flagOf(message),
      sysFlag: (extras.sysFlag ?? 0) | sent.sysFlag,
      bornTimestamp: settings.now(),
      reconsumeTimes: extras.reconsumeTimes,
      maxReconsumeTimes: extras.maxReconsumeTimes,
    };
  }

  /** Id of one more message. */
  nextId(): string {
    return this.#settings.ids.next();
  }

  /** A topic's name on the wire; throws `invalid` when it can have no messages. */
  topicOf({ topic }: Message): string {
    const known = this.#topics.get(topic);
    if (known !== undefined) return known;
    if (typeof topic !== "string") throw invalid(`Cannot send: topic is ${topic}, expected a name`);
    checkTopic(topic);
    const wrapped = this.#settings.namespace.wrap(topic);
    checkTopic(wrapped);
    this.#topics.set(topic, wrapped);
    return wrapped;
  }

  /** Bytes of a body. Java's clients send no empty ones. */
  bodyOf({ topic, body }: Message, { mayBeEmpty = false }: DraftExtras = {}): Uint8Array {
    const bytes = typeof body === "string" ? encoder.encode(body) : body;
    if (!(bytes instanceof Uint8Array)) {
      throw invalid(`Cannot send to topic "${topic}": body is ${bytes}, expected bytes or text`);
    }
    const { bodyBytesMax } = this.#settings;
    if (bytes.length > bodyBytesMax) {
      const text = `body is ${bytes.length} bytes, limit is ${bodyBytesMax}`;
      throw invalid(`Cannot send to topic "${topic}": ${text}`);
    }
    if (bytes.length > 0 || mayBeEmpty) return bytes;
    throw invalid(`Cannot send to topic "${topic}": body is empty`);
  }

  /** Properties as they are stored. */
  propertiesOf(
    message: Message,
    messageId: string,
    extra?: DraftExtras["properties"],
  ): string {
    const what = `Cannot send to topic "${message.topic}"`;
    const { tag, keys, properties, waitStored = true } = message;
    let text = propertyText(PROPERTY.uniqueKey, messageId) +
      (waitStored ? WAITED : propertyText(PROPERTY.wait, "false"));
    if (tag !== undefined && tag !== "") {
      checkText(what, "tag", tag);
      text += propertyText(PROPERTY.tags, tag);
    }
    const key = keysOf(what, keys);
    if (key !== "") text += propertyText(PROPERTY.keys, key);
    if (isDelayed(message)) text += propertyText(...delayOf(what, message));
    const { name: instance } = this.#settings.namespace;
    if (instance !== "") text += propertyText(PROPERTY.instanceId, instance);
    for (const name in properties) {
      const value = properties[name]!;
      checkProperty(what, name, value);
      text += propertyText(name, value);
    }
    if (extra !== undefined) text += formatProperties(extra);
    // A unit of UTF-16 takes three bytes at most.
    if (text.length * 3 <= PROPERTIES_BYTES_MAX) return text;
    const bytes = encoder.encode(text).length;
    if (bytes <= PROPERTIES_BYTES_MAX) return text;
    throw invalid(`${what}: properties are ${bytes} bytes, limit is ${PROPERTIES_BYTES_MAX}`);
  }
}

/** The message's flag; throws `invalid` when it is no 32 bits. */
export function flagOf({ topic, flag = 0 }: Message): number {
  if (flag === 0) return 0;
  const limits = { min: FLAG_MIN, max: FLAG_MAX, integer: true };
  requireNumber(`Cannot send to topic "${topic}"`, { flag }, limits);
  return flag;
}

/** Whether a message is to be delivered later. */
export function isDelayed({ delayLevel, deliverAt, delayMs }: Message): boolean {
  return delayLevel !== undefined || deliverAt !== undefined || delayMs !== undefined;
}

function keysOf(what: string, keys: Message["keys"]): string {
  if (keys === undefined || keys === "") return "";
  // Java's clients give one text, in which blanks divide keys.
  if (typeof keys === "string") return checked(what, "keys", keys);
  if (!Array.isArray(keys)) throw invalid(`${what}: keys is ${keys}, expected text or several`);
  for (const key of keys) {
    checkText(what, "key", key);
    if (key.includes(KEY_SEPARATOR)) {
      throw invalid(`${what}: key "${key}" has a space; it would become several keys`);
    }
  }
  return keys.join(KEY_SEPARATOR);
}

function delayOf(what: string, { delayLevel, deliverAt, delayMs }: Message): [string, string] {
  const given = [delayLevel, deliverAt, delayMs].filter((it) => it !== undefined);
  if (given.length > 1) {
    throw invalid(`${what}: of delayLevel, deliverAt and delayMs only one can be said`);
  }
  if (delayLevel !== undefined) {
    requireNumber(what, { delayLevel }, { min: 1, max: FLAG_MAX, integer: true });
    return [PROPERTY.delay, String(delayLevel)];
  }
  if (delayMs !== undefined) {
    requireNumber(what, { delayMs }, { min: 1, max: TIME_MAX });
    return [PROPERTY.timerDelayMs, String(Math.ceil(delayMs))];
  }
  const at = Number(deliverAt);
  requireNumber(what, { deliverAt: at }, { min: 1, max: TIME_MAX });
  return [PROPERTY.timerDeliverMs, String(Math.ceil(at))];
}

function checked(what: string, field: string, text: string): string {
  checkText(what, field, text);
  return text;
}
