/**
 * Checks the small files beside a store's log, queues and index: the epochs of controller mode, what
 * mq keeps for its own starts; and says which parts of the store mq cannot read at all.
 *
 * @module
 */
import { basename, join } from "node:path";
import { readEpochFile } from "../epoch_file.ts";
import { backupPath } from "../config_file.ts";
import type { FileSystem } from "../file.ts";
import { NAME } from "../names.ts";
import { hasQueueEnds } from "../queue_ends.ts";
import { markerPaths, unreadKind } from "./expected_files.ts";
import { finding, type FindingSink } from "./findings.ts";
import type { StoreState } from "./store_state.ts";
import type { Tally } from "./summary.ts";

/** What checking these needs. */
export interface SmallFilesInput {
  readonly sink: FindingSink;
  readonly tally: Tally;
}

/** Checks what can be told before the log is read. */
export function checkSmallFiles(state: StoreState, { sink, tally }: SmallFilesInput): void {
  const { fs, paths } = state;
  const sizeOf = (path: string) => fs.stat(path)?.size ?? 0;
  for (const path of markerPaths(state)) tally.check("marker", sizeOf(path));
  for (const path of [paths.queueEnds, paths.recoveryProgress]) tally.check("mq", sizeOf(path));
  const length = fs.stat(paths.queueEnds)?.size;
  if (length !== undefined && !hasQueueEnds(fs, paths)) {
    const message = "not whole, or made beside another checkpoint";
    sink(finding("queueends-stale", { file: paths.queueEnds, length }, { message }));
  }
  reportUnread(state, sink);
}

/**
 * Checks the epochs against the end of the log; `logEnd` is absent where it was not read to its end.
 */
export function checkEpochs(
  { fs, paths }: StoreState,
  { sink, tally, logEnd = Infinity }: SmallFilesInput & { readonly logEnd?: number | undefined },
): void {
  const file = join(paths.root, NAME.epochFile);
  for (const path of [file, backupPath(file)]) tally.check("epoch", fs.stat(path)?.size ?? 0);
  const { path, epochs, flaws } = readEpochFile(fs, file);
  if (flaws.length > 0) {
    const hasBackup = path === backupPath(file);
    const message = flaws.join("; ") + (hasBackup ? "; its .bak can be read" : "");
    const place = { file, length: fs.stat(file)?.size ?? 0 };
    const severity = hasBackup && flaws.length === 1 ? "warning" as const : undefined;
    sink(finding("epoch-unreadable", place, { message, ...(severity && { severity }) }));
  }
  const last = epochs.at(-1);
  if (path === undefined || last === undefined || last.startOffset <= logEnd) return;
  const message = `epoch ${last.epoch} begins at ${last.startOffset}, the log ends at ${logEnd}`;
  sink(finding("epoch-ahead", { file: path }, { message }));
}

/** What stands in the folders of a kind, in few words. */
const UNREAD = {
  rocksdb: "a RocksDB database",
  compaction: "logs of compacted topics",
  tieredstore: "the index of tiered storage",
  dledger: "the log of a DLedger group: messages since the group began are in it, and not in the " +
    "commit log",
} as const;

/** Says once for every folder that holds something mq does not read. An empty database is none. */
function reportUnread(state: StoreState, sink: FindingSink): void {
  const { fs, paths, queues } = state;
  const found = new Map<string, { text: string; files: number; bytes: number }>();
  for (const path of filesBelow(fs, paths.root, (folder) => isUnreadFolder(state, folder))) {
    const unread = unreadKind(state, path);
    if (unread === undefined || !(unread.kind in UNREAD) || !holdsData(path)) continue;
    const { size } = fs.stat(path) ?? { size: 0 };
    const text = UNREAD[unread.kind as keyof typeof UNREAD];
    const sum = found.get(unread.folder) ?? { text, files: 0, bytes: 0 };
    sum.files++;
    sum.bytes += size;
    if (size > 0) found.set(unread.folder, sum);
  }
  for (const [folder, { text, files, bytes }] of found) {
    // Queues in RocksDB have a code of their own.
    if (folder === paths.consumeQueue && queues.isRocksDb) continue;
    const message = `${basename(folder)} holds ${text}: ${bytes} bytes in ${files} ${
      files === 1 ? "file" : "files"
    }`;
    sink(finding("store-not-read", { file: folder }, { message }));
  }
}

/** What a broker makes of these at every start says nothing. */
function holdsData(path: string): boolean {
  const name = basename(path);
  const isRocksDbs = /^(CURRENT|IDENTITY|LOCK|LOG.*|MANIFEST-\d+|OPTIONS-\d+)$/.test(name);
  return !isRocksDbs && !/^position-checkpoint(\.bak)?$/.test(name);
}

function isUnreadFolder(state: StoreState, folder: string): boolean {
  return folder === state.paths.root || folder === state.paths.config ||
    unreadKind(state, join(folder, "x")) !== undefined;
}

/** Files below a folder, in folders that are wanted. */
function* filesBelow(
  fs: FileSystem,
  folder: string,
  isWanted: (folder: string) => boolean,
): Generator<string, void> {
  for (const name of fs.list(folder)) {
    const path = join(folder, name);
    if (fs.stat(path)?.isDirectory !== true) yield path;
    else if (isWanted(path)) yield* filesBelow(fs, path, isWanted);
  }
}
