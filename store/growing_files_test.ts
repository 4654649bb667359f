import assert from "node:assert/strict";
import { MemoryFiles } from "./file_memory.ts";
import { GrowingFiles } from "./growing_files.ts";
import { OpenFiles } from "./open_files.ts";

const DIRECTORY = "/store/queues/T/0";

/** Files of ten units of eight bytes, and the calls that bring names to the disk. */
class Series implements Disposable {
  readonly fs = new MemoryFiles();
  readonly synced: string[] = [];
  readonly open = new OpenFiles(this.fs);
  readonly files = new GrowingFiles(this.open, { directory: DIRECTORY, unitBytes: 8, depth: 3 });

  constructor() {
    const { syncDirectory } = this.fs;
    this.fs.syncDirectory = (path) => {
      this.synced.push(path);
      syncDirectory.call(this.fs, path);
    };
  }

  get names(): string[] {
    return this.fs.list(DIRECTORY);
  }

  [Symbol.dispose](): void {
    this.open[Symbol.dispose]();
  }
}

Deno.test("GrowingFiles names files by the bytes before their first unit", () => {
  using it = new Series();
  it.files.make(0, 80);
  it.files.make(10, 80);
  assert.deepEqual(it.names, ["00000000000000000000", "00000000000000000080"]);
  assert.deepEqual(it.files.starts, [0, 10]);
  assert.equal(it.files.get(10).size(), 80);
});

Deno.test("GrowingFiles.make() brings the names before it to the disk first", () => {
  using it = new Series();
  it.files.make(0, 80);
  assert.deepEqual(it.synced, []);
  it.files.make(10, 80);
  assert.deepEqual(it.synced, [DIRECTORY]);
});

Deno.test("GrowingFiles.sync() syncs contents, then names as far up as they may be new", async () => {
  using it = new Series();
  it.files.make(0, 80);
  it.files.touch(0);
  assert.equal(it.files.unsynced, true);
  await it.files.sync();
  assert.deepEqual(it.synced, [DIRECTORY, "/store/queues/T", "/store/queues"]);
  assert.equal(it.files.unsynced, false);
  await it.files.sync();
  assert.equal(it.synced.length, 3);
});

Deno.test("GrowingFiles.sync() does not believe a sync that failed", async () => {
  using it = new Series();
  it.files.make(0, 80).sync = () => Promise.reject(new Error("EIO"));
  it.files.touch(0);
  await assert.rejects(it.files.sync(), /EIO/);
  assert.equal(it.files.unsynced, true);
  assert.deepEqual(it.synced, []);
});

Deno.test("GrowingFiles.sync() passes a file that was removed meanwhile", async () => {
  using it = new Series();
  it.files.make(0, 80).sync = () => Promise.resolve(it.files.remove(10));
  it.files.make(10, 80);
  it.files.touch(0);
  it.files.touch(10);
  await it.files.sync();
  assert.deepEqual(it.names, ["00000000000000000000"]);
});

Deno.test("GrowingFiles.sync() does not wait for the disk in the event loop", async () => {
  using it = new Series();
  it.files.make(0, 80);
  it.fs.syncDirectory = () => assert.fail("held up");
  it.fs.syncDirectoryAsync = (path) => Promise.resolve(void it.synced.push(path));
  await it.files.sync();
  assert.equal(it.synced.length, 3);
});

Deno.test("GrowingFiles.sync() does not take a name for synced that came while it ran", async () => {
  using it = new Series();
  it.files.make(0, 80);
  const { syncDirectoryAsync } = it.fs;
  it.fs.syncDirectoryAsync = (path) => {
    if (path === DIRECTORY && !it.files.has(10)) it.files.make(10, 80);
    return syncDirectoryAsync.call(it.fs, path);
  };
  await it.files.sync();
  assert.equal(it.files.unsynced, true);
  await it.files.sync();
  assert.equal(it.files.unsynced, false);
});

Deno.test("GrowingFiles.sync() passes a folder that was removed meanwhile, and no other error", async () => {
  using it = new Series();
  it.files.make(0, 80);
  let isRemoved = false;
  it.fs.syncDirectoryAsync = () => {
    if (isRemoved) it.files.clear();
    return Promise.reject(new Error("no such file or directory"));
  };
  await assert.rejects(it.files.sync(), /no such file/);
  assert.equal(it.files.unsynced, true);
  isRemoved = true;
  await it.files.sync();
  assert.equal(it.files.unsynced, false);
});

Deno.test("GrowingFiles.dropBefore() removes the oldest first and keeps the last", () => {
  using it = new Series();
  for (const start of [0, 10, 20]) it.files.make(start, 80);
  const gone: number[] = [];
  const dropped = (start: number) => void gone.push(start);
  assert.equal(it.files.dropBefore(19, { fileUnits: 10, dropped }), 1);
  assert.deepEqual(gone, [0]);
  assert.equal(it.files.dropBefore(1000, { fileUnits: 10, dropped }), 1);
  assert.deepEqual([gone, it.files.starts], [[0, 10], [20]]);
});

Deno.test("GrowingFiles.disown() lets a file be made again", () => {
  using it = new Series();
  it.files.adopt(0);
  assert.equal(it.files.has(0), true);
  it.files.disown(0);
  assert.equal(it.files.isEmpty, true);
});

Deno.test("GrowingFiles.clear() forgets files and what waited for the disk", () => {
  using it = new Series();
  it.files.make(0, 80);
  it.files.touch(0);
  it.files.clear();
  assert.deepEqual([it.files.isEmpty, it.files.unsynced], [true, false]);
  assert.throws(() => it.files.get(5), /no such file/);
});
