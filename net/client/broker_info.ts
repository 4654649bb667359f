/**
 * What a broker that runs tells of itself.
 *
 * @module
 */

import type { RpcClient } from "../rpc/client.ts";
import { responseName } from "../wire/codes.ts";
import { parseKvTable } from "../wire/name_lists.ts";
import { parsePropertiesText } from "../wire/properties_text.ts";
import { ClientError } from "./client_error.ts";

/** A broker at a moment. */
export interface BrokerInfo {
  /** Counters and sizes by their names in Java (`StoreStatsService`). */
  readonly runtime: ReadonlyMap<string, string>;
  /** Settings by their names in `broker.conf`. */
  readonly config: ReadonlyMap<string, string>;
}

/**
 * Asks the broker at `host:port`, of whatever make.
 *
 * @throws {ClientError} `refused` where it does not tell.
 * @throws {RpcError} when there is no answer.
 * @throws {SyntaxError} if the address is not `host:port`.
 */
export async function brokerInfo(
  client: RpcClient,
  address: string,
  options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<BrokerInfo> {
  const ask = async (name: "GET_BROKER_RUNTIME_INFO" | "GET_BROKER_CONFIG") => {
    const { code, remark, body } = await client.invoke(address, { name }, options);
    const said = responseName(code) ?? String(code);
    if (said === "SUCCESS") return body;
    const reason = said === "REQUEST_CODE_NOT_SUPPORTED"
      ? `what listens there is no broker (it does not know ${name}), this looks like a name ` +
        "server's address; brokers usually listen on port 10911"
      : `${said}, ${remark ?? "no remark"}`;
    const message = `Cannot look at broker ${address}: ${reason}`;
    throw new ClientError(message, { kind: "refused", code: said });
  };
  const [table, settings] = await Promise.all([
    ask("GET_BROKER_RUNTIME_INFO"),
    ask("GET_BROKER_CONFIG"),
  ]);
  const properties = parsePropertiesText(new TextDecoder().decode(settings));
  return {
    runtime: parseKvTable(table),
    config: new Map(properties.map(({ key, value }) => [key, value])),
  };
}
