import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { PowerLossFiles } from "../../testdata/power_loss.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import { differences } from "../../testdata/store_bytes.ts";
import { diskFiles } from "../file_disk.ts";
import { storePaths } from "../names.ts";
import { copyStore } from "./store_copy.ts";

Deno.test("copyStore() copies every file, deep and empty ones, and nothing else", async () => {
  const { files } = new SmallStore().addMany(30).save();
  files.put("store/config/topics.json", new Uint8Array(0));
  files.put("storehouse/file", new Uint8Array(1));
  const before = files.snapshot();
  await copyStore(files, storePaths("store"), { root: "copy" });
  const copied = [...files.snapshot()].filter(([path]) => path.startsWith("copy/"));
  const wanted = [...before].filter(([path]) => path.startsWith("store/"));
  const named = new Map(copied.map(([path, bytes]) => [path.replace("copy/", "store/"), bytes]));
  assert.deepEqual(differences(new Map(wanted), named), []);
});

Deno.test("copyStore() brings a log from elsewhere home", async () => {
  const { files } = new SmallStore().addMany(3).save();
  files.rename("store/commitlog", "fast/log");
  await copyStore(files, storePaths("store", "fast/log"), { root: "copy" });
  assert.deepEqual(files.list("copy/commitlog"), files.list("fast/log"));
});

Deno.test("copyStore() has everything on the disk when it ends", async () => {
  const disk = new PowerLossFiles();
  disk.makeDirectory("store/commitlog/deep");
  disk.makeDirectory("there");
  const file = disk.openWrite("store/commitlog/deep/a");
  file.write(new Uint8Array(700_000).fill(3), 0);
  file.close();
  await copyStore(disk, storePaths("store"), { root: "there/copy" });
  disk.syncDirectory("there");
  disk.syncDirectory(".");
  const after = disk.lose(() => false);
  assert.deepEqual(after.bytes("there/copy/commitlog/deep/a"), new Uint8Array(700_000).fill(3));
  assert.equal(disk.openCount, 0);
});

Deno.test("copyStore() leaves holes holes", async () => {
  const folder = fs.mkdtempSync(join(os.tmpdir(), "mq-copy-"));
  try {
    const root = join(folder, "store");
    fs.mkdirSync(join(root, "commitlog"), { recursive: true });
    const file = diskFiles.openWrite(join(root, "commitlog", "00000000000000000000"));
    file.truncate(256 * 1024 * 1024);
    file.write(Uint8Array.of(1), 100 * 1024 * 1024);
    file.close();
    await copyStore(diskFiles, storePaths(root), { root: join(folder, "copy") });
    const stat = diskFiles.stat(join(folder, "copy", "commitlog", "00000000000000000000"))!;
    assert.equal(stat.size, 256 * 1024 * 1024);
    assert(stat.allocatedBytes < 4 * 1024 * 1024, `${stat.allocatedBytes} bytes`);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

Deno.test("copyStore() ends when it is told to", async () => {
  const { files } = new SmallStore().addMany(3).save();
  const signal = AbortSignal.abort(new Error("enough"));
  await assert.rejects(copyStore(files, storePaths("store"), { root: "copy", signal }), /enough/);
});
