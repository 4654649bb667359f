/**
 * Keeps a broker in the routes of its name servers: registers with each of them at the start, every
 * so often and after changes, and takes its leave at the end. A name server that is down is told of
 * in the log, once, and tried again.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import { parseAddress } from "../rpc/address.ts";
import { RpcClient } from "../rpc/client.ts";
import type { Log } from "../rpc/limits.ts";
import { RpcError } from "../rpc/rpc_error.ts";
import { responseCode } from "../wire/codes.ts";
import { encodeHeader } from "../wire/headers.ts";
import { BodyError } from "../wire/json_body.ts";
import { parseKvTable } from "../wire/name_lists.ts";
import {
  formatRegisterBody,
  registerBodyCrc,
  type RegisterBrokerBody,
} from "../wire/register_body.ts";
import { PERM } from "../wire/topic_config.ts";
import type { BrokerConfig } from "./broker_config.ts";
import type { FilterServers } from "./filter_servers.ts";
import type { TopicTable } from "./topic_table.ts";

/** What is registered, and where. */
export interface RegistrationOptions {
  readonly config: Pick<
    BrokerConfig,
    | "brokerClusterName"
    | "brokerId"
    | "brokerName"
    | "brokerPermission"
    | "namesrvAddr"
    | "registerBrokerTimeoutMills"
    | "registerNameServerPeriod"
  >;
  /** Address of the broker, `host:port`. */
  readonly brokerAddr: string;
  readonly topics: TopicTable;
  readonly filterServers?: Pick<FilterServers, "addrs"> | undefined;
  /** Takes what an operator should know. */
  readonly log: Log;
  /** Resolves after so many ms, or when `signal` aborts; default: by the runtime's timer. */
  readonly pause?: ((ms: number, signal: AbortSignal) => Promise<void>) | undefined;
}

/** Bounds of the time between two registrations (Java: `BrokerController.start`). */
const PERIOD_MS = { min: 10_000, max: 60_000 } as const;

/** Topics that are created in one such time are registered together. */
const CHANGE_GAP_MS = 20;

/** Time for which somebody waits until the name servers know of a change. */
const ANNOUNCE_WAIT_MS = 3000;

/** Time the leave of one name server may take. */
const LEAVE_TIMEOUT_MS = 3000;

/** A broker that is registered from when it is started until it is disposed. */
export class Registration implements AsyncDisposable {
  readonly #pause: NonNullable<RegistrationOptions["pause"]>;
  readonly #client = new RpcClient();
  readonly #places: readonly Place[];
  readonly #stopped = new AbortController();
  #disposing: Promise<void> | undefined;

