import assert from "node:assert/strict";
import { SmallStore } from "../../testdata/small_store.ts";
import { foundIn } from "../../testdata/verified.ts";
import { readStoreState } from "../check/store_state.ts";
import { offsetName } from "../names.ts";
import type { RepairOptions } from "./action.ts";
import { RecordedFiles } from "./recorded_files.ts";
import { type PassOutcome, repairPass } from "./repair_pass.ts";

const BODY = new Uint8Array(100).fill(7);

function pass(
  { files }: SmallStore,
  { keepDamaged, ...options }: RepairOptions & { readonly keepDamaged: boolean },
): Promise<PassOutcome> {
  const recorded = new RecordedFiles(files, { root: "store", beforeFirst: () => {} });
  return repairPass(recorded, { state: readStoreState(files, "store"), options, keepDamaged });
}

function names({ actions }: PassOutcome): string[] {
  return actions.map(({ action, file, from, to }) => `${action} ${file.slice(6)} ${from}-${to}`);
}

Deno.test("repairPass() that keeps damage changes nothing about it and says that there is a rest", async () => {
  const store = new SmallStore().addMany(20, { body: BODY }).save();
  store.log.flip(store.log.records[7]!.at + 120);
  const before = store.files.snapshot();
  const outcome = await pass(store, { keepDamaged: true });
  assert.deepEqual([names(outcome), outcome.hasRest], [[], true]);
  assert.deepEqual(store.files.snapshot(), before);
  const [left] = outcome.report.left;
  assert.deepEqual([left!.action, left!.from, left!.messagesLost], [
    "skip-damage",
    store.log.records[7]!.at,
    1,
  ]);
});

Deno.test("repairPass() joins ranges of damage that touch into one filler", async () => {
  const store = new SmallStore().addMany(20, { body: BODY }).save();
  const [first, second] = [store.log.records[7]!, store.log.records[8]!];
  store.log.flip(first.at + 120);
  store.log.flip(second.at + 120);
  const outcome = await pass(store, { keepDamaged: false });
  const to = second.at + second.length;
  assert.deepEqual(names(outcome), [
    "rebuild-queue consumequeue/TopicTest/0 7-9",
    `fill-damage commitlog/${offsetName(0)} ${first.at}-${to}`,
  ]);
  const fill = outcome.actions.at(-1)!;
  assert.deepEqual([fill.bytesLost, fill.messagesLost], [to - first.at, 2]);
  assert.match(fill.reason, /^expected [0-9a-f]{8}, found [0-9a-f]{8}$/);
});

Deno.test("repairPass() names every file it changes, queues by their folder", async () => {
  const properties = "KEYS\u0001k\u0002";
  const store = new SmallStore().addMany(12, { properties }).save();
  store.files.zero("store/consumequeue/TopicTest/0/00000000000000000000", 45, 5);
  store.files.flip(store.indexPath, 40 + 5 * 4 + 20 + 3);
  const outcome = await pass(store, { keepDamaged: true });
  const [name] = store.files.list("store/index");
  assert.deepEqual(outcome.actions.map(({ action, file, reason }) => [action, file, reason]), [
    ["rebuild-index", store.indexPath, "it, or one before it, contradicts the log"],
    ["rebuild-index", `store/index/${name}`, "keys were missing"],
    [
      "rebuild-queue",
      "store/consumequeue/TopicTest/0",
      "units were not those of the log's records",
    ],
  ]);
});

Deno.test("repairPass() builds a lost index file with the slots of those that are left", async () => {
  const store = new SmallStore().addMany(12, { properties: "KEYS\u0001k\u0002" }).save();
  const size = store.files.stat(store.indexPath)!.size;
  store.files.flip(store.indexPath, 40 + 5 * 4 + 20 + 3);
  await pass(store, { keepDamaged: true });
  const [name] = store.files.list("store/index");
  assert.equal(store.files.stat(`store/index/${name}`)!.size, size);
});

Deno.test("repairPass() leaves no key of a last record that was not written whole", async () => {
  const store = new SmallStore().addMany(3, { properties: "KEYS\u0001k\u0002" }).save();
  const { at, length } = store.log.records.at(-1)!;
  store.log.write(at + length - 2, new Uint8Array(2));
  store.files.put("store/abort", new Uint8Array(0));
  const outcome = await pass(store, { keepDamaged: true });
  assert(names(outcome).includes(`cut-tail commitlog/${offsetName(0)} ${at}-${at + length - 2}`));
  const found = await foundIn(store.files);
  assert.deepEqual(found.filter((line) => line.includes(" index-")), []);
});

Deno.test("repairPass() fills damage at the time of what is in front where nothing else tells one", async () => {
  const store = new SmallStore({ segmentBytes: 1024 }).addMany(12, { body: BODY }).save();
  const last = store.log.records.findLast(({ at }) => at < 1024)!;
  // The end of the first file but for its filler, and all of the second: two ranges side by side.
  store.log.flip(last.at + 4);
  for (const { at } of store.log.records) if (at >= 1024 && at < 2048) store.log.flip(at + 4);
  await pass(store, { keepDamaged: false });
  const found = await foundIn(store.files);
  assert.deepEqual(found.filter((line) => line.includes(" log-")), []);
});

Deno.test("repairPass() ends at once when it is told to, with nothing written", async () => {
  const store = new SmallStore().addMany(12).save();
  store.files.remove("store/consumequeue");
  const before = store.files.snapshot();
  const signal = AbortSignal.abort(new Error("enough"));
  await assert.rejects(pass(store, { keepDamaged: true, signal }), /enough/);
  assert.deepEqual(store.files.snapshot(), before);
});

Deno.test("repairPass() leaves an index alone whose last record has no entry for its tag", async () => {
  const store = new SmallStore();
  const properties = "KEYS\u0001k\u0002TAGS\u0001TagA\u0002";
  const { at } = store.add({ properties });
  // Java's brokers of 5.5 index tags, too; one that went on from there does not.
  const place = { physicalOffset: at, storeTimestamp: 1_700_000_001_000 };
  store.index.put({ topic: "TopicTest", key: "T#TagA" }, place);
  store.add({ properties });
  assert.deepEqual((await pass(store.save(), { keepDamaged: true })).actions, []);
});
