/**
 * Locks of queues at their brokers, so that one member of a group at a time consumes a queue in order
 * (Java: `RebalanceImpl.lock`).
 *
 * @module
 */

import { formatLockBatch, type LockBatch, parseLockedQueues } from "../../wire/queue_locks.ts";
import type { MessageQueue } from "../../wire/message_queue.ts";
import type { Cluster } from "../cluster.ts";
import { brokerOf } from "./broker_choice.ts";
import { queueName } from "./queue_name.ts";

/** How often locks are asked for again (Java: `rocketmq.client.rebalance.lockInterval`). */
export const LOCK_RENEW_MS = 20_000;
/** After which a lock that was not renewed counts for nothing; the broker gives it away after 60 s. */
export const LOCK_LIVE_MS = 30_000;

const TIMEOUT_MS = 1000;

/** What brokers say; a queue whose broker cannot be asked is in neither list. */
export interface LockAnswer<Queue> {
  /** This client's now. */
  readonly granted: readonly Queue[];
  /** Another member's. */
  readonly refused: readonly Queue[];
}

/** Asks for queues, all of a broker at once; what cannot be asked is logged. */
export async function lockQueues<Queue extends Readonly<MessageQueue>>(
  cluster: Cluster,
  { group, queues }: { readonly group: string; readonly queues: readonly Queue[] },
): Promise<LockAnswer<Queue>> {
  const granted: Queue[] = [];
  const refused: Queue[] = [];
  await Promise.all(
    byBroker(queues).map(async ([brokerName, ofBroker]) => {
      try {
        const { address } = await brokerOf(cluster, ofBroker[0]!, { only: true });
        const body = lockBody(cluster, { group, queues: ofBroker });
        const answer = await cluster.call(address, "LOCK_BATCH_MQ", {
          body,
          timeoutMs: TIMEOUT_MS,
        });
        const names = new Set(parseLockedQueues(answer.body).map(queueName));
        for (const queue of ofBroker) (names.has(queueName(queue)) ? granted : refused).push(queue);
      } catch (error) {
        if (cluster.signal.aborted) return;
        cluster.log(`Cannot lock queues of group "${group}" at ${brokerName}`, error);
      }
    }),
  );
  return { granted, refused };
}

/** Gives queues back; where that fails, their brokers do it themselves in a minute. */
export async function unlockQueues(
  cluster: Cluster,
  { group, queues }: { readonly group: string; readonly queues: readonly Readonly<MessageQueue>[] },
): Promise<void> {
  await Promise.all(
    byBroker(queues).map(async ([brokerName, ofBroker]) => {
      try {
        const { address } = await brokerOf(cluster, ofBroker[0]!, { only: true });
        const body = lockBody(cluster, { group, queues: ofBroker });
        await cluster.call(address, "UNLOCK_BATCH_MQ", { body, timeoutMs: TIMEOUT_MS });
      } catch (error) {
        cluster.log(`Cannot unlock queues of group "${group}" at ${brokerName}`, error);
      }
    }),
  );
}

function lockBody(
  { clientId }: Cluster,
  { group, queues }: { readonly group: string; readonly queues: readonly Readonly<MessageQueue>[] },
): Uint8Array {
  const mqSet = queues.map(({ topic, brokerName, queueId }) => ({ topic, brokerName, queueId }));
  return formatLockBatch({ clientId, consumerGroup: group, mqSet } satisfies LockBatch);
}

function byBroker<Queue extends Readonly<MessageQueue>>(
  queues: readonly Queue[],
): [brokerName: string, queues: Queue[]][] {
  return [...Map.groupBy(queues, (it) => it.brokerName)];
}
