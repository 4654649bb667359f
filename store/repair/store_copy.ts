/**
 * Copies a whole store. Blocks of zeros are not written, so that files made at full length take no
 * more space than before.
 *
 * @module
 */
import { dirname, join, relative } from "node:path";
import { setImmediate } from "node:timers";
import type { FileSystem } from "../file.ts";
import { NAME, type StorePaths } from "../names.ts";
import { allZero } from "../zeros.ts";
import { filesUnder } from "./overlay_files.ts";

const BLOCK_BYTES = 256 * 1024;
const TURN_BYTES = 256 * BLOCK_BYTES;

/** Copies every file of a store under another root, and brings all to the disk. */
export async function copyStore(
  fs: FileSystem,
  source: StorePaths,
  target: { readonly root: string; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const directories = new Set<string>();
  const block = new Uint8Array(BLOCK_BYTES);
  const copyTree = async (from: string, to: string) => {
    fs.makeDirectory(to);
    directories.add(to);
    for (const path of filesUnder(fs, from)) {
      const copy = join(to, relative(from, path));
      fs.makeDirectory(dirname(copy));
      for (let at = dirname(copy); at !== to; at = dirname(at)) directories.add(at);
      await copyFile(fs, { from: path, to: copy, block, signal: target.signal });
    }
  };
  await copyTree(source.root, target.root);
  // A log elsewhere comes home.
  for (const folder of source.commitLogs) {
    const isElsewhere = relative(source.root, folder) !== NAME.commitLog;
    if (isElsewhere) await copyTree(folder, join(target.root, NAME.commitLog));
  }
  for (const directory of directories) fs.syncDirectory(directory);
}

async function copyFile(
  fs: FileSystem,
  { from, to, block, signal }: {
    readonly from: string;
    readonly to: string;
    /** Memory for what is copied at once. */
    readonly block: Uint8Array;
    readonly signal: AbortSignal | undefined;
  },
): Promise<void> {
  const source = fs.openRead(from);
  const target = fs.openWrite(to);
  try {
    const size = source.size();
    target.truncate(size);
    for (let at = 0; at < size; at += block.length) {
      const count = source.read(block.subarray(0, Math.min(block.length, size - at)), at);
      if (!allZero(block, 0, count)) target.write(block.subarray(0, count), at);
      if (at % TURN_BYTES === 0) await new Promise<void>((done) => setImmediate(done));
      signal?.throwIfAborted();
    }
    await target.sync();
  } finally {
    source.close();
    target.close();
  }
}
