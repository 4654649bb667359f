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

/** Bytes of a file from a position to the last that is not zero; 0 when all are. */
export function usedLength(fs: FileSystem, segment: Segment, from: number): number {
  const file = fs.openRead(segment.path);
  try {
    const to = Math.min(segment.length, Math.max(segment.allocatedBytes, from) + MARGIN_BYTES);
    const block = new Uint8Array(Math.max(0, Math.min(BLOCK_BYTES, to - from)));
    let end = from;
    for (let at = from; at < to; at += BLOCK_BYTES) {
      const got = file.read(block.subarray(0, Math.min(BLOCK_BYTES, to - at)), at);
      if (allZero(block, 0, got)) continue;
      end = at + block.subarray(0, got).findLastIndex((byte) => byte !== 0) + 1;
    }
    return end - from;
  } finally {
    file.close();
  }
}
