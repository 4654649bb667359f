/**
 * Socket addresses between text and the bytes records carry.
 *
 * @module
 */
import { isIPv4, isIPv6 } from "node:net";
import type { HostBytes } from "./layout.ts";

/** `ip:port`, IPv6 as `[ip]:port` in the short form of RFC 5952. */
export function formatHost(host: HostBytes): string {
  return host.address.length === 4
    ? `${host.address.join(".")}:${host.port}`
    : `[${formatIpv6(host.address)}]:${host.port}`;
}

function formatIpv6(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, at) => (bytes[at * 2]! << 8) | bytes[at * 2 + 1]!);
  let best = { from: 0, length: 1 };
  for (let from = 0; from < 8; from++) {
    let to = from;
    while (to < 8 && groups[to] === 0) to++;
    if (to - from > best.length) best = { from, length: to - from };
  }
  const hex = (part: number[]) => part.map((group) => group.toString(16)).join(":");
  if (best.length < 2) return hex(groups);
  return `${hex(groups.slice(0, best.from))}::${hex(groups.slice(best.from + best.length))}`;
}

/**
 * Bytes of a numeric address. Throws RangeError for anything else: names are resolved elsewhere.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { formatHost, hostBytes } from "./host.ts";
 *
 * assert(formatHost(hostBytes("::1", 10911)) === "[::1]:10911");
 * ```
 */
export function hostBytes(ip: string, port: number): HostBytes {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip);
  if (mapped !== null) return hostBytes(mapped[1]!, port);
  if (isIPv4(ip)) return { address: Uint8Array.from(ip.split("."), Number), port };
  const plain = ip.replace(/%.*$/, "").replace(/^\[|\]$/g, "");
  if (!isIPv6(plain)) throw new RangeError(`Cannot use "${ip}" as a host: not a numeric address`);
  const [head = "", tail] = plain.split("::");
  const groupsOf = (part: string) => part === "" ? [] : part.split(":").flatMap(parseGroup);
  const left = groupsOf(head);
  const right = tail === undefined ? [] : groupsOf(tail);
  const groups = [...left, ...new Array(8 - left.length - right.length).fill(0), ...right];
  return { address: Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 255])), port };
}

function parseGroup(group: string): number[] {
  if (!group.includes(".")) return [parseInt(group, 16)];
  const [a = 0, b = 0, c = 0, d = 0] = group.split(".").map(Number);
  return [(a << 8) | b, (c << 8) | d];
}
