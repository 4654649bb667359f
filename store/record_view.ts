/**
 * One commit log record in memory, looked at without being decoded: the structure every hot path
 * shares (append, dispatch, scan, recovery, verify, pull). Loading checks the frame; values are
 * read where they lie.
 *
 * Must not allocate while loading a sound record.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { MAGIC, MESSAGE_V1, SYS_FLAG } from "./format.ts";
import { type HostBytes, i16, i32, i64, i8, readI64 } from "./layout.ts";

/** What is wrong with the bytes of a record. */
export interface Flaw {
  readonly code: "size" | "magic" | "lengths" | "offset" | "body-crc" | "property-crc";
  readonly expected: string;
  readonly found: string;
}

const AT = MESSAGE_V1.at;
const HOST_V4 = 8;
const HOST_V6 = 20;

/** Bytes of the shortest record: no body, no topic, no properties. */
export const RECORD_BYTES_MIN = AT.bornHost + HOST_V4 + i64.width + HOST_V4 + i32.width +
  i64.width + i32.width + i8.width + i16.width;

/** The CRC a record carries for its body. */
export function bodyCrc(body: Uint8Array): number {
  return crc32(body) & 0x7fffffff;
}

const NOTHING = new Uint8Array(0);
const NOTHING_VIEW = new DataView(NOTHING.buffer);

/** A window onto one record at a time; reused, so keep values and not the view. */
export class RecordView {
  bytes: Uint8Array = NOTHING;
  view: DataView = NOTHING_VIEW;
  /** Position of the record in {@linkcode bytes}. */
  at = 0;
  /** Bytes of the record. */
  size = 0;
  /** Position of the store timestamp in {@linkcode bytes}. */
  storeTimestampAt = 0;
  bodyAt = 0;
  bodyLength = 0;
  topicAt = 0;
  topicLength = 0;
  propertiesAt = 0;
  propertiesLength = 0;

  /** Points the window at other memory. */
  attach(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /**
   * Moves to the record at `at`, of which bytes before `end` may be used, and checks magic, lengths
   * and size. Returns what is wrong, or `undefined` for a sound frame.
   */
  load(at: number, end: number): Flaw | undefined {
    const view = this.view;
    this.at = at;
    this.size = 0;
    if (end - at < RECORD_BYTES_MIN) {
      return flaw("size", `at least ${RECORD_BYTES_MIN} bytes`, `${end - at} bytes left`);
    }
    const magic = view.getInt32(at + AT.magic);
    if (magic !== MAGIC.v1 && magic !== MAGIC.v2) {
      return flaw("magic", "a message", hex32(magic));
    }
    const size = view.getInt32(at + AT.totalSize);
    if (size < RECORD_BYTES_MIN || size > end - at) {
      return flaw("size", `${RECORD_BYTES_MIN} to ${end - at} bytes`, `${size} bytes`);
    }
    this.size = size;
    return this.#measure(at + size, magic);
  }

  #measure(end: number, magic: number): Flaw | undefined {
    const view = this.view;
    const sysFlag = view.getInt32(this.at + AT.sysFlag);
    const afterBornHost = this.at + AT.bornHost + hostWidth(sysFlag & SYS_FLAG.bornHostV6);
    this.storeTimestampAt = afterBornHost;
    const afterStoreHost = afterBornHost + i64.width + hostWidth(sysFlag & SYS_FLAG.storeHostV6);
    const bodyLengthAt = afterStoreHost + i32.width + i64.width;
    const topicLengthWidth = magic === MAGIC.v2 ? i16.width : i8.width;
    const rest = end - bodyLengthAt - i32.width - topicLengthWidth - i16.width;
    const bodyLength = rest < 0 ? -1 : view.getInt32(bodyLengthAt);
    if (bodyLength < 0 || bodyLength > rest) {
      return flaw("lengths", `a body of 0 to ${rest} bytes`, `${bodyLength} bytes`);
    }
    this.bodyAt = bodyLengthAt + i32.width;
    this.bodyLength = bodyLength;
    const topicLengthAt = this.bodyAt + bodyLength;
    const topicLength = magic === MAGIC.v2
      ? view.getInt16(topicLengthAt)
      : view.getInt8(topicLengthAt);
    if (topicLength < 0 || topicLength > rest - bodyLength) {
      return flaw("lengths", `a topic of 0 to ${rest - bodyLength} bytes`, `${topicLength} bytes`);
    }
    this.topicAt = topicLengthAt + topicLengthWidth;
    this.topicLength = topicLength;
    const propertiesLengthAt = this.topicAt + topicLength;
    const propertiesLength = view.getInt16(propertiesLengthAt);
    this.propertiesAt = propertiesLengthAt + i16.width;
    this.propertiesLength = propertiesLength;
    if (propertiesLength < 0 || this.propertiesAt + propertiesLength !== end) {
      const expected = `properties of ${end - this.propertiesAt} bytes`;
      return flaw("lengths", expected, `${propertiesLength} bytes`);
    }
    return undefined;
  }

  /** Checks the body's CRC. Call after a successful {@linkcode load}. */
  checkBody(): Flaw | undefined {
    const stored = this.view.getInt32(this.at + AT.bodyCRC);
    const real = this.bodyLength === 0
      ? 0
      : bodyCrc(this.bytes.subarray(this.bodyAt, this.bodyAt + this.bodyLength));
    // Java checks nothing where there is no body, whatever the field holds.
    if (stored === real || this.bodyLength === 0) return undefined;
    return flaw("body-crc", hex32(stored), hex32(real));
  }

  /** Checks that the record says it stands where it was found. */
  checkOffset(physicalOffset: number): Flaw | undefined {
    const stored = this.physicalOffset();
    return stored === physicalOffset
      ? undefined
      : flaw("offset", `physical offset ${physicalOffset}`, `${stored}`);
  }

  queueId(): number {
    return this.view.getInt32(this.at + AT.queueId);
  }

  queueOffset(): number {
    return readI64(this.view, this.at + AT.queueOffset);
  }

  physicalOffset(): number {
    return readI64(this.view, this.at + AT.physicalOffset);
  }

  sysFlag(): number {
    return this.view.getInt32(this.at + AT.sysFlag);
  }

  bornTimestamp(): number {
    return readI64(this.view, this.at + AT.bornTimestamp);
  }

  storeTimestamp(): number {
    return readI64(this.view, this.storeTimestampAt);
  }

  /** Address of the broker that stored the record. */
  storeHost(): HostBytes {
    const at = this.storeTimestampAt + i64.width;
    const length = hostWidth(this.sysFlag() & SYS_FLAG.storeHostV6) - i32.width;
    return {
      address: this.bytes.subarray(at, at + length),
      port: this.view.getInt32(at + length),
    };
  }

  /** The bytes of the whole record. */
  record(): Uint8Array {
    return this.bytes.subarray(this.at, this.at + this.size);
  }
}

function hostWidth(v6: number): number {
  return v6 === 0 ? HOST_V4 : HOST_V6;
}

function flaw(code: Flaw["code"], expected: string, found: string): Flaw {
  return { code, expected, found };
}

/** A word as people compare it: eight hexadecimal digits. */
export function hex32(value: number): string {
  return (value >>> 0).toString(16).padStart(8, "0");
}
