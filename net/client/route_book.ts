/**
 * Which queues of which brokers a topic has, asked from name servers and kept.
 *
 * @module
 */

import { responseName } from "../wire/codes.ts";
import { encodeHeader } from "../wire/headers.ts";
import type { MessageQueue } from "../wire/message_queue.ts";
import { AUTO_CREATE_TOPIC, parseTopicRoute, type TopicRouteData } from "../wire/route.ts";
import { ClientError } from "./client_error.ts";
import type { NameServers } from "./name_servers.ts";

/** A queue messages can be sent to. */
export interface WritableQueue extends Readonly<MessageQueue> {
  /** `host:port` of the broker's master. */
  readonly address: string;
}

/** A broker under its name. */
export interface BrokerPlace {
  readonly brokerName: string;
  /** 0 is the master. */
  readonly brokerId: number;
  /** `host:port`. */
  readonly address: string;
}

/** What a topic that does not exist would be made from. */
export interface NewTopic {
  /** Default {@linkcode AUTO_CREATE_TOPIC}. */
  readonly from?: string | undefined;
  /** Default {@linkcode QUEUES_OF_NEW_TOPIC}. */
  readonly queues?: number | undefined;
}

const MASTER_ID = 0;
const WRITE_BIT = 2;
const READ_BIT = 4;
/** Queues of a topic that is made by its first message (Java: `defaultTopicQueueNums`). */
export const QUEUES_OF_NEW_TOPIC = 4;

/** Routes of topics. */
export class RouteBook {
  readonly #nameServers: NameServers;
  readonly #routes = new Map<string, Promise<TopicRouteData | undefined>>();
  /** What {@linkcode #routes} have resolved to. */
  readonly #current = new Map<string, TopicRouteData>();
  /** Queues of what is in {@linkcode #routes}, made once. */
  readonly #writable = new WeakMap<TopicRouteData, readonly WritableQueue[]>();
  /** Queues of topics that do not exist yet, until the next refresh. */
  readonly #standIns = new Map<string, readonly WritableQueue[]>();
  /** Addresses by broker name and id, of every route ever seen and not replaced. */
  readonly #brokers = new Map<string, ReadonlyMap<number, string>>();
  readonly #onNewBroker: () => void;

  /** `onNewBroker` is called when a route names an address no route has named. */
  constructor(nameServers: NameServers, options: { readonly onNewBroker?: () => void } = {}) {
    this.#nameServers = nameServers;
    this.#onNewBroker = options.onNewBroker ?? (() => {});
  }

