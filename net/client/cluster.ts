/**
 * A cluster as one client sees it: name servers, routes, brokers and the connections to them, and
 * the groups it is a member of. Producers, consumers and admin calls all go through it.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import { formatAddress, parseAddress } from "../rpc/address.ts";
import { RpcClient } from "../rpc/client.ts";
import type { Outgoing } from "../rpc/connection.ts";
import type { InvokeOptions } from "../rpc/pending_requests.ts";
import { routesOf } from "../rpc/routes.ts";
import { type RequestName, responseName } from "../wire/codes.ts";
import type { RemotingCommand } from "../wire/command.ts";
import { encodeHeader, type HeaderOf } from "../wire/headers.ts";
import { formatHeartbeat } from "../wire/heartbeat.ts";
import { atMost } from "./at_most.ts";
import { ClientError } from "./client_error.ts";
import { clientId } from "./client_id.ts";
import type { ClientOptions } from "./client_options.ts";
import { type Member, Members } from "./members.ts";
import { nameServerAddresses, NameServers } from "./name_servers.ts";
import { Namespace } from "./namespace.ts";
import { RouteBook } from "./route_book.ts";
import { signed } from "./signature.ts";

const TIMEOUT_MS = 3000;
const CLOSE_TIMEOUT_MS = 1000;
/** A time-out from which on a server that has said nothing at all is taken for gone. */
const SILENCE_MS_MIN = 1000;
const TIMER_MS_MAX = 2 ** 31 - 1;
/** Smallest value of each time among the options. */
const TIMES_MIN = {
  requestTimeoutMs: 1,
  connectTimeoutMs: 1,
  closeTimeoutMs: 0,
  routeRefreshMs: 1,
  heartbeatMs: 1,
} as const;
const REFRESH_MS = 30_000;
const HEARTBEAT_MS = 30_000;
/** Below a broker's port (Java: `MixAll.brokerVIPChannel`). */
const VIP_DISTANCE = 2;

/** A question to a broker, besides where it goes. */
export interface Question<Name extends RequestName> {
  readonly header?: HeaderOf<Name>;
  readonly body?: Uint8Array | undefined;
  /** Text for people. */
  readonly remark?: string | undefined;
  /** Default: that of the client. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** One client's view of a cluster. Disposing it leaves the groups and closes the connections. */
export class Cluster implements AsyncDisposable {
  /** Under which brokers know this client. */
  readonly clientId: string;
  /**
   * The same, but of every process on this machine where no instance was named: what a broadcasting
   * consumer finds its offsets by after a restart, as Java's does.
   */
  readonly lastingId: string;
  readonly namespace: Namespace;
  readonly nameServers: NameServers;
  readonly routes: RouteBook;
  readonly members = new Members();
  /** What was made for the application, and is not closed. */
  readonly parts = new Set<AsyncDisposable>();
  /** For whatever has no time-out of its own. */
  readonly timeoutMs: number;
  /** For whatever is told or waited for at the end. */
  readonly closeTimeoutMs: number;
  /** Wall clock, epoch ms. */
  readonly now: () => number;
  /** Clock that nobody sets, ms: what durations are measured by. */
  readonly steadyNow: () => number;
  readonly random: () => number;
  readonly log: NonNullable<ClientOptions["log"]>;
  readonly #options: ClientOptions;
  readonly #rpc: RpcClient;
  readonly #stopped = new AbortController();
  #loops: Promise<unknown> | undefined;
  #disposal: Promise<void> | undefined;
  /** A heartbeat about to begin. */
  #greeting: Promise<void> | undefined;
  /** Brokers that were told who is there since a connection was last lost. */
  readonly #introduced = new Set<string>();
  #introduction: Promise<void> | undefined;
  /** Heartbeats under way. */
  readonly #beating = new Set<Promise<void>>();

