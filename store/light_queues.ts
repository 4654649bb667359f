/**
 * Writing light message queues: the index a message gets in each further queue it names, and the text
 * of its properties with these indexes (Java 5.x: `LmqDispatch`). `multi_dispatch.ts` reads them back.
 *
 * @module
 */
import type { ConsumeQueue } from "./consume_queue.ts";
import { HALF_TOPIC } from "./dispatch.ts";
import { isQueued } from "./message.ts";
import { isLightTopic } from "./light_topic.ts";
import { allowsLightQueues } from "./multi_dispatch.ts";
import { type PlacedDraft, withProperty } from "./placed_draft.ts";
import { PROPERTY, propertyOf } from "./properties.ts";
import type { MessageDraft } from "./put.ts";
import { isSafeTopic, type QueueTable } from "./queue_table.ts";

const SEPARATOR = ",";
/** Every light queue has one queue, this one. */
const QUEUE_ID = 0;

/**
 * The message with the indexes it will get if it is the next one stored; `undefined` where it names no
 * further queues or stands in a topic that allows none (Java: `MessageExtBrokerInner.needDispatchLMQ`).
 * A name that is no light queue's gets an empty index, as in Java.
 */
export function lightDraftOf(queues: QueueTable, draft: MessageDraft): PlacedDraft | undefined {
  const names = propertyOf(draft.properties, PROPERTY.innerMultiDispatch);
  if (names === undefined || names.trim() === "") return undefined;
  // Java puts a half message into its light queues before it is committed, and once more then.
  if (!allowsLightQueues(draft.topic) || draft.topic === HALF_TOPIC) return undefined;
  if (!isQueued(draft.sysFlag)) return undefined;
  const topics = new Set<string>();
  const indexes = names.split(SEPARATOR).map((topic) => {
    if (!isLightTopic(topic)) return "";
    if (!isSafeTopic(topic)) return "0";
    topics.add(topic);
    return String(queues.get(topic, QUEUE_ID)?.next ?? 0);
  });
  const name = PROPERTY.innerMultiQueueOffset;
  const properties = withProperty(draft.properties, name, indexes.join(SEPARATOR));
  const placed = { ...draft, properties };
  return { original: draft, draft: placed, lightTopics: [...topics], messages: 1 };
}

/**
 * Whether a message names a light queue that is new while there are as many as there may be (Java 5.5:
 * `HookUtils.handleLmqQuota`). As there, new ones of the same message do not count yet.
 */
export function exceedsLightQueues(
  queues: QueueTable,
  topics: readonly string[],
  countMax: number,
): boolean {
  return queues.lightCount >= countMax &&
    topics.some((topic) => queues.get(topic, QUEUE_ID) === undefined);
}

/** Takes the indexes of a message that is staged. Returns the queues, for {@linkcode giveBack}. */
export function takeIndexes(
  queues: QueueTable,
  topics: readonly string[],
): ConsumeQueue[] {
  return topics.map((topic) => {
    const queue = queues.getOrCreate(topic, QUEUE_ID);
    queue.next++;
    return queue;
  });
}

/** Gives the indexes back of a message that could not be written; the youngest message first. */
export function giveBack(queues: readonly ConsumeQueue[]): void {
  for (const queue of queues) queue.next--;
}
