/**
 * How far a command is that reads a range of a commit log once, by the place it has come to: room that
 * was never written, and bodies that are passed over, count as if they were read.
 *
 * @module
 */
import { Progress, type ProgressForm } from "../output/progress.ts";
import type { Terminal } from "../terminal.ts";

/** Bytes between two looks at the clock. */
const STEP_BYTES = 4 * 1024 * 1024;

/** A range of log offsets; `to` is behind the last. */
export interface OffsetRange {
  readonly from: number;
  readonly to: number;
}

/** Tells how far the reading of a range is. */
export class RangeProgress {
  readonly #terminal: Terminal;
  readonly #progress: Progress;
  readonly #range: OffsetRange;
  #nextAt: number;

  constructor(terminal: Terminal, range: OffsetRange, form?: ProgressForm) {
    this.#terminal = terminal;
    this.#progress = new Progress(terminal, form);
    this.#range = range;
    this.#nextAt = range.from + STEP_BYTES;
  }

  /** Tells that everything before a log offset is done, if it is time to. */
  at(position: number): void {
    if (position < this.#nextAt) return;
    this.#nextAt = position + STEP_BYTES;
    // What waits to be printed would come behind the line otherwise.
    this.#terminal.out.flush();
    const bytesExpected = this.#range.to - this.#range.from;
    this.#progress.tell({ bytesChecked: this.#done(position), bytesExpected });
  }

  /** Makes room for other output. */
  clear(): void {
    this.#progress.clear();
  }

  /** Ends with how much was read and how fast. */
  end(position: number): void {
    this.#progress.end({ bytesChecked: this.#done(position) });
  }

  #done(position: number): number {
    return Math.max(0, Math.min(position, this.#range.to) - this.#range.from);
  }
}
