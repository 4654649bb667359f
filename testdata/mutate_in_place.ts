/**
 * A repair of a mutant in its place, and its undoing: what can be planned can be done, and taken back
 * to the byte.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { MemoryFiles } from "../store/file_memory.ts";
import { foldersUnder } from "../store/repair/overlay_files.ts";
import { type ApplyOptions, applyRepair } from "../store/repair/repair.ts";
import { undoRepair } from "../store/repair/undo.ts";
import { copyOf, differences } from "./store_bytes.ts";

const ROOT = "store";

/** Repairs a copy of the files in its place and takes that back; throws where it cannot. */
export async function repairAndUndo(files: MemoryFiles, options: ApplyOptions): Promise<void> {
  const copy = copyOf(files);
  for (const folder of foldersOf(files)) copy.makeDirectory(folder);
  const before = { files: copy.snapshot(), folders: foldersOf(copy) };
  const { undo } = await applyRepair(copy, ROOT, options);
  if (undo !== undefined) await undoRepair(copy, ROOT, undo);
  assert.deepEqual(differences(before.files, copy.snapshot()), [], "files after undoing");
  assert.deepEqual(foldersOf(copy), before.folders, "folders after undoing");
}

function foldersOf(files: MemoryFiles): string[] {
  return [...foldersUnder(files, ROOT)].sort();
}
