import assert from "node:assert/strict";
import fc from "fast-check";
import { readTruth } from "../testdata/fixture.ts";
import { openStore, put } from "../testdata/open_store.ts";
import { describedStore, loadedStores } from "../testdata/store_cases.ts";
import { MemoryFiles } from "./file_memory.ts";
import { MESSAGE_V1 } from "./format.ts";
import { offsetName } from "./names.ts";
import { formatProperties } from "./properties.ts";
import { RecordView } from "./record_view.ts";
import type { Store } from "./store.ts";

const TOPIC = "TopicTest";
const ALWAYS = { begin: 0, end: Number.MAX_SAFE_INTEGER };

function keyed(keys: string, uniqueKey = ""): { readonly properties: string } {
  const pairs: [string, string][] = [["KEYS", keys]];
  if (uniqueKey !== "") pairs.push(["UNIQ_KEY", uniqueKey]);
  return { properties: formatProperties(pairs) };
}

function search(store: Store, key: string, options = {}): number[] {
  return store.searchByKey({ topic: TOPIC, key, countMax: 64, ...ALWAYS, ...options });
}

for (const it of loadedStores().filter(({ isRocksDb }) => !isRocksDb)) {
  Deno.test(`Store.searchByKey() finds what Java found, without foreign messages: ${it.name}`, async () => {
    const truth = readTruth(it.name);
    await using store = await openStore(describedStore(it));
    for (const { topic, key, matching, storeReturned } of truth.keyLookups) {
      // More than Java returns: recovery may index messages that Java had lost, and newer ones go first.
      const found = store.searchByKey({ topic, key, countMax: 1024, ...ALWAYS });
      // Behind a damaged record Java sees no more.
      const missed = matching.filter((offset) => !found.includes(offset));
      assert.deepEqual(missed, [], `${topic}#${key} of ${storeReturned}`);
      if (it.behindEnd === undefined) {
        const known = truth.log.filter((record) => {
          const { KEYS = "", UNIQ_KEY } = record.properties;
          return record.topic === topic && [UNIQ_KEY, ...KEYS.split(" ")].includes(key);
        });
        const all = new Set(known.map((record) => record.commitLogOffset));
        for (const offset of found) assert(all.has(offset), `${topic}#${key} at ${offset}`);
      }
    }
  });

  Deno.test(`Store.recordAt() finds every record Java found: ${it.name}`, async () => {
    const truth = readTruth(it.name);
    await using store = await openStore(describedStore(it));
    for (const { commitLogOffset, storeSize } of truth.log) {
      const record = store.recordAt(commitLogOffset);
      assert.equal(record?.length, storeSize);
      assert.equal(store.recordAt(commitLogOffset + 1), undefined);
    }
  });

  Deno.test(`Store.readRecords() finds the same, in any order and with wrong places among them: ${it.name}`, async () => {
    const truth = readTruth(it.name);
    await using store = await openStore(describedStore(it));
    const places = truth.log.flatMap(({ commitLogOffset: at, storeSize: length }) => [
      { at, length },
      { at: at + 1, length },
      { at, length: length - 1 },
      { at, length: 1 },
    ]).reverse();
    const found = await store.readRecords(places);
    assert.deepEqual(
      found,
      places.map(({ at, length }) => {
        const record = store.recordAt(at);
        return record?.length === length ? record : undefined;
      }),
    );
    const behind = store.logRange.max;
    assert.deepEqual(await store.readRecords([{ at: behind, length: 100 }]), [undefined]);
    assert.deepEqual(await store.readRecords([]), []);
  });
}

Deno.test("Store.searchByKey() finds by unique key and by every key, in the order of the log", async () => {
  await using store = await openStore();
  const one = await put(store, keyed("a b", "U1"));
  const two = await put(store, keyed("b c", "U2"));
  await put(store, { ...keyed("a b c"), topic: "Other" });
  const offsets = [one.physicalOffset, two.physicalOffset];
  assert.deepEqual(search(store, "b"), offsets);
  assert.deepEqual(search(store, "a"), offsets.slice(0, 1));
  assert.deepEqual(search(store, "U2"), offsets.slice(1));
  assert.deepEqual(search(store, "a b"), []);
  assert.deepEqual(search(store, "nobody"), []);
});

Deno.test("Store.searchByKey(): keys with one hash do not give each other's messages", async () => {
  await using store = await openStore();
  const own: number[] = [];
  for (let count = 0; count < 30; count++) {
    const key = count % 3 === 0 ? "Aa" : "BB";
    const { physicalOffset } = await put(store, keyed(key));
    if (key === "Aa") own.push(physicalOffset);
  }
  assert.deepEqual(search(store, "Aa"), own);
  // Foreign messages do not count, either.
  assert.deepEqual(search(store, "Aa", { countMax: 4 }), own.slice(-4));
  assert.deepEqual(search(store, "BB").length, 20);
  assert.deepEqual(search(store, "C#"), []);
});

Deno.test("Store.searchByKey(): a message with its key twice is found once", async () => {
  await using store = await openStore();
  const { physicalOffset } = await put(store, keyed("a a", "a"));
  assert.deepEqual(search(store, "a"), [physicalOffset]);
});

