/**
 * What a pull consumer is to the brokers of its group: what they are told of it, and what they ask it.
 *
 * @module
 */

import { Refusal } from "../../rpc/refusal.ts";
import type { SubscriptionData } from "../../wire/heartbeat.ts";
import type { MessageQueue } from "../../wire/message_queue.ts";
import {
  formatRunningInfo,
  type ProcessQueueInfo,
  RUNNING_PROPERTY,
} from "../../wire/running_info.ts";
import type { ConsumerMember } from "../members.ts";
import type { PullConsumerSettings } from "./pull_consumer_options.ts";
import type { PulledQueue } from "./pulled_queue.ts";
import { consumeFromWhere } from "./start_offset.ts";

const MIB = 1 << 20;
/** Java: `ConsumeType`. */
const CONSUME_TYPE = "CONSUME_ACTIVELY";

/** What a pull consumer tells of itself; names are those on the wire. */
export interface PullMemberOptions {
  readonly group: string;
  readonly settings: PullConsumerSettings;
  /** `host:port;host:port`. */
  readonly nameServers: string;
  /** Epoch ms. */
  readonly startedAt: number;
  /** What it reads now, but for what the group failed with. */
  readonly topics: () => Iterable<string>;
  readonly subscriptions: () => SubscriptionData[];
  readonly queues: () => readonly PulledQueue[];
  readonly membersChanged: () => void;
  /** Goes on elsewhere in a queue, if it has it. */
  readonly moved: (queue: Readonly<MessageQueue>, offset: number) => void;
}

/** The consumer as a member of its group (Java: `DefaultLitePullConsumerImpl`). */
export function pullMember(options: PullMemberOptions): ConsumerMember {
  const { group, settings, subscriptions, queues } = options;
  return {
    kind: "consumer",
    group,
    topics: options.topics,
    membersChanged: options.membersChanged,
    consumerData: () => ({
      groupName: group,
      consumeType: CONSUME_TYPE,
      messageModel: settings.model.toUpperCase(),
      consumeFromWhere: consumeFromWhere(settings.startFrom),
      subscriptionDataSet: subscriptions(),
      unitMode: false,
    }),
    resetOffsets(topic, offsets) {
      for (const [queue, offset] of offsets) options.moved({ ...queue, topic }, offset);
    },
    consumerStatus: (topic) =>
      new Map(
        queues().flatMap(({ queue, settledOffset }) =>
          queue.topic === topic && settledOffset !== undefined
            ? [[{ ...queue }, settledOffset] as const]
            : []
        ),
      ),
    runningInfo: () =>
      formatRunningInfo({
        properties: propertiesOf(options),
        subscriptionSet: subscriptions(),
        mqTable: new Map(queues().map((it) => [{ ...it.queue }, queueInfo(it)])),
        statusTable: new Map(),
      }),
    // As Java's: there is no listener that could be called.
    consumeDirectly: () => {
      const remark = `The Consumer Group <${group}> not exist in this consumer`;
      return Promise.reject(new Refusal("SYSTEM_ERROR", remark));
    },
  };
}

function propertiesOf(
  { settings, startedAt, nameServers }: PullMemberOptions,
): ReadonlyMap<string, string> {
  return new Map([
    [RUNNING_PROPERTY.nameServers, nameServers],
    [RUNNING_PROPERTY.consumeType, CONSUME_TYPE],
    [RUNNING_PROPERTY.ordered, "false"],
    [RUNNING_PROPERTY.startedAt, String(startedAt)],
    ["autoCommit", String(settings.autoCommit)],
    ["pullBatchSize", String(settings.pullMax)],
    ["pullThresholdForQueue", String(settings.cachedMessagesMax)],
    ["pullThresholdForAll", String(settings.cachedMessagesMaxInAll)],
  ]);
}

function queueInfo(pulled: PulledQueue): ProcessQueueInfo {
  const { position = 0, next = 0, count, bytes, settledOffset = 0 } = pulled;
  return {
    commitOffset: settledOffset,
    cachedMsgMinOffset: count === 0 ? 0 : position,
    cachedMsgMaxOffset: count === 0 ? 0 : next - 1,
    cachedMsgCount: count,
    cachedMsgSizeInMiB: Math.floor(bytes / MIB),
    transactionMsgMinOffset: 0,
    transactionMsgMaxOffset: 0,
    transactionMsgCount: 0,
    locked: false,
    tryUnlockTimes: 0,
    lastLockTimestamp: 0,
    droped: false,
    lastPullTimestamp: pulled.lastPulledAt,
    lastConsumeTimestamp: pulled.lastTakenAt,
  };
}
