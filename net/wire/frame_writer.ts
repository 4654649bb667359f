/**
 * Commands as bytes for a connection: many frames are written one after the other into one block,
 * so that a single write carries all answers of a turn.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { RemotingCommand } from "./command.ts";
import {
  BINARY,
  BINARY_FIXED_BYTES,
  HEADER_LENGTH_MAX,
  I16_BYTES,
  I32_BYTES,
  type JSON_ROWS,
  KEY_BYTES_MAX,
  LENGTH_BYTES,
  PREFIX,
  PREFIX_BYTES,
  SERIALIZE_TYPES,
} from "./frame_format.ts";
import { languageByte } from "./language.ts";

/** Settings of {@linkcode FrameWriter}. */
export interface FrameWriterOptions {
  /** Bytes a block starts with; it grows as needed. */
  blockBytes?: number;
}

const BLOCK_BYTES = 65_536;

/** A block larger than this is given back after use. */
const KEPT_BYTES_MAX = 4_194_304;

/** Texts up to this many units are written by a loop: a call into the engine costs more. */
const LOOP_UNITS_MAX = 48;

/** UTF-8 takes at most three bytes for a UTF-16 unit. */
const UTF8_BYTES_MAX = 3;

const EMPTY = Buffer.alloc(0);
const utf8 = new TextEncoder();

/**
 * Gathers frames into blocks. `frame` copies everything it is given, so bodies may be reused at
 * once. A block from `take` stays untouched until `take` is called again: write it out, then take
 * the next.
 *
 * ```ts
 * import { decodeFrame, FrameWriter } from "./frame.ts";
 * import { request } from "./command.ts";
 * import assert from "node:assert/strict";
 *
 * const writer = new FrameWriter();
 * writer.frame(request("GET_BROKER_CLUSTER_INFO", { opaque: 1 }));
 * assert.equal(decodeFrame(writer.take()).opaque, 1);
 * assert.equal(writer.length, 0);
 * ```
 */
export class FrameWriter {
  readonly #blockBytes: number;
  #block: Buffer = EMPTY;
  #at = 0;
  /** The block taken last, reused after the next `take`. */
  #taken: Buffer = EMPTY;

  /** A writer with nothing written. */
  constructor(options: FrameWriterOptions = {}) {
    this.#blockBytes = options.blockBytes ?? BLOCK_BYTES;
  }

  /** Bytes written and not taken yet. */
  get length(): number {
    return this.#at;
  }

  /**
   * Appends one frame.
   *
   * @throws {RangeError} if the command does not fit a frame; nothing is appended then.
   */
  frame(command: RemotingCommand): void {
    const start = this.#at;
    try {
      this.#frame(command);
    } catch (error) {
      this.#at = start;
      throw error;
    }
  }

  /** All bytes since the last `take`, in order; empty when there are none. */
  take(): Uint8Array {
    const bytes = new Uint8Array(this.#block.buffer, this.#block.byteOffset, this.#at);
    const next = this.#taken;
    this.#taken = this.#block.length > KEPT_BYTES_MAX ? EMPTY : this.#block;
    this.#block = next;
    this.#at = 0;
    return bytes;
  }

  #frame(command: RemotingCommand): void {
    const start = this.#at;
    this.#reserve(PREFIX_BYTES + BINARY_FIXED_BYTES + I32_BYTES);
    this.#at = start + PREFIX_BYTES;
    if (command.serialize === "JSON") this.#text(jsonHeader(command));
    else this.#binaryHeader(command);
    const headerLength = this.#at - start - PREFIX_BYTES;
    if (headerLength > HEADER_LENGTH_MAX) {
      throw new RangeError(
        `Cannot encode frame: header is ${headerLength} bytes, limit is ${HEADER_LENGTH_MAX}`,
      );
    }
    const body = command.body;
    if (body !== undefined && body.length > 0) {
      this.#reserve(body.length);
      this.#block.set(body, this.#at);
      this.#at += body.length;
    }
    const type = SERIALIZE_TYPES.indexOf(command.serialize);
    this.#putInt32(start + PREFIX.length, this.#at - start - LENGTH_BYTES);
    this.#putInt32(start + PREFIX.serialize, (type << 24) | headerLength);
  }

