/**
 * Clients come, stay and go: heartbeats, leaving, the members of a group, and the check of a filter
 * (Java: `ClientManageProcessor`, `ConsumerManageProcessor`).
 *
 * @module
 */

import type { Call, Reply } from "../rpc/call.ts";
import { SqlSyntaxError } from "../../store/filter/sql_filter.ts";
import { Refusal } from "../rpc/refusal.ts";
import type { Family } from "../rpc/routes.ts";
import { formatConsumerIds } from "../wire/client_connections.ts";
import { encodeResponseHeader } from "../wire/headers.ts";
import {
  type ConsumerData,
  parseClientCheck,
  parseHeartbeat,
  type SubscriptionData,
} from "../wire/heartbeat.ts";
import { PERM } from "../wire/topic_config.ts";
import type { BrokerConfig } from "./broker_config.ts";
import type { ClientChannel } from "./client_channel.ts";
import type { ConsumerGroups } from "./consumer_groups.ts";
import type { GroupTable } from "./group_table.ts";
import type { QueueLocks } from "./lock_family.ts";
import { expressionFilter } from "./message_filter.ts";
import type { ProducerGroups } from "./producer_groups.ts";
import { isTagType } from "./tag_filter.ts";
import { retryTopicOf } from "../wire/topic_names.ts";
import type { TopicTable } from "./topic_table.ts";

/** What the family works on. */
export interface ClientFamilyInput {
  readonly config: Pick<BrokerConfig, "enablePropertyFilter">;
  readonly topics: TopicTable;
  readonly groups: GroupTable;
  readonly consumers: ConsumerGroups;
  readonly producers: ProducerGroups;
  readonly locks: QueueLocks;
  readonly now: () => number;
}

/** Bit of a topic whose group has unit subscriptions (Java: `TopicSysFlag`). */
const UNIT_SUB_FLAG = 2;

/** Requests about who is connected. */
export function clientFamily(input: ClientFamilyInput): Family {
  const { config, consumers, producers, locks } = input;
  return {
    HEART_BEAT: (call) => heartbeat(input, call),

    UNREGISTER_CLIENT({ header: { clientId, producerGroup, consumerGroup }, connection }) {
      if (producerGroup !== undefined) producers.unregister(connection, producerGroup);
      if (consumerGroup !== undefined) {
        locks.release(consumerGroup, clientId);
        consumers.unregister(connection, consumerGroup);
      }
      return { extFields: {} };
    },

    GET_CONSUMER_LIST_BY_GROUP({ header: { consumerGroup } }) {
      const members = consumers.get(consumerGroup)?.channels;
      if (members === undefined) {
        throw new Refusal("SYSTEM_ERROR", `no consumer for this group, ${consumerGroup}`, {
          extFields: {},
        });
      }
      const body = formatConsumerIds(members.map((channel) => channel.clientId));
      return { extFields: {}, body };
    },

    CHECK_CLIENT_CONFIG({ body }) {
      const { subscriptionData } = parseClientCheck(body);
      if (subscriptionData === undefined) return {};
      checkExpression(subscriptionData, config);
      return {};
    },
  };
}

/** Tells a consumer at its start that its filter is not served, or what is wrong with it. */
function checkExpression(
  { expressionType, subString }: SubscriptionData,
  { enablePropertyFilter }: ClientFamilyInput["config"],
): void {
  if (isTagType(expressionType)) return;
  if (!enablePropertyFilter) {
    const remark = `The broker does not support consumer to filter message by ${expressionType}`;
    throw new Refusal("SYSTEM_ERROR", remark);
  }
  try {
    expressionFilter(expressionType, subString);
  } catch (error) {
    if (!(error instanceof SqlSyntaxError)) throw error;
    throw new Refusal("SUBSCRIPTION_PARSE_FAILED", error.message);
  }
}

function heartbeat(
  { topics, groups, consumers, producers, now }: ClientFamilyInput,
  call: Call<object>,
): Reply {
  const beat = parseHeartbeat(call.body);
  const channel: ClientChannel = {
    connection: call.connection,
    clientId: beat.clientID,
    language: call.command.language,
    version: call.command.version,
    lastUpdateTimestamp: now(),
  };
  const { heartbeatFingerprint: fingerprint = 0, withoutSub } = beat;
  let mustSendAll = fingerprint === 0;
  for (const consumer of beat.consumers) {
    const config = groups.findOrCreate(consumer.groupName);
    // A group that may not be created is passed over: its pulls will tell the client.
    if (config === undefined) continue;
    topics.createOwned(retryTopicOf(consumer.groupName), {
      queueNums: config.retryQueueNums,
      perm: PERM.READ | PERM.WRITE,
      topicSysFlag: consumer.unitMode ? UNIT_SUB_FLAG : 0,
      order: consumer.subscriptionDataSet.some(({ topic }) => topics.get(topic)?.order),
    });
    consumers.register(channel, consumer, { withoutSub: fingerprint !== 0 && withoutSub });
    if (!agreeOn(consumers, { consumer, fingerprint, withoutSub })) mustSendAll = true;
  }
  for (const group of beat.producerGroups) producers.register(group, channel);
  return {
    extFields: encodeResponseHeader("HEART_BEAT", {
      supportsHeartbeatV2: true,
      subscriptionChanged: mustSendAll,
    }),
  };
}

/**
 * Whether the heartbeats of a group agree on its subscriptions: each has the fingerprint of the one
 * before. When not, the client sends its subscriptions with the next heartbeat. A group nobody knows
 * has none yet, as after a restart of the broker: then a heartbeat that leaves them out is not enough
 * (Java lets it pass, and the group without subscriptions).
 */
function agreeOn(
  consumers: ConsumerGroups,
  { consumer, fingerprint, withoutSub = false }: {
    consumer: ConsumerData;
    fingerprint: number;
    withoutSub: boolean | undefined;
  },
): boolean {
  const group = consumers.get(consumer.groupName);
  if (group === undefined) return false;
  const known = group.fingerprint;
  group.fingerprint = fingerprint;
  return known === undefined ? !withoutSub : known === fingerprint;
}
