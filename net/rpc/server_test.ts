import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { request } from "../wire/command.ts";
import { encodeFrame, FrameReader } from "../wire/frame.ts";
import { type Call, LATER } from "./call.ts";
import { RpcClient } from "./client.ts";
import type { Connection } from "./connection.ts";
import { type Family, routesOf } from "./routes.ts";
import { Server, type ServerOptions } from "./server.ts";
import { connect, type Socket } from "./socket.ts";

const LOOPBACK = { hostname: "127.0.0.1", port: 0 };
const ECHO: Family = { HEART_BEAT: ({ body }) => ({ body }) };
const TIME = { timeoutMs: 30_000 };

function serve(family: Family = ECHO, options: ServerOptions = {}): Promise<Server> {
  return Server.listen(LOOPBACK, { routes: routesOf([family]), stopTimeoutMs: 50, ...options });
}

/** A bare connection; closing it is the caller's part. */
function dial(server: Server): Promise<Socket> {
  return connect(server.address, TIME);
}

/** Reads until the server closes; how many bytes came. */
async function readToEnd(socket: Socket): Promise<number> {
  const into = new Uint8Array(1 << 16);
  let bytes = 0;
  try {
    for (let n = await socket.read(into); n !== null; n = await socket.read(into)) bytes += n;
  } catch {
    // A reset is an end too.
  }
  socket.close();
  return bytes;
}

async function readFrames(socket: Socket, count: number): Promise<number[]> {
  const reader = new FrameReader();
  const into = new Uint8Array(1 << 16);
  const opaques: number[] = [];
  while (opaques.length < count) {
    const n = await socket.read(into) ?? assert.fail("the server closed");
    reader.push(into.subarray(0, n));
    for (let it = reader.next(); it !== undefined; it = reader.next()) opaques.push(it.opaque);
  }
  return opaques;
}

function frame(opaque: number, bodyBytes = 0): Uint8Array {
  return encodeFrame(request("HEART_BEAT", { opaque, body: new Uint8Array(bodyBytes) }));
}

Deno.test("Server.listen() refuses a port in use", async () => {
  await using server = await serve();
  const { port } = server.address;
  await assert.rejects(Server.listen(server.address), {
    message: `Cannot listen on 127.0.0.1:${port}: address already in use`,
  });
});

Deno.test("Server keeps answers in the order of the requests of a connection", async () => {
  await using server = await serve();
  const socket = await dial(server);
  const frames = Array.from({ length: 5000 }, (_, opaque) => frame(opaque, opaque % 50));
  const [, opaques] = await Promise.all([
    socket.write(Buffer.concat(frames)),
    readFrames(socket, frames.length),
  ]);
  assert.deepEqual(opaques, frames.map((_, opaque) => opaque));
  socket.close();
});

Deno.test("Server serves large frames", async () => {
  await using server = await serve();
  await using client = new RpcClient();
  const body = new Uint8Array(8 << 20);
  for (let i = 0; i < body.length; i += 1000) body[i] = i >> 8;
  const answer = await client.invoke(server.peer, { name: "HEART_BEAT", body }, TIME);
  assert.ok(Buffer.from(body).equals(answer.body ?? new Uint8Array()));
});

Deno.test("Server closes a connection with malformed frames and no other", async () => {
  const logged: unknown[] = [];
  await using server = await serve(ECHO, { log: (_, cause) => logged.push(cause) });
  await using client = new RpcClient();
  await client.invoke(server.peer, { name: "HEART_BEAT" }, TIME);
  for (const bytes of [[0xff, 0xff, 0xff, 0xff], [0, 0, 0, 4, 0, 0, 0, 9], [0x16, 3, 1, 0]]) {
    const socket = await dial(server);
    await socket.write(Uint8Array.from(bytes));
    assert.equal(await readToEnd(socket), 0);
  }
  assert.equal(logged.length, 3);
  await client.invoke(server.peer, { name: "HEART_BEAT" }, TIME);
  assert.deepEqual([client.connections.size, server.connections.size], [1, 1]);
});

Deno.test("Server survives peers that vanish in the middle of a frame", async () => {
  const gone = Promise.withResolvers<Connection>();
  await using server = await serve(ECHO, { onClose: gone.resolve });
  const socket = await dial(server);
  await socket.write(frame(1, 100_000));
  await socket.write(frame(2, 1000).subarray(0, 500));
  // Closing with the answer unread makes the kernel send a reset.
  await socket.read(new Uint8Array(1));
  socket.close();
  assert.equal((await gone.promise).closed, true);
  assert.equal(server.connections.size, 0);
  await using client = new RpcClient();
  assert.equal((await client.invoke(server.peer, { name: "HEART_BEAT" }, TIME)).code, 0);
});

