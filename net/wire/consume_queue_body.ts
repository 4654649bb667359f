/**
 * The body that shows units of a consume queue.
 *
 * @module
 */

import type { SubscriptionData } from "./heartbeat.ts";
import { formatBody } from "./json_body.ts";

/** One unit (Java: `ConsumeQueueData`). */
export interface ConsumeQueueData {
  readonly physicOffset: number;
  readonly physicSize: number;
  /** Hash of the tag; the address of the unit's extension where there is one. */
  readonly tagsCode: bigint;
  /** What the extension holds, as JSON. */
  readonly extendDataJson?: string | undefined;
  /** Bits of the filters that let the message pass, the last first. */
  readonly bitMap?: string | undefined;
  /** Whether the group's subscription keeps it; Java looks only where there is an extension. */
  readonly eval: boolean;
  /** What is wrong with the unit. */
  readonly msg?: string | undefined;
}

/** Response to QUERY_CONSUME_QUEUE (Java: `QueryConsumeQueueResponseBody`). */
export interface ConsumeQueueBody {
  readonly maxQueueIndex: number;
  readonly minQueueIndex: number;
  readonly queueData: readonly ConsumeQueueData[];
  /** Subscription of the group that was asked for. */
  readonly subscriptionData?: SubscriptionData | undefined;
  /** Its filter, or why there is none. */
  readonly filterData?: string | undefined;
}

/** Response to QUERY_CONSUME_QUEUE. */
export function formatConsumeQueue(body: ConsumeQueueBody): Uint8Array {
  return formatBody(body);
}
