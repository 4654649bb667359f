/**
 * Which topics and groups of a cluster are those of its brokers, proxies and tools, and not of its
 * users.
 *
 * @module
 */
import type { BrokerGroup } from "../../net/client/admin/asking.ts";
import { isSystemGroup, isSystemTopic, ownTopicsOf } from "../../net/wire/topic_names.ts";
import { type TopicKind, topicKind } from "../inspect/topic_kind.ts";

/** Where the proxies of 5.x tell one another of their clients. */
const PROXY_TOPIC = "DefaultHeartBeatSyncerTopic";

/** Groups every broker makes for itself, and those of Java's tools (Java: `MixAll`). */
const OWN_GROUPS: ReadonlySet<string> = new Set([
  "TOOLS_CONSUMER",
  "FILTERSRV_CONSUMER",
  "SELF_TEST_C_GROUP",
  "SELF_TEST_P_GROUP",
  "CLIENT_INNER_PRODUCER",
  "__MONITOR_CONSUMER",
  "CID_SYS_RMQ_TRANS",
  "CID_ONS-HTTP-PROXY",
  "CID_ONSAPI_PULL",
  "CID_ONSAPI_PERMISSION",
  "CID_ONSAPI_OWNER",
  `CID_${PROXY_TOPIC}`,
]);

/** Tells what a topic is for in a cluster: brokers have some that are called as they are. */
export function topicKindIn(
  brokers: readonly Pick<BrokerGroup, "cluster" | "brokerName">[],
  topic: string,
): TopicKind {
  const kind = topicKind(topic);
  if (kind !== "user") return kind;
  const isOwn = isSystemTopic(topic) || topic === PROXY_TOPIC ||
    brokers.some((it) => ownTopicsOf(it).includes(topic));
  return isOwn ? "system" : kind;
}

/** Whether a group is none of a user. */
export function isOwnGroup(group: string): boolean {
  return isSystemGroup(group) || OWN_GROUPS.has(group);
}
