import assert from "node:assert/strict";
import { SmallStore } from "../testdata/small_store.ts";
import { listSegments } from "./segments.ts";
import { editRecord } from "./record_edit.ts";

Deno.test("editRecord() writes into the file that holds the place, and keeps the old bytes", () => {
  const { files, log } = new SmallStore({ segmentBytes: 512 }).addMany(8).save();
  const before = files.snapshot();
  const { segments } = listSegments(files, ["store/commitlog"]);
  const segment = segments[1]!;
  const at = segment.start + 40;
  editRecord(files, "store", { segment, at, bytes: Uint8Array.of(1, 2, 3) });
  const after = files.snapshot();
  const path = log.path(at);
  assert.deepEqual([...after.get(path)!.subarray(40, 43)], [1, 2, 3]);
  const kept = [...after.keys()].filter((it) => it.startsWith("store/quarantine/"));
  assert.equal(kept.length, 1);
  assert.deepEqual(after.get(kept[0]!), before.get(path)!.slice(40, 43));
  after.get(path)!.set(before.get(path)!.subarray(40, 43), 40);
  assert.deepEqual(after.get(path), before.get(path));
});
