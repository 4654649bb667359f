import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { parseFastJson } from "../fast_json.ts";
import { MemoryFiles } from "../file_memory.ts";
import { copyConfigs, type KeptQueue } from "./config_copy.ts";

function copied(
  files: Readonly<Record<string, string>>,
  kept: readonly KeptQueue[],
): Record<string, unknown> {
  const fs = new MemoryFiles();
  for (const [name, text] of Object.entries(files)) fs.put(`a/${name}`, Buffer.from(text));
  const queues = new Map(kept.map((it) => [`${it.topic}/${it.queueId}`, it]));
  copyConfigs(fs, { from: "a", to: "b" }, queues);
  return Object.fromEntries(
    [...fs.snapshot()].filter(([path]) => path.startsWith("b/")).map(([path, bytes]) => {
      return [path.slice(2), parseFastJson(new TextDecoder().decode(bytes))];
    }),
  );
}

function queue(topic: string, queueId: number, end: number, isRenumbered = false): KeptQueue {
  return { topic, queueId, end, isRenumbered };
}

Deno.test("copyConfigs() keeps the topics that have messages, and enters those nobody knows", () => {
  const topic = (name: string) => {
    return `"${name}":{"topicName":"${name}","readQueueNums":8,"writeQueueNums":8,"perm":6,` +
      `"order":true,"topicSysFlag":0,"topicFilterType":"SINGLE_TAG"}`;
  };
  const { "topics.json": table } = copied(
    { "topics.json": `{"topicConfigTable":{${topic("A")},${topic("B")}}}` },
    [queue("A", 3, 10), queue("Unknown", 0, 1), queue("Unknown", 2, 1)],
  ) as { "topics.json": { topicConfigTable: Record<string, { readQueueNums: number }> } };
  const kept = table.topicConfigTable;
  assert.deepEqual(Object.keys(kept).sort(), ["A", "Unknown"]);
  assert.deepEqual([kept.A!.readQueueNums, kept.Unknown!.readQueueNums], [8, 3]);
});

Deno.test("copyConfigs() brings offsets back to the end of a queue, and drops those without meaning", () => {
  const { "consumerOffset.json": offsets, "delayOffset.json": delays } = copied({
    "consumerOffset.json": '{"offsetTable":{"A@G":{0:5,1:50,2:3,3:7},"B@G":{0:1}}}',
    "delayOffset.json": '{"offsetTable":{1:4,3:100}}',
  }, [
    queue("A", 0, 10),
    queue("A", 1, 10),
    queue("A", 2, 10, true),
    queue("SCHEDULE_TOPIC_XXXX", 2, 20),
  ]) as Record<string, { offsetTable: unknown }>;
  assert.deepEqual(offsets!.offsetTable, { "A@G": { 0: 5, 1: 10 } });
  assert.deepEqual(delays!.offsetTable, { 3: 20 });
});

Deno.test("copyConfigs() leaves out what it cannot read", () => {
  assert.deepEqual(copied({ "topics.json": "{{" }, [queue("A", 0, 1)]), {});
});
