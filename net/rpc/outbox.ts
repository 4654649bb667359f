/**
 * Frames on their way out of one connection. All that is put in during a turn of the event loop, by
 * handlers and by the microtasks they start, leaves in one write, and one write is under way at a time.
 *
 * @module
 */

import type { RemotingCommand } from "../wire/command.ts";
import { FrameWriter } from "../wire/frame.ts";
import { OutputBudget } from "./limits.ts";
import type { Socket } from "./socket.ts";

/** A block larger than this is given back as soon as it is written. */
const KEPT_BLOCK_BYTES = 1_048_576;

/** Bytes a new block starts with: enough for the answers of a connection that asks one by one. */
const FIRST_BLOCK_BYTES = 4096;

/** Microtasks a write waits for output to stop growing. A chain that never ends must not hold it. */
const GATHERING_HOPS_MAX = 16;

/** What happens to an {@linkcode Outbox}. */
export interface OutboxEvents {
  /** All bytes of a write are with the kernel. */
  written(): void;
  /** The connection is broken. */
  broken(cause: unknown): void;
}

interface Waiter {
  readonly bytes: number;
  resolve(): void;
}

/** Gathers and writes the frames of one connection. */
export class Outbox {
  readonly #socket: Socket;
  readonly #events: OutboxEvents;
  #writer = new FrameWriter({ blockBytes: FIRST_BLOCK_BYTES });
  #bytesUnderWay = 0;
  #largestWrite = 0;
  #gathering = false;
  #gatheredBefore = 0;
  #hops = 0;
  #closed = false;
  #waiters: Waiter[] = [];
  readonly #budget: OutputBudget;
  #bytesInBudget = 0;

  constructor(socket: Socket, events: OutboxEvents, budget: OutputBudget = new OutputBudget()) {
    this.#socket = socket;
    this.#events = events;
    this.#budget = budget;
  }

  /** Bytes that the kernel has not taken yet. */
  get pendingBytes(): number {
    return this.#bytesUnderWay + this.#writer.length;
  }

  /**
   * Puts a frame in; what it refers to may change afterwards.
   *
   * @throws {RangeError} if the command does not fit a frame.
   */
  put(command: RemotingCommand): void {
    if (this.#closed) return;
    this.#writer.frame(command);
    this.#charge(this.pendingBytes);
    if (!this.#gathering && this.#bytesUnderWay === 0) this.#gather();
  }

  /** Resolves when no more than `bytes` are pending, or the outbox is closed. */
  whenPending(bytes: number): Promise<void> {
    if (this.#closed || this.pendingBytes <= bytes) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ bytes, resolve }));
  }

  /** Gives blocks back that have grown, when nothing is pending; for connections gone quiet. */
  trim(): void {
    if (this.pendingBytes > 0 || this.#largestWrite <= FIRST_BLOCK_BYTES) return;
    this.#largestWrite = 0;
    this.#writer = new FrameWriter({ blockBytes: FIRST_BLOCK_BYTES });
  }

  /** Forgets what is pending. */
  close(): void {
    this.#closed = true;
    this.#charge(0);
    this.#releaseWaiters();
  }

  #charge(bytes: number): void {
    this.#budget.bytes += bytes - this.#bytesInBudget;
    this.#bytesInBudget = bytes;
  }

  #gather(): void {
    this.#gathering = true;
    // No length is 0 here, so at least one further microtask gets its chance.
    this.#gatheredBefore = 0;
    this.#hops = 0;
    queueMicrotask(this.#endOfTurn);
  }

  readonly #endOfTurn = (): void => {
    const length = this.#writer.length;
    if (length > this.#gatheredBefore && this.#hops++ < GATHERING_HOPS_MAX) {
      this.#gatheredBefore = length;
      queueMicrotask(this.#endOfTurn);
      return;
    }
    this.#gathering = false;
    if (this.#closed) return;
    const block = this.#writer.take();
    // Where much waits for all peers, none has memory beside what it has not taken yet.
    if (this.#budget.strained) this.#writer = new FrameWriter({ blockBytes: FIRST_BLOCK_BYTES });
    this.#bytesUnderWay = block.length;
    this.#largestWrite = Math.max(this.#largestWrite, block.length);
    this.#socket.write(block).then(this.#written, this.#broken);
  };

  readonly #written = (): void => {
    this.#bytesUnderWay = 0;
    if (this.#closed) return;
    this.#charge(this.#writer.length);
    if (this.#writer.length > 0) this.#gather();
    else if (this.#largestWrite > KEPT_BLOCK_BYTES) this.trim();
    this.#events.written();
    this.#releaseWaiters();
  };

  readonly #broken = (cause: unknown): void => {
    if (this.#closed) return;
    this.close();
    this.#events.broken(cause);
  };

  #releaseWaiters(): void {
    if (this.#waiters.length === 0) return;
    const pending = this.#closed ? 0 : this.pendingBytes;
    const released = this.#waiters.filter((waiter) => pending <= waiter.bytes);
    this.#waiters = this.#waiters.filter((waiter) => pending > waiter.bytes);
    for (const waiter of released) waiter.resolve();
  }
}
