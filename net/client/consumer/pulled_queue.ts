/**
 * A queue that a pull consumer has: where it is, and what was pulled and not yet polled.
 *
 * @module
 */

import type { MessageQueue } from "../../wire/message_queue.ts";
import type { ReceivedMessage } from "../received_message.ts";

/** From how much on a queue is not pulled further. */
export interface PulledQueueLimits {
  readonly messages: number;
  readonly bytes: number;
  /** Between the offsets of the first and the last message. */
  readonly span: number;
}

/** Taken messages are let go at the latest when there are so many. */
const TAKEN_MAX = 64;

/** A queue, its messages in the order of their offsets. */
export class PulledQueue {
  readonly queue: Readonly<MessageQueue>;
  /** Messages of a paused queue stay where they are, and no more are pulled. */
  paused = false;
  /** Epoch ms; 0 for never. */
  lastPulledAt = 0;
  /** Epoch ms; 0 for never. */
  lastTakenAt = 0;
  readonly #messages: ReceivedMessage[] = [];
  /** Number of the first that was not taken. */
  #first = 0;
  #bytes = 0;
  /** Where the next pull begins. */
  #next: number | undefined;
  /** Offset of the first message that was taken and is not settled. */
  #unsettled: number | undefined;
  /** Counts the seeks. */
  #seeks = 0;

  constructor(queue: Readonly<MessageQueue>) {
    this.queue = queue;
  }

  /** Messages that wait to be taken. */
  get count(): number {
    return this.#messages.length - this.#first;
  }

  /** Size of their records. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Where the next pull begins; unknown before the first. */
  get next(): number | undefined {
    return this.#next;
  }

  /** Offset of the message that is taken next. */
  get position(): number | undefined {
    return this.#messages[this.#first]?.queueOffset ?? this.#next;
  }

  /** Everything before it is done with. */
  get settledOffset(): number | undefined {
    return this.#unsettled ?? this.position;
  }

  /** Changes with each {@linkcode seek}: what was pulled before it is not for this place. */
  get seeks(): number {
    return this.#seeks;
  }

  /** Whether there is enough of it. */
  isFull({ messages, bytes, span }: PulledQueueLimits): boolean {
    if (this.count === 0) return false;
    const distance = this.#messages.at(-1)!.queueOffset - this.#messages[this.#first]!.queueOffset;
    return this.count >= messages || this.#bytes >= bytes || distance >= span;
  }

  /** Takes in what a pull brought, and where the next one begins. */
  add(messages: readonly ReceivedMessage[], next: number): void {
    for (const message of messages) {
      this.#messages.push(message);
      this.#bytes += message.storeSize;
    }
    this.#next = next;
  }

  /** Moves up to `max` messages to the end of a list; they are settled the next time. */
  take(max: number, into: ReceivedMessage[]): void {
    const end = Math.min(this.#first + max, this.#messages.length);
    if (end > this.#first) this.#unsettled ??= this.position;
    for (; this.#first < end; this.#first++) {
      const message = this.#messages[this.#first]!;
      this.#bytes -= message.storeSize;
      into.push(message);
    }
    if (this.#first === this.#messages.length || this.#first >= TAKEN_MAX) {
      this.#messages.splice(0, this.#first);
      this.#first = 0;
    }
  }

  /** What was taken is done with. */
  settle(): void {
    this.#unsettled = undefined;
  }

  /** Goes on elsewhere; what is there is let go. */
  seek(offset: number): void {
    this.#messages.length = 0;
    this.#first = 0;
    this.#bytes = 0;
    this.#next = offset;
    this.#unsettled = undefined;
    this.#seeks++;
  }

  /**
   * Goes on where the broker says, which has nothing at {@linkcode next}. What is here stays, but for
   * what would come a second time.
   */
  correct(offset: number): void {
    this.#cut(offset);
    this.#next = offset;
    if (this.#unsettled !== undefined && this.#unsettled > offset) this.#unsettled = undefined;
  }

  /** Lets go what is at or behind an offset. */
  #cut(offset: number): void {
    while (this.count > 0) {
      const last = this.#messages.at(-1)!;
      if (last.queueOffset < offset) return;
      this.#messages.length--;
      this.#bytes -= last.storeSize;
    }
  }
}
