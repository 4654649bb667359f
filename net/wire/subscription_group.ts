/**
 * Consumer group configurations in bodies.
 *
 * @module
 */

import { type DataVersion, readDataVersion } from "./data_version.ts";
import {
  asInteger,
  asObject,
  asText,
  booleanMember,
  formatBody,
  integerMember,
  type JsonObject,
  optionalBoolean,
  optionalInteger,
  optionalObject,
  parseBody,
  tableMember,
  textMember,
} from "./json_body.ts";

/** One consumer group (Java: `SubscriptionGroupConfig`). */
export interface SubscriptionGroupConfig {
  groupName: string;
  consumeEnable: boolean;
  consumeFromMinEnable: boolean;
  consumeBroadcastEnable: boolean;
  notifyConsumerIdsChangedEnable: boolean;
  /** Queues of the group's retry topic. */
  retryQueueNums: number;
  /** Deliveries before a message goes to the dead letter topic. */
  retryMaxTimes: number;
  /** Broker id that serves the group. */
  brokerId: number;
  /** Broker id that serves the group once it lags. */
  whichBrokerWhenConsumeSlowly: number;
  /** 5.x: the group consumes in order. */
  consumeMessageOrderly?: boolean | undefined;
  /** 5.x: minutes until a popped message is delivered again. */
  consumeTimeoutMinute?: number | undefined;
  /** 5.x: flags of the group. */
  groupSysFlag?: number | undefined;
  /** 5.x: how long retries wait, passed on as it is. */
  groupRetryPolicy?: JsonObject | undefined;
  /** 5.x: fixed subscriptions, passed on as they are. */
  subscriptionDataSet?: readonly unknown[] | undefined;
  /** 5.x: free attributes. */
  attributes?: Map<string, string> | undefined;
}

/** All groups of a broker (Java: `SubscriptionGroupWrapper`). */
export interface SubscriptionGroups {
  dataVersion: DataVersion;
  subscriptionGroupTable: Map<string, SubscriptionGroupConfig>;
  /** 5.x: what a group may not read, as bits by group and topic. */
  forbiddenTable?: Map<string, Map<string, number>> | undefined;
}

/** The configuration of a group nobody described, as 5.x creates it. */
export function newSubscriptionGroup(groupName: string): SubscriptionGroupConfig {
  return {
    ...readSubscriptionGroup({ groupName }, groupName),
    consumeMessageOrderly: false,
    consumeTimeoutMinute: 15,
    groupSysFlag: 0,
    groupRetryPolicy: { type: "CUSTOMIZED" },
    attributes: new Map(),
  };
}

/** A group that is a JSON object. */
export function readSubscriptionGroup(value: unknown, what: string): SubscriptionGroupConfig {
  const object = asObject(value, what);
  const fixed = object["subscriptionDataSet"];
  const attributes = optionalObject(object, "attributes");
  return {
    groupName: textMember(object, "groupName", what),
    consumeEnable: booleanMember(object, "consumeEnable", true),
    consumeFromMinEnable: booleanMember(object, "consumeFromMinEnable", true),
    consumeBroadcastEnable: booleanMember(object, "consumeBroadcastEnable", true),
    notifyConsumerIdsChangedEnable: booleanMember(object, "notifyConsumerIdsChangedEnable", true),
    retryQueueNums: integerMember(object, "retryQueueNums", 1),
    retryMaxTimes: integerMember(object, "retryMaxTimes", 16),
    brokerId: integerMember(object, "brokerId"),
    whichBrokerWhenConsumeSlowly: integerMember(object, "whichBrokerWhenConsumeSlowly", 1),
    consumeMessageOrderly: optionalBoolean(object, "consumeMessageOrderly"),
    consumeTimeoutMinute: optionalInteger(object, "consumeTimeoutMinute"),
    groupSysFlag: optionalInteger(object, "groupSysFlag"),
    groupRetryPolicy: optionalObject(object, "groupRetryPolicy"),
    subscriptionDataSet: Array.isArray(fixed) ? fixed : undefined,
    attributes: attributes && tableMember(object, "attributes", asText),
  };
}

/** Body of UPDATE_AND_CREATE_SUBSCRIPTIONGROUP. */
export function parseSubscriptionGroup(body: Uint8Array | undefined): SubscriptionGroupConfig {
  return readSubscriptionGroup(parseBody(body, "subscription group"), "");
}

/** Body of UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, and of the response to GET_SUBSCRIPTIONGROUP_CONFIG. */
export function formatSubscriptionGroup(group: SubscriptionGroupConfig): Uint8Array {
  return formatBody(group);
}

/** Groups that are a JSON object. */
export function readSubscriptionGroups(value: unknown, what: string): SubscriptionGroups {
  const object = asObject(value, what);
  const forbidden = optionalObject(object, "forbiddenTable");
  return {
    dataVersion: readDataVersion(optionalObject(object, "dataVersion") ?? {}, "dataVersion"),
    subscriptionGroupTable: tableMember(object, "subscriptionGroupTable", readSubscriptionGroup),
    forbiddenTable: forbidden && tableMember(object, "forbiddenTable", readForbidden),
  };
}

/** Body of the response to GET_ALL_SUBSCRIPTIONGROUP_CONFIG. */
export function parseSubscriptionGroups(body: Uint8Array | undefined): SubscriptionGroups {
  return readSubscriptionGroups(parseBody(body, "subscription groups"), "subscription groups");
}

/** Body of the response to GET_ALL_SUBSCRIPTIONGROUP_CONFIG. */
export function formatSubscriptionGroups(groups: SubscriptionGroups): Uint8Array {
  return formatBody(groups);
}

function readForbidden(value: unknown, what: string): Map<string, number> {
  return tableMember({ [what]: value }, what, asInteger);
}
