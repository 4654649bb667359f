/**
 * Moves what is no file of a log or of a queue out of their folders, into the quarantine: Java's
 * brokers take whatever lies there for a file of theirs, and may not start.
 *
 * @module
 */
import { basename, dirname, join, relative, sep } from "node:path";
import type { FileSystem } from "../file.ts";
import type { StorePaths } from "../names.ts";
import { keepAside, QUARANTINE } from "../quarantine.ts";
import { listQueueFiles, listQueues } from "../queue_reader.ts";
import { listSegments } from "../segments.ts";
import { type RepairAction, repairAction } from "./action.ts";
import { filesUnder } from "./overlay_files.ts";

/** A file system keeps it at its top, and only its owner may move it. */
const OF_THE_DISK = "lost+found";
/** What `rename` says where a folder is on another disk. */
const OTHER_DISK = "EXDEV";

/** Moves folders out of the log's: one may have the name that belongs to a misnamed file. */
export function setFoldersAside(fs: FileSystem, paths: StorePaths): RepairAction[] {
  const { strays } = listSegments(fs, paths.commitLogs);
  const folders = strays.filter((path) => fs.stat(path)!.isDirectory);
  return folders.filter(isMovable).map((path) => setAside(fs, paths.root, { path, what: "log" }));
}

/** Moves all of them; nothing that a broker of ours reads is among them. */
export function setStraysAside(fs: FileSystem, paths: StorePaths): RepairAction[] {
  const ofLog = listSegments(fs, paths.commitLogs).strays;
  const { queues, strays } = listQueues(fs, paths);
  const ofQueues = [...strays, ...queues.flatMap((it) => listQueueFiles(fs, it).strays)];
  return [
    ...ofLog.map((path) => ({ path, what: "log" } as const)),
    ...ofQueues.map((path) => ({ path, what: "queue" } as const)),
  ].filter(({ path }) => isMovable(path)).map((it) => setAside(fs, paths.root, it));
}

function isMovable(path: string): boolean {
  return basename(path) !== OF_THE_DISK;
}

function setAside(
  fs: FileSystem,
  root: string,
  { path: file, what }: { readonly path: string; readonly what: "log" | "queue" },
): RepairAction {
  const { size, isDirectory } = fs.stat(file)!;
  moveStray(fs, root, file);
  const kind = isDirectory ? "folder" : "file";
  const reason = `no ${kind} of a ${what}: a Java broker may not start with it`;
  return repairAction({ action: "set-file-aside", file, to: isDirectory ? 0 : size, reason });
}

function moveStray(fs: FileSystem, root: string, path: string): void {
  for (const file of filesUnder(fs, path)) {
    const steps = relative(root, file).split(sep).filter((it) => it !== "..");
    const name = `stray-${steps.join("-")}`;
    if (renamed(fs, file, freePath(fs, join(root, QUARANTINE), name))) continue;
    keepAside(fs, root, { name, range: { path: file, from: 0, to: fs.stat(file)!.size } });
  }
  // What was copied, and folders.
  fs.remove(path);
  fs.syncDirectory(dirname(path));
}

/** False where the places are on different disks. */
function renamed(fs: FileSystem, from: string, to: string): boolean {
  fs.makeDirectory(dirname(to));
  try {
    fs.rename(from, to);
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === OTHER_DISK) return false;
    throw error;
  }
  for (const path of [to, from]) fs.syncDirectory(dirname(path));
  return true;
}

/** What is in the quarantine is never replaced. */
function freePath(fs: FileSystem, folder: string, name: string): string {
  for (let number = 1;; number++) {
    const path = join(folder, number === 1 ? name : `${name}-${number}`);
    if (fs.stat(path) === undefined) return path;
  }
}
