import assert from "node:assert/strict";
import fs from "node:fs";
import { join } from "node:path";
import { storeOnDisk } from "../../testdata/fixture.ts";
import { findingsIn } from "../../testdata/kill9/store_check.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import { differences } from "../../testdata/store_bytes.ts";
import { inFolder } from "../../testdata/temporary_folder.ts";
import { verified } from "../../testdata/verified.ts";
import { diskFiles } from "../file_disk.ts";
import { MemoryFiles } from "../file_memory.ts";
import { storePaths } from "../names.ts";
import { applyRepair, planRepair } from "./repair.ts";
import { setStraysAside } from "./strays_aside.ts";
import { undoRepair } from "./undo.ts";

const ROOT = "store";
const QUEUE = "store/consumequeue/TopicTest";

/** A sound store with a file or folder too many wherever one can lie. */
function strewn(): MemoryFiles {
  const { files } = new SmallStore().addMany(5).save();
  files.put("store/commitlog/notes.txt", new Uint8Array(3).fill(1));
  files.put(`${QUEUE}/0/00000000000000000000.bak`, new Uint8Array(60).fill(2));
  files.put(`${QUEUE}/old/a`, new Uint8Array(1).fill(3));
  files.put(`${QUEUE}/old/deep/b`, new Uint8Array(1).fill(4));
  files.put("store/consumequeue/list.txt", new Uint8Array(1).fill(5));
  files.put("store/commitlog/lost+found/c", new Uint8Array(1).fill(6));
  return files;
}

async function codesOf(files: MemoryFiles): Promise<string[]> {
  const { findings } = await verified(files);
  return findings.filter(({ severity }) => severity !== "info").map((it) =>
    `${it.code} ${it.file}`
  );
}

const ACTIONS = [
  [`${QUEUE}/old`, 0, "no folder of a queue: a Java broker may not start with it"],
  ["store/consumequeue/list.txt", 1, "no file of a queue: a Java broker may not start with it"],
  [
    `${QUEUE}/0/00000000000000000000.bak`,
    60,
    "no file of a queue: a Java broker may not start with it",
  ],
  ["store/commitlog/notes.txt", 3, "no file of a log: a Java broker may not start with it"],
];
const KEPT = [
  "stray-commitlog-notes.txt",
  "stray-consumequeue-TopicTest-0-00000000000000000000.bak",
  "stray-consumequeue-TopicTest-old-a",
  "stray-consumequeue-TopicTest-old-deep-b",
  "stray-consumequeue-list.txt",
];

Deno.test("a repair moves strays into the quarantine, without a copy, and can be taken back", async () => {
  const files = strewn();
  const before = files.snapshot();
  const plan = await planRepair(files, ROOT);
  assert.deepEqual(plan.actions.map((it) => [it.file, it.to, it.reason]), ACTIONS);
  assert(plan.actions.every((it) => it.action === "set-file-aside" && it.safe));
  assert.deepEqual(differences(before, files.snapshot()), [], "a plan changes nothing");
  const { applied, undo } = await applyRepair(files, ROOT);
  assert.deepEqual(applied, plan.actions);
  const kept = files.list("store/quarantine").filter((it) => !it.endsWith(".undo"));
  assert.deepEqual(kept, KEPT);
  assert.deepEqual(await codesOf(files), ["log-stray-file store/commitlog/lost+found"]);
  const text = new TextDecoder("latin1").decode(files.snapshot().get(undo!));
  assert(!text.includes("\u0002".repeat(60)), "what is moved is not kept twice");
  await undoRepair(files, ROOT, undo!);
  assert.deepEqual(differences(before, files.snapshot()), []);
});

Deno.test("a repair copies strays where a folder is on another disk, and can be taken back", async () => {
  const files = strewn();
  // A former repair kept the same bytes.
  files.put(`store/quarantine/${KEPT[0]}`, new Uint8Array(3).fill(1));
  const before = files.snapshot();
  const rename = files.rename.bind(files);
  files.rename = (from, to) => {
    const cause = Object.assign(new Error("EXDEV"), { code: "EXDEV" });
    if (!from.includes("quarantine")) throw new Error("Cannot rename", { cause });
    rename(from, to);
  };
  const { applied, undo } = await applyRepair(files, ROOT);
  assert.deepEqual(applied.map((it) => [it.file, it.to, it.reason]), ACTIONS);
  const kept = files.list("store/quarantine").filter((it) => !it.endsWith(".undo"));
  assert.deepEqual(kept, KEPT);
  assert.equal(files.stat(`${QUEUE}/old`), undefined);
  await undoRepair(files, ROOT, undo!);
  const isNew = (path: string) => path.startsWith("store/quarantine/stray-consumequeue");
  assert.deepEqual(differences(before, files.snapshot()).filter((it) => !isNew(it)), []);
});

Deno.test("setStraysAside() takes those of a log that lies elsewhere, too", () => {
  const files = new MemoryFiles();
  files.put("disk2/log/notes.txt", new Uint8Array(3).fill(1));
  files.makeDirectory("store/config");
  setStraysAside(files, storePaths(ROOT, { commitLogPath: "disk2/log" }));
  assert.deepEqual(files.list("disk2/log"), []);
  assert.deepEqual(files.list("store/quarantine"), ["stray-disk2-log-notes.txt"]);
});

Deno.test("setStraysAside() replaces nothing that is in the quarantine", () => {
  const files = strewn();
  files.put("store/quarantine/stray-commitlog-notes.txt", new Uint8Array(1));
  setStraysAside(files, storePaths(ROOT));
  assert.equal(files.stat("store/quarantine/stray-commitlog-notes.txt")?.size, 1);
  assert.equal(files.stat("store/quarantine/stray-commitlog-notes.txt-2")?.size, 3);
});

/** Things of the wrong kind, one at a time: what stood there is gone. */
const MISPLACED: Readonly<Record<string, "file" | "folder">> = {
  "checkpoint": "folder",
  "config/topics.json": "folder",
  "config": "file",
  "index": "file",
  "consumequeue": "file",
  "consumequeue/T_plain": "file",
  "consumequeue/T_plain/0": "file",
  "consumequeue/T_plain/0/00000000000000000000": "folder",
};

for (const [path, kind] of Object.entries(MISPLACED)) {
  Deno.test(`a repair of a store with a ${kind} at ${path} makes it sound, and can be taken back`, async () => {
    await inFolder(async (directory) => {
      const root = storeOnDisk("5.5.0-a-clean-102", directory);
      const place = join(root, path);
      fs.rmSync(place, { recursive: true, force: true });
      if (kind === "file") fs.writeFileSync(place, "not a folder");
      else fs.mkdirSync(join(place, "deep"), { recursive: true });
      const before = treeOf(root);
      const { actions } = await planRepair(diskFiles, root);
      const { applied, left, undo } = await applyRepair(diskFiles, root);
      assert.deepEqual(applied, actions);
      assert.deepEqual(left, []);
      assert.equal(applied[0]!.action, "set-file-aside");
      const findings = await findingsIn(diskFiles, root);
      assert.deepEqual(findings.filter((it) => !it.startsWith("info")), []);
      await undoRepair(diskFiles, root, undo!);
      assert.deepEqual(treeOf(root), before);
    });
  });
}

/** Folders, and files with what they hold. */
function treeOf(root: string): Record<string, string> {
  const names = fs.readdirSync(root, { recursive: true, encoding: "utf8" }).sort();
  return Object.fromEntries(names.map((name) => {
    const path = join(root, name);
    return [name, fs.statSync(path).isDirectory() ? "folder" : fs.readFileSync(path, "latin1")];
  }));
}
