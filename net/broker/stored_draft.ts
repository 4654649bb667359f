/**
 * A message that is stored already, on its way into the log once more: a retry, or a delayed message
 * whose time has come.
 *
 * @module
 */

import { SYS_FLAG } from "../../store/format.ts";
import { type MessageRecord, readMessage } from "../../store/message.ts";
import type { MessageDraft, PutResult } from "../../store/put.ts";
import { RecordView } from "../../store/record_view.ts";

/** What of the message changes. */
export interface StoredDraftChanges {
  readonly topic: string;
  readonly queueId: number;
  /** Default: as stored. */
  readonly reconsumeTimes?: number;
  /** Default: as stored. */
  readonly properties?: string;
}

/** The append sets them as the addresses of the new record are. */
const ADDRESS_BITS = SYS_FLAG.bornHostV6 | SYS_FLAG.storeHostV6;

/** The message of a record at the start of `bytes`, whose frame is sound. */
export function storedMessage(bytes: Uint8Array): MessageRecord {
  return readMessage(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0);
}

/** The messages of the records a read brought, one after the other. */
export function* storedMessages(body: Uint8Array): Generator<MessageRecord> {
  const record = new RecordView();
  record.attach(body);
  for (let at = 0; at < body.length && record.load(at, body.length) === undefined;) {
    yield storedMessage(record.record());
    at += record.size;
  }
}

/** The draft that repeats a message elsewhere. Body and origin stay; the body is not copied. */
export function draftOfStored(message: MessageRecord, changes: StoredDraftChanges): MessageDraft {
  return {
    topic: changes.topic,
    queueId: changes.queueId,
    flag: message.flag,
    sysFlag: message.sysFlag & ~ADDRESS_BITS,
    bornTimestamp: message.bornTimestamp,
    bornHost: message.bornHost,
    reconsumeTimes: changes.reconsumeTimes ?? message.reconsumeTimes,
    preparedTransactionOffset: 0,
    body: message.body,
    properties: changes.properties ?? message.properties,
  };
}

/** What stands for the put of a message that is dropped: whoever waits for it goes on. */
export const DROPPED: PutResult = {
  status: "PUT_OK",
  stored: true,
  physicalOffset: -1,
  queueOffset: -1,
  storeTimestamp: 0,
  physicalOffsets: [],
  wroteBytes: 0,
};
