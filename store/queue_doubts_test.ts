import assert from "node:assert/strict";
import { SmallStore } from "../testdata/small_store.ts";
import { storePaths } from "./names.ts";
import { OpenFiles } from "./open_files.ts";
import { QueueDoubts } from "./queue_doubts.ts";
import { QueueTable } from "./queue_table.ts";
import { listSegments } from "./segments.ts";

const PATHS = storePaths("store");

Deno.test("QueueDoubts.start() begins at the first record a queue may lack, for each its own", () => {
  const store = new SmallStore().addMany(6).addMany(6, { queueId: 1 }).save();
  const { files: fs, log } = store;
  using files = new OpenFiles(fs);
  const queues = new QueueTable(files, { directory: PATHS.consumeQueue, fileUnits: 10 });
  queues.load();
  using doubts = new QueueDoubts(fs, listSegments(fs, PATHS.commitLogs), log.end);
  const whenNone = "nothing is missing";
  assert.deepEqual(
    [doubts.start({ whenNone }).from, doubts.start({ whenNone }).reason],
    [log.end, whenNone],
  );
  const [one, other] = [queues.get("TopicTest", 0)!, queues.get("TopicTest", 1)!];
  doubts.add(other, "its end is unknown", 3);
  doubts.add(one, "it is gone", 0);
  doubts.add(other, "a later reason");
  const { from, reason, current, doubts: all } = doubts.start({ whenNone });
  assert.deepEqual([from, current], [0, log.end]);
  assert.equal(reason, "2 queues are not what the log calls for");
  assert.deepEqual(all.get(other), {
    from: log.records[9]!.at,
    hole: 3,
    why: "its end is unknown",
  });
  assert.equal(all.get(one)!.from, 0);
});
