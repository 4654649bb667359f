import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import { join } from "node:path";
import process from "node:process";
import { readTruth, storeInMemory } from "../testdata/fixture.ts";
import { draftOf, openStore, put, putBatch, STORE_ROOT } from "../testdata/open_store.ts";
import { PowerLossFiles, systemError } from "../testdata/power_loss.ts";
import { SmallQueue } from "../testdata/small_queue.ts";
import { describedStore, loadedStores } from "../testdata/store_cases.ts";
import { readCheckpoint } from "./checkpoint.ts";
import { MemoryFiles } from "./file_memory.ts";
import { hostBytes } from "./host.ts";
import { StoreLockedError } from "./lock.ts";
import { readMessage } from "./message.ts";
import { storePaths } from "./names.ts";
import type { PutResult } from "./put.ts";
import { RecordView } from "./record_view.ts";
import { Store } from "./store.ts";

const PATHS = storePaths(STORE_ROOT);
const SEARCH = { topic: "TopicTest", countMax: 9, begin: 0, end: Number.MAX_SAFE_INTEGER };

/** Bodies of a queue's messages from its first index on. */
async function bodiesOf(store: Store, topic = "TopicTest", queueId = 0): Promise<string[]> {
  const bodies: string[] = [];
  const range = store.queueRange(topic, queueId);
  for (let queueOffset = range?.min ?? 0; queueOffset < (range?.max ?? 0);) {
    const result = await store.get({ topic, queueId, queueOffset, countMax: 32 });
    assert.equal(result.status, "FOUND");
    const record = new RecordView();
    record.attach(result.body);
    for (let at = 0; at < result.body.length; at += record.size) {
      assert.equal(record.load(at, result.body.length), undefined);
      bodies.push(new TextDecoder().decode(readMessage(record.view, at).body));
    }
    queueOffset = result.nextBeginOffset;
  }
  return bodies;
}

async function putMany(store: Store, from: number, to: number): Promise<PutResult[]> {
  const results: PutResult[] = [];
  for (let n = from; n < to; n++) {
    const properties = `KEYS\u0001k${n}\u0002`;
    results.push(await put(store, { body: `${n}`, queueId: n % 3, properties }));
  }
  return results;
}

function numbers(from: number, to: number, queueId: number): string[] {
  return Array.from({ length: to - from }, (_, at) => from + at)
    .filter((n) => n % 3 === queueId).map(String);
}

Deno.test("Store.open() makes a new store, and marks it as in use until it is closed", async () => {
  const files = new MemoryFiles();
  const store = await openStore(files);
  assert.deepEqual(
    [store.recovery.mode, store.topics(), store.logRange],
    ["clean", [], { min: 0, max: 0 }],
  );
  assert.deepEqual(new TextDecoder().decode(files.snapshot().get(PATHS.abort)), `${process.pid}`);
  await store[Symbol.asyncDispose]();
  assert.equal(files.stat(PATHS.abort), undefined);
});

Deno.test("Store: what was put is there after a clean stop, and indexes go on without gap or repeat", async () => {
  const files = new MemoryFiles();
  for (const [from, to] of [[0, 100], [100, 101], [101, 101], [101, 250]] as const) {
    await using store = await openStore(files);
    assert.equal(store.recovery.mode, "clean");
    assert.equal(store.recovery.messages, 0, "nothing had to be read again");
    const results = await putMany(store, from, to);
    const next = [0, 1, 2].map((queueId) => numbers(0, from, queueId).length);
    results.forEach(({ queueOffset }, at) => {
      assert.equal(queueOffset, next[(from + at) % 3]!++);
    });
    for (const queueId of [0, 1, 2]) {
      assert.deepEqual(await bodiesOf(store, "TopicTest", queueId), numbers(0, to, queueId));
    }
    for (let n = 0; n < to; n++) {
      assert.equal(store.searchByKey({ ...SEARCH, key: `k${n}` }).length, 1, `key ${n}`);
    }
  }
});

