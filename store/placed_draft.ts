/**
 * Messages among whose properties stands an index the store gives out: it is known only when the
 * message is staged, and goes back when it cannot be written.
 *
 * @module
 */
import type { BatchQueueTable } from "./batch_queue_table.ts";
import { isInnerBatch } from "./inner_batch.ts";
import { stringHash } from "./hash.ts";
import { formatProperties, parseProperties, PROPERTY, propertyOf } from "./properties.ts";
import type { MessageDraft } from "./put.ts";

/** A message with its indexes, before it is in any queue. */
export interface PlacedDraft {
  /** The message as it came. */
  readonly original: MessageDraft;
  /** The message with its indexes among the properties. */
  readonly draft: MessageDraft;
  /** Light queues it goes into, each once. */
  readonly lightTopics: readonly string[];
  /** Messages it holds. */
  readonly messages: number;
}

/** Buckets of the map whose order Java writes properties in; it has that many from the start. */
const MAP_BUCKETS = 128;
/** A unit's field is signed and has two bytes. */
const MESSAGES_MAX = 32_767;

/** Sets a property and writes all in the order of the buckets of Java's `HashMap`. */
export function withProperty(text: string, name: string, value: string): string {
  const properties = parseProperties(text).set(name, value);
  const bucketOf = (name: string) => {
    const hash = stringHash(name);
    return (hash ^ (hash >>> 16)) & (MAP_BUCKETS - 1);
  };
  return formatProperties(
    [...properties].sort(([one], [other]) => bucketOf(one) - bucketOf(other)),
  );
}

/**
 * Why a batch kept as one record cannot be; `undefined` where it can, and for any other message: every
 * put asks. A message that counts its messages and is no batch, the broker turns away.
 */
export function innerBatchProblem(
  draft: MessageDraft,
  isBatchTopic: (topic: string) => boolean,
): string | undefined {
  if (!isInnerBatch(draft.sysFlag)) return undefined;
  const count = propertyOf(draft.properties, PROPERTY.innerNum);
  if (!isBatchTopic(draft.topic)) return "an inner batch needs a topic with batch queues";
  const isCount = /^\d{1,5}$/.test(count ?? "") && Number(count) >= 1 &&
    Number(count) <= MESSAGES_MAX;
  return isCount ? undefined : `an inner batch of ${count ?? "an unknown number of"} messages`;
}

/**
 * The batch with the index its first message will get if it is the next one stored (Java:
 * `BatchConsumeQueue.assignQueueOffset`).
 */
export function innerDraftOf(queues: BatchQueueTable, draft: MessageDraft): PlacedDraft {
  const base = queues.get(draft.topic, draft.queueId)?.next ?? 0;
  const properties = withProperty(draft.properties, PROPERTY.innerBase, String(base));
  const messages = Number(propertyOf(draft.properties, PROPERTY.innerNum));
  return { original: draft, draft: { ...draft, properties }, lightTopics: [], messages };
}
