/**
 * Brokers and name servers themselves: state, settings, statistics, permissions, cleaning.
 *
 * @module
 */

import type { RequestName } from "../../wire/codes.ts";
import { decodeResponseHeader } from "../../wire/headers.ts";
import { parseKvTable } from "../../wire/name_lists.ts";
import { parsePropertiesText } from "../../wire/properties_text.ts";
import { type BrokerStatsData, parseBrokerStats, type StatsName } from "../../wire/topic_stats.ts";
import type { BrokerInfo } from "../broker_info.ts";
import type { Cluster } from "../cluster.ts";
import { type BrokerChoice, brokersNow, changeEach, isRefusal, tellNameServers } from "./asking.ts";

const encoder = new TextEncoder();

/** What the broker at `host:port` tells of itself. */
export async function brokerState(cluster: Cluster, address: string): Promise<BrokerInfo> {
  const [{ body }, config] = await Promise.all([
    cluster.call(address, "GET_BROKER_RUNTIME_INFO"),
    brokerSettings(cluster, address),
  ]);
  return { runtime: parseKvTable(body), config };
}

/** Settings of the broker at `host:port`, by their names in `broker.conf`. */
export async function brokerSettings(
  cluster: Cluster,
  address: string,
): Promise<ReadonlyMap<string, string>> {
  return settingsIn((await cluster.call(address, "GET_BROKER_CONFIG")).body);
}

/**
 * Changes settings of the broker at `host:port`, as far as it lets itself be changed.
 *
 * @throws {ClientError} `refused`.
 */
export async function updateBrokerSettings(
  cluster: Cluster,
  address: string,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`);
  const body = encoder.encode(lines.join(""));
  await cluster.call(address, "UPDATE_BROKER_CONFIG", { body });
}

/** Settings of each name server, by its address. */
export async function nameServerSettings(
  cluster: Cluster,
): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
  const answers = await tellNameServers(cluster, "GET_NAMESRV_CONFIG", {});
  return new Map(cluster.nameServers.addresses.map((address, at) => {
    return [address, settingsIn(answers[at]!.body)];
  }));
}

/**
 * Lets no name server send messages to a broker any more (`false`), or lets them again (`true`).
 * Returns how many topics changed at the name server where most did.
 */
export async function setWritable(
  cluster: Cluster,
  brokerName: string,
  isWritable: boolean,
): Promise<number> {
  const header = { brokerName };
  if (isWritable) {
    const answers = await tellNameServers(cluster, "ADD_WRITE_PERM_OF_BROKER", { header });
    return Math.max(...answers.map(({ extFields }) => {
      return decodeResponseHeader("ADD_WRITE_PERM_OF_BROKER", extFields).ok?.addTopicCount ?? 0;
    }));
  }
  const answers = await tellNameServers(cluster, "WIPE_WRITE_PERM_OF_BROKER", { header });
  return Math.max(...answers.map(({ extFields }) => {
    return decodeResponseHeader("WIPE_WRITE_PERM_OF_BROKER", extFields).ok?.wipeTopicCount ?? 0;
  }));
}

/**
 * One statistics item of the broker at `host:port` over minute, hour and day; `undefined` where it
 * has counted nothing under the name. `key` names topic and group as they are on the wire.
 */
export async function brokerStats(
  cluster: Cluster,
  address: string,
  { name, key }: { readonly name: StatsName; readonly key: string },
): Promise<BrokerStatsData | undefined> {
  const header = { statsName: name, statsKey: key };
  try {
    return parseBrokerStats(
      (await cluster.call(address, "VIEW_BROKER_STATS_DATA", { header })).body,
    );
  } catch (error) {
    // There is no code for it.
    if (isRefusal(error, "SYSTEM_ERROR") && error.message.includes("not exist")) return undefined;
    throw error;
  }
}

/** Makes brokers remove queues: of topics that are gone, or files whose messages are gone. */
export async function clean(
  cluster: Cluster,
  what: "unused topics" | "expired queues" | "expired files",
  choice: BrokerChoice = {},
): Promise<void> {
  const names = {
    "unused topics": "CLEAN_UNUSED_TOPIC",
    "expired queues": "CLEAN_EXPIRED_CONSUMEQUEUE",
    "expired files": "DELETE_EXPIRED_COMMITLOG",
  } as const satisfies Record<typeof what, RequestName>;
  await changeEach(await brokersNow(cluster, choice), `clean ${what}`, (address) => {
    return cluster.call(address, names[what]);
  });
}

function settingsIn(body: Uint8Array | undefined): ReadonlyMap<string, string> {
  const properties = parsePropertiesText(new TextDecoder().decode(body));
  return new Map(properties.map(({ key, value }) => [key, value]));
}
