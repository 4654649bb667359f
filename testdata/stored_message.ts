/**
 * A message as a broker gives it out, for tests that look at one.
 *
 * @module
 */
import { ReceivedMessage } from "../net/client/received_message.ts";
import { MAGIC } from "../store/format.ts";
import { hostBytes } from "../store/host.ts";
import type { MessageRecord } from "../store/message.ts";
import { formatProperties } from "../store/properties.ts";

/** A message whose fields are all set; `properties` are pairs. */
export function storedMessage(
  { properties = {}, body = "17 apples", ...fields }:
    & Partial<Omit<MessageRecord, "properties" | "body">>
    & {
      readonly properties?: Readonly<Record<string, string>>;
      readonly body?: string | Uint8Array;
    } = {},
): ReceivedMessage {
  const record: MessageRecord = {
    totalSize: 200,
    magic: MAGIC.v1,
    bodyCRC: 0,
    queueId: 3,
    flag: 7,
    queueOffset: 11,
    physicalOffset: 4096,
    sysFlag: 0,
    bornTimestamp: 1_795_250_000_000,
    bornHost: hostBytes("10.0.0.1", 5),
    storeTimestamp: 1_795_250_000_500,
    storeHost: hostBytes("10.0.0.2", 10911),
    reconsumeTimes: 2,
    preparedTransactionOffset: 0,
    topic: "Orders",
    ...fields,
    body: typeof body === "string" ? new TextEncoder().encode(body) : body,
    properties: formatProperties(Object.entries(properties)),
  };
  return new ReceivedMessage(record, { brokerName: "broker-a" });
}
