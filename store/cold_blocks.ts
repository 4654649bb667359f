/**
 * Reads of the log that lead to the disk. The records of a queue stand among those of others, so what
 * is read for one queue holds much of what the next one wants: blocks of the files are read whole,
 * once, and kept for a while.
 *
 * @module
 */
import type { CommitLog } from "./commit_log.ts";

/** Large enough to be worth a call, small enough to be read between two answers. */
const BLOCK_BYTES = 128 * 1024;
const BLOCKS_MAX = 128;

/**
 * Reads at a time. However many readers are behind, a turn of the event loop brings no more of them
 * their answers, so that senders get theirs in between.
 */
const READS_MAX = 16;

/** Gaps in the log up to this size are read rather than skipped with another call. */
const GAP_BYTES_MAX = 16 * 1024;

/** Some bytes of the log. */
export interface LogRange {
  readonly at: number;
  readonly length: number;
}

/** Ranges that are read together. */
interface Span extends LogRange {
  readonly ranges: readonly LogRange[];
  /** Where the first of them goes. */
  readonly position: number;
}

interface Block extends LogRange {
  readonly bytes: Uint8Array;
  /** Reads that need it. */
  readers: number;
  /** Whether it could be read whole. */
  readonly whole: Promise<boolean>;
}

/** Blocks of a log's files, in memory of a bounded size that grows with what is read. */
export class ColdBlocks {
  readonly #log: Pick<CommitLog, "readAsync" | "end" | "segmentBytes">;
  readonly #blocksMax: number;
  /** By log offset, in the order of use, the oldest first. */
  readonly #blocks = new Map<number, Block>();
  #reads = 0;
  /** Reads that wait for others to end, the oldest first. */
  readonly #waiting: (() => void)[] = [];

  constructor(
    log: Pick<CommitLog, "readAsync" | "end" | "segmentBytes">,
    blocksMax: number = BLOCKS_MAX,
  ) {
    this.#log = log;
    this.#blocksMax = blocksMax;
  }

  /** Copies ranges one behind the other into `into`; false when one cannot be read whole. */
  async read(ranges: readonly LogRange[], into: Uint8Array): Promise<boolean> {
    if (this.#reads < READS_MAX) this.#reads++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      const reads = this.#spans(ranges).map((span) => this.#readSpan(span, into));
      return (await Promise.all(reads)).every((whole) => whole);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#reads--;
      else next();
    }
  }

  *#spans(ranges: readonly LogRange[]): Generator<Span, void> {
    let position = 0;
    for (let first = 0; first < ranges.length;) {
      let last = first;
      while (last + 1 < ranges.length && this.#joins(ranges[last]!, ranges[last + 1]!)) last++;
      const span = ranges.slice(first, last + 1);
      const { at } = span[0]!;
      yield { at, length: endOf(span.at(-1)!) - at, ranges: span, position };
      for (const it of span) position += it.length;
      first = last + 1;
    }
  }

  #joins(one: LogRange, other: LogRange): boolean {
    const gap = other.at - endOf(one);
    const fileOf = (at: number) => Math.floor(at / this.#log.segmentBytes);
    return gap >= 0 && gap <= GAP_BYTES_MAX && fileOf(one.at) === fileOf(other.at);
  }

  async #readSpan(span: Span, into: Uint8Array): Promise<boolean> {
    const places = this.#blocksOf(span);
    const isHeld = places.every((it) => this.#blocks.has(it.at));
    // A block that holds a single record wanted is seldom wanted again, and a large record is no block.
    if (!isHeld && (span.ranges.length === 1 || endOf(places.at(-1)!) > this.#log.end)) {
      return await this.#readExactly(span, into);
    }
    const blocks = places.map((place) => this.#use(place));
    try {
      const whole = await Promise.all(blocks.map((it) => it.whole));
      // What is wanted may be readable all the same.
      if (whole.includes(false)) return await this.#readExactly(span, into);
      for (const block of blocks) copy(block, span, into);
      return true;
    } finally {
      for (const block of blocks) block.readers--;
    }
  }

  async #readExactly({ ranges, position }: Span, into: Uint8Array): Promise<boolean> {
    let to = position;
    const reads = ranges.map((range) => {
      const read = this.#log.readAsync(range, into, to);
      to += range.length;
      return read;
    });
    return (await Promise.all(reads)).every((whole) => whole);
  }

  /** The blocks a range touches; they end with their file. */
  #blocksOf(range: LogRange): LogRange[] {
    const { segmentBytes } = this.#log;
    const start = range.at - range.at % segmentBytes;
    const places: LogRange[] = [];
    let at = range.at - (range.at - start) % BLOCK_BYTES;
    for (; at < endOf(range); at += BLOCK_BYTES) {
      places.push({ at, length: Math.min(BLOCK_BYTES, start + segmentBytes - at) });
    }
    return places;
  }

  /** The block of a place, with one reader more; read from the file where it is not held. */
  #use(place: LogRange): Block {
    let block = this.#blocks.get(place.at);
    this.#blocks.delete(place.at);
    block ??= this.#load(place);
    block.readers++;
    this.#blocks.set(place.at, block);
    return block;
  }

  #load(place: LogRange): Block {
    const bytes = this.#room();
    const whole = this.#log.readAsync(place, bytes).catch(() => false).then((isWhole) => {
      if (!isWhole) this.#blocks.delete(place.at);
      return isWhole;
    });
    return { ...place, bytes, readers: 0, whole };
  }

  /** Memory for a block: that of the one not used for longest, once there are enough. */
  #room(): Uint8Array {
    if (this.#blocks.size >= this.#blocksMax) {
      for (const [at, { readers, bytes }] of this.#blocks) {
        if (readers > 0) continue;
        this.#blocks.delete(at);
        if (this.#blocks.size < this.#blocksMax) return bytes;
      }
    }
    return new Uint8Array(BLOCK_BYTES);
  }
}

function endOf({ at, length }: LogRange): number {
  return at + length;
}

/** Copies what a block holds of the ranges of a span. */
function copy(block: Block, span: Span, into: Uint8Array): void {
  let { position } = span;
  for (const range of span.ranges) {
    const from = Math.max(range.at, block.at);
    const to = Math.min(endOf(range), endOf(block));
    if (from < to) {
      into.set(block.bytes.subarray(from - block.at, to - block.at), position + from - range.at);
    }
    position += range.length;
  }
}
