import assert from "node:assert/strict";
import { storeInMemory } from "../testdata/fixture.ts";
import { MemoryFiles } from "./file_memory.ts";
import { TIMER_SLOT } from "./format.ts";
import { listSegments } from "./segments.ts";
import { TimerLogReader } from "./timer_log.ts";
import { timerSlots, wheelSlots } from "./timer_wheel.ts";

Deno.test("timerSlots() gives the slots Java filled, whose chains are as long as they say", () => {
  const fs = storeInMemory("5.5.0-e-timer-102");
  const log = new TimerLogReader(fs, listSegments(fs, "store/timerlog"));
  const slots = wheelSlots(fs.stat("store/timerwheel")!.size);
  assert.equal(slots, 2 * 7 * 86_400);
  let units = 0;
  for (const slot of timerSlots(fs, "store/timerwheel")) {
    assert.equal(slot.number, slot.timeSeconds % slots);
    let position = slot.lastPosition;
    let first = -1;
    for (; position >= 0; units++) {
      const unit = log.unit(position)!;
      assert.equal(unit.dueTime, slot.timeSeconds * 1000);
      first = position;
      position = unit.prevPosition;
    }
    assert.equal(first, slot.firstPosition);
  }
  assert.equal(units, 26);
  log.close();
});

Deno.test("timerSlots() of an empty, a zeroed and a cut wheel", () => {
  const fs = new MemoryFiles();
  fs.put("wheel", new Uint8Array());
  assert.deepEqual([...timerSlots(fs, "wheel")], []);
  const bytes = new Uint8Array(3 * TIMER_SLOT.size);
  fs.put("wheel", bytes);
  assert.deepEqual([...timerSlots(fs, "wheel")], []);
  const slot = { timeSeconds: 5, firstPosition: 0, lastPosition: 52, count: 2, magic: 0 };
  TIMER_SLOT.write(new DataView(bytes.buffer), 2 * TIMER_SLOT.size, slot);
  fs.put("wheel", bytes);
  const [found] = timerSlots(fs, "wheel");
  assert.deepEqual(found, {
    number: 2,
    timeSeconds: 5,
    firstPosition: 0,
    lastPosition: 52,
    count: 2,
  });
  fs.cut("wheel", bytes.length - 1);
  assert.deepEqual([...timerSlots(fs, "wheel")], []);
});
