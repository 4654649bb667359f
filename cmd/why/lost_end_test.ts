import assert from "node:assert/strict";
import { type Finding, finding } from "../../store/check/findings.ts";
import { storePaths } from "../../store/names.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import { LostEnd } from "./lost_end.ts";

const SEGMENT = 4096;

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
