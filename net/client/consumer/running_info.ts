/**
 * What a consumer says when a broker asks how it is; `mqadmin consumerStatus` prints it (Java:
 * `DefaultMQPushConsumerImpl.consumerRunningInfo`).
 *
 * @module
 */

import {
  formatRunningInfo,
  type ProcessQueueInfo,
  RUNNING_PROPERTY,
} from "../../wire/running_info.ts";
import { versionName, VERSIONS } from "../../wire/version.ts";
import { NO_LIMIT } from "./consumer_options.ts";
import type { HeldQueue } from "./held_queue.ts";
import type { Membership } from "./membership.ts";
import { consumeFromWhere } from "./start_offset.ts";

const MIB = 1 << 20;

/** Body of the answer to GET_CONSUMER_RUNNING_INFO. */
export function runningInfo(member: Membership): Uint8Array {
  const { offsets, queues, stats, subscriptions } = member;
  const mqTable = new Map(queues.all.map((held) => {
    return [held.queue, queueInfo(held, offsets.get(held.queue) ?? -1)];
  }));
  return formatRunningInfo({
    properties: properties(member),
    subscriptionSet: [...subscriptions.values()],
    mqTable,
    statusTable: stats.status,
  });
}

function queueInfo({ pulled }: HeldQueue, commitOffset: number): ProcessQueueInfo {
  const { taken } = pulled;
  return {
    commitOffset,
    cachedMsgMinOffset: pulled.firstOffset ?? 0,
    cachedMsgMaxOffset: pulled.count === 0 ? 0 : pulled.lastOffset ?? 0,
    cachedMsgCount: pulled.count,
    cachedMsgSizeInMiB: Math.floor(pulled.bytes / MIB),
    transactionMsgMinOffset: taken[0]?.queueOffset ?? 0,
    transactionMsgMaxOffset: taken.at(-1)?.queueOffset ?? 0,
    transactionMsgCount: taken.length,
    locked: pulled.locked,
    tryUnlockTimes: 0,
    lastLockTimestamp: pulled.lockedAt,
    droped: pulled.dropped,
    lastPullTimestamp: pulled.pulledAt,
    lastConsumeTimestamp: pulled.consumedAt,
  };
}

/** Settings are called as Java's consumers call theirs. */
function properties({ cluster, settings, group, startedAt }: Membership): Map<string, string> {
  const { model, startFrom, attemptsMax } = settings;
  return new Map<string, string>([
    [RUNNING_PROPERTY.nameServers, cluster.nameServers.addresses.join(";")],
    [RUNNING_PROPERTY.ordered, String(settings.ordered)],
    [RUNNING_PROPERTY.consumeType, "CONSUME_PASSIVELY"],
    [RUNNING_PROPERTY.version, versionName(VERSIONS.own)],
    [RUNNING_PROPERTY.startedAt, String(startedAt)],
    ["consumerGroup", group],
    ["messageModel", model === "clustering" ? "CLUSTERING" : "BROADCASTING"],
    ["consumeFromWhere", consumeFromWhere(startFrom)],
    ["allocateMessageQueueStrategy", settings.allocate.name],
    ["pullBatchSize", String(settings.pullMax)],
    ["pullThresholdForQueue", String(settings.cachedMessagesMax)],
    ["pullThresholdSizeForQueue", String(Math.floor(settings.cachedBytesMax / MIB))],
    ["consumeConcurrentlyMaxSpan", String(settings.cachedSpanMax)],
    // Java's word for no limit.
    ["maxReconsumeTimes", String(attemptsMax === NO_LIMIT ? -1 : attemptsMax - 1)],
    ["suspendCurrentQueueTimeMillis", String(settings.suspendMs)],
    ["consumeTimeout", String(Math.ceil(settings.consumeTimeoutMs / 60_000))],
  ]);
}
