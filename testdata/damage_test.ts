/**
 * Every named damage, done to stores of Java and to a small one: it is found, `mq recover` plans, does
 * it, and leaves a store in which nothing is found, that loses no message the damage did not touch,
 * and that is byte for byte as before when the repair is taken back.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { FindingCode } from "../store/check/findings.ts";
import { CommitLogScan } from "../store/commit_log_scan.ts";
import type { MemoryFiles } from "../store/file_memory.ts";
import type { RepairAction } from "../store/repair/action.ts";
import { applyRepair, planRepair } from "../store/repair/repair.ts";
import { undoRepair } from "../store/repair/undo.ts";
import { listSegments } from "../store/segments.ts";
import { type Damage, DAMAGES } from "./damage.ts";
import { storeInMemory } from "./fixture.ts";
import { notServed, soundMessages } from "./served.ts";
import { SmallStore } from "./small_store.ts";
import { copyOf, differences } from "./store_bytes.ts";
import { verified } from "./verified.ts";

const SIZES = { queueFileUnits: 60, indexGeometry: { slots: 100, entries: 400 } };
/** Stores that are damaged, and with which seeds. */
const STORES: readonly {
  readonly name: string;
  readonly make: () => MemoryFiles;
  readonly seeds: readonly number[];
}[] = [
  { name: "a small store", make: small, seeds: [1, 2, 3] },
  ...["4.2.0-a-clean-103", "4.9.7-a-clean-101", "5.5.0-a-clean-102"].map((name, nth) => {
    return { name, make: () => storeInMemory(name), seeds: [4 + nth] };
  }),
];

/** A hundred messages in three queues of a log of several files, some with keys. */
function small(): MemoryFiles {
  const store = new SmallStore({ segmentBytes: 4096 });
  const body = Uint8Array.from({ length: 150 }, (_, nth) => nth + 1);
  for (let nth = 0; nth < 100; nth++) {
    const properties = nth % 7 === 0 ? `KEYS\u0001key${nth}\u0002` : "TAGS\u0001TagA\u0002";
    store.add({ queueId: nth % 3, body, properties });
  }
  return store.save().files;
}

/** Sizes of all records of a log by their offsets. */
function recordsOf(files: MemoryFiles): Map<number, number> {
  const found = new Map<number, number>();
  const scan = new CommitLogScan(files, listSegments(files, "store/commitlog"));
  while (scan.next()) if (scan.kind === "message") found.set(scan.at, scan.length);
  scan.close();
  return found;
}

/** Log offsets in lines of {@linkcode notServed}. */
function offsetIn(line: string): number {
  return Number(/ at (\d+):/.exec(line)![1]);
}

async function check(damage: Damage, make: () => MemoryFiles, seed: number): Promise<boolean> {
  const files = make();
  const messages = soundMessages(files);
  const sound = (await verified(files)).findings.filter((it) => it.severity !== "info");
  assert.deepEqual(sound, []);
  const touched = damage.apply(files, seed);
  if (touched === undefined) return false;
  const before = files.snapshot();
  const codes = new Set((await verified(files)).findings.map((it) => it.code));
  assert(damage.finds.some((code) => codes.has(code)), `found ${[...codes].join(", ")}`);

  const { actions } = await planRepair(files, "store", SIZES);
  assert.deepEqual(differences(before, files.snapshot()), [], "a plan writes nothing");
  const { applied, left, undo } = await applyRepair(files, "store", {
    ...SIZES,
    allowDataLoss: true,
  });
  assert.deepEqual([...applied, ...left], actions, "what is planned is done");
  assert.deepEqual(left, []);
  const stays = touched.length === 0
    ? []
    : /another store/.test(damage.name)
    ? STAYS_OF_OTHERS
    : STAYS;
  await checkRepaired(files, stays);

  const isTouched = (at: number, size: number) =>
    touched.some(({ from, to }) => at < to && at + size > from);
  const sizes = new Map(messages.map((it) => [it.physicalOffset, it.record.length]));
  const lost = (await notServed(files, messages)).map(offsetIn);
  assert.deepEqual(lost.filter((at) => !isTouched(at, sizes.get(at)!)), [], "lost untouched");
  const hit = [...recordsOf(make())].filter(([at, size]) => isTouched(at, size)).length;
  assert(lossOf(applied) <= hit, `says ${lossOf(applied)}, touched ${hit}`);

  if (undo !== undefined) await undoRepair(files, "store", undo);
  assert.deepEqual(differences(before, files.snapshot()), [], "taken back");
  return true;
}

/**
 * What nothing can put right: properties no checksum covers, and the times and indexes of sound
 * records that are another store's, of which only one can have a place in a queue.
 */
const STAYS: readonly FindingCode[] = [
  "log-torn-properties",
  "log-time-jump",
  "queue-offset-repeated",
];
const STAYS_OF_OTHERS: readonly FindingCode[] = [...STAYS, "queue-missing-units"];

async function checkRepaired(files: MemoryFiles, stays: readonly FindingCode[]): Promise<void> {
  const after = copyOf(files);
  const grave = (await verified(after)).findings.filter(({ severity, code }) => {
    return severity !== "info" && !stays.includes(code);
  });
  assert.deepEqual(grave.map((it) => `${it.code} ${it.file} ${it.offset} ${it.message}`), []);
  assert.deepEqual((await planRepair(after, "store", SIZES)).actions, [], "a second plan is empty");
}

function lossOf(actions: readonly RepairAction[]): number {
  return actions.reduce((sum, it) => sum + it.messagesLost, 0);
}

for (const damage of DAMAGES) {
  Deno.test(`recover mends: ${damage.name}`, async () => {
    let done = 0;
    for (const { name, make, seeds } of STORES) {
      for (const seed of seeds) {
        try {
          if (await check(damage, make, seed)) done++;
        } catch (error) {
          const title = `${name}, seed ${seed}: ${(error as Error).message}`;
          throw new assert.AssertionError({ message: title });
        }
      }
    }
    assert(done >= 3, `only ${done} stores have what to hit`);
  });
}

Deno.test("DAMAGES do the same for the same seed, and have names of their own", () => {
  assert.equal(new Set(DAMAGES.map((it) => it.name)).size, DAMAGES.length);
  for (const damage of DAMAGES) {
    const [one, two] = [small(), small()];
    assert.deepEqual(damage.apply(one, 7), damage.apply(two, 7));
    assert.deepEqual(differences(one.snapshot(), two.snapshot()), [], damage.name);
  }
});
