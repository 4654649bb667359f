/**
 * Where a command may make a store of its own out of another.
 *
 * @module
 */
import { basename, dirname, join, relative, resolve } from "node:path";
import type { FileSystem } from "../../store/file.ts";
import type { StorePaths } from "../../store/names.ts";
import { Failure } from "../failure.ts";
import type { Terminal } from "../terminal.ts";
import { fileAbove } from "./store_path.ts";

/** A store to be made, and what it is made of. */
export interface NewStore {
  /** The store that is read. */
  readonly paths: Pick<StorePaths, "root" | "commitLogs">;
  readonly target: string;
  /** What cannot be done, in front of the path: `recover into`. */
  readonly what: string;
}

/** Throws a failure where nothing may or can be made: nothing that is there is ever replaced. */
export function checkNewStore(
  { files, realPath = (path) => path }: Pick<Terminal, "files" | "realPath">,
  { paths: { root, commitLogs }, target, what }: NewStore,
): void {
  const fail = (reason: string) => {
    throw new Failure(`Cannot ${what} "${target}": ${reason}`);
  };
  if (files.stat(target) !== undefined) fail("it exists already");
  const file = fileAbove(files, target);
  if (file !== undefined) fail(`"${file}" is a file`);
  const place = resolve(target);
  if (files.list(dirname(place)).includes(basename(place))) {
    fail("it is a link to what is not there");
  }
  const real = realOf(files, place, realPath);
  for (const folder of [root, ...commitLogs]) {
    const way = relative(realPath(resolve(folder)), real);
    if (way === ".." || way.startsWith("../")) continue;
    fail(folder === root ? `it lies in the store "${root}"` : `it lies in the log "${folder}"`);
  }
}

/** A path without links, of which the end is not there yet. */
function realOf(files: FileSystem, path: string, realPath: (path: string) => string): string {
  if (files.stat(path) !== undefined || path === dirname(path)) return realPath(path);
  return join(realOf(files, dirname(path), realPath), basename(path));
}
