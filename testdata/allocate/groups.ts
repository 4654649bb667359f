/**
 * Groups made by chance, and how each strategy shares their queues, as `AllocateTable.java` says it.
 *
 * @module
 */

import { hash } from "node:crypto";
import {
  type Allocate,
  averagely,
  averagelyByCircle,
  byConfig,
  byMachineRoom,
  byMachineRoomNearby,
  consistentHash,
} from "../../net/client/consumer/allocate.ts";
import { compareQueues } from "../../net/client/consumer/queue_name.ts";
import { between, oneOf } from "../random.ts";

/** A group, a topic it consumes, and settings of strategies. */
export interface Group {
  readonly members: readonly string[];
  readonly topic: string;
  /** Broker and how many queues it has. */
  readonly brokers: readonly (readonly [brokerName: string, queues: number])[];
  readonly rooms: readonly string[];
  readonly virtualNodes: number;
  /** Number of the member, after sorting, that is asked where hashing takes long. */
  readonly chosen: number;
}

/** Strategies, in the order of a row. */
export const STRATEGIES = [
  "AVG",
  "AVG_BY_CIRCLE",
  "CONFIG",
  "MACHINE_ROOM",
  "MACHINE_ROOM_NEARBY-AVG",
  "MACHINE_ROOM_NEARBY-AVG_BY_CIRCLE",
  "CONSISTENT_HASH",
  "MACHINE_ROOM_NEARBY-CONSISTENT_HASH",
] as const;

/** Hexadecimal digits that stand for one strategy in a row. */
export const DIGITS = 4;

// The last two sort by UTF-16 units other than by code points.
const ROOMS = ["east", "west", "north", "r1", "r10", "r2", "é", "\uff5e", "\u{1f600}"] as const;

/** The next group. */
export function groupBy(random: () => number): Group {
  const rooms = Array.from({ length: between(random, 1, 4) }, () => oneOf(random, ROOMS));
  const members = Array.from({ length: size(random, 9) }, () => {
    const tail = `10.0.${between(random, 0, 3)}.${between(random, 1, 200)}`;
    return `${oneOf(random, rooms)}@${tail}#${between(random, 0, 99_999)}`;
  });
  // A client with two connections is twice in a broker's list.
  if (random() < 0.05) members.push(oneOf(random, members));
  const names = new Set(Array.from({ length: size(random, 4) }, () => brokerBy(random, rooms)));
  return {
    members,
    topic: oneOf(random, ["T", "Orders", "%RETRY%G", "eu%Orders"]),
    brokers: [...names].map((name) => [name, size(random, 8)]),
    rooms,
    virtualNodes: random() < 0.5 ? 10 : between(random, 0, 15),
    chosen: between(random, 0, members.length - 1),
  };
}

/** Few, and now and then many. */
function size(random: () => number, most: number): number {
  return random() < 0.02 ? between(random, most, most * 8) : between(random, 1, most);
}

function brokerBy(random: () => number, rooms: readonly string[]): string {
  const name = `broker-${between(random, 0, 12)}`;
  const room = random() < 0.7 ? oneOf(random, rooms) : oneOf(random, ROOMS);
  const kinds = [name, `${room}@${name}@`, `${room}@${name}@x`, `@${name}`, `${room}@`];
  return random() < 0.8 ? `${room}@${name}` : oneOf(random, kinds);
}

/** A group as the Java program reads it. */
export function lineOf({ members, topic, brokers, rooms, virtualNodes, chosen }: Group): string {
  return [
    members.map(encodeURIComponent).join(","),
    encodeURIComponent(topic),
    brokers.map(([name, queues]) => `${encodeURIComponent(name)}:${queues}`).join(","),
    rooms.map(encodeURIComponent).join(","),
    virtualNodes,
    chosen,
  ].join(" ");
}

/** What the strategies come to, as the Java program prints it. */
export function rowOf(group: Group): string {
  return textsOf(group).map((text) => hash("md5", text).slice(0, DIGITS)).join("");
}

function textsOf({ members, topic, brokers, rooms, virtualNodes, chosen }: Group): string[] {
  const clientIds = [...members].sort();
  const queues = brokers.flatMap(([brokerName, count]) =>
    Array.from({ length: count }, (_, queueId) => ({ topic, brokerName, queueId }))
  ).sort(compareQueues);
  const text = (strategy: Allocate, asked: readonly string[]) =>
    strategy.name + asked.map((clientId) => {
      try {
        const share = strategy.allocate({ group: "G", clientId, queues, clientIds });
        return `\n${clientId}=${share.map((it) => `${it.brokerName} ${it.queueId},`).join("")}`;
      } catch {
        return `\n${clientId}=refused`;
      }
    }).join("");
  const nearby = (inner: Allocate) =>
    byMachineRoomNearby(inner, {
      ofQueue: ({ brokerName }) => roomIn(brokerName),
      ofClient: roomIn,
    });
  const one = [clientIds[chosen]!];
  return [
    text(averagely(), clientIds),
    text(averagelyByCircle(), clientIds),
    text(byConfig(queues.filter((_, at) => at % 3 === 0)), one),
    text(byMachineRoom(rooms), clientIds),
    text(nearby(averagely()), clientIds),
    text(nearby(averagelyByCircle()), clientIds),
    text(consistentHash({ virtualNodes }), one),
    text(nearby(consistentHash({ virtualNodes })), one),
  ];
}

function roomIn(name: string): string {
  const at = name.indexOf("@");
  return at < 0 ? name : name.slice(0, at);
}

/** Strategies by which two rows differ. */
export function differencesOf(one: string, other: string): string[] {
  return STRATEGIES.filter((_, at) => {
    const [from, to] = [at * DIGITS, (at + 1) * DIGITS];
    return one.slice(from, to) !== other.slice(from, to);
  });
}
