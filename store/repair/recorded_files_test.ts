import assert from "node:assert/strict";
import { FILE_CONTRACT } from "../../testdata/file_contract.ts";
import { PowerLossFiles } from "../../testdata/power_loss.ts";
import { MemoryFiles } from "../file_memory.ts";
import { RecordedFiles } from "./recorded_files.ts";

for (const [title, check] of Object.entries(FILE_CONTRACT)) {
  Deno.test(`RecordedFiles: ${title}`, async () => {
    const files = new RecordedFiles(new MemoryFiles(), { root: "root", beforeFirst: () => {} });
    files.makeDirectory("root");
    await check(files, "root");
  });
}

function sample() {
  const below = new MemoryFiles();
  below.put("s/a", Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
  let firsts = 0;
  const files = new RecordedFiles(below, { root: "s", beforeFirst: () => void firsts++ });
  return { below, files, firsts: () => firsts };
}

Deno.test("RecordedFiles does not do what changes nothing", () => {
  const { below, files, firsts } = sample();
  const before = below.stat("s/a")!.mtimeMs;
  const file = files.openWrite("s/a");
  file.write(Uint8Array.of(3, 4, 5), 2);
  file.truncate(8);
  files.remove("s/none");
  files.makeDirectory("s");
  assert.equal(below.stat("s/a")!.mtimeMs, before);
  assert.deepEqual([[...files.changed], firsts()], [[], 0]);
});

Deno.test("RecordedFiles writes and tells only what differs, in the order of the files", () => {
  const { below, files, firsts } = sample();
  const made = files.openWrite("s/b");
  made.write(Uint8Array.of(9), 0);
  const file = files.openWrite("s/a");
  file.write(Uint8Array.of(2, 0, 4, 0, 6), 1);
  assert.deepEqual([...files.changed], [["s/b", { from: 0, to: 1 }], ["s/a", { from: 2, to: 5 }]]);
  file.write(Uint8Array.of(8, 9), 7);
  assert.deepEqual(files.changed.get("s/a"), { from: 2, to: 9 });
  assert.deepEqual([...below.snapshot().get("s/a")!], [1, 2, 0, 4, 0, 6, 7, 8, 9]);
  assert.equal(firsts(), 1);
});

Deno.test("RecordedFiles tells of lengths, names and removals", () => {
  const { files } = sample();
  files.openWrite("s/a").truncate(6);
  assert.deepEqual(files.changed.get("s/a"), { from: 6, to: 8 });
  files.rename("s/a", "s/b");
  files.remove("s/b");
  assert.deepEqual([...files.changed.keys()], ["s/a", "s/b"]);
  assert.deepEqual(files.list("s"), []);
});

Deno.test("RecordedFiles.sync() brings content and names to the disk", async () => {
  const disk = new PowerLossFiles();
  disk.makeDirectory("s");
  disk.syncDirectory(".");
  const files = new RecordedFiles(disk, { root: "s", beforeFirst: () => {} });
  files.makeDirectory("s/deep/er");
  const file = files.openWrite("s/deep/er/a");
  file.write(Uint8Array.of(1, 2, 3), 0);
  file.close();
  const gone = files.openWrite("s/gone");
  gone.close();
  files.remove("s/gone");
  assert.deepEqual(disk.lose(() => false).list("s"), []);
  await files.sync();
  const after = disk.lose(() => false);
  assert.deepEqual(after.list("s"), ["deep"]);
  assert.deepEqual([...after.bytes("s/deep/er/a")], [1, 2, 3]);
  assert.equal(disk.openCount, 0);
});
