import assert from "node:assert/strict";
import { MemoryFiles } from "../../store/file_memory.ts";
import { storePaths } from "../../store/names.ts";
import { storeInMemory } from "../../testdata/fixture.ts";
import {
  batchQueueReasons,
  merged,
  noLogReasons,
  refusalReasons,
  unreadReasons,
} from "./store_reasons.ts";

Deno.test("refusalReasons() sends to a repair only for what one puts right", () => {
  const fs = new MemoryFiles();
  const name = "00000000000000000000";
  fs.put(`log/${name}`, new Uint8Array(3));
  fs.makeDirectory(`queue/${name}`);
  const files = [`log/${name}`, `queue/${name}`, "log/notes", "log/lost+found"];
  const refusals = files.map((file) => ({ file, reason: "is wrong" }));
  const actions = [
    { action: "set-file-aside", file: "log/notes" },
    { action: "extend-file", file: `log/${name}` },
  ] as const;
  const fixes = refusalReasons(refusals, { fs, release: "4.9", actions }).map(({ fix }) => fix);
  assert.deepEqual(fixes, [
    "mq recover --apply gives it its length back",
    "move it elsewhere",
    "mq recover --apply moves it into the quarantine",
    "move it elsewhere",
  ]);
});

Deno.test("batchQueueReasons() and noLogReasons() have none for a store that wants for nothing", () => {
  const paths = storePaths("store");
  const plain = storeInMemory("5.5.0-a-clean-102");
  assert.deepEqual(batchQueueReasons(plain, paths), []);
  assert.equal(batchQueueReasons(storeInMemory("5.5.0-e-bcq-102"), paths).length, 1);
  assert.deepEqual(noLogReasons(new MemoryFiles(), paths), []);
  assert.equal(noLogReasons(plain, paths).length, 2);
});

Deno.test("merged() tells of several releases what they have in common", () => {
  const reason = { effect: "refuses", file: "a", message: "b", fix: "c" } as const;
  const all = [{ ...reason, releases: ["4.9"] }, { ...reason, releases: ["5.x"] }] as const;
  assert.deepEqual(merged(all), [{ ...reason, releases: ["4.9", "5.x"] }]);
});

Deno.test("unreadReasons() tells of a log and of queues that mq does not read", () => {
  const paths = storePaths("store");
  assert.deepEqual(unreadReasons(storeInMemory("5.5.0-a-clean-102"), paths), []);
  const rocks = storeInMemory("5.5.0-e-rocksdb-102");
  const told = () => unreadReasons(rocks, paths).map((it) => [it.effect, it.releases, it.file]);
  assert.deepEqual(told(), [
    ["loses", ["4.9", "5.x"], "store/consumequeue"],
    ["refuses", ["mq"], "store/consumequeue"],
  ]);
  rocks.put("store/dledger-n0/data/00000000000000000000", new Uint8Array(8));
  assert.deepEqual(told(), [
    ["loses", ["4.9", "5.x"], "store/dledger-n0"],
    ["refuses", ["mq"], "store/dledger-n0"],
  ]);
});

Deno.test("refusalReasons() has one way out for queues that are not of their topic's kind", () => {
  const file = "store/consumequeue/T/0";
  const refusals = [{ file, reason: 'is of another kind than topic "T"' }];
  const view = { fs: new MemoryFiles(), release: "5.x", actions: [] } as const;
  const [reason] = refusalReasons(refusals, view);
  assert.equal(reason?.fix, "set the topic's attribute queue.type to what the queue is");
});
