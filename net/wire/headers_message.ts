/**
 * Header tables of the requests that carry, read and finish messages.
 *
 * @module
 */

import { OPTIONAL, REQUIRED } from "./header.ts";

/** Fields of a send, long names (Java: `SendMessageRequestHeader`). */
export const SEND_V1 = [
  ["producerGroup", "producerGroup", "string", REQUIRED],
  ["topic", "topic", "string", REQUIRED],
  ["defaultTopic", "defaultTopic", "string", REQUIRED],
  ["defaultTopicQueueNums", "defaultTopicQueueNums", "int", REQUIRED],
  ["queueId", "queueId", "int", REQUIRED],
  ["sysFlag", "sysFlag", "int", REQUIRED],
  ["bornTimestamp", "bornTimestamp", "long", REQUIRED],
  ["flag", "flag", "int", REQUIRED],
  ["properties", "properties", "string", OPTIONAL],
  ["reconsumeTimes", "reconsumeTimes", "int", OPTIONAL],
  ["unitMode", "unitMode", "boolean", OPTIONAL],
  ["maxReconsumeTimes", "maxReconsumeTimes", "int", OPTIONAL],
  ["batch", "batch", "boolean", OPTIONAL],
  ["bname", "brokerName", "string", OPTIONAL],
] as const;

/** The same fields under one-letter keys (Java: `SendMessageRequestHeaderV2`). */
export const SEND_V2 = [
  ["a", "producerGroup", "string", REQUIRED],
  ["b", "topic", "string", REQUIRED],
  ["c", "defaultTopic", "string", REQUIRED],
  ["d", "defaultTopicQueueNums", "int", REQUIRED],
  ["e", "queueId", "int", REQUIRED],
  ["f", "sysFlag", "int", REQUIRED],
  ["g", "bornTimestamp", "long", REQUIRED],
  ["h", "flag", "int", REQUIRED],
  ["i", "properties", "string", OPTIONAL],
  ["j", "reconsumeTimes", "int", OPTIONAL],
  ["k", "unitMode", "boolean", OPTIONAL],
  ["l", "maxReconsumeTimes", "int", OPTIONAL],
  ["m", "batch", "boolean", OPTIONAL],
  ["n", "brokerName", "string", OPTIONAL],
] as const;

/** Answer to any send (Java: `SendMessageResponseHeader` and two trace fields). */
export const SEND_RESPONSE = [
  ["msgId", "msgId", "string", REQUIRED],
  ["queueId", "queueId", "int", REQUIRED],
  ["queueOffset", "queueOffset", "long", REQUIRED],
  ["transactionId", "transactionId", "string", OPTIONAL],
  ["batchUniqId", "batchUniqId", "string", OPTIONAL],
  ["recallHandle", "recallHandle", "string", OPTIONAL],
  ["MSG_REGION", "regionId", "string", OPTIONAL],
  ["TRACE_ON", "traceOn", "string", OPTIONAL],
] as const;

/** A pull (Java: `PullMessageRequestHeader`). */
export const PULL = [
  ["consumerGroup", "consumerGroup", "string", REQUIRED],
  ["topic", "topic", "string", REQUIRED],
  ["queueId", "queueId", "int", REQUIRED],
  ["queueOffset", "queueOffset", "long", REQUIRED],
  ["maxMsgNums", "maxMsgNums", "int", REQUIRED],
  ["sysFlag", "sysFlag", "int", REQUIRED],
  ["commitOffset", "commitOffset", "long", REQUIRED],
  ["suspendTimeoutMillis", "suspendTimeoutMillis", "long", REQUIRED],
  ["subscription", "subscription", "string", OPTIONAL],
  ["subVersion", "subVersion", "long", REQUIRED],
  ["expressionType", "expressionType", "string", OPTIONAL],
  ["maxMsgBytes", "maxMsgBytes", "int", OPTIONAL],
  ["requestSource", "requestSource", "int", OPTIONAL],
  ["proxyFrowardClientId", "proxyForwardClientId", "string", OPTIONAL],
] as const;

