import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { storeInMemory } from "../testdata/fixture.ts";
import { openStore, put } from "../testdata/open_store.ts";
import { MemoryFiles } from "./file_memory.ts";
import type { GetRequest, GetResult, RecordMatches } from "./get.ts";
import { propertiesOf } from "./record_text.ts";
import { RecordView } from "./record_view.ts";
import type { Store } from "./store.ts";

const QUEUE = { topic: "TopicTest", queueId: 0 };
const WINDOW = 800;

/** Keeps messages whose properties are these. */
function only(properties: string): RecordMatches {
  return (record) => propertiesOf(record) === properties;
}

async function get(store: Store, wish: Partial<GetRequest> = {}): Promise<GetResult> {
  return await store.get({ ...QUEUE, queueOffset: 0, countMax: 32, ...wish });
}

/** Status, indexes of the records, and where to go on. */
function seen({ status, body, count, nextBeginOffset }: GetResult): unknown[] {
  const record = new RecordView();
  record.attach(body);
  const indexes: number[] = [];
  for (let at = 0; at < body.length; at += record.size) {
    assert.equal(record.load(at, body.length), undefined);
    indexes.push(record.queueOffset());
  }
  assert.equal(indexes.length, count);
  return [status, indexes, nextBeginOffset];
}

/** A message of a model: whether it is wanted, whether its tag is, and the length of its body. */
interface Planned {
  readonly isWanted: boolean;
  readonly hasTag: boolean;
  readonly bytes: number;
}

const TAG = "T";
const WANTED = "w\u0001yes\u0002";
const OTHER = "w\u0001no!\u0002";

async function storeOf(plan: readonly Planned[], fs = new MemoryFiles()): Promise<Store> {
  const store = await openStore(fs, { queueFileUnits: 2000, segmentBytes: 1 << 20 });
  for (const { isWanted, hasTag, bytes } of plan) {
    const properties = `TAGS\u0001${hasTag ? TAG : "U"}\u0002${isWanted ? WANTED : OTHER}`;
    await put(store, { properties, body: "x".repeat(bytes) });
  }
  return store;
}

/** Java's loop over the units of a queue (`DefaultMessageStore.getMessage`). */
function asJava(
  plan: readonly Planned[],
  { queueOffset, countMax, bytesMax, byTag }: {
    queueOffset: number;
    countMax: number;
    bytesMax: number;
    byTag: boolean;
  },
): unknown[] {
  const found: number[] = [];
  let total = 0;
  let at = queueOffset;
  for (; at < plan.length && at < queueOffset + WINDOW; at++) {
    const { isWanted, hasTag, bytes } = plan[at]!;
    const length = RECORD_BYTES + bytes;
    if (found.length > 0 && (found.length >= countMax || total + length > bytesMax)) break;
    if (byTag && !hasTag) continue;
    if (!isWanted) continue;
    found.push(at);
    total += length;
  }
  return [found.length > 0 ? "FOUND" : "NO_MATCHED_MESSAGE", found, at];
}

/** Bytes of a record of the model besides its body. */
const RECORD_BYTES = 91 + "TopicTest".length + `TAGS\u0001${TAG}\u0002${WANTED}`.length;

const keepsWanted: RecordMatches = (record) => propertiesOf(record).endsWith(WANTED);
const keepsTag = (code: bigint) => code === BigInt(TAG.charCodeAt(0));

const PLANNED = fc.record({
  isWanted: fc.boolean(),
  hasTag: fc.constant(true),
  bytes: fc.nat({ max: 300 }),
});

Deno.test("Store.get() with a filter by records brings what Java's loop brings, warm and cold", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(PLANNED, { minLength: 1, maxLength: 120 }),
      fc.nat({ max: 119 }),
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 6000 }),
      async (plan, from, countMax, bytesMax) => {
        const queueOffset = from % plan.length;
        const fs = new MemoryFiles();
        const expected = asJava(plan, {
          queueOffset,
          countMax: Math.min(32, countMax),
          bytesMax,
          byTag: false,
        });
        const wish = { queueOffset, countMax, bytesMax, recordMatches: keepsWanted };
        {
          await using store = await storeOf(plan, fs);
          assert.deepEqual(seen(await get(store, wish)), expected, "in memory");
        }
        await using store = await openStore(fs);
        assert.deepEqual(seen(await get(store, wish)), expected, "from files");
      },
    ),
    { numRuns: 60, seed: 20_261_122 },
  );
});

