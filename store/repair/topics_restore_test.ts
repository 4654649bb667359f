import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { storeInMemory } from "../../testdata/fixture.ts";
import { readConfigFile } from "../config_file.ts";
import { type TopicEntry, TOPICS } from "../config_tables.ts";
import { MemoryFiles } from "../file_memory.ts";
import { storePaths } from "../names.ts";
import { applyRepair, planRepair } from "./repair.ts";
import { topicsOfQueues } from "./topics_restore.ts";

const PATHS = storePaths("store");

function topics(files: MemoryFiles): ReadonlyMap<string, TopicEntry> {
  const read = readConfigFile(files, "store/config/topics.json", TOPICS.decode);
  assert(read.state === "ok");
  return read.value.entries;
}

Deno.test("topicsOfQueues() knows the topics that have queues, and leaves out a broker's own", () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const before = topics(files);
  files.put("store/config/topics.json", topicsOfQueues(files, PATHS)!);
  const after = topics(files);
  for (const topic of ["T_tags", "T_plain", "T_order", "%RETRY%G_retry"]) {
    assert.equal(after.get(topic)!.readQueueNums, before.get(topic)!.readQueueNums, topic);
  }
  assert(![...after.keys()].some((topic) => /^(RMQ_SYS|rmq_sys|SCHEDULE)/.test(topic)));
});

Deno.test("topicsOfQueues() tells batch queues", () => {
  const files = storeInMemory("5.5.0-e-bcq-102");
  const before = topics(files);
  files.put("store/config/topics.json", topicsOfQueues(files, PATHS)!);
  for (const [topic, { attributes }] of topics(files)) {
    const kind = (entry: TopicEntry | undefined) => entry?.attributes?.["queue.type"];
    assert.equal(attributes?.["queue.type"], kind(before.get(topic)), topic);
  }
});

Deno.test("topicsOfQueues() of a store without queues is nothing", () => {
  assert.equal(topicsOfQueues(new MemoryFiles(), PATHS), undefined);
});

Deno.test("a repair enters the topics anew where nobody can read them, and keeps what stood there", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  files.put("store/config/topics.json", Buffer.from('{"topicConfigTable":{"T_pl'));
  files.put("store/config/topics.json.bak", Buffer.from("}"));
  const { actions } = await planRepair(files, "store");
  const restore = actions.find((it) => it.action === "restore-config");
  assert.deepEqual([restore?.file, restore?.safe], ["store/config/topics.json", true]);
  assert.match(restore!.reason, /topics are entered as their queues tell/);
  await applyRepair(files, "store");
  assert(topics(files).has("T_tags"));
  assert.equal((await planRepair(files, "store")).actions.length, 0);
});
