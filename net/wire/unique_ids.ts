/**
 * Unique ids for messages whose producer gave none (Java: `MessageClientIDSetter`): upper-case
 * hexadecimal of the address, two bytes of the process id, four random bytes, the time since the
 * month began and a counter. Tools read the time out of it; to everybody else it is a text.
 *
 * @module
 */

import type { HostBytes } from "../../store/layout.ts";

/** What ids are made of. */
export interface UniqueIdsOptions {
  /** Address of this machine. */
  readonly address: HostBytes["address"];
  /** Id of this process. */
  readonly pid: number;
  readonly now: () => number;
  /** From 0 to less than 1. */
  readonly random: () => number;
}

const TWO_BYTES = 0x1_0000;
const FOUR_BYTES = 0x1_0000_0000;

const BYTES = Array.from({ length: 256 }, (_, byte) => hex(byte, 1));

/** Makes ids. */
export class UniqueIds {
  readonly #now: () => number;
  readonly #prefix: string;
  #counter = 0;
  #time = NaN;
  /** All of an id of {@linkcode #time} but the counter. */
  #timed = "";
  #monthStart = 0;
  #monthEnd = 0;

  constructor({ address, pid, now, random }: UniqueIdsOptions) {
    this.#now = now;
    this.#prefix = Array.from(address, (byte) => hex(byte, 1)).join("") + hex(pid % TWO_BYTES, 2) +
      hex(Math.floor(random() * FOUR_BYTES), 4);
  }

  /** An id that this process has not given before, unless it made 65,536 within one millisecond. */
  next(): string {
    const now = this.#now();
    if (now !== this.#time) this.#enterTime(now);
    const counter = this.#counter;
    this.#counter = (counter + 1) % TWO_BYTES;
    return this.#timed + BYTES[counter >> 8] + BYTES[counter & 0xff];
  }

  #enterTime(now: number): void {
    if (!(now >= this.#monthStart && now < this.#monthEnd)) this.#enterMonth(now);
    this.#time = now;
    this.#timed = this.#prefix + hex(now - this.#monthStart, 4);
  }

  /** Java counts from the first of the month in local time. */
  #enterMonth(now: number): void {
    const date = new Date(now);
    this.#monthStart = new Date(date.getFullYear(), date.getMonth(), 1).getTime();
    this.#monthEnd = new Date(date.getFullYear(), date.getMonth() + 1, 1).getTime();
  }
}

function hex(value: number, bytes: number): string {
  return value.toString(16).toUpperCase().padStart(2 * bytes, "0");
}
