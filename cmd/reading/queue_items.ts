/**
 * Goes over the units of a consume queue in either direction, and over the places that hold none:
 * padding before the first, holes between units, files that are missing, room behind the last.
 *
 * @module
 */
import type { Segment, SegmentList } from "../../store/segments.ts";

/** What units are read with. */
export interface UnitCursor {
  moveTo(number: number): boolean;
  isValid(): boolean;
  /** Absent where a queue is never padded. */
  isPadding?(): boolean;
}

/** A run of places that hold no unit. */
export interface Gap {
  readonly kind: "padding" | "damage" | "missing" | "tail";
  /** Number of the first place. */
  readonly first: number;
  readonly units: number;
  readonly length: number;
  /** File of the first place. */
  readonly file: string;
}

/** Which units, and in which order. */
export interface QueueWalk {
  readonly unitBytes: number;
  readonly from?: number | undefined;
  /** Its end is not included. */
  readonly to?: number | undefined;
  /** The newest first. */
  readonly reverse?: boolean | undefined;
}

/**
 * Yields `undefined` where the cursor now stands at a unit, else what stands between units. Places of
 * one kind come as one.
 */
export function queueItems(
  cursor: UnitCursor,
  list: SegmentList,
  walk: QueueWalk,
): Generator<Gap | undefined, void> {
  const whole = { from: 0, to: Infinity, ...defined(walk), unitBytes: walk.unitBytes };
  return walk.reverse === true
    ? backwards(cursor, list.segments, whole)
    : forwards(cursor, list.segments, whole);
}

interface Range {
  readonly unitBytes: number;
  readonly from: number;
  readonly to: number;
}

