import assert from "node:assert/strict";
import { Pace } from "./pace.ts";

function paced(ratePerSecond: number | undefined, signal = new AbortController().signal) {
  let at = 1000;
  const waits: number[] = [];
  const pace = new Pace({
    ratePerSecond,
    signal,
    now: () => at,
    wait: (ms) => (waits.push(ms), at += ms, Promise.resolve()),
  });
  return { pace, waits, pass: (ms: number) => void (at += ms) };
}

Deno.test("Pace gives turns at the rate, the first at once", async () => {
  const { pace, waits } = paced(10);
  for (let turn = 0; turn < 4; turn++) assert.equal(await pace.next(), 1000 + turn * 100);
  assert.deepEqual(waits, [100, 100, 100]);
});

Deno.test("Pace catches up after a pause, and tells when each turn was due", async () => {
  const { pace, waits, pass } = paced(10);
  await pace.next();
  pass(350);
  const due = [await pace.next(), await pace.next(), await pace.next(), await pace.next()];
  assert.deepEqual(due, [1100, 1200, 1300, 1400]);
  assert.deepEqual(waits, [50]);
});

Deno.test("Pace counts a batch as so many turns", async () => {
  const { pace, waits } = paced(100);
  await pace.next(50);
  await pace.next(50);
  assert.deepEqual(waits, [500]);
});

Deno.test("Pace without a rate never waits, and ends with its signal", async () => {
  const stop = new AbortController();
  const { pace, waits } = paced(undefined, stop.signal);
  for (let turn = 0; turn < 3; turn++) await pace.next();
  assert.deepEqual(waits, []);
  stop.abort(new Error("enough"));
  await assert.rejects(pace.next(), /enough/);
});

Deno.test("Pace that waits ends with the reason of its signal", async () => {
  const stop = new AbortController();
  const pace = new Pace({ ratePerSecond: 0.001, signal: stop.signal });
  await pace.next();
  const second = pace.next();
  stop.abort(new Error("enough"));
  await assert.rejects(second, /enough/);
});

Deno.test("Pace that is late lets other things happen now and then", async () => {
  let [at, breaths] = [0, 0];
  const { signal } = new AbortController();
  const breathe = () => Promise.resolve(breaths++);
  const pace = new Pace({ ratePerSecond: 1e6, signal, now: () => at += 1, breathe });
  for (let turn = 0; turn < 100; turn++) await pace.next();
  assert(breaths >= 10 && breaths <= 25, `${breaths}`);
});

Deno.test("Pace that is late hears of timers, and so of its end", async () => {
  const stop = new AbortController();
  const pace = new Pace({ ratePerSecond: 1e9, signal: stop.signal });
  setTimeout(() => stop.abort(new Error("enough")));
  await assert.rejects(async () => {
    for (;;) await pace.next();
  }, /enough/);
});

Deno.test("Pace waits in parts for what no timer can", async () => {
  const { pace, waits } = paced(1);
  await pace.next(3_000_000);
  await pace.next();
  assert.deepEqual(waits, [2_147_483_647, 852_516_353]);
});

Deno.test("Pace: what came before it was due is not measured from then", async () => {
  let at = 0;
  const { signal } = new AbortController();
  const wait = (ms: number) => Promise.resolve(at += Math.floor(ms));
  const pace = new Pace({ ratePerSecond: 400, signal, now: () => at, wait });
  assert.deepEqual([await pace.next(), await pace.next(), await pace.next()], [0, 2, 5]);
});
