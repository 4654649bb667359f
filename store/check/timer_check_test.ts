import assert from "node:assert/strict";
import { FIRST, TIMED } from "../../testdata/finding_cases.ts";
import { storeInMemory } from "../../testdata/fixture.ts";
import { brief, foundIn, verified } from "../../testdata/verified.ts";
import type { MemoryFiles } from "../file_memory.ts";
import { TIMER_CHECKPOINT, TIMER_LOG_UNIT } from "../format.ts";

const TIMER_LOG = `store/timerlog/${FIRST}`;
const CHECK = "store/config/timercheck";
/** The store's timer log has 26 units. */
const UNITS = 26;
const UNIT_BYTES = TIMER_LOG_UNIT.size;

function setI64(files: MemoryFiles, path: string, at: number, value: number): void {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigInt64(0, BigInt(value));
  files.openWrite(path).write(new Uint8Array(view.buffer), at);
}

const timerOnly = (lines: readonly string[]) => lines.filter((line) => line.includes(" timer-"));

Deno.test("checkTimer() finds nothing in the timer of a broker that was stopped, at any depth", async () => {
  for (const depth of ["quick", "default", "deep"] as const) {
    const { findings, summary } = await verified(storeInMemory(TIMED), { depth });
    assert.deepEqual(findings, []);
    const { files, bytesExpected, bytesChecked } = summary.files.timer;
    assert.deepEqual([files, bytesExpected], [3, 38_707_200 + 5200 + 4096]);
    assert.equal(bytesChecked, depth === "quick" ? 4096 : bytesExpected);
  }
});

Deno.test("checkTimer() looks for records of what is still to be delivered only", async () => {
  const files = storeInMemory(TIMED);
  // Every unit leads a byte too far.
  for (let nth = 0; nth < UNITS; nth++) {
    files.flip(TIMER_LOG, nth * UNIT_BYTES + TIMER_LOG_UNIT.at.physicalOffset + 7);
  }
  const units = (await verified(files)).findings.filter((it) => it.code === "timer-unit-dangling");
  assert.equal(units.reduce((sum, it) => sum + it.length / UNIT_BYTES, 0), 12);
  // Nothing is pending once the broker has delivered up to the last due time.
  setI64(files, CHECK, TIMER_CHECKPOINT.at.lastReadTime, 1_795_341_158_000);
  assert.deepEqual(timerOnly(await foundIn(files)), []);
});

Deno.test("checkTimer() finds units that say another size than their record's", async () => {
  const files = storeInMemory(TIMED);
  files.flip(TIMER_LOG, 104 + TIMER_LOG_UNIT.at.messageSize + 3);
  const [finding, ...others] = (await verified(files)).findings;
  assert.deepEqual(others, []);
  assert.equal(finding!.message, "unit at 104: says 373 bytes, the record has 372");
});

Deno.test("checkTimer() finds timed messages behind the end of a log that lost its tail", async () => {
  const files = storeInMemory(TIMED);
  // From the third parked record on, at 747, nothing is left.
  files.zero(`store/commitlog/${FIRST}`, 747, 65_536 - 747);
  const found = (await verified(files)).findings.filter((it) => it.code.startsWith("timer-"));
  const units = found.filter((it) => it.code === "timer-unit-dangling");
  assert.equal(units.reduce((sum, it) => sum + it.length / UNIT_BYTES, 0), 12);
  assert.match(units[0]!.message, /leads to log offset 747, the log ends at 747/);
  // The queue the units came from is shorter than what was read of it.
  assert(found.some((it) => it.code === "timer-checkpoint-ahead" && it.offset === 16));
});

Deno.test("checkTimer() takes a torn end after a crash for what every start cuts off", async () => {
  const files = storeInMemory(TIMED);
  const at = UNITS * UNIT_BYTES;
  files.openWrite(TIMER_LOG).write(Uint8Array.of(0, 0, 52, 1, 2, 3), at);
  const line = `timer-log-bad-unit timerlog/${FIRST} ${at}+${5200 - at}`;
  assert.deepEqual(await foundIn(files), [`error ${line}`]);
  files.put("store/abort", new Uint8Array(0));
  assert.deepEqual(timerOnly(await foundIn(files)), [`info ${line}`]);
  // One in the middle no crash leaves.
  files.flip(TIMER_LOG, 52 + 3);
  const bad = timerOnly(await foundIn(files));
  assert(bad.includes(`error timer-log-bad-unit timerlog/${FIRST} 52+52`), bad.join("\n"));
});

Deno.test("checkTimer() compares slots that are still to be delivered with their units", async () => {
  const files = storeInMemory(TIMED);
  // The unit of a pending slot is due a second later than the slot; so is that of a delivered one.
  files.flip(TIMER_LOG, 104 + TIMER_LOG_UNIT.at.enqueueTime + 5);
  files.flip(TIMER_LOG, TIMER_LOG_UNIT.at.enqueueTime + 5);
  const { findings } = await verified(files);
  assert.deepEqual(findings.map(brief), [`warning timer-slot-wrong timerwheel ${211_959 * 32}+32`]);
});

Deno.test("checkTimer() says nothing where there is no timer", async () => {
  const files = storeInMemory(TIMED);
  for (const path of ["store/timerwheel", "store/timerlog", CHECK]) files.remove(path);
  assert.deepEqual(await foundIn(files), []);
});
