import assert from "node:assert/strict";
import { openStore, put } from "../testdata/open_store.ts";
import { PowerLossFiles, systemError } from "../testdata/power_loss.ts";
import { markFailedSync, redoFailedSync } from "./failed_sync.ts";
import type { FileSystem } from "./file.ts";
import { MemoryFiles } from "./file_memory.ts";
import { storePaths } from "./names.ts";
import { applyRepair } from "./repair/repair.ts";

const PATHS = storePaths("store");
const LOG = "store/commitlog/00000000000000000000";

/** A store a sync of whose log failed, and whose process was killed. */
async function failedStore(): Promise<PowerLossFiles> {
  const fs = new PowerLossFiles();
  const store = await openStore(fs, { flushMode: "SYNC_FLUSH", onFailure: () => {} });
  await put(store, { body: "first" });
  fs.interfere = (verb, path) => {
    if (verb === "sync" && path === LOG) throw systemError("EIO");
  };
  assert.equal((await put(store, { body: "second" })).status, "FLUSH_DISK_TIMEOUT");
  assert.equal((await put(store, { body: "third" })).status, "SERVICE_NOT_AVAILABLE");
  fs.interfere = () => {};
  fs.kill();
  return fs;
}

/** Paths that are written while `work` runs, each once. */
async function written(fs: FileSystem, work: () => Promise<void>): Promise<string[]> {
  const paths = new Set<string>();
  const { openWrite } = fs;
  fs.openWrite = (path) => {
    const file = openWrite.call(fs, path);
    return {
      ...file,
      write(bytes, at) {
        paths.add(path);
        file.write(bytes, at);
      },
    };
  };
  await work();
  fs.openWrite = openWrite;
  return [...paths];
}

Deno.test("after a sync that failed the next start brings to the disk what it goes on from", async () => {
  const fs = await failedStore();
  assert.match(new TextDecoder().decode(fs.bytes(PATHS.abort)), /^\d+ sync failed$/);
  const again = await openStore(fs, { flushMode: "SYNC_FLUSH" });
  assert.deepEqual(again.queueRange("TopicTest", 0), { min: 0, max: 2 });
  assert.equal((await put(again, { body: "third" })).status, "PUT_OK");
  const lost = await openStore(fs.lose(() => false));
  assert.deepEqual(lost.queueRange("TopicTest", 0), { min: 0, max: 3 });
  assert.match(new TextDecoder().decode(fs.bytes(PATHS.abort)), /^\d+$/);
});

Deno.test("a repair, too, does not believe what a failed sync left", async () => {
  const fs = await failedStore();
  await applyRepair(fs, "store");
  assert.equal(fs.stat(PATHS.abort), undefined);
  const lost = await openStore(fs.lose(() => false));
  assert.deepEqual(lost.queueRange("TopicTest", 0), { min: 0, max: 2 });
});

Deno.test("markFailedSync() notes it once, only in a store in use, and never throws", () => {
  const files = new MemoryFiles();
  files.makeDirectory("store");
  markFailedSync(files, PATHS);
  assert.deepEqual(files.list("store"), []);
  files.put(PATHS.abort, new TextEncoder().encode("123"));
  markFailedSync(files, PATHS);
  markFailedSync(files, PATHS);
  assert.equal(new TextDecoder().decode(files.snapshot().get(PATHS.abort)), "123 sync failed");
  files.openRead = () => {
    throw systemError("EIO");
  };
  markFailedSync(files, PATHS);
});

Deno.test("redoFailedSync() writes nothing where no sync has failed", async () => {
  const files = new MemoryFiles();
  const store = await openStore(files);
  await put(store);
  assert.deepEqual(await written(files, () => redoFailedSync(files, PATHS)), []);
  await store[Symbol.asyncDispose]();
  assert.deepEqual(await written(files, () => redoFailedSync(files, PATHS)), []);
});

Deno.test("redoFailedSync() writes log, queues, index and checkpoint as they are, holes left out", async () => {
  const files = new MemoryFiles();
  const store = await openStore(files, { segmentBytes: 8 * 1024 * 1024 });
  await put(store, { properties: "KEYS\u0001k\u0002" });
  await store[Symbol.asyncDispose]();
  files.put(PATHS.abort, new TextEncoder().encode("1 sync failed"));
  const before = files.snapshot();
  const allocated = files.stat(LOG)!.allocatedBytes;
  const paths = await written(files, () => redoFailedSync(files, PATHS));
  assert.deepEqual(paths.map((path) => path.split("/")[1]), [
    "commitlog",
    "consumequeue",
    "index",
    "checkpoint",
  ]);
  assert.deepEqual(files.snapshot(), before);
  assert(files.stat(LOG)!.allocatedBytes <= allocated + 1024 * 1024);
});

Deno.test("redoFailedSync() takes zeros to the disk that were written over something", async () => {
  const fs = new PowerLossFiles();
  fs.makeDirectory("store/commitlog");
  for (const folder of [".", "store"]) fs.syncDirectory(folder);
  const file = fs.openWrite(LOG);
  file.write(new Uint8Array(5000).fill(7), 0);
  file.syncNow();
  fs.syncDirectory("store/commitlog");
  fs.interfere = (verb) => {
    if (verb === "syncNow") throw systemError("EIO");
  };
  file.write(new Uint8Array(5000), 0);
  assert.throws(() => file.syncNow(), /EIO/);
  fs.interfere = () => {};
  file.syncNow();
  assert.equal(fs.lose(() => false).bytes(LOG)[100], 7, "the sync that came later did nothing");
  fs.openWrite(PATHS.abort).write(new TextEncoder().encode("1 sync failed"), 0);
  await redoFailedSync(fs, PATHS);
  assert.equal(fs.lose(() => false).bytes(LOG)[100], 0);
});
