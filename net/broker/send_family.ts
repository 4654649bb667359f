/**
 * Requests that bring messages (Java: `SendMessageProcessor`). A message is checked, gets the pairs
 * the broker adds, and is put in the turn of the event loop in which it came; the answer follows when
 * the store has it where the flush mode promises.
 *
 * This is the busiest path of a broker: nothing here waits, and little is made for a single message.
 *
 * @module
 */

import { SYS_FLAG } from "../../store/format.ts";
import { hostBytes } from "../../store/host.ts";
import type { HostBytes } from "../../store/layout.ts";
import { isQueued } from "../../store/message.ts";
import { formatProperties, parseProperties, PROPERTY } from "../../store/properties.ts";
import type { BatchElement, MessageDraft } from "../../store/put.ts";
import type { Store } from "../../store/store.ts";
import { type Call, LATER } from "../rpc/call.ts";
import type { Connection } from "../rpc/connection.ts";
import { Refusal } from "../rpc/refusal.ts";
import type { Family } from "../rpc/routes.ts";
import { BatchCursor } from "../wire/batch_body.ts";
import { BodyError } from "../wire/json_body.ts";
import type { TopicConfig } from "../wire/topic_config.ts";
import type { BrokerConfig } from "./broker_config.ts";
import type { BrokerStats } from "./broker_stats.ts";
import {
  deadLetterTopic,
  DLQ_QUEUE_ID,
  givingGroup,
  groupOfRetryTopic,
  reconsumeTimesMax,
} from "./dead_letter.ts";
import { delayLevelOf, waitingPlace } from "./delay_levels.ts";
import type { GroupTable } from "./group_table.ts";
import { HALF_QUEUE_ID, halfPairs } from "./half_message.ts";
import type { QueueLocks } from "./lock_family.ts";
import { formatRecallHandle } from "./recall_handle.ts";
import { checkSend, type SendHeader, sendQueue } from "./send_check.ts";
import { SendProperties, TIMER_NAMES } from "./send_properties.ts";
import { illegalRemark, SendReplies, traced } from "./send_reply.ts";
import type { PlaceTimed } from "./timer_place.ts";
import { hasBatchQueues } from "./topic_attributes.ts";
import { RETRY_PREFIX, TRANS_HALF_TOPIC } from "../wire/topic_names.ts";
import type { TopicTable } from "./topic_table.ts";
import type { UniqueIds } from "../wire/unique_ids.ts";

/** What the family works on. */
export interface SendFamilyInput {
  readonly config: Pick<
    BrokerConfig,
    | "brokerClusterName"
    | "brokerName"
    | "brokerIP1"
    | "brokerPermission"
    | "maxMessageSize"
    | "regionId"
    | "rejectTransactionMessage"
    | "traceOn"
  >;
  readonly store: Pick<Store, "put" | "putBatch">;
  /** Address in the records. */
  readonly storeHost: HostBytes;
  readonly topics: TopicTable;
  readonly groups: GroupTable;
  readonly locks: QueueLocks;
  readonly stats: BrokerStats;
  readonly ids: UniqueIds;
  /** Number of delay levels. */
  readonly delayLevelCount: number;
  /** Finds the place of messages that are delivered at a second of their own. */
  readonly placeTimed: PlaceTimed;
  /** From 0 to less than 1: chooses the queue where the producer leaves that to the broker. */
  readonly random: () => number;
}

/** Requests that bring messages. */
export function sendFamily(input: SendFamilyInput): Family {
  const sender = new Sender(input);
  return {
    SEND_MESSAGE: (call) => sender.send(call),
    SEND_MESSAGE_V2: (call) => sender.send(call),
    SEND_BATCH_MESSAGE: (call) => sender.send(call),
  };
}

/** Length of a batch's topic, whatever the names of topics allow. */
const BATCH_TOPIC_LENGTH_MAX = 127;

/** The append sets them as the addresses of the record are. */
const ADDRESS_BITS = SYS_FLAG.bornHostV6 | SYS_FLAG.storeHostV6;

/** A delay level that keeps a message from waiting, where its producer asked for one. */
const NO_DELAY = "-1";

class Sender {
  readonly #input: SendFamilyInput;
  readonly #properties: SendProperties;
  readonly #replies: SendReplies;
  readonly #bornHosts = new WeakMap<Connection, HostBytes>();

