/**
 * Which of the brokers of a name, or of a topic, a consumer asks.
 *
 * @module
 */

import type { MessageQueue } from "../../wire/message_queue.ts";
import { ClientError } from "../client_error.ts";
import type { Cluster } from "../cluster.ts";

const MASTER_ID = 0;

/** Where to ask. */
export interface ChosenBroker {
  /** `host:port`. */
  readonly address: string;
  /** 0 is the master. */
  readonly brokerId: number;
}

/** Which broker of a name is asked for. */
export interface BrokerWish {
  /** Default: the master. */
  readonly brokerId?: number | undefined;
  /** Whether no other will do. */
  readonly only?: boolean | undefined;
}

/**
 * The broker that has a queue: the one that is asked for, for a slave also the next one, else any of
 * its name (Java: `findBrokerAddressInSubscribe`). A name nobody has told yet is asked for.
 *
 * @throws {ClientError} `no-route` when there is none; `name-server`.
 */
export async function brokerOf(
  cluster: Cluster,
  queue: Readonly<MessageQueue>,
  wish: BrokerWish = {},
): Promise<ChosenBroker> {
  const found = knownBroker(cluster, queue.brokerName, wish);
  if (found !== undefined) return found;
  const [failure] = await cluster.routes.refresh([queue.topic]);
  const now = knownBroker(cluster, queue.brokerName, wish);
  if (now !== undefined) return now;
  if (failure !== undefined) throw failure;
  const which = wish.only === true ? `no broker ${wish.brokerId ?? MASTER_ID}` : "no broker";
  const message = `Cannot reach queue ${queue.queueId} of topic "${queue.topic}": ` +
    `the route has ${which} of the name "${queue.brokerName}"`;
  throw new ClientError(message, { kind: "no-route" });
}

function knownBroker(
  { routes }: Cluster,
  brokerName: string,
  { brokerId = MASTER_ID, only = false }: BrokerWish,
): ChosenBroker | undefined {
  for (const id of brokerId === MASTER_ID ? [MASTER_ID] : [brokerId, brokerId + 1]) {
    const address = routes.address(brokerName, id);
    if (address !== undefined) return { address, brokerId: id };
  }
  return only ? undefined : routes.brokers.find((it) => it.brokerName === brokerName);
}

/**
 * Address of one of the brokers that have a topic, by chance, of its master where it has one; without
 * any, `undefined`.
 *
 * @throws {ClientError} `name-server` or `refused`.
 */
export async function anyBrokerOf(cluster: Cluster, topic: string): Promise<string | undefined> {
  const route = await cluster.routes.route(topic);
  if (route === undefined || route.brokerDatas.length === 0) return undefined;
  const pick = <Item>(items: readonly Item[]) => items[Math.floor(cluster.random() * items.length)];
  const addresses = pick(route.brokerDatas)!.brokerAddrs;
  return addresses.get(MASTER_ID) ?? pick([...addresses.values()]);
}
