import assert from "node:assert/strict";
import { MemoryFiles } from "./file_memory.ts";
import { storePaths } from "./names.ts";
import { extFileBytes, listQueueExtFiles } from "./queue_ext_files.ts";

const PATHS = storePaths("store");

Deno.test("listQueueExtFiles() lists the extensions of queues, extFileBytes() how long most are", () => {
  const files = new MemoryFiles();
  assert.deepEqual(listQueueExtFiles(files, PATHS), []);
  assert.equal(extFileBytes([]), 0);
  for (const [queueId, bytes] of [[0, 64], [1, 40], [2, 64]] as const) {
    files.put(`store/consumequeue/T/${queueId}/00000000000000000000`, new Uint8Array(40));
    files.put(`store/consumequeue_ext/T/${queueId}/00000000000000000000`, new Uint8Array(bytes));
  }
  files.put("store/consumequeue_ext/T/1/notes", new Uint8Array(3));
  files.put("store/consumequeue_ext/Gone/0/00000000000000000000", new Uint8Array(40));
  const found = listQueueExtFiles(files, PATHS);
  assert.deepEqual(found.map((it) => [it.topic, it.queueId, it.folder]), [
    ["T", 0, "store/consumequeue_ext/T/0"],
    ["T", 1, "store/consumequeue_ext/T/1"],
    ["T", 2, "store/consumequeue_ext/T/2"],
  ]);
  assert.deepEqual(found[1]!.files.strays, ["store/consumequeue_ext/T/1/notes"]);
  assert.equal(extFileBytes(found), 64);
});
