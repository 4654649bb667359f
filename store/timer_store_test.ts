import assert from "node:assert/strict";
import { readTruth, storeInMemory } from "../testdata/fixture.ts";
import { MemoryFiles } from "./file_memory.ts";
import { TIMER_LOG_UNIT, TIMER_MAGIC, TIMER_SLOT } from "./format.ts";
import { readTimerCheckpoint } from "./timer_checkpoint.ts";
import { hasTimerFiles, TimerStore, type TimerStoreOptions } from "./timer_store.ts";
import { timerSlots } from "./timer_wheel.ts";
import { TimerWheel } from "./timer_wheel_writer.ts";

const UNIT = TIMER_LOG_UNIT.size;
const ROOT = "/store";
const NOW = 1_795_250_000_000;
const JAVA = "5.5.0-e-timer-102";

function open(fs: MemoryFiles, changes: Partial<TimerStoreOptions> = {}) {
  return TimerStore.open({
    fs,
    root: ROOT,
    fileBytes: 10 * UNIT + 16,
    precisionMs: 1000,
    now: () => NOW,
    logEnd: Infinity,
    queueOffsetAt: (at) => at / 100,
    ...changes,
  });
}

/** Parks message `nth` for so many seconds from now. */
function park(timers: TimerStore, nth: number, seconds: number, magic: number = 1): void {
  timers.park({
    magic,
    enqueueTime: NOW,
    dueTime: NOW + seconds * 1000,
    physicalOffset: nth * 100,
    messageSize: 100,
    topicHash: 1,
  });
  timers.write();
}

/** Numbers of the messages of a second, in the order in which they were parked. */
function due(timers: TimerStore, seconds: number): number[] {
  const units = [...timers.chain(NOW + seconds * 1000)];
  return units.map(({ physicalOffset }) => physicalOffset / 100).reverse();
}

Deno.test("TimerStore finds what was parked for a second, also when it was not saved", () => {
  const fs = new MemoryFiles();
  {
    using timers = open(fs);
    for (let nth = 0; nth < 25; nth++) park(timers, nth, nth % 3);
    assert.deepEqual(due(timers, 1), [1, 4, 7, 10, 13, 16, 19, 22]);
  }
  // Killed: the wheel was not written.
  assert.deepEqual([...timerSlots(fs, `${ROOT}/timerwheel`)], []);
  using again = open(fs);
  assert.deepEqual(due(again, 1), [1, 4, 7, 10, 13, 16, 19, 22]);
  assert.equal(again.countAt(NOW + 1000), 8);
  assert.equal(again.countAt(NOW + 3000), 0);
  assert.equal(again.start.queueOffset, 0, "nothing says that the queue was read");
  assert(again.wasParked(2400));
  assert(!again.wasParked(2400) && !again.wasParked(2500));
});

Deno.test("TimerStore goes on from what was saved, and counts nothing twice", async () => {
  const fs = new MemoryFiles();
  {
    using timers = open(fs);
    for (let nth = 0; nth < 12; nth++) park(timers, nth, 5);
    await timers.save({ readTime: NOW - 1000, queueOffset: 12, position: timers.end });
    for (let nth = 12; nth < 15; nth++) park(timers, nth, 5);
    park(timers, 15, 5, TIMER_MAGIC.default | TIMER_MAGIC.delete);
  }
  using again = open(fs);
  assert.deepEqual(again.start, {
    readTime: NOW - 1000,
    queueOffset: 12,
    position: again.end,
  });
  assert.equal(again.countAt(NOW + 5000), 14);
  assert.equal(due(again, 5).length, 16);
  assert(again.wasParked(1200) && again.wasParked(1500) && !again.wasParked(1100));
  assert.equal(readTimerCheckpoint(fs, `${ROOT}/config/timercheck`)?.versionCounter, 1);
});

Deno.test("TimerStore drops units that lead behind the log, and parks in their place", async () => {
  const fs = new MemoryFiles();
  {
    using timers = open(fs);
    for (let nth = 0; nth < 8; nth++) park(timers, nth, nth);
    await timers.save({ readTime: NOW, queueOffset: 8, position: timers.end });
  }
  // A loss of power took messages 5 to 7, and what is written then is others.
  using again = open(fs, { logEnd: 500 });
  assert.equal(again.end, 5 * UNIT);
  assert.deepEqual([due(again, 4), due(again, 5), due(again, 7)], [[4], [], []]);
  assert.equal(again.start.queueOffset, 5);
  park(again, 5, 2);
  assert.deepEqual([due(again, 2), due(again, 5)], [[2, 5], []]);
});

