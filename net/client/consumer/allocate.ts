/**
 * How the members of a group share the queues of a topic. Every member works it out by itself, from
 * the same lists in the same order, so whoever shares a group with Java's clients must come to what
 * Java comes to.
 *
 * @module
 */

import type { MessageQueue } from "../../wire/message_queue.ts";
import { ClientError } from "../client_error.ts";
import { consistentNode, consistentRing } from "./consistent_ring.ts";

/** What a share is worked out from. */
export interface AllocateInput {
  /** Name of the group. */
  readonly group: string;
  /** Whose share it is. */
  readonly clientId: string;
  /** Queues of one topic, by broker and number. */
  readonly queues: readonly MessageQueue[];
  /** Members of the group, by UTF-16 units. */
  readonly clientIds: readonly string[];
}

/** A way to share queues (Java: `AllocateMessageQueueStrategy`). */
export interface Allocate {
  /** As Java calls it. */
  readonly name: string;
  /** The queues of one member; none where it is not among the members. */
  allocate(input: AllocateInput): readonly MessageQueue[];
}

/**
 * Each member has queues that follow one another; the first members have one more where it does not
 * come out even.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { averagely } from "./allocate.ts";
 *
 * const queues = [0, 1, 2, 3, 4].map((queueId) => ({ topic: "T", brokerName: "b", queueId }));
 * const clientIds = ["one", "two"];
 * const share = averagely().allocate({ group: "G", clientId: "one", queues, clientIds });
 * assert.deepEqual(share.map((it) => it.queueId), [0, 1, 2]);
 * ```
 */
export function averagely(): Allocate {
  return {
    name: "AVG",
    allocate({ clientId, queues, clientIds }) {
      const index = clientIds.indexOf(clientId);
      if (index < 0) return [];
      const each = Math.floor(queues.length / clientIds.length);
      const more = queues.length % clientIds.length;
      const from = index * each + Math.min(index, more);
      return queues.slice(from, from + each + (index < more ? 1 : 0));
    },
  };
}

/** The queues are dealt out in turn, one to each. */
export function averagelyByCircle(): Allocate {
  return {
    name: "AVG_BY_CIRCLE",
    allocate({ clientId, queues, clientIds }) {
      const index = clientIds.indexOf(clientId);
      return queues.filter((_, at) => at % clientIds.length === index);
    },
  };
}

/** These queues, whoever else there is. */
export function byConfig(queues: readonly MessageQueue[]): Allocate {
  return { name: "CONFIG", allocate: () => queues };
}

/**
 * Only queues of these machine rooms, which are what stands before the `@` in names of brokers:
 * `room@broker-a`. What does not come out even goes to the first members, from the end of the list.
 */
export function byMachineRoom(rooms: Iterable<string>): Allocate {
  const wanted = new Set(rooms);
  return {
    name: "MACHINE_ROOM",
    allocate({ clientId, queues, clientIds }) {
      const index = clientIds.indexOf(clientId);
      if (index < 0) return [];
      const own = queues.filter(({ brokerName }) => {
        const room = roomOfBroker(brokerName);
        return room !== undefined && wanted.has(room);
      });
      const each = Math.floor(own.length / clientIds.length);
      const share = own.slice(index * each, (index + 1) * each);
      const further = own[each * clientIds.length + index];
      return further === undefined ? share : [...share, further];
    },
  };
}

/** Tells where brokers and members stand. */
export interface MachineRooms {
  /** The room of the broker that has a queue. */
  readonly ofQueue: (queue: MessageQueue) => string;
  /** The room of a member. */
  readonly ofClient: (clientId: string) => string;
}

/**
 * Queues of a machine room are shared by the members in it, in the way of `inner`; those of a room
 * without members by all.
 */
export function byMachineRoomNearby(inner: Allocate, rooms: MachineRooms): Allocate {
  return {
    name: `MACHINE_ROOM_NEARBY-${inner.name}`,
    allocate(input) {
      const { clientId, queues, clientIds } = input;
      if (!clientIds.includes(clientId)) return [];
      const queuesBy = Map.groupBy(
        queues,
        (queue) => named(rooms.ofQueue(queue), queue.brokerName),
      );
      const clientsBy = Map.groupBy(clientIds, (id) => named(rooms.ofClient(id), id));
      const room = rooms.ofClient(clientId);
      const near = queuesBy.get(room);
      const share = near === undefined
        ? []
        : [...inner.allocate({ ...input, queues: near, clientIds: clientsBy.get(room)! })];
      for (const other of [...queuesBy.keys()].sort()) {
        if (clientsBy.has(other)) continue;
        share.push(...inner.allocate({ ...input, queues: queuesBy.get(other)! }));
      }
      return share;
    },
  };
}

/**
 * Members and queues lie on a ring, and a queue belongs to the member that follows it: few queues move
 * when a member comes or goes. The more places a member has on the ring (default 10), the more even.
 *
 * @throws {ClientError} `invalid` for a number of places below 0.
 */
export function consistentHash({ virtualNodes = 10 } = {}): Allocate {
  if (!Number.isInteger(virtualNodes) || virtualNodes < 0) {
    const message = `Cannot share queues: virtualNodes is ${virtualNodes}, ` +
      "which is no integer from 0";
    throw new ClientError(message, { kind: "invalid" });
  }
  // A round asks for every topic of a group, whose members are the same.
  let members = "";
  let ring = consistentRing([], virtualNodes);
  return {
    name: "CONSISTENT_HASH",
    allocate({ clientId, queues, clientIds }) {
      if (!clientIds.includes(clientId)) return [];
      const asked = clientIds.join("\n");
      if (members !== asked) ring = consistentRing(clientIds, virtualNodes);
      members = asked;
      return queues.filter((queue) => consistentNode(ring, queueText(queue)) === clientId);
    },
  };
}

/** What Java hashes: `MessageQueue.toString`. */
function queueText({ topic, brokerName, queueId }: MessageQueue): string {
  return `MessageQueue [topic=${topic}, brokerName=${brokerName}, queueId=${queueId}]`;
}

/** What stands before the only `@`, as far as Java splits: an `@` at the end does not count. */
function roomOfBroker(brokerName: string): string | undefined {
  const parts = brokerName.replace(/@+$/, "").split("@");
  return parts.length === 2 ? parts[0] : undefined;
}

function named(room: string, whose: string): string {
  if (room !== "") return room;
  throw new ClientError(`Cannot share queues: the machine room of ${whose} is empty`, {
    kind: "invalid",
  });
}
