/**
 * Memory for what reads bring. A broker hands out hundreds of megabytes a second to readers that are
 * behind; were each answer new memory, collecting it would hold up everybody else.
 *
 * @module
 */

/** Smaller bodies cost less than their keeping. */
const BYTES_MIN = 4 * 1024;
/** Larger ones are rare. */
const BYTES_MAX = 256 * 1024;
const KEPT_BYTES_MAX = 8 * 1024 * 1024;

/** Gives out memory and takes it back, by powers of two. What is not given back is collected. */
export class BodyPool {
  readonly #keptBytesMax: number;
  /** Free memory by its length. */
  readonly #free = new Map<number, Uint8Array[]>();
  #keptBytes = 0;

  constructor(keptBytesMax: number = KEPT_BYTES_MAX) {
    this.#keptBytesMax = keptBytesMax;
  }

  /** Bytes that wait to be given out. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** Memory of a length, with anything in it. */
  take(length: number): Uint8Array {
    if (length < BYTES_MIN || length > BYTES_MAX) return new Uint8Array(length);
    const size = 2 ** Math.ceil(Math.log2(length));
    const memory = this.#free.get(size)?.pop();
    if (memory === undefined) return new Uint8Array(size).subarray(0, length);
    this.#keptBytes -= size;
    return memory.subarray(0, length);
  }

  /** Takes back what {@linkcode take} gave out, once, when nobody looks at it any more. */
  give(body: Uint8Array): void {
    const size = body.buffer.byteLength;
    if (size < BYTES_MIN || size > BYTES_MAX || this.#keptBytes + size > this.#keptBytesMax) return;
    const free = this.#free.get(size);
    const memory = new Uint8Array(body.buffer);
    if (free === undefined) this.#free.set(size, [memory]);
    else free.push(memory);
    this.#keptBytes += size;
  }
}
