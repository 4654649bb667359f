/**
 * Whether a store may be repaired in its place: not on a disk that cannot read all of it. Zeros would be
 * taken for what stands there, and what is written to a dying disk may be its last work.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import type { FileSystem } from "../../store/file.ts";
import type { StorePaths } from "../../store/names.ts";
import { filesUnder } from "../../store/repair/overlay_files.ts";
import {
  isUnreadable,
  type UnreadableFiles,
  unreadableText,
} from "../../store/unreadable_files.ts";
import { Failure } from "../failure.ts";
import { quoted } from "../output/shell_words.ts";

const BLOCK_BYTES = 1024 * 1024;
const BLOCKS_PER_TURN = 64;

/** Reads every file of a store, and throws a failure where the disk cannot read all of them. */
export async function checkReadable(
  fs: FileSystem,
  { paths, unreadable, signal }: {
    readonly paths: StorePaths;
    /** What `fs` notes it in. */
    readonly unreadable: UnreadableFiles;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const block = new Uint8Array(BLOCK_BYTES);
  let blocks = 0;
  for (const root of new Set([paths.root, ...paths.commitLogs])) {
    for (const path of filesUnder(fs, root)) {
      const file = fs.openRead(path);
      try {
        for (let at = 0; file.read(block, at) === block.length; at += block.length) {
          if (++blocks % BLOCKS_PER_TURN === 0) await othersRun();
          signal.throwIfAborted();
        }
      } finally {
        file.close();
      }
    }
  }
  const [range] = unreadable.ranges;
  if (range !== undefined) throw refusal(paths.root, unreadableText(range));
}

/** Does what reads and writes a store in its place; what cannot be read all of a sudden ends it. */
export async function inPlace<T>(root: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isUnreadable(error) ? refusal(root, (error as Error).message, error) : error;
  }
}

function refusal(root: string, reason: string, cause?: unknown): Failure {
  return new Failure(
    `Cannot repair "${root}" in its place, for nothing is to be written to such a disk: ${reason}; ` +
      `make a sound store of it elsewhere with mq recover ${quoted(root)} --into FOLDER`,
    { cause },
  );
}

function othersRun(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
