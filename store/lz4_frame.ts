/**
 * Decompresses LZ4 frames, the form in which RocketMQ's clients send LZ4 bodies. The frame's own
 * checksums are passed over: a record's CRC has covered the stored bytes.
 *
 *     frame  magic, flags (1), block size (1), [content size (8)], [dictionary id (4)],
 *            header checksum (1), blocks, end mark (4 zeros), [content checksum (4)]
 *     block  length (4, top bit: stored as it is), data, [block checksum (4)]
 *     data   sequences of: token, literals, offset of a match (2)
 *
 * All integers are little-endian.
 *
 * @module
 */

const MAGIC = 0x184d2204;
const FLAG = {
  versionMask: 0xc0,
  version: 0x40,
  blockChecksum: 0x10,
  contentSize: 0x08,
  dictionary: 0x01,
} as const;
const STORED = 0x8000_0000;
const MATCH_MIN = 4;
const LENGTH_MORE = 15;
const FIRST_BYTES = 64 * 1024;

/** Why bytes are no LZ4 frame, or not all of one. */
export class Lz4Error extends RangeError {
  override readonly name = "Lz4Error";
}

/** The content of a frame. Throws {@linkcode Lz4Error} when damaged or longer than `bytesMax`. */
export function decompressLz4Frame(frame: Uint8Array, bytesMax: number): Uint8Array {
  const input = new Input(frame);
  if (input.word() !== MAGIC) throw new Lz4Error("Cannot decompress: no LZ4 frame");
  const flags = input.byte();
  if ((flags & FLAG.versionMask) !== FLAG.version) {
    throw new Lz4Error("Cannot decompress: unknown version of the LZ4 frame");
  }
  input.skip(1);
  if ((flags & FLAG.contentSize) !== 0) input.skip(8);
  if ((flags & FLAG.dictionary) !== 0) {
    throw new Lz4Error("Cannot decompress: the LZ4 frame needs a dictionary");
  }
  input.skip(1);
  const output = new Output(bytesMax);
  for (let length = input.word(); length !== 0; length = input.word()) {
    const isStored = length >= STORED;
    const end = input.at + (isStored ? length - STORED : length);
    if (end > frame.length) throw new Lz4Error("Cannot decompress: the LZ4 frame is cut off");
    if (isStored) output.append(frame, input.at, end);
    else decompressBlock(frame, { from: input.at, to: end }, output);
    input.at = end;
    if ((flags & FLAG.blockChecksum) !== 0) input.skip(4);
  }
  return output.content();
}

function decompressBlock(
  bytes: Uint8Array,
  block: { readonly from: number; readonly to: number },
  output: Output,
): void {
  const input = new Input(bytes, block.from, block.to);
  while (input.at < block.to) {
    const token = input.byte();
    const literals = input.length(token >> 4);
    const literalsEnd = input.at + literals;
    if (literalsEnd > block.to) throw new Lz4Error("Cannot decompress: literals pass the block");
    output.append(bytes, input.at, literalsEnd);
    input.at = literalsEnd;
    // The last sequence has literals only.
    if (input.at === block.to) return;
    const distance = input.byte() | (input.byte() << 8);
    output.repeat(distance, input.length(token & LENGTH_MORE) + MATCH_MIN);
  }
}

/** Bytes read in order, never past their end. */
class Input {
  at: number;
  readonly #bytes: Uint8Array;
  readonly #end: number;

  constructor(bytes: Uint8Array, from = 0, to = bytes.length) {
    this.#bytes = bytes;
    this.at = from;
    this.#end = to;
  }

  byte(): number {
    if (this.at >= this.#end) throw new Lz4Error("Cannot decompress: the LZ4 frame is cut off");
    return this.#bytes[this.at++]!;
  }

  word(): number {
    const low = this.byte() | (this.byte() << 8) | (this.byte() << 16);
    return low + this.byte() * 0x100_0000;
  }

  skip(count: number): void {
    this.at += count;
  }

  /** A length that starts in a token and goes on while bytes are 255. */
  length(first: number): number {
    let length = first;
    if (first === LENGTH_MORE) {
      for (let more = 255; more === 255; length += more) more = this.byte();
    }
    return length;
  }
}

/** Memory that grows up to a limit and can repeat itself. */
class Output {
  #bytes: Uint8Array;
  #length = 0;
  readonly #bytesMax: number;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
    this.#bytes = new Uint8Array(Math.min(bytesMax, FIRST_BYTES));
  }

  append(source: Uint8Array, from: number, to: number): void {
    this.#reserve(to - from);
    this.#bytes.set(source.subarray(from, to), this.#length);
    this.#length += to - from;
  }

  /** Appends what stands `distance` bytes back; the copy may run into itself. */
  repeat(distance: number, length: number): void {
    const from = this.#length - distance;
    if (distance === 0 || from < 0) throw new Lz4Error("Cannot decompress: a match leads outside");
    this.#reserve(length);
    const bytes = this.#bytes;
    if (distance >= length) bytes.copyWithin(this.#length, from, from + length);
    else for (let at = 0; at < length; at++) bytes[this.#length + at] = bytes[from + at]!;
    this.#length += length;
  }

  content(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(length: number): void {
    const needed = this.#length + length;
    if (needed > this.#bytesMax) {
      throw new Lz4Error(`Cannot decompress: content is over ${this.#bytesMax} bytes`);
    }
    if (needed <= this.#bytes.length) return;
    const size = Math.min(this.#bytesMax, Math.max(needed, this.#bytes.length * 2));
    const larger = new Uint8Array(size);
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}
