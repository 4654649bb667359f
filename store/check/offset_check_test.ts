import assert from "node:assert/strict";
import { putText } from "../../testdata/finding_cases.ts";
import { hasTreeAfterJava, storeInMemory, storeNames } from "../../testdata/fixture.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import { verified } from "../../testdata/verified.ts";
import type { MemoryFiles } from "../file_memory.ts";
import type { VerifyOptions } from "./verify.ts";

/** What is found about offsets: code, reader's words, and place. */
async function found(files: MemoryFiles, options: VerifyOptions = {}): Promise<string[]> {
  const { findings } = await verified(files, options);
  return findings.filter((it) => /^(consumer|delay)-offset-/.test(it.code))
    .map((it) => `${it.code} ${it.topic} ${it.queueId ?? ""}: ${it.message}`);
}

/** Ten messages, and consumers at these offsets of the queue. */
function consumers(...offsets: readonly number[]): MemoryFiles {
  const { files } = new SmallStore({ fileUnits: 4 }).addMany(10).save();
  const rows = offsets.map((offset, nth) => `"TopicTest@G${nth}":{0:${offset}}`);
  putText(files, "store/config/consumerOffset.json", `{"offsetTable":{${rows.join()}}}`);
  return files;
}

Deno.test("OffsetCheck takes a group that has consumed everything for one that is right", async () => {
  for (const depth of ["quick", "default"] as const) {
    assert.deepEqual(await found(consumers(0, 1, 4, 9, 10), { depth }), []);
    assert.deepEqual(await found(consumers(11, 10), { depth }), [
      "consumer-offset-ahead TopicTest 0: group G0 is at 11, the queue ends at 10",
    ]);
  }
});

Deno.test("OffsetCheck does not blame a group for units that are missing", async () => {
  const files = consumers(10, 11);
  files.zero("store/consumequeue/TopicTest/0/00000000000000000160", 0, 40);
  assert.deepEqual(await found(files), [
    "consumer-offset-ahead TopicTest 0: group G1 is at 11, the queue ends at 10",
  ]);
  // A quick look cannot know of the records, but knows that a start comes which looks for them.
  files.put("store/abort", new Uint8Array(0));
  assert.deepEqual(await found(files, { depth: "quick" }), []);
});

Deno.test("OffsetCheck finds a group that is ahead of a log that lost its end", async () => {
  const files = consumers(10);
  const { records } = new SmallStore({ fileUnits: 4 }).addMany(10).log;
  files.zero("store/commitlog/00000000000000000000", records[8]!.at, 2 * records[8]!.length);
  files.put("store/abort", new Uint8Array(0));
  assert.deepEqual(await found(files), [
    "consumer-offset-ahead TopicTest 0: group G0 is at 10, the queue ends at 8",
  ]);
});

Deno.test("OffsetCheck names the groups of topics that are gone once for each topic", async () => {
  const { files } = new SmallStore().addMany(2).save();
  putText(files, "store/config/topics.json", '{"topicConfigTable":{"TopicTest":{}}}');
  const groups = Array.from({ length: 7 }, (_, nth) => `"Gone@G${nth}":{0:5}`).join();
  const text = `{"offsetTable":{${groups},"TopicTest@G":{0:1,3:0},"%LMQ%a@G":{0:0},"bare":{0:1}}}`;
  putText(files, "store/config/consumerOffset.json", text);
  assert.deepEqual(await found(files), [
    "consumer-offset-orphan Gone : 7 offsets of group G0, group G1, group G2, group G3, group G4" +
    " and 2 others",
    "consumer-offset-orphan bare : 1 offset of group ",
  ]);
});

Deno.test("OffsetCheck leaves static topics out, whose offsets count otherwise", async () => {
  const files = consumers(11);
  assert.equal((await found(files)).length, 1);
  const text = '{"topicQueueMappingInfoMap":{"TopicTest":{"bname":"broker-a"}}}';
  putText(files, "store/config/topicQueueMapping.json", text);
  assert.deepEqual(await found(files), []);
});

Deno.test("OffsetCheck reads the file of brokers with light queues, too", async () => {
  const { files } = new SmallStore().addMany(2).save();
  putText(files, "store/config/lmqConsumerOffset.json", '{"offsetTable":{"TopicTest@G":{0:3}}}');
  assert.deepEqual(await found(files), [
    "consumer-offset-ahead TopicTest 0: group G is at 3, the queue ends at 2",
  ]);
});

Deno.test("OffsetCheck takes the .bak of a table, and nothing where none can be read", async () => {
  const files = consumers(11);
  const path = "store/config/consumerOffset.json";
  files.rename(path, `${path}.bak`);
  assert.equal((await found(files)).length, 1);
  putText(files, `${path}.bak`, "{");
  assert.deepEqual(await found(files), []);
});

Deno.test("OffsetCheck has nothing to say about any store that Java left", async () => {
  for (const name of storeNames()) {
    assert.deepEqual(await found(storeInMemory(name)), [], name);
    if (!hasTreeAfterJava(name)) continue;
    assert.deepEqual(await found(storeInMemory(name, "after-java-recovery")), [], name);
  }
});
