/**
 * A message as a broker gives it out.
 *
 * @module
 */

import { readBody } from "../../store/body.ts";
import { formatHost } from "../../store/host.ts";
import { type MessageRecord, readMessage } from "../../store/message.ts";
import { formatMessageId } from "../../store/message_id.ts";
import { KEY_SEPARATOR, parseProperties, PROPERTY } from "../../store/properties.ts";
import { ClientError } from "./client_error.ts";

/** Where a record comes from, and how its topic is called. */
export interface RecordOrigin {
  readonly brokerName: string;
  /** Takes a namespace off a topic's name; default: leaves it. */
  readonly unwrap?: (topic: string) => string;
}

const decoder = new TextDecoder();

/** A message that was stored (Java: `MessageExt`). */
export class ReceivedMessage {
  readonly topic: string;
  readonly brokerName: string;
  /** Fields of the record as they are stored. */
  readonly record: MessageRecord;
  #properties: ReadonlyMap<string, string> | undefined;
  #body: Uint8Array | undefined;

  /** `record` stands on memory of its own. */
  constructor(record: MessageRecord, { brokerName, unwrap }: RecordOrigin) {
    this.record = record;
    this.brokerName = brokerName;
    this.topic = unwrap === undefined ? record.topic : unwrap(record.topic);
  }

  /** Number of its queue at its broker. */
  get queueId(): number {
    return this.record.queueId;
  }

  /** Position in its queue. */
  get queueOffset(): number {
    return this.record.queueOffset;
  }

  /** Where its record starts in the broker's commit log. */
  get commitLogOffset(): number {
    return this.record.physicalOffset;
  }

  /** Made by its producer; of a producer that makes none, {@linkcode offsetMessageId}. */
  get messageId(): string {
    return this.properties.get(PROPERTY.uniqueKey) ?? this.offsetMessageId;
  }

  /** Made by the broker: its address and the place in its commit log. */
  get offsetMessageId(): string {
    return formatMessageId(this.record.storeHost, this.record.physicalOffset);
  }

  /**
   * Content, decompressed.
   *
   * @throws {ClientError} `damaged` when it is compressed and cannot be decompressed.
   */
  get body(): Uint8Array {
    return this.#body ??= this.#readBody();
  }

  /** Content as UTF-8. */
  text(): string {
    return decoder.decode(this.body);
  }

  /**
   * Content as JSON.
   *
   * @throws {SyntaxError} if it is none.
   */
  json<Value = unknown>(): Value {
    return JSON.parse(this.text());
  }

  /** What subscriptions choose by. */
  get tag(): string | undefined {
    return this.properties.get(PROPERTY.tags);
  }

  /** What it can be found by. */
  get keys(): readonly string[] {
    return this.properties.get(PROPERTY.keys)?.split(KEY_SEPARATOR).filter((it) => it !== "") ?? [];
  }

  /** All properties, RocketMQ's own among them. */
  get properties(): ReadonlyMap<string, string> {
    return this.#properties ??= parseProperties(this.record.properties);
  }

  /** 1 when it is delivered for the first time. */
  get attempt(): number {
    return this.record.reconsumeTimes + 1;
  }

  /** 32 bits of the producer. */
  get flag(): number {
    return this.record.flag;
  }

  /** When it was made, by its producer's clock. */
  get bornAt(): Date {
    return new Date(this.record.bornTimestamp);
  }

  /** When it was stored, by its broker's clock. */
  get storedAt(): Date {
    return new Date(this.record.storeTimestamp);
  }

  /** Address of its producer. */
  get bornHost(): string {
    return formatHost(this.record.bornHost);
  }

  /** Address of its broker. */
  get storeHost(): string {
    return formatHost(this.record.storeHost);
  }

  #readBody(): Uint8Array {
    const { body, sysFlag } = this.record;
    const read = readBody(body, sysFlag);
    if (read.state === "ok") return read.body;
    const where = `${this.topic} queue ${this.queueId} offset ${this.queueOffset}`;
    throw new ClientError(`Cannot read the body of ${where}: ${read.reason}`, { kind: "damaged" });
  }
}

/**
 * Messages of a body that holds whole records one behind the other, as pulls and look-ups are
 * answered. The body is kept by them.
 *
 * @throws {ClientError} `damaged` where what follows is no record.
 */
export function readMessages(body: Uint8Array, origin: RecordOrigin): ReceivedMessage[] {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const messages: ReceivedMessage[] = [];
  for (let at = 0; at < body.byteLength;) {
    const record = recordAt(view, at);
    if (record === undefined) {
      const text = `Cannot read an answer of ${origin.brokerName}: no record at byte ${at}`;
      throw new ClientError(text, { kind: "damaged" });
    }
    messages.push(new ReceivedMessage(record, origin));
    at += record.totalSize;
  }
  return messages;
}

function recordAt(view: DataView, at: number): MessageRecord | undefined {
  if (view.byteLength - at < 8) return undefined;
  const size = view.getInt32(at);
  if (size < 8 || size > view.byteLength - at) return undefined;
  try {
    return readMessage(view, at);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
