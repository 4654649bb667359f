/**
 * The lock of a store that is repaired. A repair makes the file where there is none, which must not
 * look as if a broker had run there.
 *
 * @module
 */
import { type FileSystem, readWholeFile } from "./file.ts";

/** What the file holds that a repair made; a broker's says `lock`, Java's and ours. */
const REPAIR_TEXT = "mq recover";

/**
 * Takes the lock.
 *
 * @throws {StoreLockedError} where a broker holds it.
 */
export function lockForRepair(fs: FileSystem, path: string): Disposable {
  return fs.lock(path, REPAIR_TEXT);
}

/** Whether a lock file is there that a broker made. */
export function isBrokersLock(fs: FileSystem, path: string): boolean {
  const bytes = readWholeFile(fs, path);
  return bytes !== undefined && new TextDecoder().decode(bytes) !== REPAIR_TEXT;
}
