/**
 * Keys that stand in no file of an index though the log has their records and files around them: what a
 * start that reads only the end of the log does not bring back.
 *
 * @module
 */
import type { FileSystem } from "../../store/file.ts";
import { fillIndexGaps } from "../../store/index_gaps.ts";
import type { IndexGeometry } from "../../store/index_geometry.ts";
import { KeyIndex } from "../../store/key_index.ts";
import { listIndexFiles, openIndexFile } from "../../store/key_index_reader.ts";
import type { StorePaths } from "../../store/names.ts";
import { OpenFiles } from "../../store/open_files.ts";
import { listSegments } from "../../store/segments.ts";

/** Counts them. The missing files are made, so `fs` is one whose changes nobody keeps. */
export async function missingKeys(
  fs: FileSystem,
  paths: StorePaths,
  signal?: AbortSignal,
): Promise<number> {
  const geometry = geometryOf(fs, paths);
  if (geometry === undefined) return 0;
  using files = new OpenFiles(fs);
  const index = new KeyIndex(files, {
    directory: paths.index,
    geometry,
    onComplete: () => {},
  });
  const log = listSegments(fs, paths.commitLogs);
  const filled = await fillIndexGaps({ fs, log, index, signal });
  return filled.reduce((sum, { keys }) => sum + keys, 0);
}

/** What the files are made with; `undefined` where there is none that tells. */
function geometryOf(fs: FileSystem, { index }: StorePaths): IndexGeometry | undefined {
  for (const path of listIndexFiles(fs, index).paths) {
    const file = openIndexFile(fs, path);
    if (file === undefined) continue;
    file.close();
    return file.geometry;
  }
  return undefined;
}
