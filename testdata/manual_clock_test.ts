import assert from "node:assert/strict";
import { ManualClock } from "./manual_clock.ts";

Deno.test("ManualClock rings its timers in order, each at its time", () => {
  const clock = new ManualClock(1000);
  const rung: [string, number][] = [];
  clock.startTimer(() => rung.push(["late", clock.now()]), 30);
  clock.startTimer(() => {
    rung.push(["early", clock.now()]);
    clock.startTimer(() => rung.push(["next", clock.now()]), 5);
  }, 10);
  const stop = clock.startTimer(() => rung.push(["stopped", clock.now()]), 20);
  stop();
  clock.advance(29);
  assert.deepEqual(rung, [["early", 1010], ["next", 1015]]);
  assert.equal(clock.timerCount, 1);
  clock.advance(1);
  assert.deepEqual(rung.at(-1), ["late", 1030]);
});
