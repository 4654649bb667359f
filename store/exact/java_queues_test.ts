import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import { storePaths } from "../names.ts";
import { OpenFiles } from "../open_files.ts";
import { readTopicKinds } from "../topic_kinds.ts";
import type { FileSystem } from "../file.ts";
import { JavaQueues } from "./java_queues.ts";
import { recoverAsJava } from "./java_recovery.ts";
import { JAVA_RULES } from "./java_release.ts";

function queuesOf(fs: FileSystem): JavaQueues {
  const paths = storePaths("store");
  return new JavaQueues(new OpenFiles(fs), {
    paths,
    rules: JAVA_RULES["5.x"],
    topics: readTopicKinds(fs, paths),
    lightQueues: false,
    onDelete() {},
  });
}

Deno.test("JavaQueues loads queues by their numbers and remembers the farthest", () => {
  const { files, log } = new SmallStore().addMany(3).save();
  files.put("store/consumequeue/TopicTest/old/00000000000000000000", new Uint8Array(200));
  const queues = queuesOf(files);
  assert.deepEqual(queues.load({ isRefused: false }), []);
  assert.equal(queues.remembered, -1);
  queues.recover();
  assert.equal(queues.remembered, log.end);
  assert.deepEqual([...queues].map(({ topic, queueId }) => `${topic} ${queueId}`), ["TopicTest 0"]);
  assert.equal(queues.get("TopicTest", 1), undefined);
});

Deno.test("JavaQueues refuses a queue whose kind is not its topic's", () => {
  const files = storeInMemory("5.5.0-e-bcq-102");
  const [topic] = files.list("store/batchconsumequeue");
  files.put(`store/consumequeue/${topic}/9/00000000000000000000`, new Uint8Array(1200));
  assert.deepEqual(queuesOf(files).load({ isRefused: false }), [{
    file: `store/consumequeue/${topic}/9`,
    reason: `is of another kind than topic "${topic}"`,
  }]);
});

Deno.test("queues of a deleted topic come back when its records are read again", async () => {
  const store = new SmallStore();
  store.add({ topic: "Gone" });
  store.add({ topic: "Kept" });
  store.save();
  store.files.remove("store/consumequeue/Gone");
  store.files.put("store/abort", new Uint8Array(0));
  store.files.remove("store/checkpoint");
  await recoverAsJava(store.files, "store", "5.x");
  assert.deepEqual(store.files.list("store/consumequeue"), ["Gone", "Kept"]);
});

Deno.test("a topic that would lead out of the store is not followed", async () => {
  const store = new SmallStore();
  store.add({ topic: "../../x" });
  store.save();
  store.files.remove("store/consumequeue");
  store.files.remove("x");
  store.files.remove("store/checkpoint");
  store.files.put("store/abort", new Uint8Array(0));
  const report = await recoverAsJava(store.files, "store", "4.9");
  assert.equal(report.inNoQueue, 1);
  assert.equal([...store.files.snapshot().keys()].every((path) => path.startsWith("store/")), true);
});

Deno.test("4.2 gives a record whose lengths are wrong to a topic without a name", async () => {
  const store = new SmallStore().addMany(3).save();
  const second = store.log.records[1]!;
  store.log.flip(second.at + 3, 1);
  store.files.put("store/abort", new Uint8Array(0));
  store.files.remove("store/checkpoint");
  await recoverAsJava(store.files, "store", "4.2");
  assert.deepEqual(store.files.list("store/consumequeue"), ["0", "TopicTest"]);
});
