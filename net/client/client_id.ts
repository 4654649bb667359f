/**
 * Under which name brokers know a client.
 *
 * @module
 */

import os from "node:os";
import process from "node:process";

/** Clients of this process. */
let clients = 0;

/**
 * Address of this machine others may reach: the first of an interface that is not the loopback's. The
 * loopback's where there is none, or the process may not ask (Deno without `--allow-sys`): that the
 * names of clients differ is not up to it.
 */
export function hostAddress(interfaces: () => Interfaces = os.networkInterfaces): string {
  for (const addresses of Object.values(permitted(interfaces))) {
    const found = addresses?.find((it) => it.family === "IPv4" && !it.internal);
    if (found !== undefined) return found.address;
  }
  return "127.0.0.1";
}

type Interfaces = ReturnType<typeof os.networkInterfaces>;

function permitted(interfaces: () => Interfaces): Interfaces {
  try {
    return interfaces();
  } catch {
    return {};
  }
}

/**
 * `address@instance`, and `@unit` where there is one (Java: `ClientConfig.buildMQClientId`). Without
 * an instance it is one no other client has: of this process, or of another on this machine.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { clientId } from "./client_id.ts";
 *
 * assert.match(clientId({ instanceName: "a", unitName: "u" }), /^[0-9.]+@a@u$/);
 * assert.notEqual(clientId(), clientId());
 * ```
 */
export function clientId(
  { instanceName, unitName }: {
    readonly instanceName?: string | undefined;
    readonly unitName?: string | undefined;
  } = {},
): string {
  const started = Math.round(performance.timeOrigin).toString(36);
  const instance = instanceName ?? `${process.pid}#${started}${clients++}`;
  return `${hostAddress()}@${instance}${unitName === undefined ? "" : `@${unitName}`}`;
}
