/**
 * Groups: what there are, who is in them and how far they are, and their making and removal (Java:
 * `AdminBrokerProcessor`).
 *
 * @module
 */

import type { Reply } from "../rpc/call.ts";
import { Refusal } from "../rpc/refusal.ts";
import type { Family } from "../rpc/routes.ts";
import {
  type ClientConnection,
  formatConsumerConnection,
  formatProducerConnection,
  formatProducerTable,
} from "../wire/client_connections.ts";
import { encodeResponseHeader, type HeaderOf } from "../wire/headers.ts";
import {
  formatSubscriptionGroup,
  formatSubscriptionGroups,
  parseSubscriptionGroup,
} from "../wire/subscription_group.ts";
import type { ClientChannel } from "./client_channel.ts";
import type { BrokerStats } from "./broker_stats.ts";
import type { ConsumerGroups } from "./consumer_groups.ts";
import type { GroupTable } from "./group_table.ts";
import type { OffsetTable } from "./offset_table.ts";
import type { ProducerGroups } from "./producer_groups.ts";
import { groupNameProblem } from "../wire/topic_names.ts";

/** What the family works on. */
export interface GroupFamilyInput {
  readonly groups: GroupTable;
  readonly offsets: OffsetTable;
  readonly consumers: ConsumerGroups;
  readonly producers: ProducerGroups;
  readonly stats: BrokerStats;
}

/** Queues of a retry topic. */
const RETRY_QUEUES_MAX = 65_536;

/** Requests about groups and their members. */
export function groupFamily(input: GroupFamilyInput): Family {
  const { groups, consumers, producers } = input;
  return {
    UPDATE_AND_CREATE_SUBSCRIPTIONGROUP: ({ body }) => updateGroup(input, body),
    DELETE_SUBSCRIPTIONGROUP: ({ header }) => deleteGroup(input, header),

    GET_ALL_SUBSCRIPTIONGROUP_CONFIG() {
      const all = groups.snapshot();
      const totalGroupNum = all.subscriptionGroupTable.size;
      return {
        extFields: encodeResponseHeader("GET_ALL_SUBSCRIPTIONGROUP_CONFIG", { totalGroupNum }),
        body: formatSubscriptionGroups(all),
      };
    },

    GET_SUBSCRIPTIONGROUP_CONFIG({ header: { group } }) {
      const config = groups.get(group);
      if (config === undefined) {
        throw new Refusal("SUBSCRIPTION_GROUP_NOT_EXIST", "No group in this broker");
      }
      return { body: formatSubscriptionGroup(config) };
    },

    GET_CONSUMER_CONNECTION_LIST({ header: { consumerGroup } }) {
      const group = consumers.get(consumerGroup);
      if (group === undefined) {
        const remark = `the consumer group[${consumerGroup}] not online`;
        throw new Refusal("CONSUMER_NOT_ONLINE", remark);
      }
      const { consumeType, messageModel, consumeFromWhere, subscriptions } = group;
      const connectionSet = group.channels.map(connectionOf);
      const subscriptionTable = new Map(subscriptions);
      return {
        body: formatConsumerConnection({
          connectionSet,
          subscriptionTable,
          consumeType,
          messageModel,
          consumeFromWhere,
        }),
      };
    },

    GET_PRODUCER_CONNECTION_LIST({ header: { producerGroup } }) {
      const channels = producers.get(producerGroup);
      if (channels === undefined) {
        throw new Refusal("SYSTEM_ERROR", `the producer group[${producerGroup}] not exist`);
      }
      return { body: formatProducerConnection(channels.map(connectionOf)) };
    },

    GET_ALL_PRODUCER_INFO() {
      const producersOf = (channels: readonly ClientChannel[]) =>
        channels.map(({ connection, clientId, language, version, lastUpdateTimestamp }) => {
          const remoteIP = `/${connection.peer}`;
          return { clientId, remoteIP, language, version, lastUpdateTimestamp };
        });
      const table = Array.from(producers.all(), ([group, channels]) => {
        return [group, producersOf(channels)] as const;
      });
      return { body: formatProducerTable(new Map(table)) };
    },
  };
}

async function updateGroup({ groups }: GroupFamilyInput, body: Uint8Array): Promise<Reply> {
  const group = parseSubscriptionGroup(body);
  const { groupName, retryQueueNums, attributes } = group;
  const problem = groupNameProblem(groupName);
  if (problem !== undefined) throw new Refusal("INVALID_PARAMETER", problem);
  if (retryQueueNums < 0 || retryQueueNums > RETRY_QUEUES_MAX) {
    throw new Refusal(
      "INVALID_PARAMETER",
      `Group ${groupName} cannot have ${retryQueueNums} retry queues, limit is ${RETRY_QUEUES_MAX}`,
    );
  }
  for (const key of attributes?.keys() ?? []) {
    throw new Refusal("INVALID_PARAMETER", `unsupported key: ${key}`);
  }
  const known = groups.get(groupName);
  // Members of other releases stay, and attributes change by other means only.
  await groups.put({ ...known, ...group, attributes: known?.attributes ?? attributes });
  return {};
}

async function deleteGroup(
  { groups, offsets, stats }: GroupFamilyInput,
  { groupName, cleanOffset, removeOffset }: HeaderOf<"DELETE_SUBSCRIPTIONGROUP">,
): Promise<Reply> {
  const saved = groups.delete(groupName);
  stats.deleteGroup(groupName);
  // 4.x and 5.x name the same wish differently.
  if (cleanOffset === true || removeOffset === true) offsets.deleteGroup(groupName);
  await saved;
  return {};
}

function connectionOf(channel: ClientChannel): ClientConnection {
  const { connection, clientId, language, version } = channel;
  return { clientId, clientAddr: connection.peer, language, version };
}
