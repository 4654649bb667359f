/**
 * The one place where the code numbers of the remoting protocol are written: every request code and
 * every response code that Apache RocketMQ 4.9.7 and 5.5.0 declare, with what it is for. Everything
 * else names a code. The numbers are spoken by programs already deployed: never renumber.
 *
 * @module
 */

/** Who answers a request: the side that listens, or a client on its own connection. */
export type Side = "namesrv" | "broker" | "client" | "controller" | "none";

/** Which releases declare a code: both, only 4.x, or only 5.x. */
export type Era = "4+" | "4" | "5+";

/** One row of {@linkcode REQUESTS}: code, name, who answers, releases, what it asks for. */
export type RequestRow = readonly [
  code: number,
  name: string,
  sides: readonly Side[],
  era: Era,
  about: string,
];

/** One row of {@linkcode RESPONSES}: code, name, what it means to the requester. */
export type ResponseRow = readonly [code: number, name: string, about: string];

const NS = ["namesrv"] as const;
const BROKER = ["broker"] as const;
const CLIENT = ["client"] as const;
const RELAYED = ["broker", "client"] as const;
const CONTROLLER = ["controller"] as const;
const NONE = ["none"] as const;

/** Every request code (Java: `RequestCode`), by number. */
export const REQUESTS = [
  [10, "SEND_MESSAGE", BROKER, "4+", "Append a message, header with long field names"],
  [11, "PULL_MESSAGE", BROKER, "4+", "Read records of a queue, held while there are none"],
  [12, "QUERY_MESSAGE", BROKER, "4+", "Find messages by key or unique id through the index"],
  [13, "QUERY_BROKER_OFFSET", NONE, "4+", "Declared, served by no release"],
  [14, "QUERY_CONSUMER_OFFSET", BROKER, "4+", "Committed offset of a group in a queue"],
  [15, "UPDATE_CONSUMER_OFFSET", BROKER, "4+", "Commit the offset of a group in a queue"],
  [17, "UPDATE_AND_CREATE_TOPIC", BROKER, "4+", "Create or change a topic"],
  [18, "UPDATE_AND_CREATE_TOPIC_LIST", BROKER, "5+", "Create or change several topics"],
  [21, "GET_ALL_TOPIC_CONFIG", BROKER, "4+", "All topic configurations; a slave copies them"],
  [22, "GET_TOPIC_CONFIG_LIST", NONE, "4+", "Declared, served by no release"],
  [23, "GET_TOPIC_NAME_LIST", NONE, "4+", "Declared, served by no release"],
  [25, "UPDATE_BROKER_CONFIG", BROKER, "4+", "Change broker settings, body is properties text"],
  [26, "GET_BROKER_CONFIG", BROKER, "4+", "Broker settings as properties text"],
  [27, "TRIGGER_DELETE_FILES", NONE, "4+", "Declared, served by no release"],
  [28, "GET_BROKER_RUNTIME_INFO", BROKER, "4+", "Counters and sizes as a table of texts"],
  [29, "SEARCH_OFFSET_BY_TIMESTAMP", BROKER, "4+", "Offset of the message stored at a time"],
  [30, "GET_MAX_OFFSET", BROKER, "4+", "Offset the next message of a queue will get"],
  [31, "GET_MIN_OFFSET", BROKER, "4+", "Oldest offset a queue still has"],
  [32, "GET_EARLIEST_MSG_STORETIME", BROKER, "4+", "Store time of a queue's oldest message"],
  [33, "VIEW_MESSAGE_BY_ID", BROKER, "4+", "One record by its offset in the commit log"],
  [34, "HEART_BEAT", BROKER, "4+", "A client tells its groups and subscriptions"],
  [35, "UNREGISTER_CLIENT", BROKER, "4+", "A client leaves a group"],
  [36, "CONSUMER_SEND_MSG_BACK", BROKER, "4+", "Give a message back for a later retry"],
  [37, "END_TRANSACTION", BROKER, "4+", "Commit or roll back a half message"],
  [38, "GET_CONSUMER_LIST_BY_GROUP", BROKER, "4+", "Client ids of a consumer group"],
  [39, "CHECK_TRANSACTION_STATE", CLIENT, "4+", "Ask a producer what became of a half message"],
  [40, "NOTIFY_CONSUMER_IDS_CHANGED", CLIENT, "4+", "Members of a group changed: rebalance"],
  [41, "LOCK_BATCH_MQ", BROKER, "4+", "Lock queues for orderly consumption"],
  [42, "UNLOCK_BATCH_MQ", BROKER, "4+", "Release queues locked for orderly consumption"],
  [43, "GET_ALL_CONSUMER_OFFSET", BROKER, "4+", "All committed offsets; a slave copies them"],
  [45, "GET_ALL_DELAY_OFFSET", BROKER, "4+", "Progress of the delay levels; a slave copies it"],
  [46, "CHECK_CLIENT_CONFIG", BROKER, "4+", "Does a filter expression compile"],
  [47, "GET_CLIENT_CONFIG", NONE, "5+", "Declared, served by no release"],
  [50, "UPDATE_AND_CREATE_ACL_CONFIG", BROKER, "4", "Create or change an account of plain ACL"],
  [51, "DELETE_ACL_CONFIG", BROKER, "4", "Remove an account of plain ACL"],
  [52, "GET_BROKER_CLUSTER_ACL_INFO", BROKER, "4", "Version of the plain ACL files"],
  [53, "UPDATE_GLOBAL_WHITE_ADDRS_CONFIG", BROKER, "4", "Change the white list of plain ACL"],
  [54, "GET_BROKER_CLUSTER_ACL_CONFIG", BROKER, "4", "Accounts of plain ACL"],
  [60, "GET_TIMER_CHECK_POINT", BROKER, "5+", "Timer check point; a slave copies it"],
  [61, "GET_TIMER_METRICS", BROKER, "5+", "Timer counts by topic; a slave copies them"],
  [100, "PUT_KV_CONFIG", NS, "4+", "Store a value under namespace and key"],
  [101, "GET_KV_CONFIG", NS, "4+", "Value under namespace and key"],
  [102, "DELETE_KV_CONFIG", NS, "4+", "Remove the value under namespace and key"],
  [103, "REGISTER_BROKER", NS, "4+", "A broker tells its address and topics"],
  [104, "UNREGISTER_BROKER", NS, "4+", "A broker leaves"],
  [105, "GET_ROUTEINFO_BY_TOPIC", NS, "4+", "Brokers and queues of a topic"],
  [106, "GET_BROKER_CLUSTER_INFO", NS, "4+", "All clusters, brokers and addresses"],
  [200, "UPDATE_AND_CREATE_SUBSCRIPTIONGROUP", BROKER, "4+", "Create or change a consumer group"],
  [
    201,
    "GET_ALL_SUBSCRIPTIONGROUP_CONFIG",
    BROKER,
    "4+",
    "All group configurations; a slave copies them",
  ],
  [202, "GET_TOPIC_STATS_INFO", BROKER, "4+", "Offsets and last times of a topic's queues"],
  [203, "GET_CONSUMER_CONNECTION_LIST", BROKER, "4+", "Connected members of a consumer group"],
  [204, "GET_PRODUCER_CONNECTION_LIST", BROKER, "4+", "Connected members of a producer group"],
  [205, "WIPE_WRITE_PERM_OF_BROKER", NS, "4+", "Stop routing sends to a broker"],
  [206, "GET_ALL_TOPIC_LIST_FROM_NAMESERVER", NS, "4+", "All topic names"],
  [207, "DELETE_SUBSCRIPTIONGROUP", BROKER, "4+", "Remove a consumer group"],
  [208, "GET_CONSUME_STATS", BROKER, "4+", "Progress of a group in its queues"],
  [209, "SUSPEND_CONSUMER", NONE, "4+", "Declared, served by no release"],
  [210, "RESUME_CONSUMER", NONE, "4+", "Declared, served by no release"],
  [211, "RESET_CONSUMER_OFFSET_IN_CONSUMER", NONE, "4+", "Declared, served by no release"],
  [212, "RESET_CONSUMER_OFFSET_IN_BROKER", NONE, "4+", "Declared, served by no release"],
  [213, "ADJUST_CONSUMER_THREAD_POOL", NONE, "4+", "Declared, served by no release"],
  [214, "WHO_CONSUME_THE_MESSAGE", NONE, "4+", "Declared, served by no release"],
  [215, "DELETE_TOPIC_IN_BROKER", BROKER, "4+", "Remove a topic from a broker"],
  [216, "DELETE_TOPIC_IN_NAMESRV", NS, "4+", "Remove a topic from the route table"],
  [217, "REGISTER_TOPIC_IN_NAMESRV", NS, "5+", "Add queues of a topic to the route table"],
  [219, "GET_KVLIST_BY_NAMESPACE", NS, "4+", "All values of a namespace"],
  [220, "RESET_CONSUMER_CLIENT_OFFSET", CLIENT, "4+", "Tell consumers to jump to other offsets"],
  [221, "GET_CONSUMER_STATUS_FROM_CLIENT", CLIENT, "4+", "Offsets a consumer is at"],
  [222, "INVOKE_BROKER_TO_RESET_OFFSET", BROKER, "4+", "Reset the offsets of a group by time"],
  [
    223,
    "INVOKE_BROKER_TO_GET_CONSUMER_STATUS",
    BROKER,
    "4+",
    "Ask consumers of a group for their offsets",
  ],
  [224, "GET_TOPICS_BY_CLUSTER", NS, "4+", "Topic names of a cluster"],
  [
    225,
    "UPDATE_AND_CREATE_SUBSCRIPTIONGROUP_LIST",
    BROKER,
    "5+",
    "Create or change several groups",
  ],
  [300, "QUERY_TOPIC_CONSUME_BY_WHO", BROKER, "4+", "Groups that consume a topic"],
  [301, "REGISTER_FILTER_SERVER", BROKER, "4+", "A filter server of old releases registers"],
  [302, "REGISTER_MESSAGE_FILTER_CLASS", NONE, "4+", "Served by filter servers of old releases"],
  [303, "QUERY_CONSUME_TIME_SPAN", BROKER, "4+", "Oldest, newest and consumed times of a topic"],
  [304, "GET_SYSTEM_TOPIC_LIST_FROM_NS", NS, "4+", "Cluster and broker names, which are topics"],
  [305, "GET_SYSTEM_TOPIC_LIST_FROM_BROKER", BROKER, "4+", "Topics the broker made for itself"],
  [306, "CLEAN_EXPIRED_CONSUMEQUEUE", BROKER, "4+", "Drop queue files whose log is gone"],
  [307, "GET_CONSUMER_RUNNING_INFO", RELAYED, "4+", "Inner state of a consumer"],
  [308, "QUERY_CORRECTION_OFFSET", BROKER, "4+", "Smallest offsets of other groups"],
  [309, "CONSUME_MESSAGE_DIRECTLY", RELAYED, "4+", "Hand one message to one consumer"],
  [310, "SEND_MESSAGE_V2", BROKER, "4+", "Append a message, header with one-letter names"],
  [311, "GET_UNIT_TOPIC_LIST", NS, "4+", "Topics flagged as unit"],
  [312, "GET_HAS_UNIT_SUB_TOPIC_LIST", NS, "4+", "Topics flagged as having unit subscriptions"],
  [313, "GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST", NS, "4+", "Such topics that are no unit themselves"],
  [314, "CLONE_GROUP_OFFSET", BROKER, "4+", "Copy the offsets of one group to another"],
  [315, "VIEW_BROKER_STATS_DATA", BROKER, "4+", "One statistics item by minute, hour and day"],
  [316, "CLEAN_UNUSED_TOPIC", BROKER, "4+", "Drop queues of topics that are not configured"],
  [317, "GET_BROKER_CONSUME_STATS", BROKER, "4+", "Progress of all groups of a broker"],
  [318, "UPDATE_NAMESRV_CONFIG", NS, "4+", "Change name server settings, body is properties text"],
  [319, "GET_NAMESRV_CONFIG", NS, "4+", "Name server settings as properties text"],
  [320, "SEND_BATCH_MESSAGE", BROKER, "4+", "Append several messages of one topic"],
  [321, "QUERY_CONSUME_QUEUE", BROKER, "4+", "Raw units of a consume queue"],
  [322, "QUERY_DATA_VERSION", NS, "4+", "Has the broker changed since it registered"],
  [323, "RESUME_CHECK_HALF_MESSAGE", BROKER, "4+", "Check a given-up half message again"],
  [324, "SEND_REPLY_MESSAGE", BROKER, "4+", "Reply to a requester, header as SEND_MESSAGE"],
  [325, "SEND_REPLY_MESSAGE_V2", BROKER, "4+", "Reply to a requester, header as SEND_MESSAGE_V2"],
  [326, "PUSH_REPLY_MESSAGE_TO_CLIENT", CLIENT, "4+", "Deliver a reply to the requester"],
  [327, "ADD_WRITE_PERM_OF_BROKER", NS, "4+", "Route sends to a broker again"],
  [328, "GET_ALL_PRODUCER_INFO", BROKER, "4+", "All connected producers by group"],
  [329, "DELETE_EXPIRED_COMMITLOG", BROKER, "4+", "Drop expired log files now"],
  [343, "QUERY_TOPICS_BY_CONSUMER", BROKER, "5+", "Topics a group has offsets in"],
  [345, "QUERY_SUBSCRIPTION_BY_CONSUMER", BROKER, "5+", "Subscription of a group to a topic"],
  [351, "GET_TOPIC_CONFIG", BROKER, "5+", "Configuration of one topic"],
  [352, "GET_SUBSCRIPTIONGROUP_CONFIG", BROKER, "5+", "Configuration of one group"],
  [353, "UPDATE_AND_GET_GROUP_FORBIDDEN", BROKER, "5+", "Forbid or allow a group to read a topic"],
  [354, "CHECK_ROCKSDB_CQ_WRITE_PROGRESS", BROKER, "5+", "Compare file and RocksDB consume queues"],
  [355, "EXPORT_ROCKSDB_CONFIG_TO_JSON", BROKER, "5+", "Write RocksDB configuration as JSON files"],
  [361, "LITE_PULL_MESSAGE", BROKER, "5+", "PULL_MESSAGE of a lite pull consumer"],
  [370, "RECALL_MESSAGE", BROKER, "5+", "Take back a timed message"],
  [400, "QUERY_ASSIGNMENT", BROKER, "5+", "Let the broker assign queues to a client"],
  [401, "SET_MESSAGE_REQUEST_MODE", BROKER, "5+", "Choose pull or pop for a group and topic"],
  [
    402,
    "GET_ALL_MESSAGE_REQUEST_MODE",
    BROKER,
    "5+",
    "All choices of pull or pop; a slave copies them",
  ],
  [513, "UPDATE_AND_CREATE_STATIC_TOPIC", BROKER, "5+", "Create or change a static topic"],
  [901, "GET_BROKER_MEMBER_GROUP", NS, "5+", "Addresses of one broker name"],
  [902, "ADD_BROKER", BROKER, "5+", "A broker container starts a broker"],
  [903, "REMOVE_BROKER", BROKER, "5+", "A broker container stops a broker"],
  [904, "BROKER_HEARTBEAT", ["namesrv", "controller"], "5+", "A broker tells that it lives"],
  [905, "NOTIFY_MIN_BROKER_ID_CHANGE", BROKER, "5+", "The smallest living broker id changed"],
  [906, "EXCHANGE_BROKER_HA_INFO", BROKER, "5+", "Master and slave tell their HA addresses"],
  [907, "GET_BROKER_HA_STATUS", BROKER, "5+", "State of replication"],
  [908, "RESET_MASTER_FLUSH_OFFSET", BROKER, "5+", "Set the flushed offset a slave believes"],
  [
    1001,
    "CONTROLLER_ALTER_SYNC_STATE_SET",
    CONTROLLER,
    "5+",
    "Change the set of synchronous replicas",
  ],
  [1002, "CONTROLLER_ELECT_MASTER", CONTROLLER, "5+", "Elect a master"],
  [1003, "CONTROLLER_REGISTER_BROKER", CONTROLLER, "5+", "A broker registers at the controller"],
  [1004, "CONTROLLER_GET_REPLICA_INFO", CONTROLLER, "5+", "Master and replicas of a broker name"],
  [1005, "CONTROLLER_GET_METADATA_INFO", CONTROLLER, "5+", "Leader and peers of the controller"],
  [1006, "CONTROLLER_GET_SYNC_STATE_DATA", CONTROLLER, "5+", "Synchronous replicas of brokers"],
  [1007, "GET_BROKER_EPOCH_CACHE", BROKER, "5+", "Epochs and their start offsets"],
  [1008, "NOTIFY_BROKER_ROLE_CHANGED", BROKER, "5+", "The controller tells who is master"],
  [1009, "UPDATE_CONTROLLER_CONFIG", CONTROLLER, "5+", "Change controller settings"],
  [1010, "GET_CONTROLLER_CONFIG", CONTROLLER, "5+", "Controller settings"],
  [1011, "CLEAN_BROKER_DATA", CONTROLLER, "5+", "Forget brokers"],
  [1012, "CONTROLLER_GET_NEXT_BROKER_ID", CONTROLLER, "5+", "Next free broker id"],
  [1013, "CONTROLLER_APPLY_BROKER_ID", CONTROLLER, "5+", "Take a broker id"],
  [2001, "UPDATE_COLD_DATA_FLOW_CTR_CONFIG", BROKER, "5+", "Limit cold reads of groups"],
  [2002, "REMOVE_COLD_DATA_FLOW_CTR_CONFIG", BROKER, "5+", "Remove a limit of cold reads"],
  [2003, "GET_COLD_DATA_FLOW_CTR_INFO", BROKER, "5+", "Limits of cold reads"],
  [2004, "SET_COMMITLOG_READ_MODE", BROKER, "5+", "Advise the kernel how the log is read"],
  [3001, "AUTH_CREATE_USER", BROKER, "5+", "Create a user"],
  [3002, "AUTH_UPDATE_USER", BROKER, "5+", "Change a user"],
  [3003, "AUTH_DELETE_USER", BROKER, "5+", "Remove a user"],
  [3004, "AUTH_GET_USER", BROKER, "5+", "One user"],
  [3005, "AUTH_LIST_USER", BROKER, "5+", "Users by filter"],
  [3006, "AUTH_CREATE_ACL", BROKER, "5+", "Create the policies of a subject"],
  [3007, "AUTH_UPDATE_ACL", BROKER, "5+", "Change the policies of a subject"],
  [3008, "AUTH_DELETE_ACL", BROKER, "5+", "Remove policies of a subject"],
  [3009, "AUTH_GET_ACL", BROKER, "5+", "Policies of one subject"],
  [3010, "AUTH_LIST_ACL", BROKER, "5+", "Policies by filter"],
  [5001, "SWITCH_TIMER_ENGINE", BROKER, "5+", "Choose file or RocksDB timer"],
  [200050, "POP_MESSAGE", BROKER, "5+", "Read messages that come back unless acknowledged"],
  [200051, "ACK_MESSAGE", BROKER, "5+", "Acknowledge a popped message"],
  [200052, "PEEK_MESSAGE", BROKER, "5+", "Read messages without taking them"],
  [200053, "CHANGE_MESSAGE_INVISIBLETIME", BROKER, "5+", "Delay the return of a popped message"],
  [200054, "NOTIFICATION", BROKER, "5+", "Wait until there is something to pop"],
  [200055, "POLLING_INFO", BROKER, "5+", "How many pops are waiting"],
  [200056, "POP_ROLLBACK", BROKER, "5+", "Take back the RocksDB pop store"],
  [200070, "POP_LITE_MESSAGE", BROKER, "5+", "Read messages of lite topics"],
  [200071, "LITE_SUBSCRIPTION_CTL", BROKER, "5+", "Subscribe to lite topics"],
  [200072, "ACK_LITE_MESSAGE", BROKER, "5+", "Acknowledge a message of a lite topic"],
  [200073, "NOTIFY_UNSUBSCRIBE_LITE", CLIENT, "5+", "A lite subscription ended"],
  [200074, "GET_BROKER_LITE_INFO", BROKER, "5+", "Lite topics of a broker"],
  [200075, "GET_PARENT_TOPIC_INFO", BROKER, "5+", "Lite topics of a parent topic"],
  [200076, "GET_LITE_TOPIC_INFO", BROKER, "5+", "One lite topic"],
  [200077, "GET_LITE_CLIENT_INFO", BROKER, "5+", "Lite subscriptions of a client"],
  [200078, "GET_LITE_GROUP_INFO", BROKER, "5+", "Lite subscriptions of a group"],
  [200079, "TRIGGER_LITE_DISPATCH", BROKER, "5+", "Deliver waiting lite messages now"],
  [200151, "BATCH_ACK_MESSAGE", BROKER, "5+", "Acknowledge several popped messages"],
] as const satisfies readonly RequestRow[];

