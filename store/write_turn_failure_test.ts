import assert from "node:assert/strict";
import fc from "fast-check";
import { openStore, put } from "../testdata/open_store.ts";
import { PowerLossFiles, systemError } from "../testdata/power_loss.ts";
import { formatProperties } from "./properties.ts";
import type { PutResult } from "./put.ts";
import { RecordView } from "./record_view.ts";
import type { Store, StoreOptions } from "./store.ts";

interface Opened extends AsyncDisposable {
  readonly fs: PowerLossFiles;
  readonly store: Store;
}

async function open(options: Partial<StoreOptions> = {}): Promise<Opened> {
  const fs = new PowerLossFiles();
  const store = await openStore(fs, options);
  return { fs, store, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
}

function keys(text: string): string {
  return formatProperties([["KEYS", text]]);
}

function recordOf(store: Store, physicalOffset: number): RecordView {
  const record = new RecordView();
  record.attach(store.recordAt(physicalOffset)!);
  assert.equal(record.load(0, record.bytes.length), undefined);
  assert.equal(record.checkBody(), undefined);
  return record;
}

Deno.test("WriteTurn: a write that fails refuses its puts and all that follow", async () => {
  const failures: unknown[] = [];
  await using it = await open({ onFailure: (error) => failures.push(error) });
  await put(it.store);
  it.fs.interfere = (verb) => {
    if (verb === "write") throw systemError("EIO");
  };
  const refused = await Promise.all([put(it.store), put(it.store, { queueId: 1 })]);
  for (const { status, stored } of refused) {
    assert.deepEqual([status, stored], ["UNKNOWN_ERROR", false]);
  }
  it.fs.interfere = () => {};
  const later = await put(it.store);
  assert.deepEqual([later.status, later.stored], ["SERVICE_NOT_AVAILABLE", false]);
  assert.match(later.reason!, /EIO/);
  assert.equal(failures.length, 1);
  assert.equal(it.store.failure, failures[0]);
  assert.deepEqual(it.store.queueRange("TopicTest", 0), { min: 0, max: 1 });
  assert.equal(it.store.queueRange("TopicTest", 1)?.max ?? 0, 0);
});

Deno.test("WriteTurn: nothing is written behind a failed write in the same turn", async () => {
  await using it = await open({ segmentBytes: 1000, onFailure: () => {} });
  let fails = 1;
  it.fs.interfere = (verb) => {
    if (verb === "write" && fails-- > 0) throw systemError("EIO");
  };
  // The second does not fit behind the first, which is written, and fails, when it comes.
  const body = "x".repeat(600);
  const results = await Promise.all([put(it.store, { body }), put(it.store, { body })]);
  assert.deepEqual(results.map(({ stored }) => stored), [false, false]);
  assert.equal(it.store.logRange.max, 0);
});

Deno.test("WriteTurn: an index that cannot be written costs no message", async () => {
  const failures: string[] = [];
  const fs = new PowerLossFiles();
  const options = { indexGeometry: { slots: 5, entries: 4 } };
  {
    await using store = await openStore(fs, {
      ...options,
      onFailure: (error) => failures.push(String(error)),
    });
    fs.interfere = (_verb, path) => {
      if (path.startsWith("store/index")) throw systemError("EIO");
    };
    const first = await Promise.all([1, 2, 3].map(() => put(store, { properties: keys("k") })));
    assert.deepEqual(first.map(({ status }) => status), ["PUT_OK", "PUT_OK", "PUT_OK"]);
    assert.equal(failures.length, 1);
    assert.equal((await put(store)).status, "SERVICE_NOT_AVAILABLE");
    assert.equal(store.queueRange("TopicTest", 0)!.max, 3);
    fs.interfere = () => {};
  }
  await using store = await openStore(fs, options);
  assert.equal(store.recovery.mode, "unclean");
  const search = { topic: "TopicTest", key: "k", countMax: 9, begin: 0, end: Infinity };
  assert.equal(store.searchByKey(search).length, 3);
});

Deno.test("WriteTurn: with SYNC_FLUSH an answer comes when its bytes are on the disk", async () => {
  const { fs, store } = await open({ flushMode: "SYNC_FLUSH" });
  for (let count = 0; count < 3; count++) {
    const { status, physicalOffset } = await put(store, { body: `${count}` });
    assert.equal(status, "PUT_OK");
    // Whatever was not synced by now is gone.
    const after = await openStore(fs.lose(() => false));
    assert.equal(recordOf(after, physicalOffset).queueOffset(), count);
    assert.equal(after.queueRange("TopicTest", 0)!.max, count + 1);
    await after[Symbol.asyncDispose]();
  }
  await store[Symbol.asyncDispose]();
});

Deno.test("WriteTurn: with SYNC_FLUSH only WAIT=false does not wait, whatever its neighbours are", async () => {
  await using it = await open({ flushMode: "SYNC_FLUSH" });
  const waits = async (properties: string) => {
    let syncs = 0;
    it.fs.interfere = (verb) => void (verb === "sync" && syncs++);
    await put(it.store, { properties });
    return syncs > 0;
  };
  const cases: readonly (readonly [string, boolean])[] = [
    ["", true],
    ["WAIT\u0001true\u0002", true],
    ["WAIT\u0001TRUE", true],
    ["WAIT\u0001false\u0002", false],
    ["WAIT\u0001False", false],
    ["TAGS\u0001a\u0002WAIT\u0001false\u0002KEYS\u0001k\u0002", false],
    ["WAIT\u0001no\u0002", false],
    ["AWAIT\u0001false\u0002", true],
    ["X\u0001WAIT\u0002NOWAIT\u0001false\u0002", true],
    ["WAIT\u0001false\u0002WAIT\u0001true\u0002", true],
  ];
  for (const [properties, expected] of cases) {
    assert.equal(await waits(properties), expected, JSON.stringify(properties));
  }
});

Deno.test("WriteTurn: a sync that fails says FLUSH_DISK_TIMEOUT for what is in the log already", async () => {
  const failures: unknown[] = [];
  await using it = await open({
    flushMode: "SYNC_FLUSH",
    onFailure: (error) => failures.push(error),
  });
  it.fs.interfere = (verb) => {
    if (verb === "sync") throw systemError("EIO");
  };
  const { status, stored } = await put(it.store);
  assert.deepEqual([status, stored, failures.length], ["FLUSH_DISK_TIMEOUT", true, 1]);
  it.fs.interfere = () => {};
  assert.equal((await put(it.store)).status, "SERVICE_NOT_AVAILABLE");
});

Deno.test("WriteTurn: whichever call to the disk fails, what was acknowledged is found again", async () => {
  const calls = fc.record({ fails: fc.nat(60), sync: fc.boolean() });
  const puts = fc.array(
    fc.record({ queueId: fc.nat(2), bytes: fc.nat(400), awaited: fc.boolean() }),
    { minLength: 1, maxLength: 40 },
  );
  await fc.assert(
    fc.asyncProperty(calls, puts, async ({ fails, sync }, wishes) => {
      const options: Partial<StoreOptions> = {
        segmentBytes: 1000,
        queueFileUnits: 5,
        flushMode: sync ? "SYNC_FLUSH" : "ASYNC_FLUSH",
        onFailure: () => {},
      };
      const fs = new PowerLossFiles();
      const store = await openStore(fs, options);
      let left = fails;
      fs.interfere = () => {
        if (left-- === 0) throw systemError("EIO");
      };
      const answers: Promise<PutResult>[] = [];
      for (const { queueId, bytes, awaited } of wishes) {
        answers.push(put(store, { queueId, body: "x".repeat(bytes), properties: keys("k") }));
        if (awaited) await answers.at(-1);
      }
      const results = await Promise.all(answers);
      await store[Symbol.asyncDispose]().catch(() => {});
      fs.interfere = () => {};
      await using again = await openStore(fs, options);
      const next = new Map<number, number>();
      results.forEach(({ status, stored, physicalOffset, queueOffset }, number) => {
        const { queueId } = wishes[number]!;
        if (!stored) return;
        assert(status === "PUT_OK" || sync);
        assert.equal(queueOffset, next.get(queueId) ?? 0, "no gap and no repeat");
        next.set(queueId, queueOffset + 1);
        assert.equal(recordOf(again, physicalOffset).queueId(), queueId);
      });
      for (const [queueId, count] of next) {
        assert(again.queueRange("TopicTest", queueId)!.max >= count);
      }
    }),
    { numRuns: 150 },
  );
});
