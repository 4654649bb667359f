/**
 * What the broker asks consumers for somebody else: their inner state, to consume one message, where
 * they are, and to go on elsewhere (Java: `Broker2Client`).
 *
 * @module
 */

import { parseMessageId } from "../../store/message_id.ts";
import type { Store } from "../../store/store.ts";
import type { Call, Reply } from "../rpc/call.ts";
import { Refusal } from "../rpc/refusal.ts";
import type { Family } from "../rpc/routes.ts";
import { RpcError } from "../rpc/rpc_error.ts";
import { type RequestName, responseCode, responseName } from "../wire/codes.ts";
import type { Payload } from "../wire/command.ts";
import { encodeHeader, type HeaderOf } from "../wire/headers.ts";
import { BodyError } from "../wire/json_body.ts";
import type { MessageQueue } from "../wire/message_queue.ts";
import { formatResetOffsets } from "../wire/offset_tables.ts";
import { versionName, VERSIONS } from "../wire/version.ts";
import {
  formatConsumerStatus,
  formatResetOffsetsForCpp,
  parseConsumerStatus,
} from "./admin_bodies.ts";
import type { BrokerConfig } from "./broker_config.ts";
import type { ClientChannel } from "./client_channel.ts";
import type { ConsumerGroups } from "./consumer_groups.ts";
import type { GroupTable } from "./group_table.ts";
import type { OffsetTable } from "./offset_table.ts";
import type { TopicTable } from "./topic_table.ts";

/** What the family works on. */
export interface RelayFamilyInput {
  readonly config: Pick<BrokerConfig, "brokerName" | "useServerSideResetOffset">;
  readonly store: Store;
  readonly topics: TopicTable;
  readonly groups: GroupTable;
  readonly offsets: OffsetTable;
  readonly consumers: ConsumerGroups;
}

/** Time a client may take to tell its state or to consume a message. */
const RELAY_TIMEOUT_MS = 10_000;

/** Time a client may take to tell where it is. */
const STATUS_TIMEOUT_MS = 5000;

/** The queue id that stands for all queues of a topic. */
const ALL_QUEUES = -1;

/** Requests that consumers answer in the end. */
export function relayFamily(input: RelayFamilyInput): Family {
  return {
    GET_CONSUMER_RUNNING_INFO(call) {
      const { consumerGroup, clientId } = call.header;
      const { extFields } = call.command;
      return relay(input, { name: call.name, consumerGroup, clientId, payload: { extFields } });
    },

    CONSUME_MESSAGE_DIRECTLY: (call) => consumeDirectly(input, call),
    INVOKE_BROKER_TO_RESET_OFFSET: ({ header }) => resetOffset(input, header),
    INVOKE_BROKER_TO_GET_CONSUMER_STATUS: ({ header }) => consumerStatus(input, header),
  };
}

interface Relayed {
  readonly name: RequestName;
  readonly consumerGroup: string;
  readonly clientId: string;
  readonly payload: Payload;
}

/** Asks one member of a group, and gives its answer as it is. */
async function relay(
  { consumers }: RelayFamilyInput,
  { name, consumerGroup, clientId, payload }: Relayed,
): Promise<Reply> {
  const channel = consumers.get(consumerGroup)?.findChannel(clientId);
  if (channel === undefined) {
    throw new Refusal("SYSTEM_ERROR", `The Consumer <${consumerGroup}> <${clientId}> not online`);
  }
  if (channel.version < VERSIONS.clientCalls) {
    throw new Refusal(
      "SYSTEM_ERROR",
      `The Consumer <${clientId}> Version <${versionName(channel.version)}> too low to finish, ` +
        `please upgrade it to ${versionName(VERSIONS.clientCalls)}`,
    );
  }
  const options = { timeoutMs: RELAY_TIMEOUT_MS };
  try {
    const answer = await channel.connection.invoke({ name, ...payload }, options);
    const { extFields, body, remark } = answer;
    return { code: responseName(answer.code) ?? "SYSTEM_ERROR", extFields, body, remark };
  } catch (cause) {
    if (!(cause instanceof RpcError)) throw cause;
    const what = `consumer <${consumerGroup}> <${clientId}>`;
    throw cause.kind === "timeout"
      ? new Refusal("CONSUME_MSG_TIMEOUT", `${what} Timeout: ${cause.message}`, { cause })
      : new Refusal("SYSTEM_ERROR", `invoke ${what} Exception: ${cause.message}`, { cause });
  }
}

/** Hands one stored message to one consumer, which answers what became of it. */
function consumeDirectly(
  input: RelayFamilyInput,
  { name, header, command }: Call<HeaderOf<"CONSUME_MESSAGE_DIRECTLY">>,
): Promise<Reply> {
  const { config: { brokerName }, store, topics, groups } = input;
  const { consumerGroup, clientId = "", msgId = "", topic = "" } = header;
  const place = parseMessageId(msgId)?.physicalOffset;
  const body = place === undefined ? undefined : store.recordAt(place);
  if (body === undefined) {
    throw new Refusal("SYSTEM_ERROR", `can not find message by the id, ${msgId}`);
  }
  const topicSysFlag = topics.get(topic)?.topicSysFlag;
  const group = groups.get(consumerGroup);
  const groupSysFlag = group && (group.groupSysFlag ?? 0);
  const extFields = {
    ...command.extFields,
    ...encodeHeader(name as "CONSUME_MESSAGE_DIRECTLY", {
      ...header,
      brokerName,
      topicSysFlag,
      groupSysFlag,
    }),
  };
  return relay(input, { name, consumerGroup, clientId, payload: { extFields, body } });
}

