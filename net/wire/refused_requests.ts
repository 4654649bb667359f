/**
 * The requests that RocketMQ's servers declare and this program's do not serve, each with the reason.
 * They are answered as Java answers what it does not know: REQUEST_CODE_NOT_SUPPORTED.
 *
 * @module
 */

import type { RequestName } from "./codes.ts";

/** A reason and the requests it holds for, by number. */
export type RefusedRow = readonly [reason: string, names: readonly RequestName[]];

/** Every request that nobody serves here; those that clients answer aside. */
export const REFUSED_REQUESTS: readonly RefusedRow[] = [
  ["no release serves it, its number is only declared", [
    "QUERY_BROKER_OFFSET",
    "GET_TOPIC_CONFIG_LIST",
    "GET_TOPIC_NAME_LIST",
    "TRIGGER_DELETE_FILES",
    "GET_CLIENT_CONFIG",
    "SUSPEND_CONSUMER",
    "RESUME_CONSUMER",
    "RESET_CONSUMER_OFFSET_IN_CONSUMER",
    "RESET_CONSUMER_OFFSET_IN_BROKER",
    "ADJUST_CONSUMER_THREAD_POOL",
    "WHO_CONSUME_THE_MESSAGE",
    "REGISTER_MESSAGE_FILTER_CLASS",
  ]],
  ["there are no accounts: requests are not signed, and whoever reaches the port is served", [
    "UPDATE_AND_CREATE_ACL_CONFIG",
    "DELETE_ACL_CONFIG",
    "GET_BROKER_CLUSTER_ACL_INFO",
    "UPDATE_GLOBAL_WHITE_ADDRS_CONFIG",
    "GET_BROKER_CLUSTER_ACL_CONFIG",
    "AUTH_CREATE_USER",
    "AUTH_UPDATE_USER",
    "AUTH_DELETE_USER",
    "AUTH_GET_USER",
    "AUTH_LIST_USER",
    "AUTH_CREATE_ACL",
    "AUTH_UPDATE_ACL",
    "AUTH_DELETE_ACL",
    "AUTH_GET_ACL",
    "AUTH_LIST_ACL",
  ]],
  ["topics and groups are made one by one, as 4.x makes them", [
    "UPDATE_AND_CREATE_TOPIC_LIST",
    "UPDATE_AND_CREATE_SUBSCRIPTIONGROUP_LIST",
  ]],
  ["messages are pulled, not popped: the broker keeps no account of who has which message", [
    "QUERY_ASSIGNMENT",
    "SET_MESSAGE_REQUEST_MODE",
    "GET_ALL_MESSAGE_REQUEST_MODE",
    "POP_MESSAGE",
    "ACK_MESSAGE",
    "PEEK_MESSAGE",
    "CHANGE_MESSAGE_INVISIBLETIME",
    "NOTIFICATION",
    "POLLING_INFO",
    "POP_ROLLBACK",
    "BATCH_ACK_MESSAGE",
  ]],
  ["lite topics are consumed by popping, which is not served", [
    "POP_LITE_MESSAGE",
    "LITE_SUBSCRIPTION_CTL",
    "ACK_LITE_MESSAGE",
    "GET_BROKER_LITE_INFO",
    "GET_PARENT_TOPIC_INFO",
    "GET_LITE_TOPIC_INFO",
    "GET_LITE_CLIENT_INFO",
    "GET_LITE_GROUP_INFO",
    "TRIGGER_LITE_DISPATCH",
  ]],
  ["queues live on the broker they were made on: there are no static topics", [
    "UPDATE_AND_CREATE_STATIC_TOPIC",
  ]],
  ["a broker is a master by itself: there are no slaves, controllers or containers of brokers", [
    "ADD_BROKER",
    "REMOVE_BROKER",
    "NOTIFY_MIN_BROKER_ID_CHANGE",
    "EXCHANGE_BROKER_HA_INFO",
    "GET_BROKER_HA_STATUS",
    "RESET_MASTER_FLUSH_OFFSET",
    "CONTROLLER_ALTER_SYNC_STATE_SET",
    "CONTROLLER_ELECT_MASTER",
    "CONTROLLER_REGISTER_BROKER",
    "CONTROLLER_GET_REPLICA_INFO",
    "CONTROLLER_GET_METADATA_INFO",
    "CONTROLLER_GET_SYNC_STATE_DATA",
    "GET_BROKER_EPOCH_CACHE",
    "NOTIFY_BROKER_ROLE_CHANGED",
    "UPDATE_CONTROLLER_CONFIG",
    "GET_CONTROLLER_CONFIG",
    "CLEAN_BROKER_DATA",
    "CONTROLLER_GET_NEXT_BROKER_ID",
    "CONTROLLER_APPLY_BROKER_ID",
  ]],
  ["tables and queues are files: there is no RocksDB", [
    "CHECK_ROCKSDB_CQ_WRITE_PROGRESS",
    "EXPORT_ROCKSDB_CONFIG_TO_JSON",
    "SWITCH_TIMER_ENGINE",
  ]],
  ["who may read is a setting of the topic or of the group, not of both together", [
    "UPDATE_AND_GET_GROUP_FORBIDDEN",
  ]],
  ["how cold messages are read is left to the operating system", [
    "UPDATE_COLD_DATA_FLOW_CTR_CONFIG",
    "REMOVE_COLD_DATA_FLOW_CTR_CONFIG",
    "GET_COLD_DATA_FLOW_CTR_INFO",
    "SET_COMMITLOG_READ_MODE",
  ]],
];