  private constructor(options: RegistrationOptions) {
    this.#pause = options.pause ?? pause;
    const shared = { ...options, pause: this.#pause, client: this.#client };
    const { signal } = this.#stopped;
    this.#places = nameServersOf(options.config.namesrvAddr)
      .map((server) => new Place(server, { ...shared, signal }));
  }

  /**
   * Registers for the first time, which may fail, and goes on in the background.
   *
   * @throws {SyntaxError} if the address of a name server is not `host:port`.
   */
  static async start(options: RegistrationOptions): Promise<Registration> {
    for (const server of nameServersOf(options.config.namesrvAddr)) parseAddress(server);
    const registration = new Registration(options);
    await registration.announce();
    return registration;
  }

  /**
   * Registers soon; resolves when every name server has answered or failed, or has taken too long for
   * somebody who waits.
   */
  async announce(): Promise<void> {
    if (this.#places.length === 0 || this.#stopped.signal.aborted) return;
    const heard = new AbortController();
    await Promise.race([
      Promise.all(this.#places.map((place) => place.announce())),
      this.#pause(ANNOUNCE_WAIT_MS, heard.signal),
    ]);
    heard.abort();
  }

  /** Takes the leave of all name servers; a second call waits for the first. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#disposing ??= this.#stop();
  }

  async #stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.all(this.#places.map((place) => place.leave()));
    await this.#client[Symbol.asyncDispose]();
  }
}

/** What one place in the routes needs. */
interface PlaceOptions extends RegistrationOptions {
  readonly client: RpcClient;
  readonly pause: NonNullable<RegistrationOptions["pause"]>;
  readonly signal: AbortSignal;
}

/** The broker's place in the routes of one name server, which no other server keeps waiting. */
class Place {
  readonly #server: string;
  readonly #options: PlaceOptions;
  readonly #running: Promise<void>;
  /** Whether the last registration failed. */
  #failed = false;
  #wanted = Promise.withResolvers<void>();
  #done = Promise.withResolvers<void>();

  constructor(server: string, options: PlaceOptions) {
    this.#server = server;
    this.#options = options;
    this.#running = this.#loop();
  }

  /** Registers soon; resolves when the name server has answered or failed, and at the end. */
  announce(): Promise<void> {
    this.#wanted.resolve();
    return this.#done.promise;
  }

  /** Waits for the loop, which has been told to end, and takes the leave. */
  async leave(): Promise<void> {
    await this.#running;
    this.#done.resolve();
    if (this.#failed) return;
    const { client, log } = this.#options;
    const extFields = encodeHeader("UNREGISTER_BROKER", identity(this.#options));
    try {
      const options = { timeoutMs: LEAVE_TIMEOUT_MS };
      await client.invoke(this.#server, { name: "UNREGISTER_BROKER", extFields }, options);
    } catch (cause) {
      log(`Cannot take leave of name server ${this.#server}: ${(cause as Error).message}`, cause);
    }
  }

  async #loop(): Promise<void> {
    const { config: { registerNameServerPeriod: period }, signal, pause } = this.#options;
    const periodMs = Math.min(Math.max(period, PERIOD_MS.min), PERIOD_MS.max);
    while (!signal.aborted) {
      const due = new AbortController();
      await Promise.race([
        this.#wanted.promise,
        pause(periodMs, AbortSignal.any([signal, due.signal])),
      ]);
      due.abort();
      if (signal.aborted) return;
      // Whoever asks from here on waits for the next round.
      const done = this.#done;
      this.#done = Promise.withResolvers();
      this.#wanted = Promise.withResolvers();
      await this.#register();
      done.resolve();
      await pause(CHANGE_GAP_MS, signal);
    }
  }

  async #register(): Promise<void> {
    const { config, client, topics, log, signal } = this.#options;
    const { registerBrokerTimeoutMills: timeoutMs } = config;
    const body = formatRegisterBody(bodyOf(this.#options), { compressed: false });
    const extFields = encodeHeader("REGISTER_BROKER", {
      ...identity(this.#options),
      // Nothing is replicated from this broker.
      haServerAddr: "",
      enableActingMaster: false,
      compressed: false,
      bodyCrc32: registerBodyCrc(body),
    });
    try {
      const asked = { name: "REGISTER_BROKER", extFields, body } as const;
      const answer = await client.invoke(this.#server, asked, { timeoutMs, signal });
      if (answer.code !== responseCode("SUCCESS")) {
        return this.#fail(`code ${answer.code}, ${answer.remark ?? "no remark"}`);
      }
      if (this.#failed) log(`Registered with name server ${this.#server} again`);
      this.#failed = false;
      if (answer.body !== undefined) topics.markOrdered(parseKvTable(answer.body).keys());
    } catch (cause) {
      if (signal.aborted) return;
      if (!(cause instanceof RpcError || cause instanceof BodyError)) throw cause;
      this.#fail(cause.message, cause);
    }
  }

  #fail(reason: string, cause?: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#options.log(`Cannot register with name server ${this.#server}: ${reason}`, cause);
  }
}

/** The addresses in `a:9876;b:9876`, each once. */
export function nameServersOf(namesrvAddr: string): string[] {
  const addresses = namesrvAddr.split(";").map((address) => address.trim());
  return [...new Set(addresses)].filter((address) => address !== "");
}

/** The topics, without permissions that the broker as a whole does not have. */
function bodyOf(
  { config: { brokerPermission }, topics, filterServers }: RegistrationOptions,
): RegisterBrokerBody {
  const all = topics.snapshot();
  const filterServerList = filterServers?.addrs ?? [];
  const readWrite = PERM.READ | PERM.WRITE;
  if ((brokerPermission & readWrite) === readWrite) return { topics: all, filterServerList };
  const table = Array.from(all.topicConfigTable, ([name, topic]) => {
    return [name, { ...topic, perm: topic.perm & brokerPermission }] as const;
  });
  return { topics: { ...all, topicConfigTable: new Map(table) }, filterServerList };
}

function identity({ config, brokerAddr }: RegistrationOptions) {
  const { brokerClusterName: clusterName, brokerId, brokerName } = config;
  return { brokerName, brokerAddr, clusterName, brokerId };
}

/** Aborting ends the pause early, which is all it is for. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {});
}
