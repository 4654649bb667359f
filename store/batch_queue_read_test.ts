import assert from "node:assert/strict";
import { readTruth, storeInMemory } from "../testdata/fixture.ts";
import { openStore } from "../testdata/open_store.ts";
import { RecordView } from "./record_view.ts";
import type { GetRequest } from "./get.ts";
import type { Store } from "./store.ts";

const JAVA = "5.5.0-e-bcq-102";
const PLACE = { topic: "T_bcq", queueId: 0 };

function open(): Promise<Store> {
  return openStore(storeInMemory(JAVA));
}

/** What a read brings: status, indexes of the records' first messages, where to go on. */
async function read(store: Store, queueOffset: number, wish: Partial<GetRequest> = {}) {
  const result = await store.get({ ...PLACE, queueOffset, countMax: 32, ...wish });
  const record = new RecordView();
  record.attach(result.body);
  const bases: number[] = [];
  for (let at = 0; at < result.body.length; at += record.size) {
    assert.equal(record.load(at, result.body.length), undefined);
    bases.push(record.queueOffset());
  }
  const { status, count, nextBeginOffset } = result;
  return { status, bases, count, next: nextBeginOffset };
}

Deno.test("every message of a batch queue leads to the record Java finds for it", async () => {
  await using store = await open();
  for (const { topic, queueId, cqType, cq } of readTruth(JAVA).queues) {
    if (cqType !== "BatchCQ") continue;
    for (const [base, at, size, , count] of cq) {
      for (let index = base!; index < base! + count!; index++) {
        const result = await store.get({ topic, queueId, queueOffset: index, countMax: 1 });
        assert.deepEqual(result.body, store.recordAt(at!), `${queueId} ${index}`);
        assert.equal(result.body.length, size);
        assert.equal(result.count, count);
        assert.equal(result.nextBeginOffset, base! + count!);
      }
    }
  }
});

Deno.test("a read of a batch queue counts messages, and brings at least one record", async () => {
  await using store = await open();
  const all = { bases: [0, 3, 6], count: 15, next: 15, status: "FOUND" };
  assert.deepEqual(await read(store, 0, { countMax: 15 }), all);
  assert.deepEqual(await read(store, 0, { countMax: 16 }), all);
  assert.deepEqual(await read(store, 7, { countMax: 1 }), {
    bases: [6],
    count: 9,
    next: 15,
    status: "FOUND",
  });
  const limited = await read(store, 0, { countMax: 1000, bytesMax: 806 + 891 });
  assert.deepEqual(limited.bases, [0, 3]);
});

Deno.test("a read of a batch queue looks at the tags code of the record", async () => {
  await using store = await open();
  const tagsCodeMatches = (code: bigint) => code === -902265784n;
  const found = await read(store, 60, { tagsCodeMatches });
  assert.deepEqual(found, { bases: [66, 67], count: 2, next: 68, status: "FOUND" });
  const none = await read(store, 0, { tagsCodeMatches: () => false });
  assert.deepEqual(none, { bases: [], count: 0, next: 68, status: "NO_MATCHED_MESSAGE" });
});

Deno.test("a read outside of a batch queue is told where to go", async () => {
  await using store = await open();
  const status = async (index: number) => {
    const { status, next } = await read(store, index);
    return `${status} ${next}`;
  };
  assert.equal(await status(-1), "OFFSET_TOO_SMALL 0");
  assert.equal(await status(68), "OFFSET_OVERFLOW_ONE 68");
  assert.equal(await status(69), "OFFSET_OVERFLOW_BADLY 68");
});

Deno.test("a batch queue's index for a time is Java's", async () => {
  await using store = await open();
  let compared = 0;
  for (const { topic, queueId, cqType, offsetByTime } of readTruth(JAVA).queues) {
    if (cqType !== "BatchCQ") continue;
    for (const [timestamp, index] of offsetByTime) {
      const found = store.searchByTime({ topic, queueId }, { timestamp, boundary: "lower" });
      assert.equal(found, index, `${queueId} ${timestamp}`);
      compared++;
    }
  }
  assert(compared > 10);
});

Deno.test("a batch queue's times lead to first messages, on either side", async () => {
  await using store = await open();
  const at = (index: number) => store.storeTimeAt(PLACE, index);
  assert.equal(at(0), at(2), "one record");
  assert.equal(at(68), undefined);
  assert.equal(at(-1), undefined);
  const search = (timestamp: number) => store.searchByTime(PLACE, { timestamp, boundary: "upper" });
  assert.equal(search(at(3)!), 3);
  assert.equal(search(at(6)! - 1), 3);
  assert.equal(search(0), 0);
  assert.equal(search(Infinity), 67);
});
