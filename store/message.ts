/**
 * A message decoded from a record, in the words of RocketMQ's `MessageExt`.
 *
 * @module
 */
import { MAGIC, MESSAGE_V1, MESSAGE_V2, SYS_FLAG } from "./format.ts";
import type { ValueOf } from "./layout.ts";

export { RecordView } from "./record_view.ts";

/** All fields of a record; `body` is a view into the memory it was read from. */
export type MessageRecord = ValueOf<typeof MESSAGE_V1.rows>;

/** Decodes the record at `at`. The frame must have been checked, see `record_view.ts`. */
export function readMessage(view: DataView, at: number): MessageRecord {
  const isV2 = view.getInt32(at + MESSAGE_V1.at.magic) === MAGIC.v2;
  return isV2 ? MESSAGE_V2.read(view, at) : MESSAGE_V1.read(view, at);
}

/** Writes a record, by the layout its magic names, and returns its bytes. */
export function writeMessage(view: DataView, at: number, message: MessageRecord): number {
  const layout = message.magic === MAGIC.v2 ? MESSAGE_V2 : MESSAGE_V1;
  return layout.write(view, at, message);
}

/** State of a record in a transaction. */
export type TransactionState = "none" | "prepared" | "commit" | "rollback";

/** Reads the two transaction bits. */
export function transactionState(sysFlag: number): TransactionState {
  switch (sysFlag & SYS_FLAG.transactionMask) {
    case SYS_FLAG.transactionPrepared:
      return "prepared";
    case SYS_FLAG.transactionCommit:
      return "commit";
    case SYS_FLAG.transactionRollback:
      return "rollback";
    default:
      return "none";
  }
}

/** Whether a record of this kind has an entry in its consume queue. */
export function isQueued(sysFlag: number): boolean {
  const state = sysFlag & SYS_FLAG.transactionMask;
  return state === 0 || state === SYS_FLAG.transactionCommit;
}
