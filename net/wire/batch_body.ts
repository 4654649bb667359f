/**
 * The body of SEND_BATCH_MESSAGE: several messages of one topic, one after the other.
 *
 * @module
 */

import { BodyError } from "./json_body.ts";

/** Fields of one message, `[name, bytes, about]`; body and properties follow their lengths. */
export const BATCH_ROWS = [
  ["totalSize", 4, "bytes of this message, itself included"],
  ["magic", 4, "0, the broker writes its own"],
  ["bodyCrc", 4, "0, the broker computes it"],
  ["flag", 4, "flag of the message, for the application"],
  ["bodyLength", 4, "bytes of the body that follows"],
  ["propertiesLength", 2, "after the body: bytes of the properties that follow"],
] as const;

const HEAD_BYTES = BATCH_ROWS.slice(0, 5).reduce((sum, row) => sum + row[1], 0);
const TAIL_BYTES = BATCH_ROWS[5][1];
const FLAG_AT = BATCH_ROWS.slice(0, 3).reduce((sum, row) => sum + row[1], 0);
const BODY_LENGTH_AT = FLAG_AT + BATCH_ROWS[3][1];
const MESSAGE_BYTES_MIN = HEAD_BYTES + TAIL_BYTES;
const PROPERTIES_BYTES_MAX = 0x7f_ff;

/**
 * Walks over the messages of a batch without copying: after each `next` the fields tell where the
 * message lies in the body.
 *
 * ```ts
 * import { BatchCursor, formatBatch } from "./batch_body.ts";
 * import assert from "node:assert/strict";
 *
 * const text = (word: string) => new TextEncoder().encode(word);
 * const bytes = formatBatch([{ flag: 7, body: text("hello"), properties: text("TAGS\x01a\x02") }]);
 * const cursor = new BatchCursor(bytes);
 * assert(cursor.next());
 * assert.equal(cursor.flag, 7);
 * assert.equal(new TextDecoder().decode(cursor.body), "hello");
 * assert(!cursor.next());
 * ```
 */
export class BatchCursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #end = 0;
  /** Flag of the message. */
  flag = 0;
  /** Where the body of the message starts. */
  bodyAt = 0;
  /** Bytes of the body. */
  bodyBytes = 0;
  /** Where the properties of the message start. */
  propertiesAt = 0;
  /** Bytes of the properties. */
  propertiesBytes = 0;

  /** A cursor before the first message. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The body of the message, a view. */
  get body(): Uint8Array {
    return this.#bytes.subarray(this.bodyAt, this.bodyAt + this.bodyBytes);
  }

  /** The properties of the message as they came, a view. */
  get properties(): Uint8Array {
    return this.#bytes.subarray(this.propertiesAt, this.propertiesAt + this.propertiesBytes);
  }

  /**
   * Goes to the next message; false when there is none.
   *
   * @throws {BodyError} if a length does not fit.
   */
  next(): boolean {
    const at = this.#end;
    const left = this.#bytes.length - at;
    if (left === 0) return false;
    const total = left < MESSAGE_BYTES_MIN ? left : this.#view.getInt32(at);
    if (total < MESSAGE_BYTES_MIN || total > left) {
      throw misfit("message", { at, value: total, limit: `${MESSAGE_BYTES_MIN} to ${left}` });
    }
    const bodyMax = total - MESSAGE_BYTES_MIN;
    const bodyBytes = this.#view.getInt32(at + BODY_LENGTH_AT);
    if (bodyBytes < 0 || bodyBytes > bodyMax) {
      throw misfit("body", { at, value: bodyBytes, limit: `0 to ${bodyMax}` });
    }
    const bodyAt = at + HEAD_BYTES;
    const propertiesBytes = this.#view.getInt16(bodyAt + bodyBytes);
    if (propertiesBytes !== bodyMax - bodyBytes) {
      throw misfit("properties", { at, value: propertiesBytes, limit: `${bodyMax - bodyBytes}` });
    }
    this.flag = this.#view.getInt32(at + FLAG_AT);
    this.bodyAt = bodyAt;
    this.bodyBytes = bodyBytes;
    this.propertiesAt = bodyAt + bodyBytes + TAIL_BYTES;
    this.propertiesBytes = propertiesBytes;
    this.#end = at + total;
    return true;
  }
}

/** One message of a batch to be written. */
export interface BatchMessage {
  flag: number;
  body: Uint8Array;
  /** Properties as text bytes: `name \x01 value \x02` and so on. */
  properties: Uint8Array;
}

/**
 * The body of SEND_BATCH_MESSAGE.
 *
 * @throws {RangeError} if properties are too long.
 */
export function formatBatch(messages: readonly BatchMessage[]): Uint8Array {
  const sizes = messages.map(({ body, properties }) =>
    MESSAGE_BYTES_MIN + body.length + properties.length
  );
  const bytes = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [index, { flag, body, properties }] of messages.entries()) {
    if (properties.length > PROPERTIES_BYTES_MAX) {
      throw new RangeError(
        `Cannot write batch: properties are ${properties.length} bytes, limit is ${PROPERTIES_BYTES_MAX}`,
      );
    }
    const bodyAt = at + HEAD_BYTES;
    view.setInt32(at, sizes[index]!);
    view.setInt32(at + FLAG_AT, flag);
    view.setInt32(at + BODY_LENGTH_AT, body.length);
    bytes.set(body, bodyAt);
    view.setInt16(bodyAt + body.length, properties.length);
    bytes.set(properties, bodyAt + body.length + TAIL_BYTES);
    at += sizes[index]!;
  }
  return bytes;
}

function misfit(
  what: string,
  { at, value, limit }: { at: number; value: number; limit: string },
): BodyError {
  return new BodyError(
    `Cannot read batch: ${what} of the message at ${at} is ${value} bytes, expected ${limit}`,
  );
}
