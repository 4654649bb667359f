import assert from "node:assert/strict";
import { SmallStore } from "../testdata/small_store.ts";
import { findDledgerLog, refuseDledger } from "./dledger.ts";
import { MemoryFiles } from "./file_memory.ts";
import { hostBytes } from "./host.ts";
import { applyRepair, planRepair, repairInto } from "./repair/repair.ts";
import { viewStore } from "./repair/store_view.ts";
import { Store } from "./store.ts";

Deno.test("findDledgerLog() finds the log of a member, whatever its id is", () => {
  const files = new MemoryFiles();
  files.put("store/commitlog/00000000000000000000", new Uint8Array(8));
  files.put("store/dledger-notes.txt", new Uint8Array(8));
  assert.equal(findDledgerLog(files, "store"), undefined);
  files.put("store/dledger-n1/data/00000000000000000000", new Uint8Array(8));
  assert.equal(findDledgerLog(files, "store"), "store/dledger-n1");
});

Deno.test("refuseDledger() says what holds the messages, and what to do where they are none any more", () => {
  const files = new MemoryFiles();
  refuseDledger(files, "store", "repair");
  files.put("store/dledger-n1/data/00000000000000000000", new Uint8Array(8));
  assert.throws(
    () => refuseDledger(files, "store", "repair"),
    /^Error: Cannot repair "store": "store\/dledger-n1" holds .*, which mq does not read; where /,
  );
});

Deno.test("a store with messages in a DLedger log is neither opened nor repaired, but shown", async () => {
  const { files } = new SmallStore().addMany(3).save();
  files.put("store/dledger-n1/data/00000000000000000000", new Uint8Array(8));
  const before = new Map(files.snapshot());
  const refused = /"store\/dledger-n1" holds the log of a DLedger group/;
  await assert.rejects(
    Store.open("store", { fs: files, storeHost: hostBytes("10.0.0.1", 10911) }),
    refused,
  );
  await assert.rejects(planRepair(files, "store"), refused);
  await assert.rejects(applyRepair(files, "store"), refused);
  await assert.rejects(repairInto(files, "store", "made"), refused);
  assert.deepEqual(new Map(files.snapshot()), before);
  const { repair } = await viewStore(files, "store");
  assert.equal(repair?.report.messages, 3);
});
