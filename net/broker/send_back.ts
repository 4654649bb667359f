/**
 * Messages that a consumer gives back (Java: `AbstractSendMessageProcessor.consumerSendMsgBack`). They
 * are put once more, into the retry topic of the group after a delay, or into its dead letter topic
 * when they came back too often.
 *
 * @module
 */

import type { MessageRecord } from "../../store/message.ts";
import { formatMessageId } from "../../store/message_id.ts";
import { formatProperties, parseProperties, PROPERTY } from "../../store/properties.ts";
import type { MessageDraft, PutResult } from "../../store/put.ts";
import type { Store } from "../../store/store.ts";
import { type Call, LATER, type Reply } from "../rpc/call.ts";
import { Refusal } from "../rpc/refusal.ts";
import type { Family } from "../rpc/routes.ts";
import type { HeaderOf } from "../wire/headers.ts";
import type { SubscriptionGroupConfig } from "../wire/subscription_group.ts";
import { PERM } from "../wire/topic_config.ts";
import type { BrokerConfig } from "./broker_config.ts";
import type { BrokerStats } from "./broker_stats.ts";
import { deadLetterTopic, DLQ_QUEUE_ID, givingGroup, reconsumeTimesMax } from "./dead_letter.ts";
import { waitingPlace } from "./delay_levels.ts";
import type { GroupTable } from "./group_table.ts";
import { draftOfStored, storedMessage } from "./stored_draft.ts";
import { retryTopicOf } from "../wire/topic_names.ts";
import type { TopicTable } from "./topic_table.ts";

/** What the family works on. */
export interface SendBackFamilyInput {
  readonly config: Pick<BrokerConfig, "brokerIP1" | "brokerPermission">;
  readonly store: Pick<Store, "put" | "recordAt">;
  readonly topics: TopicTable;
  readonly groups: GroupTable;
  readonly stats: BrokerStats;
  /** Number of delay levels. */
  readonly delayLevelCount: number;
  /** From 0 to less than 1. */
  readonly random: () => number;
}

type SendBackHeader = HeaderOf<"CONSUMER_SEND_MSG_BACK">;

/** Bit of a retry topic whose group has unit subscriptions (Java: `TopicSysFlag`). */
const UNIT_SUB_FLAG = 2;

/** Level of the first retry where the consumer leaves the delay to the broker; later ones wait longer. */
const FIRST_RETRY_LEVEL = 3;

/** The request that gives a message back. */
export function sendBackFamily(input: SendBackFamilyInput): Family {
  return {
    CONSUMER_SEND_MSG_BACK(call) {
      const { group: name } = call.header;
      const group = givingGroup(input.groups, name);
      if ((input.config.brokerPermission & PERM.WRITE) === 0) {
        const remark = `the broker[${input.config.brokerIP1}] sending message is forbidden`;
        throw new Refusal("NO_PERMISSION", remark);
      }
      if (group.retryQueueNums <= 0) return {};
      const queueId = retryQueue(input, group, call.header);
      const message = messageAt(input.store, call.header.offset);
      input.store.put(draftOf(input, call, { group, message, queueId }), (result) => {
        if (result.stored) input.stats.sentBack(originalTopic(message), name);
        call.answer(replyOf(result));
      });
      return LATER;
    },
  };
}

/** A queue of the group's retry topic, which is created when it is not there. */
function retryQueue(
  { topics, random }: SendBackFamilyInput,
  group: SubscriptionGroupConfig,
  { unitMode }: SendBackHeader,
): number {
  const name = retryTopicOf(group.groupName);
  const topic = topics.createOwned(name, {
    queueNums: group.retryQueueNums,
    perm: PERM.READ | PERM.WRITE,
    topicSysFlag: unitMode === true ? UNIT_SUB_FLAG : 0,
  });
  if ((topic.perm & PERM.WRITE) === 0) {
    throw new Refusal("NO_PERMISSION", `the topic[${name}] sending message is forbidden`);
  }
  return Math.floor(random() * group.retryQueueNums);
}

function messageAt(store: SendBackFamilyInput["store"], offset: number): MessageRecord {
  const record = store.recordAt(offset);
  if (record !== undefined) return storedMessage(record);
  throw new Refusal("SYSTEM_ERROR", `look message by offset failed, ${offset}`);
}

function originalTopic(message: MessageRecord): string {
  return parseProperties(message.properties).get(PROPERTY.retryTopic) ?? message.topic;
}

/** The message with what a retry adds, at the place where it waits or rests. */
function draftOf(
  { topics, delayLevelCount }: SendBackFamilyInput,
  { header, command }: Call<SendBackHeader>,
  { group, message, queueId }: {
    readonly group: SubscriptionGroupConfig;
    readonly message: MessageRecord;
    readonly queueId: number;
  },
): MessageDraft {
  const properties = parseProperties(message.properties);
  if (!properties.has(PROPERTY.retryTopic)) properties.set(PROPERTY.retryTopic, message.topic);
  if (!properties.has(PROPERTY.originMessageId)) {
    const id = formatMessageId(message.storeHost, message.physicalOffset);
    properties.set(PROPERTY.originMessageId, id);
  }
  // Nobody waits for a retry to be on the disk: its first record is.
  properties.set(PROPERTY.wait, "false");
  const reconsumeTimes = message.reconsumeTimes + 1;
  const timesMax = reconsumeTimesMax(group, command, header.maxReconsumeTimes);
  if (message.reconsumeTimes >= timesMax || header.delayLevel < 0) {
    properties.set(PROPERTY.delay, "0");
    return draftOfStored(message, {
      topic: deadLetterTopic(topics, group.groupName).topicName,
      queueId: DLQ_QUEUE_ID,
      reconsumeTimes,
      properties: formatProperties(properties),
    });
  }
  const place = { topic: retryTopicOf(group.groupName), queueId };
  const level = header.delayLevel || FIRST_RETRY_LEVEL + message.reconsumeTimes;
  const waiting = waitingPlace(level, delayLevelCount);
  properties.set(PROPERTY.delay, String(waiting.level));
  properties.set(PROPERTY.realTopic, place.topic);
  properties.set(PROPERTY.realQueueId, String(place.queueId));
  return draftOfStored(message, {
    topic: waiting.topic,
    queueId: waiting.queueId,
    reconsumeTimes,
    properties: formatProperties(properties),
  });
}

function replyOf(result: PutResult): Reply {
  return result.status === "PUT_OK" ? {} : { code: "SYSTEM_ERROR", remark: result.status };
}
