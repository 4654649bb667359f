/**
 * Frames nobody sent: recorded ones to which something was done, by chance or with malice. One seed
 * makes the same ones each time.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { LENGTH_BYTES, PREFIX, PREFIX_BYTES } from "../net/wire/frame_format.ts";
import { between, oneOf, randomOf } from "./random.ts";

/** Longer frames only take time: what their headers hold, shorter ones hold, too. */
const FRAME_BYTES_MAX = 4096;
const CHANGES_MAX = 3;
const BLOCK_MAX = 64;

/** What lengths, counts and offsets are set to. */
const NUMBERS = [0, 1, -1, 127, 128, 255, 256, 65_535, 65_536, 2 ** 24, 2 ** 31 - 1, -(2 ** 31)];
/** What numbers in texts are set to. */
const TEXTS = ["0", "-1", "2147483648", "9223372036854775807", "9223372036854775808", "1e9", "NaN"];
/** Bytes that mean something to somebody: to JSON, UTF-8, properties and paths. */
const BYTES = [
  0,
  1,
  2,
  0x22,
  0x2c,
  0x2e,
  0x2f,
  0x30,
  0x5b,
  0x5c,
  0x7b,
  0x7d,
  0x7f,
  0x80,
  0xc3,
  255,
];

/** A frame in the making, in memory that has room for more. */
interface Draft {
  readonly bytes: Buffer;
  length: number;
}

/** Makes mutants of frames, one after the other. */
export class FrameMutants {
  readonly #random: () => number;
  readonly #frames: readonly Uint8Array[];
  readonly #draft: Draft = { bytes: Buffer.alloc(4 * FRAME_BYTES_MAX), length: 0 };

  constructor(frames: readonly Uint8Array[], seed: number) {
    this.#random = randomOf(seed);
    this.#frames = frames.filter(({ length }) => length <= FRAME_BYTES_MAX);
  }

  /** The next mutant. Its memory is the next one's, too. */
  next(): Buffer {
    const random = this.#random;
    const draft = this.#draft;
    const frame = oneOf(random, this.#frames);
    draft.bytes.set(frame);
    draft.length = frame.length;
    for (let left = between(random, 1, CHANGES_MAX); left > 0; left--) this.#change();
    // With its length put right a mutant gets past the first check, and so to the others.
    if (random() < 0.8 && draft.length >= LENGTH_BYTES) {
      draft.bytes.writeInt32BE(draft.length - LENGTH_BYTES, PREFIX.length);
    }
    return draft.bytes.subarray(0, draft.length);
  }

  #change(): void {
    const random = this.#random;
    const { bytes, length } = this.#draft;
    if (length < PREFIX_BYTES) return this.#insert(length, randomBytes(random));
    const at = between(random, 0, length - 1);
    switch (between(random, 0, 8)) {
      case 0:
        bytes[at]! ^= 1 << between(random, 0, 7);
        break;
      case 1:
        bytes[at] = oneOf(random, BYTES);
        break;
      case 2:
        if (at + 4 <= length) bytes.writeInt32BE(oneOf(random, NUMBERS), at);
        break;
      case 3:
        bytes.writeInt32BE(
          oneOf(random, NUMBERS),
          oneOf(random, [PREFIX.length, PREFIX.serialize]),
        );
        break;
      case 4:
        this.#draft.length = at;
        break;
      case 5:
        this.#insert(at, bytes.subarray(at, Math.min(length, at + between(random, 1, BLOCK_MAX))));
        break;
      case 6:
        this.#insert(at, randomBytes(random));
        break;
      case 7:
        this.#splice(at);
        break;
      case 8:
        this.#renumber(at);
        break;
    }
  }

  /** Puts bytes before a place; the header grows with them where the place is in it. */
  #insert(at: number, inserted: Uint8Array): void {
    const { bytes, length } = this.#draft;
    const block = inserted.slice(0, bytes.length - length);
    bytes.copyWithin(at + block.length, at, length);
    bytes.set(block, at);
    this.#draft.length = length + block.length;
    this.#growHeader(at, block.length);
  }

  /** Goes on with the end of another frame. */
  #splice(at: number): void {
    const other = oneOf(this.#random, this.#frames);
    const from = between(this.#random, 0, other.length - 1);
    const tail = other.subarray(from, from + this.#draft.bytes.length - at);
    this.#draft.bytes.set(tail, at);
    this.#draft.length = at + tail.length;
  }

  /** Sets the first number behind a place, where there is one. */
  #renumber(from: number): void {
    const { bytes, length } = this.#draft;
    let at = from;
    while (at < length && !isDigit(bytes[at]!)) at++;
    let end = at;
    while (end < length && isDigit(bytes[end]!)) end++;
    if (at === end) return;
    bytes.copyWithin(at, end, length);
    this.#draft.length -= end - at;
    this.#growHeader(at, at - end);
    this.#insert(at, Buffer.from(oneOf(this.#random, TEXTS)));
  }

  #growHeader(at: number, bytes: number): void {
    const draft = this.#draft;
    if (draft.length < PREFIX_BYTES || at < PREFIX_BYTES || this.#random() < 0.2) return;
    const header = draft.bytes.readUInt32BE(PREFIX.serialize);
    if (at > PREFIX_BYTES + (header & 0xff_ffff)) return;
    draft.bytes.writeUInt32BE((header + bytes) >>> 0, PREFIX.serialize);
  }
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function randomBytes(random: () => number): Uint8Array {
  return Uint8Array.from({ length: between(random, 1, BLOCK_MAX) }, () => between(random, 0, 255));
}
