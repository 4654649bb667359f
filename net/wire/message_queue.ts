/**
 * A queue of a topic on a broker, as it stands in bodies: as a value, and as the key of a table.
 *
 * @module
 */

import { parseFastJson } from "../../store/fast_json.ts";
import {
  asObject,
  integerMember,
  type JsonObject,
  mismatch,
  optionalObject,
  textMember,
} from "./json_body.ts";

/** One queue (Java: `MessageQueue`). */
export interface MessageQueue {
  topic: string;
  brokerName: string;
  queueId: number;
}

/** A queue that is a JSON object. */
export function readMessageQueue(value: unknown, what: string): MessageQueue {
  const object = asObject(value, what);
  return {
    topic: textMember(object, "topic"),
    brokerName: textMember(object, "brokerName"),
    queueId: integerMember(object, "queueId"),
  };
}

/**
 * A member that is a table by queue: `{{"brokerName":"b","queueId":0,"topic":"T"}:…}`. The keys of the
 * result are objects of their own, so it is for walking, not for looking up.
 */
export function queueTable<Value>(
  object: JsonObject,
  key: string,
  read: (value: unknown, what: string) => Value,
): Map<MessageQueue, Value> {
  const table = optionalObject(object, key) ?? {};
  const queues = new Map<MessageQueue, Value>();
  for (const text of Object.keys(table)) {
    queues.set(readMessageQueue(parseKey(text, key), key), read(table[text], text));
  }
  return queues;
}

function parseKey(text: string, what: string): unknown {
  try {
    return parseFastJson(text);
  } catch {
    throw mismatch(what, { value: text, expected: "queues as keys" });
  }
}