Deno.test("Server bounds what a peer that does not read can make it hold", async () => {
  let served = 0;
  const family: Family = {
    HEART_BEAT() {
      served++;
      return { body: new Uint8Array(10_000) };
    },
  };
  await using server = await serve(family, { limits: { outputHighWaterBytes: 100_000 } });
  const socket = await dial(server);
  const count = 5000;
  const frames = Array.from({ length: count }, (_, opaque) => frame(opaque));
  const writing = socket.write(Buffer.concat(frames));
  const [connection] = server.connections;
  assert.ok(connection);
  let before = -1;
  while (before !== served || served === 0) {
    before = served;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.ok(served < count, `${served} were served`);
  assert.ok(connection.pendingBytes < 250_000, `${connection.pendingBytes} bytes wait`);
  const opaques = await readFrames(socket, count);
  await writing;
  assert.deepEqual(opaques, frames.map((_, opaque) => opaque));
  socket.close();
});

Deno.test("Server and client move large bodies both ways at once without waiting for each other", async () => {
  await using server = await serve();
  await using client = new RpcClient();
  const body = new Uint8Array(100_000);
  const answers = await Promise.all(
    Array.from(
      { length: 300 },
      () => client.invoke(server.peer, { name: "HEART_BEAT", body }, TIME),
    ),
  );
  assert.ok(answers.every((answer) => answer.body?.length === body.length));
});

Deno.test("Server closes more connections than connectionsMax", async () => {
  const logged: string[] = [];
  await using server = await serve(ECHO, { connectionsMax: 1, log: (text) => logged.push(text) });
  await using client = new RpcClient();
  await client.invoke(server.peer, { name: "HEART_BEAT" }, TIME);
  assert.equal(await readToEnd(await dial(server)), 0);
  assert.match(logged[0] ?? "", /refused: 1 are open$/);
  assert.equal((await client.invoke(server.peer, { name: "HEART_BEAT" }, TIME)).code, 0);
});

Deno.test("Server tells when connections open and close", async () => {
  const events: string[] = [];
  const closed = Promise.withResolvers<void>();
  await using server = await serve(ECHO, {
    onOpen: () => events.push("open"),
    onClose() {
      events.push("close");
      closed.resolve();
    },
  });
  const socket = await dial(server);
  await socket.write(frame(1));
  await readFrames(socket, 1);
  assert.equal(server.connections.size, 1);
  socket.close();
  await closed.promise;
  assert.deepEqual(events, ["open", "close"]);
  assert.equal(server.connections.size, 0);
});

Deno.test("Server can ask a client over the client's connection", async () => {
  const opened = Promise.withResolvers<Connection>();
  await using server = await serve(ECHO, { onOpen: opened.resolve });
  const told: string[] = [];
  const family: Family = {
    GET_CONSUMER_RUNNING_INFO: ({ header }) => ({ remark: header.consumerGroup }),
    NOTIFY_CONSUMER_IDS_CHANGED({ header }) {
      told.push(header.consumerGroup);
      return {};
    },
  };
  await using client = new RpcClient({ routes: routesOf([family]) });
  await client.invoke(server.peer, { name: "HEART_BEAT" }, TIME);
  const connection = await opened.promise;
  connection.oneway({ name: "NOTIFY_CONSUMER_IDS_CHANGED", extFields: { consumerGroup: "G1" } });
  const extFields = { consumerGroup: "G2", clientId: "C" };
  const answer = await connection.invoke({ name: "GET_CONSUMER_RUNNING_INFO", extFields }, TIME);
  assert.deepEqual([answer.remark, told], ["G2", ["G1"]]);
});

Deno.test("Server closes idle connections", async () => {
  await using server = await serve(ECHO, { limits: { idleTimeoutMs: 20 } });
  assert.equal(await readToEnd(await dial(server)), 0);
});

Deno.test("Server lets answers under way leave when it is disposed", async () => {
  const called = Promise.withResolvers<Call<unknown>>();
  const family: Family = {
    HEART_BEAT(call) {
      called.resolve(call);
      return LATER;
    },
  };
  const server = await serve(family, { stopTimeoutMs: 30_000 });
  await using client = new RpcClient();
  const answer = client.invoke(server.peer, { name: "HEART_BEAT" }, TIME);
  const call = await called.promise;
  const disposed = server[Symbol.asyncDispose]();
  call.answer({ remark: "made it" });
  assert.equal((await answer).remark, "made it");
  await disposed;
  await server.finished;
  await assert.rejects(dial(server), /connection refused/);
});

Deno.test("Server does not wait for ever for answers when it is disposed, and twice is fine", async () => {
  const server = await serve({ HEART_BEAT: () => LATER }, { stopTimeoutMs: 1 });
  const socket = await dial(server);
  await socket.write(frame(1));
  const first = server[Symbol.asyncDispose]();
  assert.equal(server[Symbol.asyncDispose](), first);
  await first;
  await server[Symbol.asyncDispose]();
  assert.equal(await readToEnd(socket), 0);
});

Deno.test("Server leaves nothing open: its port can be taken at once", async () => {
  for (let round = 0; round < 5; round++) {
    const server = await serve();
    await using client = new RpcClient();
    await client.invoke(server.peer, { name: "HEART_BEAT" }, TIME);
    await server[Symbol.asyncDispose]();
    await using again = await Server.listen(server.address, { stopTimeoutMs: 1 });
    assert.equal(again.peer, server.peer);
  }
});
