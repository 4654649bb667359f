/**
 * A relay for tests: between a client and a server it does what networks do to connections.
 *
 * @module
 */

import { once } from "node:events";
import {
  type AddressInfo,
  createConnection,
  createServer,
  type Server,
  type Socket,
} from "node:net";

/** Where it listens, and where what comes there goes. */
export interface RelayOptions {
  /** Port 0 for a free one. */
  readonly at: { readonly host: string; readonly port: number };
  readonly to: { readonly host: string; readonly port: number };
}

/** Both sides of a connection, and what is on its way. */
interface Pair {
  readonly near: Socket;
  readonly far: Socket;
}

/**
 * A relay at work.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { once } from "node:events";
 * import { createConnection } from "node:net";
 * import { BrokerFixture } from "./broker_fixture.ts";
 * import { Relay } from "./relay.ts";
 *
 * await using broker = await BrokerFixture.start();
 * const to = { host: "127.0.0.1", port: Number(broker.peer.split(":")[1]) };
 * await using relay = await Relay.listen({ at: { host: "127.0.0.1", port: 0 }, to });
 * const asked = { name: "GET_BROKER_RUNTIME_INFO" } as const;
 * assert.equal((await broker.client.invoke(relay.peer, asked, { timeoutMs: 3000 })).code, 0);
 *
 * await relay.cut();
 * await assert.rejects(broker.client.invoke(relay.peer, asked, { timeoutMs: 3000 }));
 * await relay.restore();
 * assert.equal((await broker.client.invoke(relay.peer, asked, { timeoutMs: 3000 })).code, 0);
 * ```
 */
export class Relay implements AsyncDisposable {
  /** Delay of every chunk, each way. */
  delayMs = 0;
  readonly #host: string;
  readonly #port: number;
  readonly #to: RelayOptions["to"];
  readonly #pairs = new Set<Pair>();
  /** Connections whose other end is gone without a word. */
  readonly #orphans = new Set<Socket>();
  #server: Server;
  #stalled = false;

  private constructor(server: Server, { at, to }: RelayOptions) {
    this.#server = server;
    this.#host = at.host;
    this.#port = (server.address() as AddressInfo).port;
    this.#to = to;
    server.on("connection", (near) => this.#pair(near));
  }

  /** Begins to relay. */
  static async listen(options: RelayOptions): Promise<Relay> {
    return new Relay(await listening(options.at), options);
  }

  /** `host:port` of it. */
  get peer(): string {
    return `${this.#host}:${this.#port}`;
  }

  /** Connections that are there, orphans not. */
  get connections(): number {
    return this.#pairs.size;
  }

  /** From now on nothing passes, and nobody is told: new connections stand still as well. */
  stall(): void {
    this.#stalled = true;
    for (const { near, far } of this.#pairs) for (const side of [near, far]) side.pause();
  }

  /** What was held up goes on its way. */
  resume(): void {
    this.#stalled = false;
    for (const { near, far } of this.#pairs) for (const side of [near, far]) side.resume();
  }

  /** The server sees its connections end, the client sees nothing at all; new connections are whole. */
  orphan(): void {
    for (const { near, far } of this.#pairs) {
      this.#orphans.add(near);
      near.removeAllListeners("data");
      near.resume();
      far.removeAllListeners("close");
      far.destroy();
    }
    this.#pairs.clear();
  }

  /** Ends all connections, and refuses new ones. */
  async cut(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.reset();
    await closed;
  }

  /** Takes connections again. */
  async restore(): Promise<void> {
    this.#server = await listening({ host: this.#host, port: this.#port });
    this.#server.on("connection", (near) => this.#pair(near));
  }

  /** Ends all connections. */
  reset(): void {
    for (const { near, far } of this.#pairs) for (const side of [near, far]) side.destroy();
    for (const side of this.#orphans) side.destroy();
    this.#pairs.clear();
    this.#orphans.clear();
  }

  /** Twice is fine. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.cut();
    else this.reset();
  }

  #pair(near: Socket): void {
    const far = createConnection({ ...this.#to, noDelay: true });
    const pair = { near, far };
    this.#pairs.add(pair);
    near.setNoDelay(true);
    this.#pass(pair, near, far);
    this.#pass(pair, far, near);
    if (this.#stalled) { for (const side of [near, far]) side.pause(); }
  }

  #pass(pair: Pair, from: Socket, to: Socket): void {
    const waiting: { readonly chunk: Uint8Array; readonly due: number }[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const send = () => {
      const now = performance.now();
      while (waiting.length > 0 && waiting[0]!.due <= now) to.write(waiting.shift()!.chunk);
      timer = waiting.length === 0 ? undefined : setTimeout(send, waiting[0]!.due - now);
    };
    from.on("data", (chunk) => {
      // What came before is never overtaken, also when the delay becomes shorter.
      const due = Math.max(performance.now() + this.delayMs, waiting.at(-1)?.due ?? 0);
      waiting.push({ chunk, due });
      if (timer === undefined) send();
    });
    const stop = () => {
      clearTimeout(timer);
      waiting.length = 0;
    };
    from.on("close", stop);
    to.on("close", stop);
    // The other side is told by "close".
    from.on("error", () => {});
    from.on("close", () => {
      to.destroy();
      this.#pairs.delete(pair);
      this.#orphans.delete(from);
    });
  }
}

async function listening({ host, port }: RelayOptions["at"]): Promise<Server> {
  const server = createServer();
  server.listen({ host, port });
  await once(server, "listening");
  return server;
}
