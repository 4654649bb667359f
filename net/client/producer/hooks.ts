/**
 * Who is told of every attempt to send.
 *
 * @module
 */

import type { MessageQueue } from "../../wire/message_queue.ts";
import type { Message } from "../message.ts";
import type { StoredMessage } from "../send.ts";

/** What a message is to its broker (Java: `MessageType`). */
export type MessageKind = "normal" | "half" | "delayed" | "reply";

/** One attempt to send a message, or a batch of them. */
export interface SendAttempt {
  /** Producer group, as the application calls it. */
  readonly group: string;
  /** What is sent; more than one in a batch. */
  readonly messages: readonly Message[];
  /** Ids of the messages. */
  readonly messageIds: readonly string[];
  readonly kind: MessageKind;
  /** Topic as the application calls it. */
  readonly queue: MessageQueue;
  /** `host:port` it goes to. */
  readonly address: string;
  /** Bytes of the body as they are sent. */
  readonly bodyBytes: number;
  /** 1 for the first. */
  readonly attempt: number;
}

/** How an attempt ended. */
export interface SendOutcome {
  readonly elapsedMs: number;
  /** What the broker said; nothing of one that is not waited for. */
  readonly stored?: StoredMessage | undefined;
  readonly error?: Error | undefined;
}

/**
 * Callbacks of a producer. They see and cannot change; what they throw is logged and changes nothing,
 * either.
 */
export interface SendHooks {
  /** About to be sent. */
  readonly beforeSend?: ((attempt: SendAttempt) => void) | undefined;
  /** Answered, failed, or written where no answer is waited for. */
  readonly afterSend?: ((attempt: SendAttempt, outcome: SendOutcome) => void) | undefined;
}
