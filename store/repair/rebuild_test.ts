import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import { differences, withoutUndo } from "../../testdata/store_bytes.ts";
import { foundIn } from "../../testdata/verified.ts";
import type { MemoryFiles } from "../file_memory.ts";
import type { RebuildWish } from "./rebuild.ts";
import { applyRepair, planRepair } from "./repair.ts";
import { undoRepair } from "./undo.ts";

const ROOT = "store";
const EVERYTHING: RebuildWish = { queues: {}, index: true, checkpoint: true };

async function rebuilt(files: MemoryFiles, wish: RebuildWish, allowDataLoss = false) {
  const plan = await planRepair(files, ROOT, { rebuild: wish });
  const { applied, left, undo } = await applyRepair(files, ROOT, { rebuild: wish, allowDataLoss });
  assert.deepEqual([...applied, ...left], plan.actions);
  return { applied, left, undo };
}

Deno.test("what is built anew of a sound store of Java is what was there, and can be taken back", async () => {
  for (const name of ["4.9.7-a-clean-101", "5.5.0-a-clean-102", "5.5.0-e-bcq-102"]) {
    const files = storeInMemory(name);
    const before = files.snapshot();
    const { applied, undo } = await rebuilt(files, EVERYTHING);
    assert(applied.length > 3);
    assert(applied.every((it) => it.safe && it.reason === "asked for"), name);
    const changed = differences(before, withoutUndo(files.snapshot()));
    // Files of the index are named by the clock, and the checkpoint speaks of all of the log.
    const others = changed.filter((path) => !/\/index\/|\/checkpoint$/.test(path));
    assert.deepEqual(others, [], name);
    assert.deepEqual((await foundIn(files)).filter((line) => !line.startsWith("info")), []);
    await undoRepair(files, ROOT, undo!);
    assert.deepEqual(differences(before, files.snapshot()), [], name);
  }
});

Deno.test("one queue is built anew, the others are not touched", async () => {
  const { files } = new SmallStore({ fileUnits: 10 }).addMany(25).addMany(12, { queueId: 1 })
    .save();
  const before = files.snapshot();
  const { applied } = await rebuilt(files, { queues: { topic: "TopicTest", queueId: 0 } });
  assert.deepEqual(applied.map(({ action, file, from, to }) => [action, file, from, to]), [
    ["rebuild-queue", "store/consumequeue/TopicTest/0", 0, 25],
  ]);
  assert.deepEqual(differences(before, withoutUndo(files.snapshot())), []);
});

Deno.test("a queue or topic that is not there is named", async () => {
  const { files } = new SmallStore().addMany(3).save();
  await assert.rejects(
    planRepair(files, ROOT, { rebuild: { queues: { topic: "None" } } }),
    /^Error: Cannot rebuild queues of "store": topic "None" has no queue$/,
  );
  await assert.rejects(
    planRepair(files, ROOT, { rebuild: { queues: { topic: "TopicTest", queueId: 7 } } }),
    /topic "TopicTest" has no queue 7$/,
  );
});

Deno.test("a queue whose last message is damaged is not built anew without leave: it would end earlier", async () => {
  const store = new SmallStore().addMany(5, { queueId: 1 }).addMany(5);
  const { at } = store.add({ queueId: 1, body: new Uint8Array(200).fill(1) });
  store.addMany(2).save();
  store.log.flip(at + 120);
  const wish: RebuildWish = { queues: { topic: "TopicTest", queueId: 1 } };
  const before = store.files.snapshot();
  const { applied, left } = await applyRepair(store.files, ROOT, { rebuild: wish });
  assert.deepEqual(applied, []);
  const own = left.find((it) => it.reason.startsWith("asked for"))!;
  assert.deepEqual([own.action, own.from, own.to, own.safe], ["rebuild-queue", 5, 6, false]);
  assert.deepEqual(differences(before, withoutUndo(store.files.snapshot())), []);
  const all = await rebuilt(store.files, wish, true);
  assert.deepEqual(all.left, []);
  assert(all.applied.some((it) => it.reason.startsWith("asked for")));
});
