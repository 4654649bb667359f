/**
 * What a broker does, as text for Prometheus, under the names and labels of RocketMQ's exporter, so
 * that its dashboards and alarms work without it. All is reckoned when it is asked for.
 *
 * @module
 */

import { isLightTopic } from "../../store/light_topic.ts";
import type { Store } from "../../store/store.ts";
import type { BrokerConfig } from "./broker_config.ts";
import type { Health, MetricsDoor } from "../rpc/metrics_door.ts";
import { MetricsText } from "../rpc/metrics_text.ts";
import type { StatsName } from "../wire/topic_stats.ts";
import type { BrokerStats } from "./broker_stats.ts";
import type { ConsumerGroups } from "./consumer_groups.ts";
import type { DiskSpace } from "./disk_space.ts";
import type { OffsetTable } from "./offset_table.ts";
import type { ProducerGroups } from "./producer_groups.ts";
import { runtimeInfo } from "./runtime_info.ts";
import type { Schedule } from "./schedule.ts";
import { DLQ_PREFIX, RETRY_PREFIX } from "../wire/topic_names.ts";
import type { TopicTable } from "./topic_table.ts";

/** Where the numbers come from. */
export interface MetricsSource {
  readonly config: Pick<BrokerConfig, "brokerClusterName" | "brokerName">;
  /** Address of the broker, `host:port`. */
  readonly brokerAddr: string;
  readonly store: Pick<Store, "queueRange">;
  readonly stats: BrokerStats;
  readonly topics: Pick<TopicTable, "all">;
  readonly offsets: Pick<OffsetTable, "snapshot">;
  readonly consumers: Pick<ConsumerGroups, "all" | "get">;
  readonly producers: Pick<ProducerGroups, "all">;
  /** What the broker tells of itself. */
  readonly runtimeInfo: () => ReadonlyMap<string, string>;
}

/** What of a broker is shown. */
export interface MetricsParts extends Omit<MetricsSource, "runtimeInfo"> {
  readonly config: BrokerConfig;
  readonly store: Store;
  readonly schedule: Pick<Schedule, "offsets">;
  /** Space on the disk of a folder. */
  readonly space: (path: string) => DiskSpace | undefined;
  readonly now: () => number;
}

/**
 * Serves metrics and health where the settings say; `undefined` where they say not to.
 *
 * @throws {Error} if the address cannot be listened on.
 */
export async function openMetrics(parts: MetricsParts): Promise<MetricsDoor | undefined> {
  const { config, store, space, schedule } = parts;
  if (config.metricsExporterType === "DISABLE") return undefined;
  const source = {
    ...parts,
    diskSpace: () => space(config.storePathRootDir),
    delayOffsets: () => schedule.offsets,
    logPath: config.storePathCommitLog,
  };
  const { MetricsDoor } = await import("../rpc/metrics_door.ts");
  const where = { hostname: config.metricsPromExporterHost, port: config.metricsPromExporterPort };
  return await MetricsDoor.listen(where, {
    metrics: () => metricsText({ ...parts, runtimeInfo: () => runtimeInfo(source) }),
    health: () => healthOf(store),
  });
}

/** Whether a broker can do its work. */
export function healthOf(store: Pick<Store, "failure" | "takesMessages">): Health {
  const { failure, takesMessages } = store;
  if (failure !== undefined) {
    const reason = failure instanceof Error ? failure.message : String(failure);
    return { isWell: false, reason: `The store cannot be written: ${reason}` };
  }
  if (takesMessages) return { isWell: true, reason: "Messages are taken and delivered" };
  return { isWell: false, reason: "No message is taken: there is no room on the disk" };
}

/** The text. */
function metricsText(source: MetricsSource): string {
  const text = new MetricsText();
  brokerMetrics(text, source);
  topicMetrics(text, source);
  groupMetrics(text, source);
  runtimeMetrics(text, source);
  return text.toString();
}

function brokerMetrics(text: MetricsText, { config, brokerAddr, stats, producers }: MetricsSource) {
  const { brokerClusterName: cluster, brokerName: broker } = config;
  const labels = { cluster, brokerIP: brokerAddr, broker };
  const tps = (name: StatsName) => stats.data(name, cluster)?.statsMinute.tps ?? 0;
  text.add("rocketmq_broker_tps", labels, tps("BROKER_PUT_NUMS"));
  text.add("rocketmq_broker_qps", labels, tps("BROKER_GET_NUMS"));
  for (const [group, channels] of producers.all()) {
    text.add("rocketmq_producer_count", { cluster, broker, group }, channels.length);
  }
}

function topicMetrics(text: MetricsText, { config, store, stats, topics }: MetricsSource): void {
  const { brokerClusterName: cluster, brokerName: broker } = config;
  for (const { topicName: topic, writeQueueNums, readQueueNums } of topics.all()) {
    const queues = Math.max(writeQueueNums, readQueueNums);
    const offset = sumOf(queues, (queueId) => store.queueRange(topic, queueId)?.max ?? 0);
    if (topic.startsWith(DLQ_PREFIX)) {
      const group = topic.slice(DLQ_PREFIX.length);
      text.add("rocketmq_topic_dlq_offset", { cluster, broker, group }, offset);
    } else if (topic.startsWith(RETRY_PREFIX)) {
      text.add("rocketmq_topic_retry_offset", { cluster, broker, topic }, offset);
    } else {
      text.add("rocketmq_producer_offset", { cluster, broker, topic }, offset);
      const puts = stats.data("TOPIC_PUT_NUMS", topic);
      const sizes = stats.data("TOPIC_PUT_SIZE", topic);
      if (puts === undefined || sizes === undefined) continue;
      text.add("rocketmq_producer_tps", { cluster, broker, topic }, puts.statsMinute.tps);
      text.add("rocketmq_producer_message_size", { cluster, broker, topic }, sizes.statsMinute.tps);
    }
  }
}

