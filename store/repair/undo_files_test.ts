import assert from "node:assert/strict";
import { between, oneOf, randomOf } from "../../testdata/random.ts";
import { systemError } from "../../testdata/power_loss.ts";
import { differences } from "../../testdata/store_bytes.ts";
import type { WritableFile } from "../file.ts";
import { MemoryFiles } from "../file_memory.ts";
import { undoRepair } from "./undo.ts";
import { UndoFiles } from "./undo_files.ts";

const OPTIONS = { root: "store", first: "store/abort", now: () => Date.UTC(2026, 10, 21, 9, 16) };
const UNDO = "store/quarantine/recover-20261121T091600000Z.undo";

/** A disk with room for the first hundred bytes of a write. */
class FullFiles extends MemoryFiles {
  override openWrite(path: string): WritableFile {
    const file = super.openWrite(path);
    const write = file.write.bind(file);
    file.write = (bytes, at) => {
      write(bytes.subarray(0, 100), at);
      throw systemError("ENOSPC");
    };
    return file;
  }
}

function sample(files = new MemoryFiles()): MemoryFiles {
  files.put("store/large", Uint8Array.from({ length: 200_000 }, (_, at) => at >> 3));
  files.put("store/folder/one", new Uint8Array(100).fill(1));
  files.put("store/folder/deep/two", new Uint8Array(70_000).fill(2));
  files.put("other/log", new Uint8Array(10).fill(3));
  return files;
}

Deno.test("UndoFiles writes nothing as long as nothing is changed", () => {
  const files = sample();
  const before = files.snapshot();
  const undo = new UndoFiles(files, OPTIONS);
  const file = undo.openWrite("store/large");
  file.read(new Uint8Array(10), 0);
  file.truncate(200_000);
  file.close();
  undo.makeDirectory("store/folder");
  undo.remove("store/none");
  assert.deepEqual(undo.list("store"), files.list("store"));
  undo.finish({ path: "store/abort", bytes: undefined });
  assert.equal(undo.path, undefined);
  assert.deepEqual(differences(before, files.snapshot()), []);
});

Deno.test("UndoFiles keeps a block before its first change only, and nothing of what it made", () => {
  const files = sample();
  const undo = new UndoFiles(files, OPTIONS);
  const large = undo.openWrite("store/large");
  large.write(Uint8Array.of(9), 70_000);
  const size = files.stat(UNDO)!.size;
  assert(size > 65_536 && size < 67_000, `${size}`);
  large.write(new Uint8Array(60_000), 65_536);
  assert.equal(files.stat(UNDO)!.size, size);
  const made = undo.openWrite("store/new");
  const noted = files.stat(UNDO)!.size;
  made.write(new Uint8Array(100_000).fill(7), 0);
  undo.rename("store/new", "store/newer");
  undo.remove("store/newer");
  assert(files.stat(UNDO)!.size < noted + 200);
});

Deno.test("UndoFiles leaves no file behind whose beginning finds no room, and changes nothing", () => {
  const files = sample(new FullFiles());
  const before = files.snapshot();
  const undo = new UndoFiles(files, OPTIONS);
  const large = undo.openWrite("store/large");
  assert.throws(() => large.write(Uint8Array.of(9), 70_000), /ENOSPC/);
  assert.equal(undo.path, undefined);
  assert.deepEqual(differences(before, files.snapshot()), []);
});

Deno.test("UndoFiles stores zeros at the end of a block by their number", async () => {
  const files = new MemoryFiles();
  files.put("store/sparse", new Uint8Array(10_000_000));
  const undo = new UndoFiles(files, OPTIONS);
  undo.remove("store/sparse");
  assert(files.stat(UNDO)!.size < 20_000);
  undo.finish({ path: "store/abort", bytes: undefined });
  await undoRepair(files, "store", UNDO);
  assert.equal(files.stat("store/sparse")!.size, 10_000_000);
});

/** One call of many kinds, on files that are there and on others. */
function change(undo: UndoFiles, random: () => number): void {
  const names = ["large", "folder/one", "folder/deep/two", "new", "fresh/new", "../other/log"];
  const path = `store/${oneOf(random, names)}`.replace("store/../", "");
  const there = undo.stat(path) !== undefined;
  const verb = oneOf(random, ["write", "truncate", "remove", "rename", "folder"]);
  if (verb === "remove") undo.remove(oneOf(random, [path, "store/folder", "store/fresh"]));
  else if (verb === "rename" && there) {
    undo.rename(path, oneOf(random, ["store/moved", "store/m2"]));
  } else if (verb === "folder") {
    undo.makeDirectory(oneOf(random, ["store/fresh/x", "store/folder"]));
  } else {
    undo.makeDirectory(path.slice(0, path.lastIndexOf("/")));
    const file = undo.openWrite(path);
    if (verb === "truncate") file.truncate(between(random, 0, 300_000));
    else {
      const bytes = new Uint8Array(between(random, 1, 90_000)).fill(between(random, 0, 255));
      file.write(bytes, between(random, 0, 210_000));
    }
    file.close();
  }
}

Deno.test("whatever is done through UndoFiles is taken back byte for byte", async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = randomOf(seed);
    const files = sample();
    const before = files.snapshot();
    const undo = new UndoFiles(files, OPTIONS);
    for (let count = between(random, 1, 12); count > 0; count--) change(undo, random);
    const isEnded = seed % 2 === 0;
    if (isEnded) undo.finish({ path: "store/abort", bytes: undefined });
    if (undo.path === undefined) continue;
    if (!isEnded) files.put("store/abort", new TextEncoder().encode("mq recover"));
    await undoRepair(files, "store", undo.path);
    assert.deepEqual(differences(before, files.snapshot()), [], `seed ${seed}`);
    assert(files.stat("store/fresh") === undefined, `seed ${seed}`);
    assert(files.stat("store/folder/deep")?.isDirectory, `seed ${seed}`);
  }
});
