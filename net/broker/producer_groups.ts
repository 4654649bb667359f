/**
 * Who produces now: the members of every producer group by connection. They are asked what became of
 * open transactions, and get the replies to their requests (Java: `ProducerManager`).
 *
 * @module
 */

import type { Connection } from "../rpc/connection.ts";
import { CHANNEL_EXPIRY_MS, type ClientChannel } from "./client_channel.ts";

/** The groups with members. */
export class ProducerGroups {
  readonly #groups = new Map<string, Map<Connection, ClientChannel>>();
  readonly #now: () => number;
  #turn = 0;

  /** A table without groups; the clock is in ms. */
  constructor({ now }: { now: () => number }) {
    this.#now = now;
  }

  /** The members of a group; `undefined` when it has none. */
  get(group: string): readonly ClientChannel[] | undefined {
    const channels = this.#groups.get(group);
    return channels && [...channels.values()];
  }

  /** All groups with their members. */
  all(): ReadonlyMap<string, readonly ClientChannel[]> {
    return new Map(
      Array.from(this.#groups, ([group, channels]) => [group, [...channels.values()]]),
    );
  }

  /** Takes a heartbeat of a member. */
  register(group: string, channel: ClientChannel): void {
    const channels = this.#groups.get(group);
    if (channels === undefined) this.#groups.set(group, new Map([[channel.connection, channel]]));
    else channels.set(channel.connection, channel);
  }

  /** A member left a group. */
  unregister(connection: Connection, group: string): void {
    const channels = this.#groups.get(group);
    if (channels?.delete(connection) && channels.size === 0) this.#groups.delete(group);
  }

  /** A connection is closed, and its members are gone. */
  connectionClosed(connection: Connection): void {
    for (const group of [...this.#groups.keys()]) this.unregister(connection, group);
  }

  /** Any member with a client id (Java: `findChannel`). */
  findByClientId(clientId: string): ClientChannel | undefined {
    for (const channels of this.#groups.values()) {
      for (const channel of channels.values()) {
        if (channel.clientId === clientId) return channel;
      }
    }
    return undefined;
  }

  /** A member of a group, another one each time (Java: `getAvailableChannel`). */
  pick(group: string): ClientChannel | undefined {
    const channels = this.get(group);
    if (channels === undefined) return undefined;
    this.#turn = (this.#turn + 1) % channels.length;
    return channels[this.#turn];
  }

  /** Closes the connections of members whose heartbeats stopped. */
  expire(): void {
    const limit = this.#now() - CHANNEL_EXPIRY_MS;
    for (const channels of this.all().values()) {
      for (const { connection, lastUpdateTimestamp } of channels) {
        if (lastUpdateTimestamp >= limit) continue;
        connection.close();
        this.connectionClosed(connection);
      }
    }
  }
}
