import assert from "node:assert/strict";
import { MemoryFiles } from "../file_memory.ts";
import { storePaths } from "../names.ts";
import { tellRocksDb } from "./rocksdb_check.ts";

function told(...files: readonly string[]): string {
  const fs = new MemoryFiles();
  for (const path of ["CURRENT", ...files]) {
    fs.put(`store/consumequeue/${path}`, new Uint8Array(20));
  }
  const messages: string[] = [];
  tellRocksDb({ fs, paths: storePaths("store") }, (it) => messages.push(it.message));
  assert.equal(messages.length, 1);
  return messages[0]!;
}

Deno.test("tellRocksDb() says whether files of queues stand beside the database", () => {
  const alone = "queues are kept in RocksDB, which was not read";
  assert.equal(told(), alone);
  assert.equal(told("archive/000004.log"), alone, "RocksDB has folders of its own");
  const name = "00000000000000000000";
  assert.equal(
    told(`T_b/0/${name}`, `T_a/3/${name}`),
    `${alone}; nor were the files of queues beside it, of T_a, T_b: which of both a broker goes by ` +
      "depends on its storeType",
  );
});
