/**
 * How far a long recovery after an unclean stop has got, so that a start that is killed half way does
 * not begin anew. Every so many bytes queues and index are brought to the disk as far as they are built,
 * the file `recoveryprogress` is replaced, and the checkpoint's times move forward: from them the
 * next start, or a Java broker, sees at which file of the log to go on.
 *
 * The file holds what a start that goes on cannot find out itself: how the queues were before anything
 * was built, and the damage that was passed. It counts only beside the checkpoint it was written with,
 * and goes when the recovery has ended and all it built is on the disk.
 *
 * @module
 */
import { type Checkpoint, minTimestamp } from "./checkpoint.ts";
import { type FileSystem, readWholeFile, replaceWholeFile } from "./file.ts";
import type { StorePaths } from "./names.ts";
import { firstStoreTimestamp } from "./recovery_start.ts";
import type { Segment, SegmentList } from "./segments.ts";

/** How a queue was before the first of the starts built anything. */
export interface QueueBefore {
  readonly topic: string;
  readonly queueId: number;
  /** End before. */
  readonly before: number;
  /** End after what the replay brings again was dropped. */
  readonly kept: number;
  readonly hadUnits: boolean;
}

/** A damaged range that was passed. */
export interface PassedDamage {
  readonly at: number;
  readonly length: number;
  readonly why: string;
  readonly messagesMin: number;
  readonly slotsFilled: number;
}

/** What one start leaves for the next. */
export interface RecoveryProgress {
  /** Log offset at which the first start began. */
  readonly from: number;
  /** Log offset up to which everything is built and on the disk. */
  readonly to: number;
  readonly queues: readonly QueueBefore[];
  readonly damage: readonly PassedDamage[];
}

/** Whether and how often progress is saved. */
export interface ProgressOptions {
  /** Bytes of the log between two times. */
  readonly everyBytes: number;
  /** Moved forward, and then written. */
  readonly checkpoint: Checkpoint;
  readonly writeCheckpoint: () => Promise<void>;
}

interface ProgressFile extends RecoveryProgress {
  /** Smallest times of the checkpoints it may stand beside. */
  readonly minTimestamps: readonly number[];
}

/** Reads what an interrupted start left; `undefined` where nothing fits the checkpoint. */
export function readProgress(
  fs: FileSystem,
  paths: StorePaths,
  minTimestamp: number,
): RecoveryProgress | undefined {
  const bytes = readWholeFile(fs, paths.recoveryProgress);
  if (bytes === undefined) return undefined;
  try {
    const file = JSON.parse(new TextDecoder().decode(bytes)) as ProgressFile;
    return file.minTimestamps.includes(minTimestamp) ? file : undefined;
  } catch {
    return undefined;
  }
}

/** Forgets what an interrupted start left. */
export function removeProgress(fs: FileSystem, paths: StorePaths): void {
  if (fs.stat(paths.recoveryProgress) === undefined) return;
  fs.remove(paths.recoveryProgress);
  fs.syncDirectory(paths.root);
}

/** What saving works with. */
export interface ProgressSaverInput {
  readonly fs: FileSystem;
  readonly paths: StorePaths;
  readonly log: SegmentList;
  readonly options: ProgressOptions;
  /** Where records are replayed from. */
  readonly from: number;
  /** Brings to the disk what has been built. */
  readonly sync: () => Promise<void>;
}

/** Saves progress while a log is read. */
export class ProgressSaver {
  /** Whether the file was written: there is something to go on with. */
  hasBegun = false;
  readonly #input: ProgressSaverInput;
  #savedTo: number;
  /** For each file of the log the smallest first store time of those behind it. */
  #timesBehind: number[] | undefined;

  constructor(input: ProgressSaverInput) {
    this.#input = input;
    this.#savedTo = input.from;
  }

  /** Whether it is time, where a record stands. */
  isDue(at: number, segment: Segment): boolean {
    return at === segment.start && at - this.#savedTo >= this.#input.options.everyBytes;
  }

  /** To be called before anything is written: how the queues were cannot be told afterwards. */
  begin(progress: RecoveryProgress): void {
    if (this.hasBegun) return;
    this.#write({ minTimestamps: [minTimestamp(this.#input.options.checkpoint)], ...progress });
  }

  /** Saves that everything before `progress.to`, the start of a file, is built. */
  async save(progress: RecoveryProgress, lastStoreTimestamp: number): Promise<void> {
    const { options, sync } = this.#input;
    const { checkpoint } = options;
    this.begin({ ...progress, to: this.#savedTo });
    await this.#syncLog(progress.to);
    await sync();
    const before = minTimestamp(checkpoint);
    const time = Math.min(lastStoreTimestamp, this.#timeBehind(progress.to) - 1);
    const moved = { ...checkpoint };
    for (const name of ["physicMsgTimestamp", "logicsMsgTimestamp", "indexMsgTimestamp"] as const) {
      moved[name] = Math.max(moved[name], time);
    }
    this.#write({ minTimestamps: [before, minTimestamp(moved)], ...progress });
    Object.assign(checkpoint, moved);
    await options.writeCheckpoint();
    this.#savedTo = progress.to;
  }

  #write(file: ProgressFile): void {
    const { fs, paths } = this.#input;
    const bytes = new TextEncoder().encode(JSON.stringify(file));
    replaceWholeFile(fs, paths.recoveryProgress, { bytes, directory: paths.root });
    this.hasBegun = true;
  }

  /** The process that wrote the log may have been killed before it synced it. */
  async #syncLog(to: number): Promise<void> {
    const { fs, log } = this.#input;
    for (const { start, length, path } of log.segments) {
      if (start + length <= this.#savedTo || start >= to) continue;
      const file = fs.openWrite(path);
      try {
        await file.sync();
      } finally {
        file.close();
      }
    }
  }

  /**
   * The smallest time at which a file behind `to` begins: with that time, or a later one, in the
   * checkpoint the next start would begin there.
   */
  #timeBehind(to: number): number {
    const { fs, log } = this.#input;
    let times = this.#timesBehind;
    if (times === undefined) {
      this.#timesBehind = times = log.segments.map(() => Infinity);
      for (let number = log.segments.length - 1; number > 0; number--) {
        const time = firstStoreTimestamp(fs, log.segments[number]!) ?? Infinity;
        times[number - 1] = Math.min(times[number]!, time);
      }
    }
    return times[log.segments.findIndex((it) => it.start === to)] ?? Infinity;
  }
}
