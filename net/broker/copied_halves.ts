/**
 * Which half messages have copies behind them that stand for them. A message that is left alone for as
 * long as its producer asks is copied to the end of its queue without an op message for the one before;
 * after a crash that lost the offset of the queue both are met, and to ask about each would deliver the
 * message twice, as Java's broker does.
 *
 * @module
 */

import { setImmediate as nextTurn } from "node:timers/promises";
import type { MessageRecord } from "../../store/message.ts";
import { parseProperties, PROPERTY } from "../../store/properties.ts";
import type { Store } from "../../store/store.ts";
import { TRANS_HALF_TOPIC } from "../wire/topic_names.ts";
import { HALF_QUEUE_ID, TRANSACTION_PROPERTY } from "./half_message.ts";
import { storedMessages } from "./stored_draft.ts";

const BATCH_COUNT = 256;

/** Half messages and the last copies of them. */
export class CopiedHalves {
  /** Index and unique key of the last copy, by the index of the first message. */
  readonly #lastOf = new Map<number, { readonly at: number; readonly key: string | undefined }>();

  /** Reads the half messages `[from, to)`. */
  static async read(
    store: Pick<Store, "get">,
    { from, to }: { readonly from: number; readonly to: number },
  ): Promise<CopiedHalves> {
    const copied = new CopiedHalves();
    for (let offset = from; offset < to;) {
      const found = await store.get({
        topic: TRANS_HALF_TOPIC,
        queueId: HALF_QUEUE_ID,
        queueOffset: offset,
        countMax: BATCH_COUNT,
      });
      if (found.status === "FOUND") {
        for (const half of storedMessages(found.body)) copied.#see(half);
      }
      if (found.nextBeginOffset <= offset) break;
      offset = found.nextBeginOffset;
      await nextTurn();
    }
    return copied;
  }

  /** Whether another message behind this one stands for it. */
  has({ queueOffset }: MessageRecord, properties: ReadonlyMap<string, string>): boolean {
    const last = this.#lastOf.get(firstOf(properties) ?? queueOffset);
    return last !== undefined && last.at > queueOffset &&
      last.key === properties.get(PROPERTY.uniqueKey);
  }

  #see({ queueOffset, properties: text }: MessageRecord): void {
    const properties = parseProperties(text);
    const first = firstOf(properties);
    if (first === undefined || first >= queueOffset) return;
    this.#lastOf.set(first, { at: queueOffset, key: properties.get(PROPERTY.uniqueKey) });
  }
}

/** Index of the message a copy stands for; `undefined` for a message that is none. */
export function firstOf(properties: ReadonlyMap<string, string>): number | undefined {
  const text = properties.get(TRANSACTION_PROPERTY.firstOffset);
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
