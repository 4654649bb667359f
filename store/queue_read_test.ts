import assert from "node:assert/strict";
import { totalmem } from "node:os";
import fc from "fast-check";
import { readTruth } from "../testdata/fixture.ts";
import { openStore, put } from "../testdata/open_store.ts";
import { describedStore, loadedStores } from "../testdata/store_cases.ts";
import { MemoryFiles } from "./file_memory.ts";
import { MESSAGE_V1, QUEUE_UNIT } from "./format.ts";
import type { GetRequest, GetResult } from "./get.ts";
import { readMessage } from "./message.ts";
import { offsetName } from "./names.ts";
import { RecordView } from "./record_view.ts";
import { READ_LIMITS } from "./queue_read.ts";
import type { Store } from "./store.ts";

const QUEUE = { topic: "TopicTest", queueId: 0 };

/** Records of an answer, taken apart again. */
function recordsOf({ body, count }: GetResult): { index: number; at: number; body: string }[] {
  const records: { index: number; at: number; body: string }[] = [];
  const record = new RecordView();
  record.attach(body);
  for (let at = 0; at < body.length; at += record.size) {
    assert.equal(record.load(at, body.length), undefined);
    const message = readMessage(record.view, at);
    const text = new TextDecoder().decode(message.body);
    records.push({ index: message.queueOffset, at: message.physicalOffset, body: text });
  }
  assert.equal(records.length, count);
  return records;
}

/** Goes through a queue from an index as a consumer does, and returns what it was given. */
async function consume(
  store: Store,
  request: GetRequest,
): Promise<{ index: number; at: number }[]> {
  const all: { index: number; at: number }[] = [];
  for (let queueOffset = request.queueOffset;;) {
    const result = await store.get({ ...request, queueOffset });
    if (result.status === "OFFSET_OVERFLOW_ONE") return all;
    assert(["FOUND", "NO_MATCHED_MESSAGE", "MESSAGE_WAS_REMOVING"].includes(result.status));
    assert(result.nextBeginOffset > queueOffset, "a consumer gets on");
    all.push(...recordsOf(result));
    queueOffset = result.nextBeginOffset;
  }
}

for (const it of loadedStores().filter(({ isRocksDb }) => !isRocksDb)) {
  Deno.test(`Store.get() delivers the messages Java delivers: ${it.name}`, async () => {
    const truth = readTruth(it.name);
    await using store = await openStore(describedStore(it));
    const isRebuilt = store.recovery.actions.some(({ action }) => action === "rebuild-queue");
    for (const { topic, queueId, cqType, messages, minOffset, maxOffset } of truth.queues) {
      if (cqType === "BatchCQ" || messages.length === 0) continue;
      const range = store.queueRange(topic, queueId)!;
      // Behind a damaged record Java knows no more messages; what it left out of queues is back.
      if (it.behindEnd === undefined && !isRebuilt) {
        assert.deepEqual(range, { min: minOffset, max: maxOffset });
      }
      const own = await consume(store, { topic, queueId, queueOffset: range.min, countMax: 32 });
      const found = own.map(({ index, at }) => [index, at]);
      const place = `${topic}/${queueId}`;
      if (isRebuilt) assert(messages.every((it) => found.some(([, at]) => at === it[1])), place);
      else assert.deepEqual(found.slice(0, messages.length), messages, place);
    }
  });
}

/** A store with messages of so many bytes each. */
async function storeOf(count: number, bytes = 4, fs = new MemoryFiles()): Promise<Store> {
  const store = await openStore(fs);
  const body = "x".repeat(bytes);
  for (let index = 0; index < count; index++) await put(store, { body });
  return store;
}

async function get(store: Store, queueOffset: number, more = {}): Promise<GetResult> {
  return await store.get({ ...QUEUE, queueOffset, countMax: 32, ...more });
}

async function statusOf(store: Store, queueOffset: number, more = {}): Promise<unknown[]> {
  const { status, nextBeginOffset, count } = await get(store, queueOffset, more);
  return [status, nextBeginOffset, count];
}

