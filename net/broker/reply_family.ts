/**
 * Replies to requests that a producer waits for (Java: `ReplyMessageProcessor`). A reply goes straight
 * to the connection of the client that asked, which its properties name, and into the topic of replies
 * to be looked at later. What is answered tells whether it reached that client; a reply that was not
 * stored is delivered all the same.
 *
 * @module
 */

import { hostBytes } from "../../store/host.ts";
import type { HostBytes } from "../../store/layout.ts";
import { formatMessageId } from "../../store/message_id.ts";
import { formatProperties, parseProperties, PROPERTY } from "../../store/properties.ts";
import type { PutResult } from "../../store/put.ts";
import type { Store } from "../../store/store.ts";
import type { Call, Reply } from "../rpc/call.ts";
import type { Family } from "../rpc/routes.ts";
import { RpcError } from "../rpc/rpc_error.ts";
import { encodeHeader } from "../wire/headers.ts";
import type { BrokerConfig } from "./broker_config.ts";
import type { BrokerStats } from "./broker_stats.ts";
import type { ProducerGroups } from "./producer_groups.ts";
import { checkSend, type SendHeader, sendQueue } from "./send_check.ts";
import { traced, traceFields } from "./send_reply.ts";
import type { TopicTable } from "./topic_table.ts";

/** What the family works on. */
export interface ReplyFamilyInput {
  readonly config: Pick<
    BrokerConfig,
    | "brokerIP1"
    | "brokerPermission"
    | "maxMessageSize"
    | "regionId"
    | "storeReplyMessageEnable"
    | "traceOn"
  >;
  readonly store: Pick<Store, "put">;
  /** Address in the records. */
  readonly storeHost: HostBytes;
  /** The same as `host:port`. */
  readonly brokerAddr: string;
  readonly topics: TopicTable;
  readonly producers: ProducerGroups;
  readonly stats: BrokerStats;
  readonly now: () => number;
  /** From 0 to less than 1: chooses the queue where the sender leaves that to the broker. */
  readonly random: () => number;
}

type ReplyCall = Call<SendHeader>;

/** Time a client may take to receive a reply. */
const PUSH_TIMEOUT_MS = 10_000;

/** Id in the answer of a reply that is not stored. */
const NO_ID = "0";

/** Requests that bring replies. */
export function replyFamily(input: ReplyFamilyInput): Family {
  const deliver = (call: ReplyCall): Promise<Reply> => {
    const { header, connection: { peer } } = call;
    try {
      const topic = checkSend(input, header, peer);
      return answer(input, call, sendQueue(header, topic, input.random, peer));
    } catch (error) {
      throw traced(error, input.config);
    }
  };
  return { SEND_REPLY_MESSAGE: deliver, SEND_REPLY_MESSAGE_V2: deliver };
}

async function answer(input: ReplyFamilyInput, call: ReplyCall, queueId: number): Promise<Reply> {
  // The bytes are the connection's; the client may take its time.
  const body = call.body.slice();
  const undelivered = await push(input, call, body);
  const extFields = traceFields(input.config);
  const stored = input.config.storeReplyMessageEnable
    ? await put(input, call, { queueId, body })
    : undefined;
  if (stored?.stored === true) {
    extFields["msgId"] = formatMessageId(input.storeHost, stored.physicalOffsets[0]!);
    extFields["queueId"] = String(queueId);
    extFields["queueOffset"] = String(stored.queueOffset);
  } else if (undelivered === undefined) {
    Object.assign(extFields, { msgId: NO_ID, queueId: String(queueId), queueOffset: "0" });
  }
  if (undelivered === undefined) return { extFields };
  return { code: "SYSTEM_ERROR", remark: undelivered, extFields };
}

/** Hands the reply to the client that waits for it; returns why it could not. */
async function push(
  { brokerAddr, producers, now }: ReplyFamilyInput,
  { header, connection }: ReplyCall,
  body: Uint8Array,
): Promise<string | undefined> {
  const properties = parseProperties(header.properties ?? "");
  const clientId = properties.get(PROPERTY.replyToClient);
  if (clientId === undefined) return "reply message properties[REPLY_TO_CLIENT] is null";
  const channel = producers.findByClientId(clientId);
  if (channel === undefined) return `push reply message fail, channel of <${clientId}> not found.`;
  const time = now();
  properties.set(PROPERTY.pushReplyTime, String(time));
  const extFields = encodeHeader("PUSH_REPLY_MESSAGE_TO_CLIENT", {
    ...header,
    properties: formatProperties(properties),
    bornHost: connection.peer,
    storeHost: brokerAddr,
    storeTimestamp: time,
  });
  const told = { name: "PUSH_REPLY_MESSAGE_TO_CLIENT", extFields, body } as const;
  try {
    const { code } = await channel.connection.invoke(told, { timeoutMs: PUSH_TIMEOUT_MS });
    if (code === 0) return undefined;
  } catch (cause) {
    if (!(cause instanceof RpcError)) throw cause;
  }
  return `push reply message to ${clientId}fail.`;
}

function put(
  { store, stats }: ReplyFamilyInput,
  { header, connection }: ReplyCall,
  { queueId, body }: { readonly queueId: number; readonly body: Uint8Array },
): Promise<PutResult> {
  const { promise, resolve } = Promise.withResolvers<PutResult>();
  const draft = {
    topic: header.topic,
    queueId,
    flag: header.flag,
    sysFlag: header.sysFlag,
    bornTimestamp: header.bornTimestamp,
    bornHost: hostBytes(connection.remote.hostname, connection.remote.port),
    reconsumeTimes: header.reconsumeTimes ?? 0,
    preparedTransactionOffset: 0,
    body,
    properties: header.properties ?? "",
  };
  store.put(draft, (result) => {
    if (result.stored) stats.put(header.topic, 1, result.wroteBytes);
    else stats.putFailed();
    resolve(result);
  });
  return promise;
}
