/**
 * A message as a broker gives it out.
 *
 * @module
 */

import { formatHost } from "../../store/host.ts";
import { type MessageRecord, readMessage } from "../../store/message.ts";
import { formatMessageId } from "../../store/message_id.ts";
import { parseProperties, PROPERTY } from "../../store/properties.ts";
import { ClientError } from "./client_error.ts";
import { MessageContent } from "./message_content.ts";

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
  /** Fields of the record as they are stored. */
  readonly record: MessageRecord;
  #properties: ReadonlyMap<string, string> | undefined;

  /** `record` stands on memory of its own. */
  constructor(record: MessageRecord, { brokerName, unwrap }: RecordOrigin) {
    super();
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

  override get properties(): ReadonlyMap<string, string> {
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

  protected override get stored(): MessageRecord {
    return this.record;
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
