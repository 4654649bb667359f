/**
 * The files of one log: equally long, named by the offset at which each starts, in one folder or in
 * several. Listing tells what is there, wrong lengths and strays included; what that means is decided
 * elsewhere.
 *
 * @module
 */
import { join } from "node:path";
import type { FileSystem } from "./file.ts";
import { parseOffsetName } from "./names.ts";

/** One file of a log. */
export interface Segment {
  /** Offset of its first byte in the log. */
  readonly start: number;
  /** Length of the file now. */
  readonly length: number;
  /** Bytes of it that take space on the disk. */
  readonly allocatedBytes: number;
  readonly name: string;
  readonly path: string;
}

/** What a log's directory holds. */
export interface SegmentList {
  /** Files in the order of their offsets. */
  readonly segments: readonly Segment[];
  /**
   * Paths of what is no file of the log: the name is no offset, or another has the same, or lies in the
   * middle of a unit, or of a file that is there.
   */
  readonly strays: readonly string[];
  /** Length every file should have; 0 when there are none. */
  readonly segmentBytes: number;
}

/**
 * Lists a log's directory, or the several it has. The length all files should have is taken from the
 * distance of their names where there are two, else from the one file. No index leads into a file of a
 * queue with a name in the middle of a unit: `unitBytes` tells which these are.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { MemoryFiles } from "./file_memory.ts";
 * import { listSegments } from "./segments.ts";
 *
 * const fs = new MemoryFiles();
 * for (const name of ["00000000000000000000", "00000000000000001024", "notes.txt"]) {
 *   fs.put(`commitlog/${name}`, new Uint8Array(1024));
 * }
 * const { segments, segmentBytes, strays } = listSegments(fs, "commitlog");
 * assert(segments.length === 2 && segments[1]!.start === 1024 && segmentBytes === 1024);
 * assert(strays[0] === "commitlog/notes.txt");
 * ```
 */
export function listSegments(
  fs: FileSystem,
  place: string | readonly string[],
  { unitBytes = 1 }: { readonly unitBytes?: number } = {},
): SegmentList {
  const directories = typeof place === "string" ? [place] : place;
  const all: Segment[] = [];
  // No folder has a name twice.
  const taken = directories.length > 1 ? new Set<number>() : undefined;
  const strays: string[] = [];
  for (const directory of directories) {
    for (const name of fs.list(directory)) {
      const start = parseOffsetName(name);
      const path = join(directory, name);
      const stat = start === undefined ? undefined : fs.stat(path);
      const isFile = stat !== undefined && !stat.isDirectory;
      if (start === undefined || start % unitBytes !== 0 || !isFile || taken?.has(start)) {
        strays.push(path);
      } else {
        taken?.add(start);
        const { size: length, allocatedBytes } = stat;
        all.push({ start, length, allocatedBytes, name, path });
      }
    }
  }
  // Most queues have one file, and a store may have 100,000 of them: no garbage for these.
  if (all.length < 2) return { segments: all, strays, segmentBytes: loneBytesOf(all[0]) };
  if (directories.length > 1) all.sort((one, other) => one.start - other.start);
  const segmentBytes = segmentBytesOf(all);
  const astride = filesAstride(all, segmentBytes);
  if (astride.size === 0) return { segments: all, strays, segmentBytes };
  strays.push(...[...astride].map(({ path }) => path));
  return { segments: all.filter((it) => !astride.has(it)), strays, segmentBytes };
}

/** Where the file that holds a log offset begins, or would begin if it were there. */
export function fileStartOf({ segments, segmentBytes }: SegmentList, at: number): number {
  const first = segments.findLast(({ start }) => start <= at)?.start ?? 0;
  return at - (at - first) % segmentBytes;
}

/**
 * Files that begin where none does, in the room of one that begins where one does: before it or behind
 * it, whatever else lies between them.
 */
function filesAstride(segments: readonly Segment[], segmentBytes: number): ReadonlySet<Segment> {
  const astride = new Set<Segment>();
  const add = (it: Segment, placed: number) => {
    if (Math.abs(it.start - placed) < segmentBytes) astride.add(it);
  };
  let placed = -Infinity;
  let between: Segment[] = [];
  for (const it of segments) {
    if (it.start % segmentBytes !== 0) {
      add(it, placed);
      between.push(it);
      continue;
    }
    placed = it.start;
    if (between.length === 0) continue;
    for (const earlier of between) add(earlier, placed);
    between = [];
  }
  return astride;
}

/** How many times as long as what is left of them files may have been. */
const CUT_MAX = 1000;
/** Java keeps the length of a file as an `int`. */
const SEGMENT_BYTES_MAX = 2 ** 31 - 1;

/** What a file without others speaks for. */
function loneBytesOf(segment: Segment | undefined): number {
  return segment === undefined || segment.length > SEGMENT_BYTES_MAX ? 0 : segment.length;
}

/**
 * What most names and lengths speak for, names with strays between them, too; a name too far from the
 * next speaks for nothing.
 */
function segmentBytesOf(segments: readonly Segment[]): number {
  const votes = new Map<number, number>();
  const vote = (bytes: number) => {
    if (bytes <= SEGMENT_BYTES_MAX) votes.set(bytes, (votes.get(bytes) ?? 0) + 1);
  };
  segments.forEach((segment, at) => {
    const next = segments[at + 1];
    if (next !== undefined) vote(next.start - segment.start);
    if (segment.length > 0) vote(segment.length);
  });
  let best = 0;
  let bestVotes = 0;
  for (const [bytes, said] of votes) {
    const count = said + spanned(segments, bytes);
    const isBetter = count > bestVotes ||
      (count === bestVotes && fitOf(segments, bytes) > fitOf(segments, best));
    if (isBetter) [best, bestVotes] = [bytes, count];
  }
  return best;
}

/** How many pairs of names lie so far apart with others between them. */
function spanned(segments: readonly Segment[], bytes: number): number {
  let pairs = 0;
  let from = 0;
  for (const [at, { start }] of segments.entries()) {
    while (start - segments[from]!.start > bytes) from++;
    if (start - segments[from]!.start === bytes && from < at - 1) pairs++;
  }
  return pairs;
}

/**
 * How well files of this length would fit what is there, for lengths with as many votes: best where
 * none but the last is longer and all begin where one does, else where most are as they would be. A stray name must
 * not make the others too long.
 */
function fitOf(segments: readonly Segment[], segmentBytes: number): number {
  const { length: count } = segments;
  const fitting = segments.filter(({ start }) => start % segmentBytes === 0);
  const longest = segments.reduce((max, { length }) => Math.max(max, length), 0);
  // Behind the last nothing stands that it would reach into.
  const hasRoom = segments.every(({ length }, at) => length <= segmentBytes || at === count - 1);
  // Where names alone say that files are so much longer, one of the names is far off.
  const isRoomy = hasRoom && segmentBytes <= (longest || Infinity) * CUT_MAX;
  const same = fitting.filter(({ length }) => length === segmentBytes).length;
  return (isRoomy && fitting.length === count ? count + 1 : same) * (count + 1) + fitting.length;
}
