/**
 * A folder that gets its name when it is whole: until then it is filled beside its place, under a name
 * that an interrupted run leaves behind and the next one clears away.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import type { FileSystem } from "../file.ts";
import { StoreLockedError } from "../lock.ts";

/** Held while the folder is filled, so that no other run clears it away. */
const LOCK_NAME = ".filling";

/** A folder to be made. */
export interface NewFolder {
  /** Must not be there. */
  readonly target: string;
  /** Ends the name it has while it is filled. */
  readonly ending: string;
}

/** Lets a folder be filled, then gives it its name. What fails leaves nothing. */
export async function makeFolder<T>(
  fs: FileSystem,
  { target, ending }: NewFolder,
  fill: (temporary: string) => Promise<T>,
): Promise<T> {
  const parent = dirname(target);
  const temporary = join(parent, `.${basename(target)}.${ending}`);
  fs.makeDirectory(temporary);
  using _lock = lockFolder(fs, temporary, target);
  try {
    for (const name of fs.list(temporary)) {
      if (name !== LOCK_NAME) fs.remove(join(temporary, name));
    }
    const result = await fill(temporary);
    fs.rename(temporary, target);
    fs.remove(join(target, LOCK_NAME));
    fs.syncDirectory(target);
    fs.syncDirectory(parent);
    return result;
  } catch (error) {
    fs.remove(temporary);
    throw error;
  }
}

function lockFolder(fs: FileSystem, temporary: string, target: string): Disposable {
  try {
    return fs.lock(join(temporary, LOCK_NAME));
  } catch (cause) {
    if (!(cause instanceof StoreLockedError)) throw cause;
    const who = cause.pid === undefined ? "another process" : `process ${cause.pid}`;
    throw new Error(`Cannot make "${target}": ${who} is making it`, { cause });
  }
}
