/**
 * Whether a message may be sent, before anything is read of it: the checks every kind of send goes
 * through, in Java's order and with its remarks (Java: `AbstractSendMessageProcessor.msgCheck`).
 *
 * Codes are those of 5.x. It says INVALID_PARAMETER for a bad name or queue where 4.x says
 * SYSTEM_ERROR: clients of either age raise the same error, only that those of 4.x try another broker
 * of the topic first in the latter case, which cannot help.
 *
 * @module
 */

import { Refusal } from "../rpc/refusal.ts";
import type { HeaderOf } from "../wire/headers.ts";
import { PERM, type TopicConfig } from "../wire/topic_config.ts";
import type { BrokerConfig } from "./broker_config.ts";
import { FAQ_HINT } from "./faq.ts";
import { isSendable, RETRY_PREFIX, topicNameProblem } from "../wire/topic_names.ts";
import type { TopicTable } from "./topic_table.ts";

/** Header of any send; the long and the short form decode to the same. */
export type SendHeader = HeaderOf<"SEND_MESSAGE">;

/** What the checks look at. */
export interface SendCheckInput {
  readonly config: Pick<BrokerConfig, "brokerIP1" | "brokerPermission">;
  readonly topics: TopicTable;
}

/** Bit of a retry topic whose group has unit subscriptions (Java: `TopicSysFlag`). */
const UNIT_SUB_FLAG = 2;

/**
 * The topic a message is sent to, created where that is allowed. `peer` is the producer's address.
 *
 * @throws {Refusal} if the message may not be sent.
 */
export function checkSend(input: SendCheckInput, header: SendHeader, peer: string): TopicConfig {
  const { config, topics } = input;
  const { topic, queueId } = header;
  const known = topics.get(topic);
  if ((config.brokerPermission & PERM.WRITE) === 0 && known?.order === true) {
    const remark = `the broker[${config.brokerIP1}] sending message is forbidden`;
    throw new Refusal("NO_PERMISSION", remark);
  }
  // A known topic has a sound name.
  const problem = known === undefined ? topicNameProblem(topic) : undefined;
  if (problem !== undefined) throw new Refusal("INVALID_PARAMETER", problem);
  if (!isSendable(topic)) {
    throw new Refusal("NO_PERMISSION", `Sending message to topic[${topic}] is forbidden.`);
  }
  const found = known ?? createTopic(topics, header);
  if (found === undefined) {
    const remark = `topic[${topic}] not exist, apply first please!${FAQ_HINT}`;
    throw new Refusal("TOPIC_NOT_EXIST", remark);
  }
  if (queueId >= Math.max(found.writeQueueNums, found.readQueueNums)) {
    throw illegalQueue(queueId, found, peer);
  }
  return found;
}

/**
 * The queue of a message: that of its header, or any of the topic's where the producer leaves it to the
 * broker. `random` gives 0 to less than 1, `peer` is the producer's address.
 *
 * @throws {Refusal} if there is none to choose from.
 */
export function sendQueue(
  { queueId }: SendHeader,
  topic: TopicConfig,
  random: () => number,
  peer: string,
): number {
  if (queueId >= 0) return queueId;
  if (topic.writeQueueNums <= 0) throw illegalQueue(queueId, topic, peer);
  return Math.floor(random() * topic.writeQueueNums);
}

/** The refusal of a queue that the topic does not have. */
function illegalQueue(queueId: number, topic: TopicConfig, peer: string): Refusal {
  const remark = `request queueId[${queueId}] is illegal, ${
    describeTopic(topic)
  } Producer: ${peer}`;
  return new Refusal("INVALID_PARAMETER", remark);
}

function createTopic(topics: TopicTable, header: SendHeader): TopicConfig | undefined {
  const { topic, defaultTopic, defaultTopicQueueNums: queueNums, unitMode } = header;
  const created = topics.createInSend({ topic, defaultTopic, queueNums });
  if (created !== undefined || !topic.startsWith(RETRY_PREFIX)) return created;
  const topicSysFlag = unitMode === true ? UNIT_SUB_FLAG : 0;
  return topics.createOwned(topic, { queueNums: 1, perm: PERM.READ | PERM.WRITE, topicSysFlag });
}

/** A topic as Java prints it (Java: `TopicConfig.toString`). */
function describeTopic(topic: TopicConfig): string {
  const bit = (perm: number, letter: string) => (topic.perm & perm) === 0 ? "-" : letter;
  const attributes = Array.from(topic.attributes ?? [], ([name, value]) => `${name}=${value}`);
  return `TopicConfig [topicName=${topic.topicName}, readQueueNums=${topic.readQueueNums}, ` +
    `writeQueueNums=${topic.writeQueueNums}, ` +
    `perm=${bit(PERM.READ, "R")}${bit(PERM.WRITE, "W")}${bit(PERM.INHERIT, "X")}, ` +
    `topicFilterType=${topic.topicFilterType}, topicSysFlag=${topic.topicSysFlag}, ` +
    `order=${topic.order}, attributes={${attributes.join(", ")}}]`;
}
