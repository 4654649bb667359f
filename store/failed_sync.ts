/**
 * What a sync that failed leaves behind for the next start. The machine takes the pages it could not
 * bring to the disk for clean: whoever reads the files finds everything in its place, every later sync
 * succeeds, and yet a loss of power takes what the disk never got.
 *
 * So the mark of an unclean stop says that a sync has failed, and the next start writes again whatever
 * may not be on the disk before it believes any of it. The mark itself need not be on the disk: a loss
 * of power that takes it takes the deceptive pages, too.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import { minTimestamp, readCheckpoint } from "./checkpoint.ts";
import { type FileSystem, readWholeFile } from "./file.ts";
import type { StorePaths } from "./names.ts";
import { startAfterUncleanStop } from "./recovery_start.ts";
import { listSegments } from "./segments.ts";
import { allZero } from "./zeros.ts";

/** Follows the process id in `abort`, of which brokers only look whether it is there. */
const MARK = " sync failed";
const BLOCK_BYTES = 1024 * 1024;
const TURN_BYTES = 16 * BLOCK_BYTES;

/** Notes that a sync has failed in a store that is marked as in use. As far as it can be noted. */
export function markFailedSync(fs: FileSystem, { abort }: StorePaths): void {
  try {
    if (fs.stat(abort) === undefined || hasFailedSync(fs, abort)) return;
    const file = fs.openWrite(abort);
    try {
      file.write(new TextEncoder().encode(MARK), file.size());
    } finally {
      file.close();
    }
  } catch {
    // There is an error already, and it is told.
  }
}

/**
 * Writes again what a failed sync may have left out, if there was one, and brings it to the disk.
 * Throws where that fails again; then nothing has changed.
 */
export async function redoFailedSync(
  fs: FileSystem,
  paths: StorePaths,
  signal?: AbortSignal,
): Promise<void> {
  if (!hasFailedSync(fs, paths.abort)) return;
  const log = listSegments(fs, paths.commitLogs);
  const checkpoint = readCheckpoint(fs, paths.checkpoint);
  const time = checkpoint === undefined ? 0 : minTimestamp(checkpoint);
  const { from } = startAfterUncleanStop(fs, log, time);
  for (const { start, length, path } of log.segments) {
    if (start + length > from) await rewrite(fs, path, signal);
  }
  const { consumeQueueExt, consumeQueue, batchConsumeQueue, index } = paths;
  for (const folder of [consumeQueueExt, consumeQueue, batchConsumeQueue, index]) {
    for (const path of filesIn(fs, folder)) await rewrite(fs, path, signal);
  }
  if (checkpoint !== undefined) await rewrite(fs, paths.checkpoint, signal);
}

function hasFailedSync(fs: FileSystem, abort: string): boolean {
  const content = readWholeFile(fs, abort);
  return content !== undefined && new TextDecoder().decode(content).endsWith(MARK);
}

/** Writes a file over itself. Room that was never written stays as it is. */
async function rewrite(fs: FileSystem, path: string, signal?: AbortSignal): Promise<void> {
  const { allocatedBytes = 0 } = fs.stat(path) ?? {};
  const file = fs.openWrite(path);
  try {
    const size = file.size();
    const block = new Uint8Array(Math.min(BLOCK_BYTES, size));
    for (let at = 0; at < size; at += BLOCK_BYTES) {
      const bytes = block.subarray(0, file.read(block, at));
      // Zeros may have been written, too.
      if (at < allocatedBytes || !allZero(bytes, 0, bytes.length)) file.write(bytes, at);
      if (at % TURN_BYTES === 0) await othersTurn(signal);
    }
    await file.sync();
  } finally {
    file.close();
  }
}

async function othersTurn(signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => void setImmediate(resolve));
  signal?.throwIfAborted();
}

function* filesIn(fs: FileSystem, folder: string): Generator<string, void> {
  for (const name of fs.list(folder)) {
    const path = `${folder}/${name}`;
    if (fs.stat(path)?.isDirectory === true) yield* filesIn(fs, path);
    else yield path;
  }
}
