/**
 * A dead letter: which message it was, and how it is sent once more.
 *
 * @module
 */
import type { Message } from "../../net/client/message.ts";
import { RESERVED } from "../../net/client/producer/check.ts";
import type { ReceivedMessage } from "../../net/client/received_message.ts";
import { PROPERTY } from "../../store/properties.ts";

/** Before the group in the name of the topic (Java: `MixAll.DLQ_GROUP_TOPIC_PREFIX`). */
export const DLQ_PREFIX = "%DLQ%";
/** Before the group in the name of the topic its retried messages wait in. */
const RETRY_PREFIX = "%RETRY%";

/** Where dead letters are sent to. */
export const TARGETS = ["retry", "origin"] as const;

/** To the group alone, or to the topic they came from and so to all of its groups. */
export type Target = (typeof TARGETS)[number];

/** The topic a dead letter was sent to in its life; `undefined` where it does not tell. */
export function originTopic(
  { properties }: Pick<ReceivedMessage, "properties">,
): string | undefined {
  const topic = properties.get(PROPERTY.dlqOriginTopic);
  // 4.x notes it as the topic to retry only; so does a message that died twice.
  const isWaiting = topic === undefined || topic.startsWith(RETRY_PREFIX);
  return isWaiting ? properties.get(PROPERTY.retryTopic) ?? topic : topic;
}

/** A message to send, and what only RocketMQ may say of it. */
export interface Replayed {
  readonly message: Message;
  readonly properties: readonly (readonly [string, string])[];
}

/**
 * The message as its producer gave it, for the retry topic of its group or for its own topic.
 * `undefined` where it does not tell its own topic. Throws a {@linkcode ClientError} where its body
 * cannot be read.
 */
export function replayed(
  letter: ReceivedMessage,
  { group, target }: { readonly group: string; readonly target: Target },
): Replayed | undefined {
  const topic = originTopic(letter);
  if (topic === undefined) return undefined;
  const own = [...letter.properties].filter(([name, value]) => !RESERVED.has(name) && value !== "");
  const { tag, keys, flag, body } = letter;
  const message: Message = {
    topic: target === "retry" ? RETRY_PREFIX + group : topic,
    body,
    ...(tag !== undefined && { tag }),
    ...(keys.length > 0 && { keys }),
    ...(own.length > 0 && { properties: Object.fromEntries(own) }),
    flag,
  };
  // Consumers show a message of the retry topic under this one.
  return { message, properties: target === "retry" ? [[PROPERTY.retryTopic, topic]] : [] };
}
