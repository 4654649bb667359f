/**
 * What was pulled from one queue and is not consumed yet.
 *
 * Messages come in the order of their offsets, are taken in that order and are done with in any. What
 * may be committed is the offset of the first that is not done with: a member that dies after that
 * gets it again, and nothing is left out.
 *
 * @module
 */

import type { MessageQueue } from "../../wire/message_queue.ts";
import type { ReceivedMessage } from "../received_message.ts";

/** What is done with is let go of when it is so much, and half of all. */
const COMPACT_MIN = 64;

/** The pulled messages of a queue (Java: `ProcessQueue`). */
export class ProcessQueue {
  readonly queue: Readonly<MessageQueue>;
  /** Whether this client has the queue's lock; of groups that consume in order. */
  locked = false;
  /** When the lock was granted last, epoch ms. */
  lockedAt = 0;
  /** When it was pulled last, epoch ms. */
  pulledAt = 0;
  /** When messages were taken or done with last, epoch ms. */
  consumedAt = 0;
  /** Messages the broker has after the last that was put in, as far as is known. */
  lag = 0;
  /** From `#head` on; what is done with has no place any more. */
  #messages: (ReceivedMessage | undefined)[] = [];
  /** Where the first lies that is not done with. */
  #head = 0;
  /** Where the first lies that was not taken. */
  #next = 0;
  #count = 0;
  #bytes = 0;
  #lastOffset: number | undefined;
  #dropped = false;

  constructor(queue: Readonly<MessageQueue>) {
    this.queue = queue;
  }

  /** Messages that are not done with. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of their bodies, as they came. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Between the offsets of the first and the last that is not done with. */
  get span(): number {
    return this.#count === 0 ? 0 : this.#lastOutstanding() - this.firstOffset!;
  }

  /** Offset of the first message that is not done with. */
  get firstOffset(): number | undefined {
    return this.#messages[this.#head]?.queueOffset;
  }

  /** Offset of the last that came, done with or not. */
  get lastOffset(): number | undefined {
    return this.#lastOffset;
  }

  /** Everything before it is done with; unknown before the first message. */
  get commitOffset(): number | undefined {
    return this.firstOffset ?? (this.#lastOffset === undefined ? undefined : this.#lastOffset + 1);
  }

  /** Messages that can be taken. */
  get available(): number {
    return this.#messages.length - this.#next;
  }

  /** What was taken and is not done with. */
  get taken(): readonly ReceivedMessage[] {
    return this.#messages.slice(this.#head, this.#next).filter((it) => it !== undefined);
  }

  /** Whether the queue is no longer this member's: what comes of its messages counts for nothing. */
  get dropped(): boolean {
    return this.#dropped;
  }

  /** See {@linkcode dropped}; for good. */
  drop(): void {
    this.#dropped = true;
  }

  /**
   * Puts in what a pull brought, in order. What is not after the last message is there already and is
   * left out. Returns how many were put in.
   */
  put(
    messages: readonly ReceivedMessage[],
    { maxOffset }: { readonly maxOffset?: number | undefined } = {},
  ): number {
    let put = 0;
    for (const message of messages) {
      const { queueOffset } = message;
      if (this.#count > 0 && queueOffset <= this.#lastOffset!) continue;
      this.#messages.push(message);
      this.#lastOffset = queueOffset;
      this.#count++;
      this.#bytes += bytesOf(message);
      put++;
    }
    const last = messages.at(-1)?.queueOffset;
    if (last !== undefined && maxOffset !== undefined && maxOffset > last) {
      this.lag = maxOffset - last;
    }
    return put;
  }

  /** The next messages that nobody has taken; they stay here until they are done with. */
  take(max: number): ReceivedMessage[] {
    const from = this.#next;
    this.#next = Math.min(this.#messages.length, from + max);
    // Nothing behind the first that was not taken is done with.
    return this.#messages.slice(from, this.#next) as ReceivedMessage[];
  }

  /**
   * Is done with messages that were taken. Returns the offset to commit (Java: `removeMessage`):
   * `undefined` where there is nothing at all, as after {@linkcode clear}.
   */
  remove(messages: Iterable<ReceivedMessage>): number | undefined {
    if (this.#count === 0) return undefined;
    for (const message of messages) this.#remove(message.queueOffset);
    return this.commitOffset;
  }

  /** Is done with all that were taken. Returns the offset to commit, if any was (Java: `commit`). */
  commit(): number | undefined {
    const { taken } = this;
    const last = taken.at(-1);
    this.remove(taken);
    return last === undefined ? undefined : last.queueOffset + 1;
  }

  /** Gives back all that were taken, to be taken again (Java: `rollback`). */
  rollback(): void {
    const back = this.taken;
    this.#messages = [...back, ...this.#messages.slice(this.#next)];
    this.#head = 0;
    this.#next = 0;
  }

  /** Whether a message is here, taken or not. */
  has(message: ReceivedMessage): boolean {
    return this.#indexOf(message.queueOffset) >= 0;
  }

  /** Lets go of everything, as if nothing had come. */
  clear(): void {
    this.#messages = [];
    this.#head = 0;
    this.#next = 0;
    this.#count = 0;
    this.#bytes = 0;
    this.#lastOffset = undefined;
  }

  #remove(offset: number): void {
    const at = this.#indexOf(offset);
    if (at < 0 || at >= this.#next) return;
    this.#bytes -= bytesOf(this.#messages[at]!);
    this.#count--;
    this.#messages[at] = undefined;
    while (this.#head < this.#next && this.#messages[this.#head] === undefined) this.#head++;
    if (this.#head >= COMPACT_MIN && this.#head * 2 >= this.#messages.length) {
      this.#messages = this.#messages.slice(this.#head);
      this.#next -= this.#head;
      this.#head = 0;
    }
  }

  /** Where the message of an offset lies, -1 for nowhere. */
  #indexOf(offset: number): number {
    const first = this.firstOffset;
    if (first === undefined) return -1;
    // Most queues have every offset.
    const guess = this.#head + (offset - first);
    if (this.#messages[guess]?.queueOffset === offset) return guess;
    for (let at = this.#head; at < this.#messages.length; at++) {
      if (this.#messages[at]?.queueOffset === offset) return at;
    }
    return -1;
  }

  #lastOutstanding(): number {
    for (let at = this.#messages.length - 1; at >= this.#head; at--) {
      const message = this.#messages[at];
      if (message !== undefined) return message.queueOffset;
    }
    return 0;
  }
}

function bytesOf(message: ReceivedMessage): number {
  return message.storedBodySize;
}
