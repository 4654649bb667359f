/**
 * Bytes of a connection as commands, wherever the chunks are split. Whole frames are decoded where
 * they lie; only a frame that straddles chunks is gathered in a buffer of the reader.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { RemotingCommand } from "./command.ts";
import {
  FRAME_BYTES_MAX,
  FrameError,
  HEADER_BYTES_MAX,
  HEADER_LENGTH_MAX,
  LENGTH_BYTES,
  PREFIX,
  PREFIX_BYTES,
  SERIALIZE_TYPES,
} from "./frame_format.ts";
import { decodeBinaryHeader, decodeJsonHeader, int32At } from "./frame_header.ts";

/** Limits of {@linkcode FrameReader}. */
export interface FrameLimits {
  /** Bytes of the largest frame, its length field included. */
  frameBytesMax?: number;
  /** Bytes of the largest header. */
  headerBytesMax?: number;
}

/** The prefix after the length field, which the length counts. */
const LENGTH_MIN = PREFIX_BYTES - LENGTH_BYTES;

/** A gathering buffer larger than this is given back after use. */
const KEPT_BYTES_MAX = 1_048_576;

const GATHER_BYTES_MIN = 4096;
const EMPTY = Buffer.alloc(0);

/**
 * Splits the bytes of one connection into commands.
 *
 * After each `push` call `next` until it returns `undefined`; then the chunk may be reused. The body
 * of a command is a view of the chunk, or of the reader's own buffer, and is valid until the chunk is
 * reused or the next `push`, whichever comes first: who keeps a body longer must copy it. After a
 * {@linkcode FrameError} the reader is of no more use and the connection must be closed.
 *
 * ```ts
 * import { encodeFrame, FrameReader } from "./frame.ts";
 * import { request } from "./command.ts";
 * import assert from "node:assert/strict";
 *
 * const frame = encodeFrame(request("GET_BROKER_CLUSTER_INFO", { opaque: 1 }));
 * const reader = new FrameReader();
 * reader.push(frame.subarray(0, 10));
 * assert.equal(reader.next(), undefined);
 * reader.push(frame.subarray(10));
 * assert.equal(reader.next()?.code, 106);
 * assert.equal(reader.next(), undefined);
 * ```
 */
export class FrameReader {
  /** Limit of the frames to come; raise it once a peer is known. */
  frameBytesMax: number;
  readonly #headerBytesMax: number;
  #chunk: Buffer = EMPTY;
  #at = 0;
  /** Start of a frame whose end has not come. */
  #gathered: Buffer = EMPTY;
  #gatheredBytes = 0;
  /** The other gathering buffer: a body handed out may still lie in it. */
  #spare: Buffer = EMPTY;

  /** A reader with nothing read; the limits default to those of Java. */
  constructor(limits: FrameLimits = {}) {
    this.frameBytesMax = limits.frameBytesMax ?? FRAME_BYTES_MAX;
    this.#headerBytesMax = limits.headerBytesMax ?? HEADER_BYTES_MAX;
  }

  /** Bytes held of a frame whose end has not come. */
  get pendingBytes(): number {
    return this.#gatheredBytes;
  }

