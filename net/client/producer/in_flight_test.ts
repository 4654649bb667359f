import assert from "node:assert/strict";
import { InFlight } from "./in_flight.ts";

const FOREVER = { timeoutMs: 60_000 };

Deno.test("InFlight lets in by count and by bytes, in line, and one of any size alone", async () => {
  const inFlight = new InFlight({ countMax: 2, bytesMax: 100 });
  assert(inFlight.tryEnter(500));
  assert(!inFlight.tryEnter(1));
  inFlight.leave(500);
  assert(inFlight.tryEnter(60));
  const order: number[] = [];
  const large = inFlight.enter(50, FOREVER).then(() => order.push(50));
  const small = inFlight.enter(10, FOREVER).then(() => order.push(10));
  // There is room for the small one, but it came later.
  assert.deepEqual([inFlight.count, inFlight.waiting], [1, 2]);
  inFlight.leave(60);
  await Promise.all([large, small]);
  assert.deepEqual([order, inFlight.count, inFlight.bytes], [[50, 10], 2, 60]);
  const third = inFlight.enter(1, FOREVER);
  inFlight.leave(50);
  assert(await third);
  assert.deepEqual([inFlight.count, inFlight.bytes], [2, 11]);
});

Deno.test("InFlight.enter() gives up after its time, and lets those behind it in", async () => {
  const inFlight = new InFlight({ countMax: 10, bytesMax: 100 });
  assert(inFlight.tryEnter(60));
  const large = inFlight.enter(50, { timeoutMs: 5 });
  const small = inFlight.enter(10, FOREVER);
  assert.equal(await large, false);
  assert(await small);
  assert.deepEqual([inFlight.count, inFlight.bytes, inFlight.waiting], [2, 70, 0]);
});

Deno.test("InFlight.enter() ends with its signal's reason, also where room is made just then", async () => {
  const inFlight = new InFlight({ countMax: 1, bytesMax: 100 });
  const stop = new AbortController();
  const signal = stop.signal;
  assert(inFlight.tryEnter(1));
  const waiting = inFlight.enter(1, { timeoutMs: 60_000, signal });
  stop.abort(new Error("enough"));
  inFlight.leave(1);
  await assert.rejects(waiting, { message: "enough" });
  await assert.rejects(inFlight.enter(1, { timeoutMs: 60_000, signal }), { message: "enough" });
  assert.deepEqual([inFlight.count, inFlight.bytes, inFlight.waiting], [0, 0, 0]);
});

Deno.test("InFlight.empty() waits for what is under way and in line", async () => {
  const inFlight = new InFlight({ countMax: 1, bytesMax: 100 });
  await inFlight.empty();
  assert(inFlight.tryEnter(1));
  const next = inFlight.enter(2, FOREVER);
  let isEmpty = false;
  const empty = inFlight.empty().then(() => isEmpty = true);
  inFlight.leave(1);
  await next;
  assert.equal(isEmpty, false);
  inFlight.leave(2);
  await empty;
});
