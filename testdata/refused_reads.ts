/**
 * Files in memory of which some are closed to the user who reads them, as a system closes them.
 *
 * @module
 */
import { sep } from "node:path";
import type { MemoryFiles } from "../store/file_memory.ts";

/** Refuses to open and to list these paths, and to look at what stands below them. */
export function refuseReads(files: MemoryFiles, closed: readonly string[]): MemoryFiles {
  const refusing =
    <T>(verb: string, look: (path: string) => T, isClosed = at) => (path: string) => {
      if (!closed.some((it) => isClosed(path, it))) return look(path);
      const cause = Object.assign(new Error("denied"), { code: "EACCES" });
      throw new Error(`Cannot ${verb} "${path}": permission denied`, { cause });
    };
  files.openRead = refusing("open", files.openRead.bind(files), (path, it) => {
    return at(path, it) || below(path, it);
  });
  files.list = refusing("list", files.list.bind(files), (path, it) => {
    return at(path, it) || below(path, it);
  });
  files.stat = refusing("look at", files.stat.bind(files), below);
  return files;
}

function at(path: string, closed: string): boolean {
  return path === closed;
}

function below(path: string, closed: string): boolean {
  return path.startsWith(closed + sep);
}
