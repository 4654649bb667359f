import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import { verified } from "../../testdata/verified.ts";
import { DELAY_LEVELS_MS, SCHEDULE_TOPIC } from "../dispatch.ts";
import type { MemoryFiles } from "../file_memory.ts";
import { QUEUE_UNIT } from "../format.ts";
import { applyRepair } from "../repair/repair.ts";
import { delayLevelsSeen } from "./delay_levels_seen.ts";
import { readStoreState } from "./store_state.ts";

const THREE_LEVELS = [1000, 2000, 3000];

/** The file of a level's queue. */
function queueFile(level: number): string {
  return `store/consumequeue/${SCHEDULE_TOPIC}/${level - 1}/00000000000000000000`;
}

/** Sets when the message of a unit is due; `change` is given the time that stands there. */
function setDueTime(
  files: MemoryFiles,
  { level, unit }: { readonly level: number; readonly unit: number },
  change: (time: bigint) => bigint,
): void {
  const file = files.openWrite(queueFile(level));
  const bytes = new Uint8Array(8);
  const at = unit * QUEUE_UNIT.size + QUEUE_UNIT.at.tagsCode;
  file.read(bytes, at);
  const view = new DataView(bytes.buffer);
  view.setBigInt64(0, change(view.getBigInt64(0)));
  file.write(bytes, at);
  file.close();
}

/** A store with so many waiting messages of each of three levels, as its broker was set. */
function storeWith(count: number, levelsMs: readonly number[] = THREE_LEVELS): SmallStore {
  const store = new SmallStore({ segmentBytes: 65_536, fileUnits: 100 });
  for (let unit = 0; unit < count; unit++) {
    for (const level of [1, 2, 3]) {
      const properties = `DELAY\u0001${level}\u0002`;
      store.add({ topic: SCHEDULE_TOPIC, queueId: level - 1, properties });
      const more = BigInt(levelsMs[level - 1]! - DELAY_LEVELS_MS[level - 1]!);
      setDueTime(store.files, { level, unit }, (time) => time + more);
    }
  }
  return store.save();
}

function seenIn(files: MemoryFiles): readonly number[] {
  return delayLevelsSeen(readStoreState(files, "store"));
}

Deno.test("delayLevelsSeen tells the levels of a broker that was set to others", () => {
  for (const count of [1, 2, 30]) {
    const seen = seenIn(storeWith(count).files);
    assert.deepEqual(seen.slice(0, 3), THREE_LEVELS);
    assert.deepEqual(seen.slice(3), DELAY_LEVELS_MS.slice(3));
  }
  assert.deepEqual(seenIn(new SmallStore().addMany(3).save().files), DELAY_LEVELS_MS);
});

Deno.test("delayLevelsSeen tells Java's default levels of stores that Java wrote", () => {
  for (const name of ["4.9.7-a-clean-101", "5.5.0-a-clean-102"]) {
    const files = storeInMemory(name);
    assert(files.list(`store/consumequeue/${SCHEDULE_TOPIC}`).length > 0, name);
    assert.deepEqual(seenIn(files), DELAY_LEVELS_MS);
  }
});

Deno.test("delayLevelsSeen keeps the default level where one unit speaks for it", () => {
  const { files } = storeWith(9, DELAY_LEVELS_MS);
  for (let unit = 0; unit < 8; unit++) {
    setDueTime(files, { level: 2, unit }, (time) => time + 7000n);
  }
  assert.deepEqual(seenIn(files), DELAY_LEVELS_MS);
});

Deno.test("delayLevelsSeen takes no flipped bit of a single unit's time for a level", () => {
  for (let bit = 0n; bit < 63n; bit++) {
    const { files } = storeWith(1, DELAY_LEVELS_MS);
    setDueTime(files, { level: 2, unit: 0 }, (time) => time ^ (1n << bit));
    assert.deepEqual(seenIn(files), DELAY_LEVELS_MS, `bit ${bit}`);
  }
});

Deno.test("delayLevelsSeen looks past a damaged beginning of a queue", () => {
  const { files } = storeWith(9);
  const file = files.openWrite(queueFile(2));
  file.write(new Uint8Array(3 * QUEUE_UNIT.size), 0);
  file.close();
  setDueTime(files, { level: 3, unit: 0 }, (time) => time ^ 1024n);
  assert.deepEqual(seenIn(files).slice(0, 3), THREE_LEVELS);
});

Deno.test("verifyStore finds nothing in a sound store of a broker with other levels", async () => {
  const store = storeWith(20);
  for (const depth of ["quick", "default", "deep"] as const) {
    assert.deepEqual((await verified(store.files, { depth })).findings, [], depth);
  }
  setDueTime(store.files, { level: 2, unit: 4 }, (time) => time + 1000n);
  const { findings } = await verified(store.files);
  assert.deepEqual(findings.map((it) => [it.code, it.queueId, it.queueOffset]), [
    ["queue-tags-mismatch", 1, 4],
  ]);
});

Deno.test("verifyStore goes by the levels it is given", async () => {
  const { findings } = await verified(storeWith(2).files, { delayLevelsMs: DELAY_LEVELS_MS });
  assert.deepEqual(findings.map((it) => [it.code, it.queueId]), [
    ["queue-tags-mismatch", 1],
    ["queue-tags-mismatch", 2],
  ]);
});

Deno.test("applyRepair builds a delay queue anew by the levels it told of", async () => {
  const store = storeWith(20);
  const before = store.files.snapshot().get(queueFile(2))!.slice();
  for (const level of [1, 2, 3]) {
    setDueTime(store.files, { level, unit: 7 }, (time) => time ^ 1n);
  }
  await applyRepair(store.files, "store");
  assert.deepEqual(store.files.snapshot().get(queueFile(2)), before);
  await applyRepair(store.files, "store", { rebuild: { queues: {} } });
  assert.deepEqual(store.files.snapshot().get(queueFile(2)), before);
  assert.deepEqual((await verified(store.files)).findings, []);
});