Deno.test("readQueue() answers outside a queue as Java does", async () => {
  const fs = new MemoryFiles();
  const unknown = { topic: "Other", queueId: 0 };
  {
    await using store = await storeOf(5, 30_000, fs);
    assert.deepEqual(await statusOf(store, 0, unknown), ["NO_MATCHED_LOGIC_QUEUE", 0, 0]);
    assert.deepEqual(await statusOf(store, 5), ["OFFSET_OVERFLOW_ONE", 5, 0]);
    assert.deepEqual(await statusOf(store, 6), ["OFFSET_OVERFLOW_BADLY", 5, 0]);
    assert.deepEqual(await statusOf(store, -1), ["OFFSET_TOO_SMALL", 0, 0]);
  }
  fs.remove(`store/commitlog/${offsetName(0)}`);
  await using store = await openStore(fs);
  assert.deepEqual(await statusOf(store, 1), ["OFFSET_TOO_SMALL", 2, 0]);
  const { minOffset, maxOffset } = await get(store, 2);
  assert.deepEqual([minOffset, maxOffset], [2, 5]);
});

Deno.test("readQueue() of a queue nothing was ever put into", async () => {
  const fs = new MemoryFiles();
  fs.put(`store/consumequeue/TopicTest/0/${offsetName(0)}`, new Uint8Array(1200));
  await using store = await openStore(fs);
  assert.deepEqual(await statusOf(store, 0), ["NO_MESSAGE_IN_QUEUE", 0, 0]);
  assert.deepEqual(await statusOf(store, 7), ["NO_MESSAGE_IN_QUEUE", 0, 0]);
});

Deno.test("readQueue() brings as many as wanted, 32 at the most, and at least one", async () => {
  await using store = await storeOf(40);
  for (
    const [countMax, count] of [[1, 1], [5, 5], [32, 32], [33, 32], [2 ** 31 - 1, 32], [0, 1], [
      -1,
      1,
    ]]
  ) {
    assert.deepEqual(await statusOf(store, 2, { countMax }), ["FOUND", 2 + count!, count]);
  }
  assert.deepEqual(await statusOf(store, 38), ["FOUND", 40, 2]);
});

Deno.test("readQueue() keeps to the bytes wanted and to its own, but brings one message always", async () => {
  await using store = await storeOf(20, 20_000);
  const record = 20_000 + 91 + "TopicTest".length;
  assert.deepEqual(await statusOf(store, 0, { bytesMax: 1 }), ["FOUND", 1, 1]);
  assert.deepEqual(await statusOf(store, 0, { bytesMax: 3 * record }), ["FOUND", 3, 3]);
  assert.deepEqual(await statusOf(store, 0, { bytesMax: 3 * record - 1 }), ["FOUND", 2, 2]);
  assert.deepEqual(await statusOf(store, 0), ["FOUND", 13, 13]);
});

Deno.test("readQueue() brings less of what is not among the newest, as Java does", async () => {
  await using store = await storeOf(40, 4);
  const onDisk = { ...READ_LIMITS, memoryPercent: 0 };
  assert.deepEqual(await statusOf(store, 0, { limits: onDisk }), ["FOUND", 8, 8]);
  assert.deepEqual(await statusOf(store, 0, { limits: onDisk, countMax: 5 }), ["FOUND", 5, 5]);
  // Where a read passes into the newest part the limits of what it brought so far are wider.
  const { min, max } = store.logRange;
  const bytes = (max - min) / 40;
  const newest = (count: number) => 100 * (count * bytes) / totalmem();
  const mixed = { ...READ_LIMITS, memoryPercent: newest(35) };
  assert.deepEqual(await statusOf(store, 0, { limits: mixed }), ["FOUND", 32, 32]);
  const late = { ...READ_LIMITS, memoryPercent: newest(30) };
  assert.deepEqual(await statusOf(store, 0, { limits: late }), ["FOUND", 8, 8]);

  await using large = await storeOf(20, 20_000);
  assert.deepEqual(await statusOf(large, 0, { limits: onDisk }), ["FOUND", 3, 3]);
  const wide = {
    memoryPercent: 40,
    inMemory: { bytes: 1e6, count: 50 },
    onDisk: READ_LIMITS.onDisk,
  };
  assert.deepEqual(await statusOf(large, 0, { limits: wide, countMax: 99 }), ["FOUND", 20, 20]);
  const narrow = { ...wide, inMemory: { bytes: 1, count: 50 } };
  assert.deepEqual(await statusOf(large, 0, { limits: narrow }), ["FOUND", 1, 1], "one at least");
});

