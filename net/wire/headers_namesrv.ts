/**
 * Header tables of the requests a name server answers.
 *
 * @module
 */

import { OPTIONAL, REQUIRED } from "./header.ts";

const BROKER_NAME = [["brokerName", "brokerName", "string", REQUIRED]] as const;

const NAMESPACE_KEY = [
  ["namespace", "namespace", "string", REQUIRED],
  ["key", "key", "string", REQUIRED],
] as const;

const BROKER_IDENTITY = [
  ["brokerName", "brokerName", "string", REQUIRED],
  ["brokerAddr", "brokerAddr", "string", REQUIRED],
  ["clusterName", "clusterName", "string", REQUIRED],
  ["brokerId", "brokerId", "long", REQUIRED],
] as const;

/** Requests to a name server. */
export const NAMESRV_REQUESTS = {
  PUT_KV_CONFIG: [...NAMESPACE_KEY, ["value", "value", "string", REQUIRED]],
  GET_KV_CONFIG: NAMESPACE_KEY,
  DELETE_KV_CONFIG: NAMESPACE_KEY,
  GET_KVLIST_BY_NAMESPACE: [["namespace", "namespace", "string", REQUIRED]],
  REGISTER_BROKER: [
    ...BROKER_IDENTITY,
    ["haServerAddr", "haServerAddr", "string", REQUIRED],
    ["heartbeatTimeoutMillis", "heartbeatTimeoutMillis", "long", OPTIONAL],
    ["enableActingMaster", "enableActingMaster", "boolean", OPTIONAL],
    ["compressed", "compressed", "boolean", OPTIONAL],
    ["bodyCrc32", "bodyCrc32", "int", OPTIONAL],
  ],
  UNREGISTER_BROKER: BROKER_IDENTITY,
  QUERY_DATA_VERSION: BROKER_IDENTITY,
  GET_ROUTEINFO_BY_TOPIC: [
    ["topic", "topic", "string", REQUIRED],
    ["acceptStandardJsonOnly", "acceptStandardJsonOnly", "boolean", OPTIONAL],
  ],
  WIPE_WRITE_PERM_OF_BROKER: BROKER_NAME,
  ADD_WRITE_PERM_OF_BROKER: BROKER_NAME,
  DELETE_TOPIC_IN_NAMESRV: [
    ["topic", "topic", "string", REQUIRED],
    ["clusterName", "clusterName", "string", OPTIONAL],
  ],
  REGISTER_TOPIC_IN_NAMESRV: [["topic", "topic", "string", REQUIRED]],
  GET_TOPICS_BY_CLUSTER: [["cluster", "cluster", "string", REQUIRED]],
  GET_BROKER_MEMBER_GROUP: [
    ["clusterName", "clusterName", "string", REQUIRED],
    ["brokerName", "brokerName", "string", REQUIRED],
  ],
  BROKER_HEARTBEAT: [
    ["clusterName", "clusterName", "string", REQUIRED],
    ["brokerAddr", "brokerAddr", "string", REQUIRED],
    ["brokerName", "brokerName", "string", REQUIRED],
    ["brokerId", "brokerId", "long", OPTIONAL],
    ["epoch", "epoch", "int", OPTIONAL],
    ["maxOffset", "maxOffset", "long", OPTIONAL],
    ["confirmOffset", "confirmOffset", "long", OPTIONAL],
    ["heartbeatTimeoutMills", "heartbeatTimeoutMillis", "long", OPTIONAL],
    ["electionPriority", "electionPriority", "int", OPTIONAL],
  ],
} as const;

/** Responses to {@linkcode NAMESRV_REQUESTS} that carry fields. */
export const NAMESRV_RESPONSES = {
  GET_KV_CONFIG: [["value", "value", "string", OPTIONAL]],
  REGISTER_BROKER: [
    ["haServerAddr", "haServerAddr", "string", OPTIONAL],
    ["masterAddr", "masterAddr", "string", OPTIONAL],
  ],
  QUERY_DATA_VERSION: [["changed", "changed", "boolean", REQUIRED]],
  WIPE_WRITE_PERM_OF_BROKER: [["wipeTopicCount", "wipeTopicCount", "int", REQUIRED]],
  ADD_WRITE_PERM_OF_BROKER: [["addTopicCount", "addTopicCount", "int", REQUIRED]],
} as const;