/** Answer to a pull (Java: `PullMessageResponseHeader`). */
const PULL_RESPONSE = [
  ["suggestWhichBrokerId", "suggestWhichBrokerId", "long", REQUIRED],
  ["nextBeginOffset", "nextBeginOffset", "long", REQUIRED],
  ["minOffset", "minOffset", "long", REQUIRED],
  ["maxOffset", "maxOffset", "long", REQUIRED],
  ["offsetDelta", "offsetDelta", "long", OPTIONAL],
  ["topicSysFlag", "topicSysFlag", "int", OPTIONAL],
  ["groupSysFlag", "groupSysFlag", "int", OPTIONAL],
  ["forbiddenType", "forbiddenType", "int", OPTIONAL],
] as const;

/** A queue of a topic, the whole header of several requests. */
const TOPIC_QUEUE = [
  ["topic", "topic", "string", REQUIRED],
  ["queueId", "queueId", "int", REQUIRED],
] as const;

const POP_ACK = [
  ["consumerGroup", "consumerGroup", "string", REQUIRED],
  ["topic", "topic", "string", REQUIRED],
  ["queueId", "queueId", "int", REQUIRED],
  ["extraInfo", "extraInfo", "string", REQUIRED],
  ["offset", "offset", "long", REQUIRED],
] as const;

const OFFSET = [["offset", "offset", "long", REQUIRED]] as const;