Deno.test("Store: a killed process loses nothing it answered for", async () => {
  const files = new PowerLossFiles();
  for (let run = 0; run < 4; run++) {
    const store = await openStore(files);
    assert.equal(store.recovery.mode, run === 0 ? "clean" : "unclean");
    assert.deepEqual(await bodiesOf(store), numbers(0, run * 50, 0));
    const results = await putMany(store, run * 50, run * 50 + 50);
    assert(results.every(({ status }) => status === "PUT_OK"));
    // Nothing is disposed: the process is gone, and its locks with it.
    files.kill();
  }
  await using store = await openStore(files);
  for (const queueId of [0, 1, 2]) {
    assert.deepEqual(await bodiesOf(store, "TopicTest", queueId), numbers(0, 200, queueId));
    assert.equal(store.queueRange("TopicTest", queueId)!.max, numbers(0, 200, queueId).length);
  }
  for (let n = 0; n < 200; n++) {
    assert.equal(store.searchByKey({ ...SEARCH, key: `k${n}` }).length, 1, `key ${n}`);
  }
});

Deno.test("Store: a clean stop is on the disk, checkpoint included", async () => {
  const files = new PowerLossFiles();
  {
    await using store = await openStore(files, { now: () => 1_700_000_000_000 });
    await putMany(store, 0, 100);
  }
  const after = files.lose(() => false);
  assert.equal(after.stat(PATHS.abort), undefined);
  const { physicMsgTimestamp, logicsMsgTimestamp } = readCheckpoint(after, PATHS.checkpoint)!;
  assert.deepEqual([physicMsgTimestamp, logicsMsgTimestamp], [
    1_700_000_000_000,
    1_700_000_000_000,
  ]);
  await using store = await openStore(after);
  assert.equal(store.recovery.messages, 0);
  assert.deepEqual(await bodiesOf(store), numbers(0, 100, 0));
  assert.equal(store.searchByKey({ ...SEARCH, key: "k99" }).length, 1);
});

Deno.test("Store: the time of the newest record is known after an idle run", async () => {
  const files = new PowerLossFiles();
  for (let run = 0; run < 3; run++) {
    await using store = await openStore(files, { now: () => 1_700_000_000_000 });
    if (run === 0) await putMany(store, 0, 5);
  }
  assert.equal(readCheckpoint(files, PATHS.checkpoint)!.physicMsgTimestamp, 1_700_000_000_000);
});

Deno.test("Store.open() of a store in use is refused, and free again after dispose", async () => {
  const files = new MemoryFiles();
  const store = await openStore(files);
  await assert.rejects(openStore(files), StoreLockedError);
  assert.equal((await put(store)).status, "PUT_OK");
  await store[Symbol.asyncDispose]();
  await using _again = await openStore(files);
});

Deno.test("Store.open() that fails leaves nothing open and no lock", async () => {
  const broken: readonly (readonly [RegExp, (files: PowerLossFiles) => void])[] = [
    [/RocksDB/, (files) => {
      files.makeDirectory(PATHS.consumeQueue);
      files.openWrite(`${PATHS.consumeQueue}/CURRENT`).close();
    }],
    [/has messages, but ".*" has no files/, (files) => {
      const small = new SmallQueue(60, new MemoryFiles(), `${PATHS.consumeQueue}/T/0`);
      small.putRecords(0, 3, 0);
      for (const [path, bytes] of small.files.snapshot()) {
        files.makeDirectory(join(path, ".."));
        const file = files.openWrite(path);
        file.write(bytes, 0);
        file.close();
      }
    }],
    [/EIO/, (files) => {
      files.interfere = (verb, path) => {
        if (verb === "openWrite" && path === PATHS.abort) throw systemError("EIO");
      };
    }],
  ];
  for (const [reason, prepare] of broken) {
    const files = new PowerLossFiles();
    prepare(files);
    await assert.rejects(openStore(files), reason);
    assert.equal(files.openCount, 0);
    // The lock is free: it fails for the same reason again.
    await assert.rejects(openStore(files), reason);
  }
});

Deno.test("Store: dispose may be called again, and ends all handles", async () => {
  const files = new PowerLossFiles();
  const store = await openStore(files);
  await putMany(store, 0, 10);
  await Promise.all([store[Symbol.asyncDispose](), store[Symbol.asyncDispose]()]);
  await store[Symbol.asyncDispose]();
  assert.equal(files.openCount, 0);
});

