/**
 * A message as a broker gives it out.
 *
 * @module
 */

import { formatHost } from "../../store/host.ts";
import type { MessageRecord } from "../../store/message.ts";
import { formatMessageId } from "../../store/message_id.ts";
import { parseProperties, PROPERTY } from "../../store/properties.ts";
import { ClientError } from "./client_error.ts";
import { MessageContent } from "./message_content.ts";
import { Answer, StoredRecord } from "./stored_record.ts";

/** Where a record comes from, and how its topic is called. */
export interface RecordOrigin {
  readonly brokerName: string;
  /** Takes a namespace off a topic's name; default: leaves it. */
  readonly unwrap?: (topic: string) => string;
}

/** A message that was stored (Java: `MessageExt`). */
export class ReceivedMessage extends MessageContent {
  readonly topic: string;
  readonly brokerName: string;
  readonly #stored: MessageRecord;
  #record: MessageRecord | undefined;
  #properties: ReadonlyMap<string, string> | undefined;

  /** `from` is a record that stands on memory of its own, or a message to be shown in another way. */
  constructor(from: MessageRecord | ReceivedMessage, { brokerName, unwrap }: RecordOrigin) {
    super();
    const stored = this.#stored = from instanceof ReceivedMessage ? from.#stored : from;
    this.brokerName = brokerName;
    this.topic = unwrap === undefined ? stored.topic : unwrap(stored.topic);
  }

  /** Fields of the record as they are stored. */
  get record(): MessageRecord {
    const stored = this.#stored;
    return this.#record ??= stored instanceof StoredRecord ? stored.decoded() : stored;
  }

  /** Bytes of its record. */
  get storeSize(): number {
    return this.#stored.totalSize;
  }

  /** Bytes of its body as it is stored. */
  get storedBodySize(): number {
    const stored = this.#stored;
    return stored instanceof StoredRecord ? stored.bodyLength : stored.body.length;
  }

  /** 32 bits of the store: compression, transaction, batch. */
  get sysFlag(): number {
    return this.#stored.sysFlag;
  }

  /** Number of its queue at its broker. */
  get queueId(): number {
    return this.#stored.queueId;
  }

  /** Position in its queue. */
  get queueOffset(): number {
    return this.#stored.queueOffset;
  }

  /** Where its record starts in the broker's commit log. */
  get commitLogOffset(): number {
    return this.#stored.physicalOffset;
  }

  /** Made by its producer; of a producer that makes none, {@linkcode offsetMessageId}. */
  get messageId(): string {
    return this.properties.get(PROPERTY.uniqueKey) ?? this.offsetMessageId;
  }

  /** Made by the broker: its address and the place in its commit log. */
  get offsetMessageId(): string {
    return formatMessageId(this.#stored.storeHost, this.#stored.physicalOffset);
  }

  override get properties(): ReadonlyMap<string, string> {
    return this.#properties ??= parseProperties(this.#stored.properties);
  }

  /** 1 when it is delivered for the first time. */
  get attempt(): number {
    return this.#stored.reconsumeTimes + 1;
  }

  /** 32 bits of the producer. */
  get flag(): number {
    return this.#stored.flag;
  }

  /** When it was made, by its producer's clock. */
  get bornAt(): Date {
    return new Date(this.#stored.bornTimestamp);
  }

  /** When it was stored, by its broker's clock. */
  get storedAt(): Date {
    return new Date(this.#stored.storeTimestamp);
  }

  /** Address of its producer. */
  get bornHost(): string {
    return formatHost(this.#stored.bornHost);
  }

  /** Address of its broker. */
  get storeHost(): string {
    return formatHost(this.#stored.storeHost);
  }

  protected override get stored(): MessageRecord {
    return this.#stored;
  }

  protected override get name(): string {
    return `the body of ${this.topic} queue ${this.queueId} offset ${this.queueOffset}`;
  }
}

/**
 * Messages of a body that holds whole records one behind the other, as pulls and look-ups are
 * answered. The body is kept by them.
 *
 * @throws {ClientError} `damaged` where what follows is no record.
 */
export function readMessages(body: Uint8Array, origin: RecordOrigin): ReceivedMessage[] {
  const answer = new Answer(body);
  const messages: ReceivedMessage[] = [];
  for (let at = 0; at < body.byteLength;) {
    const record = answer.read(at);
    if (record === undefined) {
      const text = `Cannot read an answer of ${origin.brokerName}: no record at byte ${at}`;
      throw new ClientError(text, { kind: "damaged" });
    }
    messages.push(new ReceivedMessage(record, origin));
    at += record.totalSize;
  }
  return messages;
}
