import assert from "node:assert/strict";
import { ManualClock } from "../testdata/manual_clock.ts";
import { draftOf, openStore, put, runFor, sleepOn, STORE_ROOT } from "../testdata/open_store.ts";
import { PowerLossFiles, systemError } from "../testdata/power_loss.ts";
import type { FileSystem } from "./file.ts";
import { MemoryFiles } from "./file_memory.ts";
import { storePaths } from "./names.ts";
import type { PutResult } from "./put.ts";
import type { Store, StoreOptions } from "./store.ts";

const PATHS = storePaths(STORE_ROOT);
const POOL = { commitIntervalMs: 200, commitBytesMin: 4 * 4096 };
const LOG_FILE = `${PATHS.commitLog}/${"0".repeat(20)}`;

function openPooled(fs: FileSystem, options: Partial<StoreOptions> = {}): Promise<Store> {
  return openStore(fs, { transientPool: POOL, ...options });
}

/** Bytes of the log that are in its file. */
function bytesInFile(fs: MemoryFiles): number {
  const bytes = fs.snapshot().get(LOG_FILE);
  return bytes === undefined ? 0 : bytes.findLastIndex((byte) => byte !== 0) + 1;
}

function statusOf(store: Store): string {
  const result = store.get({ topic: "TopicTest", queueId: 0, queueOffset: 0, countMax: 32 });
  assert(!(result instanceof Promise));
  return result.status;
}

Deno.test("transient pool: answers leave before the record is in the file, and nobody reads it", async () => {
  const fs = new MemoryFiles();
  await using store = await openPooled(fs);
  const { status, stored, queueOffset } = await put(store);
  assert.deepEqual([status, stored, queueOffset], ["PUT_OK", true, 0]);
  assert.equal(bytesInFile(fs), 0);
  assert.notEqual(statusOf(store), "FOUND");
  assert.equal((await put(store)).queueOffset, 1, "indexes go on");
});

Deno.test("transient pool: what came is committed when its time has come", async () => {
  const fs = new MemoryFiles();
  const clock = new ManualClock(1_700_000_000_000);
  await using store = await openPooled(fs, { background: true, sleep: sleepOn(clock) });
  const { physicalOffset } = await put(store);
  await runFor(clock, 100);
  assert.equal(store.recordAt(physicalOffset), undefined);
  await runFor(clock, 200);
  assert.notEqual(store.recordAt(physicalOffset), undefined);
  assert.equal(statusOf(store), "FOUND");
  assert(bytesInFile(fs) > 0);
});

Deno.test("transient pool: so many bytes are committed at once", async () => {
  const fs = new MemoryFiles();
  await using store = await openPooled(fs);
  await put(store, { body: "x".repeat(10_000) });
  assert.equal(bytesInFile(fs), 0);
  await put(store, { body: "y".repeat(10_000) });
  assert(bytesInFile(fs) > 20_000);
  assert.equal(statusOf(store), "FOUND");
});

Deno.test("transient pool: a clean stop commits all", async () => {
  const fs = new MemoryFiles();
  {
    await using store = await openPooled(fs);
    for (let number = 0; number < 30; number++) await put(store, { body: `${number}` });
  }
  await using store = await openPooled(fs);
  assert.equal(store.recovery.mode, "clean");
  assert.deepEqual(store.queueRange("TopicTest", 0), { min: 0, max: 30 });
});

Deno.test("transient pool: a killed process leaves a store that lacks only what was not committed", async () => {
  const fs = new MemoryFiles();
  const clock = new ManualClock(1_700_000_000_000);
  const store = await openPooled(fs, { background: true, sleep: sleepOn(clock) });
  for (let number = 0; number < 5; number++) await put(store);
  await runFor(clock, 300);
  for (let number = 0; number < 7; number++) await put(store);
  const left = new MemoryFiles();
  for (const [path, bytes] of fs.snapshot()) {
    if (path === PATHS.lock) continue;
    left.makeDirectory(path.slice(0, path.lastIndexOf("/")));
    const file = left.openWrite(path);
    file.write(bytes, 0);
    file.close();
  }
  await using next = await openPooled(left);
  assert.equal(next.recovery.mode, "unclean");
  assert.deepEqual(next.queueRange("TopicTest", 0), { min: 0, max: 5 });
  await store[Symbol.asyncDispose]();
});

Deno.test("transient pool: nothing acknowledged is given up while the disk is full", async () => {
  const disk = new PowerLossFiles();
  const fill = (code?: string) => {
    disk.interfere = (verb, path) => {
      if (code !== undefined && verb === "write" && path === LOG_FILE) throw systemError(code);
    };
  };
  const told: unknown[] = [];
  await using store = await openPooled(disk, { onFailure: (error) => told.push(error) });
  await put(store, { body: "first" });
  fill("ENOSPC");
  const big = "x".repeat(20_000);
  const { status } = await put(store, { body: big });
  assert.equal(status, "PUT_OK", "memory took it");
  assert.equal((await put(store, { body: "later" })).status, "SERVICE_NOT_AVAILABLE");
  fill();
  const { queueOffset } = await put(store, { body: "at last" });
  assert.equal(queueOffset, 2);
  await put(store, { body: big });
  assert.deepEqual(store.queueRange("TopicTest", 0), { min: 0, max: 4 });
  assert.deepEqual(told, []);
});

Deno.test("transient pool: a stop that cannot commit says that messages are lost", async () => {
  const disk = new PowerLossFiles();
  const fill = (code?: string) => {
    disk.interfere = (verb, path) => {
      if (code !== undefined && verb === "write" && path === LOG_FILE) throw systemError(code);
    };
  };
  const told: unknown[] = [];
  const store = await openPooled(disk, { onFailure: (error) => told.push(error) });
  await put(store);
  fill("ENOSPC");
  await store[Symbol.asyncDispose]();
  assert.equal(told.length, 1);
  assert.notEqual(disk.stat(PATHS.abort), undefined, "the next start must look");
});

Deno.test("transient pool: an answer that brings the next put is no trouble", async () => {
  const fs = new MemoryFiles();
  await using store = await openPooled(fs);
  const results: PutResult[] = [];
  await new Promise<void>((resolve) => {
    const next = (result: PutResult) => {
      results.push(result);
      if (results.length === 50) resolve();
      else store.put(draftOf({ body: "z".repeat(3_000) }), next);
    };
    store.put(draftOf(), next);
  });
  assert.deepEqual(results.map(({ queueOffset }) => queueOffset), results.map((_, at) => at));
});

Deno.test("transient pool: with SYNC_FLUSH there is none, as in Java", async () => {
  const fs = new MemoryFiles();
  await using store = await openPooled(fs, { flushMode: "SYNC_FLUSH" });
  const { physicalOffset } = await put(store);
  assert.notEqual(store.recordAt(physicalOffset), undefined);
});

Deno.test("transient pool: after an error of the disk nothing is taken any more", async () => {
  const disk = new PowerLossFiles();
  const told: unknown[] = [];
  await using store = await openPooled(disk, { onFailure: (error) => told.push(error) });
  await put(store);
  disk.interfere = (verb, path) => {
    if (verb === "write" && path === LOG_FILE) throw systemError("EIO");
  };
  await put(store, { body: "x".repeat(20_000) });
  assert.equal(told.length, 1);
  assert.equal((await put(store)).stored, false);
});
