import assert from "node:assert/strict";
import { storeInMemory } from "../testdata/fixture.ts";
import { MemoryFiles } from "./file_memory.ts";
import { TIMER_LOG_UNIT, TIMER_MAGIC } from "./format.ts";
import { offsetName } from "./names.ts";
import { listSegments } from "./segments.ts";
import { TimerLogReader, type TimerLogUnit } from "./timer_log.ts";
import { TimerLog } from "./timer_log_writer.ts";

const FOLDER = "/store/timerlog";
const UNIT = TIMER_LOG_UNIT.size;
/** Room for four units and a filler of 30 bytes. */
const FILE_BYTES = 4 * UNIT + 30;
const TIME = 1_795_250_000_000;

function entry(nth: number) {
  return {
    prevPosition: -1,
    magic: TIMER_MAGIC.default,
    enqueueTime: TIME,
    dueTime: TIME + nth * 1000,
    physicalOffset: nth * 100,
    messageSize: 100,
    topicHash: -7,
  };
}

/** A log with units 0 to `count` − 1, written. */
function filled(count: number, fileBytes = FILE_BYTES) {
  const fs = new MemoryFiles();
  const log = TimerLog.open(fs, FOLDER, fileBytes);
  const positions = Array.from({ length: count }, (_, nth) => log.append(entry(nth)));
  log.write();
  return { fs, log, positions };
}

/** Opens a log and finds its end; what was found, by the entry's number. */
function recovered(
  fs: MemoryFiles,
  { from = 0, isSound = (_: TimerLogUnit): boolean => true } = {},
) {
  const log = TimerLog.open(fs, FOLDER, FILE_BYTES);
  const found: number[] = [];
  log.recover(from, { isSound, found: (unit) => found.push(unit.physicalOffset / 100) });
  const { end } = log;
  return { log, found, end };
}

function itemsOf(fs: MemoryFiles): string[] {
  const reader = new TimerLogReader(fs, listSegments(fs, FOLDER));
  const items = Array.from(reader.items(), (it) => {
    return it.kind === "unit" ? "unit" : `${it.kind} ${it.length}`;
  });
  reader.close();
  return items;
}

Deno.test("TimerLog appends what TimerLogReader reads, over the ends of files", () => {
  const { fs, log, positions } = filled(6);
  const second = FILE_BYTES;
  assert.deepEqual(positions, [0, UNIT, 2 * UNIT, 3 * UNIT, second, second + UNIT]);
  assert.deepEqual(
    itemsOf(fs),
    ["unit", "unit", "unit", "unit", "blank 30", "unit", "unit", `tail ${2 * UNIT + 30}`],
  );
  assert.deepEqual(log.unit(second), { position: second, ...entry(4) });
  for (const at of [-UNIT, 2 * second, second + 2 * UNIT]) assert.equal(log.unit(at), undefined);
  log[Symbol.dispose]();
});

Deno.test("TimerLog.unit() finds a unit that is not in its file yet", () => {
  const log = TimerLog.open(new MemoryFiles(), FOLDER, FILE_BYTES);
  const position = log.append(entry(3));
  assert.equal(log.unit(position)?.physicalOffset, 300);
  assert.equal(log.append(entry(4)), UNIT);
  assert.equal(log.unit(UNIT)?.physicalOffset, 400, "what was read before is not taken for it");
  log[Symbol.dispose]();
});

Deno.test("TimerLog.recover() finds the end at every number of units", () => {
  for (let count = 0; count <= 13; count++) {
    const { fs, log } = filled(count);
    const { end } = log;
    log[Symbol.dispose]();
    const again = recovered(fs);
    assert.deepEqual(again.found, Array.from({ length: count }, (_, nth) => nth));
    assert.equal(again.end, end, `${count} units`);
    const position = again.log.append(entry(99));
    again.log.write();
    assert.equal(again.log.unit(position)?.physicalOffset, 9900);
    again.log[Symbol.dispose]();
    assert.equal(recovered(fs).found.length, count + 1);
  }
});

