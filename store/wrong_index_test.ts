import assert from "node:assert/strict";
import { MESSAGE_V1 } from "./format.ts";
import { listSegments } from "./segments.ts";
import { SmallStore } from "../testdata/small_store.ts";
import { verifyStore } from "./check/verify.ts";
import { repairInto } from "./repair/repair.ts";
import { rightIndex, rightIndexAction } from "./wrong_index.ts";

Deno.test("rightIndex() writes eight bytes, and keeps the old ones aside", () => {
  const store = new SmallStore({ segmentBytes: 4096 }).addMany(3).save();
  const sound = store.files.snapshot();
  const { at } = store.log.records[1]!;
  store.log.flip(at + MESSAGE_V1.at.queueOffset, 0x40);
  const flipped = store.files.snapshot();
  const log = listSegments(store.files, ["store/commitlog"]);
  const said = 0x4000_0000_0000_0001;
  const wrong = { topic: "T", queueId: 0, physicalOffset: at, said, index: 1 };
  const { from, to, reason } = rightIndexAction(wrong, log.segments[0]!);
  assert.deepEqual([from, to], [at + 20, at + 28]);
  assert.match(reason, /says index \d+; its queue and the records beside it say 1$/);
  rightIndex(store.files, "store", { wrong, segment: log.segments[0]! });
  const after = store.files.snapshot();
  const path = store.log.path(at);
  assert.deepEqual(after.get(path), sound.get(path));
  const kept = [...after.keys()].filter((it) => it.startsWith("store/quarantine/"));
  assert.deepEqual(kept.length, 1);
  assert.deepEqual(after.get(kept[0]!), flipped.get(path)!.slice(at + 20, at + 28));
});

Deno.test("a queue whose only file has a wrong name begins again where its records say", async () => {
  const store = new SmallStore({ segmentBytes: 4096 }).addMany(3).save();
  const path = [...store.files.snapshot().keys()].find((it) => it.includes("/consumequeue/"))!;
  const units = store.files.snapshot().get(path)!;
  store.files.put(path.replace(/\d+$/, "00000000000003000000"), units);
  store.files.remove(path);
  const { left } = await repairInto(store.files, "store", "made", { queueFileUnits: 60 });
  assert.deepEqual(left, []);
  const made = store.files.snapshot();
  const queue = [...made.keys()].filter((it) => it.startsWith("made/consumequeue/"));
  assert.deepEqual(queue, [path.replace("store", "made")]);
  assert.deepEqual(made.get(queue[0]!)!.slice(0, 60), units.slice(0, 60));
  for await (const it of verifyStore(store.files, "made")) assert.equal(it.kind, "summary");
});

Deno.test("a queue with a wrong name begins where its records say, also past damaged ones", async () => {
  const store = new SmallStore({ segmentBytes: 4096 }).addMany(6).save();
  for (const nth of [1, 2]) store.log.flip(store.log.records[nth]!.at + MESSAGE_V1.at.totalSize);
  const path = [...store.files.snapshot().keys()].find((it) => it.includes("/consumequeue/"))!;
  const units = store.files.snapshot().get(path)!;
  store.files.rename(path, path.replace(/\d+$/, "00000000000003000000"));
  const options = { queueFileUnits: 60, allowDataLoss: true };
  await repairInto(store.files, "store", "made", options);
  const made = store.files.snapshot();
  const queue = [...made.keys()].filter((it) => it.startsWith("made/consumequeue/"));
  assert.deepEqual(queue, [path.replace("store", "made")]);
  const found = new DataView(made.get(queue[0]!)!.buffer);
  const before = new DataView(units.buffer);
  // The places of the lost ones lead to the message before.
  for (const [index, from] of [0, 0, 0, 3, 4, 5].entries()) {
    assert.equal(found.getBigInt64(index * 20), before.getBigInt64(from * 20), `${index}`);
  }
  for await (const it of verifyStore(store.files, "made")) {
    assert(it.kind === "summary" || it.severity === "info");
  }
});

Deno.test("records that go on behind an index nobody has are all kept, each at its own", async () => {
  // A broker before 5.1.1 refused a message, and used up its index: the queue has no room for it.
  const store = new SmallStore({ segmentBytes: 4096 }).addMany(3).save();
  const { queue } = store.queue();
  for (const slot of [3, 4, 5]) {
    const place = store.log.add({ queueOffset: slot + 1 });
    queue.put(slot, { physicalOffset: place.at, size: place.length, tagsCode: 0n });
  }
  const records = store.log.records.map(({ at }) => at);
  const { applied, left } = await repairInto(store.files, "store", "made");
  assert.deepEqual(left, []);
  assert.deepEqual(applied.map(({ action, from, to, safe }) => [action, from, to, safe]), [
    ["rebuild-queue", 6, 7, true],
    ["rebuild-queue", 4, 6, true],
  ]);
  const path = "made/consumequeue/TopicTest/0/00000000000000000000";
  const units = new DataView(store.files.snapshot().get(path)!.buffer);
  const offsets = [0, 1, 2, 4, 5, 6].map((index) => Number(units.getBigInt64(index * 20)));
  assert.deepEqual(offsets, records);
  const found: string[] = [];
  for await (const it of verifyStore(store.files, "made")) {
    if (it.kind === "finding") found.push(`${it.severity} ${it.code}`);
  }
  assert.deepEqual(found, ["info queue-padding"]);
});
