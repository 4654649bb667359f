import assert from "node:assert/strict";
import { storeInMemory } from "../testdata/fixture.ts";
import { MemoryFiles } from "./file_memory.ts";
import { timerSlots, WHEEL_BYTES } from "./timer_wheel.ts";
import { TimerWheel } from "./timer_wheel_writer.ts";

const PATH = "/timerwheel";
const TIME = 1_795_250_000_000;
const ROUND_MS = 2 * 7 * 86_400 * 1000;

function open(fs = new MemoryFiles(), precisionMs = 1000) {
  return { fs, wheel: TimerWheel.open(fs, PATH, precisionMs) };
}

Deno.test("TimerWheel finds the slots Java filled", () => {
  const fs = storeInMemory("5.5.0-e-timer-102");
  const slots = [...timerSlots(fs, "store/timerwheel")];
  using wheel = TimerWheel.open(fs, "store/timerwheel", 1000);
  assert.equal(wheel.isNew, false);
  assert(slots.length > 3);
  for (const { timeSeconds, firstPosition, lastPosition, count } of slots) {
    const time = timeSeconds * 1000;
    assert.deepEqual(wheel.slot(time), { firstPosition, lastPosition, count });
    assert.deepEqual(wheel.slot(time + 999), wheel.slot(time));
    assert.equal(wheel.slot(time + ROUND_MS), undefined);
    assert.equal(wheel.next(time - 5000, time + 1) <= time, true);
  }
});

Deno.test("TimerWheel.put() is read at once, and by others after write()", () => {
  const { fs, wheel } = open();
  assert(wheel.isNew);
  const content = { firstPosition: 52, lastPosition: 104, count: 2 };
  wheel.put(TIME, content);
  assert.deepEqual(wheel.slot(TIME + 10), content);
  assert.deepEqual([...timerSlots(fs, PATH)], []);
  wheel.write();
  assert.deepEqual([...timerSlots(fs, PATH)], [{
    number: TIME / 1000 % (2 * 7 * 86_400),
    timeSeconds: TIME / 1000,
    ...content,
  }]);
  wheel[Symbol.dispose]();
  using again = TimerWheel.open(fs, PATH, 1000);
  assert.equal(again.isNew, false);
  assert.deepEqual(again.slot(TIME), content);
});

Deno.test("TimerWheel gives a slot to the next round, and keeps its neighbours", () => {
  using wheel = open().wheel;
  const content = { firstPosition: 0, lastPosition: 0, count: 1 };
  wheel.put(TIME, content);
  wheel.put(TIME + 1000, content);
  wheel.put(TIME + ROUND_MS, { ...content, count: 7 });
  assert.equal(wheel.slot(TIME), undefined);
  assert.equal(wheel.slot(TIME + ROUND_MS)?.count, 7);
  assert.equal(wheel.slot(TIME + 1000)?.count, 1);
  wheel.clear(TIME + 1000);
  assert.equal(wheel.slot(TIME + 1000), undefined);
});

Deno.test("TimerWheel.next() finds what comes first, over the end of the file as well", () => {
  using wheel = open().wheel;
  const content = { firstPosition: 0, lastPosition: 0, count: 1 };
  const end = Math.ceil(TIME / ROUND_MS) * ROUND_MS;
  wheel.put(end + 3000, content);
  wheel.put(end - 2000, content);
  assert.equal(wheel.next(end - 5000, end + 9000), end - 2000);
  assert.equal(wheel.next(end - 1000, end + 9000), end + 3000);
  assert.equal(wheel.next(end - 1000, end + 3000), end + 3000, "the end is not looked at");
  assert.equal(wheel.next(end + 4000, end + 9000), end + 9000);
});

Deno.test("TimerWheel keeps more pages than it holds in memory", () => {
  const { fs, wheel } = open(undefined, 100);
  const times = Array.from({ length: 400 }, (_, nth) => TIME + nth * 128 * 100);
  for (const [nth, time] of times.entries()) {
    wheel.put(time, { firstPosition: nth, lastPosition: nth, count: 1 });
  }
  wheel.write();
  for (const [nth, time] of times.entries()) assert.equal(wheel.slot(time)?.lastPosition, nth);
  wheel.put(times[0]!, { firstPosition: 0, lastPosition: 9, count: 2 });
  wheel.write();
  assert.equal([...timerSlots(fs, PATH)].length, 400);
  wheel[Symbol.dispose]();
});

Deno.test("TimerWheel.open() refuses a wheel of another length, and fills an empty file", () => {
  const fs = new MemoryFiles();
  fs.put(PATH, new Uint8Array(WHEEL_BYTES - 32));
  assert.throws(() => TimerWheel.open(fs, PATH, 1000), {
    message: `Cannot open timer wheel "${PATH}": it is 38707168 bytes, expected 38707200`,
  });
  fs.put(PATH, new Uint8Array());
  using wheel = TimerWheel.open(fs, PATH, 1000);
  assert(wheel.isNew);
  assert.equal(fs.stat(PATH)?.size, WHEEL_BYTES);
});
