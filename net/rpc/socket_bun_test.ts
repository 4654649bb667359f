import assert from "node:assert/strict";
import { bunBackend, type BunGlobal } from "./socket_bun.ts";
import type { Socket } from "./socket_face.ts";

type Handlers = Parameters<BunGlobal["listen"]>[0]["socket"];
type Raw = Parameters<Handlers["open"]>[0];

/** A runtime that takes as many bytes of a write as the test says. */
class FakeBun {
  readonly taken: number[] = [];
  /** Bytes the next writes take. */
  room = 0;
  ended = 0;
  readonly raw: Raw;
  handlers: Handlers | undefined;

  constructor() {
    this.raw = {
      data: undefined,
      localAddress: "127.0.0.1",
      localPort: 1,
      remoteAddress: "127.0.0.1",
      remotePort: 2,
      write: (bytes, offset, length) => {
        if (this.room < 0) return -1;
        const count = Math.min(this.room, length);
        this.room -= count;
        this.taken.push(...bytes.subarray(offset, offset + count));
        return count;
      },
      setNoDelay: () => true,
      pause() {},
      resume() {},
      shutdown() {},
      end: () => void this.ended++,
    };
  }

  async open(): Promise<{ socket: Socket; handlers: Handlers }> {
    const global: BunGlobal = {
      listen: () => assert.fail("not called"),
      connect: ({ socket }) => {
        this.handlers = socket;
        socket.open(this.raw);
        return Promise.resolve(this.raw);
      },
    };
    const address = { hostname: "127.0.0.1", port: 2 };
    const socket = await bunBackend(global).connect(address, new AbortController().signal);
    return { socket, handlers: this.handlers ?? assert.fail("no handlers") };
  }
}

Deno.test("bunBackend offers the rest of a partial write again at every drain", async () => {
  const bun = new FakeBun();
  const { socket, handlers } = await bun.open();
  bun.room = 2;
  let written = false;
  const writing = socket.write(Uint8Array.of(1, 2, 3, 4, 5)).then(() => written = true);
  handlers.drain(bun.raw);
  bun.room = 2;
  handlers.drain(bun.raw);
  await Promise.resolve();
  assert.equal(written, false);
  bun.room = 10;
  handlers.drain(bun.raw);
  await writing;
  handlers.drain(bun.raw);
  assert.deepEqual(bun.taken, [1, 2, 3, 4, 5]);
});

Deno.test("bunBackend rejects a write that a close cuts short", async () => {
  const bun = new FakeBun();
  const { socket, handlers } = await bun.open();
  bun.room = 1;
  const writing = socket.write(Uint8Array.of(1, 2));
  bun.room = -1;
  handlers.drain(bun.raw);
  handlers.close(bun.raw, new Error("reset by peer"));
  await assert.rejects(writing, /reset by peer/);
  await assert.rejects(socket.read(new Uint8Array(1)), /reset by peer/);
  await assert.rejects(socket.write(Uint8Array.of(1)), /reset by peer/);
  socket.close();
  assert.equal(bun.ended, 0);
});

Deno.test("bunBackend closes a connection that opens after it was given up", async () => {
  const bun = new FakeBun();
  const opening = Promise.withResolvers<Raw>();
  const global: BunGlobal = {
    listen: () => assert.fail("not called"),
    connect: () => opening.promise,
  };
  const given = new AbortController();
  const connecting = bunBackend(global).connect({ hostname: "127.0.0.1", port: 2 }, given.signal);
  given.abort(new Error("too late"));
  await assert.rejects(connecting, /too late/);
  opening.resolve(bun.raw);
  await opening.promise;
  assert.equal(bun.ended, 1);
});
