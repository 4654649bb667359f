/**
 * Takes the leaderships of a broker under a controller back to where a shorter log ends. One that begins
 * behind the end would have others fetch what this broker no longer has (Java:
 * `EpochFileCache.truncateSuffixByOffset`).
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { dirname } from "node:path";
import { backupPath } from "../config_file.ts";
import { epochText, parseEpochs } from "../epoch_file.ts";
import { type FileSystem, readWholeFile, replaceWholeFile } from "../file.ts";
import { type RepairAction, repairAction } from "./action.ts";

/** Cuts the file and its backup, each where it is ahead. One that cannot be read is left alone. */
export function cutEpochs(fs: FileSystem, path: string, logEnd: number): RepairAction[] {
  return [path, backupPath(path)].flatMap((file) => {
    const found = readWholeFile(fs, file);
    if (found === undefined || found.length === 0) return [];
    const { epochs, flaw } = parseEpochs(new TextDecoder().decode(found));
    const kept = epochs.filter(({ startOffset }) => startOffset < logEnd);
    if (flaw !== undefined || kept.length === epochs.length) return [];
    const bytes = Buffer.from(epochText(kept));
    if (kept.length === 0) fs.remove(file);
    else replaceWholeFile(fs, file, { bytes, directory: dirname(file) });
    const first = epochs[kept.length]!;
    const reason = `epoch ${first.epoch} begins at ${first.startOffset}, the log ends at ${logEnd}`;
    return [repairAction({ action: "cut-epochs", file, reason })];
  });
}
