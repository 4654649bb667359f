import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { type Backend, connect, listen, type Socket } from "./socket.ts";
import { nodeBackend } from "./socket_node.ts";

const LOOPBACK = { hostname: "127.0.0.1", port: 0 };

/** Runs a test over this runtime's own sockets and over `node:net`. */
function check(name: string, test: (backend: Backend | undefined) => Promise<void>): void {
  Deno.test(`Socket ${name}`, () => test(undefined));
  Deno.test(`Socket ${name} (node:net)`, () => test(nodeBackend));
}

/** A connected pair; disposing closes both ends and the listener. */
async function pair(backend: Backend | undefined) {
  const accepted = Promise.withResolvers<Socket>();
  const listener = await listen(LOOPBACK, accepted.resolve, backend);
  const near = await connect(listener.address, { timeoutMs: 5000 }, backend);
  const far = await accepted.promise;
  return {
    near,
    far,
    async [Symbol.asyncDispose]() {
      near.close();
      far.close();
      await listener[Symbol.asyncDispose]();
    },
  };
}

async function readAll(socket: Socket, into = new Uint8Array(1000)): Promise<number[]> {
  const all: number[] = [];
  for (let n = await socket.read(into); n !== null; n = await socket.read(into)) {
    all.push(...into.subarray(0, n));
  }
  return all;
}

function numbered(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i * 7);
}

check("read() yields what the peer wrote, then null", async (backend) => {
  await using sockets = await pair(backend);
  assert.deepEqual(sockets.near.remote, sockets.far.local);
  assert.deepEqual(sockets.near.local, sockets.far.remote);
  await sockets.near.write(numbered(2500));
  await sockets.near.closeWrite();
  assert.deepEqual(await readAll(sockets.far), [...numbered(2500)]);
});

check("read() into a small buffer gives the rest to later reads", async (backend) => {
  await using sockets = await pair(backend);
  await sockets.near.write(numbered(100));
  await sockets.near.closeWrite();
  assert.deepEqual(await readAll(sockets.far, new Uint8Array(7)), [...numbered(100)]);
});

check("closeWrite() leaves the other direction open", async (backend) => {
  await using sockets = await pair(backend);
  await sockets.near.closeWrite();
  assert.equal(await sockets.far.read(new Uint8Array(1)), null);
  await sockets.far.write(numbered(300));
  await sockets.far.closeWrite();
  assert.deepEqual(await readAll(sockets.near), [...numbered(300)]);
});

check("write() waits for a peer that does not read, and loses nothing", async (backend) => {
  await using sockets = await pair(backend);
  const size = 32 << 20;
  let written = false;
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i += 4096) bytes[i] = i >> 12;
  const writing = sockets.near.write(bytes).then(() => written = true);
  // The first byte has arrived, so the kernel has had its chance to take what it takes.
  const into = new Uint8Array(1 << 16);
  let at = await sockets.far.read(into) ?? 0;
  assert.equal(written, false);
  const total = new Uint8Array(size);
  total.set(into.subarray(0, at));
  while (at < size) {
    const n = await sockets.far.read(into) ?? assert.fail("ended early");
    total.set(into.subarray(0, n), at);
    at += n;
  }
  await writing;
  assert.ok(total.every((byte, i) => byte === (i % 4096 === 0 ? (i >> 12) & 255 : 0)));
});

check("write() rejects once the peer is gone", async (backend) => {
  await using sockets = await pair(backend);
  await sockets.near.write(numbered(10));
  // Closing with unread bytes makes the kernel answer with a reset.
  sockets.far.close();
  await assert.rejects(async () => {
    while (true) await sockets.near.write(new Uint8Array(1 << 16));
  });
});

check("close() settles a pending read, and twice is fine", async (backend) => {
  await using sockets = await pair(backend);
  const reading = sockets.near.read(new Uint8Array(1)).catch(() => null);
  sockets.near.close();
  sockets.near.close();
  assert.equal(await reading, null);
  await assert.rejects(() => sockets.near.write(numbered(1)));
});

check("listen() refuses a port in use and says so", async (backend) => {
  await using listener = await listen(LOOPBACK, (socket) => socket.close(), backend);
  const { port } = listener.address;
  await assert.rejects(listen(listener.address, () => {}, backend), {
    message: `Cannot listen on 127.0.0.1:${port}: address already in use`,
  });
});

check("listen() refuses a host name that does not resolve", async (backend) => {
  await assert.rejects(listen({ hostname: "no-such-host.invalid", port: 1 }, () => {}, backend), {
    message: /^Cannot listen on no-such-host\.invalid:1: /,
  });
});

check("connect() is refused where nobody listens", async (backend) => {
  const listener = await listen(LOOPBACK, () => {}, backend);
  await listener[Symbol.asyncDispose]();
  await listener[Symbol.asyncDispose]();
  await assert.rejects(connect(listener.address, { timeoutMs: 5000 }, backend), {
    message: `Cannot connect to 127.0.0.1:${listener.address.port}: connection refused`,
  });
});

check("connect() ends at once when its signal is aborted already", async (backend) => {
  const signal = AbortSignal.abort(new Error("not wanted any more"));
  await assert.rejects(
    connect({ hostname: "127.0.0.1", port: 1 }, { timeoutMs: 5000, signal }, backend),
    {
      message: "Cannot connect to 127.0.0.1:1: not wanted any more",
    },
  );
});

Deno.test("connect() gives up after timeoutMs", async () => {
  const silent: Backend = {
    name: "silent",
    listen: () => assert.fail("not called"),
    connect: (_, signal) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  };
  await assert.rejects(connect({ hostname: "10.0.0.1", port: 9876 }, { timeoutMs: 5 }, silent), {
    message: "Cannot connect to 10.0.0.1:9876: no answer in 5 ms",
  });
});

check("read() comes to all of 300 connections that speak all the time", async (backend) => {
  const echo = async (socket: Socket) => {
    const into = new Uint8Array(100);
    for (let n = await socket.read(into); n !== null; n = await socket.read(into)) {
      await socket.write(into.subarray(0, n));
    }
    socket.close();
  };
  const served: Promise<void>[] = [];
  const listener = await listen(LOOPBACK, (socket) => served.push(echo(socket)), backend);
  await using _ = listener;
  // Not the sockets under test: their own order must not decide.
  const counts = new Uint32Array(300);
  const rest = new Set(counts.keys());
  const enough = Promise.withResolvers<void>();
  let isOver = false;
  const clients = Array.from(counts, (_, number) => {
    const client = net.connect(listener.address.port, listener.address.hostname);
    client.on("data", () => {
      const count = ++counts[number]!;
      if (count === 3) rest.delete(number);
      if (rest.size === 0 || count === 300) enough.resolve();
      if (!isOver) client.write("again");
    });
    return client;
  });
  await Promise.all(clients.map((client) => once(client, "connect")));
  while (served.length < clients.length) await new Promise((resolve) => setTimeout(resolve, 1));
  for (const client of clients) client.write("first");
  await enough.promise;
  isOver = true;
  for (const client of clients) client.end();
  await Promise.all(served);
  assert.deepEqual([...rest], [], "never read from while others were 300 times");
});
