import assert from "node:assert/strict";
import net from "node:net";
import { LATER } from "./call.ts";
import { RpcClient } from "./client.ts";
import { type Family, routesOf } from "./routes.ts";
import { RpcError, type RpcErrorKind } from "./rpc_error.ts";
import { Server } from "./server.ts";

const TIME = { timeoutMs: 30_000 };
const ASKED = { name: "HEART_BEAT" } as const;
const ECHO: Family = { HEART_BEAT: ({ body }) => ({ body }) };

function serve(family: Family = ECHO, port = 0): Promise<Server> {
  const routes = routesOf([family]);
  return Server.listen({ hostname: "127.0.0.1", port }, { routes, stopTimeoutMs: 20 });
}

function isKind(kind: RpcErrorKind, address: string) {
  return (error: unknown) =>
    error instanceof RpcError && error.kind === kind && error.address === address;
}

Deno.test("RpcClient shares one connection among requests that start together", async () => {
  await using server = await serve();
  await using client = new RpcClient();
  const bodies = Array.from({ length: 50 }, (_, i) => Uint8Array.of(i));
  const answers = await Promise.all(
    bodies.map((body) => client.invoke(server.peer, { ...ASKED, body }, TIME)),
  );
  assert.deepEqual(answers.map((it) => it.body?.[0]), bodies.map((it) => it[0]));
  assert.deepEqual([client.connections.size, server.connections.size], [1, 1]);
});

Deno.test("RpcClient connects again after the server went away", async () => {
  const server = await serve();
  const closed = Promise.withResolvers<void>();
  await using client = new RpcClient({ onClose: () => closed.resolve() });
  await client.invoke(server.peer, ASKED, TIME);
  await server[Symbol.asyncDispose]();
  await closed.promise;
  await assert.rejects(client.invoke(server.peer, ASKED, TIME), isKind("connect", server.peer));
  await using _again = await serve(ECHO, server.address.port);
  assert.equal((await client.invoke(server.peer, ASKED, TIME)).code, 0);
});

Deno.test("RpcClient.invoke() says that nobody listens", async () => {
  const server = await serve();
  await server[Symbol.asyncDispose]();
  await using client = new RpcClient();
  await assert.rejects(client.invoke(server.peer, ASKED, TIME), {
    name: "RpcError",
    message: `Cannot connect to ${server.peer}: connection refused`,
  });
  await assert.rejects(client.invoke("nowhere", ASKED, TIME), SyntaxError);
});

Deno.test("RpcClient.invoke() gives up after timeoutMs and keeps the connection", async () => {
  let answers = false;
  await using server = await serve({ HEART_BEAT: () => answers ? {} : LATER });
  await using client = new RpcClient();
  await assert.rejects(
    client.invoke(server.peer, ASKED, { timeoutMs: 30 }),
    isKind("timeout", server.peer),
  );
  answers = true;
  assert.equal((await client.invoke(server.peer, ASKED, TIME)).code, 0);
  assert.equal(server.connections.size, 1);
});

Deno.test("RpcClient.invoke() stops waiting when its signal aborts", async () => {
  const called = Promise.withResolvers<void>();
  await using server = await serve({
    HEART_BEAT() {
      called.resolve();
      return LATER;
    },
  });
  await using client = new RpcClient();
  const stop = new AbortController();
  const asking = client.invoke(server.peer, ASKED, { ...TIME, signal: stop.signal });
  await called.promise;
  stop.abort(new Error("enough"));
  await assert.rejects(asking, /enough/);
  await assert.rejects(
    client.invoke(server.peer, ASKED, { ...TIME, signal: stop.signal }),
    /enough/,
  );
});

Deno.test("RpcClient.invoke() rejects when the connection ends before the answer", async () => {
  await using server = await serve({
    HEART_BEAT({ connection }) {
      connection.close();
      return LATER;
    },
  });
  await using client = new RpcClient();
  await assert.rejects(client.invoke(server.peer, ASKED, TIME), isKind("closed", server.peer));
});

Deno.test("RpcClient.oneway() arrives without an answer", async () => {
  const arrived = Promise.withResolvers<number>();
  await using server = await serve({
    HEART_BEAT({ body }) {
      arrived.resolve(body[0] ?? -1);
      return {};
    },
  });
  await using client = new RpcClient();
  await client.oneway(server.peer, { ...ASKED, body: Uint8Array.of(7) });
  assert.equal(await arrived.promise, 7);
});

Deno.test("RpcClient.oneway() waits for a server that takes less than it is told", async () => {
  const sockets: net.Socket[] = [];
  const server = net.createServer({ pauseOnConnect: true }, (socket) => void sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as net.AddressInfo;
  const peer = `127.0.0.1:${port}`;
  await using client = new RpcClient();
  const told = { ...ASKED, body: new Uint8Array(1 << 20) };
  const tell = async () => {
    for (;;) await client.oneway(peer, told, { timeoutMs: 50 });
  };
  await assert.rejects(tell(), (error: RpcError) => {
    assert.equal(error.kind, "timeout");
    return /^Cannot tell .* more: it does not take what was sent in 50 ms$/.test(error.message);
  });
  const [connection] = client.connections;
  assert(connection!.pendingBytes < 16 << 20, `${connection!.pendingBytes} bytes wait`);
  const stop = new AbortController();
  const waiting = client.oneway(peer, told, { signal: stop.signal });
  stop.abort(new Error("enough"));
  await assert.rejects(waiting, { message: "enough" });
  // It reads on, and so does who waits.
  const later = client.oneway(peer, told);
  for (const socket of sockets) socket.resume();
  await later;
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

Deno.test("RpcClient.close() ends one connection", async () => {
  await using server = await serve();
  await using client = new RpcClient();
  await client.close(server.peer);
  await client.invoke(server.peer, ASKED, TIME);
  await client.close(server.peer);
  assert.equal(client.connections.size, 0);
  assert.equal((await client.invoke(server.peer, ASKED, TIME)).code, 0);
});

Deno.test("RpcClient rejects who waits when it is disposed, and twice is fine", async () => {
  const called = Promise.withResolvers<void>();
  await using server = await serve({
    HEART_BEAT() {
      called.resolve();
      return LATER;
    },
  });
  const client = new RpcClient();
  const asking = assert.rejects(
    client.invoke(server.peer, ASKED, TIME),
    isKind("closed", server.peer),
  );
  await called.promise;
  await client[Symbol.asyncDispose]();
  await client[Symbol.asyncDispose]();
  await asking;
  await assert.rejects(client.invoke(server.peer, ASKED, TIME), isKind("connect", server.peer));
});

Deno.test("RpcClient closes idle connections", async () => {
  await using server = await serve();
  const closed = Promise.withResolvers<void>();
  const limits = { idleTimeoutMs: 20 };
  await using client = new RpcClient({ limits, onClose: () => closed.resolve() });
  await client.invoke(server.peer, ASKED, TIME);
  await closed.promise;
  assert.equal(client.connections.size, 0);
});
