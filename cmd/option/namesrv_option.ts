/**
 * `--namesrv` of the commands that speak to a cluster. What it means is decided in
 * `cluster_option.ts`, which is loaded when such a command runs.
 *
 * @module
 */
import { Option } from "@commander-js/extra-typings";
import { parseAddresses } from "./address_option.ts";

/** `-n, --namesrv`. */
export function namesrvOption(): Option<"-n, --namesrv <addresses>", undefined, undefined, string> {
  return new Option(
    "-n, --namesrv <addresses>",
    "name servers of the cluster; default: MQ_NAMESRV, else the profile",
  ).argParser((value: string) => parseAddresses(value));
}
