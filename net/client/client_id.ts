/**
 * Under which name brokers know a client.
 *
 * @module
 */

import os from "node:os";
import process from "node:process";

/** Clients of this process. */
let clients = 0;

/** Address of this machine others may reach: the first of an interface that is not the loopback's. */
export function hostAddress(): string {
  for (const addresses of Object.values(os.networkInterfaces())) {
    const found = addresses?.find((it) => it.family === "IPv4" && !it.internal);
    if (found !== undefined) return found.address;
  }
  return "127.0.0.1";
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
