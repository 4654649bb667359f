/**
 * Finds the key index a command is to read: that of a store, a lone index folder, or one file.
 *
 * @module
 */
import { basename } from "node:path";
import { listIndexFiles } from "../../store/key_index_reader.ts";
import { isIndexName } from "../../store/names.ts";
import { notA, placeAt } from "./store_path.ts";
import type { Terminal } from "../terminal.ts";

const WANTED = "key index";

/** Finds the index files at a path, oldest first. Throws a failure when there can be none. */
export function indexFilesAt(terminal: Terminal, argument: string | undefined): readonly string[] {
  const { files } = terminal;
  const place = placeAt(terminal, argument);
  if (place.kind === "file") {
    if (isIndexName(basename(place.path))) return [place.path];
    throw notA(terminal, place, WANTED);
  }
  const directory = place.kind === "store" ? place.paths.index : place.path;
  const { paths } = listIndexFiles(files, directory);
  const isThere = place.kind === "store" && files.stat(directory)?.isDirectory === true;
  if (paths.length === 0 && !isThere) throw notA(terminal, place, WANTED);
  return paths;
}
