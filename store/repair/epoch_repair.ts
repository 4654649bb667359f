/**
 * Takes the leaderships of a broker under a controller back to where a shorter log ends. One that begins
 * behind the end would have others fetch what this broker no longer has (Java:
 * `EpochFileCache.truncateSuffixByOffset`).
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { backupPath } from "../config_file.ts";
import { epochText, parseEpochs } from "../epoch_file.ts";
import { type FileSystem, readWholeFile } from "../file.ts";
import { type RepairAction, repairAction } from "./action.ts";

/** Cuts the file and its backup, each where it is ahead. One that cannot be read is left alone. */
export function cutEpochs(fs: FileSystem, path: string, logEnd: number): RepairAction[] {
  return [path, backupPath(path)].flatMap((file) => {
    const bytes = readWholeFile(fs, file);
    if (bytes === undefined || bytes.length === 0) return [];
    const { epochs, flaw } = parseEpochs(new TextDecoder().decode(bytes));
    const kept = epochs.filter(({ startOffset }) => startOffset < logEnd);
    if (flaw !== undefined || kept.length === epochs.length) return [];
    if (kept.length === 0) fs.remove(file);
    else overwrite(fs, file, Buffer.from(epochText(kept)));
    const first = epochs[kept.length]!;
    const reason = `epoch ${first.epoch} begins at ${first.startOffset}, the log ends at ${logEnd}`;
    return [repairAction({ action: "cut-epochs", file, reason })];
  });
}

function overwrite(fs: FileSystem, path: string, bytes: Uint8Array): void {
  const file = fs.openWrite(path);
  try {
    file.truncate(0);
    file.write(bytes, 0);
    file.syncNow();
  } finally {
    file.close();
  }
}
