/**
 * The timer wheel of 5.x as a broker turns it (Java: `TimerWheel`): the slots of `timer_wheel.ts`, read
 * and changed. Only the pages of the file that were touched are in memory, and what changed goes into
 * the file when its owner says so: the timer log must have what slots lead to before they do.
 *
 * @module
 */
import type { FileSystem, WritableFile } from "./file.ts";
import { TIMER_SLOT } from "./format.ts";
import { readI64, writeI64 } from "./layout.ts";
import { type TimerSlot, WHEEL_BYTES, WHEEL_SLOTS_AHEAD } from "./timer_wheel.ts";

const AT = TIMER_SLOT.at;

const SLOTS = 2 * WHEEL_SLOTS_AHEAD;
const PAGE_SLOTS = 128;
const PAGE_BYTES = PAGE_SLOTS * TIMER_SLOT.size;
/** Pages kept when all of them are in the file; the next look reads them again. */
const CLEAN_PAGES_MAX = 256;

/** What a slot leads to; its time is what it is asked for by. */
export type SlotContent = Pick<TimerSlot, "firstPosition" | "lastPosition" | "count">;

/** An open wheel. Times are milliseconds. */
export class TimerWheel implements Disposable {
  /** Whether the file was made by opening it. */
  readonly isNew: boolean;
  readonly #file: WritableFile;
  readonly #precisionMs: number;
  readonly #pages = new Map<number, DataView>();
  readonly #dirty = new Set<number>();

  private constructor(file: WritableFile, precisionMs: number) {
    this.#file = file;
    this.#precisionMs = precisionMs;
    this.isNew = file.size() === 0;
    if (this.isNew) file.truncate(WHEEL_BYTES);
  }

  /**
   * Opens the wheel or makes an empty one.
   *
   * @throws {Error} if the file has another length, with which a Java broker does not start either.
   */
  static open(fs: FileSystem, path: string, precisionMs: number): TimerWheel {
    const length = fs.stat(path)?.size ?? 0;
    if (length !== 0 && length !== WHEEL_BYTES) {
      throw new Error(
        `Cannot open timer wheel "${path}": it is ${length} bytes, expected ${WHEEL_BYTES}`,
      );
    }
    return new TimerWheel(fs.openWrite(path), precisionMs);
  }

  /** The slot of a time; `undefined` when nothing is due then. */
  slot(timeMs: number): SlotContent | undefined {
    const units = Math.floor(timeMs / this.#precisionMs);
    const { page, at } = this.#place(units);
    if (readI64(page, at + AT.timeSeconds) !== units) return undefined;
    return {
      firstPosition: readI64(page, at + AT.firstPosition),
      lastPosition: readI64(page, at + AT.lastPosition),
      count: page.getInt32(at + AT.count),
    };
  }

  /** Sets the slot of a time, in memory. What another round of the wheel left there is gone. */
  put(timeMs: number, { firstPosition, lastPosition, count }: SlotContent): void {
    const units = Math.floor(timeMs / this.#precisionMs);
    const { page, at, index } = this.#place(units);
    writeI64(page, at + AT.timeSeconds, units);
    writeI64(page, at + AT.firstPosition, firstPosition);
    writeI64(page, at + AT.lastPosition, lastPosition);
    page.setInt32(at + AT.count, count);
    this.#dirty.add(index);
  }

  /** Empties the slot of a time, in memory. */
  clear(timeMs: number): void {
    const { page, at, index } = this.#place(Math.floor(timeMs / this.#precisionMs));
    for (let byte = 0; byte < TIMER_SLOT.size; byte++) page.setUint8(at + byte, 0);
    this.#dirty.add(index);
  }

  /** The first time in `[fromMs, toMs)` with something due; `toMs` where there is none. */
  next(fromMs: number, toMs: number): number {
    const from = Math.floor(fromMs / this.#precisionMs);
    const to = Math.min(Math.ceil(toMs / this.#precisionMs), from + SLOTS);
    for (let units = from; units < to; units++) {
      const { page, at } = this.#place(units);
      if (readI64(page, at + AT.timeSeconds) === units) return units * this.#precisionMs;
    }
    return toMs;
  }

  /** Brings what changed into the file. */
  write(): void {
    for (const index of this.#dirty) {
      const { buffer } = this.#pages.get(index)!;
      this.#file.write(new Uint8Array(buffer), index * PAGE_BYTES);
      this.#dirty.delete(index);
    }
    if (this.#pages.size > CLEAN_PAGES_MAX) this.#pages.clear();
  }

  /** Brings the file to the disk. */
  sync(): Promise<void> {
    return this.#file.sync();
  }

  /** Closes the file; what was not written is lost. A second call does nothing. */
  [Symbol.dispose](): void {
    this.#file.close();
  }

  #place(units: number): { readonly page: DataView; readonly at: number; readonly index: number } {
    const number = units % SLOTS;
    const index = Math.floor(number / PAGE_SLOTS);
    let page = this.#pages.get(index);
    if (page === undefined) {
      const bytes = new Uint8Array(PAGE_BYTES);
      this.#file.read(bytes, index * PAGE_BYTES);
      page = new DataView(bytes.buffer);
      this.#pages.set(index, page);
    }
    return { page, at: number % PAGE_SLOTS * TIMER_SLOT.size, index };
  }
}
