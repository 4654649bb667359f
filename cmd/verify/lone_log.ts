/**
 * A commit log without a store around it, as one folder or one file, for a verification of it alone.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import type { FileSystem } from "../../store/file.ts";
import { type ReadableFiles, readOnlyFiles } from "../../store/files_over.ts";
import { NAME, offsetName } from "../../store/names.ts";
import { Failure } from "../failure.ts";
import { logAt } from "../reading/log_place.ts";
import { isStoreRoot } from "../reading/store_path.ts";
import type { Terminal } from "../terminal.ts";

/** A log, and files that show nothing else. */
export interface LoneLog {
  /** As it was named. */
  readonly path: string;
  /** The folder a store around it would have; nothing but a mark of an unclean stop is in it. */
  readonly root: string;
  readonly commitLogPath: string;
  readonly files: FileSystem;
  /** Whether its files are on the disk under the names they are shown by. */
  readonly isFolder: boolean;
  /** The path of a file that is shown under another name. */
  readonly realPath: (path: string) => string;
}

/** The log at a path that is no store; `undefined` where there is none. */
export function loneLogAt(terminal: Terminal, path: string): LoneLog | undefined {
  const { files } = terminal;
  const stat = files.stat(path);
  if (stat === undefined || (stat.isDirectory && isStoreRoot(files, path))) return undefined;
  const found = logOrNone(terminal, path);
  if (found === undefined) return undefined;
  const folder = stat.isDirectory ? path : dirname(path);
  const root = join(folder, "..");
  if (folder.includes(",")) {
    throw new Failure(
      `Cannot verify "${path}" alone: the comma in its path parts folders of a log`,
    );
  }
  const shown = stat.isDirectory
    ? new Map(files.list(folder).map((name) => [name, join(folder, name)]))
    : new Map([[offsetName(found.log.segments[0]!.start), path]]);
  const realPath = (it: string) => dirname(it) === folder ? shown.get(basename(it)) ?? it : it;
  return {
    path,
    root,
    commitLogPath: folder,
    isFolder: stat.isDirectory,
    files: shownFiles(files, { folder, root, shown, isUnclean: found.isUnclean }),
    realPath,
  };
}

function logOrNone(terminal: Terminal, path: string) {
  try {
    return logAt(terminal, path);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** Files of which only those of one folder are there, under the names given. */
function shownFiles(
  files: FileSystem,
  { folder, root, shown, isUnclean }: {
    readonly folder: string;
    readonly root: string;
    readonly shown: ReadonlyMap<string, string>;
    readonly isUnclean: boolean;
  },
): FileSystem {
  const pathOf = (path: string) => dirname(path) === folder ? shown.get(basename(path)) : undefined;
  const isMark = (path: string) => isUnclean && path === join(root, NAME.abort);
  const seen: ReadableFiles = {
    openRead: (path) => files.openRead(pathOf(path) ?? path),
    stat(path) {
      if (path === folder || path === root || isMark(path)) return files.stat(path);
      const real = pathOf(path);
      return real === undefined ? undefined : files.stat(real);
    },
    list: (path) => path === folder ? [...shown.keys()].sort() : [],
  };
  return readOnlyFiles(seen, (path) => {
    throw new Failure(`Cannot write "${path}": a log alone is only read`);
  });
}