  #binaryHeader(command: RemotingCommand): void {
    const at = this.#at;
    const remarkAt = at + BINARY_FIXED_BYTES;
    this.#putInt16(at + BINARY.code, command.code);
    this.#block[at + BINARY.language] = languageByte(command.language);
    this.#putInt16(at + BINARY.version, command.version);
    this.#putInt32(at + BINARY.opaque, command.opaque);
    this.#putInt32(at + BINARY.flag, command.flag);
    this.#at = remarkAt;
    if (command.remark) this.#text(command.remark);
    this.#putInt32(at + BINARY.remarkLength, this.#at - remarkAt);
    const fieldsAt = this.#skip(I32_BYTES) + I32_BYTES;
    const fields = command.extFields;
    for (const key in fields) this.#field(key, fields[key]!);
    this.#putInt32(fieldsAt - I32_BYTES, this.#at - fieldsAt);
  }

  #field(key: string, value: string): void {
    const keyAt = this.#skip(I16_BYTES) + I16_BYTES;
    this.#text(key);
    const valueAt = this.#skip(I32_BYTES) + I32_BYTES;
    const keyLength = valueAt - I32_BYTES - keyAt;
    if (keyLength > KEY_BYTES_MAX) {
      throw new RangeError(
        `Cannot encode frame: key of field is ${keyLength} bytes, limit is ${KEY_BYTES_MAX}`,
      );
    }
    this.#text(value);
    this.#putInt16(keyAt - I16_BYTES, keyLength);
    this.#putInt32(valueAt - I32_BYTES, this.#at - valueAt);
  }

  #text(text: string): void {
    const units = text.length;
    this.#reserve(units * UTF8_BYTES_MAX);
    const block = this.#block;
    const at = this.#at;
    if (units <= LOOP_UNITS_MAX) {
      let bits = 0;
      for (let index = 0; index < units; index++) {
        const unit = text.charCodeAt(index);
        bits |= unit;
        block[at + index] = unit;
      }
      if (bits < 0x80) {
        this.#at = at + units;
        return;
      }
    }
    this.#at = at + utf8.encodeInto(text, block.subarray(at)).written;
  }

  #skip(bytes: number): number {
    this.#reserve(bytes);
    const at = this.#at;
    this.#at = at + bytes;
    return at;
  }

  #putInt16(at: number, value: number): void {
    this.#block[at] = value >> 8;
    this.#block[at + 1] = value;
  }

  #putInt32(at: number, value: number): void {
    const block = this.#block;
    block[at] = value >> 24;
    block[at + 1] = value >> 16;
    block[at + 2] = value >> 8;
    block[at + 3] = value;
  }

  #reserve(bytes: number): void {
    const needed = this.#at + bytes;
    const old = this.#block;
    if (needed <= old.length) return;
    const size = Math.max(needed, 2 * old.length, this.#blockBytes);
    this.#block = Buffer.allocUnsafeSlow(size);
    old.copy(this.#block, 0, 0, this.#at);
  }
}

/** The bytes of one frame, in a block of their own. */
export function encodeFrame(command: RemotingCommand): Uint8Array {
  const bodyBytes = command.body?.length ?? 0;
  const writer = new FrameWriter({ blockBytes: bodyBytes + 1024 });
  writer.frame(command);
  return writer.take();
}

/** Members in the order of {@linkcode JSON_ROWS}; absent ones are left out. */
function jsonHeader(command: RemotingCommand): string {
  const header: Record<(typeof JSON_ROWS)[number][0], unknown> = {
    code: command.code,
    extFields: command.extFields,
    flag: command.flag,
    language: command.language,
    opaque: command.opaque,
    remark: command.remark,
    serializeTypeCurrentRPC: command.serialize,
    version: command.version,
  };
  return JSON.stringify(header);
}
