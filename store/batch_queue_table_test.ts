import assert from "node:assert/strict";
import { BatchQueueTable } from "./batch_queue_table.ts";
import { storeInMemory } from "../testdata/fixture.ts";
import { OpenFiles } from "./open_files.ts";

function open() {
  const fs = storeInMemory("5.5.0-e-bcq-102");
  const directory = "store/batchconsumequeue";
  const table = new BatchQueueTable(new OpenFiles(fs), {
    directory,
    fileUnits: 8,
    isBatch: (topic) => topic === "T_bcq",
  });
  table.load();
  return { fs, table };
}

Deno.test("BatchQueueTable.load() takes up every queue, and twice is the same", () => {
  const { table } = open();
  for (let time = 0; time < 2; time++) {
    assert.deepEqual([...table].map(({ queueId, end }) => [queueId, end]), [[0, 68], [1, 54]]);
    table.load();
  }
  assert.deepEqual([...table.topics()], ["T_bcq"]);
  assert(table.isBatch("T_bcq") && !table.isBatch("T"));
});

Deno.test("BatchQueueTable.delete() removes a topic with its folder, and makes no trouble of others", () => {
  const { fs, table } = open();
  table.delete("nobody");
  table.delete("..");
  table.delete("T_bcq");
  assert.equal(table.get("T_bcq", 0), undefined);
  assert.deepEqual(fs.list("store/batchconsumequeue"), []);
  assert.equal(table.getOrCreate("T_bcq", 0).next, 0);
});
