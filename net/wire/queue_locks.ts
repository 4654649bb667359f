/**
 * Locks of queues for orderly consumption, in bodies.
 *
 * @module
 */

import { formatBody, listMember, optionalBoolean, parseBody, textMember } from "./json_body.ts";
import { type MessageQueue, readMessageQueue } from "./message_queue.ts";

/** Body of LOCK_BATCH_MQ and UNLOCK_BATCH_MQ (Java: `LockBatchRequestBody`, `UnlockBatchRequestBody`). */
export interface LockBatch {
  clientId: string;
  consumerGroup: string;
  mqSet: MessageQueue[];
  /** 5.x: do not ask the replicas. */
  onlyThisBroker?: boolean | undefined;
}

/** Body of LOCK_BATCH_MQ and UNLOCK_BATCH_MQ. */
export function parseLockBatch(body: Uint8Array | undefined): LockBatch {
  const object = parseBody(body, "lock batch");
  return {
    clientId: textMember(object, "clientId"),
    consumerGroup: textMember(object, "consumerGroup"),
    mqSet: listMember(object, "mqSet", readMessageQueue),
    onlyThisBroker: optionalBoolean(object, "onlyThisBroker"),
  };
}

/** Body of LOCK_BATCH_MQ and UNLOCK_BATCH_MQ. */
export function formatLockBatch(batch: LockBatch): Uint8Array {
  return formatBody(batch);
}

/** Response to LOCK_BATCH_MQ: the queues that are locked now. */
export function parseLockedQueues(body: Uint8Array | undefined): MessageQueue[] {
  return listMember(parseBody(body, "locked queues"), "lockOKMQSet", readMessageQueue);
}

/** Response to LOCK_BATCH_MQ. */
export function formatLockedQueues(lockOKMQSet: readonly MessageQueue[]): Uint8Array {
  return formatBody({ lockOKMQSet });
}