Deno.test("TimerStore links slots anew that lead behind the timer log", () => {
  const fs = new MemoryFiles();
  {
    using timers = open(fs);
    for (let nth = 0; nth < 4; nth++) park(timers, nth, 3);
  }
  {
    using wheel = TimerWheel.open(fs, `${ROOT}/timerwheel`, 1000);
    wheel.put(NOW + 3000, { firstPosition: 0, lastPosition: 9 * UNIT, count: 10 });
    wheel.put(NOW + 4000, { firstPosition: 8 * UNIT, lastPosition: 8 * UNIT, count: 1 });
    wheel.write();
  }
  using again = open(fs);
  assert.deepEqual([due(again, 3), due(again, 4)], [[0, 1, 2, 3], []]);
  assert.equal(again.countAt(NOW + 3000), 4);
});

Deno.test("TimerStore rebuilds a wheel that is gone, of another length, full of zeros, or left behind", async () => {
  for (const spoil of ["gone", "length", "zeros", "snapshots"]) {
    const fs = new MemoryFiles();
    {
      using timers = open(fs);
      for (let nth = 0; nth < 45; nth++) park(timers, nth, nth % 2);
      await timers.save({ readTime: NOW, queueOffset: 45, position: timers.end });
    }
    const wheel = `${ROOT}/timerwheel`;
    if (spoil === "gone") fs.remove(wheel);
    else if (spoil === "length") fs.put(wheel, new Uint8Array(320).fill(7));
    else if (spoil === "zeros") fs.put(wheel, new Uint8Array(fs.stat(wheel)!.size));
    else {
      // A slot of long ago.
      fs.zero(wheel, 0, fs.stat(wheel)!.size);
      fs.flip(wheel, TIMER_SLOT.size + TIMER_SLOT.at.timeSeconds + 7);
      fs.put(`${wheel}.520`, Uint8Array.of(1));
    }
    using again = open(fs);
    assert.equal(due(again, 0).length, 23, spoil);
    assert.equal(due(again, 1).length, 22, spoil);
    const isKept = fs.stat(`${ROOT}/quarantine/timerwheel`)?.size === 320;
    assert.equal(isKept, spoil === "length");
  }
});

Deno.test("TimerStore looks back seven days at most, and not at all where nothing was parked", async () => {
  const fs = new MemoryFiles();
  {
    using timers = open(fs);
    assert.equal(timers.start.readTime, NOW);
    park(timers, 0, 1);
    await timers.save({ readTime: NOW, queueOffset: 1, position: timers.end });
  }
  const later = NOW + 30 * 86_400_000;
  using again = open(fs, { now: () => later });
  assert.equal(again.start.readTime, later - 7 * 86_400_000 + 60_000);
});

Deno.test("TimerStore takes over from a Java broker", () => {
  const fs = storeInMemory(JAVA);
  const records = new Map(readTruth(JAVA).log.map((it) => [it.commitLogOffset, it]));
  const before = [...timerSlots(fs, "store/timerwheel")];
  const now = Date.parse("2026-11-21T09:53:20Z");
  using timers = open(fs, {
    root: "store",
    now: () => now,
    queueOffsetAt: (at) => records.get(at)?.queueOffset,
  });
  const queue = readTruth(JAVA).queues.find((it) => it.topic === "rmq_sys_wheel_timer")!;
  assert.equal(timers.start.queueOffset, queue.maxOffset);
  assert.equal(timers.start.readTime, Date.parse("2026-11-21T09:53:14Z"));
  for (const { timeSeconds, count, lastPosition } of before) {
    if (timeSeconds * 1000 < timers.start.readTime) continue;
    assert.equal(timers.countAt(timeSeconds * 1000), count);
    assert.equal([...timers.chain(timeSeconds * 1000)][0]?.position, lastPosition);
  }
});

Deno.test("hasTimerFiles() sees a store that never had a timed message", () => {
  const fs = new MemoryFiles();
  assert(!hasTimerFiles(fs, ROOT));
  open(fs)[Symbol.dispose]();
  assert(hasTimerFiles(fs, ROOT));
});
