import assert from "node:assert/strict";
import { ScriptedSocket, turn } from "../../testdata/scripted_socket.ts";
import { request } from "../wire/command.ts";
import { FrameReader } from "../wire/frame.ts";
import { Outbox } from "./outbox.ts";

function open() {
  const socket = new ScriptedSocket();
  const events: string[] = [];
  const outbox = new Outbox(socket, {
    written: () => events.push("written"),
    broken: (cause) => events.push(`broken: ${(cause as Error).message}`),
  });
  return { socket, outbox, events };
}

function frameOf(opaque: number, bodyBytes = 0) {
  return request("HEART_BEAT", { opaque, body: new Uint8Array(bodyBytes) });
}

/** The opaques of the frames of each write. */
function opaques(socket: ScriptedSocket): number[][] {
  const reader = new FrameReader();
  return socket.writes.map((bytes) => {
    const found: number[] = [];
    reader.push(bytes);
    for (let it = reader.next(); it !== undefined; it = reader.next()) found.push(it.opaque);
    return found;
  });
}

Deno.test("Outbox writes all frames of a turn at once", async () => {
  const { socket, outbox } = open();
  for (let i = 0; i < 100; i++) outbox.put(frameOf(i));
  assert.equal(socket.writes.length, 0);
  await turn();
  assert.deepEqual(opaques(socket), [Array.from({ length: 100 }, (_, i) => i)]);
  assert.equal(outbox.pendingBytes, 0);
});

Deno.test("Outbox waits for frames from microtasks of the same turn", async () => {
  const { socket, outbox } = open();
  outbox.put(frameOf(0));
  queueMicrotask(() => outbox.put(frameOf(1)));
  Promise.resolve().then(() => queueMicrotask(() => outbox.put(frameOf(2))));
  await turn();
  assert.deepEqual(opaques(socket), [[0, 1, 2]]);
});

Deno.test("Outbox does not wait for a chain of microtasks that never ends", async () => {
  const { socket, outbox } = open();
  let more = true;
  const chain = () => {
    if (!more) return;
    outbox.put(frameOf(1));
    queueMicrotask(chain);
  };
  chain();
  while (socket.writes.length === 0) await Promise.resolve();
  more = false;
  await turn();
  assert.equal(outbox.pendingBytes, 0);
});

Deno.test("Outbox has one write under way; what comes meanwhile leaves with the next", async () => {
  const { socket, outbox, events } = open();
  socket.hold();
  outbox.put(frameOf(0, 500));
  await turn();
  for (let i = 1; i <= 3; i++) {
    outbox.put(frameOf(i, 500));
    await turn();
  }
  assert.deepEqual(opaques(socket), [[0]]);
  assert.ok(outbox.pendingBytes > 2000);
  socket.release();
  await turn();
  assert.deepEqual(opaques(socket), [[0], [1, 2, 3]]);
  assert.deepEqual(events, ["written", "written"]);
});

Deno.test("Outbox.whenPending() waits until little enough is pending", async () => {
  const { socket, outbox } = open();
  await outbox.whenPending(0);
  socket.hold();
  outbox.put(frameOf(0, 1000));
  const order: string[] = [];
  const some = outbox.whenPending(10_000).then(() => order.push("some"));
  const none = outbox.whenPending(0).then(() => order.push("none"));
  await turn();
  assert.deepEqual(order, ["some"]);
  socket.release();
  await Promise.all([some, none]);
  assert.deepEqual(order, ["some", "none"]);
});

Deno.test("Outbox reports a broken connection once, and lets go of who waits", async () => {
  const { socket, outbox, events } = open();
  socket.hold();
  outbox.put(frameOf(0));
  await turn();
  outbox.put(frameOf(1));
  const waiting = outbox.whenPending(0);
  socket.break(new Error("reset"));
  await waiting;
  outbox.put(frameOf(2));
  await turn();
  assert.deepEqual(events, ["broken: reset"]);
  assert.equal(socket.writes.length, 1);
});

Deno.test("Outbox.close() drops what is pending and says nothing", async () => {
  const { socket, outbox, events } = open();
  outbox.put(frameOf(0));
  outbox.close();
  outbox.close();
  await turn();
  await outbox.whenPending(0);
  assert.deepEqual([socket.writes.length, events.length], [0, 0]);
});

Deno.test("Outbox works on after blocks were given back", async () => {
  const { socket, outbox } = open();
  outbox.put(frameOf(0, 2 << 20));
  await turn();
  outbox.put(frameOf(1, 100_000));
  await turn();
  outbox.trim();
  outbox.trim();
  outbox.put(frameOf(2, 100_000));
  outbox.trim();
  await turn();
  assert.deepEqual(opaques(socket), [[0], [1], [2]]);
});
