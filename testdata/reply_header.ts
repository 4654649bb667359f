/**
 * A reply as a broker pushes it to who asked.
 *
 * @module
 */
import { formatProperties } from "../store/properties.ts";

/** Header of the reply to the request `c1`, with a tag and two keys. */
export const REPLY_HEADER = {
  producerGroup: "prices",
  topic: "C1_REPLY_TOPIC",
  defaultTopic: "TBW102",
  defaultTopicQueueNums: 4,
  queueId: 0,
  sysFlag: 0,
  bornTimestamp: 1000,
  flag: 7,
  properties: formatProperties([["CORRELATION_ID", "c1"], ["TAGS", "t"], ["KEYS", "a b"]]),
  reconsumeTimes: 0,
  unitMode: false,
  bornHost: "10.0.0.1:5",
  storeHost: "10.0.0.2:10911",
  storeTimestamp: 2000,
} as const;

/** What it says. */
export const REPLY_BODY: Uint8Array = new TextEncoder().encode(`{"apples":42}`);
