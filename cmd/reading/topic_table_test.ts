import assert from "node:assert/strict";
import { type TopicEntry, TOPICS } from "../../store/config_tables.ts";
import { join } from "node:path";
import { offsetName, storePaths } from "../../store/names.ts";
import { listQueues } from "../../store/queue_reader.ts";
import { readTruth, storeInMemory } from "../../testdata/fixture.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import { knownTopics, queueExtent, QueueExtents, readTable } from "./topic_table.ts";

const PATHS = storePaths("store");

Deno.test("queueExtent() measures queues as Java does", () => {
  for (
    const name of [
      "5.5.0-a-clean-102",
      "4.9.7-a-clean-101",
      "5.5.0-d-expire-102",
      "5.5.0-e-bcq-102",
    ]
  ) {
    const files = storeInMemory(name);
    const truth = readTruth(name);
    for (const queue of listQueues(files, PATHS).queues) {
      const java = truth.queues.find((it) =>
        it.topic === queue.topic && it.queueId === queue.queueId
      );
      const extent = queueExtent(files, queue, truth.minPhyOffset);
      const place = `${name} ${queue.topic}/${queue.queueId}`;
      assert.deepEqual(
        [extent.minOffset, extent.maxOffset],
        [java!.minOffset, java!.maxOffset],
        place,
      );
      const first = java!.messages[0]?.[1] ?? -1;
      assert.equal(extent.firstRecord, first, place);
    }
  }
});

Deno.test("queueExtent() counts no file whose name lies inside a unit, as mq verify does not", () => {
  const { files } = new SmallStore().addMany(3).save();
  const [queue] = listQueues(files, PATHS).queues;
  const [name] = files.list(queue!.path);
  files.rename(join(queue!.path, name!), join(queue!.path, offsetName(4)));
  const extent = queueExtent(files, queue!, 0);
  assert.deepEqual([extent.minOffset, extent.maxOffset], [0, 0]);
});

Deno.test("QueueExtents measures the queues that are on disk, and knows no others", () => {
  const files = storeInMemory("5.5.0-e-bcq-102");
  const extents = new QueueExtents(files, PATHS);
  const { minPhyOffset, queues } = readTruth("5.5.0-e-bcq-102");
  for (const queue of listQueues(files, PATHS).queues) {
    const extent = queueExtent(files, queue, minPhyOffset);
    assert.deepEqual(extents.of(queue.topic, queue.queueId), extent);
    assert.deepEqual(extents.of(queue.topic, queue.queueId), extent, "the second time");
    const ids = queues.filter((it) => it.topic === queue.topic).map((it) => it.queueId);
    assert.deepEqual([...extents.queueIds(queue.topic)], ids.toSorted((a, b) => a - b));
  }
  for (const topic of ["nobody", "..", "../batchconsumequeue/T_bcq", ""]) {
    assert.equal(extents.of(topic, 0), undefined, topic);
    assert.deepEqual([...extents.queueIds(topic)], [], topic);
  }
  assert.equal(extents.of("T_bcq", 99), undefined);
});

Deno.test("knownTopics() joins the configured topics and those with queues", () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const all = knownTopics(files, PATHS);
  assert(all.includes("BenchmarkTest") && all.includes("T_plain"));
  files.remove("store/config");
  const queued = knownTopics(files, PATHS);
  assert(!queued.includes("BenchmarkTest") && queued.includes("T_plain"));
  assert.deepEqual(queued, queued.toSorted());
});

Deno.test("readTable() names what is damaged", () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const read = () => readTable<ReadonlyMap<string, TopicEntry>>(files, PATHS, TOPICS);
  assert.deepEqual(read().flaws, []);
  files.cut("store/config/topics.json", 50);
  assert.equal(read().entries!.get("T_plain")!.perm, 6);
  assert.match(read().flaws[0]!, /topics\.json: .*; read store\/config\/topics\.json\.bak instead/);
  files.cut("store/config/topics.json.bak", 50);
  assert.equal(read().entries, undefined);
  assert.equal(read().flaws.length, 2);
  files.remove("store/config");
  assert.deepEqual(read(), { entries: undefined, flaws: [] });
});
