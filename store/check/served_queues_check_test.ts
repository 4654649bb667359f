import assert from "node:assert/strict";
import { putText } from "../../testdata/finding_cases.ts";
import { storeInMemory } from "../../testdata/fixture.ts";
import { verified } from "../../testdata/verified.ts";
import type { MemoryFiles } from "../file_memory.ts";

const STORE = "5.5.0-a-clean-102";
const TOPICS = "store/config/topics.json";

type Topics = Record<string, { readQueueNums: number }>;

function configure(files: MemoryFiles, change: (topics: Topics) => Topics | void): void {
  const json = JSON.parse(new TextDecoder().decode(files.snapshot().get(TOPICS)));
  json.topicConfigTable = change(json.topicConfigTable) ?? json.topicConfigTable;
  putText(files, TOPICS, JSON.stringify(json));
}

async function told(files: MemoryFiles): Promise<string[]> {
  const { findings } = await verified(files);
  return findings
    .filter(({ code }) => code === "config-queue-closed" || code === "config-topic-unknown")
    .map(({ topic, queueId, message }) => `${topic ?? "-"} ${queueId ?? "-"}: ${message}`);
}

Deno.test("checkServedQueues() names the queues with messages that a topic does not open", async () => {
  const files = storeInMemory(STORE);
  assert.deepEqual(await told(files), []);
  configure(files, (topics) => void (topics["T_plain"]!.readQueueNums = 3));
  assert.deepEqual(await told(files), ["T_plain 3: 3 queues to read, but queue 3 holds messages"]);
  configure(files, (topics) => void (topics["T_plain"]!.readQueueNums = 1));
  assert.deepEqual(await told(files), [
    "T_plain 1: 1 queue to read, but queues 1, 2, 3 hold messages",
  ]);
});

Deno.test("checkServedQueues() says nothing of queues without messages, nor of static topics", async () => {
  const files = storeInMemory(STORE);
  configure(files, (topics) => void (topics["T_plain"]!.readQueueNums = 3));
  const queue = "store/consumequeue/T_plain/3";
  for (const name of files.list(queue)) {
    files.zero(`${queue}/${name}`, 0, files.stat(`${queue}/${name}`)!.size);
  }
  assert.deepEqual(await told(files), []);
  configure(files, (topics) => void (topics["T_plain"]!.readQueueNums = 1));
  putText(
    files,
    "store/config/topicQueueMapping.json",
    '{"topicQueueMappingInfoMap":{"T_plain":{"bname":"broker-a"}}}',
  );
  assert.deepEqual(await told(files), []);
});

Deno.test("checkServedQueues() tells of all unknown topics at once, and not of a broker's own", async () => {
  const files = storeInMemory(STORE);
  configure(files, ({ T_plain, T_tags, ...others }) => {
    assert(T_plain !== undefined && T_tags !== undefined);
    return others;
  });
  assert.deepEqual(await told(files), [
    "- -: there are queues with messages of T_plain (267), T_tags (140)",
  ]);
  configure(files, () => ({}));
  const [message, ...more] = await told(files);
  assert.deepEqual(more, []);
  assert.match(message!, / of (\S+ \(\d+\), ){4}\S+ \(\d+\) and \d+ more$/);
  assert.doesNotMatch(message!, /SCHEDULE_TOPIC|rmq_sys/i);
});

Deno.test("checkServedQueues() leaves a file that cannot be read to those who tell of it", async () => {
  const files = storeInMemory(STORE);
  for (const end of ["", ".bak"]) putText(files, `${TOPICS}${end}`, "{");
  assert.deepEqual(await told(files), []);
});
