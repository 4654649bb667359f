/**
 * A whole broker for tests: on files in memory, behind a free port of the loopback interface, with a
 * client that asks it.
 *
 * @module
 */

import { Broker, type BrokerOptions } from "../net/broker/broker.ts";
import { RpcClient, type RpcClientOptions } from "../net/rpc/client.ts";
import type { RequestName } from "../net/wire/codes.ts";
import type { RemotingCommand } from "../net/wire/command.ts";
import { encodeHeader, type HeaderOf } from "../net/wire/headers.ts";
import { MemoryFiles } from "../store/file_memory.ts";

/** What a test may choose; default: files in memory, no name server, a quick end. */
export type BrokerFixtureOptions = Omit<BrokerOptions, "log">;

/** A request besides its name: its header, typed or as the fields on the wire, and its body. */
export interface FixtureRequest<Name extends RequestName> {
  readonly header?: HeaderOf<Name>;
  readonly extFields?: Record<string, string>;
  readonly body?: Uint8Array;
}

/** Folder of the store. */
export const FIXTURE_STORE = "/store";

/** Small files, so that a start costs nothing. */
const SMALL = {
  brokerClusterName: "C1",
  brokerName: "broker-a",
  brokerIP1: "127.0.0.1",
  bindAddress: "127.0.0.1",
  listenPort: 0,
  storePathRootDir: FIXTURE_STORE,
  mappedFileSizeCommitLog: 16 << 20,
  mappedFileSizeConsumeQueue: 20 * 10_000,
  maxHashSlotNum: 1000,
  maxIndexNum: 4000,
} as const;

const TIMEOUT_MS = 10_000;
const STOP_TIMEOUT_MS = 200;

/**
 * A broker at work and a client of it.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { BrokerFixture } from "./broker_fixture.ts";
 *
 * await using it = await BrokerFixture.start({ config: { autoCreateTopicEnable: false } });
 * const answer = await it.ask("GET_TOPIC_CONFIG", { header: { topic: "T" } });
 * assert.equal(answer.code, 17);
 *
 * // A client with a connection of its own; `routes` would serve what the broker asks it.
 * const other = it.connect();
 * const asked = { name: "GET_BROKER_RUNTIME_INFO" } as const;
 * assert.equal((await other.invoke(it.peer, asked, { timeoutMs: 3000 })).code, 0);
 *
 * // The same files again, as after a restart.
 * await it[Symbol.asyncDispose]();
 * await using again = await BrokerFixture.start({ fs: it.fs });
 * assert.deepEqual(again.told, []);
 * ```
 */
export class BrokerFixture implements AsyncDisposable {
  readonly broker: Broker;
  readonly fs: NonNullable<BrokerOptions["fs"]>;
  /** The client that {@linkcode ask} uses. */
  readonly client: RpcClient;
  /** What an operator was told. */
  readonly told: readonly string[];
  readonly #stack: AsyncDisposableStack;

  private constructor(
    { broker, fs, told, stack }:
      & Pick<BrokerFixture, "broker" | "fs" | "told">
      & { stack: AsyncDisposableStack },
  ) {
    this.broker = broker;
    this.fs = fs;
    this.told = told;
    this.#stack = stack;
    this.client = this.connect();
  }

  /** Starts a broker, on an empty store unless there are files. */
  static async start(options: BrokerFixtureOptions = {}): Promise<BrokerFixture> {
    await using stack = new AsyncDisposableStack();
    const told: string[] = [];
    const fs = options.fs ?? new MemoryFiles();
    const broker = stack.use(
      await Broker.start({
        stopTimeoutMs: STOP_TIMEOUT_MS,
        ...options,
        fs,
        config: { ...SMALL, ...options.config },
        log: (text) => void told.push(text),
      }),
    );
    return new BrokerFixture({ broker, fs, told, stack: stack.move() });
  }

  /** `host:port` of the broker. */
  get peer(): string {
    return this.broker.peer;
  }

  /** The broker's answer, whatever its code. */
  ask<Name extends RequestName>(
    name: Name,
    { header, extFields, body }: FixtureRequest<Name> = {},
  ): Promise<RemotingCommand> {
    const fields = { ...(header && encodeHeader(name, header)), ...extFields };
    const asked = { name, extFields: fields, body };
    return this.client.invoke(this.peer, asked, { timeoutMs: TIMEOUT_MS });
  }

  /** One more client, which is closed with the fixture. */
  connect(options: RpcClientOptions = {}): RpcClient {
    return this.#stack.use(new RpcClient(options));
  }

  /** Closes the clients, then the broker; twice is fine. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}
