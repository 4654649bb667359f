/**
 * Moves what is no file of a log or of a queue out of their folders, into the quarantine: Java's
 * brokers take whatever lies there for a file of theirs, and may not start. So goes what is a folder
 * in the place of a file, or the other way round.
 *
 * @module
 */
import { basename, dirname, relative, sep } from "node:path";
import type { FileSystem } from "../file.ts";
import { codeOf } from "../file_disk.ts";
import { findMisplacedBesideQueues, isMovable } from "../misplaced.ts";
import type { StorePaths } from "../names.ts";
import { keepAside, placesAside } from "../quarantine.ts";
import { listQueueExtFiles } from "../queue_ext_files.ts";
import { listQueueFiles, listQueues, type QueueListing } from "../queue_reader.ts";
import { listSegments } from "../segments.ts";
import { type RepairAction, repairAction } from "./action.ts";
import { filesUnder } from "./overlay_files.ts";

/** A file system keeps it at its top, and only its owner may move it. */
const OF_THE_DISK = "lost+found";
/** What `rename` says where a folder is on another disk. */
const OTHER_DISK = "EXDEV";

/** What was moved, and what is left of the queues' folders. */
export interface MisplacedAside {
  readonly actions: readonly RepairAction[];
  readonly queues: QueueListing;
}

/**
 * Moves what stands in the way of a repair: folders in the places of files, files in those of folders,
 * and whatever lies among the files of queues. Of the log's folder only folders: a file with a name of
 * its own may be one of the log's that lost its name.
 */
export function setMisplacedAside(fs: FileSystem, paths: StorePaths): MisplacedAside {
  const misplaced = [...findMisplacedBesideQueues(fs, paths)].filter(isMovable).map((it) => {
    const reason = it.isFolder
      ? "a folder where brokers have a file"
      : "a file where brokers have a folder";
    return setAside(fs, paths.root, { path: it.path, reason });
  });
  const { strays: ofLog } = listSegments(fs, paths.commitLogs);
  const listing = listQueues(fs, paths);
  const ofQueues = [
    ...listing.strays,
    ...listing.queues.flatMap((it) => listQueueFiles(fs, it).strays),
    ...listQueueExtFiles(fs, paths).flatMap(({ files }) => files.strays),
  ];
  const actions = [
    ...misplaced,
    ...straysAside(fs, paths.root, ofLog.filter((path) => fs.stat(path)!.isDirectory), "log"),
    ...straysAside(fs, paths.root, ofQueues, "queue"),
  ];
  return { actions, queues: actions.length === 0 ? listing : listQueues(fs, paths) };
}

/** Moves what else is in the log's folder; nothing that a broker of ours reads is among it. */
export function setStraysAside(fs: FileSystem, paths: StorePaths): RepairAction[] {
  return straysAside(fs, paths.root, listSegments(fs, paths.commitLogs).strays, "log");
}

function straysAside(
  fs: FileSystem,
  root: string,
  strays: readonly string[],
  what: "log" | "queue",
): RepairAction[] {
  return strays.filter((path) => basename(path) !== OF_THE_DISK).map((path) => {
    const kind = fs.stat(path)!.isDirectory ? "folder" : "file";
    const reason = `no ${kind} of a ${what}: a Java broker may not start with it`;
    return setAside(fs, root, { path, reason });
  });
}

function setAside(
  fs: FileSystem,
  root: string,
  { path: file, reason }: { readonly path: string; readonly reason: string },
): RepairAction {
  const { size, isDirectory } = fs.stat(file)!;
  moveStray(fs, root, file);
  return repairAction({ action: "set-file-aside", file, to: isDirectory ? 0 : size, reason });
}

function moveStray(fs: FileSystem, root: string, path: string): void {
  for (const file of filesUnder(fs, path)) {
    const steps = relative(root, file).split(sep).filter((it) => it !== "..");
    const name = `stray-${steps.join("-")}`;
    const free = placesAside(root, name).find((place) => fs.stat(place) === undefined)!;
    if (renamed(fs, file, free)) continue;
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
    if (codeOf(error) === OTHER_DISK) return false;
    throw error;
  }
  for (const path of [to, from]) fs.syncDirectory(dirname(path));
  return true;
}
