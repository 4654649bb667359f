/**
 * Moving a group elsewhere in a topic, online or not (Java: `resetOffsetByTimestamp` and the old way
 * its tools fall back to).
 *
 * @module
 */

import type { MessageQueue } from "../../wire/message_queue.ts";
import { parseResetOffsets } from "../../wire/offset_tables.ts";
import type { Cluster } from "../cluster.ts";
import { type BrokerGroup, brokersOfTopic, changeEach, readEach } from "./asking.ts";
import { brokerSettings } from "./brokers.ts";
import { consumerMembers } from "./groups.ts";
import {
  committedAt,
  invalidTarget,
  type OffsetTarget,
  onWire,
  type QueueOffset,
  queueRange,
  readableQueues,
  searchOffset,
} from "./offsets.ts";
import { compareQueues } from "./topics.ts";

/** How offsets are reset. */
export interface ResetOptions {
  readonly to: OffsetTarget;
  /** This queue only; at all brokers that have it. */
  readonly queueId?: number | undefined;
  /** Default `true`. `false`: groups that are behind the target already stay where they are. */
  readonly force?: boolean | undefined;
}

/** Stands for the end of a queue where a time is asked for. */
const END_OF_QUEUE = -1;

/**
 * Moves a group in a topic, whether its members are online or not, and returns where it is now, by
 * broker and queue. Members go on there within a pull on brokers of 5.x, and pause for some ten
 * seconds where the broker leaves it to them, as 4.x does. With no member online offsets are
 * committed for them, as Java's tools do.
 *
 * @throws {ClientError} `no-route` without the topic; `invalid` for one queue or an offset of a group
 * with members online at a broker that can move them in time and in all queues only.
 */
export async function resetOffsets(
  cluster: Cluster,
  { group, topic }: { readonly group: string; readonly topic: string },
  options: ResetOptions,
): Promise<readonly QueueOffset[]> {
  const reset = { group, topic, ...checkedTarget(group, options) };
  const brokers = await brokersOfTopic(cluster, topic);
  const { members } = await consumerMembers(cluster, group);
  const isPartial = reset.queueId !== undefined || isOffset(reset.to);
  if (members.length > 0 && isPartial) await checkPartial(cluster, brokers, reset);
  const moved: QueueOffset[] = [];
  await changeEach(brokers, `reset offsets of group "${group}"`, async (address, broker) => {
    if (members.length === 0) {
      moved.push(...await commitEach(cluster, { ...reset, address, broker }));
    } else moved.push(...await resetAt(cluster, { ...reset, address, broker }));
  });
  return moved.sort(compareQueues);
}

interface Reset extends ResetOptions {
  readonly group: string;
  readonly topic: string;
  readonly force: boolean;
}

interface ResetAt extends Reset {
  readonly address: string;
  readonly broker: BrokerGroup;
}

function isOffset(target: OffsetTarget): target is { readonly offset: number } {
  return typeof target === "object" && "offset" in target;
}

function checkedTarget(group: string, { to, queueId, force = true }: ResetOptions) {
  if (to instanceof Date && Number.isNaN(to.getTime())) {
    throw invalidTarget(group, "the time is none");
  }
  if (isOffset(to) && (!Number.isSafeInteger(to.offset) || to.offset < 0)) {
    throw invalidTarget(group, `offset is ${to.offset}, expected 0 or more`);
  }
  if (queueId !== undefined && (!Number.isInteger(queueId) || queueId < 0)) {
    throw invalidTarget(group, `queueId is ${queueId}, expected 0 or more`);
  }
  return { to, queueId, force };
}

/** Brokers that leave a reset to the members overlook which queue and which offset is asked for. */
async function checkPartial(
  cluster: Cluster,
  brokers: readonly BrokerGroup[],
  { group }: Reset,
): Promise<void> {
  await readEach(brokers, async (address, { brokerName }) => {
    const settings = await brokerSettings(cluster, address);
    if (settings.get("useServerSideResetOffset") === "true") return;
    throw invalidTarget(
      group,
      `it has members online, and broker ${brokerName} moves those in all queues and by time ` +
        "only; stop them first",
    );
  });
}

async function resetAt(cluster: Cluster, reset: ResetAt): Promise<readonly QueueOffset[]> {
  const { group, topic, to, queueId, force, address } = reset;
  const { namespace } = cluster;
  const queueIds = isOffset(to) && queueId === undefined
    ? (await queuesAt(cluster, reset)).map((it) => it.queueId)
    : [queueId];
  const moved = await Promise.all(queueIds.map(async (queueId) => {
    const header = {
      topic: namespace.wrap(topic),
      group: namespace.wrap(group),
      timestamp: timestampOf(to),
      isForce: force,
      ...(queueId !== undefined && { queueId }),
      ...(isOffset(to) && { offset: to.offset }),
    };
    const { body } = await cluster.call(address, "INVOKE_BROKER_TO_RESET_OFFSET", { header });
    return [...parseResetOffsets(body)];
  }));
  return moved.flat().map(([queue, offset]) => ({ ...queue, topic, offset }));
}

function timestampOf(target: OffsetTarget): number {
  if (target === "last" || isOffset(target)) return END_OF_QUEUE;
  return target === "first" ? 0 : target.getTime();
}

async function commitEach(cluster: Cluster, reset: ResetAt): Promise<readonly QueueOffset[]> {
  const { group, queueId } = reset;
  const consumerGroup = cluster.namespace.wrap(group);
  const queues = (await queuesAt(cluster, reset))
    .filter((it) => queueId === undefined || it.queueId === queueId);
  return await Promise.all(queues.map(async ({ address, ...queue }) => {
    const header = { ...onWire(cluster, queue), consumerGroup };
    const target = await targetIn(cluster, queue, reset);
    const current = await committedAt(cluster, address, header);
    if (!reset.force && current !== undefined && current <= target) {
      return { ...queue, offset: current };
    }
    await cluster.call(address, "UPDATE_CONSUMER_OFFSET", {
      header: { ...header, commitOffset: target },
    });
    return { ...queue, offset: target };
  }));
}

async function targetIn(
  cluster: Cluster,
  queue: Readonly<MessageQueue>,
  { to, group }: Reset,
): Promise<number> {
  if (to instanceof Date) return await searchOffset(cluster, queue, to);
  const { min, max } = await queueRange(cluster, queue);
  if (!isOffset(to)) return to === "first" ? min : max;
  if (to.offset >= min && to.offset <= max) return to.offset;
  const where = `queue ${queue.queueId} of ${queue.brokerName}`;
  throw invalidTarget(group, `offset is ${to.offset}, ${where} has ${min} to ${max}`);
}

async function queuesAt(cluster: Cluster, { topic, broker }: ResetAt) {
  const queues = await readableQueues(cluster, topic);
  return queues.filter((it) => it.brokerName === broker.brokerName);
}
