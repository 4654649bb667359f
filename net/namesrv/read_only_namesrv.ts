/**
 * A name server that knows one broker and takes no orders: which requests it serves.
 *
 * @module
 */

import type { Call } from "../rpc/call.ts";
import { readOnlyRefusal, readOnlyRoute } from "../rpc/read_only_route.ts";
import type { Route } from "../rpc/routes.ts";
import type { RequestName } from "../wire/codes.ts";

const READS: ReadonlySet<RequestName> = new Set<RequestName>([
  "GET_ALL_TOPIC_LIST_FROM_NAMESERVER",
  "GET_BROKER_CLUSTER_INFO",
  "GET_BROKER_MEMBER_GROUP",
  "GET_HAS_UNIT_SUB_TOPIC_LIST",
  "GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST",
  "GET_KVLIST_BY_NAMESPACE",
  "GET_KV_CONFIG",
  "GET_NAMESRV_CONFIG",
  "GET_ROUTEINFO_BY_TOPIC",
  "GET_SYSTEM_TOPIC_LIST_FROM_NS",
  "GET_TOPICS_BY_CLUSTER",
  "GET_UNIT_TOPIC_LIST",
  "QUERY_DATA_VERSION",
]);

/** Requests that the one broker may make; another one would be a stranger among what is shown. */
const OF_THE_BROKER: ReadonlySet<RequestName> = new Set<RequestName>([
  "BROKER_HEARTBEAT",
  "REGISTER_BROKER",
  "UNREGISTER_BROKER",
]);

/** Serves what reads, and the broker of this name. */
export function readOnlyNamesrv(brokerName: string): (route: Route) => Route {
  return (route) => {
    if (!OF_THE_BROKER.has(route.name)) return readOnlyRoute(route, READS);
    return {
      name: route.name,
      handle(call: Call<unknown>) {
        const header = call.header as { readonly brokerName?: string };
        if (header.brokerName !== brokerName) throw readOnlyRefusal(route.name);
        return route.handle(call);
      },
    };
  };
}
