/**
 * Pieces of JSON text as bytes, put where they are to stand: for lines that come by the million, which
 * as strings would be made, joined and encoded.
 *
 * @module
 */

const WORD = 4;
const ZERO = 0x30;
const MINUS = 0x2d;
const TEN_DIGITS = 1e9;
/** Beyond it numbers are not written as their digits alone. */
const DIGITS_MAX = Number.MAX_SAFE_INTEGER;
/** Bytes of the longest number. */
export const NUMBER_BYTES_MAX = 25;
const encoder = new TextEncoder();
const HEX = encoder.encode("0123456789ABCDEF");

/** Text that is put again and again. */
export class Piece {
  /** Bytes it takes. */
  readonly length: number;
  readonly #words: Int32Array;

  constructor(text: string) {
    const bytes = encoder.encode(text);
    this.length = bytes.length;
    const padded = new Uint8Array(Math.ceil(bytes.length / WORD) * WORD);
    padded.set(bytes);
    const view = new DataView(padded.buffer);
    this.#words = Int32Array.from({ length: padded.length / WORD }, (_, nth) => {
      return view.getInt32(nth * WORD);
    });
  }

  /** Puts it at a place and returns where it ends; up to three bytes behind that are overwritten. */
  put(view: DataView, at: number): number {
    const words = this.#words;
    for (let nth = 0; nth < words.length; nth++) view.setInt32(at + nth * WORD, words[nth]!);
    return at + this.length;
  }
}

/** Puts text, of which a character takes three bytes at most, and returns where it ends. */
export function putText(bytes: Uint8Array, at: number, text: string): number {
  return at + encoder.encodeInto(text, bytes.subarray(at, at + 3 * text.length)).written;
}

/** Puts a number as `JSON.stringify` writes it, {@linkcode NUMBER_BYTES_MAX} bytes at most. */
export function putNumber(bytes: Uint8Array, at: number, number: number): number {
  const isPlain = number >= 0 && number <= DIGITS_MAX && Math.floor(number) === number;
  if (!isPlain) return putOther(bytes, at, number);
  if (number < 10) {
    bytes[at] = ZERO + number;
    return at + 1;
  }
  if (number < TEN_DIGITS) return putDigits(bytes, at, number | 0);
  const high = Math.floor(number / TEN_DIGITS);
  const end = putDigits(bytes, at, high);
  let low = number - high * TEN_DIGITS | 0;
  for (let place = end + 8; place >= end; place--) {
    const rest = low / 10 | 0;
    bytes[place] = ZERO + low - rest * 10;
    low = rest;
  }
  return end + 9;
}

/** Puts a number that is no negative one, of nine digits at most. */
function putDigits(bytes: Uint8Array, at: number, number: number): number {
  let digits = 1;
  for (let limit = 10; number >= limit; limit *= 10) digits++;
  let rest = number;
  for (let place = at + digits - 1; place >= at; place--) {
    const next = rest / 10 | 0;
    bytes[place] = ZERO + rest - next * 10;
    rest = next;
  }
  return at + digits;
}

function putOther(bytes: Uint8Array, at: number, number: number): number {
  if (number >= -DIGITS_MAX && number < 0 && Number.isInteger(number)) {
    bytes[at] = MINUS;
    return putNumber(bytes, at + 1, -number);
  }
  return putText(bytes, at, JSON.stringify(number));
}

/** Puts a number that is no negative one as sixteen hexadecimal digits. */
export function putHex(bytes: Uint8Array, at: number, number: number): number {
  putHexWord(bytes, at, Math.floor(number / 2 ** 32));
  putHexWord(bytes, at + 8, number >>> 0);
  return at + 16;
}

function putHexWord(bytes: Uint8Array, at: number, word: number): void {
  let rest = word;
  for (let place = at + 7; place >= at; place--) {
    bytes[place] = HEX[rest & 0xf]!;
    rest >>>= 4;
  }
}

/** What is put into the memory of an output, see `Out.put()`. */
export interface ByteRow {
  /** Room it takes at most. */
  readonly bytesMax: number;
  /** Puts it at a place and returns where it ends. */
  put(bytes: Uint8Array, at: number): number;
}
