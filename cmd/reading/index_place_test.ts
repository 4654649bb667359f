import assert from "node:assert/strict";
import { MemoryFiles } from "../../store/file_memory.ts";
import { mountStore, recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { indexAt } from "./index_place.ts";

Deno.test("indexAt() finds the files of a store, of a folder, and one file", () => {
  const files = new MemoryFiles();
  mountStore(files, "s", { name: "5.5.0-a-clean-102" });
  const find = (path: string) => indexAt(recordedTerminal({ files }).terminal, path);
  const at = (path: string) => find(path).paths;
  assert.equal(at("s").length, 5);
  assert.deepEqual(at("s/index"), at("s"));
  assert.deepEqual(at(at("s")[2]!), [at("s")[2]]);
  assert.throws(() => at("s/commitlog"), /is no key index but a part of the store/);
  assert.throws(() => at("s/checkpoint"), /it is a checkpoint/);
  for (const path of ["s", "s/index", at("s")[0]!]) {
    assert.deepEqual(find(path).commitLogs, ["s/commitlog"]);
  }
  for (const path of at("s")) files.remove(path);
  assert.deepEqual(at("s"), [], "a store may have indexed nothing yet");
  files.remove("s/index");
  assert.throws(() => at("s"), /has no key index/);
});
