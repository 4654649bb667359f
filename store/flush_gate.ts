/**
 * Group commit: one sync of the log is under way at a time, and whoever comes meanwhile shares the
 * next. In SYNC_FLUSH answers wait here for their bytes; in ASYNC_FLUSH only the flush loop calls.
 *
 * The first sync that fails closes the gate for good: what the kernel did with the pages is unknown,
 * so no later sync may be believed. That is so for want of space, too, which only disks report at a
 * sync that had promised the room before (NFS, thin volumes): what was answered for may be gone from
 * the page cache as well, while queues and index lead to it. Only a start can tell, which writes again
 * what it finds, see `failed_sync.ts`. A file without content is simply made again, see `new_file.ts`.
 *
 * @module
 */
import type { CommitLog } from "./commit_log.ts";

interface Waiter {
  readonly offset: number;
  readonly done: (flushed: boolean) => void;
}

/** Where answers wait for the disk. */
export class FlushGate {
  readonly #log: Pick<CommitLog, "flush" | "flushedTo" | "writtenTo">;
  readonly #onFailure: (error: unknown) => void;
  readonly #now: () => number;
  #since: number | undefined;
  #waiters: Waiter[] = [];
  #running: Promise<void> | undefined;
  #failed = false;

  constructor(
    log: Pick<CommitLog, "flush" | "flushedTo" | "writtenTo">,
    onFailure: (error: unknown) => void,
    now: () => number = Date.now,
  ) {
    this.#log = log;
    this.#onFailure = onFailure;
    this.#now = now;
  }

  /** How long the sync that is under way has taken so far, ms; 0 where none is. */
  get syncingMs(): number {
    return this.#since === undefined ? 0 : this.#now() - this.#since;
  }

  /** Calls `done` once the log is on the disk up to `offset`, with false when it never will be. */
  wait(offset: number, done: (flushed: boolean) => void): void {
    if (this.#failed) return done(false);
    if (offset <= this.#log.flushedTo) return done(true);
    this.#waiters.push({ offset, done });
    this.#running ??= this.#run();
  }

  /** Brings the log to the disk as far as it is written now; false when that failed. */
  flush(): Promise<boolean> {
    return new Promise((resolve) => this.wait(this.#log.writtenTo, resolve));
  }

  async #run(): Promise<void> {
    while (this.#waiters.length > 0) {
      this.#since = this.#now();
      try {
        await this.#log.flush();
      } catch (error) {
        this.#failed = true;
        const waiters = this.#waiters;
        this.#waiters = [];
        this.#onFailure(error);
        for (const waiter of waiters) waiter.done(false);
        break;
      }
      const flushed = this.#log.flushedTo;
      const released = this.#waiters.filter((it) => it.offset <= flushed);
      this.#waiters = this.#waiters.filter((it) => it.offset > flushed);
      for (const waiter of released) waiter.done(true);
    }
    this.#running = undefined;
    this.#since = undefined;
  }
}
