import assert from "node:assert/strict";
import { DAMAGES } from "../../testdata/damage.ts";
import { storeInMemory } from "../../testdata/fixture.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import type { MemoryFiles } from "../file_memory.ts";
import { verifyStore } from "../check/verify.ts";
import { findFixes, type Fixes } from "./fixes.ts";
import { planRepair } from "./repair.ts";

const SIZES = { queueFileUnits: 60, indexGeometry: { slots: 100, entries: 400 } };

/** Each action with what it puts right, in lines; and what nothing does. */
async function fixes(files: MemoryFiles): Promise<{ lines: string[]; unfixed: Fixes["unfixed"] }> {
  const { actions } = await planRepair(files, "store", SIZES);
  const { of, unfixed } = await findFixes(actions, verifyStore(files, "store"));
  const lines = actions.map((it) => {
    return `${it.action} ${it.file.slice("store/".length)}: ${[...of.get(it) ?? []].join(" ")}`;
  });
  return { lines, unfixed };
}

Deno.test("findFixes() tells of each kind of action what it puts right", async () => {
  const store = new SmallStore({ segmentBytes: 4096 });
  const body = new Uint8Array(100).fill(7);
  for (let nth = 0; nth < 60; nth++) store.add({ queueId: nth % 3, body });
  const { files, log } = store.save();
  log.flip(log.records[6]!.at + 120);
  files.zero("store/consumequeue/TopicTest/1/00000000000000000000", 40, 40);
  files.cut("store/consumequeue/TopicTest/2/00000000000000000200", 150);
  files.remove("store/checkpoint");
  files.put("store/abort", new Uint8Array(0));
  const { lines, unfixed } = await fixes(files);
  assert.deepEqual(lines, [
    "extend-file consumequeue/TopicTest/2/00000000000000000200: queue-wrong-length",
    "rebuild-queue consumequeue/TopicTest/2: queue-missing-units",
    "rebuild-queue consumequeue/TopicTest/1: queue-missing-units",
    "write-checkpoint checkpoint: checkpoint-missing",
    "rebuild-queue consumequeue/TopicTest/0: queue-unit-dangling",
    "fill-damage commitlog/00000000000000000000: log-body-crc",
    "remove-abort abort: store-unclean",
  ]);
  assert.equal(unfixed.size, 0);
});

Deno.test("a topic that is put right is the fix for the queues of both names", async () => {
  const store = new SmallStore();
  for (let nth = 0; nth < 6; nth++) store.add({ topic: nth % 2 === 0 ? "orders0" : "orders1" });
  const { files, log } = store.save();
  const bytes = files.snapshot().get(log.path(0))!;
  const { at, length } = log.records[2]!;
  const name = bytes.indexOf("0".charCodeAt(0), bytes.indexOf("o".charCodeAt(0), at + 88));
  assert(name < at + length);
  log.flip(name);
  const { lines, unfixed } = await fixes(files);
  assert.deepEqual([...unfixed], []);
  assert.deepEqual(lines, [
    "right-topic commitlog/00000000000000000000: queue-unit-mismatch",
  ]);
});

Deno.test("of what damage leaves nothing is without an action but torn properties", async () => {
  for (const { name, apply } of DAMAGES) {
    // Sound records of another store have times and indexes of their own.
    if (name.includes("another store")) continue;
    for (const seed of [1, 2]) {
      const files = storeInMemory("5.5.0-a-clean-102");
      if (apply(files, seed) === undefined) continue;
      const { lines, unfixed } = await fixes(files);
      const codes = [...unfixed.keys()].filter((code) => code !== "log-torn-properties");
      assert.deepEqual(codes, [], `${name}, seed ${seed}:\n${lines.join("\n")}`);
    }
  }
});

Deno.test("findFixes() counts what no action puts right", async () => {
  const { files } = new SmallStore().addMany(3).save();
  // The disk's own folder stays.
  files.put("store/commitlog/lost+found/one", new Uint8Array(1));
  files.put("store/consumequeue/TopicTest/0/lost+found/two", new Uint8Array(1));
  const { lines, unfixed } = await fixes(files);
  assert.deepEqual(lines, []);
  assert.deepEqual([...unfixed], [["log-stray-file", 1], ["queue-stray-file", 1]]);
});
