import assert from "node:assert/strict";
import { readTruth } from "../testdata/fixture.ts";
import { openStore, put } from "../testdata/open_store.ts";
import { describedStore, loadedStores } from "../testdata/store_cases.ts";
import { MemoryFiles } from "./file_memory.ts";
import type { GetRequest, GetResult } from "./get.ts";
import { readMessage } from "./message.ts";
import { offsetName } from "./names.ts";
import { RecordView } from "./record_view.ts";
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
    for (const { topic, queueId, cqType, messages, minOffset, maxOffset } of truth.queues) {
      if (cqType === "BatchCQ" || messages.length === 0) continue;
      const range = store.queueRange(topic, queueId)!;
      // Behind a damaged record Java knows no more messages.
      if (it.behindEnd === undefined) assert.deepEqual(range, { min: minOffset, max: maxOffset });
      const own = await consume(store, { topic, queueId, queueOffset: range.min, countMax: 32 });
      const found = own.map(({ index, at }) => [index, at]);
      assert.deepEqual(found.slice(0, messages.length), messages, `${topic}/${queueId}`);
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

Deno.test("readQueue() passes slots that were filled for damaged messages", async () => {
  const fs = new MemoryFiles();
  {
    await using store = await storeOf(6, 1000, fs);
    assert.equal(store.logRange.max, 6 * 1100);
  }
  for (const index of [1, 2]) fs.flip(`store/commitlog/${offsetName(0)}`, index * 1100 + 500);
  await using store = await openStore(fs, { recovery: "full" });
  const all = await consume(store, { ...QUEUE, queueOffset: 0, countMax: 32 });
  assert.deepEqual(all.map(({ index }) => index), [0, 3, 4, 5]);
  assert.deepEqual(await statusOf(store, 1, { countMax: 1 }), ["FOUND", 4, 1]);
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
