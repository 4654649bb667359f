/**
 * Which files of a log or queue Java's broker loads (Java: `MappedFileQueue.load`), and when it does
 * not start because of one.
 *
 * @module
 */
import { basename, join } from "node:path";
import type { FileSystem } from "../file.ts";
import { parseOffsetName } from "../names.ts";
import type { Segment } from "../segments.ts";
import type { JavaRules } from "./java_release.ts";

/** A file because of which Java's broker does not start. */
export interface JavaRefusal {
  /** Its path, or that of a queue's folder. */
  readonly file: string;
  /** What is wrong with it, behind its name. */
  readonly reason: string;
}

/** What Java makes of a directory. */
export interface LoadedFiles {
  readonly segments: readonly Segment[];
  /** Every file because of which the broker does not start; it names the first and ends. */
  readonly refusals: readonly JavaRefusal[];
}

/**
 * Loads the files of a directory, or of several together, in the order of their names, each as long as
 * the settings say.
 */
export function loadFiles(
  fs: FileSystem,
  place: string | readonly string[],
  { rules, segmentBytes, isRefused = false }: {
    readonly rules: JavaRules;
    readonly segmentBytes: number;
    /** Whether the start has ended before: then nothing is removed. */
    readonly isRefused?: boolean;
  },
): LoadedFiles {
  const segments: Segment[] = [];
  const refusals: JavaRefusal[] = [];
  const paths = [place].flat().flatMap((folder) =>
    fs.list(folder).map((name) => join(folder, name))
  );
  paths.sort((one, other) => basename(one) < basename(other) ? -1 : 1);
  for (const [number, path] of paths.entries()) {
    const name = basename(path);
    const { size: length, allocatedBytes, isDirectory } = fs.stat(path)!;
    if (isDirectory && rules.allowsDirectories) continue;
    if (length === 0 && number === paths.length - 1 && rules.removesEmptyFile) {
      if (!isRefused && refusals.length === 0) fs.remove(path);
      continue;
    }
    if (isDirectory || length !== segmentBytes) {
      if (rules.wrongFileLength === "ignored") break;
      const reason = isDirectory ? "is a directory" : `has ${length} bytes, not ${segmentBytes}`;
      refusals.push({ file: path, reason });
      continue;
    }
    const start = parseOffsetName(name);
    if (start === undefined) {
      refusals.push({ file: path, reason: "has a name that is no offset" });
      continue;
    }
    segments.push({ start, length, allocatedBytes, name, path });
  }
  return { segments, refusals };
}
