/**
 * What really stands in the rest of a file that was made at full length: the bytes up to the last
 * that is not zero.
 *
 * @module
 */
import type { FileSystem } from "./file.ts";
import type { Segment } from "./segments.ts";
import { allZero } from "./zeros.ts";

/** Room that takes no space is not read, but for a margin: file systems round up. */
const MARGIN_BYTES = 1024 * 1024;
const BLOCK_BYTES = 1024 * 1024;
const FIRST_BLOCK_BYTES = 4096;

/** Bytes of a file from a position to the last that is not zero; 0 when all are. */
export function usedLength(fs: FileSystem, segment: Segment, from: number): number {
  let end = from;
  for (const usedEnd of usedEnds(fs, segment, from)) end = usedEnd;
  return end - from;
}

/** Whether a byte of a file from a position on is not zero; reads little further than to the first. */
export function isUsed(fs: FileSystem, segment: Segment, from: number): boolean {
  for (const _usedEnd of usedEnds(fs, segment, from)) return true;
  return false;
}

/** Where in each block that is not all zeros the last other byte ends. */
function* usedEnds(fs: FileSystem, segment: Segment, from: number): Generator<number, void> {
  const to = Math.min(segment.length, Math.max(segment.allocatedBytes, from) + MARGIN_BYTES);
  const file = fs.openRead(segment.path);
  try {
    // What is used is mostly used at once.
    let block = new Uint8Array(FIRST_BLOCK_BYTES);
    for (let at = from; at < to;) {
      const wanted = Math.min(block.length, to - at);
      const got = file.read(block.subarray(0, wanted), at);
      if (!allZero(block, 0, got)) {
        yield at + block.subarray(0, got).findLastIndex((byte) => byte !== 0) + 1;
      }
      at += wanted;
      if (block.length < BLOCK_BYTES) block = new Uint8Array(Math.min(BLOCK_BYTES, to - at));
    }
  } finally {
    file.close();
  }
}