Deno.test("readQueue() answers at once from memory, and with a promise from files", async () => {
  const fs = new MemoryFiles();
  {
    await using store = await storeOf(3, 4, fs);
    assert(!(store.get({ ...QUEUE, queueOffset: 0, countMax: 9 }) instanceof Promise));
  }
  await using store = await openStore(fs);
  await put(store);
  const mixed = store.get({ ...QUEUE, queueOffset: 1, countMax: 9 });
  assert(mixed instanceof Promise);
  assert.deepEqual(recordsOf(await mixed).map(({ index }) => index), [1, 2, 3]);
  assert(!(store.get({ ...QUEUE, queueOffset: 3, countMax: 9 }) instanceof Promise));
});

Deno.test("readQueue() sees what was put in the same turn", async () => {
  await using store = await openStore();
  const answer = put(store, { body: "new" });
  const result = store.get({ ...QUEUE, queueOffset: 0, countMax: 1 });
  assert(!(result instanceof Promise));
  assert.deepEqual(recordsOf(result).map(({ body }) => body), ["new"]);
  await answer;
});

Deno.test("readQueue() brings messages whose tags code passes, and gets on where none does", async () => {
  await using store = await openStore();
  for (let index = 0; index < 1000; index++) {
    const properties = `TAGS\u0001${index % 100 === 50 ? "b" : "a"}\u0002`;
    await put(store, { body: `${index}`, properties });
  }
  const tagsCodeMatches = (tagsCode: bigint) => tagsCode === BigInt("b".charCodeAt(0));
  const request = { ...QUEUE, queueOffset: 0, countMax: 4, tagsCodeMatches };
  assert.deepEqual(await statusOf(store, 0, { countMax: 4, tagsCodeMatches }), ["FOUND", 351, 4]);
  const all = await consume(store, request);
  assert.deepEqual(all.map(({ index }) => index), [
    50,
    150,
    250,
    350,
    450,
    550,
    650,
    750,
    850,
    950,
  ]);
  const none = { tagsCodeMatches: () => false };
  assert.deepEqual(await statusOf(store, 10, none), ["NO_MATCHED_MESSAGE", 810, 0]);
  assert.deepEqual(await statusOf(store, 990, none), ["NO_MATCHED_MESSAGE", 1000, 0]);
});

Deno.test("readQueue() joins records that lie near each other, skips what lies between, and crosses files", async () => {
  const fs = new MemoryFiles();
  const bodies: string[] = [];
  {
    await using store = await openStore(fs);
    for (let index = 0; index < 60; index++) {
      const body = `${index} ${"y".repeat(index * 37 % 3000)}`;
      bodies.push(body);
      await put(store, { body });
      // Others between, of all sizes up to what is not read along.
      await put(store, { topic: "Other", body: "z".repeat(index * 541 % 20_000) });
    }
  }
  await using store = await openStore(fs);
  const found: string[] = [];
  for (let queueOffset = 0; queueOffset < 60;) {
    const result = await store.get({ ...QUEUE, queueOffset, countMax: 32 });
    assert(result.status === "FOUND");
    found.push(...recordsOf(result).map(({ body }) => body));
    queueOffset = result.nextBeginOffset;
  }
  assert.deepEqual(found, bodies);
});

/** Offset in a record where the body of {@linkcode damagedStore} has begun. */
const IN_BODY = 200;