/** Requests about messages. */
export const MESSAGE_REQUESTS = {
  SEND_MESSAGE: SEND_V1,
  SEND_MESSAGE_V2: SEND_V2,
  SEND_BATCH_MESSAGE: SEND_V2,
  SEND_REPLY_MESSAGE: SEND_V1,
  SEND_REPLY_MESSAGE_V2: SEND_V2,
  PULL_MESSAGE: PULL,
  LITE_PULL_MESSAGE: PULL,
  CONSUMER_SEND_MSG_BACK: [
    ["offset", "offset", "long", REQUIRED],
    ["group", "group", "string", REQUIRED],
    ["delayLevel", "delayLevel", "int", REQUIRED],
    ["originMsgId", "originMsgId", "string", OPTIONAL],
    ["originTopic", "originTopic", "string", OPTIONAL],
    ["unitMode", "unitMode", "boolean", OPTIONAL],
    ["maxReconsumeTimes", "maxReconsumeTimes", "int", OPTIONAL],
  ],
  END_TRANSACTION: [
    ["topic", "topic", "string", OPTIONAL],
    ["producerGroup", "producerGroup", "string", REQUIRED],
    ["tranStateTableOffset", "tranStateTableOffset", "long", REQUIRED],
    ["commitLogOffset", "commitLogOffset", "long", REQUIRED],
    ["commitOrRollback", "commitOrRollback", "int", REQUIRED],
    ["fromTransactionCheck", "fromTransactionCheck", "boolean", OPTIONAL],
    ["msgId", "msgId", "string", REQUIRED],
    ["transactionId", "transactionId", "string", OPTIONAL],
  ],
  CHECK_TRANSACTION_STATE: [
    ["topic", "topic", "string", OPTIONAL],
    ["tranStateTableOffset", "tranStateTableOffset", "long", REQUIRED],
    ["commitLogOffset", "commitLogOffset", "long", REQUIRED],
    ["msgId", "msgId", "string", OPTIONAL],
    ["transactionId", "transactionId", "string", OPTIONAL],
    ["offsetMsgId", "offsetMsgId", "string", OPTIONAL],
    ["bname", "brokerName", "string", OPTIONAL],
  ],
  PUSH_REPLY_MESSAGE_TO_CLIENT: [
    ["producerGroup", "producerGroup", "string", REQUIRED],
    ["topic", "topic", "string", REQUIRED],
    ["defaultTopic", "defaultTopic", "string", REQUIRED],
    ["defaultTopicQueueNums", "defaultTopicQueueNums", "int", REQUIRED],
    ["queueId", "queueId", "int", REQUIRED],
    ["sysFlag", "sysFlag", "int", REQUIRED],
    ["bornTimestamp", "bornTimestamp", "long", REQUIRED],
    ["flag", "flag", "int", REQUIRED],
    ["properties", "properties", "string", OPTIONAL],
    ["reconsumeTimes", "reconsumeTimes", "int", OPTIONAL],
    ["unitMode", "unitMode", "boolean", OPTIONAL],
    ["bornHost", "bornHost", "string", REQUIRED],
    ["storeHost", "storeHost", "string", REQUIRED],
    ["storeTimestamp", "storeTimestamp", "long", REQUIRED],
  ],
  QUERY_MESSAGE: [
    ["topic", "topic", "string", REQUIRED],
    ["key", "key", "string", REQUIRED],
    ["maxNum", "maxNum", "int", REQUIRED],
    ["beginTimestamp", "beginTimestamp", "long", REQUIRED],
    ["endTimestamp", "endTimestamp", "long", REQUIRED],
    ["indexType", "indexType", "string", OPTIONAL],
    ["lastKey", "lastKey", "string", OPTIONAL],
    ["_UNIQUE_KEY_QUERY", "uniqueKeyQuery", "boolean", OPTIONAL],
  ],
  VIEW_MESSAGE_BY_ID: [
    ["topic", "topic", "string", OPTIONAL],
    ["offset", "offset", "long", REQUIRED],
  ],
  QUERY_CONSUMER_OFFSET: [
    ["consumerGroup", "consumerGroup", "string", REQUIRED],
    ["topic", "topic", "string", REQUIRED],
    ["queueId", "queueId", "int", REQUIRED],
    ["setZeroIfNotFound", "setZeroIfNotFound", "boolean", OPTIONAL],
  ],
  UPDATE_CONSUMER_OFFSET: [
    ["consumerGroup", "consumerGroup", "string", REQUIRED],
    ["topic", "topic", "string", REQUIRED],
    ["queueId", "queueId", "int", REQUIRED],
    ["commitOffset", "commitOffset", "long", REQUIRED],
  ],
  SEARCH_OFFSET_BY_TIMESTAMP: [
    ["topic", "topic", "string", REQUIRED],
    ["queueId", "queueId", "int", REQUIRED],
    ["timestamp", "timestamp", "long", REQUIRED],
    ["boundaryType", "boundaryType", "string", OPTIONAL],
  ],
  GET_MAX_OFFSET: [...TOPIC_QUEUE, ["committed", "committed", "boolean", OPTIONAL]],
  GET_MIN_OFFSET: TOPIC_QUEUE,
  GET_EARLIEST_MSG_STORETIME: TOPIC_QUEUE,
  RESUME_CHECK_HALF_MESSAGE: [
    ["topic", "topic", "string", OPTIONAL],
    ["msgId", "msgId", "string", OPTIONAL],
  ],
  RECALL_MESSAGE: [
    ["producerGroup", "producerGroup", "string", OPTIONAL],
    ["topic", "topic", "string", REQUIRED],
    ["recallHandle", "recallHandle", "string", REQUIRED],
  ],
  POP_MESSAGE: [
    ["consumerGroup", "consumerGroup", "string", REQUIRED],
    ["topic", "topic", "string", REQUIRED],
    ["queueId", "queueId", "int", REQUIRED],
    ["maxMsgNums", "maxMsgNums", "int", REQUIRED],
    ["invisibleTime", "invisibleTime", "long", REQUIRED],
    ["pollTime", "pollTime", "long", REQUIRED],
    ["bornTime", "bornTime", "long", REQUIRED],
    ["initMode", "initMode", "int", REQUIRED],
    ["expType", "expressionType", "string", OPTIONAL],
    ["exp", "expression", "string", OPTIONAL],
    ["order", "order", "boolean", OPTIONAL],
    ["attemptId", "attemptId", "string", OPTIONAL],
  ],
  ACK_MESSAGE: POP_ACK,
  CHANGE_MESSAGE_INVISIBLETIME: [
    ...POP_ACK,
    ["invisibleTime", "invisibleTime", "long", REQUIRED],
    ["suspend", "suspend", "boolean", OPTIONAL],
  ],
  PEEK_MESSAGE: [
    ...TOPIC_QUEUE,
    ["maxMsgNums", "maxMsgNums", "int", REQUIRED],
    ["consumerGroup", "consumerGroup", "string", REQUIRED],
  ],
  NOTIFICATION: [
    ["consumerGroup", "consumerGroup", "string", REQUIRED],
    ...TOPIC_QUEUE,
    ["pollTime", "pollTime", "long", REQUIRED],
    ["bornTime", "bornTime", "long", REQUIRED],
    ["order", "order", "boolean", OPTIONAL],
    ["attemptId", "attemptId", "string", OPTIONAL],
    ["expType", "expressionType", "string", OPTIONAL],
    ["exp", "expression", "string", OPTIONAL],
  ],
  POLLING_INFO: [["consumerGroup", "consumerGroup", "string", REQUIRED], ...TOPIC_QUEUE],
} as const;

