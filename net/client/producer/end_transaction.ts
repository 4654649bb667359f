/**
 * Telling a broker how a transaction ended (Java: `DefaultMQProducerImpl.endTransaction`).
 *
 * @module
 */

import { SYS_FLAG } from "../../../store/format.ts";
import type { Cluster } from "../cluster.ts";

/**
 * How a transaction ended: its message is to be delivered, or it is to be forgotten, or that is not
 * known yet, and the broker asks later (Java: `LocalTransactionState`).
 */
export type TransactionOutcome = "commit" | "rollback" | "unknown";

/** Values of `commitOrRollback` on the wire. */
const FLAGS: Readonly<Record<TransactionOutcome, number>> = {
  commit: SYS_FLAG.transactionCommit,
  rollback: SYS_FLAG.transactionRollback,
  unknown: 0,
};

/** A transaction that ended, as its broker knows it. */
export interface EndedTransaction {
  /** `host:port` of the broker. */
  readonly address: string;
  /** Names on the wire. */
  readonly topic: string;
  readonly group: string;
  readonly outcome: TransactionOutcome;
  /** Where the half message is in the queue of half messages, and in the commit log. */
  readonly queueOffset: number;
  readonly commitLogOffset: number;
  readonly messageId: string;
  readonly transactionId: string | undefined;
  /** Whether the broker has asked. */
  readonly fromCheck: boolean;
  /** Why the outcome is not known. */
  readonly error?: unknown;
}

/** Whether a value is a {@linkcode TransactionOutcome}. */
export function isOutcome(value: unknown): value is TransactionOutcome {
  return typeof value === "string" && Object.hasOwn(FLAGS, value);
}

/**
 * Tells the broker; it gives no answer.
 *
 * @throws {RpcError} when there is no connection; the broker will ask how it ended.
 */
export async function endTransaction(
  cluster: Pick<Cluster, "tell">,
  ended: EndedTransaction,
): Promise<void> {
  const { address, outcome, fromCheck, error } = ended;
  const asked = fromCheck ? "checkLocalTransactionState" : "executeLocalTransactionBranch";
  await cluster.tell(address, "END_TRANSACTION", {
    header: {
      topic: ended.topic,
      producerGroup: ended.group,
      tranStateTableOffset: ended.queueOffset,
      commitLogOffset: ended.commitLogOffset,
      commitOrRollback: FLAGS[outcome],
      fromTransactionCheck: fromCheck,
      msgId: ended.messageId,
      transactionId: ended.transactionId,
    },
    remark: error === undefined ? undefined : `${asked} exception: ${error}`,
  });
}