Deno.test("Store.get() asks records only of messages that their units let pass", async () => {
  const plan = Array.from({ length: 300 }, (_, at) => ({
    isWanted: at % 7 === 0,
    hasTag: at % 3 === 0,
    bytes: at % 50,
  }));
  await using store = await storeOf(plan);
  let asked = 0;
  const recordMatches: RecordMatches = (record) => {
    asked++;
    return keepsWanted(record);
  };
  const result = await get(store, { tagsCodeMatches: keepsTag, recordMatches });
  const all = plan.flatMap(({ isWanted, hasTag }, at) => isWanted && hasTag ? [at] : []);
  assert.deepEqual(seen(result), ["FOUND", all, 300]);
  assert.equal(asked, 100);
});

Deno.test("Store.get() looks at as many units as any read, then lets the consumer move on", async () => {
  const plan = Array.from({ length: 1700 }, (_, at) => {
    return { isWanted: at === 801 || at === 1650, hasTag: true, bytes: 0 };
  });
  await using store = await storeOf(plan);
  const recordMatches = keepsWanted;
  assert.deepEqual(seen(await get(store, { recordMatches })), ["NO_MATCHED_MESSAGE", [], 800]);
  const second = await get(store, { queueOffset: 800, recordMatches });
  assert.deepEqual(seen(second), ["FOUND", [801], 1600]);
  const third = await get(store, { queueOffset: 1600, recordMatches });
  assert.deepEqual(seen(third), ["FOUND", [1650], 1700]);
  assert.deepEqual([third.minOffset, third.maxOffset], [0, 1700]);
});

Deno.test("Store.get() with a filter answers outside a queue as without", async () => {
  await using store = await storeOf([{ isWanted: false, hasTag: true, bytes: 1 }]);
  const recordMatches = only("none");
  const ends = async (wish: Partial<GetRequest>) => {
    const { status, nextBeginOffset } = await get(store, { ...wish, recordMatches });
    return [status, nextBeginOffset];
  };
  assert.deepEqual(await ends({ queueOffset: 1 }), ["OFFSET_OVERFLOW_ONE", 1]);
  assert.deepEqual(await ends({ queueOffset: 2 }), ["OFFSET_OVERFLOW_BADLY", 1]);
  assert.deepEqual(await ends({ queueOffset: -1 }), ["OFFSET_TOO_SMALL", 0]);
  assert.deepEqual(await ends({ topic: "Other" }), ["NO_MATCHED_LOGIC_QUEUE", 0]);
  assert.deepEqual(await ends({}), ["NO_MATCHED_MESSAGE", 1]);
});

Deno.test("Store.get() counts the limits by where messages lie, of what it keeps", async () => {
  const plan = Array.from({ length: 100 }, (_, at) => {
    return { isWanted: at % 2 === 0, hasTag: true, bytes: 10 };
  });
  await using store = await storeOf(plan);
  const limits = {
    memoryPercent: 0,
    inMemory: { bytes: 1e6, count: 32 },
    onDisk: { bytes: 1e6, count: 8 },
  };
  const few = await get(store, { limits, recordMatches: keepsWanted });
  assert.deepEqual(seen(few), ["FOUND", [0, 2, 4, 6, 8, 10, 12, 14], 15]);
  const small = { ...limits, onDisk: { bytes: 3 * (RECORD_BYTES + 10), count: 8 } };
  const least = await get(store, { limits: small, recordMatches: keepsWanted });
  assert.deepEqual(seen(least), ["FOUND", [0, 2, 4], 5]);
});

Deno.test("Store.get() brings no record that cannot be read, and goes on behind it", async () => {
  const plan = Array.from({ length: 5 }, () => ({ isWanted: true, hasTag: true, bytes: 10 }));
  const fs = new MemoryFiles();
  await (await storeOf(plan, fs))[Symbol.asyncDispose]();
  await using store = await openStore(fs);
  const second = await get(store, { queueOffset: 1, countMax: 1 });
  const at = new DataView(second.body.buffer, second.body.byteOffset).getInt32(0);
  const path = "store/commitlog/00000000000000000000";
  const file = fs.openWrite(path);
  // The length of the second record's body.
  file.write(Buffer.from([0x7f, 0, 0, 0]), at + 84);
  file.close();
  const { status, count, nextBeginOffset } = await get(store, { recordMatches: keepsWanted });
  assert.deepEqual([status, count, nextBeginOffset], ["FOUND", 4, 5]);
});

Deno.test("Store.get() asks a batch queue's records, each for all its messages", async () => {
  await using store = await openStore(storeInMemory("5.5.0-e-bcq-102"));
  const place = { topic: "T_bcq", queueId: 0 };
  const all = await get(store, { ...place, countMax: 15 });
  const bases: number[] = [];
  const result = await get(store, {
    ...place,
    countMax: 15,
    recordMatches(record) {
      bases.push(record.queueOffset());
      return record.queueOffset() !== 3;
    },
  });
  assert.deepEqual(bases, [0, 3, 6]);
  assert.equal(all.count, 15);
  assert.deepEqual([result.status, result.count, result.nextBeginOffset], ["FOUND", 12, 15]);
});