Deno.test("TimerLog.recover() ends in front of damage, and what is behind never comes back", () => {
  const { fs, log } = filled(7);
  log[Symbol.dispose]();
  fs.flip(`${FOLDER}/${offsetName(0)}`, 2 * UNIT + 3);
  const { found, end, log: again } = recovered(fs);
  assert.deepEqual(found, [0, 1]);
  assert.equal(end, 2 * UNIT);
  assert.deepEqual(fs.list(FOLDER), [offsetName(0)]);
  again.append(entry(50));
  again.write();
  again[Symbol.dispose]();
  const { found: later, log: last } = recovered(fs);
  assert.deepEqual(later, [0, 1, 50]);
  last[Symbol.dispose]();
});

Deno.test("TimerLog.recover() ends where it is told to, and begins at the file it is told", () => {
  const { fs, log } = filled(11);
  log[Symbol.dispose]();
  const isSound = ({ physicalOffset }: TimerLogUnit) => physicalOffset < 900;
  const { found, end, log: again } = recovered(fs, { from: FILE_BYTES + UNIT, isSound });
  assert.deepEqual(found, [4, 5, 6, 7, 8]);
  assert.equal(end, 2 * FILE_BYTES + UNIT);
  again[Symbol.dispose]();
});

Deno.test("TimerLog goes on where a filler was written and the next file not made", () => {
  const { fs, log } = filled(5);
  log[Symbol.dispose]();
  fs.remove(`${FOLDER}/${offsetName(FILE_BYTES)}`);
  const { end, log: again } = recovered(fs);
  assert.equal(end, 4 * UNIT);
  assert.equal(again.append(entry(4)), FILE_BYTES);
  again.write();
  again[Symbol.dispose]();
  assert.deepEqual(itemsOf(fs).slice(4, 6), ["blank 30", "unit"]);
});

Deno.test("TimerLog.deleteBefore() removes files of what expired, never the last", () => {
  const { fs, log } = filled(9);
  log.deleteBefore(300);
  assert.equal(log.start, 0, "its last unit leads to 300");
  log.deleteBefore(301);
  assert.equal(log.start, FILE_BYTES);
  log.deleteBefore(Infinity);
  assert.deepEqual(fs.list(FOLDER), [offsetName(2 * FILE_BYTES)]);
  assert.equal(log.unit(0), undefined);
  assert.equal(log.unit(2 * FILE_BYTES)?.physicalOffset, 800);
  log[Symbol.dispose]();
});

Deno.test("TimerLog.sync() says what is on the disk", async () => {
  const { log } = filled(3);
  assert.equal(log.flushedTo, 0);
  await log.sync();
  assert.equal(log.flushedTo, 3 * UNIT);
  log[Symbol.dispose]();
  log[Symbol.dispose]();
});

Deno.test("TimerLog.open() keeps the length of the files that are there, which must be one", () => {
  const { fs, log } = filled(5);
  log[Symbol.dispose]();
  using other = TimerLog.open(fs, FOLDER, 999_999);
  assert.equal(other.fileBytes, FILE_BYTES);
  fs.cut(`${FOLDER}/${offsetName(FILE_BYTES)}`, 100);
  assert.throws(() => TimerLog.open(fs, FOLDER, FILE_BYTES), /is 100 bytes, the others are 238/);
});

Deno.test("TimerLog goes on with the log a Java broker left", () => {
  const fs = storeInMemory("5.5.0-e-timer-102");
  using log = TimerLog.open(fs, "store/timerlog", 1 << 20);
  let count = 0;
  log.recover(0, { isSound: () => true, found: () => void count++ });
  assert.equal(count, 26);
  assert.equal(log.end, 26 * UNIT);
  assert.equal(log.append(entry(1)), 26 * UNIT);
});