Deno.test("Store takes no message once it is being closed, and opens no file when it is", async () => {
  const files = new PowerLossFiles();
  const store = await openStore(files);
  await putMany(store, 0, 3);
  const closing = store[Symbol.asyncDispose]();
  const refused = [await put(store), await putBatch(store, {}, [draftOf()])];
  await closing;
  refused.push(await put(store));
  for (const { status, stored, reason } of refused) {
    assert.deepEqual([status, stored], ["SERVICE_NOT_AVAILABLE", false]);
    assert.equal(reason, "The store takes no more messages: it is closed");
  }
  assert.equal(files.openCount, 0);
  await using again = await openStore(files);
  assert.deepEqual(
    [again.recovery.mode, again.queueRange("TopicTest", 0)],
    ["clean", { min: 0, max: 1 }],
  );
});

Deno.test("Store: a put of the turn in which it is closed is answered and kept", async () => {
  const files = new PowerLossFiles();
  for (const flushMode of ["ASYNC_FLUSH", "SYNC_FLUSH"] as const) {
    const store = await openStore(files, { flushMode });
    const answer = put(store, { topic: flushMode });
    const closing = store[Symbol.asyncDispose]();
    assert.equal((await answer).status, "PUT_OK");
    await closing;
    await using again = await openStore(files.lose(() => false));
    assert.equal(again.queueRange(flushMode, 0)!.max, 1);
  }
});

Deno.test("Store: a stop that cannot bring everything to the disk leaves the mark", async () => {
  const files = new PowerLossFiles();
  const failures: unknown[] = [];
  const store = await openStore(files, { onFailure: (error) => failures.push(error) });
  await putMany(store, 0, 9);
  files.interfere = (verb, path) => {
    if (verb === "sync" && path.includes("consumequeue")) throw systemError("EIO");
  };
  await store[Symbol.asyncDispose]();
  files.interfere = () => {};
  assert.equal(failures.length, 1);
  assert.notEqual(files.stat(PATHS.abort), undefined);
  await using again = await openStore(files);
  assert.equal(again.recovery.mode, "unclean");
  assert.deepEqual(await bodiesOf(again), numbers(0, 9, 0));
});

Deno.test("Store.deleteTopic() removes queues with what was put in the same turn; they begin anew", async () => {
  const files = new MemoryFiles();
  await using store = await openStore(files);
  await put(store, { body: "old" });
  await put(store, { topic: "Other" });
  const answer = put(store, { body: "old, too" });
  store.deleteTopic("TopicTest");
  assert.equal((await answer).queueOffset, 1);
  assert.deepEqual([store.topics(), store.queueIds("TopicTest")], [["Other"], []]);
  assert.equal(store.queueRange("TopicTest", 0), undefined);
  assert.equal((await put(store, { body: "new" })).queueOffset, 0);
  assert.deepEqual(await bodiesOf(store), ["new"]);
});

Deno.test("Store.queueIds() and topics() are in order, whatever order they came in", async () => {
  await using store = await openStore();
  for (const queueId of [11, 2, 0]) await put(store, { queueId });
  await put(store, { topic: "A" });
  assert.deepEqual([store.topics(), store.queueIds("TopicTest")], [["A", "TopicTest"], [0, 2, 11]]);
  assert.deepEqual(store.queueIds("none"), []);
});

Deno.test("Store holds a few files open, however many queues it has", async () => {
  const files = new PowerLossFiles();
  let most = 0;
  files.interfere = () => most = Math.max(most, files.openCount);
  const topics = Array.from({ length: 300 }, (_, at) => `T${at}`);
  {
    await using store = await openStore(files, { queueFileUnits: 4 });
    for (let round = 0; round < 6; round++) {
      for (const topic of topics) {
        for (const queueId of [0, 1, 2, 3]) {
          store.put(draftOf({ topic, queueId, body: `${round}` }), () => {});
        }
      }
      await undefined;
    }
  }
  await using store = await openStore(files, { queueFileUnits: 4 });
  assert.deepEqual(store.topics(), topics.toSorted());
  for (const topic of ["T0", "T150", "T299"]) {
    assert.deepEqual(await bodiesOf(store, topic, 3), ["0", "1", "2", "3", "4", "5"]);
  }
  assert(most <= 260, `${most} open files`);
});