/** Messages of which some are damaged, recovered: their slots are filled. */
async function damagedStore(count: number, damaged: readonly number[]): Promise<MemoryFiles> {
  const fs = new MemoryFiles();
  const options = { segmentBytes: 1 << 20 };
  const places: number[] = [];
  {
    await using store = await openStore(fs, options);
    const body = "x".repeat(300);
    for (let index = 0; index < count; index++) {
      const properties = index % 2 === 0 ? "TAGS\u0001a\u0002" : "TAGS\u0001b\u0002";
      places.push((await put(store, { body, properties })).physicalOffset);
    }
    // Damage with nothing behind it would be the end of the log.
    await put(store, { topic: "Other" });
  }
  for (const index of damaged) {
    fs.flip(`store/commitlog/${offsetName(0)}`, places[index]! + IN_BODY);
  }
  await using store = await openStore(fs, { ...options, recovery: "full" });
  const sum = store.recovery.actions.reduce((lost, it) => lost + it.slotsFilled, 0);
  assert.equal(sum, damaged.length);
  return fs;
}

Deno.test("readQueue() passes slots that were filled for damaged messages", async () => {
  await using store = await openStore(await damagedStore(6, [1, 2]));
  const all = await consume(store, { ...QUEUE, queueOffset: 0, countMax: 32 });
  assert.deepEqual(all.map(({ index }) => index), [0, 3, 4, 5]);
  assert.deepEqual(await statusOf(store, 0, { countMax: 1 }), ["FOUND", 1, 1]);
  assert.deepEqual(await statusOf(store, 1, { countMax: 1 }), ["FOUND", 4, 1]);
  assert.deepEqual(await statusOf(store, 2, { countMax: 1 }), ["FOUND", 4, 1]);
});

Deno.test("readQueue() of filled slots at the end of a queue goes on behind them", async () => {
  await using store = await openStore(await damagedStore(4, [2, 3]));
  assert.deepEqual(await statusOf(store, 1), ["FOUND", 4, 1]);
  assert.deepEqual(await statusOf(store, 2), ["NO_MATCHED_MESSAGE", 4, 0]);
  assert.deepEqual(await statusOf(store, 3), ["NO_MATCHED_MESSAGE", 4, 0]);
  assert.deepEqual(await statusOf(store, 4), ["OFFSET_OVERFLOW_ONE", 4, 0]);
  const { minOffset, maxOffset } = await get(store, 2);
  assert.deepEqual([minOffset, maxOffset], [0, 4]);
  const { queueOffset } = await put(store, { body: "next" });
  assert.equal(queueOffset, 4);
  assert.deepEqual(recordsOf(await get(store, 3)).map(({ body }) => body), ["next"]);
});

Deno.test("readQueue() of filled slots before the first message brings it at its own index", async () => {
  await using store = await openStore(await damagedStore(4, [0, 1]));
  for (const queueOffset of [0, 1, 2]) {
    assert.deepEqual(await statusOf(store, queueOffset, { countMax: 1 }), ["FOUND", 3, 1]);
    assert.deepEqual(recordsOf(await get(store, queueOffset)).map(({ index }) => index), [2, 3]);
  }
});

Deno.test("readQueue() passes more filled slots than it looks at in one read", async () => {
  const damaged = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, n) => from + n);
  for (const lost of [damaged(0, 900), damaged(1, 901), damaged(100, 1000)]) {
    await using store = await openStore(await damagedStore(1000, lost));
    const expected = damaged(0, 1000).filter((index) => !lost.includes(index));
    for (const start of [0, 1, 50, 850]) {
      const all = await consume(store, { ...QUEUE, queueOffset: start, countMax: 32 });
      assert.deepEqual(all.map(({ index }) => index), expected.filter((index) => index >= start));
    }
  }
});

Deno.test("readQueue() knows the stand-in for what it is that is the last it looks at", async () => {
  const fs = new MemoryFiles();
  {
    await using store = await openStore(fs, { queueFileUnits: 1000 });
    for (let index = 0; index < 802; index++) {
      await put(store, { properties: `TAGS\u0001${index === 800 ? "b" : "a"}\u0002` });
    }
  }
  const path = `store/consumequeue/TopicTest/0/${offsetName(0)}`;
  const unit = fs.snapshot().get(path)!.slice(800 * QUEUE_UNIT.size, 801 * QUEUE_UNIT.size);
  fs.openWrite(path).write(unit, 799 * QUEUE_UNIT.size);
  await using store = await openStore(fs);
  const tagsCodeMatches = (it: bigint) => it === BigInt("b".charCodeAt(0));
  assert.deepEqual(await statusOf(store, 0, { tagsCodeMatches }), ["NO_MATCHED_MESSAGE", 800, 0]);
  assert.deepEqual(await statusOf(store, 800, { tagsCodeMatches }), ["FOUND", 802, 1]);
});

