/**
 * Where a recovery puts bytes before it takes them out of a file: `quarantine/` under the store's
 * root. What is there is never replaced and never read again by anybody but people.
 *
 * @module
 */
import { join } from "node:path";
import type { FileSystem, ReadableFile } from "./file.ts";
import { offsetName } from "./names.ts";
import type { Segment } from "./segments.ts";

/** Folder under the root where bytes are kept. */
export const QUARANTINE = "quarantine";

const BLOCK_BYTES = 1024 * 1024;

/** Bytes of one file. */
export interface FileRange {
  readonly path: string;
  readonly from: number;
  readonly to: number;
}

/** A range of a log file, from a position in it, under the name it is kept by. */
export function keptRange(
  { path, start }: Segment,
  from: number,
  length: number,
): { readonly name: string; readonly range: FileRange } {
  const name = `commitlog-${offsetName(start + from)}`;
  return { name, range: { path, from, to: from + length } };
}

/** Paths in the quarantine for a name, without end: of one that is taken nothing is replaced. */
export function* placesAside(root: string, name: string): Generator<string, never> {
  for (let number = 1;; number++) {
    yield join(root, QUARANTINE, number === 1 ? name : `${name}-${number}`);
  }
}

/**
 * Copies a range of a file into the quarantine and brings it to the disk. Where a former, interrupted
 * work kept the same bytes already, their copy stays as it is: since then some may have been zeroed.
 * Under a name that is taken by other bytes a number is added.
 */
export function keepAside(
  fs: FileSystem,
  root: string,
  kept: { readonly name: string; readonly range: FileRange },
): void {
  const source = fs.openRead(kept.range.path);
  try {
    for (const path of placesAside(root, kept.name)) {
      if (fs.stat(path) === undefined) return copy(fs, { source, ...kept.range }, path);
      if (covers(fs, path, { source, ...kept.range })) return;
    }
  } finally {
    source.close();
  }
}

interface SourceRange {
  readonly source: ReadableFile;
  readonly from: number;
  readonly to: number;
}

/** Under another name first, so that what stands under the real one is whole. */
function copy(fs: FileSystem, { source, from, to }: SourceRange, path: string): void {
  const directory = join(path, "..");
  const temporary = `${path}.tmp`;
  fs.makeDirectory(directory);
  const target = fs.openWrite(temporary);
  try {
    target.truncate(0);
    for (let at = from; at < to; at += BLOCK_BYTES) {
      const block = new Uint8Array(Math.min(BLOCK_BYTES, to - at));
      target.write(block.subarray(0, source.read(block, at)), at - from);
    }
    target.syncNow();
  } finally {
    target.close();
  }
  fs.rename(temporary, path);
  fs.syncDirectory(directory);
  fs.syncDirectory(join(directory, ".."));
}

/** Whether a kept file has every byte of a range that is not zero. */
function covers(fs: FileSystem, path: string, { source, from, to }: SourceRange): boolean {
  const file = fs.openRead(path);
  try {
    if (file.size() < to - from) return false;
    for (let at = from; at < to; at += BLOCK_BYTES) {
      const wanted = new Uint8Array(Math.min(BLOCK_BYTES, to - at));
      const kept = new Uint8Array(wanted.length);
      wanted.fill(0, source.read(wanted, at));
      file.read(kept, at - from);
      if (!wanted.every((byte, index) => byte === 0 || byte === kept[index])) return false;
    }
    return true;
  } finally {
    file.close();
  }
}

/** As {@linkcode keepAside}; then the bytes are zeroed where they were, also on the disk. */
export function moveAside(
  fs: FileSystem,
  root: string,
  moved: { readonly name: string; readonly range: FileRange },
): void {
  keepAside(fs, root, moved);
  const { path, from, to } = moved.range;
  const file = fs.openWrite(path);
  try {
    const zeros = new Uint8Array(Math.min(BLOCK_BYTES, to - from));
    for (let at = from; at < to; at += zeros.length) {
      file.write(zeros.subarray(0, Math.min(zeros.length, to - at)), at);
    }
    file.syncNow();
  } finally {
    file.close();
  }
}
