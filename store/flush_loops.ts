/**
 * The background work of an open store: the log to the disk, queues and index behind it, and the
 * checkpoint, into which a time enters only after the data it speaks of was synced.
 *
 * @module
 */
import { setTimeout } from "node:timers/promises";
import type { Checkpoint } from "./checkpoint.ts";
import type { CommitLog } from "./commit_log.ts";
import { isDiskFull } from "./file_disk.ts";
import type { FlushGate } from "./flush_gate.ts";
import type { KeyIndex } from "./key_index.ts";
import type { WriteTurn } from "./write_turn.ts";

/** How often what is done. */
export interface FlushIntervals {
  /** Between two looks at the log. */
  readonly flushIntervalMs: number;
  /** Bytes that must have come before a look flushes. */
  readonly flushBytesMin: number;
  /** After this long a look flushes however little came, and writes the checkpoint. */
  readonly flushThoroughIntervalMs: number;
  /** Between two writes of queues and index into their files. */
  readonly writeBehindIntervalMs: number;
  /** Between two syncs of queues and index. */
  readonly queueSyncIntervalMs: number;
}

/** Java's intervals for the log; queues are synced more often than its 60 s. */
export const FLUSH_INTERVALS: FlushIntervals = {
  flushIntervalMs: 500,
  flushBytesMin: 4 * 4096,
  flushThoroughIntervalMs: 10_000,
  writeBehindIntervalMs: 200,
  queueSyncIntervalMs: 10_000,
};

/** Waits so many milliseconds, or rejects when the signal fires. */
export type Sleep = (delayMs: number, signal: AbortSignal) => Promise<void>;

/** Waits on the machine's timers. */
export function machineSleep(delayMs: number, signal: AbortSignal): Promise<void> {
  return setTimeout(delayMs, undefined, { signal });
}

/** A queue of any kind whose units are written behind. */
export interface FlushedQueue {
  readonly unwritten: number;
  readonly unsynced: boolean;
  write(): void;
  sync(): Promise<void>;
}

/** So many queues, synced in one go, make the time until the next go longer by as much again. */
const QUEUES_A_SYNC_INTERVAL = 8_192;
/** Java's time between two syncs of all queues (`flushConsumeQueueThoroughInterval`). */
const QUEUE_SYNC_INTERVAL_MAX_MS = 60_000;
/** Fewer than files may be open at once. */
const SYNCS_AT_ONCE = 32;

/** What the loops work on. */
export interface FlushLoopsInput {
  readonly log: CommitLog;
  readonly queues: Iterable<FlushedQueue>;
  /** Extension files: at every moment they hold what the queues lead to. */
  readonly extensions?: Iterable<FlushedQueue> | undefined;
  readonly index: KeyIndex;
  readonly gate: FlushGate;
  readonly turn: WriteTurn;
  readonly checkpoint: Checkpoint;
  readonly writeCheckpoint: () => Promise<void>;
  readonly intervals: FlushIntervals;
  /** Between two commits of a transient store pool; absent where there is none. */
  readonly commitIntervalMs?: number | undefined;
  readonly onFailure: (error: unknown) => void;
  /** Told that there is no room for queues and index, and, with `undefined`, that there is again. */
  readonly onQueuesFull?: (error: unknown) => void;
  /** Default: the machine's timers. */
  readonly sleep?: Sleep;
}

/** Loops that run from `start` to `stop`. */
export class FlushLoops {
  readonly #input: FlushLoopsInput;
  readonly #sleep: Sleep;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>[] = [];
  #sinceLogFlushMs = 0;
  #sinceQueueSyncMs = 0;
  /** Queues the last sync brought to the disk. */
  #queuesSynced = 0;
  /** What the checkpoint held when it was last written. */
  #timesWritten = "";
  /** After a sync that failed no later one is believed, as in `flush_gate.ts`. */
  #queuesFailed = false;
  /** Syncs of queues and index, one after the other: none ends before what it found under way. */
  #syncing: Promise<void> = Promise.resolve();

  constructor(input: FlushLoopsInput) {
    this.#input = input;
    this.#sleep = input.sleep ?? machineSleep;
  }

