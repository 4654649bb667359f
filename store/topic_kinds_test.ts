import assert from "node:assert/strict";
import { storeInMemory } from "../testdata/fixture.ts";
import { MemoryFiles } from "./file_memory.ts";
import { storePaths } from "./names.ts";
import { lacksTopics, readTopicKinds } from "./topic_kinds.ts";

const PATHS = storePaths("store");

function storeWith(topics: readonly string[], config?: string): MemoryFiles {
  const files = new MemoryFiles();
  for (const topic of topics) files.makeDirectory(`store/consumequeue/${topic}/0`);
  if (config !== undefined) {
    files.put("store/config/topics.json", new TextEncoder().encode(config));
  }
  return files;
}

function topicsJson(...topics: readonly string[]): string {
  const entries = topics.map((topic) => [topic, { topicName: topic, attributes: {} }]);
  return JSON.stringify({ topicConfigTable: Object.fromEntries(entries) });
}

Deno.test("readTopicKinds(): a topic exists when the configuration or a queue knows it", () => {
  const files = storeWith(["Queued"], topicsJson("Configured"));
  const kinds = readTopicKinds(files, PATHS);
  const known = ["Queued", "Configured", "Deleted"].map((topic) => kinds.exists(topic, 0));
  assert.deepEqual(known, [true, true, false]);
});

Deno.test("readTopicKinds(): without a configuration that can be read every topic exists", () => {
  for (const config of [undefined, "{"]) {
    const kinds = readTopicKinds(storeWith([], config), PATHS);
    assert.equal(kinds.exists("Any", 0), true);
  }
});

Deno.test("readTopicKinds() tells how many queues are read, where a configuration says so", () => {
  const config = '{"topicConfigTable":{"A":{"topicName":"A","readQueueNums":3}}}';
  assert.deepEqual(readTopicKinds(storeWith(["B"], config), PATHS).readQueues, new Map([["A", 3]]));
  assert.equal(readTopicKinds(storeWith(["B"]), PATHS).readQueues, undefined);
});

Deno.test("readTopicKinds() takes the backup where the configuration cannot be read", () => {
  const files = storeWith([], "{");
  files.put("store/config/topics.json.bak", new TextEncoder().encode(topicsJson("Known")));
  const kinds = readTopicKinds(files, PATHS);
  assert.deepEqual([kinds.exists("Known", 0), kinds.exists("Deleted", 0)], [true, false]);
});

Deno.test("readTopicKinds(): the topics of the broker itself exist without a line", () => {
  const kinds = readTopicKinds(storeWith([], topicsJson()), PATHS);
  for (const topic of ["SCHEDULE_TOPIC_XXXX", "RMQ_SYS_TRANS_HALF_TOPIC", "rmq_sys_x", "%LMQ%a"]) {
    assert.equal(kinds.exists(topic, 0), true, topic);
  }
});

Deno.test("readTopicKinds(): a topic is new or deleted by its first record, and stays so", () => {
  const kinds = readTopicKinds(storeWith([], topicsJson()), PATHS, 1000);
  assert.equal(kinds.exists("Deleted", 999), false);
  assert.equal(kinds.exists("Deleted", 1001), false);
  assert.equal(kinds.exists("New", 1000), true);
  assert.equal(kinds.exists("New", 2000), true);
});

Deno.test("readTopicKinds(): the empty folder of a deleted topic does not bring it back", () => {
  const files = storeWith([], topicsJson());
  files.makeDirectory("store/consumequeue/Deleted");
  assert.equal(readTopicKinds(files, PATHS).exists("Deleted", 0), false);
});

Deno.test("readTopicKinds() knows batch topics by their attribute and by their folder", () => {
  const attributes = { "queue.type": "BatchCQ" };
  const config = { topicConfigTable: { B: { topicName: "B", attributes }, S: { topicName: "S" } } };
  const files = storeWith(["S"], JSON.stringify(config));
  files.makeDirectory("store/batchconsumequeue/F/0");
  const kinds = readTopicKinds(files, PATHS);
  assert.deepEqual(["B", "F", "S"].map((topic) => kinds.isBatch(topic)), [true, true, false]);
  assert.equal(kinds.exists("F", 0), true);
});

Deno.test("readTopicKinds() follows the queues that hold units where the attribute says otherwise", () => {
  const attributes = { "queue.type": "BatchCQ" };
  const batch = (topicName: string) => [topicName, { topicName, attributes }];
  const topics = Object.fromEntries([batch("Simple"), batch("Empty"), batch("Both")]);
  const table = { topicConfigTable: { ...topics, Batch: { topicName: "Batch" } } };
  const files = storeWith([], JSON.stringify(table));
  const put = (folder: string, byte: number) => {
    files.put(`store/${folder}/0/00000000000000000000`, new Uint8Array(920).fill(byte));
  };
  for (const topic of ["Simple", "Both"]) put(`consumequeue/${topic}`, 1);
  for (const topic of ["Batch", "Both"]) put(`batchconsumequeue/${topic}`, 1);
  put("consumequeue/Empty", 0);
  const kinds = readTopicKinds(files, PATHS);
  const told = ["Simple", "Empty", "Both", "Batch"].map((topic) => {
    return [topic, kinds.isBatch(topic), kinds.isSaidBatch(topic)];
  });
  assert.deepEqual(told, [
    ["Simple", false, true],
    ["Empty", true, true],
    ["Both", true, true],
    ["Batch", true, false],
  ]);
  assert.deepEqual(kinds.wrongKinds, [
    { topic: "Simple", queueType: "SimpleCQ" },
    { topic: "Batch", queueType: "BatchCQ" },
  ]);
});

Deno.test("readTopicKinds() reads what Java left: batch topics and a deleted one", () => {
  const batch = readTopicKinds(storeInMemory("5.5.0-e-bcq-102"), PATHS);
  assert.deepEqual([batch.isBatch("T_bcq"), batch.isBatch("T_plain")], [true, false]);
  const clean = readTopicKinds(storeInMemory("5.5.0-a-clean-102"), PATHS);
  assert.deepEqual([clean.exists("T_plain", 0), clean.exists("T_deleted", 0)], [true, false]);
});

Deno.test("lacksTopics() wants topics wherever other files of a configuration are", () => {
  const files = storeWith(["Queued"]);
  assert(!lacksTopics(files, PATHS), "a copy without any configuration");
  files.put("store/lock", new Uint8Array(4));
  assert(!lacksTopics(files, PATHS), "a store that was written without a broker");
  files.put("store/consumequeue/%RETRY%g/0/00000000000000000000", new Uint8Array(20));
  assert(lacksTopics(files, PATHS), "a broker ran here");
  files.remove("store/lock");
  files.put("store/config/delayOffset.json", new Uint8Array(2));
  assert(lacksTopics(files, PATHS));
  files.put("store/config/topics.json", new Uint8Array(0));
  assert(lacksTopics(files, PATHS), "an empty one tells of none");
  files.put("store/config/topics.json.bak", new Uint8Array(1));
  assert(!lacksTopics(files, PATHS), "readable or not, that is another matter");
  files.remove("store/config/topics.json.bak");
  files.put("store/config/rdb/CURRENT", new Uint8Array(1));
  assert(!lacksTopics(files, PATHS), "they are in a database");
});
