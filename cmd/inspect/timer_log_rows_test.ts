import assert from "node:assert/strict";
import { readTruth, storeInMemory } from "../../testdata/fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";

const STORE = "5.5.0-e-timer-102";

async function logOf(files: ReturnType<typeof storeInMemory>, ...args: string[]) {
  const run = await record(
    ["inspect", "timer", "store", "--part", "log", "-o", "json", ...args],
    { files },
  );
  return { exitCode: run.exitCode, rows: JSON.parse(run.stdout) };
}

Deno.test("mq inspect timer --part log has the records Java parked, and what became of them", async () => {
  const records = new Map(readTruth(STORE).log.map((it) => [it.commitLogOffset, it]));
  const { rows, exitCode } = await logOf(storeInMemory(STORE), "--records");
  assert.equal(exitCode, 0);
  const units = rows.filter((row: { kind: string }) => row.kind === "unit");
  assert.equal(units.length, 26);
  for (const unit of units) {
    const java = records.get(unit.commitLogOffset)!;
    assert.equal(unit.topic, java.properties.REAL_TOPIC);
    assert.equal(unit.uniqKey, java.properties.UNIQ_KEY);
    assert.equal(unit.record, "sound");
    assert.equal(unit.action === "delete", java.properties.TIMER_DEL_UNIQKEY !== undefined);
    if (unit.action !== "rolled") assert.equal(unit.dueTime, Number(java.properties.TIMER_OUT_MS));
  }
  assert(units.some((unit: { action: string }) => unit.action === "rolled"));
});

Deno.test("mq inspect timer --part log keeps to positions, times, topic and limit", async () => {
  const files = storeInMemory(STORE);
  const all = (await logOf(files)).rows.slice(0, 26);
  const rowsOf = async (...args: string[]) => (await logOf(files, ...args)).rows;
  assert.deepEqual(await rowsOf("--from", "104", "--to", "208"), all.slice(2, 4));
  assert.deepEqual(await rowsOf("--limit", "3"), all.slice(0, 3));
  assert.deepEqual(await rowsOf("--topic", "T_timer"), all);
  assert.deepEqual(await rowsOf("--topic", "T_other"), []);
  const since = all[3].dueTime;
  const later = all.filter((row: { dueTime: number }) => row.dueTime >= since);
  assert.deepEqual(await rowsOf("--since", String(since)), later);
});

Deno.test("mq inspect timer --part log says which record is gone", async () => {
  const files = storeInMemory(STORE);
  files.flip("store/commitlog/00000000000000000000", 365 + 100);
  files.flip("store/timerlog/00000000000000000000", 28 + 4);
  const { rows, exitCode } = await logOf(files, "--records", "--limit", "3");
  assert.equal(exitCode, 4);
  const states = rows.map((row: { record: string }) => row.record);
  assert.deepEqual(states, ["beyond", "damaged", "sound"]);
});
