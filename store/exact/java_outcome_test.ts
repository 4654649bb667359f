import assert from "node:assert/strict";
import { SmallStore } from "../../testdata/small_store.ts";
import { listSegments } from "../segments.ts";
import { countMessages } from "./java_outcome.ts";
import { recoverAsJava } from "./java_recovery.ts";

Deno.test("countMessages passes over damage", async () => {
  const store = new SmallStore().addMany(9).save();
  store.log.flip(store.log.records[4]!.at + 90);
  const log = listSegments(store.files, "store/commitlog");
  assert.equal(await countMessages(store.files, log, undefined), 8);
  const stopped = AbortSignal.abort();
  assert.equal(
    await countMessages(store.files, log, stopped),
    8,
    "asked every 65,536 records only",
  );
});

Deno.test("judgeQueues tells messages in no queue from those at a wrong index", async () => {
  const store = new SmallStore().addMany(4).save();
  const { queue } = store.queue();
  const [, , third, fourth] = store.log.records;
  // Unit 1 leads to the third message, unit 2 to nothing that is known, the fourth has none.
  queue.put(1, { physicalOffset: third!.at, size: third!.length });
  queue.put(2, { physicalOffset: fourth!.at + 7, size: fourth!.length });
  queue.put(3, { size: 0 });
  const report = await recoverAsJava(store.files, "store", "4.2");
  assert.equal(report.messagesAfter, 4);
  assert.deepEqual([report.inNoQueue, report.atWrongIndex], [2, 1]);
});

Deno.test("judgeQueues finds nothing wrong with a sound store", async () => {
  const store = new SmallStore({ fileUnits: 3 }).addMany(20).save();
  for (const release of ["4.2", "4.9", "5.x"] as const) {
    const report = await recoverAsJava(store.files, "store", release);
    assert.deepEqual(
      [report.messagesAfter, report.inNoQueue, report.atWrongIndex, report.deleted],
      [20, 0, 0, []],
    );
  }
});
