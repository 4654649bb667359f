import assert from "node:assert/strict";
import { type Finding, finding } from "../../store/check/findings.ts";
import { CHECKPOINT } from "../../store/format.ts";
import { storePaths } from "../../store/names.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import { LostEnd } from "./lost_end.ts";

const SEGMENT = 4096;

/** Units behind the end of a log that was stopped cleanly, and maybe a checkpoint ahead of it. */
function toldOfRest(
  { field, isKilled }: { field?: keyof typeof CHECKPOINT.at; isKilled?: boolean },
) {
  const { files } = new SmallStore({ segmentBytes: SEGMENT }).addMany(3).save();
  const paths = storePaths("store");
  if (isKilled) files.put(paths.abort, new Uint8Array(0));
  else if (files.stat(paths.abort) !== undefined) files.remove(paths.abort);
  const lost = new LostEnd(files, paths);
  const unit = { file: "store/consumequeue/T/0/00000000000000000000", logOffset: SEGMENT - 1 };
  lost.see(finding("queue-unit-behind-log", { ...unit, length: 60 }, { message: "" }));
  if (field !== undefined) {
    const place = { file: paths.checkpoint, offset: CHECKPOINT.at[field], length: 8 };
    lost.see(finding("checkpoint-ahead", place, { message: "" }));
  }
  return lost.reasons();
}

function told(...places: readonly Partial<Finding>[]) {
  const { files } = new SmallStore({ segmentBytes: SEGMENT }).addMany(3).save();
  const lost = new LostEnd(files, storePaths("store"));
  for (const place of places) {
    const file = "store/consumequeue/T/0/00000000000000000000";
    lost.see(finding("queue-unit-behind-log", { file, ...place }, { message: "" }));
  }
  return lost.reasons();
}

Deno.test("LostEnd tells of what lay behind the log's last file, and not of its unwritten rest", () => {
  assert.deepEqual(told(), []);
  assert.deepEqual(told({ logOffset: SEGMENT - 1, length: 20 }), []);
  const file = "store/batchconsumequeue/T/0/00000000000000000000";
  const [reason] = told(
    { logOffset: SEGMENT, length: 60 },
    { logOffset: SEGMENT + 1, length: 46, file },
    { logOffset: SEGMENT - 1, length: 20 },
  );
  assert.equal(reason?.effect, "loses");
  assert.match(reason.message, /^queues lead to 4 messages behind its last file: /);
});

Deno.test("LostEnd tells of an erased end where a clean stop's checkpoint vouches for it, and else not", () => {
  assert.deepEqual(toldOfRest({}), []);
  assert.deepEqual(toldOfRest({ field: "logicsMsgTimestamp" }), []);
  assert.deepEqual(toldOfRest({ field: "physicMsgTimestamp", isKilled: true }), []);
  const [reason] = toldOfRest({ field: "physicMsgTimestamp" });
  assert.equal(reason?.effect, "loses");
  assert.match(reason.message, /^queues lead to 3 messages behind its last record, and the check/);
});
