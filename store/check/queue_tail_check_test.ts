import assert from "node:assert/strict";
import { unit } from "../../testdata/finding_cases.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import { verified } from "../../testdata/verified.ts";
import type { MemoryFiles } from "../file_memory.ts";
import { QUEUE_PADDING } from "../format.ts";

const DIRECTORY = "store/consumequeue/TopicTest/0";
const SECOND = `${DIRECTORY}/00000000000000000080`;

async function found(files: MemoryFiles): Promise<string[]> {
  const { findings } = await verified(files, { depth: "quick" });
  return findings.filter((it) => /^queue-(empty|ends)/.test(it.code))
    .map((it) => `${it.code} ${it.file.slice(DIRECTORY.length)} ${it.queueOffset}+${it.length}`);
}

Deno.test("checkQueueTails() finds a last file without units behind one with some", async () => {
  const { files } = new SmallStore({ fileUnits: 4 }).addMany(4).save();
  assert.deepEqual(await found(files), []);
  files.put(SECOND, new Uint8Array(80));
  assert.deepEqual(await found(files), ["queue-empty-last-file /00000000000000000080 4+80"]);
  // A file that is empty or cut has a code of its own.
  files.cut(SECOND, 0);
  assert.deepEqual(await found(files), []);
});

Deno.test("checkQueueTails() says nothing of the only file of a queue, nor of a last one in use", async () => {
  const { files } = new SmallStore({ fileUnits: 4 }).addMany(5).save();
  files.put("store/consumequeue/Empty/0/00000000000000000000", new Uint8Array(80));
  assert.deepEqual(await found(files), []);
});

Deno.test("checkQueueTails() waits for units that the log still calls for", async () => {
  const { files } = new SmallStore({ fileUnits: 4 }).addMany(5).save();
  files.zero(SECOND, 0, 20);
  const { findings } = await verified(files);
  assert.deepEqual(findings.map((it) => it.code), ["queue-missing-units"]);
});

Deno.test("checkQueueTails() finds padding with no unit behind it, and no other", async () => {
  const { files } = new SmallStore({ fileUnits: 4 }).addMany(1).save();
  const path = "store/consumequeue/TopicTest/1/00000000000000000000";
  const bytes = new Uint8Array(80);
  for (const slot of [0, 1]) bytes.set(unit(QUEUE_PADDING), slot * 20);
  files.put(path, bytes);
  assert.deepEqual((await found(files)).length, 1);
  bytes.set(unit({ physicalOffset: 0, size: 100, tagsCode: 0n }), 40);
  files.put(path, bytes);
  assert.deepEqual(await found(files), []);
});
