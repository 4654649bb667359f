/**
 * How long the append takes that enters the next log file: with the file made ahead, and made by the
 * append itself.
 *
 *     deno run -A store/commit_log_roll_bench.ts [FOLDER]
 *
 * A file is synced while it is made, so the folder should be on the disk that is meant.
 *
 * @module
 */
import fs from "node:fs";
import os from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { CommitLog } from "./commit_log.ts";
import { diskFiles } from "./file_disk.ts";
import { OpenFiles } from "./open_files.ts";

const SEGMENT_BYTES = 16 * 1024 * 1024;
const RECORD_BYTES = 16 * 1024;
const ROLLS = 40;

/** Milliseconds of the appends that rolled, and of the others. */
async function measure(
  root: string,
  { isAhead }: { readonly isAhead: boolean },
): Promise<{ readonly rolls: number[]; readonly others: number[] }> {
  const directory = join(root, isAhead ? "ahead" : "needed");
  fs.mkdirSync(directory);
  using files = new OpenFiles(diskFiles);
  const log = new CommitLog(files, { directory, segmentBytes: SEGMENT_BYTES, end: 0 });
  const rolls: number[] = [];
  const others: number[] = [];
  while (rolls.length < ROLLS) {
    const file = Math.floor(log.end / SEGMENT_BYTES);
    const isHalf = log.end % SEGMENT_BYTES * 2 >= SEGMENT_BYTES;
    if (isAhead && isHalf) await log.makeNext();
    const from = performance.now();
    log.reserve(RECORD_BYTES).bytes.fill(7);
    log.staged(RECORD_BYTES);
    log.write();
    const tookMs = performance.now() - from;
    const isRoll = file < Math.floor((log.end - 1) / SEGMENT_BYTES);
    (isRoll ? rolls : others).push(tookMs);
    // Others have their turn, as they have in a broker.
    if (others.length % 64 === 0) await setTimeout(1);
  }
  await log.flush();
  return { rolls, others };
}

function at(times: readonly number[], part: number): string {
  const sorted = times.toSorted((one, other) => one - other);
  return `${sorted[Math.floor(part * (sorted.length - 1))]!.toFixed(3)} ms`;
}

const root = fs.mkdtempSync(join(process.argv[2] ?? os.tmpdir(), "mq-roll-"));
try {
  for (const isAhead of [false, true]) {
    const { rolls, others } = await measure(root, { isAhead });
    const name = isAhead ? "made ahead " : "when needed";
    const all = `${at(others, 0.5)} median, ${at(others, 0.99)} p99`;
    process.stdout.write(
      `${name}: rolls ${at(rolls, 0.5)} median, ${at(rolls, 1)} at most; other appends ${all}\n`,
    );
  }
} finally {
  fs.rmSync(root, { recursive: true, force: true });
}
