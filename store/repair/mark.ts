/**
 * The mark of a repair: what stands in `abort` while files of a store are changed. Brokers only look
 * whether the file is there, and recover; another repair, and its taking back, learn from the text
 * that no broker has used the store meanwhile, and how it was stopped before.
 *
 * @module
 */
import { type FileSystem, readWholeFile } from "../file.ts";
import type { StorePaths } from "../names.ts";

/** How a store was stopped before it was marked. */
export type MarkKind = "clean" | "unclean";

const TEXTS: Readonly<Record<MarkKind, string>> = {
  clean: "mq recover",
  unclean: "mq recover after an unclean stop",
};

/** Which mark a store has; `undefined` where it has none. */
export function markOf(fs: FileSystem, { abort }: StorePaths): MarkKind | undefined {
  const content = readWholeFile(fs, abort);
  const text = content === undefined ? undefined : new TextDecoder().decode(content);
  return (["clean", "unclean"] as const).find((kind) => TEXTS[kind] === text);
}

/** Marks a store, also on the disk. */
export function markStore(fs: FileSystem, paths: StorePaths, kind: MarkKind): void {
  writeAbort(fs, paths, new TextEncoder().encode(TEXTS[kind]));
}

/** Whether the mark, or `bytes`, was being written when the machine stopped, or is about to be. */
export function isTornAbort(fs: FileSystem, { abort }: StorePaths, bytes?: Uint8Array): boolean {
  const found = readWholeFile(fs, abort) ?? new Uint8Array(0);
  const texts = Object.values(TEXTS).map((text) => new TextEncoder().encode(text));
  return [...texts, ...(bytes === undefined ? [] : [bytes])].some((whole) => {
    return found.length <= whole.length &&
      found.every((byte, at) => byte === 0 || byte === whole[at]);
  });
}

/** Puts what is given into `abort`, or removes it; also on the disk. */
export function writeAbort(
  fs: FileSystem,
  { abort, root }: StorePaths,
  bytes: Uint8Array | undefined,
): void {
  if (bytes === undefined) fs.remove(abort);
  else {
    const file = fs.openWrite(abort);
    try {
      file.truncate(0);
      file.write(bytes, 0);
      file.syncNow();
    } finally {
      file.close();
    }
  }
  fs.syncDirectory(root);
}