/** Groups by topic, light topics aside, of which there may be very many. */
function groupMetrics(text: MetricsText, source: MetricsSource): void {
  const { config, store, stats, offsets, consumers } = source;
  const { brokerClusterName: cluster, brokerName: broker } = config;
  for (const { name: group, channels } of consumers.all()) {
    const addresses = channels.map(({ connection }) => connection.peer).join();
    const labels = { caddr: addresses, localaddr: addresses, group };
    text.add("rocketmq_group_count", labels, channels.length);
  }
  for (const [pair, queues] of offsets.snapshot().offsetTable) {
    const [topic = "", group = ""] = pair.split("@");
    if (isLightTopic(topic) || group === "") continue;
    const labels = { cluster, broker, topic, group };
    let consumed = 0;
    let behind = 0;
    for (const [queueId, offset] of queues) {
      const { max } = store.queueRange(topic, queueId) ?? { max: 0 };
      consumed += offset;
      behind += Math.max(0, max - offset);
    }
    text.add("rocketmq_consumer_offset", labels, consumed);
    const online = consumers.get(group);
    if (online?.broadcasts !== true) {
      // 1 is what Java's MessageModel.CLUSTERING counts as.
      const diff = { group, topic, countOfOnlineConsumers: `${online?.size ?? 0}`, msgModel: "1" };
      text.add(diffName(topic), diff, behind);
    }
    const tps = (name: StatsName) => stats.data(name, pair)?.statsMinute;
    text.add("rocketmq_consumer_tps", labels, tps("GROUP_GET_NUMS")?.tps ?? 0);
    text.add("rocketmq_consumer_message_size", labels, tps("GROUP_GET_SIZE")?.tps ?? 0);
    text.add("rocketmq_send_back_nums", labels, tps("SNDBCK_PUT_NUMS")?.sum ?? 0);
  }
}

function diffName(topic: string): string {
  if (topic.startsWith(RETRY_PREFIX)) return "rocketmq_group_retrydiff";
  return topic.startsWith(DLQ_PREFIX) ? "rocketmq_group_dlqdiff" : "rocketmq_group_diff";
}

/** Names of the exporter by names of runtime info: numbers, and rates of 10 s, a minute, ten minutes. */
const RUNTIME: Readonly<Record<string, string>> = {
  msg_put_total_today_now: "msgPutTotalTodayNow",
  msg_gettotal_today_now: "msgGetTotalTodayNow",
  msg_puttotal_todaymorning: "msgPutTotalTodayMorning",
  msg_gettotal_todaymorning: "msgGetTotalTodayMorning",
  msg_puttotal_yesterdaymorning: "msgPutTotalYesterdayMorning",
  msg_gettotal_yesterdaymorning: "msgGetTotalYesterdayMorning",
  put_message_size_total: "putMessageSizeTotal",
  put_message_average_size: "putMessageAverageSize",
  putmessage_times_total: "putMessageTimesTotal",
  dispatch_behind_bytes: "dispatchBehindBytes",
  earliest_message_timestamp: "earliestMessageTimeStamp",
  commitlog_disk_ratio: "commitLogDiskRatio",
  consumequeue_disk_ratio: "consumeQueueDiskRatio",
  commitlog_minoffset: "commitLogMinOffset",
  commitlog_maxoffset: "commitLogMaxOffset",
};

const RATES: Readonly<Record<string, string>> = {
  put_tps: "putTps",
  getfound_tps: "getFoundTps",
  getmiss_tps: "getMissTps",
  gettotal_tps: "getTotalTps",
  gettransfered_tps: "getTransferredTps",
};

const RATE_SECONDS = [10, 60, 600] as const;

function runtimeMetrics(
  text: MetricsText,
  { config, brokerAddr, runtimeInfo }: MetricsSource,
): void {
  const info = runtimeInfo();
  const labels = {
    cluster: config.brokerClusterName,
    brokerIP: brokerAddr,
    brokerHost: "",
    des: info.get("brokerVersionDesc") ?? "",
    boottime: info.get("bootTimestamp") ?? "",
    broker_version: info.get("brokerVersion") ?? "",
  };
  const add = (name: string, value: string | undefined) => {
    if (value !== undefined) text.add(`rocketmq_brokeruntime_${name}`, labels, Number(value));
  };
  for (const [name, key] of Object.entries(RUNTIME)) add(name, info.get(key));
  for (const [name, key] of Object.entries(RATES)) {
    const rates = (info.get(key) ?? "").split(" ");
    RATE_SECONDS.forEach((seconds, at) => add(`${name}${seconds}`, rates[at]));
  }
}

function sumOf(count: number, of: (index: number) => number): number {
  let sum = 0;
  for (let index = 0; index < count; index++) sum += of(index);
  return sum;
}