function defined({ from, to }: QueueWalk): { from?: number; to?: number } {
  return { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
}

function* forwards(
  cursor: UnitCursor,
  segments: readonly Segment[],
  range: Range,
): Generator<Gap | undefined, void> {
  const run = new GapRun();
  for (const [at, segment] of segments.entries()) {
    const { first, end: whole } = unitsOf(segment, range.unitBytes);
    const from = Math.max(first, range.from);
    // Within a range the places of room are counted.
    const end = whole <= range.to ? heldUnits(cursor, segment, range.unitBytes).end : whole;
    for (let number = from; number < Math.min(end, range.to); number++) {
      if (!cursor.moveTo(number)) break;
      const kind = kindOf(cursor);
      const before = kind === "unit" ? run.take(true) : run.add(kind, segment, {
        first: number,
        units: 1,
        length: range.unitBytes,
        isFollowed: true,
      });
      if (before !== undefined) yield before;
      if (kind === "unit") yield undefined;
    }
    const cut = run.addRest(segment, { range, end, isFollowed: false });
    if (cut !== undefined) yield* cut;
    const gap = missing(segment, segments[at + 1], { range, end });
    if (gap === undefined) continue;
    const before = run.take(true);
    if (before !== undefined) yield before;
    yield gap;
  }
  const tail = run.take(false);
  if (tail !== undefined) yield tail;
}

/** So many units the readers hold at once: they are brought in from the lowest on. */
const BLOCK_UNITS = 1024;

function* backwards(
  cursor: UnitCursor,
  segments: readonly Segment[],
  range: Range,
): Generator<Gap | undefined, void> {
  const run = new GapRun();
  let isFollowed = false;
  for (let at = segments.length - 1; at >= 0; at--) {
    const segment = segments[at]!;
    const { first, end } = heldUnits(cursor, segment, range.unitBytes);
    const gap = missing(segment, segments[at + 1], { range, end });
    if (gap !== undefined) {
      const before = run.take(isFollowed);
      if (before !== undefined) yield before;
      yield gap;
    }
    const cut = run.addRest(segment, { range, end, isFollowed });
    if (cut !== undefined) yield* cut;
    const lowest = Math.max(first, range.from);
    let held = Infinity;
    for (let number = Math.min(end, range.to) - 1; number >= lowest; number--) {
      if (number < held) cursor.moveTo(held = Math.max(lowest, number - BLOCK_UNITS + 1));
      if (!cursor.moveTo(number)) continue;
      const kind = kindOf(cursor);
      const before = kind === "unit" ? run.take(isFollowed) : run.add(kind, segment, {
        first: number,
        units: 1,
        length: range.unitBytes,
        isFollowed,
      });
      if (before !== undefined) yield before;
      if (kind !== "unit") continue;
      isFollowed = true;
      yield undefined;
    }
  }
  const rest = run.take(isFollowed);
  if (rest !== undefined) yield rest;
}

function kindOf(cursor: UnitCursor): "unit" | "padding" | "tail" {
  if (!cursor.isValid()) return "tail";
  return cursor.isPadding?.() === true ? "padding" : "unit";
}

/** What file systems keep of a file, they keep in pages of this length or in longer ones. */
const PAGE_BYTES = 4096;

/** Places for whole units in a file. */
function unitsOf({ start, length }: Segment, unitBytes: number): { first: number; end: number } {
  const first = Math.ceil(start / unitBytes);
  return { first, end: first + Math.floor(length / unitBytes) };
}

/**
 * The places of a file in front of the room at its end. Files are made at full length, and of a store
 * with many queues nearly all of that is room never written: once units were met in as many pages as
 * the disk keeps of the file, what follows is such room. Where pages are kept that seem to hold
 * nothing, all places are looked at.
 */
function heldUnits(
  cursor: UnitCursor,
  segment: Segment,
  unitBytes: number,
): { first: number; end: number } {
  const { first, end } = unitsOf(segment, unitBytes);
  const { allocatedBytes, length } = segment;
  if (allocatedBytes >= length) return { first, end };
  let pagesLeft = Math.ceil(allocatedBytes / PAGE_BYTES);
  let held = first;
  for (let at = 0; pagesLeft > 0 && at < length; at += PAGE_BYTES) {
    const behind = first + Math.ceil((at + PAGE_BYTES) / unitBytes);
    // The first one may begin in the page before.
    const isHeld = [
      first + Math.floor(at / unitBytes),
      first + Math.ceil(at / unitBytes),
      behind - 2,
    ]
      .some((number) => number < end && cursor.moveTo(number) && kindOf(cursor) !== "tail");
    if (!isHeld) continue;
    pagesLeft--;
    held = behind;
  }
  return { first, end: pagesLeft > 0 ? end : Math.min(held, end) };
}

/** What no file has between one and the next. */
function missing(
  segment: Segment,
  next: Segment | undefined,
  { range, end }: { readonly range: Range; readonly end: number },
): Gap | undefined {
  const { unitBytes } = range;
  const fileEnd = segment.start + segment.length;
  const length = (next?.start ?? fileEnd) - fileEnd;
  const behind = Math.ceil((next?.start ?? 0) / unitBytes);
  if (length <= 0 || behind <= range.from || end >= range.to) return undefined;
  const first = Math.ceil(fileEnd / unitBytes);
  return { kind: "missing", first, units: behind - first, length, file: segment.path };
}

/** Gathers places without a unit: what they are is known once it is known what stands behind them. */
class GapRun {
  #kind: "padding" | "tail" | undefined;
  #first = 0;
  #units = 0;
  #length = 0;
  #file = "";

  /** Adds places and returns the run before where that is of another kind. */
  add(
    kind: "padding" | "tail",
    segment: Segment,
    places: {
      readonly first: number;
      readonly units: number;
      readonly length: number;
      readonly isFollowed: boolean;
    },
  ): Gap | undefined {
    const before = this.#kind === kind ? undefined : this.take(places.isFollowed);
    if (this.#kind === undefined || places.first < this.#first) {
      this.#first = places.first;
      this.#file = segment.path;
    }
    this.#kind = kind;
    this.#units += places.units;
    this.#length += places.length;
    return before;
  }

  /** Adds what stands behind the last whole unit looked at in a file, if it is in the range. */
  addRest(
    segment: Segment,
    { range, end, isFollowed }: { range: Range; end: number; isFollowed: boolean },
  ): Gap[] | undefined {
    const { unitBytes, from, to } = range;
    const length = segment.length - (end - Math.ceil(segment.start / unitBytes)) * unitBytes;
    const isWanted = end < to && (segment.start + segment.length) / unitBytes > from;
    if (!isWanted || length === 0) return undefined;
    const units = length / unitBytes;
    const cut: Gap = { kind: "damage", first: end, units: 0, length, file: segment.path };
    const before = Number.isInteger(units)
      ? this.add("tail", segment, { first: end, units, length, isFollowed })
      : this.take(isFollowed);
    const gaps = Number.isInteger(units) ? [before] : [before, cut];
    return gaps.filter((it) => it !== undefined);
  }

  /** Ends the run; without a unit behind it, it is the room at the queue's end. */
  take(isFollowed: boolean): Gap | undefined {
    const kind = this.#kind;
    if (kind === undefined) return undefined;
    const gap: Gap = {
      kind: kind === "tail" && isFollowed ? "damage" : kind,
      first: this.#first,
      units: this.#units,
      length: this.#length,
      file: this.#file,
    };
    this.#kind = undefined;
    this.#units = this.#length = 0;
    return gap;
  }
}
