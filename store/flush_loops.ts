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

/** What the loops work on. */
export interface FlushLoopsInput {
  readonly log: CommitLog;
  readonly queues: Iterable<FlushedQueue>;
  readonly index: KeyIndex;
  readonly gate: FlushGate;
  readonly turn: WriteTurn;
  readonly checkpoint: Checkpoint;
  readonly writeCheckpoint: () => Promise<void>;
  readonly intervals: FlushIntervals;
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
    this.#running.push(this.#every(writeBehindIntervalMs, () => {
      return this.#queueTurn(writeBehindIntervalMs);
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

  async #queueTurn(elapsedMs: number): Promise<void> {
    const { intervals } = this.#input;
    this.#sinceQueueSyncMs += elapsedMs;
    if (this.#sinceQueueSyncMs >= intervals.queueSyncIntervalMs) {
      this.#sinceQueueSyncMs = 0;
      await this.syncQueues();
      return;
    }
    await this.#attemptQueues(() => this.#writeQueues());
  }

  #writeQueues(): void {
    const { queues, index, turn } = this.#input;
    turn.catchUp();
    for (const queue of queues) if (queue.unwritten > 0) queue.write();
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
    const { queues, index, turn, checkpoint } = this.#input;
    const timestamp = turn.writtenTimestamp;
    await this.#attemptQueues(async () => {
      this.#writeQueues();
      for (const queue of queues) if (queue.unsynced) await queue.sync();
      await index.sync();
      checkpoint.logicsMsgTimestamp = Math.max(checkpoint.logicsMsgTimestamp, timestamp);
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
