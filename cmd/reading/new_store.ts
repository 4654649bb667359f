/**
 * Where a command may make a store of its own out of another.
 *
 * @module
 */
import { relative, resolve } from "node:path";
import type { FileSystem } from "../../store/file.ts";
import { Failure } from "../failure.ts";
import { fileAbove } from "./store_path.ts";

/** A store to be made, and what it is made of. */
export interface NewStore {
  /** The store that is read. */
  readonly root: string;
  readonly target: string;
  /** What cannot be done, in front of the path: `recover into`. */
  readonly what: string;
}

/** Throws a failure where nothing may or can be made: nothing that is there is ever replaced. */
export function checkNewStore(files: FileSystem, { root, target, what }: NewStore): void {
  const fail = (reason: string) => {
    throw new Failure(`Cannot ${what} "${target}": ${reason}`);
  };
  if (files.stat(target) !== undefined) fail("it exists already");
  const file = fileAbove(files, target);
  if (file !== undefined) fail(`"${file}" is a file`);
  const way = relative(resolve(root), resolve(target));
  if (way !== ".." && !way.startsWith("../")) fail(`it lies in the store "${root}"`);
}
