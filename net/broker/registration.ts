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
import { formatRegisterBody, registerBodyCrc } from "../wire/register_body.ts";
import { PERM } from "../wire/topic_config.ts";
import type { BrokerConfig } from "./broker_config.ts";
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
  /** Takes what an operator should know. */
  readonly log: Log;
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
  readonly #options: RegistrationOptions;
  readonly #client: RpcClient;
  readonly #servers: readonly string[];
  /** Name servers that failed the last time. */
  readonly #failed = new Set<string>();
  readonly #stopped = new AbortController();
  readonly #running: Promise<void>;
  #wanted = Promise.withResolvers<void>();
  #done = Promise.withResolvers<void>();
  #disposing: Promise<void> | undefined;

  private constructor(options: RegistrationOptions) {
    this.#options = options;
    this.#client = new RpcClient();
    this.#servers = nameServersOf(options.config.namesrvAddr);
    this.#running = this.#servers.length === 0 ? Promise.resolve() : this.#loop();
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
    if (this.#servers.length === 0 || this.#stopped.signal.aborted) return;
    this.#wanted.resolve();
    const heard = new AbortController();
    const options = { signal: heard.signal };
    await Promise.race([
      this.#done.promise,
      // Aborting ends the sleep early, which is all it is for.
      sleep(ANNOUNCE_WAIT_MS, undefined, options).catch(() => {}),
    ]);
    heard.abort();
  }

  /** Takes the leave of all name servers; a second call waits for the first. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#disposing ??= this.#stop();
  }

  async #stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
    this.#done.resolve();
    await Promise.all(this.#servers.map((server) => this.#leave(server)));
    await this.#client[Symbol.asyncDispose]();
  }

  async #loop(): Promise<void> {
    const { signal } = this.#stopped;
    const period = this.#options.config.registerNameServerPeriod;
    const periodMs = Math.min(Math.max(period, PERIOD_MS.min), PERIOD_MS.max);
    while (!signal.aborted) {
      await this.#whenDue(periodMs);
      if (signal.aborted) return;
      // Whoever asks from here on waits for the next round.
      const done = this.#done;
      this.#done = Promise.withResolvers();
      this.#wanted = Promise.withResolvers();
      await Promise.all(this.#servers.map((server) => this.#register(server)));
      done.resolve();
      await sleep(CHANGE_GAP_MS, undefined, { signal }).catch(() => {});
    }
  }

  /** Waits until a registration is wanted, or the period is over, or the end has come. */
  async #whenDue(periodMs: number): Promise<void> {
    const wanted = new AbortController();
    const signal = AbortSignal.any([this.#stopped.signal, wanted.signal]);
    const period = sleep(periodMs, undefined, { signal }).catch(() => {});
    await Promise.race([this.#wanted.promise, period]);
    wanted.abort();
  }

  async #register(server: string): Promise<void> {
    const { config, brokerAddr, topics, log } = this.#options;
    const { registerBrokerTimeoutMills: timeoutMs } = config;
    const body = formatRegisterBody(this.#body(), { compressed: false });
    const extFields = encodeHeader("REGISTER_BROKER", {
      ...identity(config, brokerAddr),
      // Nothing is replicated from this broker.
      haServerAddr: "",
      enableActingMaster: false,
      compressed: false,
      bodyCrc32: registerBodyCrc(body),
    });
    const { signal } = this.#stopped;
    try {
      const asked = { name: "REGISTER_BROKER", extFields, body } as const;
      const answer = await this.#client.invoke(server, asked, { timeoutMs, signal });
      if (answer.code !== responseCode("SUCCESS")) {
        return this.#fail(server, `code ${answer.code}, ${answer.remark ?? "no remark"}`);
      }
      if (this.#failed.delete(server)) log(`Registered with name server ${server} again`);
      if (answer.body !== undefined) topics.markOrdered(parseKvTable(answer.body).keys());
    } catch (cause) {
      if (signal.aborted) return;
      if (!(cause instanceof RpcError || cause instanceof BodyError)) throw cause;
      this.#fail(server, cause.message, cause);
    }
  }

  /** The topics, without permissions that the broker as a whole does not have. */
  #body() {
    const { config: { brokerPermission }, topics } = this.#options;
    const all = topics.snapshot();
    const readWrite = PERM.READ | PERM.WRITE;
    if ((brokerPermission & readWrite) === readWrite) return { topics: all, filterServerList: [] };
    const table = Array.from(all.topicConfigTable, ([name, topic]) => {
      return [name, { ...topic, perm: topic.perm & brokerPermission }] as const;
    });
    return { topics: { ...all, topicConfigTable: new Map(table) }, filterServerList: [] };
  }

  #fail(server: string, reason: string, cause?: unknown): void {
    if (this.#failed.has(server)) return;
    this.#failed.add(server);
    this.#options.log(`Cannot register with name server ${server}: ${reason}`, cause);
  }

  async #leave(server: string): Promise<void> {
    if (this.#failed.has(server)) return;
    const { config, brokerAddr, log } = this.#options;
    const extFields = encodeHeader("UNREGISTER_BROKER", identity(config, brokerAddr));
    try {
      const options = { timeoutMs: LEAVE_TIMEOUT_MS };
      await this.#client.invoke(server, { name: "UNREGISTER_BROKER", extFields }, options);
    } catch (cause) {
      log(`Cannot take leave of name server ${server}: ${(cause as Error).message}`, cause);
    }
  }
}

/** The addresses in `a:9876;b:9876`. */
export function nameServersOf(namesrvAddr: string): string[] {
  return namesrvAddr.split(";").map((address) => address.trim()).filter((it) => it !== "");
}

function identity(
  { brokerClusterName: clusterName, brokerId, brokerName }: RegistrationOptions["config"],
  brokerAddr: string,
) {
  return { brokerName, brokerAddr, clusterName, brokerId };
}
