/**
 * Which half messages are ended, as the op messages tell from an offset on (Java:
 * `TransactionalMessageServiceImpl.fillOpRemoveMap`).
 *
 * @module
 */

import { setImmediate as nextTurn } from "node:timers/promises";
import type { Store } from "../../store/store.ts";
import { endedOffsets, HALF_QUEUE_ID } from "./half_message.ts";
import { storedMessages } from "./stored_draft.ts";
import { TRANS_OP_HALF_TOPIC } from "../wire/topic_names.ts";

/** From where on the queues are read. */
export interface EndedFrom {
  /** First op message. */
  readonly opOffset: number;
  /** First half message of interest. */
  readonly halfOffset: number;
}

/** Op messages asked for at once; the store gives fewer. */
const BATCH_COUNT = 256;

/** What the op messages say. */
export class EndedHalves {
  /** The op message that ends each half message not passed yet. */
  readonly #opOf = new Map<number, number>();
  /** Half messages before those of interest. */
  readonly #earlier = new Set<number>();
  #next: number;

  private constructor(next: number) {
    this.#next = next;
  }

  /** Reads to the end of the op queue. */
  static async read(
    store: Pick<Store, "get">,
    { opOffset, halfOffset }: EndedFrom,
  ): Promise<EndedHalves> {
    const ended = new EndedHalves(opOffset);
    // A store in memory answers at once, and producers must not wait for the last of its answers.
    while (await ended.#readSome(store, halfOffset)) await nextTurn();
    return ended;
  }

  /** Whether a half message is ended, those before the ones of interest included. */
  has(halfOffset: number): boolean {
    return this.#opOf.has(halfOffset) || this.#earlier.has(halfOffset);
  }

  /** Passes a half message; whether it is ended. */
  pass(halfOffset: number): boolean {
    return this.#opOf.delete(halfOffset);
  }

  /** First op message that still tells of a half message not passed. */
  get position(): number {
    let position = this.#next;
    for (const op of this.#opOf.values()) position = Math.min(position, op);
    return position;
  }

  async #readSome(store: Pick<Store, "get">, halfOffset: number): Promise<boolean> {
    const { status, body, nextBeginOffset } = await store.get({
      topic: TRANS_OP_HALF_TOPIC,
      queueId: HALF_QUEUE_ID,
      queueOffset: this.#next,
      countMax: BATCH_COUNT,
    });
    if (status === "FOUND") this.#take(body, halfOffset);
    // What is gone is passed over. The queue never begins anew.
    const isMoved = nextBeginOffset > this.#next;
    this.#next = Math.max(this.#next, nextBeginOffset);
    return isMoved;
  }

  #take(body: Uint8Array, halfOffset: number): void {
    for (const op of storedMessages(body)) {
      for (const half of endedOffsets(op)) {
        if (half < halfOffset) this.#earlier.add(half);
        else if (!this.#opOf.has(half)) this.#opOf.set(half, op.queueOffset);
      }
    }
  }
}
