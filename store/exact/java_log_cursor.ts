/**
 * Reads a commit log the way Java's `CommitLog.checkMessageAndReturnSize` does: record by record, no
 * looking ahead, the first thing that is no record ends it. Where a record says it stands is not
 * compared with where it stands.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import type { FileSystem, ReadableFile } from "../file.ts";
import { FileWindow } from "../file_window.ts";
import { MAGIC, MESSAGE_V1, SIZE, SYS_FLAG } from "../format.ts";
import { i16, i32, i64, i8 } from "../layout.ts";
import { parseProperties, PROPERTY } from "../properties.ts";
import { CRC_PROPERTY_PLACE } from "../property_crc.ts";
import { RecordView } from "../record_view.ts";
import type { Segment } from "../segments.ts";
import type { JavaRules } from "./java_release.ts";

const AT = MESSAGE_V1.at;
/** Bytes of an IPv4 address and its port. */
export const HOST_V4 = 8;
/** Bytes of an IPv6 address and its port. */
export const HOST_V6 = 20;

/** What Java takes the bytes at one place for. */
export type JavaItem =
  | "message"
  /** The filler at the end of a file. */
  | "blank"
  /** Sound in itself, but its lengths do not add up to its size. */
  | "half"
  | "invalid";

/** A reader inside one file of the log at a time. Close it to release the file. */
export class JavaLogCursor {
  /** The record of a `message`; of a `half` only the size. */
  readonly record: RecordView = new RecordView();
  /** Position in the file of the next read. */
  position = 0;

  readonly #fs: FileSystem;
  readonly #rules: JavaRules;
  readonly #window = new FileWindow();
  #file: ReadableFile | undefined;
  #end = 0;

  constructor(fs: FileSystem, rules: JavaRules) {
    this.#fs = fs;
    this.#rules = rules;
  }

  /** Turns to a file. */
  enter(segment: Segment, position = 0): void {
    this.close();
    this.#file = this.#fs.openRead(segment.path);
    this.#window.open(this.#file, segment.length);
    this.#end = segment.length;
    this.position = position;
  }

  /** Looks at what stands here; a message or a half one is passed over as far as it was read. */
  next(options: { readonly checkCrc: boolean }): JavaItem {
    const { record } = this;
    if (!this.#hold(SIZE.blankMin)) return "invalid";
    const at = this.#at;
    const size = record.view.getInt32(at + AT.totalSize);
    const magic = record.view.getInt32(at + AT.magic);
    if (this.#rules.checksRoomFirst && size > this.#end - this.position) return "invalid";
    if (magic === MAGIC.blank) return "blank";
    if (!this.#rules.magics.includes(magic) || size < HOST_V4) return "invalid";
    const length = this.#measure(size, magic);
    if (length < 0) return "invalid";
    if (options.checkCrc) {
      // Of a half one Java compares the CRC of other bytes.
      const isAsked = this.#rules.asksForSeal;
      const isSound = isAsked ? length === size && hasSeal(record) : !record.checkBody();
      if (!isSound) return "invalid";
    }
    this.position += length;
    return length === size ? "message" : "half";
  }

  /** Releases the file; a second call does nothing. */
  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  /** Bytes the fields take, or −1 where one does not fit. Points the record at its parts. */
  #measure(size: number, magic: number): number {
    const { record } = this;
    const headEnd = AT.bornHost + 2 * HOST_V6 + i64.width * 2 + i32.width * 2;
    this.#hold(headEnd);
    const sysFlag = record.view.getInt32(this.#at + AT.sysFlag);
    const timeAt = AT.bornHost + this.#hostWidth(sysFlag & SYS_FLAG.bornHostV6);
    const storeHost = this.#hostWidth(sysFlag & SYS_FLAG.storeHostV6);
    const bodyLengthAt = timeAt + i64.width + storeHost + i32.width + i64.width;
    const bodyAt = bodyLengthAt + i32.width;
    if (!this.#hold(bodyAt)) return -1;
    const bodyLength = Math.max(0, record.view.getInt32(this.#at + bodyLengthAt));
    const topicWidth = magic === MAGIC.v2 ? i16.width : i8.width;
    const topicAt = bodyAt + bodyLength + topicWidth;
    if (bodyLength > size || !this.#hold(topicAt)) return -1;
    const topicLengthAt = this.#at + topicAt - topicWidth;
    const topicLength = magic === MAGIC.v2
      ? record.view.getInt16(topicLengthAt)
      : record.view.getInt8(topicLengthAt);
    const propertiesAt = topicAt + topicLength + i16.width;
    if (topicLength < 0 || topicLength > size || !this.#hold(propertiesAt)) return -1;
    const stated = record.view.getInt16(this.#at + propertiesAt - i16.width);
    const propertiesLength = Math.max(0, stated);
    const length = propertiesAt + propertiesLength;
    if (propertiesLength > size || !this.#hold(length)) return -1;
    const at = this.#at;
    record.at = at;
    record.size = size;
    record.storeTimestampAt = at + timeAt;
    record.bodyAt = at + bodyAt;
    record.bodyLength = bodyLength;
    record.topicAt = at + topicAt;
    record.topicLength = topicLength;
    record.propertiesAt = at + propertiesAt;
    record.propertiesLength = propertiesLength;
    return length;
  }

  #hostWidth(v6: number): number {
    return v6 !== 0 && this.#rules.readsIpv6 ? HOST_V6 : HOST_V4;
  }

  /** Where the record starts in memory. */
  get #at(): number {
    return this.position - this.#window.from;
  }

  /** Whether the file has so many bytes from here on; brings them into memory. */
  #hold(length: number): boolean {
    const held = this.#window.hold(this.position, length);
    if (this.record.bytes !== this.#window.bytes) this.record.attach(this.#window.bytes);
    return held >= length;
  }
}

/** Whether a record has the CRC of itself among its properties, wherever there. */
function hasSeal(record: RecordView): boolean {
  const { bytes, propertiesAt: at, propertiesLength: length } = record;
  const properties = parseProperties(decoder.decode(bytes.subarray(at, at + length)));
  const digits = properties.get(PROPERTY.crc32);
  if (digits === undefined) return false;
  let stored = 0;
  for (let nth = digits.length - 1; nth >= 0; nth--) {
    stored = (Math.imul(stored, 10) + digits.charCodeAt(nth) - ZERO) | 0;
  }
  const sealed = record.record().subarray(0, -CRC_PROPERTY_PLACE.length);
  return stored >= 0 && (crc32(sealed) & 0x7fffffff) === stored;
}

const ZERO = "0".charCodeAt(0);
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
