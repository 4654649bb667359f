/**
 * How admin calls ask: a name server, all name servers, and the brokers of a cluster. Nothing is kept
 * from call to call, since an operator wants to see what is there now.
 *
 * @module
 */

import { responseName } from "../../wire/codes.ts";
import type { RequestName, ResponseName } from "../../wire/codes.ts";
import type { RemotingCommand } from "../../wire/command.ts";
import { encodeHeader } from "../../wire/headers.ts";
import { parseClusterInfo, parseTopicRoute, type TopicRouteData } from "../../wire/route.ts";
import { ClientError } from "../client_error.ts";
import type { Cluster, Question } from "../cluster.ts";

/** A broker name, and where its master and slaves listen. */
export interface BrokerGroup {
  readonly cluster: string;
  readonly brokerName: string;
  /** `host:port` by broker id; 0 is the master. */
  readonly addresses: ReadonlyMap<number, string>;
}

/** Some of the brokers; default: all that the name server knows. */
export interface BrokerChoice {
  /** Those of this cluster. */
  readonly cluster?: string | undefined;
  /** Those with these names. */
  readonly brokers?: readonly string[] | undefined;
}

const MASTER_ID = 0;

/** Whether an error is a refusal with this code. */
export function isRefusal(error: unknown, code: ResponseName): error is ClientError {
  return error instanceof ClientError && error.kind === "refused" && error.code === code;
}

/**
 * Asks one name server, and takes nothing but success for an answer.
 *
 * @throws {ClientError} `name-server` when none answers, `refused`.
 */
export async function askNameServer<Name extends RequestName>(
  { nameServers }: Cluster,
  name: Name,
  { header, body, signal }: Omit<Question<Name>, "timeoutMs"> = {},
): Promise<RemotingCommand> {
  const extFields = header === undefined ? undefined : encodeHeader(name, header);
  const answer = await nameServers.ask({ name, extFields, body }, signal);
  const code = responseName(answer.code) ?? String(answer.code);
  if (code === "SUCCESS") return answer;
  const message = `The name server refuses ${name}: ${code}, ${answer.remark ?? "no remark"}`;
  throw new ClientError(message, { kind: "refused", code });
}

/**
 * Tells all name servers: they do not tell one another.
 *
 * @throws {ClientError} `refused`, or {@linkcode RpcError}, of the first that did not take it.
 */
export async function tellNameServers<Name extends RequestName>(
  cluster: Cluster,
  name: Name,
  question: Question<Name>,
): Promise<readonly RemotingCommand[]> {
  const asked = cluster.nameServers.addresses.map((it) => cluster.call(it, name, question));
  return await settled(asked);
}

/**
 * The route of a topic as it is now, with names as they are on the wire; `undefined` where no broker
 * has the topic.
 */
export async function routeNow(
  cluster: Cluster,
  topic: string,
): Promise<TopicRouteData | undefined> {
  const header = { topic: cluster.namespace.wrap(topic) };
  try {
    return parseTopicRoute(
      (await askNameServer(cluster, "GET_ROUTEINFO_BY_TOPIC", { header })).body,
    );
  } catch (error) {
    if (isRefusal(error, "TOPIC_NOT_EXIST")) return undefined;
    throw error;
  }
}

/**
 * The brokers that have a topic, by name.
 *
 * @throws {ClientError} `no-route` when none has it.
 */
export async function brokersOfTopic(
  cluster: Cluster,
  topic: string,
): Promise<readonly BrokerGroup[]> {
  const route = await routeNow(cluster, topic);
  if (route === undefined) {
    throw new ClientError(`Cannot find topic "${topic}": no broker has it`, { kind: "no-route" });
  }
  const having = new Set(route.queueDatas.map((it) => it.brokerName));
  return byName(
    route.brokerDatas.filter((it) => having.has(it.brokerName)).map((it) => ({
      cluster: it.cluster,
      brokerName: it.brokerName,
      addresses: it.brokerAddrs,
    })),
  );
}

/**
 * All brokers, or some, by cluster and name.
 *
 * @throws {ClientError} `invalid` for a cluster or broker the name server does not know.
 */
