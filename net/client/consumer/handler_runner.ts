/**
 * Has a handler deal with messages, so many at a time.
 *
 * @module
 */

import { setImmediate } from "node:timers/promises";
import type { Delivery } from "./delivery.ts";
import type { ReadyQueues } from "./ready_queues.ts";

/** How messages are handed over. */
export interface HandlerRunnerOptions {
  /** What returns is done with, what throws or rejects is to come again. */
  readonly call: (messages: Delivery["messages"]) => unknown;
  /** Calls under way at most. */
  readonly concurrency: number;
  /** Messages of a call at most. */
  readonly size: number;
  /** Milliseconds that pass; default: those of the process. */
  readonly steadyNow?: () => number;
}

/** Time after which handlers that never wait let others have a turn. */
const TURN_MS = 5;

/** A handler at work, from when it is made until it is stopped. */
export class HandlerRunner {
  readonly #source: ReadyQueues;
  readonly #options: HandlerRunnerOptions;
  readonly #idle = Promise.withResolvers<void>();
  #active = 0;
  #stopped = false;
  #running = false;

  constructor(source: ReadyQueues, options: HandlerRunnerOptions) {
    this.#source = source;
    this.#options = options;
    source.onOffer = () => void this.#run();
    void this.#run();
  }

  /** Takes nothing any more; resolves when no call is under way. */
  async stop(): Promise<void> {
    if (!this.#stopped) this.#source.onOffer = undefined;
    this.#stopped = true;
    if (this.#active === 0) this.#idle.resolve();
    await this.#idle.promise;
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    const { concurrency, size, steadyNow = () => performance.now() } = this.#options;
    let turnEnd = steadyNow() + TURN_MS;
    while (!this.#stopped && this.#active < concurrency) {
      const delivery = this.#source.take(size);
      if (delivery === undefined) break;
      this.#hand(delivery);
      if (steadyNow() < turnEnd) continue;
      await setImmediate();
      turnEnd = steadyNow() + TURN_MS;
    }
    this.#running = false;
  }

  #hand(delivery: Delivery): void {
    let result: unknown;
    try {
      result = this.#options.call(delivery.messages);
    } catch (error) {
      return delivery.fail(error);
    }
    if (!isThenable(result)) return delivery.finish();
    this.#active++;
    result.then(
      () => this.#ended(() => delivery.finish()),
      (error) => this.#ended(() => delivery.fail(error)),
    );
  }

  #ended(settle: () => void): void {
    this.#active--;
    settle();
    if (!this.#stopped) void this.#run();
    else if (this.#active === 0) this.#idle.resolve();
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === "function";
}
