/**
 * Routes in bodies: which brokers serve a topic with how many queues, and which brokers there are.
 *
 * @module
 */

import {
  asObject,
  asText,
  formatBody,
  integerMember,
  type JsonObject,
  listMember,
  numberedMember,
  optionalBoolean,
  optionalObject,
  optionalText,
  parseBody,
  tableMember,
  textMember,
} from "./json_body.ts";

/** The topic whose settings a topic gets that is created by the first message to it. */
export const AUTO_CREATE_TOPIC = "TBW102";

/** Queues of a topic on one broker (Java: `QueueData`). */
export interface QueueData {
  brokerName: string;
  readQueueNums: number;
  writeQueueNums: number;
  perm: number;
  topicSysFlag: number;
}

/** One broker name and its addresses (Java: `BrokerData`). */
export interface BrokerData {
  cluster: string;
  brokerName: string;
  /** `"ip:port"` by broker id; 0 is the master. */
  brokerAddrs: Map<number, string>;
  /** 5.x: a slave may stand in for the master. */
  enableActingMaster?: boolean | undefined;
  /** 5.x: zone of the broker. */
  zoneName?: string | undefined;
}

/** Response to GET_ROUTEINFO_BY_TOPIC (Java: `TopicRouteData`). */
export interface TopicRouteData {
  queueDatas: QueueData[];
  brokerDatas: BrokerData[];
  /** Filter servers of old releases by broker address. */
  filterServerTable: Map<string, string[]>;
  /** Queues of an order topic: `"broker-a:4;broker-b:4"`. */
  orderTopicConf?: string | undefined;
  /** 5.x: static topics by broker name, passed on as they are. */
  topicQueueMappingByBroker?: JsonObject | undefined;
}

/** Response to GET_BROKER_CLUSTER_INFO (Java: `ClusterInfo`). */
export interface ClusterInfo {
  brokerAddrTable: Map<string, BrokerData>;
  /** Broker names by cluster. */
  clusterAddrTable: Map<string, string[]>;
}

/** How {@linkcode formatTopicRoute} writes broker ids. */
export interface RouteFormat {
  /** Quote the broker ids, as JSON demands; older Java clients and brokers get them bare. */
  quotedKeys: boolean;
}

/** Response to GET_ROUTEINFO_BY_TOPIC, either way of keys; also the body of REGISTER_TOPIC_IN_NAMESRV. */
export function parseTopicRoute(body: Uint8Array | undefined): TopicRouteData {
  const object = parseBody(body, "topic route");
  return {
    queueDatas: listMember(object, "queueDatas", readQueueData),
    brokerDatas: listMember(object, "brokerDatas", readBrokerData),
    filterServerTable: tableMember(object, "filterServerTable", readTexts),
    orderTopicConf: optionalText(object, "orderTopicConf"),
    topicQueueMappingByBroker: optionalObject(object, "topicQueueMappingByBroker"),
  };
}

/** Response to GET_ROUTEINFO_BY_TOPIC. */
export function formatTopicRoute(route: TopicRouteData, { quotedKeys }: RouteFormat): Uint8Array {
  if (!quotedKeys) return formatBody(route);
  const brokerDatas = route.brokerDatas.map((broker) => ({
    ...broker,
    brokerAddrs: Object.fromEntries(broker.brokerAddrs),
  }));
  return formatBody({ ...route, brokerDatas });
}

/** Response to GET_BROKER_CLUSTER_INFO. */
export function parseClusterInfo(body: Uint8Array | undefined): ClusterInfo {
  const object = parseBody(body, "cluster info");
  return {
    brokerAddrTable: tableMember(object, "brokerAddrTable", readBrokerData),
    clusterAddrTable: tableMember(object, "clusterAddrTable", readTexts),
  };
}

/** Response to GET_BROKER_CLUSTER_INFO. */
export function formatClusterInfo(info: ClusterInfo): Uint8Array {
  return formatBody(info);
}

/** Response to GET_BROKER_MEMBER_GROUP (Java: `BrokerMemberGroup`). */
export function formatBrokerMembers(broker: BrokerData): Uint8Array {
  const { cluster, brokerName, brokerAddrs } = broker;
  return formatBody({ brokerMemberGroup: { cluster, brokerName, brokerAddrs } });
}

function readQueueData(value: unknown, what: string): QueueData {
  const object = asObject(value, what);
  return {
    brokerName: textMember(object, "brokerName"),
    readQueueNums: integerMember(object, "readQueueNums"),
    writeQueueNums: integerMember(object, "writeQueueNums"),
    perm: integerMember(object, "perm"),
    topicSysFlag: integerMember(object, "topicSysFlag"),
  };
}

function readBrokerData(value: unknown, what: string): BrokerData {
  const object = asObject(value, what);
  return {
    cluster: textMember(object, "cluster"),
    brokerName: textMember(object, "brokerName"),
    brokerAddrs: numberedMember(object, "brokerAddrs", asText),
    enableActingMaster: optionalBoolean(object, "enableActingMaster"),
    zoneName: optionalText(object, "zoneName"),
  };
}

function readTexts(value: unknown, what: string): string[] {
  return listMember({ [what]: value }, what, asText);
}
