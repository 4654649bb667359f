/**
 * Counts every file of a store by its kind before any is read, so that the summary can say what was
 * not looked at, files that belong to nothing included.
 *
 * @module
 */
import { basename, dirname, join, sep } from "node:path";
import { backupPath } from "../config_file.ts";
import { DLEDGER_PREFIX } from "../dledger.ts";
import { listIndexFiles } from "../key_index_reader.ts";
import { NAME, parseOffsetName } from "../names.ts";
import { QUARANTINE } from "../quarantine.ts";
import { queuesOf } from "../queue_reader.ts";
import { isConfigName } from "./config_check.ts";
import type { FileKind } from "./findings.ts";
import type { StoreState } from "./store_state.ts";
import type { Tally } from "./summary.ts";

const FILES_PER_TURN = 1024;

/** Counts the log and every file under the root. Yields when others may run. */
export function* expectFiles(state: StoreState, tally: Tally): Generator<void, void> {
  const { fs, paths, log } = state;
  for (const { length } of log.segments) tally.expect("commitlog", length);
  const kindOf = kindsOfFiles(state);
  let count = 0;
  function* visit(directory: string): Generator<void, void> {
    for (const name of fs.list(directory)) {
      if (++count % FILES_PER_TURN === 0) yield;
      const path = join(directory, name);
      const stat = fs.stat(path);
      if (stat?.isDirectory === true) yield* visit(path);
      else if (stat !== undefined) {
        const kind = kindOf(path);
        if (kind !== "commitlog") tally.expect(kind, stat.size);
      }
    }
  }
  yield* visit(paths.root);
}

/** Files that only have to be there; a broker of 5.x leaves a backup of one. */
export function markerPaths({ paths: { abort, lock } }: StoreState): string[] {
  return [abort, backupPath(abort), lock];
}

/** Folders under the root whose files mq does not read. */
const UNREAD_FOLDERS: readonly (readonly [folder: string, kind: FileKind])[] = [
  ["rocksdbstore", "rocksdb"],
  [join(NAME.config, "topics"), "rocksdb"],
  [join(NAME.config, "subscriptionGroups"), "rocksdb"],
  [join(NAME.config, "consumerOffsets"), "rocksdb"],
  [join(NAME.config, "rdb"), "rocksdb"],
  ["compaction", "compaction"],
  ["tiered_index_file", "tieredstore"],
];

/** Kind of what mq does not read of a store, by the folder it stands in; else `undefined`. */
export function unreadKind(
  { paths, queues }: StoreState,
  path: string,
): { readonly kind: FileKind; readonly folder: string } | undefined {
  const isBelow = (folder: string) => path.startsWith(folder + sep);
  if (queues.isRocksDb && isBelow(paths.consumeQueue)) {
    return { kind: "rocksdb", folder: paths.consumeQueue };
  }
  for (const [name, kind] of UNREAD_FOLDERS) {
    const folder = join(paths.root, name);
    if (isBelow(folder)) return { kind, folder };
  }
  const [first = ""] = path.slice(join(paths.root, sep).length).split(sep);
  if (!first.startsWith(DLEDGER_PREFIX) || !isBelow(join(paths.root, first))) return undefined;
  return { kind: "dledger", folder: join(paths.root, first) };
}

/** Kind of the files of a queue's folder; `undefined` for other folders. */
function queueKindOf({ paths, queues }: StoreState, folder: string): FileKind | undefined {
  const topicFolder = dirname(folder);
  const root = dirname(topicFolder);
  if (root !== paths.consumeQueue && root !== paths.batchConsumeQueue) return undefined;
  const queue = queuesOf(queues, basename(topicFolder)).find(({ path }) => path === folder);
  if (queue === undefined) return undefined;
  return queue.kind === "simple" ? "consumequeue" : "batchconsumequeue";
}

/** Tells the kind of a file by its path. */
export function kindsOfFiles(state: StoreState): (path: string) => FileKind {
  const { fs, paths, log } = state;
  const single = new Map<string, FileKind>([
    [paths.checkpoint, "checkpoint"],
    [join(paths.root, NAME.timerWheel), "timer"],
    [join(paths.config, NAME.timerCheckpoint), "timer"],
    [paths.queueEnds, "mq"],
    [paths.recoveryProgress, "mq"],
  ]);
  const epochs = join(paths.root, NAME.epochFile);
  for (const path of [epochs, backupPath(epochs)]) single.set(path, "epoch");
  for (const path of markerPaths(state)) single.set(path, "marker");
  for (const { path } of log.segments) single.set(path, "commitlog");
  for (const path of listIndexFiles(fs, paths.index).paths) single.set(path, "index");
  const folders = new Map<string, FileKind>([[join(paths.root, NAME.timerLog), "timer"]]);
  // Files of one folder come one after the other.
  let last: { readonly folder: string; readonly kind: FileKind | undefined } | undefined;
  const queueKind = (folder: string) => {
    if (last?.folder !== folder) last = { folder, kind: queueKindOf(state, folder) };
    return last.kind;
  };
  const ext = join(paths.consumeQueueExt, sep);
  const quarantine = join(paths.root, QUARANTINE, sep);
  return (path) => {
    if (path.startsWith(ext)) return "consumequeue_ext";
    const kind = single.get(path);
    if (kind !== undefined) return kind;
    const folder = dirname(path);
    const inFolder = folders.get(folder) ?? queueKind(folder);
    if (inFolder !== undefined && parseOffsetName(basename(path)) !== undefined) return inFolder;
    if (folder === paths.config && isConfigName(basename(path))) return "config";
    if (path.startsWith(quarantine)) return "mq";
    return unreadKind(state, path)?.kind ?? "other";
  };
}
