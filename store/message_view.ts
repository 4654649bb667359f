/**
 * A message as programs and people see it: one object of plain values, in the order and with the
 * names of the JSON contract, which are those of RocketMQ's `MessageExt`.
 *
 * @module
 */
import { formatHost } from "./host.ts";
import { type MessageRecord, readMessage } from "./message.ts";
import { formatMessageId } from "./message_id.ts";
import { parseProperties } from "./properties.ts";
import type { RecordView } from "./record_view.ts";

/** A message without its body. Times are epoch milliseconds, hosts `ip:port`. */
export interface MessageView {
  readonly topic: string;
  readonly queueId: number;
  readonly queueOffset: number;
  readonly commitLogOffset: number;
  /** Bytes of the record. */
  readonly storeSize: number;
  readonly magic: number;
  readonly bodyCRC: number;
  /** Bytes of the body as stored. */
  readonly storedBodySize: number;
  readonly sysFlag: number;
  readonly flag: number;
  readonly bornTimestamp: number;
  readonly bornHost: string;
  readonly storeTimestamp: number;
  readonly storeHost: string;
  readonly reconsumeTimes: number;
  readonly preparedTransactionOffset: number;
  readonly properties: Readonly<Record<string, string>>;
  /** The offset id, not the client's unique key. */
  readonly msgId: string;
}

/** Describes a decoded record. */
export function messageView(message: MessageRecord): MessageView {
  return {
    topic: message.topic,
    queueId: message.queueId,
    queueOffset: message.queueOffset,
    commitLogOffset: message.physicalOffset,
    storeSize: message.totalSize,
    magic: message.magic,
    bodyCRC: message.bodyCRC,
    storedBodySize: message.body.length,
    sysFlag: message.sysFlag,
    flag: message.flag,
    bornTimestamp: message.bornTimestamp,
    bornHost: formatHost(message.bornHost),
    storeTimestamp: message.storeTimestamp,
    storeHost: formatHost(message.storeHost),
    reconsumeTimes: message.reconsumeTimes,
    preparedTransactionOffset: message.preparedTransactionOffset,
    properties: Object.fromEntries(parseProperties(message.properties)),
    msgId: formatMessageId(message.storeHost, message.physicalOffset),
  };
}

/** Describes the record a view was loaded with. */
export function viewOfRecord(record: RecordView): MessageView {
  return messageView(readMessage(record.view, record.at));
}
