import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import { foundIn, verified } from "../../testdata/verified.ts";

const QUICK = { depth: "quick" } as const;
const FILE = "consumequeue/TopicTest/0/00000000000000000000";
const SIZE = 114;
/** The last of ten units. */
const LAST = `${FILE} 180+20`;

function tenMessages(): SmallStore {
  return new SmallStore({ fileUnits: 20 }).addMany(10).save();
}

Deno.test("quickQueues() looks at one unit of every queue, of both kinds", async () => {
  const { summary } = await verified(storeInMemory("5.5.0-e-bcq-102"), QUICK);
  assert.deepEqual([summary.queues, summary.units], [10, 10]);
  assert.equal(summary.files.consumequeue.bytesChecked, 8 * 20);
  assert.equal(summary.files.batchconsumequeue.bytesChecked, 2 * 46);
});

Deno.test("quickQueues() finds a last unit that leads to another record", async () => {
  const store = tenMessages();
  const { queue } = store.queue();
  queue.put(9, { physicalOffset: 5 * SIZE, size: SIZE });
  assert.deepEqual(await foundIn(store.files, QUICK), [`error queue-offset-mismatch ${LAST}`]);
  const { at } = store.add({ queueId: 1 });
  queue.put(9, { physicalOffset: at, size: SIZE });
  assert.deepEqual(await foundIn(store.files, QUICK), [`error queue-unit-mismatch ${LAST}`]);
  queue.put(9, { physicalOffset: 5 * SIZE + 1, size: SIZE });
  assert.deepEqual(await foundIn(store.files, QUICK), [`error queue-unit-dangling ${LAST}`]);
});

Deno.test("quickQueues() takes a unit that repeats the one before it for a stand-in", async () => {
  const store = tenMessages();
  store.queue().queue.put(9, { physicalOffset: 8 * SIZE, size: SIZE });
  assert.deepEqual(await foundIn(store.files, QUICK), []);
});

Deno.test("quickQueues() tells units behind the end of the log from those that lead nowhere", async () => {
  const store = tenMessages();
  const { queue } = store.queue();
  for (const physicalOffset of [store.log.end, 4096, 1_000_000]) {
    queue.put(9, { physicalOffset, size: SIZE });
    assert.deepEqual(await foundIn(store.files, QUICK), [`info queue-unit-behind-log ${LAST}`]);
  }
});

Deno.test("quickQueues() finds no fault with what a broker writes while it looks", async () => {
  const store = new SmallStore({ fileUnits: 20 });
  for (const queueId of [0, 1]) store.add({ queueId });
  const { files } = store.save();
  const openRead = files.openRead.bind(files);
  let isWritten = false;
  files.openRead = (path) => {
    // The bytes around the record of queue 0 are read already.
    if (path.includes("/TopicTest/1/") && !isWritten) {
      isWritten = true;
      store.add({ queueId: 1 });
    }
    return openRead(path);
  };
  assert.deepEqual(await foundIn(files, QUICK), []);
  assert(isWritten);
});

Deno.test("quickQueues() says nothing of units whose records have expired, nor of padding", async () => {
  const store = new SmallStore({ logStart: 8192, fileUnits: 20 });
  store.add({ queueId: 1 });
  store.queue().queue.put(0, { physicalOffset: 100, size: SIZE });
  assert.deepEqual(await foundIn(store.save().files, QUICK), []);
  const { queue } = store.queue("TopicTest", 2);
  queue.pad(5);
  queue.put(5, { physicalOffset: 100, size: SIZE });
  assert.deepEqual(await foundIn(store.files, QUICK), []);
});

Deno.test("quickQueues() finds the last unit of a batch queue", async () => {
  const files = storeInMemory("5.5.0-e-bcq-102");
  const file = "batchconsumequeue/T_bcq/0/00000000000000000368";
  // The last of fourteen: its place in the log, then its index.
  files.flip(`store/${file}`, 5 * 46 + 7, 2);
  assert.deepEqual(await foundIn(files, QUICK), [`error queue-unit-dangling ${file} 230+46`]);
  files.flip(`store/${file}`, 5 * 46 + 7, 2);
  files.flip(`store/${file}`, 5 * 46 + 35);
  assert.deepEqual(await foundIn(files, QUICK), [`error queue-offset-mismatch ${file} 230+46`]);
});

Deno.test("quickQueues() says nothing of a queue without a unit", async () => {
  const store = tenMessages();
  store.files.put("store/consumequeue/Empty/0/00000000000000000000", new Uint8Array(400));
  store.files.makeDirectory("store/consumequeue/Bare/0");
  assert.deepEqual(await foundIn(store.files, QUICK), []);
});
