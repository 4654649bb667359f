/**
 * A record where it lies in an answer of a broker, decoded as far as somebody asks: most of what a
 * consumer is given is never looked at.
 *
 * @module
 */

import { MESSAGE_V1 } from "../../store/format.ts";
import { type HostBytes, i32, i64, readI64 } from "../../store/layout.ts";
import { type MessageRecord, readMessage, RecordView } from "../../store/message.ts";

const AT = MESSAGE_V1.at;
/** A byte order mark is a character like any other. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The records of one answer; its memory is theirs. */
export class Answer {
  /** Stands where it was needed last. */
  readonly #record = new RecordView();
  readonly #length: number;
  #topic = "";
  #topicAt = 0;
  #topicLength = 0;

  constructor(bytes: Uint8Array) {
    this.#record.attach(bytes);
    this.#length = bytes.length;
  }

  /** The record at `at`; `undefined` where there is none. */
  read(at: number): StoredRecord | undefined {
    return this.#record.load(at, this.#length) === undefined
      ? new StoredRecord(this, this.#record)
      : undefined;
  }

  /** The record at `at`, which was read before. */
  view(at: number): RecordView {
    if (this.#record.at !== at) this.#record.load(at, this.#length);
    return this.#record;
  }

  /** Topic of a record; an answer has one, as a rule. */
  topicOf({ bytes, topicAt, topicLength }: RecordView): string {
    if (topicLength === this.#topicLength && equal(bytes, this.#topicAt, topicAt, topicLength)) {
      return this.#topic;
    }
    this.#topicAt = topicAt;
    this.#topicLength = topicLength;
    return this.#topic = decoder.decode(bytes.subarray(topicAt, topicAt + topicLength));
  }
}

/** One record of an answer. */
export class StoredRecord implements MessageRecord {
  readonly totalSize: number;
  readonly queueOffset: number;
  readonly sysFlag: number;
  readonly topic: string;
  /** Bytes of {@linkcode body}. */
  readonly bodyLength: number;
  readonly #answer: Answer;
  readonly #at: number;

  /** `record` stands on it. */
  constructor(answer: Answer, record: RecordView) {
    this.#answer = answer;
    this.#at = record.at;
    this.totalSize = record.size;
    this.queueOffset = record.queueOffset();
    this.sysFlag = record.sysFlag();
    this.topic = answer.topicOf(record);
    this.bodyLength = record.bodyLength;
  }

  /** All of it at once. */
  decoded(): MessageRecord {
    return readMessage(this.#view.view, this.#at);
  }

  get magic(): number {
    return this.#int(AT.magic);
  }

  get bodyCRC(): number {
    return this.#int(AT.bodyCRC);
  }

  get queueId(): number {
    return this.#int(AT.queueId);
  }

  get flag(): number {
    return this.#int(AT.flag);
  }

  get physicalOffset(): number {
    return this.#view.physicalOffset();
  }

  get bornTimestamp(): number {
    return this.#view.bornTimestamp();
  }

  get bornHost(): HostBytes {
    const { bytes, view, storeTimestampAt } = this.#view;
    const portAt = storeTimestampAt - i32.width;
    const address = bytes.subarray(this.#at + AT.bornHost, portAt);
    return { address, port: view.getInt32(portAt) };
  }

  get storeTimestamp(): number {
    return this.#view.storeTimestamp();
  }

  get storeHost(): HostBytes {
    return this.#view.storeHost();
  }

  get reconsumeTimes(): number {
    const { view, bodyAt } = this.#view;
    return view.getInt32(bodyAt - i32.width - i64.width - i32.width);
  }

  get preparedTransactionOffset(): number {
    const { view, bodyAt } = this.#view;
    return readI64(view, bodyAt - i32.width - i64.width);
  }

  get body(): Uint8Array {
    const { bytes, bodyAt, bodyLength } = this.#view;
    return bytes.subarray(bodyAt, bodyAt + bodyLength);
  }

  get properties(): string {
    const { bytes, propertiesAt, propertiesLength } = this.#view;
    return decoder.decode(bytes.subarray(propertiesAt, propertiesAt + propertiesLength));
  }

  get #view(): RecordView {
    return this.#answer.view(this.#at);
  }

  #int(at: number): number {
    return this.#view.view.getInt32(this.#at + at);
  }
}

function equal(bytes: Uint8Array, one: number, other: number, length: number): boolean {
  for (let at = 0; at < length; at++) {
    if (bytes[one + at] !== bytes[other + at]) return false;
  }
  return true;
}
