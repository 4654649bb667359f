import assert from "node:assert/strict";
import { CLEAN, INDEX_END } from "../../testdata/finding_cases.ts";
import { storeInMemory, storeNames } from "../../testdata/fixture.ts";
import { verified } from "../../testdata/verified.ts";
import type { MemoryFiles } from "../file_memory.ts";
import { INDEX_HEADER } from "../format.ts";
import { listIndexFiles } from "../key_index_reader.ts";
import type { VerifyDepth } from "./summary.ts";

async function found(files: MemoryFiles, depth: VerifyDepth = "quick"): Promise<string[]> {
  const { findings } = await verified(files, { depth });
  return findings.filter((it) => it.code.startsWith("index-"))
    .map((it) => `${it.code} ${it.file.slice("store/index/".length)}`);
}

const PATHS = listIndexFiles(storeInMemory(CLEAN), "store/index").paths;

Deno.test("checkIndexFiles() finds each missing file between two others at a quick look", async () => {
  for (const [at, path] of PATHS.entries()) {
    const files = storeInMemory(CLEAN);
    files.remove(path);
    const behind = PATHS[at + 1]?.slice("store/index/".length);
    const isBetween = at > 0 && behind !== undefined;
    const expected = isBetween ? [`index-missing-keys ${behind}`] : [];
    assert.deepEqual(await found(files), expected, path);
    // The whole look finds those at the ends, too.
    assert.equal((await found(files, "default")).length, 1, path);
  }
});

Deno.test("checkIndexFiles() finds a file that begins before the one before it ends", async () => {
  const files = storeInMemory(CLEAN);
  const copy = `${INDEX_END.slice(0, -1)}9`;
  files.put(copy, files.snapshot().get(PATHS[1]!)!);
  const name = copy.slice("store/index/".length);
  assert.deepEqual(await found(files), [`index-overlap ${name}`]);
  assert((await found(files, "default")).includes(`index-overlap ${name}`));
});

Deno.test("checkIndexFiles() finds quickly an index that ends behind all files of the log", async () => {
  const files = storeInMemory(CLEAN);
  files.flip(INDEX_END, INDEX_HEADER.at.endPhyOffset + 3);
  const name = INDEX_END.slice("store/index/".length);
  assert.deepEqual(await found(files), [`index-entry-behind-log ${name}`]);
  // The whole look compares the header with the entries.
  assert.deepEqual(await found(files, "default"), [`index-header ${name}`]);
});

Deno.test("checkIndexFiles() passes over files without entries and without a header", async () => {
  const files = storeInMemory(CLEAN);
  files.put("store/index/20261121091603450", new Uint8Array(8440));
  assert.deepEqual(await found(files), []);
  files.put("store/index/20261121091603451", new Uint8Array(10));
  assert.deepEqual(await found(files), ["index-wrong-length 20261121091603451"]);
});

Deno.test("checkIndexFiles() has nothing to say about the index of any store that Java left", async () => {
  for (const name of storeNames()) {
    const overlaps = (await found(storeInMemory(name))).filter((it) => it.includes("overlap"));
    assert.deepEqual(overlaps, [], name);
  }
});