Deno.test("readQueue(): whatever was damaged, each message comes once from every index before it", async () => {
  const lost = fc.uniqueArray(fc.nat(11), { maxLength: 11 });
  await fc.assert(
    fc.asyncProperty(lost, fc.integer({ min: 1, max: 5 }), async (damaged, countMax) => {
      await using store = await openStore(await damagedStore(12, damaged));
      const sound = Array.from({ length: 12 }, (_, n) => n).filter((n) => !damaged.includes(n));
      for (const tag of [undefined, "a", "b"]) {
        const wanted = sound.filter((n) => tag === undefined || (n % 2 === 0) === (tag === "a"));
        const tagsCodeMatches = (it: bigint) => it === BigInt(tag!.charCodeAt(0));
        const filter = tag === undefined ? {} : { tagsCodeMatches };
        for (let queueOffset = 0; queueOffset <= 12; queueOffset++) {
          const all = await consume(store, { ...QUEUE, queueOffset, countMax, ...filter });
          const expected = wanted.filter((index) => index >= queueOffset);
          assert.deepEqual(all.map(({ index }) => index), expected);
        }
      }
    }),
    { numRuns: 60 },
  );
});

Deno.test("readQueue() brings what is left when a file has gone, and tells when nothing is", async () => {
  const fs = new MemoryFiles();
  // Two messages a file.
  {
    await using _store = await storeOf(6, 30_000, fs);
  }
  await using store = await openStore(fs);
  fs.cut(`store/commitlog/${offsetName(65_536)}`, 100);
  const result = await get(store, 0);
  assert.deepEqual([result.status, result.nextBeginOffset], ["FOUND", 6]);
  assert.deepEqual(recordsOf(result).map(({ index }) => index), [0, 1, 4, 5]);
  assert.deepEqual(await statusOf(store, 2, { countMax: 2 }), ["MESSAGE_WAS_REMOVING", 4, 0]);
});

Deno.test("readQueue() leaves out a record from a file whose seal is wrong, where the store seals", async () => {
  for (const propertyCrc of [true, false]) {
    const fs = new MemoryFiles();
    const places: number[] = [];
    {
      await using store = await openStore(fs, { propertyCrc: true });
      for (let nth = 0; nth < 3; nth++) places.push((await put(store, {})).physicalOffset);
    }
    fs.flip(`store/commitlog/${offsetName(0)}`, places[1]! + MESSAGE_V1.at.flag);
    await using store = await openStore(fs, { propertyCrc });
    const served = propertyCrc ? [0, 2] : [0, 1, 2];
    const result = await get(store, 0);
    assert.deepEqual([result.status, result.nextBeginOffset], ["FOUND", 3]);
    assert.deepEqual(recordsOf(result).map(({ index }) => index), served);
    const status = propertyCrc ? "MESSAGE_WAS_REMOVING" : "FOUND";
    assert.deepEqual((await statusOf(store, 1, { countMax: 1 })).slice(0, 2), [status, 2]);
  }
});

Deno.test("readQueue() uses the memory of an answer again only when it is given back", async () => {
  await using store = await storeOf(60, 3000);
  const answers = await Promise.all(Array.from({ length: 8 }, (_, at) => get(store, at * 7)));
  const memories = answers.map(({ body }) => body.buffer);
  assert.equal(new Set(memories).size, answers.length);
  for (const [at, answer] of answers.entries()) assert.equal(recordsOf(answer)[0]!.index, at * 7);
  const [first, second] = answers;
  first!.release!();
  first!.release!();
  const again = await get(store, 30);
  assert.equal(again.body.buffer, first!.body.buffer);
  assert.notEqual((await get(store, 31)).body.buffer, first!.body.buffer, "given back but once");
  assert.equal(recordsOf(again)[0]!.index, 30);
  assert.equal(recordsOf(second!)[0]!.index, 7);
});
