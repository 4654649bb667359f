/**
 * How full the disk under a folder is.
 *
 * @module
 */

import { statfsSync } from "node:fs";

/** Bytes of a file system. */
export interface DiskSpace {
  readonly totalBytes: number;
  /** What is taken; `totalBytes` also has room that only the system may take. */
  readonly usedBytes: number;
  /** What this process may still take. */
  readonly freeBytes: number;
}

/** The space around a folder; `undefined` where the system does not tell. */
export function diskSpace(path: string): DiskSpace | undefined {
  try {
    const { bsize, blocks, bfree, bavail } = statfsSync(path);
    return {
      totalBytes: bsize * blocks,
      usedBytes: bsize * (blocks - bfree),
      freeBytes: bsize * bavail,
    };
  } catch {
    return undefined;
  }
}

/** Used part of what this process sees of a disk, 0 to 1, as `df` and Java reckon it. */
export function usedRatio({ usedBytes, freeBytes }: DiskSpace): number {
  const seenBytes = usedBytes + freeBytes;
  return seenBytes === 0 ? 0 : usedBytes / seenBytes;
}
