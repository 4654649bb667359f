/**
 * Every damage that stops a start, done to stores of Java: verification names it, `mq recover` mends it or
 * leaves what only a person can clear, loses no message by it, and can be taken back.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { FindingCode } from "../store/check/findings.ts";
import type { MemoryFiles } from "../store/file_memory.ts";
import { applyRepair } from "../store/repair/repair.ts";
import { undoRepair } from "../store/repair/undo.ts";
import type { Damage } from "./damage.ts";
import { storeInMemory } from "./fixture.ts";
import { notServed, soundMessages } from "./served.ts";
import { LEFT_TO_PEOPLE, START_DAMAGES } from "./start_damage.ts";
import { differences } from "./store_bytes.ts";
import { verified } from "./verified.ts";

const STORES = ["4.9.7-a-clean-101", "4.9.7-b-kill-second-101", "5.5.0-a-clean-102"];
const TIMED = "5.5.0-e-timer-102";
const LOG_GONE = "log: all files are gone";

/** Codes of all findings, and of those that are no mere infos. */
async function codesOf(files: MemoryFiles): Promise<Record<"all" | "grave", Set<FindingCode>>> {
  const { findings } = await verified(files);
  const grave = findings.filter((it) => it.severity !== "info");
  return {
    all: new Set(findings.map((it) => it.code)),
    grave: new Set(grave.map((it) => it.code)),
  };
}

async function check(damage: Damage, store: string): Promise<boolean> {
  const files = storeInMemory(store);
  const messages = soundMessages(files);
  const sound = await codesOf(files);
  if (damage.apply(files, 1) === undefined) return false;
  const before = files.snapshot();
  const found = (await codesOf(files)).all.difference(sound.all);
  if (damage.finds.length > 0) {
    assert(damage.finds.some((it) => found.has(it)), `found ${[...found]}`);
  }
  if (damage.name === LOG_GONE) {
    await assert.rejects(applyRepair(files, "store"), /has messages, but ".*" has no files/);
    assert.deepEqual(differences(before, files.snapshot()), [], "what is refused is not touched");
    return true;
  }
  const { left, undo } = await applyRepair(files, "store", { allowDataLoss: true });
  assert.deepEqual(left, []);
  const after = (await codesOf(files)).grave.difference(sound.grave);
  assert.deepEqual([...after.difference(new Set<FindingCode>(LEFT_TO_PEOPLE))], []);
  assert.deepEqual(await notServed(files, messages), []);
  if (undo !== undefined) await undoRepair(files, "store", undo);
  assert.deepEqual(differences(before, files.snapshot()), [], "taken back");
  return true;
}

for (const damage of START_DAMAGES) {
  Deno.test(`recover does what can be done about: ${damage.name}`, async () => {
    let done = 0;
    for (const store of damage.name.startsWith("timer:") ? [TIMED] : STORES) {
      try {
        if (await check(damage, store)) done++;
      } catch (error) {
        throw new assert.AssertionError({ message: `${store}: ${(error as Error).message}` });
      }
    }
    assert(done > 0, "no store has what to hit");
  });
}
