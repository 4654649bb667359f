import assert from "node:assert/strict";
import { ManualClock } from "../../testdata/manual_clock.ts";
import { Alarm } from "./alarm.ts";

function setUp() {
  const clock = new ManualClock(0);
  const rung: number[] = [];
  const alarm = new Alarm(() => rung.push(clock.now()), clock);
  return { clock, rung, alarm };
}

Deno.test("Alarm rings once, at the earliest time it was set to", () => {
  const { clock, rung, alarm } = setUp();
  alarm.setBy(500);
  alarm.setBy(200);
  alarm.setBy(300);
  assert.equal(clock.timerCount, 1);
  clock.advance(1000);
  assert.deepEqual(rung, [200]);
  alarm.setBy(1500);
  clock.advance(1000);
  assert.deepEqual(rung, [200, 1500]);
});

Deno.test("Alarm rings at once for a time that has passed, and never for infinity", () => {
  const { clock, rung, alarm } = setUp();
  clock.set(100);
  alarm.setBy(50);
  clock.advance(0);
  assert.deepEqual(rung, [100]);
  alarm.setBy(Infinity);
  assert.equal(clock.timerCount, 0);
});

Deno.test("Alarm looks at the clock within a minute, however far its time is", () => {
  const { clock, rung, alarm } = setUp();
  alarm.setBy(10 * 3_600_000);
  clock.advance(60_000);
  assert.deepEqual(rung, [60_000]);
});

Deno.test("Alarm does not ring once it is disposed, and twice is fine", () => {
  const { clock, rung, alarm } = setUp();
  alarm.setBy(100);
  alarm[Symbol.dispose]();
  alarm[Symbol.dispose]();
  alarm.setBy(50);
  clock.advance(1000);
  assert.deepEqual(rung, []);
  assert.equal(clock.timerCount, 0);
});

Deno.test("Alarm rings with the runtime's timer", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  using alarm = new Alarm(resolve, { now: Date.now });
  alarm.setBy(Date.now() + 1);
  await promise;
});
