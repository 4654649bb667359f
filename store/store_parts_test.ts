import assert from "node:assert/strict";
import { openStore, put, STORE_ROOT } from "../testdata/open_store.ts";
import { MemoryFiles } from "./file_memory.ts";
import { hostBytes } from "./host.ts";
import { storePaths } from "./names.ts";
import { createAbort, createCheckpoint, openDisk, recover } from "./store_parts.ts";

const PATHS = storePaths(STORE_ROOT);
const OPTIONS = { storeHost: hostBytes("10.0.0.1", 10911) };

Deno.test("openDisk() makes the folders of a store and holds its lock, and only that", async () => {
  const fs = new MemoryFiles();
  {
    await using stack = new AsyncDisposableStack();
    openDisk(STORE_ROOT, { ...OPTIONS, fs }, stack);
    for (const path of [PATHS.commitLog, PATHS.consumeQueue, PATHS.index]) {
      assert.notEqual(fs.stat(path), undefined, path);
    }
    assert.equal(fs.stat(PATHS.abort), undefined, "nothing is in use yet");
    assert.throws(() => fs.lock(PATHS.lock));
  }
  fs.lock(PATHS.lock)[Symbol.dispose]();
});

Deno.test("createAbort() marks a store so that the next recovery is an unclean one", async () => {
  const fs = new MemoryFiles();
  await using stack = new AsyncDisposableStack();
  const options = { ...OPTIONS, fs };
  const disk = openDisk(STORE_ROOT, options, stack);
  assert.equal((await recover(disk, options)).mode, "clean");
  createAbort(fs, PATHS);
  assert.equal((await recover(disk, options)).mode, "unclean");
});

Deno.test("createCheckpoint() leaves one that is there as it is", async () => {
  const fs = new MemoryFiles();
  {
    await using store = await openStore(fs);
    await put(store);
  }
  const before = fs.snapshot().get(PATHS.checkpoint);
  await using stack = new AsyncDisposableStack();
  createCheckpoint(openDisk(STORE_ROOT, { ...OPTIONS, fs }, stack));
  assert.deepEqual(fs.snapshot().get(PATHS.checkpoint), before);
});

Deno.test("a clean stop keeps the mark where the log could not be written", async () => {
  const fs = new MemoryFiles();
  const store = await openStore(fs);
  await put(store);
  fs.openWrite = () => {
    throw new Error("gone");
  };
  fs.remove(`${PATHS.commitLog}/${"0".repeat(20)}`);
  await store[Symbol.asyncDispose]().catch(() => {});
  assert.notEqual(fs.stat(PATHS.abort), undefined);
});
