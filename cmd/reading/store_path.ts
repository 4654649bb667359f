/**
 * Finds what a command is to read: the path given, else `MQ_STORE`, else the profile's store, else
 * `mq-data` in the working folder; and says clearly what is wrong with a path that holds no store.
 *
 * @module
 */
import { basename, dirname, join, normalize } from "node:path";
import type { FileSystem } from "../../store/file.ts";
import {
  isIndexName,
  NAME,
  parseOffsetName,
  type StorePaths,
  storePaths,
} from "../../store/names.ts";
import { Failure, usageFailure } from "../failure.ts";
import { chosenProfile } from "../profile/chosen_profile.ts";
import { note, type Terminal } from "../terminal.ts";
import { holdsCheckpoint, holdsIndex, holdsLog } from "./file_content.ts";

/** Where `mq start` keeps its store when nothing else is said. */
export const DEFAULT_STORE = "mq-data";

/** What stands at a path. */
export type Place =
  /** The root directory of a store. */
  | { readonly kind: "store"; readonly path: string; readonly paths: StorePaths }
  /** A directory that is no store's root; perhaps a part of one. */
  | { readonly kind: "directory"; readonly path: string }
  /** A file; perhaps a part of a store. */
  | { readonly kind: "file"; readonly path: string };

/** The path a command is to read. What was not named on the command line is noted. */
export function givenPath(terminal: Terminal, argument: string | undefined): string {
  if (argument === "") throw usageFailure("The store's path is empty");
  if (argument !== undefined) return tidyPath(argument);
  const fromEnvironment = terminal.env("MQ_STORE");
  if (fromEnvironment !== undefined && fromEnvironment !== "") {
    note(terminal, `reading ${fromEnvironment} (MQ_STORE)`);
    return tidyPath(fromEnvironment);
  }
  const chosen = chosenProfile(terminal);
  if (chosen?.profile.store !== undefined) {
    note(terminal, `reading ${chosen.profile.store} (profile ${chosen.name})`);
    return tidyPath(chosen.profile.store);
  }
  if (terminal.files.stat(DEFAULT_STORE)?.isDirectory === true) {
    note(terminal, `reading ${DEFAULT_STORE}`);
    return DEFAULT_STORE;
  }
  throw usageFailure(
    `No store named: give its path, set MQ_STORE, or run where a folder ${DEFAULT_STORE} is`,
  );
}

/** Looks at a path. Throws a failure that says what stands there, if it can be nothing of a store. */
export function placeAt(terminal: Terminal, argument: string | undefined): Place {
  const path = givenPath(terminal, argument);
  const stat = terminal.files.stat(path);
  if (stat === undefined) throw new Failure(`Cannot read "${path}": no such file or directory`);
  if (!stat.isDirectory) return { kind: "file", path };
  if (isStoreRoot(terminal.files, path)) {
    const paths = pathsOf(terminal, path);
    noteHolder(terminal, paths);
    return { kind: "store", path, paths };
  }
  if (terminal.files.list(path).length === 0) {
    throw new Failure(`"${path}" is no store: the folder is empty`);
  }
  return { kind: "directory", path };
}

/** Paths of a store whose log may be elsewhere. */
function pathsOf(terminal: Terminal, root: string): StorePaths {
  const { files, commitLogPath } = terminal;
  const paths = storePaths(root, { commitLogPath });
  for (const folder of commitLogPath === undefined ? [] : paths.commitLogs) {
    if (files.stat(folder)?.isDirectory === true) continue;
    const what = files.stat(folder) === undefined ? "no such folder" : "it is no folder";
    throw new Failure(`Cannot read commit log "${folder}": ${what}`);
  }
  return paths;
}

/** A store in use can be read; what is being written may look unfinished. */
function noteHolder(terminal: Terminal, { root, lock }: StorePaths): void {
  const holder = terminal.lockHolder(lock);
  if (holder === undefined) return;
  note(terminal, `process ${holder} is using ${root}: what it is writing may look damaged`);
}

/** Finds a whole store. Throws a failure that says what stands there instead. */
export function storeAt(terminal: Terminal, argument: string | undefined): StorePaths {
  const place = placeAt(terminal, argument);
  if (place.kind === "store") return place.paths;
  throw notA(terminal, place, "store");
}