Deno.test("Store.searchByKey() gives the newest when there are more than wanted", async () => {
  await using store = await openStore();
  const all: number[] = [];
  for (let count = 0; count < 10; count++) all.push((await put(store, keyed("a"))).physicalOffset);
  assert.deepEqual(search(store, "a", { countMax: 3 }), all.slice(-3));
  assert.deepEqual(search(store, "a", { countMax: 0 }), []);
});

Deno.test("Store.searchByKey() keeps to the times asked for, to the millisecond", async () => {
  let now = 1_700_000_000_000;
  await using store = await openStore(new MemoryFiles(), { now: () => now });
  const offsets = new Map<number, number>();
  for (const later of [0, 700, 1300, 1700, 5200]) {
    now = 1_700_000_000_000 + later;
    offsets.set(later, (await put(store, keyed("a"))).physicalOffset);
  }
  for (const begin of [0, 1, 500, 700, 701, 1300, 1699, 1700, 1701, 5200, 5201]) {
    for (const end of [0, 699, 700, 1500, 1700, 5199, 5200, 9000]) {
      const expected = [...offsets].filter(([time]) => time >= begin && time <= end);
      const times = { begin: 1_700_000_000_000 + begin, end: 1_700_000_000_000 + end };
      const found = search(store, "a", times);
      assert.deepEqual(found, expected.map(([, offset]) => offset), `${begin} to ${end}`);
    }
  }
});

Deno.test("Store.searchByKey() looks through all index files, and through reopened ones", async () => {
  const fs = new MemoryFiles();
  const geometry = { indexGeometry: { slots: 5, entries: 8 } };
  const all: number[] = [];
  for (let run = 0; run < 3; run++) {
    await using store = await openStore(fs, geometry);
    for (let count = 0; count < 15; count++) {
      all.push((await put(store, keyed(`k${count % 4}`))).physicalOffset);
    }
  }
  await using store = await openStore(fs, geometry);
  for (const key of [0, 1, 2, 3]) {
    const expected = all.filter((_, at) => at % 15 % 4 === key);
    assert.deepEqual(search(store, `k${key}`), expected);
  }
});

Deno.test("Store.searchByKey() agrees with a list, whatever keys and times there are", async () => {
  const message = fc.record({ key: fc.constantFrom("Aa", "BB", "C", "D"), pause: fc.nat(3000) });
  const messages = fc.array(message, { minLength: 1, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(messages, fc.nat(60_000), fc.nat(60_000), async (all, from, length) => {
      let now = 1_700_000_000_000;
      await using store = await openStore(new MemoryFiles(), {
        now: () => now,
        indexGeometry: { slots: 3, entries: 500 },
      });
      const stored: { key: string; time: number; at: number }[] = [];
      for (const { key, pause } of all) {
        now += pause;
        stored.push({ key, time: now, at: (await put(store, keyed(key))).physicalOffset });
      }
      const begin = 1_700_000_000_000 + from;
      const end = begin + length;
      for (const key of ["Aa", "BB", "C", "D"]) {
        const matching = stored.filter((it) =>
          it.key === key && it.time >= begin && it.time <= end
        );
        assert.deepEqual(search(store, key, { begin, end }), matching.map((it) => it.at));
      }
    }),
    { numRuns: 50 },
  );
});

Deno.test("Store.recordAt() finds the record of an offset id, and nothing between records", async () => {
  await using store = await openStore();
  const answers = [await put(store, { body: "one" }), await put(store, { body: "two" })];
  for (const { physicalOffset } of answers) {
    const record = new RecordView();
    record.attach(store.recordAt(physicalOffset)!);
    assert.equal(record.load(0, record.bytes.length), undefined);
    assert.equal(record.physicalOffset(), physicalOffset);
  }
  const { max } = store.logRange;
  for (const offset of [1, answers[1]!.physicalOffset - 1, max, max + 1, -1, 2 ** 45]) {
    assert.equal(store.recordAt(offset), undefined);
  }
});

Deno.test("Store.recordAt() takes no body for a record", async () => {
  await using store = await openStore();
  const { physicalOffset } = await put(store, { body: "first" });
  const inner = store.recordAt(physicalOffset)!;
  const { physicalOffset: holder } = await put(store, { body: inner });
  for (let at = holder + 1; at < store.logRange.max; at++) {
    assert.equal(store.recordAt(at), undefined);
  }
});

Deno.test("Store.recordAt() and searchByKey() pass over a record whose seal is wrong", async () => {
  const fs = new MemoryFiles();
  let at = 0;
  {
    await using store = await openStore(fs, { propertyCrc: true });
    for (let nth = 0; nth < 2; nth++) at = (await put(store, keyed("k"))).physicalOffset;
  }
  fs.flip(`store/commitlog/${offsetName(0)}`, at + MESSAGE_V1.at.flag);
  await using store = await openStore(fs, { propertyCrc: true });
  assert.equal(store.recordAt(at), undefined);
  assert.deepEqual(search(store, "k"), [0]);
});