export async function brokersNow(
  cluster: Cluster,
  { cluster: clusterName, brokers }: BrokerChoice = {},
): Promise<readonly BrokerGroup[]> {
  const info = parseClusterInfo((await askNameServer(cluster, "GET_BROKER_CLUSTER_INFO")).body);
  const all = byName(
    Array.from(info.brokerAddrTable.values(), ({ cluster, brokerName, brokerAddrs }) => {
      return { cluster, brokerName, addresses: brokerAddrs };
    }),
  );
  const clusters = [...new Set(all.map((it) => it.cluster))];
  if (clusterName !== undefined && !clusters.includes(clusterName)) {
    throw notThere("cluster", { name: clusterName, known: clusters });
  }
  for (const name of brokers ?? []) {
    if (all.some((it) => it.brokerName === name)) continue;
    throw notThere("broker", { name, known: all.map((it) => it.brokerName) });
  }
  return all.filter((it) =>
    (clusterName === undefined || it.cluster === clusterName) &&
    (brokers === undefined || brokers.includes(it.brokerName))
  );
}

/** Address of the master, or where it is away, of the slave with the lowest id. */
export function readableAddress({ addresses }: BrokerGroup): string | undefined {
  const [first] = [...addresses].sort(([one], [other]) => one - other);
  return first?.[1];
}

/**
 * Asks each broker, its master where it is there; what they say comes in the order of the brokers.
 *
 * @throws the failure of the first that cannot be asked.
 */
export async function readEach<Result>(
  brokers: readonly BrokerGroup[],
  read: (address: string, broker: BrokerGroup) => Promise<Result>,
): Promise<Result[]> {
  return await settled(brokers.map(async (broker) => {
    const address = readableAddress(broker);
    if (address !== undefined) return await read(address, broker);
    const message = `Cannot ask broker ${broker.brokerName}: it has no address now`;
    throw new ClientError(message, { kind: "no-route" });
  }));
}

/**
 * Changes something at the master of each broker; `what` names it in errors, such as
 * `create topic "T"`.
 *
 * @throws {ClientError} `no-route` before anything is changed when a broker has no master. Of several
 * brokers some of which fail, the first failure, with what is done and what is not in its message.
 */
export async function changeEach(
  brokers: readonly BrokerGroup[],
  what: string,
  change: (address: string, broker: BrokerGroup) => Promise<unknown>,
): Promise<void> {
  const masters = brokers.map((broker) => {
    const address = broker.addresses.get(MASTER_ID);
    if (address !== undefined) return { broker, address };
    const message = `Cannot ${what}: broker ${broker.brokerName} has no master now`;
    throw new ClientError(message, { kind: "no-route" });
  });
  if (masters.length === 0) {
    throw new ClientError(`Cannot ${what}: there is no broker`, { kind: "no-route" });
  }
  const changed = await Promise.allSettled(
    masters.map(({ broker, address }) => change(address, broker)),
  );
  const failed = changed.flatMap((it) => it.status === "rejected" ? [it.reason as unknown] : []);
  if (failed.length === 0) return;
  if (failed.length === masters.length) throw failed[0];
  throw partlyDone(what, {
    cause: failed[0],
    done: masters.filter((_, at) => changed[at]!.status === "fulfilled"),
    left: masters.filter((_, at) => changed[at]!.status === "rejected"),
  });
}

interface Master {
  readonly broker: BrokerGroup;
}

function partlyDone(
  what: string,
  { cause, done, left }: {
    readonly cause: unknown;
    readonly done: readonly Master[];
    readonly left: readonly Master[];
  },
): ClientError {
  const names = (masters: readonly Master[]) => masters.map((it) => it.broker.brokerName).join();
  const reason = cause instanceof Error ? cause.message : String(cause);
  const code = cause instanceof ClientError ? cause.code : undefined;
  const message = `Cannot ${what} at ${names(left)}: ${reason}; it is done at ${names(done)}`;
  return new ClientError(message, { kind: "refused", code, cause });
}

/** All results, or the first failure in their order once nothing is under way any more. */
async function settled<Result>(asked: readonly Promise<Result>[]): Promise<Result[]> {
  await Promise.allSettled(asked);
  return await Promise.all(asked);
}

function notThere(
  what: string,
  { name, known }: { readonly name: string; readonly known: readonly string[] },
): ClientError {
  const there = known.length === 0 ? "there is none" : `there is ${known.join(", ")}`;
  return new ClientError(`Cannot find ${what} "${name}": ${there}`, { kind: "invalid" });
}

function byName(brokers: readonly BrokerGroup[]): BrokerGroup[] {
  return brokers.toSorted((one, other) =>
    compare(one.cluster, other.cluster) || compare(one.brokerName, other.brokerName)
  );
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
