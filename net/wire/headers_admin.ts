/**
 * Header tables of the requests about clients, groups, topics and the broker itself.
 *
 * @module
 */

import { OPTIONAL, REQUIRED } from "./header.ts";

const TOPIC = [["topic", "topic", "string", REQUIRED]] as const;
const GROUP = [["group", "group", "string", REQUIRED]] as const;
const CONSUMER_GROUP = [["consumerGroup", "consumerGroup", "string", REQUIRED]] as const;

/** Requests about clients, groups, topics and the broker. */
export const ADMIN_REQUESTS = {
  UNREGISTER_CLIENT: [
    ["clientID", "clientId", "string", REQUIRED],
    ["producerGroup", "producerGroup", "string", OPTIONAL],
    ["consumerGroup", "consumerGroup", "string", OPTIONAL],
  ],
  GET_CONSUMER_LIST_BY_GROUP: CONSUMER_GROUP,
  NOTIFY_CONSUMER_IDS_CHANGED: CONSUMER_GROUP,
  GET_CONSUMER_CONNECTION_LIST: CONSUMER_GROUP,
  GET_PRODUCER_CONNECTION_LIST: [["producerGroup", "producerGroup", "string", REQUIRED]],
  GET_CONSUMER_RUNNING_INFO: [
    ["consumerGroup", "consumerGroup", "string", REQUIRED],
    ["clientId", "clientId", "string", REQUIRED],
    ["jstackEnable", "jstackEnable", "boolean", OPTIONAL],
  ],
  CONSUME_MESSAGE_DIRECTLY: [
    ["consumerGroup", "consumerGroup", "string", REQUIRED],
    ["clientId", "clientId", "string", OPTIONAL],
    ["msgId", "msgId", "string", OPTIONAL],
    ["brokerName", "brokerName", "string", OPTIONAL],
    ["topic", "topic", "string", OPTIONAL],
    ["topicSysFlag", "topicSysFlag", "int", OPTIONAL],
    ["groupSysFlag", "groupSysFlag", "int", OPTIONAL],
  ],
  RESET_CONSUMER_CLIENT_OFFSET: [
    ["topic", "topic", "string", REQUIRED],
    ["group", "group", "string", REQUIRED],
    ["timestamp", "timestamp", "long", REQUIRED],
    ["isForce", "isForce", "boolean", REQUIRED],
  ],
  INVOKE_BROKER_TO_RESET_OFFSET: [
    ["topic", "topic", "string", REQUIRED],
    ["group", "group", "string", REQUIRED],
    ["timestamp", "timestamp", "long", REQUIRED],
    ["isForce", "isForce", "boolean", REQUIRED],
    ["queueId", "queueId", "int", OPTIONAL],
    ["offset", "offset", "long", OPTIONAL],
  ],
  GET_CONSUMER_STATUS_FROM_CLIENT: [...TOPIC, ...GROUP],
  INVOKE_BROKER_TO_GET_CONSUMER_STATUS: [
    ...TOPIC,
    ...GROUP,
    ["clientAddr", "clientAddr", "string", OPTIONAL],
  ],
  GET_CONSUME_STATS: [
    ["consumerGroup", "consumerGroup", "string", REQUIRED],
    ["topic", "topic", "string", OPTIONAL],
    ["topicList", "topicList", "string", OPTIONAL],
  ],
  GET_BROKER_CONSUME_STATS: [["isOrder", "isOrder", "boolean", REQUIRED]],
  QUERY_TOPIC_CONSUME_BY_WHO: TOPIC,
  QUERY_TOPICS_BY_CONSUMER: GROUP,
  QUERY_SUBSCRIPTION_BY_CONSUMER: [...GROUP, ["topic", "topic", "string", OPTIONAL]],
  QUERY_CONSUME_TIME_SPAN: [...TOPIC, ...GROUP],
  QUERY_CORRECTION_OFFSET: [
    ["topic", "topic", "string", REQUIRED],
    ["compareGroup", "compareGroup", "string", REQUIRED],
    ["filterGroups", "filterGroups", "string", OPTIONAL],
  ],
  CLONE_GROUP_OFFSET: [
    ["srcGroup", "srcGroup", "string", REQUIRED],
    ["destGroup", "destGroup", "string", REQUIRED],
    ["topic", "topic", "string", OPTIONAL],
    ["offline", "offline", "boolean", OPTIONAL],
  ],
  QUERY_CONSUME_QUEUE: [
    ["topic", "topic", "string", OPTIONAL],
    ["queueId", "queueId", "int", OPTIONAL],
    ["index", "index", "long", OPTIONAL],
    ["count", "count", "int", OPTIONAL],
    ["consumerGroup", "consumerGroup", "string", OPTIONAL],
  ],
  UPDATE_AND_CREATE_TOPIC: [
    ["topic", "topic", "string", REQUIRED],
    ["defaultTopic", "defaultTopic", "string", REQUIRED],
    ["readQueueNums", "readQueueNums", "int", REQUIRED],
    ["writeQueueNums", "writeQueueNums", "int", REQUIRED],
    ["perm", "perm", "int", REQUIRED],
    ["topicFilterType", "topicFilterType", "string", REQUIRED],
    ["topicSysFlag", "topicSysFlag", "int", OPTIONAL],
    ["order", "order", "boolean", REQUIRED],
    ["attributes", "attributes", "string", OPTIONAL],
    ["force", "force", "boolean", OPTIONAL],
  ],
  DELETE_TOPIC_IN_BROKER: TOPIC,
  // 5.5.0 marks the sequence as required, yet answers requests of 4.x that have none.
  GET_ALL_TOPIC_CONFIG: [
    ["topicSeq", "topicSeq", "int", OPTIONAL],
    ["dataVersion", "dataVersion", "string", OPTIONAL],
    ["maxTopicNum", "maxTopicNum", "int", OPTIONAL],
  ],
  GET_ALL_SUBSCRIPTIONGROUP_CONFIG: [
    ["groupSeq", "groupSeq", "int", OPTIONAL],
    ["dataVersion", "dataVersion", "string", OPTIONAL],
    ["maxGroupNum", "maxGroupNum", "int", OPTIONAL],
  ],
  GET_TOPIC_CONFIG: [...TOPIC, ["lo", "logicalQueue", "boolean", OPTIONAL]],
  GET_SUBSCRIPTIONGROUP_CONFIG: GROUP,
  DELETE_SUBSCRIPTIONGROUP: [
    ["groupName", "groupName", "string", REQUIRED],
    ["cleanOffset", "cleanOffset", "boolean", OPTIONAL],
    ["removeOffset", "removeOffset", "boolean", OPTIONAL],
  ],
  UPDATE_AND_GET_GROUP_FORBIDDEN: [
    ...GROUP,
    ...TOPIC,
    ["readable", "readable", "boolean", OPTIONAL],
  ],
  GET_TOPIC_STATS_INFO: TOPIC,
  VIEW_BROKER_STATS_DATA: [
    ["statsName", "statsName", "string", REQUIRED],
    ["statsKey", "statsKey", "string", REQUIRED],
  ],
  UPDATE_AND_CREATE_ACL_CONFIG: [
    ["accessKey", "accessKey", "string", REQUIRED],
    ["secretKey", "secretKey", "string", OPTIONAL],
    ["whiteRemoteAddress", "whiteRemoteAddress", "string", OPTIONAL],
    ["admin", "admin", "boolean", OPTIONAL],
    ["defaultTopicPerm", "defaultTopicPerm", "string", OPTIONAL],
    ["defaultGroupPerm", "defaultGroupPerm", "string", OPTIONAL],
    ["topicPerms", "topicPerms", "string", OPTIONAL],
    ["groupPerms", "groupPerms", "string", OPTIONAL],
  ],
  DELETE_ACL_CONFIG: [["accessKey", "accessKey", "string", REQUIRED]],
  UPDATE_GLOBAL_WHITE_ADDRS_CONFIG: [
    ["globalWhiteAddrs", "globalWhiteAddrs", "string", REQUIRED],
    ["aclFileFullPath", "aclFileFullPath", "string", REQUIRED],
  ],
  REGISTER_FILTER_SERVER: [["filterServerAddr", "filterServerAddr", "string", REQUIRED]],
  NOTIFY_MIN_BROKER_ID_CHANGE: [
    ["minBrokerId", "minBrokerId", "long", OPTIONAL],
    ["brokerName", "brokerName", "string", OPTIONAL],
    ["minBrokerAddr", "minBrokerAddr", "string", OPTIONAL],
    ["offlineBrokerAddr", "offlineBrokerAddr", "string", OPTIONAL],
    ["haBrokerAddr", "haBrokerAddr", "string", OPTIONAL],
  ],
} as const;

