/**
 * A sliding window over one file: large reads, small looks. What is asked for stands whole in
 * memory, wherever block borders fall.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { ReadableFile } from "./file.ts";

/** Small enough to stay in the processor's cache between the read and the look. */
export const WINDOW_BYTES = 256 * 1024;

/** Memory that follows a reader through a file. */
export class FileWindow {
  /** The window's memory; the byte at file position `p` is `bytes[p - from]`. */
  bytes: Uint8Array;
  /** File position of the first byte held. */
  from = 0;
  /** File position behind the last byte held. */
  to = 0;
  #file: ReadableFile | undefined;
  #fileEnd = 0;

  constructor(windowBytes: number = WINDOW_BYTES) {
    this.bytes = new Uint8Array(windowBytes);
  }

  /** Turns to another file, of which the bytes before `end` count. */
  open(file: ReadableFile, end: number): void {
    this.#file = file;
    this.#fileEnd = end;
    this.from = this.to = 0;
  }

  /** Lets its file go. */
  close(): void {
    this.#file = undefined;
    this.#fileEnd = this.from = this.to = 0;
  }

  /**
   * Makes `[at, at + length)` present as far as the file goes, and returns the bytes held from `at`
   * on, which may be more or fewer. Moving the window makes earlier views of it invalid. Returns
   * whether the memory changed through `moved`.
   */
  hold(at: number, length: number): number {
    if (at >= this.from && (at + length <= this.to || this.to === this.#fileEnd)) {
      return this.to - at;
    }
    if (length > this.bytes.length) {
      const larger = new Uint8Array(Math.max(length, this.bytes.length * 2));
      if (at >= this.from && at < this.to) larger.set(this.bytes.subarray(at - this.from));
      this.bytes = larger;
      this.#shift(at, at >= this.from && at < this.to ? this.to - at : 0);
    } else {
      const kept = at >= this.from && at < this.to ? this.to - at : 0;
      if (kept > 0) this.bytes.copyWithin(0, at - this.from, this.to - this.from);
      this.#shift(at, kept);
    }
    return this.to - at;
  }

  /**
   * Whether the file has other bytes than those held, of `[at, at + length)` as far as they are held:
   * somebody has written since. Then nothing is held any more.
   */
  hasChanged(at: number, length: number): boolean {
    const held = this.bytes.subarray(at - this.from, Math.min(at + length, this.to) - this.from);
    const now = new Uint8Array(held.length);
    this.#file?.read(now, at);
    if (Buffer.compare(now, held) === 0) return false;
    this.from = this.to = 0;
    return true;
  }

  #shift(at: number, kept: number): void {
    this.from = at;
    this.to = at + kept;
    const wanted = Math.min(this.bytes.length - kept, this.#fileEnd - this.to);
    if (wanted <= 0 || this.#file === undefined) return;
    this.to += this.#file.read(this.bytes.subarray(kept, kept + wanted), this.to);
  }
}
