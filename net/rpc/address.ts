/**
 * Where a peer listens, as two values and as the `host:port` text of RocketMQ's headers and bodies.
 *
 * @module
 */

/** A host name or IP address without brackets, and a TCP port. */
export interface SocketAddress {
  readonly hostname: string;
  readonly port: number;
}

/**
 * Reads `host:port`, such as `127.0.0.1:10911` or `[::1]:10911`. An IPv6 address without brackets
 * is read as Java prints it: everything before the last colon is the host.
 *
 * @throws {SyntaxError} if there is no host, or no port from 0 to 65535.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseAddress } from "./address.ts";
 *
 * assert.deepEqual(parseAddress("[::1]:10911"), { hostname: "::1", port: 10911 });
 * ```
 */
export function parseAddress(text: string): SocketAddress {
  const colon = text.lastIndexOf(":");
  const port = text.slice(colon + 1);
  let hostname = text.slice(0, Math.max(colon, 0));
  if (hostname.startsWith("[") && hostname.endsWith("]")) hostname = hostname.slice(1, -1);
  if (hostname === "" || !/^\d{1,5}$/.test(port) || Number(port) > 65535) {
    throw new SyntaxError(`Cannot parse address: "${text}" is not host:port`);
  }
  return { hostname, port: Number(port) };
}

/** Writes `host:port`, with brackets around an IPv6 address. */
export function formatAddress({ hostname, port }: SocketAddress): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}
