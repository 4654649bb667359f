/**
 * Finds the key index a command is to read: that of a store, a lone index folder, or one file.
 *
 * @module
 */
import { basename, join } from "node:path";
import { listIndexFiles } from "../../store/key_index_reader.ts";
import { isIndexName, storePaths } from "../../store/names.ts";
import { holdsIndex } from "./file_content.ts";
import { notA, placeAt } from "./store_path.ts";
import type { Terminal } from "../terminal.ts";

const WANTED = "key index";

/** A key index that was found. */
export interface IndexPlace {
  /** Its files, oldest first. */
  readonly paths: readonly string[];
  /** Folders of the commit log it leads to; they may not be there. */
  readonly commitLogs: readonly string[];
}

/** Finds the index at a path. Throws a failure when there can be none. */
export function indexAt(terminal: Terminal, argument: string | undefined): IndexPlace {
  const { files, commitLogPath } = terminal;
  const place = placeAt(terminal, argument);
  const logsBelow = (root: string) => storePaths(root, { commitLogPath }).commitLogs;
  if (place.kind === "file") {
    if (!isIndexName(basename(place.path)) && !holdsIndex(files, place.path)) {
      throw notA(terminal, place, WANTED);
    }
    return { paths: [place.path], commitLogs: logsBelow(join(place.path, "..", "..")) };
  }
  const directory = place.kind === "store" ? place.paths.index : place.path;
  const { paths } = listIndexFiles(files, directory);
  const isThere = place.kind === "store" && files.stat(directory)?.isDirectory === true;
  if (paths.length === 0 && !isThere) throw notA(terminal, place, WANTED);
  return { paths, commitLogs: logsBelow(join(directory, "..")) };
}
