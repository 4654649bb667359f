/**
 * Standard output as one buffered writer: text is gathered to blocks and written with `writeSync`,
 * which is complete however slow the reader is. A reader that went away (`mq … | head`) is no
 * failure: the writer closes and the command stops. What cannot be written for another reason, such
 * as a full disk, closes it too, and the reason is kept: text is also written by timers, where nobody
 * would catch an error.
 *
 * @module
 */
import fs from "node:fs";
import { type ByteRow, putText } from "./json_bytes.ts";

const BLOCK_CHARS = 64 * 1024;
/** Room for a block in which no character takes more than three bytes; a longer text takes turns. */
const BLOCK_BYTES = 3 * BLOCK_CHARS;
/** Longest time written text waits for more of its kind. */
const LINGER_MS = 100;
/** Pause while the other end of a non-blocking pipe is full. */
const FULL_PIPE_PAUSE_MS = 1;

/** Takes bytes to their place; false when nobody reads there any more. They are valid until it returns. */
export type Sink = (bytes: Uint8Array) => boolean;

/** A buffered text writer. */
export class Out {
  readonly #sink: Sink;
  readonly #now: () => number;
  readonly #encoder = new TextEncoder();
  /** Filled anew by every block: half a gigabyte a second of buffers is more than is collected in time. */
  #bytes: Uint8Array | undefined;
  /** Bytes that wait; what waits as text comes behind them. */
  #used = 0;
  #text = "";
  #writtenAt = 0;
  #closed = false;
  #failure: Error | undefined;
  #ending: (() => void) | undefined;

  constructor(sink: Sink, now: () => number = Date.now) {
    this.#sink = sink;
    this.#now = now;
  }

  /** Whether nothing more is written; a command then has nothing left to do. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Why text could not be written; `undefined` for a reader that went away. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Sets what writes the rest of an output that has begun; `undefined` where there is none. */
  set ending(ending: (() => void) | undefined) {
    this.#ending = ending;
  }

  /** Completes what was begun where its command cannot, so that half a JSON array is one still. */
  complete(): void {
    const ending = this.#ending;
    this.#ending = undefined;
    ending?.();
  }

  /** Adds text. What was added first is never held back for long. */
  write(text: string): void {
    if (this.#closed) return;
    this.#text += text;
    if (this.#used + this.#text.length >= BLOCK_CHARS) this.flush();
    else this.tick();
  }

  /** Adds a row that is bytes. */
  put(row: ByteRow): void {
    if (this.#closed) return;
    const bytesMax = row.bytesMax + 3 * this.#text.length;
    if (this.#used + bytesMax > BLOCK_BYTES) this.flush();
    if (this.#closed) return;
    if (row.bytesMax > BLOCK_BYTES) return this.#putAlone(row);
    const bytes = this.#bytes ??= new Uint8Array(BLOCK_BYTES);
    if (this.#text !== "") this.#used = putText(bytes, this.#used, this.#text);
    this.#text = "";
    this.#used = row.put(bytes, this.#used);
    if (this.#used >= BLOCK_CHARS) this.flush();
    else this.tick();
  }

  /** A row that has no room with others. */
  #putAlone(row: ByteRow): void {
    const bytes = new Uint8Array(row.bytesMax);
    this.#closed = !this.#taken(bytes.subarray(0, row.put(bytes, 0)));
  }

  /** Writes what has waited long enough; call it now and then while there is nothing to add. */
  tick(): void {
    const isWaiting = this.#used > 0 || this.#text !== "";
    if (isWaiting && this.#now() - this.#writtenAt >= LINGER_MS) this.flush();
  }

  /** Writes everything now, unless {@linkcode Out.closed}. Never throws. */
  flush(): void {
    if (this.#used > 0 && !this.#closed) {
      this.#closed = !this.#taken(this.#bytes!.subarray(0, this.#used));
    }
    this.#used = 0;
    for (let text = this.#text; text !== "" && !this.#closed;) {
      this.#bytes ??= new Uint8Array(BLOCK_BYTES);
      const { read, written } = this.#encoder.encodeInto(text, this.#bytes);
      this.#closed = !this.#taken(this.#bytes.subarray(0, written));
      text = text.slice(read);
    }
    this.#text = "";
    this.#writtenAt = this.#now();
  }

  #taken(bytes: Uint8Array): boolean {
    try {
      return this.#sink(bytes);
    } catch (error) {
      this.#failure = error as Error;
      return false;
    }
  }
}

/** A sink over an open descriptor. Throws what is no closed reader, such as a full disk. */
export function descriptorSink(descriptor: number): Sink {
  return (bytes) => {
    let done = 0;
    while (done < bytes.length) {
      try {
        done += fs.writeSync(descriptor, bytes, done, bytes.length - done);
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code;
        if (code === "EPIPE") return false;
        if (code !== "EAGAIN") {
          throw new Error(`Cannot write the output: ${code}`, { cause: error });
        }
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_PIPE_PAUSE_MS);
      }
    }
    return true;
  };
}
