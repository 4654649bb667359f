import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { storeInMemory } from "../../testdata/fixture.ts";
import { notServed, soundMessages } from "../../testdata/served.ts";
import { differences } from "../../testdata/store_bytes.ts";
import { foundIn, verified } from "../../testdata/verified.ts";
import type { MemoryFiles } from "../file_memory.ts";
import { storePaths } from "../names.ts";
import { findFixes } from "./fixes.ts";
import { filesUnder } from "./overlay_files.ts";
import { cutExtensions } from "./queue_ext_repair.ts";
import { applyRepair, planRepair } from "./repair.ts";
import { undoRepair } from "./undo.ts";

const STORE = "5.5.0-e-cqext-102";

/** Garbage in the first unit of every extension file. */
function damaged(): MemoryFiles {
  const files = storeInMemory(STORE);
  for (const path of [...filesUnder(files, "store/consumequeue_ext")]) {
    files.openWrite(path).write(new Uint8Array(50).fill(0x7f), 10);
  }
  return files;
}

Deno.test("recover ends extension files where their units do, and nothing is found after it", async () => {
  const files = damaged();
  const messages = soundMessages(files);
  const before = files.snapshot();
  const { findings } = await verified(files);
  const { actions } = await planRepair(files, "store");
  const cuts = actions.filter(({ action }) => action === "cut-extension");
  assert(cuts.length > 0 && cuts.every(({ safe }) => safe));
  assert.deepEqual([...(await findFixes(actions, Readable.from(findings))).unfixed], []);
  const { left, undo } = await applyRepair(files, "store");
  assert.deepEqual(left, []);
  assert.deepEqual((await foundIn(files)).filter((it) => !it.startsWith("info")), []);
  assert.deepEqual((await planRepair(files, "store")).actions, []);
  assert.deepEqual(await notServed(files, messages), []);
  for (const { file, from, to } of cuts) {
    const [, topic, queueId] = /ext\/(.*)\/(\d+)\//.exec(file)!;
    const name = `consumequeue_ext-${topic}-${queueId}-${file.slice(-20)}`;
    const kept = files.snapshot().get(`store/quarantine/${name}`);
    assert.deepEqual(kept, before.get(file)!.subarray(from, to));
  }
  await undoRepair(files, "store", undo!);
  assert.deepEqual(differences(before, files.snapshot()), []);
});

Deno.test("recover ends the extension files of a queue that it builds again, too", async () => {
  const files = damaged();
  files.remove("store/consumequeue");
  await applyRepair(files, "store");
  assert.deepEqual((await foundIn(files)).filter((it) => !it.startsWith("info")), []);
});

Deno.test("cutExtensions() leaves sound files and what is no queue's as they are", () => {
  const files = storeInMemory(STORE);
  files.put("store/consumequeue_ext/Gone/notes/00000000000000000000", new Uint8Array(64).fill(7));
  const before = files.snapshot();
  assert.deepEqual(cutExtensions(files, storePaths("store")), []);
  assert.deepEqual(differences(before, files.snapshot()), []);
});
