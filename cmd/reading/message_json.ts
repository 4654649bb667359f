/**
 * Messages as JSON text, put as bytes straight from those of their records, for dumps of whole logs:
 * many times as fast as making objects first. The text is that of
 * `JSON.stringify(messageRow(record, {}))` to the byte, which a test proves on every recorded store.
 *
 * @module
 */
import { MESSAGE_V1, SYS_FLAG } from "../../store/format.ts";
import { formatHost } from "../../store/host.ts";
import { type HostBytes, i32, i64, readI64 } from "../../store/layout.ts";
import { formatMessageId } from "../../store/message_id.ts";
import { parseProperties } from "../../store/properties.ts";
import { propertiesOf, topicOf } from "../../store/record_text.ts";
import { RecordView } from "../../store/record_view.ts";
import {
  type ByteRow,
  NUMBER_BYTES_MAX,
  Piece,
  putHex,
  putNumber,
  putText,
} from "../output/json_bytes.ts";
import { PlainPairs } from "./plain_pairs.ts";

const AT = MESSAGE_V1.at;
const OFFSET_ID_DIGITS = 16;
/** A byte of text in JSON: an escape at most. */
const ESCAPE_BYTES = 6;
/** All but topic, properties and hosts: names, and a number for each. */
const FIXED_BYTES_MAX = 400 + 14 * NUMBER_BYTES_MAX;
/** Both, and the id. */
const HOSTS_BYTES_MAX = 3 * 64;
const LINE_END = 0x0a;
/** A power of two. */
const TOPIC_SLOTS = 1024;

/** What stands between the values, in their order. */
const NAMES = {
  topic: new Piece('{"kind":"message","topic":'),
  queueId: new Piece(',"queueId":'),
  queueOffset: new Piece(',"queueOffset":'),
  commitLogOffset: new Piece(',"commitLogOffset":'),
  storeSize: new Piece(',"storeSize":'),
  magic: new Piece(',"magic":'),
  bodyCRC: new Piece(',"bodyCRC":'),
  storedBodySize: new Piece(',"storedBodySize":'),
  sysFlag: new Piece(',"sysFlag":'),
  flag: new Piece(',"flag":'),
  bornTimestamp: new Piece(',"bornTimestamp":'),
  bornHost: new Piece(',"bornHost":"'),
  storeTimestamp: new Piece('","storeTimestamp":'),
  storeHost: new Piece(',"storeHost":"'),
  reconsumeTimes: new Piece('","reconsumeTimes":'),
  preparedTransactionOffset: new Piece(',"preparedTransactionOffset":'),
  properties: new Piece(',"properties":'),
  msgId: new Piece(',"msgId":"'),
  end: new Piece('"}'),
};

/** A host as it stands in JSON, kept because it rarely changes from one record to the next. */
class HostText {
  text = new Piece("");
  /** The id of a record at offset 0 of this host, without the offset. */
  idPrefix = new Piece("");
  #address: Uint8Array = new Uint8Array(0);
  #port = -1;

