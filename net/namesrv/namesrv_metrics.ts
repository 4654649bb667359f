/**
 * What a name server knows and does, as text for Prometheus. Java's name server tells none of it; the
 * names are in the manner of RocketMQ's exporter. All is reckoned when it is asked for.
 *
 * @module
 */

import type { SocketAddress } from "../rpc/address.ts";
import type { MetricsDoor } from "../rpc/metrics_door.ts";
import { MetricsText } from "../rpc/metrics_text.ts";
import type { Route } from "../rpc/routes.ts";
import type { RequestName } from "../wire/codes.ts";
import { MASTER_ID, type RouteTable } from "./route_table.ts";

/** How a broker left without taking leave. */
export type LossReason = "closed" | "expired";

/** What happened since the start. */
export class NamesrvCounts {
  readonly #requests = new Map<RequestName, { served: number; refused: number }>();
  readonly #lost: Record<LossReason, number> = { closed: 0, expired: 0 };

  /** A route whose requests are counted, and apart from them those that are refused or fail. */
  counted(route: Route): Route {
    const counts = { served: 0, refused: 0 };
    this.#requests.set(route.name, counts);
    const failed = (cause: unknown): never => {
      counts.refused++;
      throw cause;
    };
    return {
      name: route.name,
      handle(call) {
        counts.served++;
        try {
          const reply = route.handle(call);
          return reply instanceof Promise ? reply.catch(failed) : reply;
        } catch (cause) {
          return failed(cause);
        }
      },
    };
  }

  /** Notes a broker that left without taking leave. */
  lost(reason: LossReason): void {
    this.#lost[reason]++;
  }

  /** Adds the counts; a request that never came is left out. */
  addTo(text: MetricsText): void {
    const requests = [...this.#requests].filter(([, { served }]) => served > 0);
    for (const [request, { served }] of requests) {
      text.add("rocketmq_namesrv_requests_total", { request }, served, "counter");
    }
    for (const [request, { refused }] of requests) {
      text.add("rocketmq_namesrv_requests_refused_total", { request }, refused, "counter");
    }
    for (const [reason, count] of Object.entries(this.#lost)) {
      text.add("rocketmq_namesrv_brokers_lost_total", { reason }, count, "counter");
    }
  }
}

/** Where the numbers come from. */
export interface NamesrvMetricsSource {
  readonly table: Pick<RouteTable, "brokers" | "topicNames">;
  readonly counts: Pick<NamesrvCounts, "addTo">;
  /** Connections that are open now. */
  readonly connections: () => number;
}

/** The text. */
export function namesrvMetrics({ table, counts, connections }: NamesrvMetricsSource): string {
  const text = new MetricsText();
  const clusters = new Map<string, { master: number; slave: number }>();
  for (const { clusterName: cluster, brokerName: broker, brokerId, silentMs } of table.brokers()) {
    const brokers = clusters.get(cluster) ?? { master: 0, slave: 0 };
    brokers[brokerId === MASTER_ID ? "master" : "slave"]++;
    clusters.set(cluster, brokers);
    const labels = { cluster, broker, brokerId: String(brokerId) };
    text.add("rocketmq_namesrv_broker_silence_seconds", labels, silentMs / 1000);
  }
  for (const [cluster, brokers] of clusters) {
    for (const [role, count] of Object.entries(brokers)) {
      text.add("rocketmq_namesrv_brokers", { cluster, role }, count);
    }
  }
  text.add("rocketmq_namesrv_topics", {}, table.topicNames().length);
  text.add("rocketmq_namesrv_connections", {}, connections());
  counts.addTo(text);
  return text.toString();
}

/**
 * Serves the metrics over HTTP, and with them whether the name server is well, which it is while it
 * answers.
 *
 * @throws {Error} if the address cannot be listened on.
 */
export async function openNamesrvMetrics(
  where: SocketAddress,
  source: NamesrvMetricsSource,
): Promise<MetricsDoor> {
  const { MetricsDoor } = await import("../rpc/metrics_door.ts");
  return await MetricsDoor.listen(where, {
    metrics: () => namesrvMetrics(source),
    health: () => ({ isWell: true, reason: "Routes are served" }),
  });
}
