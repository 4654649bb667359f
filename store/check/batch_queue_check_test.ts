import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { storeInMemory } from "../../testdata/fixture.ts";
import { brief, foundIn, verified } from "../../testdata/verified.ts";
import { BATCH_QUEUE_UNIT } from "../format.ts";
import type { MemoryFiles } from "../file_memory.ts";

const STORE = "5.5.0-e-bcq-102";
const UNIT = 46;
/** Fourteen units: eight in the first file, six in the second. The last two hold one message each. */
const QUEUE = "batchconsumequeue/T_bcq/0";
const FIRST = `${QUEUE}/00000000000000000000`;
const SECOND = `${QUEUE}/00000000000000000368`;
/** Third unit: messages 6 to 14, in the record of 2065 bytes at log offset 4764. */
const THIRD = 2 * UNIT;
const AT = BATCH_QUEUE_UNIT.at;

async function found(damage: (files: MemoryFiles) => void): Promise<string[]> {
  const files = storeInMemory(STORE);
  damage(files);
  return await foundIn(files);
}

function flip(field: keyof typeof AT): (files: MemoryFiles) => void {
  return (files) => files.flip(`store/${FIRST}`, THIRD + AT[field] + BATCH_LAST_BYTE[field]);
}

/** Distance of a field's lowest byte from its first. */
const BATCH_LAST_BYTE = {
  physicalOffset: 7,
  size: 3,
  tagsCode: 7,
  storeTimestamp: 7,
  baseOffset: 7,
  batchSize: 1,
  compactedOffset: 3,
  reserved: 3,
} as const;

Deno.test("A batch queue that Java wrote agrees with its records, batches of one included", async () => {
  const { findings, summary } = await verified(storeInMemory(STORE));
  assert.deepEqual(findings, []);
  // 28 records of the batch topic, one unit each, and 40 others.
  assert.equal(summary.units, 68);
});

Deno.test("Every field of a batch unit is compared with the record", async () => {
  assert.deepEqual(await found(flip("physicalOffset")), [
    `error queue-unit-mismatch ${FIRST} 92+46`,
  ]);
  assert.deepEqual(await found(flip("size")), [`error queue-unit-mismatch ${FIRST} 92+46`]);
  assert.deepEqual(await found(flip("tagsCode")), [`error queue-tags-mismatch ${FIRST} 92+46`]);
  assert.deepEqual(await found(flip("storeTimestamp")), [
    `error queue-unit-mismatch ${FIRST} 92+46`,
  ]);
  assert.deepEqual(await found(flip("baseOffset")), [
    `error queue-offset-mismatch ${FIRST} 92+46`,
  ]);
  assert.deepEqual(await found(flip("batchSize")), [`error queue-unit-mismatch ${FIRST} 92+46`]);
  assert.deepEqual(await found(flip("compactedOffset")), []);
  assert.deepEqual(await found(flip("reserved")), []);
});

Deno.test("A batch unit says what is wrong and what its record calls for", async () => {
  const files = storeInMemory(STORE);
  flip("batchSize")(files);
  const [finding] = (await verified(files)).findings;
  assert.equal(finding!.message, "unit 2: batch size is 8, the record calls for 9");
  assert.deepEqual([finding!.topic, finding!.queueId, finding!.queueOffset], ["T_bcq", 0, 2]);
});

Deno.test("A batch whose number of messages cannot be read speaks against no unit", async () => {
  const lines = await found((files) => {
    const path = "store/commitlog/00000000000000000000";
    const bytes = Buffer.from(files.snapshot().get(path)!);
    const at = bytes.indexOf("INNER_NUM\u00019\u0002", 4764);
    bytes.write("x", at + "INNER_NUM\u0001".length);
    files.put(path, bytes);
  });
  assert.deepEqual(lines, [
    "error log-inner-batch commitlog/00000000000000000000 4764+2065",
  ]);
});

Deno.test("Zeroed batch units are missing, and those behind them are not", async () => {
  assert.deepEqual(await found((files) => files.zero(`store/${FIRST}`, THIRD, 2 * UNIT)), [
    `error queue-missing-units ${FIRST} 92+92`,
  ]);
});

Deno.test("Batch units missing at the end are one finding", async () => {
  assert.deepEqual(await found((files) => files.zero(`store/${SECOND}`, UNIT, 5 * UNIT)), [
    `error queue-missing-units ${SECOND} 46+230`,
  ]);
});

Deno.test("A batch queue without files misses a unit for every record", async () => {
  assert.deepEqual(await found((files) => files.remove(`store/${QUEUE}`)), [
    `error queue-missing-units ${QUEUE} 0+644`,
  ]);
});

Deno.test("A batch queue whose units moved together misses only the one that is gone", async () => {
  const moved = await found((files) => {
    const path = `store/${FIRST}`;
    const bytes = files.snapshot().get(path)!;
    // The third unit is gone, and those behind it take its place.
    bytes.copyWithin(THIRD, THIRD + UNIT);
    files.put(path, bytes);
    files.zero(path, 7 * UNIT, UNIT);
  });
  assert.deepEqual(moved, [
    `error queue-missing-units ${FIRST} 92+46`,
    `error queue-hole ${FIRST} 322+46`,
  ]);
});

Deno.test("Units of a record that is damaged, expired or cut off say so", async () => {
  // One byte in the body of the record of the third unit.
  assert.deepEqual(
    (await found((files) => files.flip("store/commitlog/00000000000000000000", 5000)))
      .filter((line) => line.includes(QUEUE)),
    [`error queue-unit-dangling ${FIRST} 92+46`],
  );
  // The log ends before the last three units of the queue.
  const cut = await found((files) => {
    files.zero("store/commitlog/00000000000000000000", 26_880, 65_536 - 26_880);
  });
  assert.deepEqual(cut.filter((line) => line.includes(QUEUE)), [
    `info queue-unit-behind-log ${SECOND} 138+138`,
  ]);
});

Deno.test("What stands behind the end of a batch queue is looked at, too", async () => {
  const files = storeInMemory(STORE);
  const unit = new Uint8Array(UNIT);
  BATCH_QUEUE_UNIT.write(new DataView(unit.buffer), 0, {
    physicalOffset: 60_000,
    size: 100,
    tagsCode: 0n,
    storeTimestamp: 0,
    baseOffset: 90,
    batchSize: 1,
    compactedOffset: -1,
    reserved: 0,
  });
  files.openWrite(`store/${SECOND}`).write(unit, 7 * UNIT);
  const { findings } = await verified(files);
  assert.deepEqual(findings.map(brief), [`info queue-unit-behind-log ${SECOND} 322+46`]);
});