  /** Topics whose routes are kept. */
  get topics(): readonly string[] {
    return [...new Set([...this.#routes.keys(), ...this.#standIns.keys()])];
  }

  /** Brokers of the routes that are kept. */
  get brokers(): readonly BrokerPlace[] {
    return [...this.#brokers].flatMap(([brokerName, addresses]) =>
      [...addresses].map(([brokerId, address]) => ({ brokerName, brokerId, address }))
    );
  }

  /** Address of a broker that a route named; of its master, unless another id is asked for. */
  address(brokerName: string, brokerId = MASTER_ID): string | undefined {
    return this.#brokers.get(brokerName)?.get(brokerId);
  }

  /**
   * The route of a topic, kept from the first time it is asked for; `undefined` where there is none,
   * which is not kept.
   *
   * @throws {ClientError} `name-server` or `refused`.
   */
  async route(topic: string): Promise<TopicRouteData | undefined> {
    let asked = this.#routes.get(topic);
    if (asked === undefined) {
      asked = this.#ask(topic);
      this.#routes.set(topic, asked);
      const drop = () => this.#routes.get(topic) === asked && this.#routes.delete(topic);
      asked.then((route) => {
        if (route === undefined) drop();
        else if (this.#routes.get(topic) === asked) this.#current.set(topic, route);
      }, drop);
    }
    return await asked;
  }

  /**
   * The queues a topic's messages can go to, at least one. A topic that does not exist has those it
   * would have after its first message.
   *
   * @throws {ClientError} `name-server`, `no-route` or `no-queue`.
   */
  async writableQueues(topic: string, newTopic: NewTopic = {}): Promise<readonly WritableQueue[]> {
    const { from = AUTO_CREATE_TOPIC, queues = QUEUES_OF_NEW_TOPIC } = newTopic;
    const standIn = this.#standIns.get(topic);
    if (standIn !== undefined) return standIn;
    const own = await this.route(topic);
    const route = own ?? cut(await this.route(from), queues);
    if (route === undefined) {
      const message = `Cannot send to topic "${topic}": no broker has it or would make it`;
      throw new ClientError(message, { kind: "no-route" });
    }
    const found = this.#writable.get(route) ?? writable(topic, route);
    if (own === undefined) this.#standIns.set(topic, found);
    else this.#writable.set(own, found);
    if (found.length > 0) return found;
    const message = `Cannot send to topic "${topic}": no broker takes messages for it`;
    throw new ClientError(message, { kind: "no-queue" });
  }

  /** {@linkcode writableQueues} of a topic that exists, where nobody has to be asked for them. */
  writableNow(topic: string): readonly WritableQueue[] | undefined {
    const route = this.#current.get(topic);
    const queues = route && this.#writable.get(route);
    return queues === undefined || queues.length === 0 ? undefined : queues;
  }

  /**
   * The queues a topic's messages can be read from, by broker and number; none where the topic does
   * not exist.
   *
   * @throws {ClientError} `name-server` or `refused`.
   */
  async readableQueues(topic: string): Promise<readonly MessageQueue[]> {
    const route = await this.route(topic);
    if (route === undefined) return [];
    return byName(route.queueDatas).flatMap(({ brokerName, perm, readQueueNums }) => {
      if ((perm & READ_BIT) === 0) return [];
      return Array.from(
        { length: readQueueNums },
        (_, queueId) => ({ topic, brokerName, queueId }),
      );
    });
  }

  /** Asks anew the next time. */
  forget(topic: string): void {
    this.#routes.delete(topic);
    this.#current.delete(topic);
    this.#standIns.delete(topic);
  }

  /**
   * Asks anew for topics; a route that cannot be had stays as it was, one that is gone is forgotten.
   * Returns the failures.
   */
  async refresh(topics: readonly string[] = this.topics): Promise<readonly Error[]> {
    const failures: Error[] = [];
    for (const topic of topics) this.#standIns.delete(topic);
    await Promise.all(topics.map(async (topic) => {
      try {
        const route = await this.#ask(topic);
        if (route === undefined) {
          this.#routes.delete(topic);
          this.#current.delete(topic);
        } else {
          this.#routes.set(topic, Promise.resolve(route));
          this.#current.set(topic, route);
        }
      } catch (error) {
        failures.push(error as Error);
      }
    }));
    return failures;
  }

  async #ask(topic: string): Promise<TopicRouteData | undefined> {
    const extFields = encodeHeader("GET_ROUTEINFO_BY_TOPIC", { topic });
    const answer = await this.#nameServers.ask({ name: "GET_ROUTEINFO_BY_TOPIC", extFields });
    const name = responseName(answer.code);
    if (name === "TOPIC_NOT_EXIST") return undefined;
    if (name !== "SUCCESS") {
      const message = `Cannot find the route of topic "${topic}": ${answer.remark ?? name}`;
      throw new ClientError(message, { kind: "refused", code: name ?? String(answer.code) });
    }
    const route = parseTopicRoute(answer.body);
    const known = new Set(this.brokers.map((it) => it.address));
    for (const it of route.brokerDatas) this.#brokers.set(it.brokerName, it.brokerAddrs);
    if (this.brokers.some((it) => !known.has(it.address))) this.#onNewBroker();
    return route;
  }
}

/** The route a topic will have that is made from another. */
function cut(route: TopicRouteData | undefined, queues: number): TopicRouteData | undefined {
  return route && {
    ...route,
    orderTopicConf: undefined,
    queueDatas: route.queueDatas.map((it) => {
      return { ...it, writeQueueNums: Math.min(it.writeQueueNums, queues) };
    }),
  };
}

function byName<Named extends { readonly brokerName: string }>(items: readonly Named[]): Named[] {
  return items.toSorted((one, other) =>
    one.brokerName < other.brokerName ? -1 : one.brokerName > other.brokerName ? 1 : 0
  );
}

/** An order topic has the queues its configuration says, whatever its brokers say. */
function writable(topic: string, route: TopicRouteData): WritableQueue[] {
  const addresses = new Map(
    route.brokerDatas.map((it) => [it.brokerName, it.brokerAddrs.get(MASTER_ID)]),
  );
  return queueCounts(route).flatMap(({ brokerName, count }) => {
    const address = addresses.get(brokerName);
    if (address === undefined) return [];
    return Array.from({ length: count }, (_, queueId) => ({ topic, brokerName, queueId, address }));
  });
}

function queueCounts(route: TopicRouteData): { brokerName: string; count: number }[] {
  if (route.orderTopicConf !== undefined && route.orderTopicConf !== "") {
    return route.orderTopicConf.split(";").flatMap((it) => {
      const colon = it.lastIndexOf(":");
      const count = Number(it.slice(colon + 1));
      return colon > 0 && count > 0 ? [{ brokerName: it.slice(0, colon), count }] : [];
    });
  }
  return byName(route.queueDatas).flatMap(({ brokerName, perm, writeQueueNums }) =>
    (perm & WRITE_BIT) === 0 ? [] : [{ brokerName, count: writeQueueNums }]
  );
}
