/**
 * Which queues of which brokers a topic has, asked from name servers and kept.
 *
 * @module
 */

import type { RpcClient } from "../rpc/client.ts";
import { responseName } from "../wire/codes.ts";
import type { RemotingCommand } from "../wire/command.ts";
import { encodeHeader } from "../wire/headers.ts";
import { AUTO_CREATE_TOPIC, parseTopicRoute, type TopicRouteData } from "../wire/route.ts";
import { ClientError } from "./client_error.ts";

/** A queue messages can be sent to. */
export interface WritableQueue {
  readonly topic: string;
  readonly brokerName: string;
  readonly queueId: number;
  /** `host:port` of the broker's master. */
  readonly address: string;
}

/** Settings of a {@linkcode RouteBook}. */
export interface RouteBookOptions {
  readonly client: RpcClient;
  /** `host:port` of each; they are asked in turn until one answers. */
  readonly nameServers: readonly string[];
  /** Default 3,000. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 3000;
const MASTER_ID = 0;
const WRITE_BIT = 2;
/** Queues of a topic that is made by its first message (Java: `defaultTopicQueueNums`). */
export const QUEUES_OF_NEW_TOPIC = 4;

/** Routes of topics. */
export class RouteBook {
  readonly #client: RpcClient;
  readonly #nameServers: readonly string[];
  readonly #timeoutMs: number;
  readonly #queues = new Map<string, Promise<readonly WritableQueue[]>>();
  /** The name server that answered last. */
  #current = 0;

  constructor({ client, nameServers, timeoutMs = TIMEOUT_MS }: RouteBookOptions) {
    this.#client = client;
    this.#nameServers = nameServers;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * The queues a topic's messages can go to, at least one. A topic that does not exist has those of
   * the topic it would be made from.
   *
   * @throws {ClientError} `name-server`, `no-route` or `no-queue`.
   */
  async writableQueues(topic: string): Promise<readonly WritableQueue[]> {
    let asked = this.#queues.get(topic);
    if (asked === undefined) {
      asked = this.#ask(topic);
      this.#queues.set(topic, asked);
      asked.catch(() => this.#queues.delete(topic));
    }
    return await asked;
  }

  /** Asks anew the next time. */
  forget(topic: string): void {
    this.#queues.delete(topic);
  }

  async #ask(topic: string): Promise<readonly WritableQueue[]> {
    const route = await this.#route(topic) ?? newTopicRoute(await this.#route(AUTO_CREATE_TOPIC));
    if (route === undefined) {
      const message = `Cannot send to topic "${topic}": no broker has it or would make it`;
      throw new ClientError(message, { kind: "no-route" });
    }
    const queues = queuesOf(topic, route);
    if (queues.length > 0) return queues;
    const message = `Cannot send to topic "${topic}": no broker takes messages for it`;
    throw new ClientError(message, { kind: "no-queue" });
  }

  /** The route of a topic; `undefined` where there is none. */
  async #route(topic: string): Promise<TopicRouteData | undefined> {
    const answer = await this.#askNameServer(topic);
    const name = responseName(answer.code);
    if (name === "TOPIC_NOT_EXIST") return undefined;
    if (name === "SUCCESS") return parseTopicRoute(answer.body);
    const message = `Cannot find the route of topic "${topic}": ${answer.remark ?? name}`;
    throw new ClientError(message, { kind: "refused", code: name ?? String(answer.code) });
  }

  async #askNameServer(topic: string): Promise<RemotingCommand> {
    const extFields = encodeHeader("GET_ROUTEINFO_BY_TOPIC", { topic });
    const failures: string[] = [];
    for (let tried = 0; tried < this.#nameServers.length; tried++) {
      const number = (this.#current + tried) % this.#nameServers.length;
      try {
        const answer = await this.#client.invoke(this.#nameServers[number]!, {
          name: "GET_ROUTEINFO_BY_TOPIC",
          extFields,
        }, { timeoutMs: this.#timeoutMs });
        this.#current = number;
        return answer;
      } catch (error) {
        failures.push((error as Error).message);
      }
    }
    throw new ClientError(`No name server answers: ${failures.join("; ")}`, {
      kind: "name-server",
    });
  }
}

/** The route a topic will have that is made from another. */
function newTopicRoute(route: TopicRouteData | undefined): TopicRouteData | undefined {
  return route && {
    ...route,
    queueDatas: route.queueDatas.map((it) => {
      return { ...it, writeQueueNums: Math.min(it.writeQueueNums, QUEUES_OF_NEW_TOPIC) };
    }),
  };
}

function queuesOf(topic: string, route: TopicRouteData): WritableQueue[] {
  const addresses = new Map(
    route.brokerDatas.map((it) => [it.brokerName, it.brokerAddrs.get(MASTER_ID)]),
  );
  return route.queueDatas.flatMap(({ brokerName, perm, writeQueueNums }) => {
    const address = addresses.get(brokerName);
    if (address === undefined || (perm & WRITE_BIT) === 0) return [];
    return Array.from({ length: writeQueueNums }, (_, queueId) => {
      return { topic, brokerName, queueId, address };
    });
  });
}
