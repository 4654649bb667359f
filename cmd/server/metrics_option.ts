/**
 * `--metrics-port`, which every server has, and what it says of it when it is ready.
 *
 * @module
 */
import { Option } from "@commander-js/extra-typings";
import { formatAddress, type SocketAddress } from "../../net/rpc/address.ts";
import { parsePort } from "../option/number_option.ts";

/** `--metrics-port`. */
export function metricsOption(): Option<
  "--metrics-port <port>",
  undefined,
  undefined,
  number,
  false,
  undefined
> {
  return new Option("--metrics-port <port>", "serve metrics and health over HTTP, on 127.0.0.1")
    .argParser(parsePort);
}

/** Settings that `--metrics-port` stands for. */
export interface MetricsSettings {
  readonly metricsExporterType: "PROM";
  readonly metricsPromExporterPort: number;
}

/** What `--metrics-port` stands for; nothing where it is not given. */
export function metricsSettings(port: number | undefined): Partial<MetricsSettings> {
  return port === undefined ? {} : { metricsExporterType: "PROM", metricsPromExporterPort: port };
}

/** Where metrics are, as a fact of a server that is ready. */
export function metricsFact(
  { metrics }: { readonly metrics: SocketAddress | undefined },
): { metrics?: string } {
  return metrics === undefined ? {} : { metrics: `http://${formatAddress(metrics)}/metrics` };
}
