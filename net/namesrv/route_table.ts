/**
 * What a name server knows: which brokers live where, and which of them have queues of a topic
 * (Java: `RouteInfoManager`). It is plain state with rules: no sockets, no timers, and the clock is
 * given. A broker's entry lives as long as its registrations come in time and the connection it
 * registered on stays open.
 *
 * @module
 */

import { type DataVersion, sameDataVersion } from "../wire/data_version.ts";
import type { BrokerData, QueueData } from "../wire/route.ts";
import { PERM, type TopicConfig } from "../wire/topic_config.ts";

/** Broker id of a master; every other id is a slave's. */
export const MASTER_ID = 0;

/** Time without a registration after which a broker is forgotten, unless it asks for another. */
const BROKER_EXPIRY_MS = 120_000;

/** How a broker is called in a request. */
export interface BrokerIdentity {
  readonly clusterName: string;
  readonly brokerName: string;
  /** `host:port` where the broker serves. */
  readonly brokerAddr: string;
  readonly brokerId: number;
}

/** What the table knows of a connection: it can be told from others, and closed. */
export interface BrokerConnection {
  /** Ends the connection. */
  close(): void;
}

/** What a broker tells when it registers. */
export interface Registration extends BrokerIdentity {
  /** `host:port` where slaves fetch the log. */
  readonly haServerAddr: string;
  /** Absent from releases before 5, which cannot act for a master. */
  readonly enableActingMaster?: boolean | undefined;
  /** Replaces {@linkcode BROKER_EXPIRY_MS} for this broker. */
  readonly heartbeatTimeoutMs?: number | undefined;
  /** Version of the topic configuration; changes with every topic. */
  readonly dataVersion?: DataVersion | undefined;
  /** All topics of the broker by name, or the one that changed. */
  readonly topics: ReadonlyMap<string, TopicConfig>;
  /** Addresses of the broker's filter servers (before 5.0); absent where it did not say. */
  readonly filterServers?: readonly string[] | undefined;
  /** The connection the broker registered on. */
  readonly connection: BrokerConnection;
}

/** What became of a registration. */
export interface Registered {
  /** Whether nobody held the broker id before. */
  readonly joined: boolean;
  /** For a slave whose master lives: where the master serves. */
  readonly masterAddr?: string;
  /** For a slave whose master lives: where to fetch the log. */
  readonly haServerAddr?: string;
}

/** Where a topic's queues are. */
export interface Route {
  readonly queueDatas: QueueData[];
  readonly brokerDatas: BrokerData[];
  /** Filter servers by the address of their broker. */
  readonly filterServerTable: Map<string, string[]>;
}

type Group = Required<Omit<BrokerData, "zoneName">>;

/** Liveness of one broker address. */
interface Living extends BrokerIdentity {
  readonly haServerAddr: string;
  readonly expiryMs: number;
  readonly dataVersion: DataVersion | undefined;
  readonly filterServers: readonly string[];
  readonly connection: BrokerConnection;
  seenAt: number;
}

/** A broker that is registered. */
export interface RegisteredBroker extends BrokerIdentity {
  /** Time since it was last heard of. */
  readonly silentMs: number;
}

/** A broker that {@linkcode RouteTable.expire} removed. */
export interface Expired {
  readonly broker: BrokerIdentity;
  readonly connection: BrokerConnection;
}

/** The route table of a name server. */
export class RouteTable {
  readonly #now: () => number;
  readonly #clusters = new Map<string, Set<string>>();
  readonly #groups = new Map<string, Group>();
  readonly #living = new Map<string, Living>();
  readonly #topics = new Map<string, Map<string, QueueData>>();

  constructor({ now }: { now: () => number }) {
    this.#now = now;
  }