/**
 * Sets the offsets of a group by time: as 5.x does, here, so that the next pull of each queue is led
 * there, or as 4.x does, with its members.
 */
function resetOffset(
  input: RelayFamilyInput,
  header: HeaderOf<"INVOKE_BROKER_TO_RESET_OFFSET">,
): Reply {
  const { config, topics, groups, offsets } = input;
  const { topic, group } = header;
  const known = topics.get(topic);
  if (known === undefined) {
    throw new Refusal("TOPIC_NOT_EXIST", `Topic ${topic} does not exist`);
  }
  if (groups.get(group) === undefined) {
    throw new Refusal("SUBSCRIPTION_GROUP_NOT_EXIST", `Group ${group} does not exist`);
  }
  const wanted = { ...header, queueNums: known.readQueueNums };
  if (!config.useServerSideResetOffset) return resetWithMembers(input, wanted);
  // There forwards and backwards are alike, asked for by force or not.
  const table = resetTable(input, { ...wanted, isForce: true });
  for (const [{ queueId }, offset] of table) offsets.reset(group, topic, queueId, offset);
  return { body: formatResetOffsets(table) };
}

/**
 * Members that are online hear of it and go on there; the offsets are committed as well, so that it
 * works for groups that are offline.
 */
function resetWithMembers(
  input: RelayFamilyInput,
  header: HeaderOf<"INVOKE_BROKER_TO_RESET_OFFSET"> & { readonly queueNums: number },
): Reply {
  const { offsets, consumers } = input;
  const { topic, group, timestamp, isForce } = header;
  const channels = consumers.get(group)?.channels ?? [];
  const old = channels.find(({ version }) => version < VERSIONS.clientReset);
  if (old !== undefined) {
    const remark = `the client does not support this feature. version=${versionName(old.version)}`;
    throw new Refusal("SYSTEM_ERROR", remark);
  }
  const table = resetTable(input, header);
  for (const [{ queueId }, offset] of table) offsets.commit(group, topic, queueId, offset);
  const extFields = encodeHeader("RESET_CONSUMER_CLIENT_OFFSET", {
    topic,
    group,
    timestamp,
    isForce,
  });
  for (const { connection, language } of channels) {
    const body = language === "CPP" ? formatResetOffsetsForCpp(table) : formatResetOffsets(table);
    connection.oneway({ name: "RESET_CONSUMER_CLIENT_OFFSET", extFields, body });
  }
  return { body: formatResetOffsets(table) };
}

/** Offsets a group is to have; one that is behind the wanted time already stays unless forced. */
function resetTable(
  { config: { brokerName }, store, offsets }: RelayFamilyInput,
  header: HeaderOf<"INVOKE_BROKER_TO_RESET_OFFSET"> & { readonly queueNums: number },
): Map<MessageQueue, number> {
  const { topic, group, timestamp, isForce, queueId = ALL_QUEUES, offset, queueNums } = header;
  const table = new Map<MessageQueue, number>();
  for (let at = 0; at < queueNums; at++) {
    if (queueId !== ALL_QUEUES && queueId !== at) continue;
    const queue = { topic, brokerName, queueId: at };
    const { min, max } = store.queueRange(topic, at) ?? { min: 0, max: 0 };
    if (queueId === at && offset !== undefined && offset !== -1) {
      if (offset < min || offset > max) {
        const remark = `Target offset ${offset} not in consume queue range [${min}-${max}]`;
        throw new Refusal("SYSTEM_ERROR", remark);
      }
      table.set(queue, offset);
      continue;
    }
    // No time stands for the end.
    const wanted = timestamp < 0
      ? max
      : store.searchByTime(queue, { timestamp, boundary: "lower" }) ?? 0;
    const current = offsets.query(group, topic, at);
    table.set(queue, isForce || current < 0 ? wanted : Math.min(wanted, current));
  }
  return table;
}

/** Asks the members of a group, or the one that is named, where they are. */
async function consumerStatus(
  { consumers }: RelayFamilyInput,
  { topic, group, clientAddr = "" }: HeaderOf<"INVOKE_BROKER_TO_GET_CONSUMER_STATUS">,
): Promise<Reply> {
  const channels = consumers.get(group)?.channels ?? [];
  if (channels.length === 0) {
    const remark = `No Any Consumer online in the consumer group: [${group}]`;
    throw new Refusal("SYSTEM_ERROR", remark);
  }
  const asked = channels.filter(({ clientId }) => clientAddr === "" || clientId === clientAddr);
  const statuses = await Promise.all(asked.map((channel) => statusOf(channel, { topic, group })));
  const table = asked.flatMap(({ clientId }, at) => {
    const status = statuses[at];
    return status === undefined ? [] : [[clientId, status] as const];
  });
  return { body: formatConsumerStatus(new Map(table)) };
}

/** A client that gives no answer of use is left out, as one that left just now. */
async function statusOf(
  { connection }: ClientChannel,
  header: { topic: string; group: string },
): Promise<Map<MessageQueue, number> | undefined> {
  const name = "GET_CONSUMER_STATUS_FROM_CLIENT";
  const extFields = encodeHeader(name, header);
  try {
    const answer = await connection.invoke({ name, extFields }, { timeoutMs: STATUS_TIMEOUT_MS });
    return answer.code === responseCode("SUCCESS") && answer.body !== undefined
      ? parseConsumerStatus(answer.body)
      : undefined;
  } catch (error) {
    if (error instanceof RpcError || error instanceof BodyError) return undefined;
    throw error;
  }
}
