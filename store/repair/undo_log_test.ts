import assert from "node:assert/strict";
import { MemoryFiles } from "../file_memory.ts";
import { undoBatch, type UndoEntry, undoEntry } from "./undo_format.ts";
import { readUndoLog } from "./undo_log.ts";

const PATH = "x.undo";
const text = (it: string) => new TextEncoder().encode(it);

function written(batches: readonly (readonly UndoEntry[])[], cut = 0): MemoryFiles {
  const files = new MemoryFiles();
  const all = batches.map((it) => [...undoBatch(it)]).flat();
  files.put(PATH, Uint8Array.from(all.slice(0, all.length - cut)));
  return files;
}

const FIRST = [
  undoEntry("folder", { path: "q", length: -1 }),
  undoEntry("folder", { path: "gone" }),
  undoEntry("file", { path: "a", length: 70_000 }),
  undoEntry("block", { path: "a", at: 65_536, length: 4464, content: text("old") }),
];
const SECOND = [
  undoEntry("file", { path: "b", length: -1 }),
  undoEntry("left", { path: "a", length: 5, at: 0xfedcba98 }),
  undoEntry("end"),
];

Deno.test("readUndoLog() finds how files were, how they were left, and where old bytes stand", () => {
  const files = written([FIRST, SECOND]);
  const log = readUndoLog(files, PATH);
  assert.deepEqual([log.foldersMade, log.foldersRemoved], [["q"], ["gone"]]);
  assert.deepEqual([log.isEnded, log.isUndoing, log.isUndone], [true, false, false]);
  const [a, b] = [log.files.get("a")!, log.files.get("b")!];
  assert.deepEqual([a.size, b.size, b.left], [70_000, -1, undefined]);
  assert.deepEqual(a.left, { crc: 0xfedcba98, length: 5 });
  const { contentAt, contentLength, ...block } = a.blocks.get(1)!;
  assert.deepEqual(block, { at: 65_536, length: 4464 });
  const content = files.snapshot().get(PATH)!.subarray(contentAt, contentAt + contentLength);
  assert.deepEqual(content.slice(), text("old"));
});

Deno.test("readUndoLog() passes over a batch that was not written whole, wherever it was torn", () => {
  const size = undoBatch(SECOND).length;
  for (let cut = 1; cut <= size; cut++) {
    const log = readUndoLog(written([FIRST, SECOND], cut), PATH);
    assert.equal(log.isEnded, false);
    assert.equal(log.files.has("b"), false);
    assert.equal(log.size, undoBatch(FIRST).length);
  }
});

Deno.test("readUndoLog() refuses damage in front of what is whole, and what is no undo file", () => {
  const first = undoBatch(FIRST).length;
  for (let at = 0; at < first; at++) {
    const files = written([FIRST, SECOND]);
    files.flip(PATH, at);
    assert.throws(() => readUndoLog(files, PATH), /^Error: Cannot undo "x\.undo": .* at 0$/);
    const behind = written([SECOND, FIRST, SECOND]);
    behind.flip(PATH, undoBatch(SECOND).length + at);
    const pattern = new RegExp(`damaged at ${undoBatch(SECOND).length}$`);
    assert.throws(() => readUndoLog(behind, PATH), pattern);
  }
  for (const content of ["", "mq", "no undo file at all, but long enough for a head"]) {
    const files = new MemoryFiles();
    files.put(PATH, text(content));
    assert.throws(() => readUndoLog(files, PATH), /no undo file, or damaged at 0/);
  }
});
