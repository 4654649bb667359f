import assert from "node:assert/strict";
import { SmallStore } from "../../testdata/small_store.ts";
import { verified } from "../../testdata/verified.ts";
import type { MemoryFiles } from "../file_memory.ts";

const FIRST = "store/commitlog/00000000000000000000";

async function stale(files: MemoryFiles): Promise<(number | undefined)[]> {
  const { findings } = await verified(files);
  return findings.filter((it) => it.code === "log-stale-records").map((it) => it.logOffset);
}

Deno.test("StaleCheck finds what a cut left behind the records that took its place", async () => {
  // Equal stores: the second was cut after four messages, and got three larger ones since.
  const before = new SmallStore({ segmentBytes: 8192 }).addMany(20);
  const after = new SmallStore({ segmentBytes: 8192 }).addMany(4);
  const { records } = before.log;
  const storeTimestamp = 1_700_000_100_000;
  for (let nth = 0; nth < 3; nth++) after.add({ body: new Uint8Array(150), storeTimestamp });
  const old = before.files.snapshot().get(FIRST)!;
  after.files.openWrite(FIRST).write(old.subarray(after.log.end), after.log.end);
  const first = records.find((it) => it.at >= after.log.end)!;
  assert(first.at > after.log.end, "an old record is cut into two");
  assert.deepEqual(await stale(after.save().files), [first.at]);
});

Deno.test("StaleCheck takes records behind a gap that are younger for what they are", async () => {
  const store = new SmallStore({ segmentBytes: 8192 }).addMany(20).save();
  store.files.flip(FIRST, store.log.records[7]!.at + 4);
  assert.deepEqual(await stale(store.files), []);
});

Deno.test("StaleCheck says nothing of a gap that reaches the end of its file", async () => {
  const store = new SmallStore({ segmentBytes: 1024 }).addMany(20).save();
  const inFirst = store.log.records.filter((it) => it.at < 1024);
  store.files.zero(FIRST, inFirst.at(-1)!.at, 1024 - inFirst.at(-1)!.at);
  assert.deepEqual(await stale(store.files), []);
});
