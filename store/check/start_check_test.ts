import assert from "node:assert/strict";
import { SmallStore } from "../../testdata/small_store.ts";
import { verified } from "../../testdata/verified.ts";
import { checkpointPage, emptyCheckpoint } from "../checkpoint.ts";
import type { MemoryFiles } from "../file_memory.ts";

const START = 1_700_000_000_000;

/** Forty messages a second apart, some in each of several files; killed, with this checkpoint. */
function killed(stampedTo: number): { files: MemoryFiles; zeroUnit: (index: number) => void } {
  const store = new SmallStore({ segmentBytes: 1024, fileUnits: 100 }).addMany(40).save();
  const { files } = store;
  const time = START + stampedTo * 1000;
  const stamped = { ...emptyCheckpoint(), physicMsgTimestamp: time, logicsMsgTimestamp: time };
  files.put("store/checkpoint", checkpointPage(stamped));
  files.put("store/abort", new Uint8Array(0));
  const path = "store/consumequeue/TopicTest/0/00000000000000000000";
  return { files, zeroUnit: (index) => void files.zero(path, index * 20, 20) };
}

async function late(files: MemoryFiles): Promise<string[]> {
  const { findings } = await verified(files);
  return findings.filter((it) => it.code === "checkpoint-starts-late").map((it) => it.message);
}

Deno.test("checkStart() is content where every release begins at the missing unit or before", async () => {
  const { files, zeroUnit } = killed(30);
  assert.deepEqual(await late(files), [], "nothing is missing");
  zeroUnit(39);
  assert.deepEqual(await late(files), []);
});

Deno.test("checkStart() names each release that begins behind a record without its unit", async () => {
  const { files, zeroUnit } = killed(40);
  zeroUnit(2);
  const [message, ...others] = await late(files);
  assert.deepEqual(others, []);
  for (const release of ["4.2", "4.9", "5.x"]) assert(message!.includes(`Java ${release} at `));
  // The store is not stopped cleanly, and no start would bring the unit back: it is an error.
  const { findings } = await verified(files);
  const missing = findings.find((it) => it.code === "queue-missing-units")!;
  assert.equal(missing.severity, "error");
  assert(message!.startsWith(`records from log offset ${missing.logOffset} on`));
});

Deno.test("checkStart() has nothing to say after a clean stop", async () => {
  const { files, zeroUnit } = killed(40);
  zeroUnit(2);
  files.remove("store/abort");
  assert.deepEqual(await late(files), []);
});
