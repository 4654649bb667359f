/**
 * Who waits for replies: requests that were sent as messages, by the correlation ids their replies
 * repeat (Java: `RequestFutureHolder`).
 *
 * @module
 */

import { PROPERTY } from "../../store/properties.ts";
import type { HeaderOf } from "../wire/headers.ts";
import { ReplyMessage } from "./reply_message.ts";

/** The replies a client waits for. */
export class PendingReplies {
  readonly #waiting = new Map<string, (reply: ReplyMessage) => void>();

  /** How many are waited for. */
  get size(): number {
    return this.#waiting.size;
  }

  /**
   * Waits for a reply. Give up before another one is waited for under the same id, and in the end.
   *
   * ```ts
   * import assert from "node:assert/strict";
   * import { PendingReplies } from "./pending_replies.ts";
   *
   * const replies = new PendingReplies();
   * using waiting = replies.wait("7c1f");
   * assert(waiting.reply instanceof Promise && replies.size === 1);
   * ```
   */
  wait(correlationId: string): Disposable & { readonly reply: Promise<ReplyMessage> } {
    const { promise, resolve } = Promise.withResolvers<ReplyMessage>();
    this.#waiting.set(correlationId, resolve);
    return {
      reply: promise,
      [Symbol.dispose]: () => void this.#waiting.delete(correlationId),
    };
  }

  /** Takes what a broker hands on; a reply nobody waits for (any more) is dropped, as by Java. */
  take(header: HeaderOf<"PUSH_REPLY_MESSAGE_TO_CLIENT">, body: Uint8Array): void {
    const reply = new ReplyMessage(header, body);
    const id = reply.properties.get(PROPERTY.correlationId) ?? "";
    this.#waiting.get(id)?.(reply);
    this.#waiting.delete(id);
  }
}
