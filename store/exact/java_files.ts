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

/** What Java makes of a directory. */
export interface LoadedFiles {
  readonly segments: readonly Segment[];
  /** Why the broker does not start. */
  readonly refusal?: string;
}

/**
 * Loads the files of a directory, or of several together, in the order of their names, each as long as
 * the settings say.
 */
export function loadFiles(
  fs: FileSystem,
  place: string | readonly string[],
  { rules, segmentBytes }: { readonly rules: JavaRules; readonly segmentBytes: number },
): LoadedFiles {
  const segments: Segment[] = [];
  const paths = [place].flat().flatMap((folder) =>
    fs.list(folder).map((name) => join(folder, name))
  );
  paths.sort((one, other) => basename(one) < basename(other) ? -1 : 1);
  for (const [number, path] of paths.entries()) {
    const name = basename(path);
    const { size: length, allocatedBytes, isDirectory } = fs.stat(path)!;
    if (isDirectory && rules.allowsDirectories) continue;
    if (length === 0 && number === paths.length - 1 && rules.removesEmptyFile) {
      fs.remove(path);
      continue;
    }
    if (isDirectory || length !== segmentBytes) {
      if (rules.wrongFileLength === "ignored") break;
      const found = isDirectory ? "is a directory" : `has ${length} bytes, not ${segmentBytes}`;
      return { segments, refusal: `"${path}" ${found}` };
    }
    const start = parseOffsetName(name);
    if (start === undefined) return { segments, refusal: `the name of "${path}" is no offset` };
    segments.push({ start, length, allocatedBytes, name, path });
  }
  return { segments };
}
