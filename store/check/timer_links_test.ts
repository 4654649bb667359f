import assert from "node:assert/strict";
import { FIRST, TIMED } from "../../testdata/finding_cases.ts";
import { storeInMemory } from "../../testdata/fixture.ts";
import { MemoryFiles } from "../file_memory.ts";
import { TIMER_MAGIC } from "../format.ts";
import { listSegments } from "../segments.ts";
import { TimerLogReader, type TimerLogUnit } from "../timer_log.ts";
import { TimerStore } from "../timer_store.ts";
import { TimerLinks } from "./timer_links.ts";

const NOW = 1_795_250_000_000;
const LOG = "store/timerlog";
const WHEEL = "store/timerwheel";
const FILE_BYTES = 520;

function unitsOf(files: MemoryFiles): TimerLogUnit[] {
  const reader = new TimerLogReader(files, listSegments(files, LOG));
  try {
    return [...reader.items()].flatMap((it) => it.kind === "unit" ? [it.unit] : []);
  } finally {
    reader.close();
  }
}

/** Parks messages until so many seconds from now, nine in a file, and saves the wheel. */
async function parked(seconds: readonly number[]): Promise<MemoryFiles> {
  const files = new MemoryFiles();
  using timers = TimerStore.open({
    fs: files,
    root: "store",
    fileBytes: FILE_BYTES,
    precisionMs: 1000,
    now: () => NOW,
    logEnd: Infinity,
    queueOffsetAt: () => undefined,
  });
  for (const [nth, after] of seconds.entries()) {
    timers.park({
      magic: TIMER_MAGIC.default,
      enqueueTime: NOW,
      dueTime: NOW + after * 1000,
      physicalOffset: nth * 100,
      messageSize: 100,
      topicHash: 0,
    });
  }
  timers.write();
  await timers.save({ readTime: NOW, queueOffset: seconds.length, position: timers.end });
  return files;
}

/** Numbers of the units that no start finds. */
function lost(files: MemoryFiles, flushedTo = Infinity): number[] {
  const links = new TimerLinks(files, { wheel: WHEEL, log: listSegments(files, LOG), flushedTo });
  try {
    return unitsOf(files).flatMap((unit, nth) => links.has(unit) ? [] : [nth]);
  } finally {
    links.close();
  }
}

Deno.test("TimerLinks has all units of a broker of Java", () => {
  const files = storeInMemory(TIMED);
  const links = new TimerLinks(files, {
    wheel: WHEEL,
    log: listSegments(files, LOG),
    flushedTo: Infinity,
  });
  const last = unitsOf(files).at(-1)!;
  assert(unitsOf(files).every((unit) => links.has(unit)));
  // A damaged unit may be due before all time: nobody waits for it.
  assert.equal(links.has({ ...last, position: -1, dueTime: -5_000 }), false);
  links.close();
  assert(files.stat(`${LOG}/${FIRST}`) !== undefined);
});

Deno.test("TimerLinks misses what lies before the files that a start reads again, in no chain of theirs", async () => {
  // Three files of nine: only the first eight units are due in seconds 1 to 8.
  const seconds = [1, 2, 3, 4, 5, 6, 7, 8, ...Array(19).fill(9)];
  const files = await parked(seconds);
  const end = 2 * FILE_BYTES + 9 * 52;
  assert.deepEqual(lost(files, end), [], "the wheel leads to them");
  files.zero(WHEEL, 0, files.stat(WHEEL)!.size);
  assert.deepEqual(lost(files, end), [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual(lost(files, FILE_BYTES), [], "the start reads from the first file on");
  files.remove(WHEEL);
  assert.deepEqual(lost(files, end), [0, 1, 2, 3, 4, 5, 6, 7], "without a wheel, too");
});

Deno.test("TimerLinks takes a slot of an earlier turn of the wheel for another's", async () => {
  const files = await parked([1, ...Array(27).fill(2)]);
  const wheel = files.snapshot().get(WHEEL)!.slice();
  const view = new DataView(wheel.buffer);
  const time = BigInt(NOW / 1000 + 1);
  for (let at = 0; at < wheel.length; at += 32) {
    if (view.getBigInt64(at) === time) view.setBigInt64(at, time - 1_209_600n);
  }
  files.put(WHEEL, wheel);
  assert.deepEqual(lost(files), [0]);
});