  /** Takes the next bytes of the connection; all of the last ones must have been read. */
  push(chunk: Uint8Array): void {
    assert(this.#at === this.#chunk.length, "call next() until it returns undefined");
    this.#chunk = asBuffer(chunk);
    this.#at = 0;
  }

  /**
   * The next command, or `undefined` when the bytes so far hold no further whole frame.
   *
   * @throws {FrameError} if the bytes are no frame.
   */
  next(): RemotingCommand | undefined {
    if (this.#gatheredBytes > 0) return this.#nextGathered();
    const chunk = this.#chunk;
    const at = this.#at;
    const left = chunk.length - at;
    if (left >= LENGTH_BYTES) {
      const size = this.#frameSize(chunk, at);
      if (left >= size) {
        const command = decodeAt(chunk, { at, end: at + size }, this.#headerBytesMax);
        this.#at = at + size;
        return command;
      }
    }
    this.#gather(left);
    return undefined;
  }

  #nextGathered(): RemotingCommand | undefined {
    if (this.#gatheredBytes < LENGTH_BYTES) {
      this.#gather(LENGTH_BYTES - this.#gatheredBytes);
      if (this.#gatheredBytes < LENGTH_BYTES) return undefined;
    }
    const size = this.#frameSize(this.#gathered, 0);
    this.#gather(size - this.#gatheredBytes);
    if (this.#gatheredBytes < size) return undefined;
    const frame = this.#gathered;
    const command = decodeAt(frame, { at: 0, end: size }, this.#headerBytesMax);
    this.#gathered = this.#spare;
    this.#spare = frame.length > KEPT_BYTES_MAX ? EMPTY : frame;
    this.#gatheredBytes = 0;
    return command;
  }

  /** Moves up to `wanted` bytes of the chunk to the gathering buffer. */
  #gather(wanted: number): void {
    const count = Math.min(wanted, this.#chunk.length - this.#at);
    if (count > 0) {
      this.#reserve(this.#gatheredBytes + count);
      this.#chunk.copy(this.#gathered, this.#gatheredBytes, this.#at, this.#at + count);
      this.#gatheredBytes += count;
      this.#at += count;
    }
    if (this.#at === this.#chunk.length) {
      this.#chunk = EMPTY;
      this.#at = 0;
    }
  }

  /** Grows with what really came, not with what a length field claims. */
  #reserve(bytes: number): void {
    const old = this.#gathered;
    if (old.length >= bytes) return;
    this.#gathered = Buffer.allocUnsafeSlow(Math.max(bytes, 2 * old.length, GATHER_BYTES_MIN));
    old.copy(this.#gathered, 0, 0, this.#gatheredBytes);
  }

  #frameSize(bytes: Uint8Array, at: number): number {
    return frameSize(int32At(bytes, at + PREFIX.length), this.frameBytesMax);
  }
}

/**
 * The command in the bytes of exactly one frame. Its body is a view of them.
 *
 * @throws {FrameError} if the bytes are not one frame.
 */
export function decodeFrame(bytes: Uint8Array, limits: FrameLimits = {}): RemotingCommand {
  if (bytes.length < PREFIX_BYTES) {
    const expected = `at least ${PREFIX_BYTES} bytes`;
    throw new FrameError("frame", { value: bytes.length, expected });
  }
  const size = frameSize(int32At(bytes, PREFIX.length), limits.frameBytesMax ?? FRAME_BYTES_MAX);
  if (size !== bytes.length) {
    const expected = `${bytes.length - LENGTH_BYTES} for ${bytes.length} bytes`;
    throw new FrameError("length", { value: size - LENGTH_BYTES, expected });
  }
  const headerBytesMax = limits.headerBytesMax ?? HEADER_BYTES_MAX;
  return decodeAt(asBuffer(bytes), { at: 0, end: size }, headerBytesMax);
}

function frameSize(length: number, frameBytesMax: number): number {
  const lengthMax = frameBytesMax - LENGTH_BYTES;
  if (length < LENGTH_MIN || length > lengthMax) {
    const expected = `${LENGTH_MIN} to ${lengthMax}${otherProtocol(length)}`;
    throw new FrameError("length", { value: length, expected });
  }
  return LENGTH_BYTES + length;
}

function decodeAt(
  buffer: Buffer,
  frame: { at: number; end: number },
  headerBytesMax: number,
): RemotingCommand {
  const headerAt = frame.at + PREFIX_BYTES;
  const type = SERIALIZE_TYPES[buffer[frame.at + PREFIX.serialize]!];
  if (type === undefined) {
    const value = buffer[frame.at + PREFIX.serialize]!;
    throw new FrameError("serialize type", { value, expected: "0 or 1" });
  }
  const headerLength = int32At(buffer, frame.at + PREFIX.serialize) & HEADER_LENGTH_MAX;
  const headerLengthMax = Math.min(frame.end - headerAt, headerBytesMax);
  if (headerLength > headerLengthMax) {
    const expected = `at most ${headerLengthMax}`;
    throw new FrameError("header length", { value: headerLength, expected });
  }
  const header = { at: headerAt, end: headerAt + headerLength };
  const command = type === "JSON"
    ? decodeJsonHeader(buffer, header)
    : decodeBinaryHeader(buffer, header);
  if (header.end < frame.end) {
    const bodyAt = buffer.byteOffset + header.end;
    command.body = new Uint8Array(buffer.buffer, bodyAt, frame.end - header.end);
  }
  return command;
}

function asBuffer(bytes: Uint8Array): Buffer {
  if (bytes instanceof Buffer) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** How what else comes to a port begins, and what it is. */
const OTHER_PROTOCOLS: Readonly<Record<string, readonly string[]>> = {
  HTTP: ["GET ", "POST", "PUT ", "HEAD", "OPTI", "DELE", "CONN", "PATC", "PRI "],
  TLS: ["\x16\x03"],
  "the PROXY protocol": ["PROX"],
  SSH: ["SSH-"],
};

/** What the peer seems to speak, where that can be told from a length that is none. */
function otherProtocol(length: number): string {
  const start = String.fromCharCode(...[24, 16, 8, 0].map((bits) => (length >> bits) & 0xff));
  const found = Object.entries(OTHER_PROTOCOLS).find(([, starts]) =>
    starts.some((it) => start.startsWith(it))
  );
  return found === undefined ? "" : `; the peer seems to speak ${found[0]}`;
}