Deno.test("Store keeps the log at a place of its own", async () => {
  const files = new MemoryFiles();
  {
    await using store = await openStore(files, { commitLogPath: "elsewhere/log" });
    await putMany(store, 0, 5);
  }
  assert.equal(files.list("elsewhere/log").length, 1);
  assert.equal(files.stat(PATHS.commitLog), undefined);
  await using store = await openStore(files, { commitLogPath: "elsewhere/log" });
  assert.deepEqual(await bodiesOf(store), numbers(0, 5, 0));
});

Deno.test("Store on a real disk: put, stop, open again, kill, open again", async () => {
  const folder = fs.mkdtempSync(join(os.tmpdir(), "mq-store-"));
  const root = join(folder, "deep", "store");
  const options = { storeHost: hostBytes("127.0.0.1", 10911), segmentBytes: 65_536 };
  try {
    for (const flushMode of ["ASYNC_FLUSH", "SYNC_FLUSH"] as const) {
      await using store = await Store.open(root, { ...options, flushMode });
      const from = flushMode === "ASYNC_FLUSH" ? 0 : 300;
      await putMany(store, from, from + 300);
      assert.deepEqual(await bodiesOf(store), numbers(0, from + 300, 0));
    }
    assert.equal(fs.existsSync(join(root, "abort")), false);
    fs.writeFileSync(join(root, "abort"), "");
    await using store = await Store.open(root, options);
    assert.equal(store.recovery.mode, "unclean");
    assert.deepEqual(await bodiesOf(store), numbers(0, 600, 0));
    assert.equal(store.searchByKey({ ...SEARCH, key: "k7" }).length, 1);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

for (const it of loadedStores().filter(({ isRocksDb }) => !isRocksDb)) {
  Deno.test(`Store goes on where Java stopped, with files of Java's sizes: ${it.name}`, async () => {
    const truth = readTruth(it.name);
    const files = describedStore(it);
    const queues = truth.queues.filter((queue) =>
      queue.cqType !== "BatchCQ" && queue.cq.length > 0
    );
    const expected = new Map<string, number>();
    for (let run = 0; run < 2; run++) {
      // The defaults are far from Java's sizes in these stores.
      await using store = await Store.open(STORE_ROOT, {
        fs: files,
        storeHost: hostBytes("10.0.0.1", 10911),
        background: false,
      });
      assert.equal(store.recovery.mode, "clean");
      for (const { topic, queueId, maxOffset } of queues) {
        const id = `${topic}/${queueId}`;
        const next = expected.get(id) ?? store.queueRange(topic, queueId)!.max;
        // Queues in which Java left messages out are built again.
        const isAsLeft = it.behindEnd === undefined && store.recovery.actions.length === 0;
        if (isAsLeft && run === 0) assert.equal(next, maxOffset);
        for (let count = 0; count < 3; count++) {
          const { queueOffset } = await put(store, { topic, queueId, body: "x".repeat(2000) });
          assert.equal(queueOffset, next + count);
        }
        expected.set(id, next + 3);
      }
    }
    const sizes = (directory: string) => {
      return new Set(files.list(directory).map((name) => files.stat(join(directory, name))!.size));
    };
    assert.deepEqual(sizes(PATHS.commitLog), new Set([65_536]));
    for (const { topic, queueId } of queues) {
      assert.deepEqual(sizes(join(PATHS.consumeQueue, topic, String(queueId))), new Set([1200]));
    }
  });
}

Deno.test("Store: a store Java was killed with is recovered, and read as Java recovered it", async () => {
  const name = "5.5.0-b-kill-load-102";
  const truth = readTruth(name);
  await using store = await openStore(storeInMemory(name));
  assert.equal(store.recovery.mode, "unclean");
  assert.equal(store.logRange.max, truth.maxPhyOffset);
  for (const { topic, queueId, minOffset, maxOffset } of truth.queues) {
    assert.deepEqual(store.queueRange(topic, queueId), { min: minOffset, max: maxOffset });
  }
});