  constructor(input: SendFamilyInput) {
    const { config } = input;
    this.#input = input;
    this.#replies = new SendReplies(input);
    this.#properties = new SendProperties({
      region: config.regionId,
      traceOn: config.traceOn,
      cluster: config.brokerClusterName,
    });
  }

  /** Serves a send of any kind: the header alone tells a batch, as in Java. */
  send(call: Call<SendHeader>): typeof LATER {
    try {
      const topic = checkSend(this.#input, call.header, call.connection.peer);
      const queueId = sendQueue(call.header, topic, this.#input.random, call.connection.peer);
      if (call.header.batch === true) this.#putBatch(call, topic, queueId);
      else this.#put(call, topic, queueId);
      return LATER;
    } catch (error) {
      throw traced(error, this.#input.config);
    }
  }

  #put(call: Call<SendHeader>, topic: TopicConfig, queueId: number): void {
    const { header, body } = call;
    const properties = this.#properties;
    properties.read(header.properties ?? "");
    const place = { topic: header.topic, queueId };
    if (header.topic.startsWith(RETRY_PREFIX) && this.#isDead(call)) {
      const group = groupOfRetryTopic(header.topic);
      place.topic = deadLetterTopic(this.#input.topics, group).topicName;
      place.queueId = DLQ_QUEUE_ID;
      properties.replace(PROPERTY.delay, NO_DELAY);
    }
    const level = delayLevelOf(properties.delay);
    const isHalf = this.#isHalf(header, level);
    this.#refuseUnserved(header);
    if (body.length === 0) throw this.#illegal();
    const uniqueKey = properties.uniqueKey ?? this.#input.ids.next();
    const added: [string, string][] = [];
    if (properties.uniqueKey === undefined) added.push([PROPERTY.uniqueKey, uniqueKey]);
    let sysFlag = sysFlagOf(header, topic);
    let recallHandle: string | undefined;
    if (isHalf) {
      added.push(...halfPairs(place, uniqueKey));
      place.topic = TRANS_HALF_TOPIC;
      place.queueId = HALF_QUEUE_ID;
      // It waits in a queue as any message does.
      sysFlag &= ~SYS_FLAG.transactionMask;
    } else if (isQueued(sysFlag)) {
      recallHandle = this.#wait(place, { level, added, uniqueKey });
    }
    const draft = this.#draft(call, place, {
      sysFlag,
      body,
      properties: properties.stamped(added),
    });
    const echo = { queueId, uniqueKey, recallHandle };
    this.#input.store.put(draft, (result) => {
      if (result.stored) this.#input.stats.put(place.topic, 1, result.wroteBytes);
      else this.#input.stats.putFailed();
      call.answer(this.#replies.of(result, echo));
    });
  }

  #putBatch(call: Call<SendHeader>, topic: TopicConfig, queueId: number): void {
    const { header, body } = call;
    const name = header.topic;
    if (name.length > BATCH_TOPIC_LENGTH_MAX) {
      throw new Refusal("MESSAGE_ILLEGAL", `message topic length too long ${name.length}`);
    }
    if (name.startsWith(RETRY_PREFIX)) {
      throw new Refusal("MESSAGE_ILLEGAL", `batch request does not support retry group ${name}`);
    }
    const properties = this.#properties;
    properties.read(header.properties ?? "");
    const sysFlag = sysFlagOf(header, topic);
    const isPlain = (sysFlag & SYS_FLAG.transactionMask) === 0;
    if (!isPlain || delayLevelOf(properties.delay) > 0) throw this.#illegal();
    const elements = batchElements(body);
    const place = { topic: name, queueId };
    const { uniqueKey } = properties;
    if (hasBatchQueues(topic.attributes) && uniqueKey !== undefined) {
      this.#putInnerBatch(call, place, { sysFlag, count: elements.length, uniqueKey });
      return;
    }
    // The messages keep the properties they have, and nothing is added, as in 5.x.
    const draft = this.#draft(call, place, { sysFlag, body, properties: "" });
    const echo = { queueId, uniqueKey };
    this.#input.store.putBatch(draft, elements, (result) => {
      if (result.stored) this.#input.stats.put(name, elements.length, result.wroteBytes);
      else this.#input.stats.putFailed();
      call.answer(this.#replies.of(result, echo));
    });
  }

  /** Puts a batch as one record, with its body as it came, which consumers take apart. */
  #putInnerBatch(
    call: Call<SendHeader>,
    place: { readonly topic: string; readonly queueId: number },
    batch: { readonly sysFlag: number; readonly count: number; readonly uniqueKey: string },
  ): void {
    const { header, body } = call;
    const { config, store, stats } = this.#input;
    const { count, uniqueKey } = batch;
    const properties = parseProperties(header.properties ?? "")
      .set(PROPERTY.cluster, config.brokerClusterName)
      .set(PROPERTY.innerNum, String(count));
    const draft = this.#draft(call, place, {
      sysFlag: batch.sysFlag | SYS_FLAG.needUnwrap | SYS_FLAG.innerBatch,
      body,
      properties: formatProperties(properties),
    });
    store.put(draft, (result) => {
      if (result.stored) stats.put(place.topic, count, result.wroteBytes);
      else stats.putFailed();
      const reply = this.#replies.of(result, { queueId: place.queueId, uniqueKey });
      call.answer({ ...reply, extFields: { ...reply.extFields, batchUniqId: uniqueKey } });
    });
  }

  #draft(
    { header, connection }: Call<SendHeader>,
    { topic, queueId }: { readonly topic: string; readonly queueId: number },
    message: { readonly sysFlag: number; readonly body: Uint8Array; readonly properties: string },
  ): MessageDraft {
    return {
      topic,
      queueId,
      flag: header.flag,
      sysFlag: message.sysFlag,
      bornTimestamp: header.bornTimestamp,
      bornHost: this.#bornHost(connection),
      reconsumeTimes: header.reconsumeTimes ?? 0,
      preparedTransactionOffset: 0,
      body: message.body,
      properties: message.properties,
    };
  }

  /** Whether a message that a consumer sends to its own retry topic goes to the dead letters. */
  #isDead({ header, command }: Call<SendHeader>): boolean {
    const name = groupOfRetryTopic(header.topic);
    const group = givingGroup(this.#input.groups, name);
    // Consumers in order send a message back only after they have retried it themselves.
    if (this.#input.locks.isLocking(name)) return true;
    const timesMax = reconsumeTimesMax(group, command, header.maxReconsumeTimes);
    return (header.reconsumeTimes ?? 0) > timesMax;
  }

  /** Whether a message waits for the end of its transaction; a consumer's retry of one does not. */
  #isHalf(header: SendHeader, delayLevel: number): boolean {
    const isRetried = (header.reconsumeTimes ?? 0) > 0 && delayLevel > 0;
    if (!this.#properties.isPrepared || isRetried) return false;
    const { brokerIP1, rejectTransactionMessage } = this.#input.config;
    if (!rejectTransactionMessage) return true;
    const remark = `the broker[${brokerIP1}] sending transaction message is forbidden`;
    throw new Refusal("NO_PERMISSION", remark);
  }

  /** Refuses what this broker does not do. */
  #refuseUnserved(header: SendHeader): void {
    const isBatch = (header.sysFlag & SYS_FLAG.innerBatch) !== 0;
    if (isBatch || this.#properties.isCounted) throw this.#illegal();
  }

  /**
   * Changes the place of a message that waits for its time; returns the text by which it can be taken
   * back where that time is a second of its own. A delay level goes before, as in Java.
   */
  #wait(
    place: { topic: string; queueId: number },
    { level, added, uniqueKey }: {
      readonly level: number;
      readonly added: (readonly [string, string])[];
      readonly uniqueKey: string;
    },
  ): string | undefined {
    const properties = this.#properties;
    const { topic, queueId } = place;
    if (level > 0) {
      const waiting = waitingPlace(level, this.#input.delayLevelCount);
      if (properties.isTimer) properties.drop(TIMER_NAMES);
      if (waiting.level !== level) properties.replace(PROPERTY.delay, String(waiting.level));
      added.push([PROPERTY.realTopic, topic], [PROPERTY.realQueueId, String(queueId)]);
      Object.assign(place, { topic: waiting.topic, queueId: waiting.queueId });
      return undefined;
    }
    const timed = properties.isTimer
      ? this.#input.placeTimed(properties.pairs(), place)
      : undefined;
    if (timed === undefined) return undefined;
    added.push(...timed.added);
    Object.assign(place, { topic: timed.topic, queueId: timed.queueId });
    if (topic.startsWith(RETRY_PREFIX)) return undefined;
    const { brokerName } = this.#input.config;
    const timestamp = String(timed.dueMs + 1);
    return formatRecallHandle({ topic, brokerName, timestamp, messageId: uniqueKey });
  }

  #illegal(): Refusal {
    return new Refusal("MESSAGE_ILLEGAL", illegalRemark(this.#input.config));
  }

  #bornHost(connection: Connection): HostBytes {
    let host = this.#bornHosts.get(connection);
    if (host === undefined) {
      host = hostBytes(connection.remote.hostname, connection.remote.port);
      this.#bornHosts.set(connection, host);
    }
    return host;
  }
}

function sysFlagOf(header: SendHeader, topic: TopicConfig): number {
  const multiTags = topic.topicFilterType === "MULTI_TAG" ? SYS_FLAG.multiTags : 0;
  return (header.sysFlag & ~ADDRESS_BITS) | multiTags;
}

const utf8 = new TextDecoder();

/** The messages of a batch. Their bodies are views. */
function batchElements(body: Uint8Array): BatchElement[] {
  const elements: BatchElement[] = [];
  const cursor = new BatchCursor(body);
  try {
    while (cursor.next()) {
      const { flag, body } = cursor;
      elements.push({ flag, body, properties: utf8.decode(cursor.properties) });
    }
  } catch (error) {
    if (!(error instanceof BodyError)) throw error;
    throw new Refusal("MESSAGE_ILLEGAL", error.message, { cause: error });
  }
  return elements;
}