  /** @throws {ClientError} `invalid` without a name server, and for an option no client can have. */
  constructor(
    options: ClientOptions,
    { steadyNow = () => performance.now() }: { readonly steadyNow?: () => number } = {},
  ) {
    const addresses = nameServerAddresses(options.nameServers);
    checkTimes(options);
    this.#options = options;
    this.clientId = clientId(options);
    this.lastingId = clientId({ ...options, instanceName: options.instanceName ?? "DEFAULT" });
    this.namespace = new Namespace(options.namespace);
    this.timeoutMs = options.requestTimeoutMs ?? TIMEOUT_MS;
    this.closeTimeoutMs = options.closeTimeoutMs ?? CLOSE_TIMEOUT_MS;
    this.now = options.now ?? Date.now;
    this.steadyNow = steadyNow;
    this.random = options.random ?? Math.random;
    this.log = options.log ?? (() => {});
    this.#rpc = new RpcClient({
      routes: routesOf([this.members.family()]),
      connectTimeoutMs: options.connectTimeoutMs,
      // What waits for a slow broker is bounded by whoever sends it.
      limits: { pendingBytesMax: Infinity },
      silenceMsMin: SILENCE_MS_MIN,
      log: options.log,
      // A broker knows a member by its connection.
      onClose: () => this.#introduced.clear(),
    });
    this.nameServers = new NameServers(addresses, {
      ask: (address, asked, how) => this.ask(address, asked, how),
      timeoutMs: this.timeoutMs,
      first: Math.floor(this.random() * addresses.length),
    });
    this.routes = new RouteBook(this.nameServers, { onNewBroker: () => this.#greet() });
  }

  /** Aborts when the client is disposed. */
  get signal(): AbortSignal {
    return this.#stopped.signal;
  }

  /**
   * Asks the server at `address`; the answer may have any code.
   *
   * @throws {RpcError} when there is no answer; `closed` of {@linkcode ClientError} after the end.
   */
  ask(address: string, asked: Outgoing, options: InvokeOptions): Promise<RemotingCommand> {
    if (this.#stopped.signal.aborted) return Promise.reject(closed());
    return this.#rpc.invoke(address, this.#sign(asked), options);
  }

  /**
   * Asks the server at `address`, and takes nothing but success for an answer.
   *
   * @throws {ClientError} `refused`, with the response code; `closed`.
   * @throws {RpcError} when there is no answer.
   */
  async call<Name extends RequestName>(
    address: string,
    name: Name,
    question: Question<Name> = {},
  ): Promise<RemotingCommand> {
    const { header, body, remark, timeoutMs = this.timeoutMs, signal } = question;
    const extFields = header === undefined ? undefined : encodeHeader(name, header);
    const asked = { name, extFields, body, remark };
    const answer = await this.ask(address, asked, { timeoutMs, signal });
    const said = responseName(answer.code) ?? String(answer.code);
    if (said === "SUCCESS") return answer;
    const why = answer.remark ?? "no remark";
    throw new ClientError(`${address} refuses ${name}: ${said}, ${why}`, {
      kind: "refused",
      code: said,
    });
  }

  /**
   * Tells the server at `address` something without waiting for an answer.
   *
   * @throws {RpcError} when there is no connection; `closed` of {@linkcode ClientError}.
   */
  async tell<Name extends RequestName>(
    address: string,
    name: Name,
    { header, body, remark, timeoutMs, signal }: Question<Name> = {},
  ): Promise<void> {
    this.throwIfClosed();
    const extFields = header === undefined ? undefined : encodeHeader(name, header);
    const options = { timeoutMs: timeoutMs ?? this.timeoutMs, signal };
    await this.#rpc.oneway(address, this.#sign({ name, extFields, body, remark }), options);
  }

  /** Where messages for a broker go: its second port, where that was asked for. */
  sendAddress(address: string): string {
    if (this.#options.vipChannel !== true) return address;
    const { hostname, port } = parseAddress(address);
    return formatAddress({ hostname, port: port - VIP_DISTANCE });
  }

  /**
   * Makes a member known to the brokers of its topics, now and every half minute, and to a broker
   * that a route names for the first time.
   *
   * @throws {ClientError} `invalid` when there is one of that group, `closed`.
   */
  async join(member: Member): Promise<void> {
    this.throwIfClosed();
    this.members.add(member);
    this.#loops ??= Promise.all([
      this.#every(this.#options.routeRefreshMs ?? REFRESH_MS, () => this.#refresh()),
      this.#every(this.#options.heartbeatMs ?? HEARTBEAT_MS, () => this.heartbeat()),
    ]);
    await this.heartbeat();
  }

  /** Tells all brokers that a member leaves; what does not hear it finds out in two minutes. */
  async leave(member: Member): Promise<void> {
    if (!this.members.delete(member)) return;
    const { kind, group } = member;
    const header = {
      clientId: this.clientId,
      ...(kind === "producer" ? { producerGroup: group } : { consumerGroup: group }),
    };
    const timeoutMs = Math.max(1, Math.min(this.timeoutMs, this.closeTimeoutMs));
    // A broker that heard of a member after it has left would keep it for two minutes.
    await atMost(Promise.all(this.#beating), this.closeTimeoutMs);
    await Promise.allSettled(
      this.routes.brokers.map(({ address }) => {
        return this.call(address, "UNREGISTER_CLIENT", { header, timeoutMs });
      }),
    );
  }

  /** Tells the brokers of all members' topics who is there; one that does not answer is logged. */
  async heartbeat(): Promise<void> {
    if (this.members.empty || this.signal.aborted) return;
    const beat = this.#heartbeat();
    this.#beating.add(beat);
    await beat;
    this.#beating.delete(beat);
  }

  /**
   * Sees to it that the brokers of all routes know the members, before they are to reach them; one
   * that does not answer is not tried again until the next heartbeat.
   */
  async introduce(): Promise<void> {
    const masters = this.routes.brokers.filter((it) => it.brokerId === 0);
    if (masters.every((it) => this.#introduced.has(it.address))) return;
    this.#introduction ??= this.heartbeat().finally(() => this.#introduction = undefined);
    await this.#introduction;
  }

  async #heartbeat(): Promise<void> {
    const { members, routes } = this;
    await Promise.all([...members.topics].map((it) => routes.route(it).catch(() => undefined)));
    const body = formatHeartbeat(members.heartbeat(this.clientId));
    const told = routes.brokers.filter((it) => it.brokerId === 0 || members.consuming);
    await Promise.all(told.map(async ({ brokerName, address }) => {
      try {
        await this.call(address, "HEART_BEAT", { body });
      } catch (error) {
        if (this.signal.aborted) return;
        this.log(`Cannot tell broker ${brokerName} at ${address} who is there`, error);
      }
      this.#introduced.add(address);
    }));
  }

  /** @throws {ClientError} `closed` after the end. */
  throwIfClosed(): void {
    if (this.#stopped.signal.aborted) throw closed();
  }

  /** Twice is fine. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#disposal ??= this.#dispose();
  }

  async #dispose(): Promise<void> {
    await Promise.all(this.members.all.map((it) => this.leave(it)));
    this.#stopped.abort(closed());
    // Whatever still waits for an answer ends with the connections.
    await this.#rpc[Symbol.asyncDispose]();
    await this.#loops;
    await Promise.all([this.#greeting, ...this.#beating]);
  }

  /** A broker nobody has spoken to yet: it should not have to wait half a minute for our names. */
  #greet(): void {
    if (this.#greeting !== undefined || this.members.empty || this.signal.aborted) return;
    this.#greeting = Promise.resolve().then(async () => {
      this.#greeting = undefined;
      await this.heartbeat();
    });
  }

  async #refresh(): Promise<void> {
    const known = new Set([...this.routes.topics, ...this.members.topics]);
    for (const error of await this.routes.refresh([...known])) {
      if (!this.signal.aborted) this.log("Cannot refresh a route", error);
    }
  }

  async #every(intervalMs: number, work: () => Promise<void>): Promise<void> {
    while (!this.signal.aborted) {
      await sleep(intervalMs, undefined, { signal: this.signal }).catch(() => {});
      if (!this.signal.aborted) await work();
    }
  }

  #sign(asked: Outgoing): Outgoing {
    const { credentials } = this.#options;
    return credentials === undefined ? asked : signed(asked, credentials);
  }
}

/** A timer of a time beyond its limits is up at once, and what it begins would never pause. */
function checkTimes(options: ClientOptions): void {
  for (const [name, min] of Object.entries(TIMES_MIN)) {
    const time = options[name as keyof typeof TIMES_MIN];
    if (time === undefined) continue;
    if (Number.isInteger(time) && time >= min && time <= TIMER_MS_MAX) continue;
    const text = `${name} is ${time}, which is no integer from ${min} to ${TIMER_MS_MAX}`;
    throw new ClientError(`Cannot connect: ${text}`, { kind: "invalid" });
  }
}

function closed(): ClientError {
  return new ClientError("The client is closed", { kind: "closed" });
}
