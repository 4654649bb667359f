/**
 * What stands in a consume queue, unit by unit (Java: `AdminBrokerProcessor.queryConsumeQueue`).
 *
 * @module
 */

import { writeFastJson } from "../../store/fast_json.ts";
import type { QueueUnit } from "../../store/queue_units.ts";
import type { Store } from "../../store/store.ts";
import type { Reply } from "../rpc/call.ts";
import { Refusal } from "../rpc/refusal.ts";
import type { Family } from "../rpc/routes.ts";
import { type ConsumeQueueData, formatConsumeQueue } from "../wire/consume_queue_body.ts";
import type { HeaderOf } from "../wire/headers.ts";
import type { SubscriptionData } from "../wire/heartbeat.ts";
import { isDead } from "./consumer_filter_file.ts";
import type { ConsumerFilter, ConsumerFilters } from "./consumer_filters.ts";
import type { ConsumerGroups } from "./consumer_groups.ts";
import { keepsTag, tagFilterOf } from "./tag_filter.ts";

/** What the family works on. */
export interface QueueFamilyInput {
  readonly store: Pick<Store, "queueRange" | "queueUnits">;
  readonly consumers: Pick<ConsumerGroups, "get">;
  readonly filters: Pick<ConsumerFilters, "get">;
}

/** Units in one answer, whatever is asked for. */
const COUNT_MAX = 10_000;

/** Below this a `tagsCode` is the address of an extension. */
const ADDRESS_BELOW = -(2n ** 31n);

/** The request that shows units. */
export function queueFamily(input: QueueFamilyInput): Family {
  return { QUERY_CONSUME_QUEUE: ({ header }) => query(input, header) };
}

function query(
  { store, consumers, filters }: QueueFamilyInput,
  header: HeaderOf<"QUERY_CONSUME_QUEUE">,
): Reply {
  const { topic = "", queueId = 0, index = 0, count = 0, consumerGroup } = header;
  const range = store.queueRange(topic, queueId);
  const length = Math.max(0, Math.min(count, COUNT_MAX));
  const units = store.queueUnits({ topic, queueId, index, count: length });
  if (range === undefined || units === undefined) {
    throw new Refusal("SYSTEM_ERROR", `${queueId}@${topic} is not exist!`);
  }
  if (index < range.min || index >= range.max) {
    return { remark: `Index ${index} of ${queueId}@${topic} is not exist!` };
  }
  const subscriptionData = consumerGroup === undefined
    ? undefined
    : consumers.get(consumerGroup)?.subscription(topic);
  const filter = consumerGroup === undefined ? undefined : filters.get(topic, consumerGroup);
  const offline = `${consumerGroup}@${topic} is not online!`;
  const body = formatConsumeQueue({
    maxQueueIndex: range.max,
    minQueueIndex: range.min,
    queueData: units.map((unit) => dataOf(unit, subscriptionData, filter)),
    subscriptionData,
    filterData: consumerGroup && (subscriptionData === undefined ? offline : formatFilter(filter)),
  });
  // Java leaves in what it begins every answer with.
  return { remark: "not set any response code", body };
}

function dataOf(
  unit: QueueUnit,
  subscription: SubscriptionData | undefined,
  filter: ConsumerFilter | undefined,
): ConsumeQueueData {
  const { extension } = unit;
  const data = {
    physicOffset: unit.physicalOffset,
    physicSize: unit.size,
    tagsCode: unit.tagsCode,
  };
  if (extension === undefined) {
    const isLost = unit.tagsCode < ADDRESS_BELOW;
    const msg = isLost ? `Cq extend not exist!addr: ${unit.tagsCode}` : undefined;
    return { ...data, eval: false, msg };
  }
  const { bitMap, storeTimestamp: msgStoreTime, size, tagsCode } = extension;
  const keeps = filter?.messages.unitMatches?.(tagsCode, extension) ??
    (subscription !== undefined &&
      keepsTag(tagFilterOf(subscription), Number(BigInt.asIntN(32, tagsCode))));
  const filterBitMap = bitMap.length === 0 ? undefined : [...bitMap];
  return {
    ...data,
    extendDataJson: writeFastJson({ filterBitMap, msgStoreTime, size, tagsCode }),
    bitMap: filterBitMap && formatBits(filterBitMap),
    eval: keeps,
  };
}

function formatFilter(filter: ConsumerFilter | undefined): string {
  if (filter === undefined) return "null";
  return writeFastJson({ ...filter.data, dead: isDead(filter.data) }, { pretty: true });
}

/** The bits of a map, the last first, a line for eight bytes (Java: `BitsArray`). */
function formatBits(bytes: readonly number[]): string {
  return bytes.map((byte, at) => byte.toString(2).padStart(8, "0") + (at % 8 === 0 ? "\n" : ""))
    .reverse().join("");
}
