import assert from "node:assert/strict";
import { readTruth, storeInMemory } from "../testdata/fixture.ts";
import { SmallLog } from "../testdata/small_log.ts";
import { QueueSurvey } from "./queue_survey.ts";
import { listSegments } from "./segments.ts";

const BODY = new Uint8Array(60);

function survey(log: SmallLog, signal?: AbortSignal): Promise<QueueSurvey> {
  const segments = listSegments(log.files, log.directory);
  return QueueSurvey.make(log.files, segments, { isBatch: () => false, ...(signal && { signal }) });
}

/** Messages of queues 0 to 9, one queue a file of the log. */
function sample(): SmallLog {
  const log = new SmallLog(1000);
  for (let queueId = 0; queueId < 6; queueId++) {
    const from = Math.ceil(log.end / 1000) * 1000;
    for (let index = 0; log.end < from + 700; index++) {
      log.add({ queueId, queueOffset: 10 + index, body: BODY });
    }
  }
  return log;
}

Deno.test("QueueSurvey.make() tells the last record of each queue in the three newest files", async () => {
  const log = sample();
  const found = await survey(log);
  const files = listSegments(log.files, log.directory).segments;
  assert.deepEqual([found.from, found.end], [files.at(-3)!.start, log.end]);
  const topic = "TopicTest";
  const newest = log.records.at(-1)!;
  const last = found.lastOf({ topic, queueId: 5 })!;
  assert.equal(last.physicalOffset, newest.at);
  assert.equal(found.lastOf({ topic, queueId: 0 }), undefined);
  assert.equal(found.lastOf({ topic: "Other", queueId: 5 }), undefined);
  assert.deepEqual([...found].at(-1), last);
});

Deno.test("QueueSurvey.make() reads the whole log where the newest files hold nothing", async () => {
  const log = new SmallLog(1000);
  log.addMany(3, { body: BODY });
  for (const start of [1000, 2000, 3000]) log.addFile(start);
  const found = await survey(log);
  assert.deepEqual([found.from, found.end], [0, log.end]);
  assert.equal(found.lastOf({ topic: "TopicTest", queueId: 0 })!.index, 2);
});

Deno.test("QueueSurvey.make() knows damage with records behind it, and which record has keys last", async () => {
  const log = new SmallLog(4096);
  log.add({ properties: "KEYS\u0001a\u0002" });
  log.addMany(4);
  const [, second, third] = log.records;
  log.flip(second!.at + 90);
  const found = await survey(log);
  assert.equal(found.lastKeyed, 0);
  assert(found.isDamaged(second!.at) && !found.isDamaged(third!.at) && !found.isDamaged(0));
  log.flip(log.records.at(-1)!.at + 90);
  const torn = await survey(log);
  assert.equal(torn.end, log.records.at(-1)!.at);
  assert(!torn.isDamaged(log.records.at(-1)!.at), "nothing follows");
});

Deno.test("QueueSurvey.make() of an empty log, and one that is given up", async () => {
  const found = await survey(new SmallLog(1000));
  assert.deepEqual([found.from, found.end, [...found]], [0, 0, []]);
});

Deno.test("the last records are those Java's queues lead to, light and batch queues included", async () => {
  let compared = 0;
  for (const name of ["4.9.7-a-clean-101", "5.5.0-e-lmq-102", "5.5.0-e-bcq-102"]) {
    const fs = storeInMemory(name);
    const { queues } = readTruth(name);
    const batch = new Set(queues.filter((it) => it.cqType === "BatchCQ").map((it) => it.topic));
    const log = listSegments(fs, "store/commitlog");
    const found = await QueueSurvey.make(fs, log, { isBatch: (topic) => batch.has(topic) });
    for (const { topic, queueId, cq } of queues) {
      const last = found.lastOf({ topic, queueId });
      if (last === undefined || cq.length === 0) continue;
      const [index, physicalOffset] = cq.at(-1)!;
      assert.equal(last.physicalOffset, physicalOffset, `${name}: ${topic}/${queueId}`);
      assert.equal(last.index, index, `${name}: ${topic}/${queueId}`);
      compared++;
    }
  }
  assert(compared > 15);
});
