/**
 * Requests about timed messages: how far the timer is, which a slave asks for, and taking a message back
 * (Java: `AdminBrokerProcessor`, `RecallMessageProcessor`).
 *
 * @module
 */

import { writeFastJson } from "../../store/fast_json.ts";
import { hostBytes } from "../../store/host.ts";
import { formatProperties, PROPERTY } from "../../store/properties.ts";
import type { MessageDraft, PutResult } from "../../store/put.ts";
import type { Store } from "../../store/store.ts";
import { NOTHING_DELIVERED, timerCheckpointBytes } from "../../store/timer_checkpoint.ts";
import { type Call, LATER } from "../rpc/call.ts";
import { Refusal } from "../rpc/refusal.ts";
import type { Family } from "../rpc/routes.ts";
import type { HeaderOf } from "../wire/headers.ts";
import { parseInt64 } from "../wire/header.ts";
import { PERM } from "../wire/topic_config.ts";
import type { BrokerConfig } from "./broker_config.ts";
import type { BrokerStats } from "./broker_stats.ts";
import { parseRecallHandle, type RecallHandle } from "./recall_handle.ts";
import { SEND_PROPERTY } from "./send_properties.ts";
import type { Timer } from "./timer.ts";
import type { TimerMetrics } from "./timer_metrics.ts";
import { deleteKeyOf, type PlaceTimed, TIMER_PROPERTY, type TimerPlace } from "./timer_place.ts";
import type { TopicTable } from "./topic_table.ts";

/** What the family works on. */
export interface TimerFamilyInput {
  readonly config: Pick<
    BrokerConfig,
    | "allowRecallWhenBrokerNotWriteable"
    | "appendTopicForTimerDeleteKey"
    | "brokerName"
    | "brokerPermission"
    | "recallMessageEnable"
    | "regionId"
    | "timerMaxDelaySec"
  >;
  readonly store: Pick<Store, "put">;
  readonly topics: Pick<TopicTable, "get">;
  readonly stats: BrokerStats;
  /** Absent where the broker takes no timed messages. */
  readonly timer: Pick<Timer, "checkpoint"> | undefined;
  readonly timerMetrics: TimerMetrics;
  readonly placeTimed: PlaceTimed;
  readonly now: () => number;
}

/** Requests about timed messages. */
export function timerFamily(input: TimerFamilyInput): Family {
  const { timer, timerMetrics } = input;
  return {
    GET_TIMER_CHECK_POINT() {
      if (timer === undefined) throw new Refusal("SYSTEM_ERROR", "The checkpoint is null");
      return { body: timerCheckpointBytes(timer.checkpoint ?? NOTHING_DELIVERED) };
    },

    GET_TIMER_METRICS() {
      if (timer === undefined) throw new Refusal("SYSTEM_ERROR", "The timer message store is null");
      return { body: new TextEncoder().encode(writeFastJson(timerMetrics.toJson())) };
    },

    RECALL_MESSAGE: (call) => recall(input, call),
  };
}

/** Tag of a message that takes another back. */
const RECALL_TAG = "_RECALL_TAG_";
const RECALL_BODY = new TextEncoder().encode("0");

function recall(
  input: TimerFamilyInput,
  call: Call<HeaderOf<"RECALL_MESSAGE">>,
): typeof LATER {
  const { config, store, stats } = input;
  const extFields = { MSG_REGION: config.regionId };
  try {
    const handle = checkedHandle(input, call.header);
    const draft = recallDraft(input, call, handle);
    store.put(draft, (result: PutResult) => {
      if (!result.stored) {
        return call.answer({ code: "SYSTEM_ERROR", remark: NOT_DONE, extFields });
      }
      stats.put(draft.topic, 1, result.wroteBytes);
      call.answer({ extFields: { ...extFields, msgId: handle.messageId } });
    });
    return LATER;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Refusal(error.code, error.remark, { extFields, cause: error });
  }
}

const NOT_DONE = "recall failed, execute error";
const NOT_AVAILABLE = "recall failed, broker service not available";

/** What a request asks for, in Java's order of checks. */
function checkedHandle(
  { config, topics, now }: TimerFamilyInput,
  { topic, recallHandle }: HeaderOf<"RECALL_MESSAGE">,
): RecallHandle {
  if (!config.recallMessageEnable) {
    throw new Refusal("NO_PERMISSION", "recall failed, operation is forbidden");
  }
  const isWritable = (config.brokerPermission & PERM.WRITE) !== 0;
  if (!isWritable && !config.allowRecallWhenBrokerNotWriteable) {
    throw new Refusal("SERVICE_NOT_AVAILABLE", NOT_AVAILABLE);
  }
  if (topics.get(topic) === undefined) {
    throw new Refusal("TOPIC_NOT_EXIST", `recall failed, the topic[${topic}] not exist`);
  }
  const handle = parseRecallHandle(recallHandle);
  if (handle === undefined) throw new Refusal("ILLEGAL_OPERATION", "recall handle is invalid");
  if (topic !== handle.topic) {
    throw new Refusal("ILLEGAL_OPERATION", "recall failed, topic not match");
  }
  if (config.brokerName !== handle.brokerName) {
    throw new Refusal("ILLEGAL_OPERATION", NOT_AVAILABLE);
  }
  const leftMs = (parseInt64(handle.timestamp) ?? -1) - now();
  if (leftMs <= 0 || leftMs >= config.timerMaxDelaySec * 1000) {
    throw new Refusal("ILLEGAL_OPERATION", "recall failed, timestamp invalid");
  }
  return handle;
}

/** The message that takes another back: it is parked under the same second. */
function recallDraft(
  { config, placeTimed, now }: TimerFamilyInput,
  { header, connection }: Call<HeaderOf<"RECALL_MESSAGE">>,
  { topic, timestamp, messageId }: RecallHandle,
): MessageDraft {
  const properties = new Map<string, string>([
    [PROPERTY.tags, RECALL_TAG],
    [TIMER_PROPERTY.deleteKey, deleteKeyOf({ topic, uniqueKey: messageId }, config)],
    [PROPERTY.uniqueKey, messageId],
    [SEND_PROPERTY.timerDeliverMs, timestamp],
    ["BORN_TIMESTAMP", String(now())],
  ]);
  const { producerGroup } = header;
  if (producerGroup !== undefined) properties.set(PROPERTY.producerGroup, producerGroup);
  const place = placeOrNone(() => placeTimed(properties, { topic, queueId: 0 }));
  for (const [name, value] of place.added) properties.set(name, value);
  return {
    topic: place.topic,
    queueId: place.queueId,
    flag: 0,
    sysFlag: 0,
    bornTimestamp: now(),
    bornHost: hostBytes(connection.remote.hostname, connection.remote.port),
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    body: RECALL_BODY,
    properties: formatProperties(properties),
  };
}

/** What keeps a send from being parked is no answer to a recall. */
function placeOrNone(find: () => TimerPlace | undefined): TimerPlace {
  try {
    const place = find();
    if (place !== undefined) return place;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Refusal("SYSTEM_ERROR", NOT_DONE, { cause: error });
  }
  throw new Refusal("SYSTEM_ERROR", NOT_DONE);
}
