/**
 * Who hears of messages that can be read now. The store tells one listener, given when it is opened;
 * whoever waits for messages needs the open store, so they join here afterwards.
 *
 * @module
 */

import type { ArrivalListener } from "../../store/dispatcher.ts";

/** Those who wait for messages. */
export class Arrivals {
  #listeners: ArrivalListener[] = [];

  /** Joins a listener; what is returned takes it out again. */
  add(listener: ArrivalListener): Disposable {
    this.#listeners = [...this.#listeners, listener];
    return {
      [Symbol.dispose]: () => {
        this.#listeners = this.#listeners.filter((it) => it !== listener);
      },
    };
  }

  /** What the store calls for every message. */
  readonly notify: ArrivalListener = (request, record) => {
    for (const listener of this.#listeners) listener(request, record);
  };
}