  /** Looks at the host at a position, of which `length` bytes are the address. */
  load(record: RecordView, at: number, length: number): void {
    const port = record.view.getInt32(at + length);
    if (port === this.#port && isSame(this.#address, { bytes: record.bytes, at, length })) return;
    this.#port = port;
    this.#address = record.bytes.slice(at, at + length);
    const host: HostBytes = { address: this.#address, port };
    this.text = new Piece(formatHost(host));
    this.idPrefix = new Piece(formatMessageId(host, 0).slice(0, -OFFSET_ID_DIGITS));
  }
}

/** A printer of messages, one at a time. */
export class MessageJson implements ByteRow {
  bytesMax = 0;
  readonly #isLine: boolean;
  readonly #bornHost = new HostText();
  readonly #storeHost = new HostText();
  readonly #pairs = new PlainPairs();
  /** JSON of topics by a hash of their bytes: few topics fill a log. */
  readonly #topics: (TopicText | undefined)[] = new Array(TOPIC_SLOTS).fill(undefined);
  #record: RecordView = new RecordView();
  /** Where the row is put. */
  #to: Uint8Array = new Uint8Array(0);
  #toView: DataView = new DataView(new ArrayBuffer(0));

  /** With `isLine` each message ends a line. */
  constructor({ isLine = false }: { readonly isLine?: boolean } = {}) {
    this.#isLine = isLine;
  }

  /** The row of a record that was loaded, without its body; good until the next call. */
  of(record: RecordView): this {
    this.#record = record;
    this.bytesMax = FIXED_BYTES_MAX + HOSTS_BYTES_MAX +
      ESCAPE_BYTES * (record.topicLength + record.propertiesLength);
    return this;
  }

  put(bytes: Uint8Array, from: number): number {
    if (bytes !== this.#to) {
      this.#to = bytes;
      this.#toView = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    const to = this.#toView;
    const record = this.#record;
    const { view } = record;
    const sysFlag = view.getInt32(record.at + AT.sysFlag);
    const bornAddressBytes = sysFlag & SYS_FLAG.bornHostV6 ? 16 : 4;
    this.#bornHost.load(record, record.at + AT.bornHost, bornAddressBytes);
    const storeHostAt = record.storeTimestampAt + i64.width;
    const storeAddressBytes = sysFlag & SYS_FLAG.storeHostV6 ? 16 : 4;
    this.#storeHost.load(record, storeHostAt, storeAddressBytes);
    const reconsumeAt = storeHostAt + storeAddressBytes + i32.width;
    let at = this.#topicOf(record).put(to, NAMES.topic.put(to, from));
    at = this.#number(at, NAMES.queueId, record.queueId());
    at = this.#number(at, NAMES.queueOffset, record.queueOffset());
    at = this.#number(at, NAMES.commitLogOffset, record.physicalOffset());
    at = this.#number(at, NAMES.storeSize, record.size);
    at = this.#number(at, NAMES.magic, view.getInt32(record.at + AT.magic));
    at = this.#number(at, NAMES.bodyCRC, view.getInt32(record.at + AT.bodyCRC));
    at = this.#number(at, NAMES.storedBodySize, record.bodyLength);
    at = this.#number(at, NAMES.sysFlag, sysFlag);
    at = this.#number(at, NAMES.flag, view.getInt32(record.at + AT.flag));
    at = this.#number(at, NAMES.bornTimestamp, record.bornTimestamp());
    at = this.#bornHost.text.put(to, NAMES.bornHost.put(to, at));
    at = this.#number(at, NAMES.storeTimestamp, record.storeTimestamp());
    at = this.#storeHost.text.put(to, NAMES.storeHost.put(to, at));
    at = this.#number(at, NAMES.reconsumeTimes, view.getInt32(reconsumeAt));
    at = this.#number(at, NAMES.preparedTransactionOffset, readI64(view, reconsumeAt + i32.width));
    at = this.#putProperties(NAMES.properties.put(to, at));
    at = this.#storeHost.idPrefix.put(to, NAMES.msgId.put(to, at));
    at = NAMES.end.put(to, putHex(bytes, at, record.physicalOffset()));
    if (this.#isLine) bytes[at++] = LINE_END;
    return at;
  }

  #number(at: number, name: Piece, value: number): number {
    return putNumber(this.#to, name.put(this.#toView, at), value);
  }

  #topicOf(record: RecordView): Piece {
    const { bytes, topicAt, topicLength } = record;
    let hash = topicLength;
    for (let at = topicAt; at < topicAt + topicLength; at++) {
      hash = Math.imul(hash, 31) + bytes[at]!;
    }
    const place = (hash ^ (hash >>> 15)) & (TOPIC_SLOTS - 1);
    const known = this.#topics[place];
    if (known !== undefined && isSame(known.bytes, { bytes, at: topicAt, length: topicLength })) {
      return known.json;
    }
    const json = new Piece(JSON.stringify(topicOf(record)));
    this.#topics[place] = { bytes: bytes.slice(topicAt, topicAt + topicLength), json };
    return json;
  }

  /** Stored properties as a JSON object. */
  #putProperties(at: number): number {
    const end = this.#pairs.put(this.#to, at, this.#record);
    if (end >= 0) return end;
    const all = Object.fromEntries(parseProperties(propertiesOf(this.#record)));
    return putText(this.#to, at, JSON.stringify(all));
  }
}

/** A topic as it stands in JSON. */
interface TopicText {
  readonly bytes: Uint8Array;
  readonly json: Piece;
}

function isSame(
  key: Uint8Array,
  place: { readonly bytes: Uint8Array; readonly at: number; readonly length: number },
): boolean {
  const { bytes, at, length } = place;
  if (key.length !== length) return false;
  for (let byte = 0; byte < length; byte++) if (key[byte] !== bytes[at + byte]) return false;
  return true;
}
