import assert from "node:assert/strict";
import { readTruth, storeInMemory } from "../../testdata/fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";

const STORE = "5.5.0-e-timer-102";
const WHEEL = "store/timerwheel";
const LOG = "store/timerlog/00000000000000000000";

async function slotsOf(files: ReturnType<typeof storeInMemory>, ...args: string[]) {
  const run = await record(["inspect", "timer", "store", "-o", "json", ...args], { files });
  return { exitCode: run.exitCode, rows: JSON.parse(run.stdout) };
}

Deno.test("mq inspect timer shows as pending what Java had not delivered", async () => {
  const { log } = readTruth(STORE);
  const delivered = new Set(
    log.filter((it) => it.topic === "T_timer").map((it) => it.properties.UNIQ_KEY),
  );
  const { rows } = await slotsOf(storeInMemory(STORE));
  const pending = rows.filter((row: { state: string }) => row.state === "pending");
  const parked = log.filter((it) => {
    return it.topic === "rmq_sys_wheel_timer" && it.properties.TIMER_DEL_UNIQKEY === undefined;
  });
  const waiting = parked.filter((it) => !delivered.has(it.properties.UNIQ_KEY));
  const count = pending.reduce((sum: number, row: { count: number }) => sum + row.count, 0);
  // One of the messages was taken back.
  assert.equal(count, waiting.length - 1);
  const metrics = await record(
    ["inspect", "timer", "store", "--part", "metrics", "-o", "json"],
    { files: storeInMemory(STORE) },
  );
  assert.equal(count, JSON.parse(metrics.stdout)[0].count);
});

Deno.test("mq inspect timer keeps to times, limit and --pending", async () => {
  const files = storeInMemory(STORE);
  const { rows } = await slotsOf(files);
  const times = rows.map((row: { dueTime: number }) => row.dueTime);
  assert.deepEqual(times, times.toSorted((a: number, b: number) => a - b));
  const until = String(times[4]);
  assert.deepEqual((await slotsOf(files, "--until", until)).rows, rows.slice(0, 5));
  assert.deepEqual((await slotsOf(files, "--since", until, "--limit", "2")).rows, rows.slice(4, 6));
  assert.equal((await slotsOf(files, "--pending")).rows.length, 8);
});

Deno.test("mq inspect timer finds slots that lead astray", async () => {
  const damageOf = async (damage: (files: ReturnType<typeof storeInMemory>) => void) => {
    const files = storeInMemory(STORE);
    damage(files);
    const { exitCode, rows } = await slotsOf(files);
    const flaws = rows.flatMap((row: { damage?: string }) => row.damage ?? []);
    assert.equal(exitCode, flaws.length > 0 ? 4 : 0);
    return flaws;
  };
  // Slot of 2026-11-22T09:52:37: time, first and last position.
  const slot = 294_757 * 32;
  assert.deepEqual(await damageOf((files) => files.flip(WHEEL, slot + 7)), [
    "slot 294757 is not that of its time",
  ]);
  assert.deepEqual(await damageOf((files) => files.flip(WHEEL, slot + 15)), [
    "its chain ends at 156 and not at 157",
  ]);
  assert.deepEqual(await damageOf((files) => files.flip(WHEEL, slot + 22, 0x80)), [
    "no unit of the timer log at 33652",
  ]);
  // Due time of the slot's oldest unit.
  assert.deepEqual(await damageOf((files) => files.flip(LOG, 156 + 24)), [
    "the unit at 156 is due at another time",
  ]);
  // The slot of a time that is past may lead nowhere: its file may have been deleted.
  assert.deepEqual(await damageOf((files) => files.flip(LOG, 3)), []);
  assert.deepEqual(await damageOf((files) => files.cut(WHEEL, 38_707_200 - 5)), [
    "38707195 bytes are 1209599 slots and a cut one",
  ]);
});
