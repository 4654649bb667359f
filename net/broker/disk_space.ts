/**
 * How full the disk under a folder is.
 *
 * @module
 */

import { statfsSync } from "node:fs";

/** Bytes of a file system. */
export interface DiskSpace {
  readonly totalBytes: number;
  /** What this process may still take. */
  readonly freeBytes: number;
}

/** The space around a folder; `undefined` where the system does not tell. */
export function diskSpace(path: string): DiskSpace | undefined {
  try {
    const { bsize, blocks, bavail } = statfsSync(path);
    return { totalBytes: bsize * blocks, freeBytes: bsize * bavail };
  } catch {
    return undefined;
  }
}

/** Used part of a disk, 0 to 1. */
export function usedRatio({ totalBytes, freeBytes }: DiskSpace): number {
  return totalBytes === 0 ? 0 : 1 - freeBytes / totalBytes;
}