  /** Starts flushing in the background. */
  start(): void {
    const { flushIntervalMs, writeBehindIntervalMs } = this.#input.intervals;
    this.#running.push(this.#every(flushIntervalMs, () => this.#logTurn(flushIntervalMs)));
    this.#running.push(this.#every(flushIntervalMs, () => this.#makeNextFile()));
    this.#running.push(this.#every(writeBehindIntervalMs, () => {
      return this.#queueTurn(writeBehindIntervalMs);
    }));
    const { commitIntervalMs, turn } = this.#input;
    if (commitIntervalMs === undefined) return;
    this.#running.push(this.#every(commitIntervalMs, () => {
      turn.commit();
      return Promise.resolve();
    }));
  }

  /** Ends the loops and waits for what is under way. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running);
  }

  /** Brings everything to the disk and writes the checkpoint: the end of a clean stop. */
  async flushAll(): Promise<void> {
    await this.#flushLog();
    await this.syncQueues();
    await this.#writeCheckpoint();
  }

  async #every(intervalMs: number, work: () => Promise<void>): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await this.#sleep(intervalMs, signal);
      } catch {
        return;
      }
      await work();
    }
  }

  async #logTurn(elapsedMs: number): Promise<void> {
    const { log, intervals } = this.#input;
    this.#sinceLogFlushMs += elapsedMs;
    const behind = log.writtenTo - log.flushedTo;
    const thorough = this.#sinceLogFlushMs >= intervals.flushThoroughIntervalMs;
    if (!thorough && (behind === 0 || behind < intervals.flushBytesMin)) return;
    this.#sinceLogFlushMs = 0;
    await this.#flushLog();
    await this.#writeCheckpoint();
  }

  /** Without room nothing is lost: it is tried again, and an append makes the file it needs. */
  async #makeNextFile(): Promise<void> {
    const { log, onFailure } = this.#input;
    try {
      await log.makeNext();
    } catch (error) {
      if (!isDiskFull(error)) onFailure(error);
    }
  }

  async #queueTurn(elapsedMs: number): Promise<void> {
    const { intervals } = this.#input;
    this.#sinceQueueSyncMs += elapsedMs;
    const delayMs = queueSyncDelayMs(intervals.queueSyncIntervalMs, this.#queuesSynced);
    if (this.#sinceQueueSyncMs >= delayMs) {
      this.#sinceQueueSyncMs = 0;
      await this.syncQueues();
      return;
    }
    await this.#attemptQueues(() => this.#writeQueues());
  }

  #writeQueues(): void {
    const { extensions = [], index, turn } = this.#input;
    turn.catchUp();
    for (const extension of extensions) if (extension.unwritten > 0) extension.write();
    turn.behind.write();
    index.write();
  }

  async #flushLog(): Promise<void> {
    const { gate, turn, checkpoint } = this.#input;
    const timestamp = turn.writtenTimestamp;
    if (await gate.flush()) {
      checkpoint.physicMsgTimestamp = Math.max(checkpoint.physicMsgTimestamp, timestamp);
    }
  }

  /** Brings queues and index to the disk, unless they cannot be written any more. */
  syncQueues(): Promise<void> {
    return this.#syncing = this.#syncing.then(() => this.#syncQueues());
  }

  async #syncQueues(): Promise<void> {
    const { extensions = [], queues, index, turn, checkpoint } = this.#input;
    const timestamp = turn.writtenTimestamp;
    await this.#attemptQueues(async () => {
      this.#writeQueues();
      await syncAll(extensions);
      this.#queuesSynced = await syncAll(queues);
      turn.behind.recount();
      const { timestamp: indexed } = index.last;
      await index.sync();
      checkpoint.logicsMsgTimestamp = Math.max(checkpoint.logicsMsgTimestamp, timestamp);
      // Java waits until a file is full, and after a crash has lost the keys of one that was not.
      checkpoint.indexMsgTimestamp = Math.max(checkpoint.indexMsgTimestamp, indexed);
    });
  }

  /**
   * Queues and index are built again from the log at the next start once they have failed. Want of
   * space is no failure: what could not be written stays in memory for the next time.
   */
  async #attemptQueues(work: () => void | Promise<void>): Promise<void> {
    if (this.#queuesFailed) return;
    const { onFailure, onQueuesFull } = this.#input;
    try {
      await work();
      onQueuesFull?.(undefined);
    } catch (error) {
      if (isDiskFull(error)) return onQueuesFull?.(error);
      this.#queuesFailed = true;
      onFailure(error);
    }
  }

  /** An idle broker writes nothing. */
  async #writeCheckpoint(): Promise<void> {
    const { checkpoint, writeCheckpoint, onFailure } = this.#input;
    const times = Object.values(checkpoint).join();
    if (times === this.#timesWritten) return;
    try {
      await writeCheckpoint();
      this.#timesWritten = times;
    } catch (error) {
      // The times that stand in the file are true as well.
      if (!isDiskFull(error)) onFailure(error);
    }
  }
}

/** Time from a sync of so many queues to the next, so that tens of thousands leave time for others. */
export function queueSyncDelayMs(intervalMs: number, queuesSynced: number): number {
  const longerMs = intervalMs * (1 + queuesSynced / QUEUES_A_SYNC_INTERVAL);
  return Math.max(intervalMs, Math.min(longerMs, QUEUE_SYNC_INTERVAL_MAX_MS));
}

/**
 * Brings queues to the disk, several at a time: a disk takes what comes together in one go. Returns how
 * many there were.
 */
async function syncAll(queues: Iterable<FlushedQueue>): Promise<number> {
  let count = 0;
  let underWay: Promise<void>[] = [];
  for (const queue of queues) {
    if (!queue.unsynced) continue;
    count++;
    underWay.push(queue.sync());
    if (underWay.length < SYNCS_AT_ONCE) continue;
    await allDone(underWay);
    underWay = [];
  }
  await allDone(underWay);
  return count;
}

/** Waits for all, whatever becomes of one of them, and throws what one of them threw. */
async function allDone(work: readonly Promise<void>[]): Promise<void> {
  const ends = await Promise.allSettled(work);
  const failed = ends.find((end) => end.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
