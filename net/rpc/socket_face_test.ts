import assert from "node:assert/strict";
import { Inbox } from "./socket_face.ts";

function open() {
  const flow = { paused: 0, resumed: 0, pause: () => flow.paused++, resume: () => flow.resumed++ };
  return { flow, inbox: new Inbox(flow) };
}

async function read(inbox: Inbox, bytes: number): Promise<number[] | null> {
  const into = new Uint8Array(bytes);
  const count = await inbox.read(into);
  return count === null ? null : [...into.subarray(0, count)];
}

Deno.test("Inbox gives a waiting reader the chunk, and keeps what its buffer cannot hold", async () => {
  const { inbox } = open();
  const reading = read(inbox, 2);
  const chunk = Uint8Array.of(1, 2, 3, 4, 5);
  inbox.push(chunk);
  chunk.fill(9);
  assert.deepEqual(await reading, [1, 2]);
  assert.deepEqual(await read(inbox, 10), [3, 4, 5]);
});

Deno.test("Inbox joins kept chunks into one read, and copies what it keeps", async () => {
  const { inbox } = open();
  const chunk = Uint8Array.of(1, 2);
  inbox.push(chunk);
  chunk.fill(9);
  inbox.push(new Uint8Array());
  inbox.push(Uint8Array.of(3, 4, 5));
  assert.deepEqual(await read(inbox, 4), [1, 2, 3, 4]);
  assert.deepEqual(await read(inbox, 4), [5]);
});

Deno.test("Inbox gives what arrived before the end, then null", async () => {
  const { inbox } = open();
  inbox.push(Uint8Array.of(1));
  inbox.end();
  assert.deepEqual(await read(inbox, 4), [1]);
  assert.equal(await read(inbox, 4), null);
  assert.equal(await read(inbox, 4), null);
});

Deno.test("Inbox.end() and Inbox.fail() reach a reader that waits", async () => {
  const ending = open().inbox;
  const ended = read(ending, 1);
  ending.end();
  assert.equal(await ended, null);
  const failing = open().inbox;
  const failed = read(failing, 1);
  failing.fail(new Error("reset"));
  failing.end();
  await assert.rejects(failed, /reset/);
  await assert.rejects(read(failing, 1), /reset/);
});

Deno.test("Inbox pauses the flow over its bound and resumes it below", async () => {
  const { inbox, flow } = open();
  const half = new Uint8Array(600_000);
  inbox.push(half);
  assert.equal(flow.paused, 0);
  inbox.push(half);
  inbox.push(half);
  assert.deepEqual([flow.paused, flow.resumed], [1, 0]);
  await read(inbox, 600_000);
  assert.equal(flow.resumed, 0);
  await read(inbox, 600_000);
  assert.deepEqual([flow.paused, flow.resumed], [1, 1]);
});
