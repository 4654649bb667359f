import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import { brief, foundIn, verified } from "../../testdata/verified.ts";
import { SYS_FLAG } from "../format.ts";
import { formatProperties } from "../properties.ts";

const FIRST = "00000000000000000000";

Deno.test("QueueCheck misses the units of every queue there should be, of each in one finding", async () => {
  const store = new SmallStore({ segmentBytes: 65_536, fileUnits: 100 });
  for (let nth = 0; nth < 60; nth++) store.add({ topic: `Topic${nth % 3}`, queueId: nth % 2 });
  store.save().files.remove("store/consumequeue");
  for (const pendingUnitsMax of [1, 7, 1000]) {
    const found = await foundIn(store.files, { pendingUnitsMax });
    assert.deepEqual(
      found.toSorted(),
      [0, 1, 2].flatMap((topic) =>
        [0, 1].map((id) => `error queue-missing-units consumequeue/Topic${topic}/${id} 0+200`)
      ),
    );
  }
});

Deno.test("QueueCheck keeps back no more units than it may, and opens each queue once for many", async () => {
  const store = new SmallStore({ segmentBytes: 65_536, fileUnits: 200 }).addMany(200).save();
  const opens = async (pendingUnitsMax: number) => {
    const { files } = store;
    let count = 0;
    const openRead = files.openRead.bind(files);
    files.openRead = (path) => {
      if (path.includes("/consumequeue/")) count++;
      return openRead(path);
    };
    assert.deepEqual(await foundIn(files, { pendingUnitsMax }), []);
    files.openRead = openRead;
    return count;
  };
  const once = await opens(1000);
  assert(once <= 2, `${once}`);
  // The rest is looked at in the end whatever the limit is.
  assert.equal(await opens(10), 200 / 10 + once - 1);
});

Deno.test("QueueCheck asks for no units where a record has none", async () => {
  const store = new SmallStore();
  store.add({ sysFlag: SYS_FLAG.transactionPrepared });
  store.add({ sysFlag: SYS_FLAG.transactionRollback });
  store.add({ sysFlag: SYS_FLAG.transactionCommit });
  const { findings, summary } = await verified(store.save().files);
  assert.deepEqual([findings, summary.messages, summary.units], [[], 3, 1]);
});

Deno.test("QueueCheck asks for no queue with a name that would lead out of the store", async () => {
  const store = new SmallStore();
  store.log.add({ topic: "../../etc" });
  store.log.add({ topic: "a\u0000b" });
  const { findings, summary } = await verified(store.save().files);
  assert.deepEqual([findings, summary.messages], [[], 2]);
});

Deno.test("QueueCheck asks for a record's light queues beside its own", async () => {
  const store = new SmallStore({ fileUnits: 20 });
  const properties = formatProperties([
    ["INNER_MULTI_DISPATCH", "%LMQ%a,%LMQ%b"],
    ["INNER_MULTI_QUEUE_OFFSET", "0,4"],
  ]);
  const { length: size } = store.add({ properties });
  store.queue("%LMQ%a").queue.put(0, { physicalOffset: 0, size });
  const found = await foundIn(store.save().files);
  assert.deepEqual(found, ["error queue-missing-units consumequeue/%LMQ%b/0 80+20"]);
});

Deno.test("QueueCheck takes records of a topic that nobody knows for those of a deleted one", async () => {
  const store = new SmallStore();
  store.add();
  store.files.put("store/config/topics.json", new TextEncoder().encode('{"topicConfigTable":{}}'));
  store.log.add({ topic: "Gone" });
  store.log.add({ topic: "Gone", queueId: 1 });
  const { findings } = await verified(store.save().files);
  assert.deepEqual(findings.map(brief), [
    "info log-topic-deleted commitlog 0+0",
    "info config-topic-unknown config/topics.json 0+0",
  ]);
  assert.equal(findings[0]!.topic, "Gone");
  assert.equal(findings[0]!.message, "2 records from log offset 114 to 223");
});

Deno.test("QueueCheck counts files, strays and wrong lengths of every queue", async () => {
  const store = new SmallStore({ fileUnits: 10 }).addMany(25).save();
  const { files } = store;
  files.put("store/consumequeue/TopicTest/0/x", new Uint8Array(1));
  files.put("store/consumequeue/x", new Uint8Array(1));
  files.cut("store/consumequeue/TopicTest/0/00000000000000000400", 105);
  const { findings, summary } = await verified(files);
  assert.deepEqual(findings.map(brief).toSorted(), [
    "error queue-wrong-length consumequeue/TopicTest/0/00000000000000000400 0+105",
    "warning queue-stray-file consumequeue/TopicTest/0/x 0+0",
    "warning queue-stray-file consumequeue/x 0+0",
  ]);
  assert.equal(summary.queues, 1);
  assert.equal(summary.files.consumequeue.bytesExpected, 200 + 200 + 105);
});

Deno.test("QueueCheck finds a missing file between others and what it held", async () => {
  const store = new SmallStore({ fileUnits: 10 }).addMany(25).save();
  store.files.remove("store/consumequeue/TopicTest/0/00000000000000000200");
  const { findings } = await verified(store.files);
  assert.deepEqual(findings.map(brief), [
    "error queue-missing-file consumequeue/TopicTest/0/00000000000000000200 0+200",
    "error queue-missing-units consumequeue/TopicTest/0 200+200",
  ]);
  assert.equal(findings[0]!.queueOffset, 10);
});

Deno.test("QueueCheck leaves a RocksDB alone and still knows what is kept beside it", async () => {
  const files = storeInMemory("5.5.0-e-rocksdb-102");
  files.put(`store/batchconsumequeue/B/0/${FIRST}`, new Uint8Array(46));
  const { summary } = await verified(files);
  assert.equal(summary.codes["queue-rocksdb"], 1);
  assert.equal(summary.queues, 1);
  assert.equal(summary.severities.error, 0);
});
