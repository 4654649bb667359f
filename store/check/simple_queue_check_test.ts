import assert from "node:assert/strict";
import { SmallStore } from "../../testdata/small_store.ts";
import { brief, foundIn, verified } from "../../testdata/verified.ts";
import { QUEUE_PADDING, SYS_FLAG } from "../format.ts";

const QUEUE = "consumequeue/TopicTest/0";
const FILE = `${QUEUE}/00000000000000000000`;
const SIZE = 114;

/** Ten messages of 114 bytes in one queue. */
function tenMessages(): SmallStore {
  const store = new SmallStore({ fileUnits: 20 }).addMany(10).save();
  assert.equal(store.log.records[1]!.at, SIZE);
  return store;
}

Deno.test("A sound queue is compared unit by unit and nothing is found", async () => {
  const { findings, summary } = await verified(tenMessages().files);
  assert.deepEqual(findings, []);
  assert.equal(summary.units, 10);
});

Deno.test("A queue that lost a unit in the middle leads every index behind it astray", async () => {
  const store = tenMessages();
  const units = [5, 6, 7, 8, 9].map((nth) => ({ physicalOffset: nth * SIZE, size: SIZE }));
  const tagsCode = 2598919n;
  store.queue().queue.put(4, ...units.map((unit) => ({ ...unit, tagsCode })));
  store.files.zero(`store/${FILE}`, 9 * 20, 20);
  assert.deepEqual(await foundIn(store.files), [
    `error queue-offset-mismatch ${FILE} 80+100`,
    `error queue-missing-units ${FILE} 180+20`,
  ]);
});

Deno.test("A hole between units is one finding, for as many records as it has", async () => {
  const store = tenMessages();
  store.files.zero(`store/${FILE}`, 3 * 20, 4 * 20);
  const { findings, summary } = await verified(store.files);
  assert.deepEqual(findings.map(brief), [`error queue-missing-units ${FILE} 60+80`]);
  assert.equal(
    findings[0]!.message,
    "units 3 to 6: missing for the record at log offset 342, and so on to log offset 684",
  );
  assert.equal(summary.units, 6);
});

Deno.test("Padding before the first message is how a queue begins, behind it a loss", async () => {
  const store = new SmallStore({ fileUnits: 20, logStart: 8192 });
  store.queue().end = 6;
  store.addMany(4).save();
  store.queue().queue.pad(6);
  assert.deepEqual(await foundIn(store.files), []);
  store.queue().queue.put(8, QUEUE_PADDING);
  assert.deepEqual(await foundIn(store.files), [`error queue-missing-units ${FILE} 160+20`]);
});

Deno.test("Zeros before the first message are a hole: a Java broker would end the queue there", async () => {
  const store = new SmallStore({ fileUnits: 20, logStart: 8192 });
  store.queue().end = 6;
  store.addMany(4).save();
  assert.deepEqual(await foundIn(store.files), [`error queue-hole ${FILE} 0+120`]);
});

Deno.test("A unit of a record that is in no queue is wrong", async () => {
  const store = tenMessages();
  store.log.flip(4 * SIZE + 39, SYS_FLAG.transactionPrepared);
  const { findings } = await verified(store.files);
  assert.deepEqual(findings.map(brief), [`error queue-unit-mismatch ${FILE} 80+20`]);
  assert.match(findings[0]!.message, /prepared or rolled back record at log offset 456$/);
});

Deno.test("A unit with another record's place names the queue it belongs to", async () => {
  const store = tenMessages();
  store.add({ queueId: 1 });
  store.queue().queue.put(4, { physicalOffset: 10 * SIZE, size: SIZE });
  const { findings } = await verified(store.save().files);
  assert.deepEqual(findings.map(brief), [`error queue-unit-mismatch ${FILE} 80+20`]);
  assert.equal(
    findings[0]!.message,
    "unit 4: leads to a record of queue 1 of TopicTest at log offset 1140 instead of the record " +
      "at 456",
  );
});

Deno.test("A second record with an index is a fact where one of them is served, else a loss", async () => {
  // As after a topic was deleted and made again: the newer records have the units.
  const store = new SmallStore({ fileUnits: 20 });
  store.addMany(3);
  store.queue().end = 0;
  store.addMany(3).save();
  const newer = await verified(store.files);
  assert.deepEqual(newer.findings.map(brief), [`info queue-offset-repeated ${FILE} 0+60`]);
  // The older ones have them: the newer are never served.
  const units = [0, 1, 2].map((nth) => ({ physicalOffset: nth * SIZE, size: SIZE }));
  store.queue().queue.put(0, ...units.map((unit) => ({ ...unit, tagsCode: 2598919n })));
  const older = await verified(store.files);
  assert.deepEqual(older.findings.map(brief), [`error queue-offset-repeated ${FILE} 0+60`]);
  assert.match(older.findings[0]!.message, /is not served, and so on to log offset 570$/);
});

Deno.test("An index that cannot be right does not make a million findings", async () => {
  const store = tenMessages();
  // 2^40 messages further than the queue goes.
  store.log.flip(7 * SIZE + 22);
  const { findings } = await verified(store.files);
  assert.deepEqual(findings.map(brief), [
    `error queue-offset-mismatch ${FILE} 140+20`,
  ]);
  store.files.zero(`store/${FILE}`, 140, 20);
  const { findings: both } = await verified(store.files);
  assert.deepEqual(both.map(brief), [
    `error queue-missing-units ${QUEUE} ${20 * (7 + 2 ** 40)}+20`,
    `error queue-hole ${FILE} 140+20`,
  ]);
  assert.match(both[0]!.message, /has an index that cannot be right$/);
});

Deno.test("Units behind the end of the log are left over, whatever stands between", async () => {
  const store = tenMessages();
  const behind = { physicalOffset: store.log.end + 500, size: SIZE };
  store.queue().queue.put(11, behind, behind).put(15, behind);
  assert.deepEqual(await foundIn(store.files), [
    `info queue-unit-behind-log ${FILE} 220+40`,
    `info queue-unit-behind-log ${FILE} 300+20`,
  ]);
});
