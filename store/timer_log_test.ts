import assert from "node:assert/strict";
import { readTruth, storeInMemory } from "../testdata/fixture.ts";
import { MemoryFiles } from "./file_memory.ts";
import { TIMER_LOG_UNIT, TIMER_MAGIC } from "./format.ts";
import { stringHash } from "./hash.ts";
import { offsetName } from "./names.ts";
import { listSegments } from "./segments.ts";
import { TimerLogReader } from "./timer_log.ts";

const STORE = "5.5.0-e-timer-102";
const JAVA_FILE = "store/timerlog/00000000000000000000";
const UNIT = TIMER_LOG_UNIT.size;

function itemsOf(fs: MemoryFiles, directory: string) {
  const reader = new TimerLogReader(fs, listSegments(fs, directory));
  const items = [...reader.items()];
  reader.close();
  return items;
}

/** Kinds and ranges, units counted. */
function shapeOf(fs: MemoryFiles, directory: string): string {
  const runs: string[] = [];
  let units = 0;
  for (const item of itemsOf(fs, directory)) {
    if (item.kind === "unit") units++;
    else {
      runs.push(`${units} units, ${item.kind} ${item.position}+${item.length}`);
      units = 0;
    }
  }
  if (units > 0) runs.push(`${units} units`);
  return runs.join("; ");
}

Deno.test("TimerLogReader reads the units Java wrote, and each leads to the record it parked", () => {
  const records = new Map(readTruth(STORE).log.map((it) => [it.commitLogOffset, it]));
  const units = itemsOf(storeInMemory(STORE), "store/timerlog").flatMap((it) => {
    return it.kind === "unit" ? [it.unit] : [];
  });
  assert.equal(units.length, 26);
  for (const unit of units) {
    const record = records.get(unit.physicalOffset)!;
    assert.equal(record.topic, "rmq_sys_wheel_timer");
    assert.equal(record.storeSize, unit.messageSize);
    assert.equal(unit.topicHash, stringHash(record.properties.REAL_TOPIC!));
    // Messages that are too far ahead are parked half way.
    if ((unit.magic & TIMER_MAGIC.roll) === 0) {
      assert.equal(unit.dueTime, Number(record.properties.TIMER_OUT_MS));
    }
    const isCancel = record.properties.TIMER_DEL_UNIQKEY !== undefined;
    assert.equal((unit.magic & TIMER_MAGIC.delete) !== 0, isCancel);
  }
});

Deno.test("TimerLogReader.unit() follows a chain to its end", () => {
  const fs = storeInMemory(STORE);
  const reader = new TimerLogReader(fs, listSegments(fs, "store/timerlog"));
  // A slot's newest and oldest unit, as the wheel of this store has them.
  const [newest, oldest] = [0x30c, 0x138];
  const chain = [reader.unit(newest)!];
  while (chain.at(-1)!.prevPosition >= 0) chain.push(reader.unit(chain.at(-1)!.prevPosition)!);
  assert.equal(chain.at(-1)!.position, oldest);
  assert.equal(new Set(chain.map((it) => it.dueTime)).size, 1);
  assert.equal(reader.unit(26 * UNIT), undefined);
  assert.equal(reader.unit(1_000_000), undefined);
  reader.close();
});

Deno.test("TimerLogReader.items() tells room from damage", () => {
  assert.equal(shapeOf(storeInMemory(STORE), "store/timerlog"), "26 units, tail 1352+3848");
  const flipped = storeInMemory(STORE);
  flipped.flip(JAVA_FILE, 2 * UNIT + 3);
  flipped.zero(JAVA_FILE, 7 * UNIT, 2 * UNIT);
  assert.equal(
    shapeOf(flipped, "store/timerlog"),
    "2 units, damage 104+52; 4 units, damage 364+104; 17 units, tail 1352+3848",
  );
  const garbage = storeInMemory(STORE);
  garbage.flip(JAVA_FILE, 30 * UNIT);
  assert.equal(shapeOf(garbage, "store/timerlog"), "26 units, damage 1352+3848");
  const cut = storeInMemory(STORE);
  cut.cut(JAVA_FILE, 3 * UNIT + 10);
  assert.equal(shapeOf(cut, "store/timerlog"), "3 units, damage 156+10");
  cut.cut(JAVA_FILE, 0);
  assert.equal(shapeOf(cut, "store/timerlog"), "");
});

Deno.test("TimerLogReader.items() goes over the filler into the next file, and names a lost one", () => {
  const fs = new MemoryFiles();
  const fileBytes = 4 * UNIT + 30;
  for (const file of [0, 1, 3]) {
    const bytes = new Uint8Array(fileBytes);
    const view = new DataView(bytes.buffer);
    for (let nth = 0; nth < 4; nth++) {
      TIMER_LOG_UNIT.write(view, nth * UNIT, {
        size: UNIT,
        prevPosition: -1,
        magic: TIMER_MAGIC.default,
        enqueueTime: 1_700_000_000_000,
        delayMs: 5000,
        physicalOffset: nth * 100,
        messageSize: 100,
        topicHash: 7,
        reserved: 0,
      });
    }
    view.setInt32(4 * UNIT, 30);
    view.setInt32(4 * UNIT + 12, -875286124);
    fs.put(`timerlog/${offsetName(file * fileBytes)}`, bytes);
  }
  const blank = (file: number) => `blank ${file * fileBytes + 4 * UNIT}+30`;
  assert.equal(
    shapeOf(fs, "timerlog"),
    `4 units, ${blank(0)}; 4 units, ${blank(1)}; ` +
      `0 units, missing ${2 * fileBytes}+${fileBytes}; 4 units, ${blank(3)}`,
  );
});
