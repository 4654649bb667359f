/**
 * The newest part of the log in memory. Pulls near the end, dispatch and replication read it with
 * no system call; what is older comes from the files.
 *
 * @module
 */

const BLOCK_BYTES = 1024 * 1024;
const BLOCKS_MAX = 32;
const ZEROS = new Uint8Array(64 * 1024);

/** A ring of blocks, allocated as the log grows into them. */
export class TailCache {
  readonly #blocks: (Uint8Array | undefined)[];
  /** Log offset of the first byte held. */
  #from = 0;
  /** Log offset behind the last byte held. */
  #to = 0;

  constructor(bytesMax: number = BLOCKS_MAX * BLOCK_BYTES) {
    this.#blocks = new Array(Math.max(2, Math.floor(bytesMax / BLOCK_BYTES)));
  }

  /** Takes bytes that follow what is held; bytes elsewhere start the cache anew. */
  append(at: number, bytes: Uint8Array): void {
    if (at !== this.#to) this.#from = this.#to = at;
    for (let done = 0; done < bytes.length;) {
      const position = at + done;
      const within = position % BLOCK_BYTES;
      const length = Math.min(BLOCK_BYTES - within, bytes.length - done);
      this.#block(position).set(bytes.subarray(done, done + length), within);
      done += length;
    }
    this.#to = at + bytes.length;
    const newest = Math.floor((this.#to - 1) / BLOCK_BYTES);
    this.#from = Math.max(this.#from, (newest - this.#blocks.length + 1) * BLOCK_BYTES);
  }

  /**
   * Takes it that the log goes on at `at`, with zeros before: the end of a file behind its filler.
   * What is held stays, unless the zeros alone would fill the cache.
   */
  skipTo(at: number): void {
    if (at - this.#to > (this.#blocks.length - 1) * BLOCK_BYTES) return;
    while (this.#to < at) this.append(this.#to, ZEROS.subarray(0, at - this.#to));
  }

  /** Whether a range is held whole. */
  holds(at: number, length: number): boolean {
    return at >= this.#from && at + length <= this.#to;
  }

  /** Copies a held range into `into` at `position`. */
  copy(range: { at: number; length: number }, into: Uint8Array, position: number): void {
    for (let done = 0; done < range.length;) {
      const at = range.at + done;
      const within = at % BLOCK_BYTES;
      const length = Math.min(BLOCK_BYTES - within, range.length - done);
      into.set(this.#block(at).subarray(within, within + length), position + done);
      done += length;
    }
  }

  #block(position: number): Uint8Array {
    const slot = Math.floor(position / BLOCK_BYTES) % this.#blocks.length;
    return this.#blocks[slot] ??= new Uint8Array(BLOCK_BYTES);
  }
}