/** Responses to {@linkcode MESSAGE_REQUESTS} that carry fields. */
export const MESSAGE_RESPONSES = {
  SEND_MESSAGE: SEND_RESPONSE,
  SEND_MESSAGE_V2: SEND_RESPONSE,
  SEND_BATCH_MESSAGE: SEND_RESPONSE,
  SEND_REPLY_MESSAGE: SEND_RESPONSE,
  SEND_REPLY_MESSAGE_V2: SEND_RESPONSE,
  PULL_MESSAGE: PULL_RESPONSE,
  LITE_PULL_MESSAGE: PULL_RESPONSE,
  QUERY_MESSAGE: [
    ["indexLastUpdateTimestamp", "indexLastUpdateTimestamp", "long", REQUIRED],
    ["indexLastUpdatePhyoffset", "indexLastUpdatePhyoffset", "long", REQUIRED],
  ],
  QUERY_CONSUMER_OFFSET: OFFSET,
  SEARCH_OFFSET_BY_TIMESTAMP: OFFSET,
  GET_MAX_OFFSET: OFFSET,
  GET_MIN_OFFSET: OFFSET,
  GET_EARLIEST_MSG_STORETIME: [["timestamp", "timestamp", "long", REQUIRED]],
  RECALL_MESSAGE: [
    ["msgId", "msgId", "string", REQUIRED],
    ["MSG_REGION", "regionId", "string", OPTIONAL],
  ],
  POP_MESSAGE: [
    ["popTime", "popTime", "long", REQUIRED],
    ["invisibleTime", "invisibleTime", "long", REQUIRED],
    ["reviveQid", "reviveQueueId", "int", REQUIRED],
    ["restNum", "restNum", "long", REQUIRED],
    ["startOffsetInfo", "startOffsetInfo", "string", OPTIONAL],
    ["msgOffsetInfo", "msgOffsetInfo", "string", OPTIONAL],
    ["orderCountInfo", "orderCountInfo", "string", OPTIONAL],
  ],
  CHANGE_MESSAGE_INVISIBLETIME: [
    ["popTime", "popTime", "long", REQUIRED],
    ["invisibleTime", "invisibleTime", "long", REQUIRED],
    ["reviveQid", "reviveQueueId", "int", REQUIRED],
  ],
  NOTIFICATION: [
    ["hasMsg", "hasMsg", "boolean", REQUIRED],
    ["pollingFull", "pollingFull", "boolean", OPTIONAL],
  ],
  POLLING_INFO: [["pollingNum", "pollingNum", "int", REQUIRED]],
} as const;
