/**
 * The text by which a producer names a timed message that it takes back (Java:
 * `RecallMessageHandle`).
 *
 * @module
 */

import { Buffer } from "node:buffer";

/** What a handle says. */
export interface RecallHandle {
  readonly topic: string;
  readonly brokerName: string;
  /** A time at which the message would be parked under the same second, ms. */
  readonly timestamp: string;
  /** Unique key of the message. */
  readonly messageId: string;
}

const VERSION = "v1";
const ALPHABET = /^[A-Za-z0-9_-]*={0,2}$/;

/**
 * The text of a handle.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { formatRecallHandle, parseRecallHandle } from "./recall_handle.ts";
 *
 * const handle = { topic: "T", brokerName: "b", timestamp: "1795250000001", messageId: "0A" };
 * assert.deepEqual(parseRecallHandle(formatRecallHandle(handle)), handle);
 * ```
 */
export function formatRecallHandle(handle: RecallHandle): string {
  const { topic, brokerName, timestamp, messageId } = handle;
  const text = [VERSION, topic, brokerName, timestamp, messageId].join(" ");
  // Java writes the padding, too.
  return Buffer.from(text).toString("base64").replaceAll("+", "-").replaceAll("/", "_");
}

/** Reads a handle; `undefined` where the text is none. */
export function parseRecallHandle(text: string): RecallHandle | undefined {
  if (!ALPHABET.test(text)) return undefined;
  const items = Buffer.from(text, "base64url").toString().split(" ");
  const [version, topic, brokerName, timestamp, messageId] = items;
  if (version !== VERSION || messageId === undefined) return undefined;
  return { topic: topic!, brokerName: brokerName!, timestamp: timestamp!, messageId };
}