/** Every response code (Java: `RemotingSysResponseCode` and `ResponseCode`), by number. */
export const RESPONSES = [
  [-1006, "RPC_TIME_OUT", "Inside a broker: no answer in time"],
  [-1004, "RPC_SEND_TO_CHANNEL_FAILED", "Inside a broker: the connection broke"],
  [-1002, "RPC_ADDR_IS_NULL", "Inside a broker: no address to ask"],
  [-1000, "RPC_UNKNOWN", "Inside a broker: no other reason"],
  [0, "SUCCESS", "Done"],
  [1, "SYSTEM_ERROR", "The handler failed; the remark says why"],
  [2, "SYSTEM_BUSY", "Refused for load: try later or elsewhere"],
  [3, "REQUEST_CODE_NOT_SUPPORTED", "Nobody serves this request code"],
  [4, "TRANSACTION_FAILED", "The transaction could not be added"],
  [10, "FLUSH_DISK_TIMEOUT", "Stored, not synced in time"],
  [11, "SLAVE_NOT_AVAILABLE", "Stored, no slave to copy to"],
  [12, "FLUSH_SLAVE_TIMEOUT", "Stored, not copied to a slave in time"],
  [13, "MESSAGE_ILLEGAL", "The message breaks a limit"],
  [14, "SERVICE_NOT_AVAILABLE", "The store takes no messages now"],
  [15, "VERSION_NOT_SUPPORTED", "The requester's release is not supported"],
  [16, "NO_PERMISSION", "Not allowed"],
  [17, "TOPIC_NOT_EXIST", "No such topic"],
  [18, "TOPIC_EXIST_ALREADY", "The topic is there already"],
  [19, "PULL_NOT_FOUND", "Nothing new in the queue"],
  [20, "PULL_RETRY_IMMEDIATELY", "Nothing matched: go on at nextBeginOffset"],
  [21, "PULL_OFFSET_MOVED", "The offset is outside the queue: use nextBeginOffset"],
  [22, "QUERY_NOT_FOUND", "Nothing found"],
  [23, "SUBSCRIPTION_PARSE_FAILED", "The filter expression cannot be parsed"],
  [24, "SUBSCRIPTION_NOT_EXIST", "The group or its subscription is not known"],
  [25, "SUBSCRIPTION_NOT_LATEST", "The broker knows an older subscription"],
  [26, "SUBSCRIPTION_GROUP_NOT_EXIST", "No such consumer group"],
  [27, "FILTER_DATA_NOT_EXIST", "No compiled filter for the group"],
  [28, "FILTER_DATA_NOT_LATEST", "The broker has an older compiled filter"],
  [29, "INVALID_PARAMETER", "A parameter is wrong; 4.x says SYSTEM_ERROR"],
  [200, "TRANSACTION_SHOULD_COMMIT", "Declared, sent by no release"],
  [201, "TRANSACTION_SHOULD_ROLLBACK", "Declared, sent by no release"],
  [202, "TRANSACTION_STATE_UNKNOW", "Declared, sent by no release"],
  [203, "TRANSACTION_STATE_GROUP_WRONG", "Declared, sent by no release"],
  [204, "NO_BUYER_ID", "Declared; producers try the next broker"],
  [205, "NOT_IN_CURRENT_UNIT", "Declared; producers try the next broker"],
  [206, "CONSUMER_NOT_ONLINE", "No member of the group is connected"],
  [207, "CONSUME_MSG_TIMEOUT", "The consumer did not answer in time"],
  [208, "NO_MESSAGE", "No message"],
  [209, "POLLING_FULL", "Too many waiting pops (4.9: UPDATE_AND_CREATE_ACL_CONFIG_FAILED)"],
  [210, "POLLING_TIMEOUT", "Nothing to pop in time (4.9: DELETE_ACL_CONFIG_FAILED)"],
  [211, "BROKER_NOT_EXIST", "No such broker (4.9: UPDATE_GLOBAL_WHITE_ADDRS_CONFIG_FAILED)"],
  [212, "BROKER_DISPATCH_NOT_COMPLETE", "Dispatch has not caught up"],
  [213, "BROADCAST_CONSUMPTION", "The group broadcasts"],
  [215, "FLOW_CONTROL", "Slow down"],
  [501, "NOT_LEADER_FOR_QUEUE", "A static topic's queue lives elsewhere"],
  [604, "ILLEGAL_OPERATION", "The operation is not legal now"],
  [1500, "GO_AWAY", "The server is shutting down: connect again"],
  [2000, "CONTROLLER_FENCED_MASTER_EPOCH", "The master's epoch is old"],
  [2001, "CONTROLLER_FENCED_SYNC_STATE_SET_EPOCH", "The epoch of the synchronous set is old"],
  [2002, "CONTROLLER_INVALID_MASTER", "The sender is not the master"],
  [2003, "CONTROLLER_INVALID_REPLICAS", "A replica is not known"],
  [2004, "CONTROLLER_MASTER_NOT_AVAILABLE", "There is no master"],
  [2005, "CONTROLLER_INVALID_REQUEST", "The request is wrong"],
  [2006, "CONTROLLER_BROKER_NOT_ALIVE", "The broker is not alive"],
  [2007, "CONTROLLER_NOT_LEADER", "Ask the controller's leader"],
  [2008, "CONTROLLER_BROKER_METADATA_NOT_EXIST", "The broker is not known"],
  [2009, "CONTROLLER_INVALID_CLEAN_BROKER_METADATA", "The broker cannot be forgotten now"],
  [2010, "CONTROLLER_BROKER_NEED_TO_BE_REGISTERED", "Register first"],
  [2011, "CONTROLLER_MASTER_STILL_EXIST", "The master lives"],
  [2012, "CONTROLLER_ELECT_MASTER_FAILED", "No master could be elected"],
  [2013, "CONTROLLER_ALTER_SYNC_STATE_SET_FAILED", "The synchronous set could not be changed"],
  [2014, "CONTROLLER_BROKER_ID_INVALID", "The broker id is taken"],
  [2015, "CONTROLLER_JRAFT_INTERNAL_ERROR", "The controller's consensus failed"],
  [2016, "CONTROLLER_BROKER_LIVE_INFO_NOT_EXISTS", "No heartbeat of the broker is known"],
  [2017, "LMQ_QUOTA_EXCEEDED", "Too many light queues"],
  [2018, "LITE_SUBSCRIPTION_QUOTA_EXCEEDED", "Too many lite subscriptions"],
  [3001, "USER_NOT_EXIST", "No such user"],
  [3002, "POLICY_NOT_EXIST", "No such policy"],
] as const satisfies readonly ResponseRow[];

