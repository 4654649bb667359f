/**
 * What is traced of a producer and of a consumer, and when (Java: `SendMessageTraceHookImpl`,
 * `ConsumeMessageTraceHookImpl`, `EndTransactionTraceHookImpl`).
 *
 * @module
 */

import { randomUUID } from "node:crypto";
import { KEY_SEPARATOR, PROPERTY } from "../../../store/properties.ts";
import type { ConsumeContext, ConsumeHooks } from "../consumer/consumer_hooks.ts";
import type { Message } from "../message.ts";
import type { ReceivedMessage } from "../received_message.ts";
import type { TransactionOutcome } from "../producer/end_transaction.ts";
import type { MessageKind, SendHooks } from "../producer/hooks.ts";
import type { TraceDispatcher } from "./trace_dispatcher.ts";
import type { TRACED_MESSAGE_TYPES, TraceRecord } from "./trace_record.ts";

/** Region of a message that names none (Java: `MixAll.DEFAULT_TRACE_REGION_ID`). */
const DEFAULT_REGION = "DefaultRegion";

/** Where records go, and by what clock they are dated. */
export interface Tracing {
  readonly dispatcher: Pick<TraceDispatcher, "append" | "topic">;
  readonly now: () => number;
}

const TYPES: Readonly<Record<MessageKind, (typeof TRACED_MESSAGE_TYPES)[number]>> = {
  normal: "normal",
  half: "half",
  delayed: "delay",
  reply: "normal",
};

/**
 * Tells of every message that a broker took and wants traced. A batch is a record for each of its
 * messages, where Java writes one under all ids that none of them finds.
 */
export function producerTrace({ dispatcher, now }: Tracing): SendHooks {
  return {
    afterSend(attempt, { elapsedMs, stored }) {
      const { queue: { topic }, group, messages } = attempt;
      if (stored?.regionId === undefined || !stored.traceOn || topic === dispatcher.topic) return;
      const { regionId, status } = stored;
      const offsetMessageIds = stored.offsetMessageId.split(",");
      const costMs = Math.round(elapsedMs);
      const time = now() - costMs;
      const bodyBytes = Math.round(attempt.bodyBytes / messages.length);
      const records = messages.map((message, at): TraceRecord => ({
        type: "Pub",
        time,
        regionId,
        group,
        topic,
        messageId: attempt.messageIds[at],
        tag: message.tag,
        keys: keysText(message.keys),
        storeHost: attempt.address,
        bodyBytes,
        costMs,
        messageType: TYPES[attempt.kind],
        offsetMessageId: offsetMessageIds[at],
        success: status === "SEND_OK",
      }));
      dispatcher.append({ topic, records });
    },
  };
}

/** Tells of every delivery, before and after, but of messages whose broker wants none traced. */
export function consumerTrace({ dispatcher, now }: Tracing): ConsumeHooks<ReceivedMessage> {
  const requestIds = new WeakMap<ConsumeContext<ReceivedMessage>, string>();
  const tracedOf = ({ messages }: ConsumeContext<ReceivedMessage>) =>
    messages.filter((it) => it.properties.get(PROPERTY.traceOn) !== "false");
  return {
    beforeConsume(context) {
      const { topic, group } = context;
      if (topic === dispatcher.topic) return;
      const requestId = randomUUID().replaceAll("-", "").toUpperCase();
      requestIds.set(context, requestId);
      const time = now();
      const records = tracedOf(context).map((message): TraceRecord => ({
        type: "SubBefore",
        time,
        regionId: message.properties.get(PROPERTY.region),
        group,
        requestId,
        messageId: message.messageId,
        retryTimes: message.attempt - 1,
        keys: message.properties.get(PROPERTY.keys),
      }));
      if (records.length > 0) dispatcher.append({ topic, records });
    },
    afterConsume(context, { result, tookMs }) {
      const { topic, group, messages } = context;
      const requestId = requestIds.get(context);
      if (requestId === undefined) return;
      const time = now();
      const costMs = Math.round(tookMs / messages.length);
      const records = tracedOf(context).map((message): TraceRecord => ({
        type: "SubAfter",
        requestId,
        messageId: message.messageId,
        costMs,
        success: result === "success",
        keys: message.properties.get(PROPERTY.keys),
        result,
        time,
        group,
      }));
      if (records.length > 0) dispatcher.append({ topic, records });
    },
  };
}

/** A transaction that ended, as it is traced. */
export interface TracedTransaction {
  readonly group: string;
  readonly topic: string;
  readonly messageId: string;
  readonly transactionId: string | undefined;
  readonly tag: string | undefined;
  readonly keys: Message["keys"];
  readonly regionId?: string | undefined;
  /** `host:port` of the broker that is told. */
  readonly address: string;
  readonly outcome: TransactionOutcome;
  readonly fromCheck: boolean;
}

/** Tells how a transaction ended. */
export function traceTransaction({ dispatcher, now }: Tracing, ended: TracedTransaction): void {
  const { topic } = ended;
  dispatcher.append({
    topic,
    records: [{
      type: "EndTransaction",
      time: now(),
      regionId: ended.regionId ?? DEFAULT_REGION,
      group: ended.group,
      topic,
      messageId: ended.messageId,
      tag: ended.tag,
      keys: keysText(ended.keys),
      storeHost: ended.address,
      messageType: "commit",
      transactionId: ended.transactionId,
      state: ended.outcome,
      fromCheck: ended.fromCheck,
    }],
  });
}

function keysText(keys: Message["keys"]): string | undefined {
  const text = typeof keys === "string" ? keys : keys?.join(KEY_SEPARATOR);
  return text === "" ? undefined : text;
}
