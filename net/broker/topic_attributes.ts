/**
 * Attributes of topics as 5.x has them: `+message.type=FIFO,-message.type` sets one and takes it away.
 * A request for an attribute that would change nothing here is refused rather than kept and ignored.
 *
 * @module
 */

import { Refusal } from "../rpc/refusal.ts";

/** Which queues a topic has; for good, since its messages are in them. */
const QUEUE_TYPE = { attribute: "queue.type", simple: "SimpleCQ", batch: "BatchCQ" } as const;

/** Whether a topic with these attributes has batch queues (Java: `QueueTypeUtils.isBatchCq`). */
export function hasBatchQueues(attributes: ReadonlyMap<string, string> | undefined): boolean {
  return attributes?.get(QUEUE_TYPE.attribute) === QUEUE_TYPE.batch;
}

/** Values an attribute may have; those that say how messages are kept can only say how they are. */
const ATTRIBUTES: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  [
    "message.type",
    new Set(["UNSPECIFIED", "NORMAL", "FIFO", "DELAY", "TRANSACTION", "MIXED"]),
  ],
  [QUEUE_TYPE.attribute, new Set([QUEUE_TYPE.simple, QUEUE_TYPE.batch])],
  ["cleanup.policy", new Set(["DELETE"])],
]);

/**
 * The attributes after a change, which is such as `+a=1,-b`; `undefined` stands for a new topic.
 *
 * @throws {Refusal} INVALID_PARAMETER if the change is malformed, or names what is not supported.
 */
export function changeAttributes(
  current: ReadonlyMap<string, string> | undefined,
  change: string,
): Map<string, string> {
  const attributes = new Map(current);
  const seen = new Set<string>();
  for (const part of change.split(",").filter((part) => part !== "")) {
    const match = /^(?:\+([^+\-=]+)=([^=]*)|-([^+\-=]+))$/.exec(part);
    if (match === null) throw invalid(`attribute format is wrong: ${part}`);
    const [, added, value = "", removed] = match;
    const key = added ?? removed!;
    if (seen.has(key)) throw invalid(`key duplication: ${key}`);
    seen.add(key);
    if (added === undefined) {
      if (!attributes.delete(key)) throw invalid(`attempt to delete a nonexistent key: ${key}`);
      continue;
    }
    const values = ATTRIBUTES.get(key);
    if (values === undefined) throw invalid(`unsupported key: ${key}`);
    if (!values.has(value)) throw invalid(`unsupported value of ${key}: ${value}`);
    attributes.set(key, value);
  }
  if (current !== undefined && hasBatchQueues(current) !== hasBatchQueues(attributes)) {
    throw invalid(`attempt to update an unchangeable attribute. key: ${QUEUE_TYPE.attribute}`);
  }
  return attributes;
}

function invalid(remark: string): Refusal {
  return new Refusal("INVALID_PARAMETER", remark);
}
