/**
 * Values operators keep in the name servers, the queues of ordered topics among them.
 *
 * @module
 */

import { decodeResponseHeader } from "../../wire/headers.ts";
import { parseKvTable } from "../../wire/name_lists.ts";
import type { Cluster } from "../cluster.ts";
import { askNameServer, isRefusal, tellNameServers } from "./asking.ts";

/** Namespace of the queues of ordered topics: topic → `broker-a:4;broker-b:4`. */
export const ORDER_NAMESPACE = "ORDER_TOPIC_CONFIG";

/** The value of a key, `undefined` where there is none. */
export async function kvGet(
  cluster: Cluster,
  namespace: string,
  key: string,
): Promise<string | undefined> {
  try {
    const answer = await askNameServer(cluster, "GET_KV_CONFIG", { header: { namespace, key } });
    return decodeResponseHeader("GET_KV_CONFIG", answer.extFields).ok?.value;
  } catch (error) {
    if (isRefusal(error, "QUERY_NOT_FOUND")) return undefined;
    throw error;
  }
}

/** All values of a namespace; none where it does not exist. */
export async function kvList(
  cluster: Cluster,
  namespace: string,
): Promise<ReadonlyMap<string, string>> {
  try {
    const header = { namespace };
    const answer = await askNameServer(cluster, "GET_KVLIST_BY_NAMESPACE", { header });
    return parseKvTable(answer.body);
  } catch (error) {
    if (isRefusal(error, "QUERY_NOT_FOUND")) return new Map();
    throw error;
  }
}

/** Keeps a value in all name servers. */
export async function kvPut(
  cluster: Cluster,
  namespace: string,
  { key, value }: { readonly key: string; readonly value: string },
): Promise<void> {
  await tellNameServers(cluster, "PUT_KV_CONFIG", { header: { namespace, key, value } });
}

/** Removes a value from all name servers; one that is not there is no error. */
export async function kvDelete(cluster: Cluster, namespace: string, key: string): Promise<void> {
  await tellNameServers(cluster, "DELETE_KV_CONFIG", { header: { namespace, key } });
}

/** Queues by broker name that an ordered topic's producers keep to, if that is configured. */
export async function orderConfOf(
  cluster: Cluster,
  topic: string,
): Promise<ReadonlyMap<string, number>> {
  const text = await kvGet(cluster, ORDER_NAMESPACE, cluster.namespace.wrap(topic)) ?? "";
  return new Map(
    text.split(";").flatMap((it) => {
      const colon = it.lastIndexOf(":");
      return colon > 0 ? [[it.slice(0, colon), Number(it.slice(colon + 1))] as const] : [];
    }),
  );
}

/**
 * Sets the queues some brokers have for an ordered topic's producers, 0 for none; others stay. Where
 * no broker has any left nothing is configured any more.
 */
export async function setOrderConf(
  cluster: Cluster,
  topic: string,
  queues: ReadonlyMap<string, number>,
): Promise<void> {
  const key = cluster.namespace.wrap(topic);
  const before = await orderConfOf(cluster, topic);
  const all = [...new Map([...before, ...queues])].filter(([, count]) => count > 0);
  const value = all.map(([brokerName, count]) => `${brokerName}:${count}`).join(";");
  if (value !== "") await kvPut(cluster, ORDER_NAMESPACE, { key, value });
  else if (before.size > 0) await kvDelete(cluster, ORDER_NAMESPACE, key);
}
