/**
 * The requests about transactions: their end, and one more chance for one that was given up (Java:
 * `EndTransactionProcessor`, `AdminBrokerProcessor.resumeCheckHalfMessage`). A half message itself comes as
 * any message does, see `send_family.ts`.
 *
 * @module
 */

import type { MessageRecord } from "../../store/message.ts";
import { parseMessageId } from "../../store/message_id.ts";
import { parseProperties, PROPERTY } from "../../store/properties.ts";
import type { PutResult } from "../../store/put.ts";
import type { Store } from "../../store/store.ts";
import { LATER, type Reply } from "../rpc/call.ts";
import { Refusal } from "../rpc/refusal.ts";
import type { Family } from "../rpc/routes.ts";
import type { HeaderOf } from "../wire/headers.ts";
import type { BrokerConfig } from "./broker_config.ts";
import { copiedDraft, hasHalfPairs, TRANSACTION_PROPERTY } from "./half_message.ts";
import { storedMessage } from "./stored_draft.ts";
import { TRANS_CHECK_MAX_TIME_TOPIC, TRANS_HALF_TOPIC } from "../wire/topic_names.ts";
import type { TransactionEnd, Transactions } from "./transactions.ts";

/** What the family works on. */
export interface TransactionFamilyInput {
  readonly config: Pick<BrokerConfig, "maxMessageSize" | "transactionTimeOut">;
  readonly store: Pick<Store, "put" | "recordAt">;
  readonly transactions: Transactions;
}

/** What a producer says of a transaction; on the wire; never renumber (Java: `MessageSysFlag`). */
export const TRANSACTION_END = { unknown: 0, commit: 8, rollback: 12 } as const;

const ENDS: ReadonlyMap<number, TransactionEnd> = new Map([
  [TRANSACTION_END.commit, "commit"],
  [TRANSACTION_END.rollback, "rollback"],
]);

const TOO_LATE = "The time to be left alone for is over, the producer will be asked";
const NOT_PUT_BACK = `Put message back to ${TRANS_HALF_TOPIC} failed.`;

/** Requests about transactions. */
export function transactionFamily(input: TransactionFamilyInput): Family {
  return {
    END_TRANSACTION(call) {
      const end = ENDS.get(call.header.commitOrRollback);
      // The producer does not know yet and will be asked. Java leaves even those unanswered who wait.
      if (end === undefined) return {};
      const half = halfMessage(input.store, call.header);
      const { config: { transactionTimeOut }, transactions } = input;
      if (!call.header.fromTransactionCheck && transactions.isTooLate(half, transactionTimeOut)) {
        throw new Refusal("ILLEGAL_OPERATION", TOO_LATE);
      }
      transactions.end(half, end, (put) => call.answer(replyOf(put, input.config)));
      return LATER;
    },

    RESUME_CHECK_HALF_MESSAGE(call) {
      const half = givenUpMessage(input.store, call.header.msgId ?? "");
      const draft = copiedDraft(half, { [TRANSACTION_PROPERTY.checkTimes]: "0" });
      input.store.put(draft, ({ status }) => {
        call.answer(status === "PUT_OK" ? {} : { code: "SYSTEM_ERROR", remark: NOT_PUT_BACK });
      });
      return LATER;
    },
  };
}

/**
 * The half message a producer speaks of. Java takes any message for one that has its pairs, wherever it
 * lies; here it must lie where half messages do.
 */
function halfMessage(
  store: TransactionFamilyInput["store"],
  { producerGroup, tranStateTableOffset, commitLogOffset }: HeaderOf<"END_TRANSACTION">,
): MessageRecord {
  const record = store.recordAt(commitLogOffset);
  const half = record && storedMessage(record);
  if (half?.topic !== TRANS_HALF_TOPIC || !hasHalfPairs(half)) {
    throw new Refusal("SYSTEM_ERROR", "Find prepared transaction message failed");
  }
  const group = parseProperties(half.properties).get(PROPERTY.producerGroup);
  if (group !== producerGroup) throw new Refusal("SYSTEM_ERROR", "The producer group wrong");
  if (half.queueOffset !== tranStateTableOffset) {
    throw new Refusal("SYSTEM_ERROR", "The transaction state table offset wrong");
  }
  return half;
}

/** A message that was given up, or still is a half message, by its offset id. */
function givenUpMessage(store: TransactionFamilyInput["store"], msgId: string): MessageRecord {
  const place = parseMessageId(msgId)?.physicalOffset;
  const record = place === undefined ? undefined : store.recordAt(place);
  const half = record && storedMessage(record);
  const isOurs = half?.topic === TRANS_CHECK_MAX_TIME_TOPIC || half?.topic === TRANS_HALF_TOPIC;
  if (half !== undefined && isOurs && hasHalfPairs(half)) return half;
  throw new Refusal("SYSTEM_ERROR", NOT_PUT_BACK);
}

/** What a commit comes to (Java: `EndTransactionProcessor.sendFinalMessage`). */
function replyOf(
  put: PutResult | undefined,
  { maxMessageSize }: TransactionFamilyInput["config"],
): Reply {
  if (put === undefined || put.stored) return {};
  switch (put.status) {
    case "MESSAGE_ILLEGAL":
    case "PROPERTIES_SIZE_EXCEEDED":
      return {
        code: "MESSAGE_ILLEGAL",
        remark: "The message is illegal, maybe msg body or properties length not matched. " +
          `msg body length limit ${maxMessageSize}B, msg properties length limit 32KB.`,
      };
    case "SERVICE_NOT_AVAILABLE":
      return { code: "SERVICE_NOT_AVAILABLE", remark: "Service not available now." };
    case "CREATE_MAPPED_FILE_FAILED":
      return { code: "SYSTEM_ERROR", remark: "Create mapped file failed." };
    default:
      return { code: "SYSTEM_ERROR", remark: "UNKNOWN_ERROR" };
  }
}
