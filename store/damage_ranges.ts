/**
 * Ranges of a log that hold no sound record, between others that do; and how many messages of queues
 * led into each.
 *
 * @module
 */
import type { CommitLogScan } from "./commit_log_scan.ts";
import type { Flaw } from "./record_view.ts";
import type { Segment } from "./segments.ts";

/** The last sound record in front of a range: what is filled in must fit it. */
export interface RecordBefore {
  readonly storeTimestamp: number;
  /** Whether it ends with a right seal, see `property_crc.ts`. */
  readonly isSealed: boolean;
}

/** Bytes nothing sound has followed yet. */
export interface OpenDamage {
  readonly at: number;
  readonly length: number;
  readonly segment: Segment | undefined;
  readonly flaw: Flaw;
  readonly before?: RecordBefore | undefined;
}

/** A damaged range. */
export interface DamageRange {
  readonly at: number;
  readonly length: number;
  /** File it starts in; `undefined` where the file is missing. */
  readonly segment: Segment | undefined;
  readonly why: string;
  /** Messages it held for certain: one where only a record's body is wrong, else 0. */
  readonly messagesMin: number;
  readonly before?: RecordBefore | undefined;
  /** Messages of queues that led there and were given up. */
  slotsFilled: number;
}

/** Damaged ranges by their place. */
export class DamageRanges implements Iterable<DamageRange> {
  readonly #ranges: DamageRange[] = [];

  /** Adds a range; they come in the order of the log. */
  add(range: DamageRange): void {
    this.#ranges.push(range);
  }

  /** Whether there is none. */
  get isEmpty(): boolean {
    return this.#ranges.length === 0;
  }

  /** The range that holds a log offset. */
  find(at: number): DamageRange | undefined {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#ranges[middle]!.at <= at) low = middle + 1;
      else high = middle;
    }
    const range = this.#ranges[low - 1];
    return range !== undefined && at < range.at + range.length ? range : undefined;
  }

  [Symbol.iterator](): Iterator<DamageRange> {
    return this.#ranges[Symbol.iterator]();
  }
}

/** The damage a scan stands at; `storeTimestamp` is that of the last sound record. */
export function openDamage(scan: CommitLogScan, storeTimestamp: number): OpenDamage {
  const { at, length, segment, flaw, isSealed } = scan;
  const before = isSealed === undefined ? undefined : { storeTimestamp, isSealed };
  return { at, length, segment, flaw: flaw!, before };
}

/** Damage something sound has followed. */
export function asRange({ at, length, segment, flaw, before }: OpenDamage): DamageRange {
  const isFramed = flaw.code === "body-crc" || flaw.code === "property-crc";
  const messagesMin = isFramed ? 1 : 0;
  return { at, length, segment, why: words(flaw), messagesMin, before, slotsFilled: 0 };
}

/** What is wrong, for people. */
export function words(flaw: Flaw): string {
  return `expected ${flaw.expected}, found ${flaw.found}`;
}
