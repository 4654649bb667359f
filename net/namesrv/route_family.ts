/**
 * What clients and operators ask a name server about brokers and topics.
 *
 * @module
 */

import { encodeResponseHeader } from "../wire/headers.ts";
import { formatTopicList } from "../wire/name_lists.ts";
import {
  formatClusterInfo,
  formatTopicRoute,
  parseTopicRoute,
  type QueueData,
} from "../wire/route.ts";
import { VERSIONS } from "../wire/version.ts";
import { Refusal } from "../rpc/refusal.ts";
import type { Family } from "../rpc/routes.ts";
import { type KvConfig, ORDER_TOPIC_CONFIG } from "./kv_config.ts";
import { MASTER_ID, type RouteTable } from "./route_table.ts";

/** What the family works on. */
export interface RouteParts {
  readonly table: RouteTable;
  readonly kv: KvConfig;
  readonly settings: {
    /** Whether routes carry the queues of ordered topics (Java: `orderMessageEnable`). */
    readonly orderMessageEnable: boolean;
  };
}

const FAQ = "\nSee https://rocketmq.apache.org/docs/bestPractice/06FAQ for further details.";

/** Bits of a topic's system flag (Java: `TopicSysFlag`). */
const UNIT = 1;
const UNIT_SUB = 2;

/** Routes, clusters, lists of topics, and what operators change in them. */
export function routeFamily({ table, kv, settings }: RouteParts): Family {
  return {
    GET_ROUTEINFO_BY_TOPIC({ header, command }) {
      const { topic, acceptStandardJsonOnly = false } = header;
      const route = table.route(topic);
      if (route === undefined) {
        const remark = `No topic route info in name server for the topic: ${topic}${FAQ}`;
        throw new Refusal("TOPIC_NOT_EXIST", remark);
      }
      const orderTopicConf = settings.orderMessageEnable
        ? kv.get(ORDER_TOPIC_CONFIG, topic)
        : undefined;
      const quotedKeys = acceptStandardJsonOnly || command.version >= VERSIONS.standardJson;
      const data = { ...route, orderTopicConf };
      return { body: formatTopicRoute(data, { quotedKeys }) };
    },

    GET_BROKER_CLUSTER_INFO() {
      const clusterAddrTable = new Map<string, string[]>();
      for (const [cluster, names] of table.clusters) clusterAddrTable.set(cluster, [...names]);
      return {
        body: formatClusterInfo({ brokerAddrTable: new Map(table.groups), clusterAddrTable }),
      };
    },

    GET_ALL_TOPIC_LIST_FROM_NAMESERVER: () => topicList(table.topicNames()),

    GET_TOPICS_BY_CLUSTER: ({ header }) => topicList(table.topicNamesOf(header.cluster)),

    GET_SYSTEM_TOPIC_LIST_FROM_NS() {
      const topicList = [...table.clusters].flatMap(([cluster, names]) => [cluster, ...names]);
      return { body: formatTopicList({ topicList, brokerAddr: someBrokerAddr(table) }) };
    },

    GET_UNIT_TOPIC_LIST: () => topicList(table.topicNames((queues) => hasFlag(queues, UNIT))),

    GET_HAS_UNIT_SUB_TOPIC_LIST: () =>
      topicList(table.topicNames((queues) => hasFlag(queues, UNIT_SUB))),

    GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST: () =>
      topicList(table.topicNames((queues) => !hasFlag(queues, UNIT) && hasFlag(queues, UNIT_SUB))),

    WIPE_WRITE_PERM_OF_BROKER({ header }) {
      const wipeTopicCount = table.setWritable(header.brokerName, false);
      return { extFields: encodeResponseHeader("WIPE_WRITE_PERM_OF_BROKER", { wipeTopicCount }) };
    },

    ADD_WRITE_PERM_OF_BROKER({ header }) {
      const addTopicCount = table.setWritable(header.brokerName, true);
      return { extFields: encodeResponseHeader("ADD_WRITE_PERM_OF_BROKER", { addTopicCount }) };
    },

    DELETE_TOPIC_IN_NAMESRV({ header }) {
      table.deleteTopic(header.topic, header.clusterName || undefined);
      return {};
    },

    REGISTER_TOPIC_IN_NAMESRV({ header, command }) {
      table.addQueues(header.topic, parseTopicRoute(command.body).queueDatas);
      return {};
    },
  };
}

function topicList(topicList: string[]): { body: Uint8Array } {
  return { body: formatTopicList({ topicList }) };
}

/** Java asks the first broker of a topic only. */
function hasFlag(queues: ReadonlyMap<string, QueueData>, flag: number): boolean {
  const [first] = queues.values();
  return first !== undefined && (first.topicSysFlag & flag) !== 0;
}

/** An address an operator's tool can ask for more, a master's if there is one. */
function someBrokerAddr(table: RouteTable): string | undefined {
  const groups = [...table.groups.values()];
  const masters = groups.flatMap(({ brokerAddrs }) => brokerAddrs.get(MASTER_ID) ?? []);
  return masters[0] ?? groups[0]?.brokerAddrs.values().next().value;
}
