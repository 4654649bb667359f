import assert from "node:assert/strict";
import { keyHash } from "../../store/hash.ts";
import { storeInMemory } from "../../testdata/fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";
import { SmallIndex } from "../../testdata/small_index.ts";
import { MemoryFiles } from "../../store/file_memory.ts";

async function statsOf(files: MemoryFiles, path: string) {
  const run = await record(["inspect", "index", path, "--stats", "-o", "json"], { files });
  return { rows: JSON.parse(run.stdout), exitCode: run.exitCode };
}

Deno.test("mq inspect index --stats agrees with the headers and entries of real files", async () => {
  for (const name of ["5.5.0-a-clean-102", "4.9.7-a-clean-101", "4.2.0-a-clean-103"]) {
    const files = storeInMemory(name);
    const { rows, exitCode } = await statsOf(files, "store");
    assert.equal(exitCode, 0);
    const run = await record(["inspect", "index", "store", "--headers", "-o", "json"], { files });
    const headers = JSON.parse(run.stdout);
    for (const [at, header] of headers.entries()) {
      assert.equal(rows[at].entries, header.indexCount - 1);
      assert.equal(rows[at].firstLogOffset, header.beginPhyOffset);
      assert.equal(rows[at].lastLogOffset, header.endPhyOffset);
      // 4.2 counts every put.
      if (!name.startsWith("4.2")) assert.equal(rows[at].slotsUsed, header.hashSlotCount);
    }
  }
});

Deno.test("mq inspect index --stats measures chains and what shares a slot", async () => {
  const index = new SmallIndex({ slots: 4, entries: 20 });
  const keys = Array.from({ length: 12 }, (_, at) => `key${at % 8}`);
  keys.forEach((key, at) => {
    index.put({ topic: "T", key }, { physicalOffset: at * 100, storeTimestamp: 1_700_000_000_000 });
  });
  const files = new MemoryFiles();
  index.save(files, "index/20231114221320000");
  const chains = Map.groupBy(keys, (key) => keyHash("T", key) % 4);
  const [row] = (await statsOf(files, "index")).rows;
  assert.equal(row.longestChain, Math.max(...[...chains.values()].map((it) => it.length)));
  assert.equal(row.slotsUsed, chains.size);
  const shared = [...chains.values()].map((it) => it.filter((key) => key !== it[0]).length);
  assert.equal(row.collisions, shared.reduce((sum, count) => sum + count, 0));
  assert.equal(row.meanChain, Math.round(100 * keys.length / chains.size) / 100);
});

Deno.test("mq inspect index --stats ends with 4 for a file that is none, and for mad entries", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  files.cut("store/index/20261121091601736", 100);
  // The sign of an entry's hash.
  files.flip("store/index/20261121091603444", 40 + 400 + 20 * 5, 0x80);
  const { rows, exitCode } = await statsOf(files, "store");
  assert.equal(exitCode, 4);
  assert.equal(rows[0].damage, "100 bytes are no index file");
  assert.equal(rows[4].damage, "1 entries make no sense: see the entries");
});
