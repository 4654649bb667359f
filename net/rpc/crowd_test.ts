/**
 * Peers that ask for more at once than they may hold of this process's memory: answers that take time to
 * make, such as reads from a disk, are made a few at a time.
 *
 * @module
 */
import assert from "node:assert/strict";
import { RpcClient } from "./client.ts";
import { LATER, type Reply } from "./call.ts";
import { ANSWERS_IN_MAKING_MAX, DEFAULT_LIMITS } from "./limits.ts";
import { routesOf } from "./routes.ts";
import { Server, type ServerOptions } from "./server.ts";

const ANY = { hostname: "127.0.0.1", port: 0 };
const TIME = { timeoutMs: 30_000 };
const READ = { name: "GET_BROKER_CLUSTER_INFO" } as const;

/** A server whose answers are made when the test says so. */
class SlowServer implements AsyncDisposable {
  readonly server: Server;
  readonly #started: (() => void)[];

  private constructor(server: Server, started: (() => void)[]) {
    this.server = server;
    this.#started = started;
  }

  static async listen(options: ServerOptions = {}): Promise<SlowServer> {
    const started: (() => void)[] = [];
    const routes = routesOf([{
      GET_BROKER_CLUSTER_INFO(call) {
        call.holdsMemory = true;
        return new Promise<Reply>((resolve) => void started.push(() => resolve({})));
      },
      GET_KV_CONFIG: () => LATER,
      GET_BROKER_CONFIG: () => new Promise(() => {}),
      GET_MAX_OFFSET: () => ({}),
    }]);
    return new SlowServer(await Server.listen(ANY, { ...options, routes }), started);
  }

  /** Answers in the making. */
  get making(): number {
    return this.#started.length;
  }

  /** Resolves when as many answers are in the making, and stay that many for some turns. */
  async settled(count: number): Promise<void> {
    for (let turns = 0; turns < 20;) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      turns = this.making === count ? turns + 1 : 0;
    }
  }

  /** Makes the oldest answer. */
  make(): void {
    this.#started.shift()!();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }
}

Deno.test("Connection makes few answers at a time, and serves what waits as they are made", async () => {
  await using slow = await SlowServer.listen();
  await using client = new RpcClient();
  const asked = Array.from({ length: 50 }, () => client.invoke(slow.server.peer, READ, TIME));
  const most = DEFAULT_LIMITS.answersInMakingMax;
  await slow.settled(most);
  slow.make();
  slow.make();
  await slow.settled(most);
  let made = 2;
  const answers = Promise.all(asked);
  for (let isDone = false; !isDone;) {
    for (; slow.making > 0; made++) slow.make();
    isDone = await Promise.race([
      answers.then(() => true),
      new Promise<false>((resolve) => setTimeout(resolve, 1, false)),
    ]);
  }
  assert.equal(made, asked.length);
  assert.deepEqual((await answers).map(({ code }) => code), asked.map(() => 0));
});

Deno.test("Connections of a crowd have one answer in the making each, and none starves", async () => {
  await using slow = await SlowServer.listen();
  const stack = new AsyncDisposableStack();
  const clients = Array.from({ length: 40 }, () => stack.use(new RpcClient()));
  const asked = clients.map((client) =>
    Array.from({ length: 20 }, () => client.invoke(slow.server.peer, READ, TIME))
  );
  const most = DEFAULT_LIMITS.answersInMakingMax;
  const full = ANSWERS_IN_MAKING_MAX / most;
  await slow.settled(ANSWERS_IN_MAKING_MAX + clients.length - full);
  const answers = Promise.all(asked.flat());
  for (let isDone = false; !isDone;) {
    while (slow.making > 0) slow.make();
    isDone = await Promise.race([
      answers.then(() => true),
      new Promise<false>((resolve) => setTimeout(resolve, 1, false)),
    ]);
  }
  await stack.disposeAsync();
});

Deno.test("Connection counts no calls that hold no memory while they wait", async () => {
  await using slow = await SlowServer.listen({ stopTimeoutMs: 20 });
  await using client = new RpcClient();
  const { peer } = slow.server;
  const waits = { name: "GET_KV_CONFIG", extFields: { namespace: "NS", key: "k" } } as const;
  const waiting = Array.from({ length: 200 }, (_, number) => {
    const asked = number % 2 === 0 ? waits : { name: "GET_BROKER_CONFIG" } as const;
    return client.invoke(peer, asked, TIME).catch(() => {});
  });
  const asked = { name: "GET_MAX_OFFSET", extFields: { topic: "T", queueId: "0" } } as const;
  assert.equal((await client.invoke(peer, asked, TIME)).code, 0);
  await client[Symbol.asyncDispose]();
  await Promise.all(waiting);
});

Deno.test("Connection that is closed while answers are in the making lets go of what waits", async () => {
  await using slow = await SlowServer.listen({ stopTimeoutMs: 20 });
  const client = new RpcClient();
  const asked = Array.from({ length: 50 }, () => {
    return client.invoke(slow.server.peer, READ, TIME).catch(() => {});
  });
  await slow.settled(DEFAULT_LIMITS.answersInMakingMax);
  await client[Symbol.asyncDispose]();
  await Promise.all(asked);
  // The end of the stream lies behind the requests that are not read.
  await slow.server[Symbol.asyncDispose]();
  assert.equal(slow.making, DEFAULT_LIMITS.answersInMakingMax);
  while (slow.making > 0) slow.make();
});