/** Name of a request, such as `"SEND_MESSAGE"`. */
export type RequestName = (typeof REQUESTS)[number][1];

/** Name of a response code, such as `"SUCCESS"`. */
export type ResponseName = (typeof RESPONSES)[number][1];

const requestNames: ReadonlyMap<number, RequestName> = new Map(
  REQUESTS.map((row) => [row[0], row[1]]),
);
const requestCodes: ReadonlyMap<string, number> = new Map(REQUESTS.map((row) => [row[1], row[0]]));
const responseNames: ReadonlyMap<number, ResponseName> = new Map(
  RESPONSES.map((row) => [row[0], row[1]]),
);
const responseCodes: ReadonlyMap<string, number> = new Map(
  RESPONSES.map((row) => [row[1], row[0]]),
);

/**
 * The number of a request.
 *
 * ```ts
 * import { requestCode } from "./codes.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(requestCode("SEND_MESSAGE_V2"), 310);
 * ```
 */
export function requestCode(name: RequestName): number {
  return requestCodes.get(name)!;
}

/** The name of a request code; `undefined` when no release declares the code. */
export function requestName(code: number): RequestName | undefined {
  return requestNames.get(code);
}

/** The number of a response code. */
export function responseCode(name: ResponseName): number {
  return responseCodes.get(name)!;
}

/** The name of a response code; `undefined` when no release declares the code. */
export function responseName(code: number): ResponseName | undefined {
  return responseNames.get(code);
}
