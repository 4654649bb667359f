/**
 * The files of one log: equally long, named by the offset at which each starts, in one folder or in
 * several. Listing tells what is there, wrong lengths and strays included; what that means is decided elsewhere.
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
  /** Paths of what is no file of the log: the name is no offset, or another has the same. */
  readonly strays: readonly string[];
  /** Length every file should have; 0 when there are none. */
  readonly segmentBytes: number;
}

/**
 * Lists a log's directory, or the several it has. The length all files should have is taken from the distance of their
 * names where there are two, else from the one file.
 */
export function listSegments(fs: FileSystem, place: string | readonly string[]): SegmentList {
  const directories = typeof place === "string" ? [place] : place;
  const found = new Map<number, Segment>();
  const strays: string[] = [];
  for (const directory of directories) {
    for (const name of fs.list(directory)) {
      const start = parseOffsetName(name);
      const path = join(directory, name);
      const stat = start === undefined ? undefined : fs.stat(path);
      const isFile = stat !== undefined && !stat.isDirectory;
      if (start === undefined || !isFile || found.has(start)) strays.push(path);
      else {
        const { size: length, allocatedBytes } = stat;
        found.set(start, { start, length, allocatedBytes, name, path });
      }
    }
  }
  const segments = [...found.values()];
  if (directories.length > 1) segments.sort((one, other) => one.start - other.start);
  return { segments, strays, segmentBytes: segmentBytesOf(segments) };
}

function segmentBytesOf(segments: readonly Segment[]): number {
  const votes = new Map<number, number>();
  const vote = (bytes: number) => votes.set(bytes, (votes.get(bytes) ?? 0) + 1);
  segments.forEach((segment, at) => {
    const next = segments[at + 1];
    if (next !== undefined) vote(next.start - segment.start);
    if (segment.length > 0) vote(segment.length);
  });
  let best = 0;
  let bestVotes = 0;
  for (const [bytes, count] of votes) {
    if (count > bestVotes) [best, bestVotes] = [bytes, count];
  }
  return best;
}
