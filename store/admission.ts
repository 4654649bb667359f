/**
 * Whether a store takes messages, and why not: for good once a write or a sync has failed, for a
 * while where there is no room.
 *
 * @module
 */
import type { PutResult } from "./put.ts";
import { refusedPut } from "./staged_put.ts";

/** Told what an operator should know. */
export type StoreLog = (text: string, cause?: unknown) => void;

/** Who hears of what keeps messages out. */
export interface AdmissionListeners {
  /** Told once when no message will be taken any more. */
  readonly onFailure?: ((error: unknown) => void) | undefined;
  readonly tell?: StoreLog | undefined;
}

const NO_ROOM = "No message is taken: there is no room on the disk";
const ROOM_AGAIN = "Messages are taken again: there is room on the disk";

/** The door of a store. */
export class Admission {
  readonly #listeners: AdmissionListeners;
  #failure: unknown;
  /** Why no message is taken for a while. */
  #fullDisk: string | undefined;
  #fullQueues: unknown;

  /** Whether the store is about to stop. */
  isClosing = false;

  constructor(listeners: AdmissionListeners) {
    this.#listeners = listeners;
  }

  /** Why no message will be taken any more; `undefined` while that is not so. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Whether queues and index have, or will have, all that is in the log. */
  get isSound(): boolean {
    return this.#failure === undefined && this.#fullQueues === undefined;
  }

  /** Whether messages are taken. */
  get isOpen(): boolean {
    return this.isSound && !this.isClosing && this.#fullDisk === undefined;
  }

  /** Takes no message any more. */
  readonly fail = (error: unknown): void => {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#listeners.onFailure?.(error);
  };

  /** Takes no message because the disk is too full, or, with `undefined`, takes them again. */
  readonly diskFull = (reason: string | undefined): void => {
    if (reason === this.#fullDisk) return;
    this.#fullDisk = reason;
    this.#listeners.tell?.(reason === undefined ? ROOM_AGAIN : `No message is taken: ${reason}`);
  };

  /** Takes no message because queues or index lack room, or, with `undefined`, takes them again. */
  readonly queuesFull = (error: unknown): void => {
    const isSame = (error === undefined) === (this.#fullQueues === undefined);
    this.#fullQueues = error;
    if (!isSame) this.logFull(error);
  };

  /** Only tells: every turn tries to write the log again. */
  readonly logFull = (error: unknown): void => {
    this.#listeners.tell?.(error === undefined ? ROOM_AGAIN : NO_ROOM, error);
  };

  /** The answer to a put where messages are not taken. */
  refusal(): PutResult {
    const cause = this.#failure ?? this.#fullQueues ?? this.#fullDisk ?? "it is closed";
    const reason = cause instanceof Error ? cause.message : String(cause);
    return refusedPut("SERVICE_NOT_AVAILABLE", `The store takes no more messages: ${reason}`);
  }
}
