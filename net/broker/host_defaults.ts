/**
 * Name and address of this machine, for settings that nobody made.
 *
 * @module
 */

import { hostname, networkInterfaces } from "node:os";
import type { HostDefaults } from "./broker_config.ts";

/** A network interface, as `node:os` tells of it. */
export interface InterfaceAddress {
  readonly address: string;
  /** `"IPv4"` or `"IPv6"`. */
  readonly family: string;
  readonly internal: boolean;
}

const LOOPBACK = "127.0.0.1";

/** Prefix of addresses that reach no farther than the next switch. */
const LINK_LOCAL = "fe80:";

/** What holds for this machine. */
export function hostDefaults(): HostDefaults {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return { hostname: hostname(), address: chooseAddress(addresses) };
}

/**
 * The address others can most likely reach: the first that is not internal, IPv4 before IPv6; the
 * loopback address where there is none (Java: `RemotingUtil.getLocalAddress`, which looks from the
 * last interface to the first, and so has to pass by bridges and 192.168.*).
 */
export function chooseAddress(addresses: readonly InterfaceAddress[]): string {
  const outside = addresses.filter(({ address, internal }) => {
    return !internal && !address.startsWith(LINK_LOCAL);
  });
  const found = outside.find(({ family }) => family === "IPv4") ?? outside[0];
  return found?.address ?? LOOPBACK;
}