/** Responses to {@linkcode ADMIN_REQUESTS} and to heartbeats that carry fields. */
export const ADMIN_RESPONSES = {
  HEART_BEAT: [
    ["IS_SUPPORT_HEART_BEAT_V2", "supportsHeartbeatV2", "boolean", OPTIONAL],
    ["IS_SUB_CHANGE", "subscriptionChanged", "boolean", OPTIONAL],
  ],
  GET_BROKER_CONFIG: [["version", "version", "string", REQUIRED]],
  GET_ALL_TOPIC_CONFIG: [["totalTopicNum", "totalTopicNum", "int", OPTIONAL]],
  GET_ALL_SUBSCRIPTIONGROUP_CONFIG: [["totalGroupNum", "totalGroupNum", "int", OPTIONAL]],
  GET_BROKER_CLUSTER_ACL_INFO: [
    ["version", "version", "string", REQUIRED],
    ["allAclFileVersion", "allAclFileVersion", "string", OPTIONAL],
    ["brokerName", "brokerName", "string", REQUIRED],
    ["brokerAddr", "brokerAddr", "string", REQUIRED],
    ["clusterName", "clusterName", "string", REQUIRED],
  ],
  REGISTER_FILTER_SERVER: [
    ["brokerName", "brokerName", "string", REQUIRED],
    ["brokerId", "brokerId", "long", REQUIRED],
  ],
} as const;
