/**
 * Offsets: what groups committed, and where the queues begin and end (Java: `ConsumerManageProcessor`,
 * `AdminBrokerProcessor`).
 *
 * @module
 */

import { RecordView } from "../../store/record_view.ts";
import type { Store } from "../../store/store.ts";
import type { Reply } from "../rpc/call.ts";
import { Refusal } from "../rpc/refusal.ts";
import type { Family } from "../rpc/routes.ts";
import { encodeResponseHeader, type HeaderOf } from "../wire/headers.ts";
import type { GroupTable } from "./group_table.ts";
import type { OffsetTable } from "./offset_table.ts";
import type { TopicTable } from "./topic_table.ts";

/** What the family works on. */
export interface OffsetFamilyInput {
  readonly store: Store;
  readonly topics: TopicTable;
  readonly groups: GroupTable;
  readonly offsets: OffsetTable;
  /**
   * Bytes at the end of the log in which a queue counts as young: a group that never committed there
   * starts at its first message.
   */
  readonly youngBytesMax: number;
  /**
   * Whether a group that never committed starts at the first message of every queue, wherever else it
   * would: nothing will come to a store that is only shown. Default: no.
   */
  readonly startsAtFirst?: boolean | undefined;
}

/** Requests about offsets. */
export function offsetFamily(input: OffsetFamilyInput): Family {
  const { store } = input;
  return {
    QUERY_CONSUMER_OFFSET: ({ header }) => queryConsumerOffset(input, header),
    UPDATE_CONSUMER_OFFSET: ({ header }) => updateConsumerOffset(input, header),

    SEARCH_OFFSET_BY_TIMESTAMP({ header: { topic, queueId, timestamp, boundaryType } }) {
      const boundary = boundaryType?.toLowerCase() === "upper" ? "upper" : "lower";
      return offsetReply(store.searchByTime({ topic, queueId }, { timestamp, boundary }) ?? 0);
    },

    GET_MAX_OFFSET({ header: { topic, queueId } }) {
      return offsetReply(store.queueRange(topic, queueId)?.max ?? 0);
    },

    GET_MIN_OFFSET({ header: { topic, queueId } }) {
      return offsetReply(store.queueRange(topic, queueId)?.min ?? 0);
    },

    GET_EARLIEST_MSG_STORETIME({ header: { topic, queueId } }) {
      const min = store.queueRange(topic, queueId)?.min ?? 0;
      const timestamp = store.storeTimeAt({ topic, queueId }, min) ?? -1;
      return { extFields: encodeResponseHeader("GET_EARLIEST_MSG_STORETIME", { timestamp }) };
    },
  };
}

/**
 * A group that never committed gets 0 for a queue whose first message is among the newest of the log:
 * it starts there wherever else it would. For all other queues it is told so, and decides itself. This
 * is how 5.x answers; 4.x says 0 for empty queues too, where every client ends up at 0 anyway.
 */
function queryConsumerOffset(
  { store, offsets, youngBytesMax, startsAtFirst }: OffsetFamilyInput,
  header: HeaderOf<"QUERY_CONSUMER_OFFSET">,
): Reply | Promise<Reply> {
  const { consumerGroup, topic, queueId } = header;
  const offset = offsets.query(consumerGroup, topic, queueId);
  if (offset >= 0) return offsetReply(offset);
  const range = store.queueRange(topic, queueId);
  if (startsAtFirst === true && range !== undefined) return offsetReply(range.min);
  if (header.setZeroIfNotFound === false) {
    throw notFound("Not found, do not set to zero, maybe this group boot first");
  }
  if (range === undefined || range.min > 0 || range.max === 0) {
    throw notFound("Not found, V3_0_6_SNAPSHOT maybe this group consumer boot first");
  }
  return answerYoung(store, { topic, queueId, youngBytesMax });
}

async function answerYoung(
  store: Store,
  { topic, queueId, youngBytesMax }: { topic: string; queueId: number; youngBytesMax: number },
): Promise<Reply> {
  const { body, count } = await store.get({ topic, queueId, queueOffset: 0, countMax: 1 });
  const record = new RecordView();
  record.attach(body);
  const isSound = count > 0 && record.load(0, body.length) === undefined;
  if (isSound && store.logRange.max - record.physicalOffset() <= youngBytesMax) {
    return offsetReply(0);
  }
  throw notFound("Not found, V3_0_6_SNAPSHOT maybe this group consumer boot first");
}

function updateConsumerOffset(
  { topics, groups, offsets }: OffsetFamilyInput,
  { consumerGroup, topic, queueId, commitOffset }: HeaderOf<"UPDATE_CONSUMER_OFFSET">,
): Reply {
  if (groups.get(consumerGroup) === undefined) {
    throw new Refusal("SUBSCRIPTION_GROUP_NOT_EXIST", `Group ${consumerGroup} not exist!`, {
      extFields: {},
    });
  }
  if (topics.get(topic) === undefined) {
    throw new Refusal("TOPIC_NOT_EXIST", `Topic ${topic} not exist!`, { extFields: {} });
  }
  if (offsets.isReset(consumerGroup, topic, queueId)) {
    return { extFields: {}, remark: "Offset has been previously reset" };
  }
  offsets.commit(consumerGroup, topic, queueId, commitOffset);
  return { extFields: {} };
}

/** The same for all requests that ask for an offset. */
function offsetReply(offset: number): Reply {
  return { extFields: encodeResponseHeader("QUERY_CONSUMER_OFFSET", { offset }) };
}

function notFound(remark: string): Refusal {
  return new Refusal("QUERY_NOT_FOUND", remark, { extFields: {} });
}
