/**
 * The filter servers of releases before 5.0, which let classes of consumers choose messages: they
 * register every ten seconds, and routes lead consumers to them (Java 4.x: `FilterServerManager`).
 *
 * @module
 */

import type { Family } from "../rpc/routes.ts";
import { encodeResponseHeader } from "../wire/headers.ts";
import type { BrokerConfig } from "./broker_config.ts";

/** Time without a registration after which a filter server is forgotten. */
export const FILTER_SERVER_EXPIRY_MS = 30_000;

/** What the table knows of a connection: it can be told from others, and closed. */
export interface FilterServerConnection {
  /** Ends the connection. */
  close(): void;
}

/** The filter servers that are there. */
export class FilterServers {
  readonly #now: () => number;
  readonly #servers = new Map<FilterServerConnection, { addr: string; seenAt: number }>();

  constructor({ now }: { readonly now: () => number }) {
    this.#now = now;
  }

  /** Their addresses, each once. */
  get addrs(): string[] {
    return [...new Set(Array.from(this.#servers.values(), ({ addr }) => addr))];
  }

  /** Takes a registration; whether nobody had that address before. */
  register(connection: FilterServerConnection, addr: string): boolean {
    const isNew = !this.addrs.includes(addr);
    this.#servers.set(connection, { addr, seenAt: this.#now() });
    return isNew;
  }

  /** A filter server is gone. */
  connectionClosed(connection: FilterServerConnection): void {
    this.#servers.delete(connection);
  }

  /** Closes the connections of filter servers whose registrations stopped. */
  expire(): void {
    const limit = this.#now() - FILTER_SERVER_EXPIRY_MS;
    for (const [connection, { seenAt }] of this.#servers) {
      if (seenAt >= limit) continue;
      this.#servers.delete(connection);
      connection.close();
    }
  }
}

/** What the family works on. */
export interface FilterServerFamilyInput {
  readonly config: Pick<BrokerConfig, "brokerName" | "brokerId">;
  readonly filterServers: FilterServers;
  /** Lets name servers know of one more. */
  readonly announce: () => Promise<void>;
}

/** The request of filter servers. */
export function filterServerFamily(
  { config: { brokerName, brokerId }, filterServers, announce }: FilterServerFamilyInput,
): Family {
  return {
    async REGISTER_FILTER_SERVER({ header: { filterServerAddr }, connection }) {
      if (filterServers.register(connection, filterServerAddr)) await announce();
      return {
        extFields: encodeResponseHeader("REGISTER_FILTER_SERVER", { brokerName, brokerId }),
      };
    },
  };
}