/** The failure for a place that holds nothing of the kind wanted. */
export function notA(terminal: Terminal, place: Place, wanted: string): Failure {
  const { files } = terminal;
  const { path } = place;
  if (place.kind === "store") return new Failure(`Store "${path}" has no ${wanted}`);
  if (place.kind === "file") {
    const what = fileKind(files, path);
    return new Failure(`"${path}" is no ${wanted}: it is ${what}`);
  }
  const inner = files.list(path).map((name) => join(path, name))
    .find((it) => isStoreRoot(files, it));
  if (inner !== undefined) {
    return new Failure(`"${path}" is no ${wanted}, but holds a store: "${inner}"`);
  }
  const parent = dirname(path);
  if (PARTS.has(basename(path)) && isStoreRoot(files, parent)) {
    return new Failure(`"${path}" is no ${wanted} but a part of the store "${parent}"`);
  }
  return new Failure(`"${path}" is no ${wanted}: it has none of a store's files`);
}

/**
 * The folder a broker is to keep its store in, which need not be there yet. Throws a failure for
 * what can be none, before anything is written.
 */
export function storeFolder(files: FileSystem, path: string): string {
  if (path.trim() === "") throw usageFailure("The store's path is empty");
  const tidy = tidyPath(path);
  const stat = files.stat(tidy);
  if (stat?.isDirectory === false) {
    throw new Failure(`Cannot keep a store in "${path}": it is ${fileKind(files, tidy)}`);
  }
  const file = fileAbove(files, tidy);
  if (file !== undefined) {
    throw new Failure(`Cannot keep a store in "${path}": "${file}" is a file`);
  }
  if (PARTS.has(basename(tidy)) && isStoreRoot(files, dirname(tidy))) {
    throw new Failure(`Cannot keep a store in "${path}": it is a part of "${dirname(tidy)}"`);
  }
  return path;
}

/** The file that stands where a path has a folder; `undefined` when there is none. */
export function fileAbove(files: FileSystem, path: string): string | undefined {
  for (let above = dirname(path); above !== dirname(above); above = dirname(above)) {
    const stat = files.stat(above);
    if (stat !== undefined) return stat.isDirectory ? undefined : above;
  }
  return undefined;
}

/** Whether a directory is the root of a store. */
export function isStoreRoot(files: FileSystem, path: string): boolean {
  const paths = storePaths(path);
  const isDirectory = (it: string) => files.stat(it)?.isDirectory === true;
  const isFile = (it: string) => files.stat(it)?.isDirectory === false;
  return isDirectory(paths.commitLog) || isDirectory(paths.consumeQueue) ||
    isDirectory(paths.batchConsumeQueue) || isFile(paths.checkpoint) ||
    isFile(join(paths.config, NAME.topics));
}

const PARTS: ReadonlySet<string> = new Set([
  NAME.commitLog,
  NAME.consumeQueue,
  NAME.consumeQueueExt,
  NAME.batchConsumeQueue,
  NAME.index,
  NAME.config,
]);

const SAMPLE_BYTES = 512;

/** Says in a few words what a file seems to be. */
function fileKind(files: FileSystem, path: string): string {
  const file = files.openRead(path);
  try {
    const sample = new Uint8Array(SAMPLE_BYTES);
    const held = sample.subarray(0, file.read(sample, 0));
    if (held.length === 0) return "an empty file";
    if (parseOffsetName(basename(path)) !== undefined) return "one file of a log or queue";
    if (isIndexName(basename(path))) return "an index file";
    if (basename(path) === NAME.checkpoint) return "a checkpoint";
    if (holdsLog(files, path)) return "a log file under another name";
    if (holdsCheckpoint(files, path)) return "a checkpoint under another name";
    if (holdsIndex(files, path)) return "an index file under another name";
    return isText(held) ? "a text file" : "a binary file of another kind";
  } finally {
    file.close();
  }
}

function isText(bytes: Uint8Array): boolean {
  if (bytes.includes(0)) return false;
  const text = new TextDecoder().decode(bytes.subarray(0, Math.max(1, bytes.length - 3)));
  return !text.includes("\ufffd");
}

/** A path without its trailing slashes and dots. */
function tidyPath(path: string): string {
  const normal = normalize(path);
  return normal.length > 1 && normal.endsWith("/") ? normal.slice(0, -1) : normal;
}
