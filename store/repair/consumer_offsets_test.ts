import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import { differences } from "../../testdata/store_bytes.ts";
import { readConfigFile } from "../config_file.ts";
import { CONSUMER_OFFSETS, DELAY_OFFSETS } from "../config_tables.ts";
import { storePaths } from "../names.ts";
import { listQueues } from "../queue_reader.ts";
import { endOf, lowerOffsets } from "./consumer_offsets.ts";

const PATHS = storePaths("store");
const text = (it: string) => new TextEncoder().encode(it);

Deno.test("lowerOffsets() finds nothing to do in the stores Java wrote", async () => {
  for (const name of ["4.9.7-a-clean-101", "5.5.0-a-clean-102", "5.5.0-e-bcq-102"]) {
    const files = storeInMemory(name);
    const before = files.snapshot();
    assert.deepEqual(await lowerOffsets(files, PATHS), [], name);
    assert.deepEqual(differences(before, files.snapshot()), [], name);
  }
});

Deno.test("lowerOffsets() names the first few offsets and counts the rest, delay levels, too", async () => {
  const store = new SmallStore().addMany(4).addMany(3, { queueId: 1 });
  store.addMany(2, { topic: "SCHEDULE_TOPIC_XXXX", queueId: 2 }).save();
  const { files } = store;
  files.put("store/config/topics.json", text('{"topicConfigTable":{"Unused":{}}}'));
  const all =
    '"T@G":{0:9},"Unused@G":{0:1},"TopicTest@A":{0:5,1:9},"TopicTest@B":{0:5,1:3},"TopicTest@C":{0:7}';
  files.put("store/config/consumerOffset.json", text(`{"offsetTable":{${all}}}`));
  files.put("store/config/delayOffset.json", text('{"offsetTable":{3:5,4:6}}'));
  const actions = await lowerOffsets(files, PATHS);
  assert.deepEqual(actions.map(({ action, file, reason }) => [action, file, reason]), [
    [
      "lower-offsets",
      "store/config/consumerOffset.json",
      "5 offsets lie behind the end of the queue: Unused@G queue 0: 1 becomes 0; " +
      "TopicTest@A queue 0: 5 becomes 4; TopicTest@A queue 1: 9 becomes 3; 2 more",
    ],
    [
      "lower-offsets",
      "store/config/delayOffset.json",
      "2 offsets lie behind the end of the queue: delay level 3: 5 becomes 2; " +
      "delay level 4: 6 becomes 0",
    ],
  ]);
  const read = readConfigFile(files, "store/config/consumerOffset.json", CONSUMER_OFFSETS.decode);
  assert(read.state === "ok");
  assert.deepEqual(read.value.entries.get("TopicTest@B"), new Map([[0, 4], [1, 3]]));
  assert.deepEqual(read.value.entries.get("T@G"), new Map([[0, 9]]));
  const delays = readConfigFile(files, "store/config/delayOffset.json", DELAY_OFFSETS.decode);
  assert(delays.state === "ok");
  assert.deepEqual(delays.value.entries, new Map([[3, 2], [4, 0]]));
  assert.deepEqual(await lowerOffsets(files, PATHS), []);
});

Deno.test("lowerOffsets() changes no byte of a file but the numbers, and keeps the old one", async () => {
  const { files } = new SmallStore().addMany(4).addMany(3, { queueId: 1 }).save();
  const path = "store/config/consumerOffset.json";
  const filler = Array.from({ length: 9000 }, (_, nth) => `"Gone-${nth}@G":{0:${nth}}`).join(",\n");
  const was = `{ "x":[1, 'é'], "offsetTable":{\n"TopicTest@A":{0:5,1:"900"},${filler},` +
    `"TopicTest@B":{0:4,1 : 1234567 }}}\n`;
  files.put("store/config/topics.json", text('{"topicConfigTable":{"TopicTest":{}}}'));
  files.put(path, text(was));
  const [action] = await lowerOffsets(files, PATHS);
  assert.match(action!.reason, /^3 offsets lie behind/);
  const now = new TextDecoder().decode(files.snapshot().get(path));
  assert.equal(now, was.replace("{0:5,", "{0:4,").replace('"900"', "3").replace("1234567", "3"));
  assert.equal(new TextDecoder().decode(files.snapshot().get(`${path}.bak`)), was);
});

Deno.test("lowerOffsets() leaves alone topics whose queues are counted elsewhere", async () => {
  const { files } = new SmallStore().addMany(4).save();
  files.put("store/config/consumerOffset.json", text('{"offsetTable":{"TopicTest@A":{0:900}}}'));
  const mapping = '{"topicQueueMappingInfoMap":{"TopicTest":{}}}';
  files.put("store/config/topicQueueMapping.json", text(mapping));
  assert.deepEqual(await lowerOffsets(files, PATHS), []);
  files.remove("store/config/topicQueueMapping.json");
  assert.equal((await lowerOffsets(files, PATHS)).length, 1);
});

Deno.test("lowerOffsets() leaves alone what cannot be read", async () => {
  const { files } = new SmallStore().addMany(4).save();
  files.put("store/config/consumerOffset.json", text("{"));
  assert.deepEqual(await lowerOffsets(files, PATHS), []);
});

Deno.test("endOf() tells where queues of both kinds end", () => {
  const batches = storeInMemory("5.5.0-e-bcq-102");
  const ends = listQueues(batches, PATHS).queues.filter((it) => it.kind === "batch")
    .map((it) => endOf(batches, it));
  assert(ends.some((end) => end > 8), `${ends}`);
  const { files } = new SmallStore().addMany(25).save();
  const [queue] = listQueues(files, PATHS).queues;
  assert.equal(endOf(files, queue!), 25);
  for (const name of files.list(queue!.path)) files.remove(`${queue!.path}/${name}`);
  assert.equal(endOf(files, queue!), 0);
});
