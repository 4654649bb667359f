/**
 * Pulls a queue ahead of the application that polls it.
 *
 * @module
 */

import type { MessageQueue } from "../../wire/message_queue.ts";
import type { ReceivedMessage } from "../received_message.ts";
import { Bell } from "./bell.ts";
import { PulledQueue } from "./pulled_queue.ts";

/** What a pull brought. */
export interface PulledBatch {
  readonly messages: readonly ReceivedMessage[];
  /** Where the next pull begins. */
  readonly next: number;
  /** Whether the broker had nothing at the offset it was asked for. */
  readonly corrected: boolean;
}

/** How a queue is pulled, and who is told. */
export interface PullerOptions {
  /** Where a queue begins that was never seeked. */
  readonly startOffset: (queue: Readonly<MessageQueue>) => Promise<number>;
  /** Waits at the broker while there is nothing. */
  readonly pull: (
    queue: Readonly<MessageQueue>,
    options: { readonly offset: number; readonly signal: AbortSignal },
  ) => Promise<PulledBatch>;
  /** Whether more may be pulled; asked again after a {@linkcode QueuePuller.wake}. */
  readonly hasRoom: (queue: PulledQueue) => boolean;
  /** Something came. */
  readonly onMessages: () => void;
  /** A pull failed, for the first time in a row. */
  readonly onFailure: (queue: Readonly<MessageQueue>, error: unknown) => void;
  /** Before a failed pull is tried again. */
  readonly failurePauseMs: number;
  /** Clock, epoch ms. */
  readonly now: () => number;
}

/** Pulls a queue from when it is made until it is stopped. */
export class QueuePuller {
  readonly pulled: PulledQueue;
  /** Settles after {@linkcode stop}; never fails. */
  readonly finished: Promise<void>;
  readonly #options: PullerOptions;
  readonly #changed = new Bell();
  readonly #stopped = new AbortController();
  /** Of the pull under way. */
  #pull = new AbortController();
  #failed = false;
  /** How often {@linkcode again} was called. */
  #turns = 0;

  constructor(queue: Readonly<MessageQueue>, options: PullerOptions) {
    this.pulled = new PulledQueue(queue);
    this.#options = options;
    this.finished = this.#loop();
  }

  /** Looks again whether it may pull. */
  wake(): void {
    this.#changed.ring();
  }

  /** Goes on elsewhere at once. */
  seek(offset: number): void {
    this.pulled.seek(offset);
    this.#pull.abort();
    this.#changed.ring();
  }

  /** Pulls anew from where it is; what a pull under way brings is let go. */
  again(): void {
    this.#turns++;
    this.#pull.abort();
    this.#changed.ring();
  }

  /** Ends it; what a pull under way brings is let go. */
  stop(): void {
    this.#stopped.abort();
    this.#pull.abort();
  }

  async #loop(): Promise<void> {
    const { signal } = this.#stopped;
    const { hasRoom, failurePauseMs } = this.#options;
    // Whoever made it may want to seek first.
    await Promise.resolve();
    while (!signal.aborted) {
      if (this.pulled.paused || !hasRoom(this.pulled)) {
        await this.#changed.wait({ signal });
      } else if (!await this.#once()) {
        await this.#changed.wait({ timeoutMs: failurePauseMs, signal });
      }
    }
  }

  /** Whether it went well. */
  async #once(): Promise<boolean> {
    const { pulled, pulled: { queue, seeks } } = this;
    const { startOffset, pull, onMessages } = this.#options;
    const { signal } = this.#pull = new AbortController();
    const turns = this.#turns;
    const isOver = () =>
      this.#stopped.signal.aborted || pulled.seeks !== seeks || this.#turns !== turns;
    try {
      const offset = pulled.next ?? await startOffset(queue);
      if (isOver()) return true;
      if (pulled.next === undefined) pulled.add([], offset);
      pulled.lastPulledAt = this.#options.now();
      const { messages, next, corrected } = await pull(queue, { offset, signal });
      if (isOver()) return true;
      if (corrected) pulled.correct(next);
      else pulled.add(messages, next);
      if (messages.length > 0) onMessages();
      this.#failed = false;
      return true;
    } catch (error) {
      if (isOver()) return true;
      if (!this.#failed) this.#options.onFailure(queue, error);
      this.#failed = true;
      return false;
    }
  }
}