  /**
   * Takes a registration in. `undefined` refuses it: another address holds the broker id with a newer
   * state.
   */
  register(broker: Registration): Registered | undefined {
    const { clusterName, brokerName, brokerAddr, brokerId } = broker;
    const group = this.#groupOf(broker);
    group.enableActingMaster = broker.enableActingMaster ?? false;
    // A slave that became master on the same address must not stay listed under both ids.
    for (const [id, addr] of group.brokerAddrs) {
      if (addr === brokerAddr && id !== brokerId) group.brokerAddrs.delete(id);
    }
    const heldBy = group.brokerAddrs.get(brokerId);
    if (heldBy !== undefined && heldBy !== brokerAddr) {
      const holder = this.#living.get(livingKey(clusterName, heldBy));
      if (holder !== undefined && stateOf(holder.dataVersion) > stateOf(broker.dataVersion)) {
        this.#living.delete(livingKey(clusterName, brokerAddr));
        return undefined;
      }
    }
    const joined = heldBy === undefined;
    group.brokerAddrs.set(brokerId, brokerAddr);
    if (isSpeaker(broker, group)) this.#takeTopics(broker, joined);
    const key = livingKey(clusterName, brokerAddr);
    this.#living.set(key, {
      clusterName,
      brokerName,
      brokerAddr,
      brokerId,
      haServerAddr: broker.haServerAddr,
      expiryMs: broker.heartbeatTimeoutMs ?? BROKER_EXPIRY_MS,
      // One topic of a broker nobody knew is a part of its table. Java refuses it from 5 on; here it
      // is served at once, and without a version the next registration counts as a change.
      dataVersion: joined && broker.topics.size === 1 ? undefined : broker.dataVersion,
      filterServers: broker.filterServers ?? this.#living.get(key)?.filterServers ?? [],
      connection: broker.connection,
      seenAt: this.#now(),
    });
    return brokerId === MASTER_ID ? { joined } : { joined, ...this.#masterOf(broker, group) };
  }

  /** Forgets a broker; its topics leave with the last address of its name. */
  unregister({ clusterName, brokerName, brokerAddr }: BrokerIdentity): void {
    this.#living.delete(livingKey(clusterName, brokerAddr));
    const group = this.#groups.get(brokerName);
    if (group === undefined) return;
    for (const [id, addr] of group.brokerAddrs) {
      if (addr === brokerAddr) group.brokerAddrs.delete(id);
    }
    if (group.brokerAddrs.size === 0) this.#removeGroup(brokerName);
    else if (group.enableActingMaster && !group.brokerAddrs.has(MASTER_ID)) {
      // The smallest slave now stands in for the master, to be read from only.
      this.#setPermission(brokerName, (perm) => perm & ~PERM.WRITE);
    }
  }

  /** Notes that a broker lives; false when it is not registered. */
  touch({ clusterName, brokerAddr }: Pick<BrokerIdentity, "clusterName" | "brokerAddr">): boolean {
    const living = this.#living.get(livingKey(clusterName, brokerAddr));
    if (living === undefined) return false;
    living.seenAt = this.#now();
    return true;
  }

  /** The version of a broker's last registration. */
  dataVersionOf(
    broker: Pick<BrokerIdentity, "clusterName" | "brokerAddr">,
  ): DataVersion | undefined {
    return this.#living.get(livingKey(broker.clusterName, broker.brokerAddr))?.dataVersion;
  }

  /** Removes the brokers whose registrations stopped coming. */
  expire(): Expired[] {
    const now = this.#now();
    const expired = [...this.#living.values()].filter((it) => it.seenAt + it.expiryMs < now);
    for (const broker of expired) this.unregister(broker);
    return expired.map((broker) => ({ broker, connection: broker.connection }));
  }

  /** Removes the brokers that registered last on a connection, which has closed. */
  connectionClosed(connection: BrokerConnection): BrokerIdentity[] {
    const gone = [...this.#living.values()].filter((it) => it.connection === connection);
    for (const broker of gone) this.unregister(broker);
    return gone;
  }

  /** Brokers and queues of a topic; `undefined` when no living broker has any. */
  route(topic: string): Route | undefined {
    const queues = this.#topics.get(topic);
    if (queues === undefined) return undefined;
    const brokerDatas = [...queues.keys()].flatMap((name) => this.#groups.get(name) ?? []);
    if (brokerDatas.length === 0) return undefined;
    const filterServerTable = this.#filterServersOf(brokerDatas);
    return { queueDatas: [...queues.values()], brokerDatas, filterServerTable };
  }

  #filterServersOf(brokers: readonly BrokerData[]): Map<string, string[]> {
    const table = new Map<string, string[]>();
    for (const { cluster, brokerAddrs } of brokers) {
      for (const addr of brokerAddrs.values()) {
        const { filterServers = [] } = this.#living.get(livingKey(cluster, addr)) ?? {};
        if (filterServers.length > 0) table.set(addr, [...filterServers]);
      }
    }
    return table;
  }

  /** Broker names by cluster. */
  get clusters(): ReadonlyMap<string, ReadonlySet<string>> {
    return this.#clusters;
  }

  /** Addresses by broker name. */
  get groups(): ReadonlyMap<string, BrokerData> {
    return this.#groups;
  }

  /** Every registered broker, and how long it has said nothing. */
  brokers(): RegisteredBroker[] {
    const now = this.#now();
    return Array.from(
      this.#living.values(),
      ({ clusterName, brokerName, brokerAddr, brokerId, seenAt }) => {
        return { clusterName, brokerName, brokerAddr, brokerId, silentMs: now - seenAt };
      },
    );
  }

  /** Names of topics: all, or those `wanted` says yes to when asked with the topic's queues. */
  topicNames(wanted: (queues: ReadonlyMap<string, QueueData>) => boolean = () => true): string[] {
    return [...this.#topics].flatMap(([topic, queues]) => wanted(queues) ? [topic] : []);
  }

  /** Names of the topics that brokers of a cluster have queues of. */
  topicNamesOf(cluster: string): string[] {
    const names = this.#clusters.get(cluster);
    if (names === undefined) return [];
    return this.topicNames((queues) => queues.keys().some((name) => names.has(name)));
  }

  /** Takes the write permission of all queues of a broker away or gives it back; how many topics. */
  setWritable(brokerName: string, writable: boolean): number {
    // Java gives plain read and write back, whatever the queue had before.
    return this.#setPermission(
      brokerName,
      (perm) => writable ? PERM.READ | PERM.WRITE : perm & ~PERM.WRITE,
    );
  }

  /** Forgets a topic, or its queues on the brokers of one cluster. */
  deleteTopic(topic: string, cluster?: string): void {
    if (cluster === undefined) this.#topics.delete(topic);
    else for (const name of this.#clusters.get(cluster) ?? []) this.#deleteQueues(topic, name);
  }

  /** Adds queues of a topic on brokers that are registered. */
  addQueues(topic: string, queueDatas: readonly QueueData[]): void {
    for (const queues of queueDatas) {
      if (this.#groups.has(queues.brokerName)) this.#setQueues(topic, queues);
    }
  }

  #groupOf({ clusterName, brokerName }: BrokerIdentity): Group {
    const names = this.#clusters.get(clusterName);
    if (names === undefined) this.#clusters.set(clusterName, new Set([brokerName]));
    else names.add(brokerName);
    let group = this.#groups.get(brokerName);
    if (group === undefined) {
      group = {
        cluster: clusterName,
        brokerName,
        enableActingMaster: false,
        brokerAddrs: new Map(),
      };
      this.#groups.set(brokerName, group);
    }
    return group;
  }

  #removeGroup(brokerName: string): void {
    this.#groups.delete(brokerName);
    for (const [cluster, names] of this.#clusters) {
      names.delete(brokerName);
      if (names.size === 0) this.#clusters.delete(cluster);
    }
    for (const topic of this.#topics.keys()) this.#deleteQueues(topic, brokerName);
  }

  #takeTopics(broker: Registration, joined: boolean): void {
    const { brokerName } = broker;
    const known = this.dataVersionOf(broker);
    const { dataVersion } = broker;
    const changed = joined || known === undefined || dataVersion === undefined ||
      !sameDataVersion(known, dataVersion);
    const readOnly = broker.brokerId !== MASTER_ID && broker.enableActingMaster === true;
    for (const topic of broker.topics.values()) {
      if (!changed && this.#topics.get(topic.topicName)?.has(brokerName)) continue;
      this.#setQueues(topic.topicName, {
        brokerName,
        readQueueNums: topic.readQueueNums,
        writeQueueNums: topic.writeQueueNums,
        perm: readOnly ? topic.perm & ~PERM.WRITE : topic.perm,
        topicSysFlag: topic.topicSysFlag,
      });
    }
  }

  #masterOf({ clusterName }: BrokerIdentity, { brokerAddrs }: Group): Omit<Registered, "joined"> {
    const masterAddr = brokerAddrs.get(MASTER_ID);
    if (masterAddr === undefined) return {};
    const living = this.#living.get(livingKey(clusterName, masterAddr));
    return living === undefined ? {} : { masterAddr, haServerAddr: living.haServerAddr };
  }

  #setPermission(brokerName: string, change: (perm: number) => number): number {
    let count = 0;
    for (const queues of this.#topics.values()) {
      const data = queues.get(brokerName);
      if (data === undefined) continue;
      queues.set(brokerName, { ...data, perm: change(data.perm) });
      count++;
    }
    return count;
  }

  #setQueues(topic: string, data: QueueData): void {
    const queues = this.#topics.get(topic);
    if (queues === undefined) this.#topics.set(topic, new Map([[data.brokerName, data]]));
    else queues.set(data.brokerName, data);
  }

  #deleteQueues(topic: string, brokerName: string): void {
    const queues = this.#topics.get(topic);
    if (queues?.delete(brokerName) && queues.size === 0) this.#topics.delete(topic);
  }
}

/** Releases before 5 have no state version and count as 0, as in Java. */
function stateOf(version: DataVersion | undefined): number {
  return version?.stateVersion ?? 0;
}

function livingKey(clusterName: string, brokerAddr: string): string {
  return `${clusterName}\n${brokerAddr}`;
}

/** The master speaks for its topics; from 5 on also the smallest slave while there is no master. */
function isSpeaker({ brokerId, enableActingMaster }: Registration, group: Group): boolean {
  if (brokerId === MASTER_ID) return true;
  return enableActingMaster !== undefined && brokerId === Math.min(...group.brokerAddrs.keys());
}
