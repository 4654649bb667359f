import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { proofStateOf } from "./proof_state.ts";
import { readStoreState } from "./store_state.ts";

Deno.test("proofStateOf() is, but for the files themselves, what a thread can send to another", () => {
  for (const name of ["5.5.0-a-clean-102", "5.5.0-e-rocksdb-102", "5.5.0-b-kill9-102"]) {
    let files;
    try {
      files = storeInMemory(name);
    } catch {
      continue;
    }
    const { fs, ...plain } = proofStateOf(readStoreState(files, "store"));
    assert.equal(fs, files);
    assert.deepEqual(structuredClone(plain), plain);
    assert.equal(plain.isRocksDb, name.includes("rocksdb"));
    assert(plain.log.segments.length > 0);
  }
});
