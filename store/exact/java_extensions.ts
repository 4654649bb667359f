/**
 * Extension files of queues because of which Java's broker does not start, where it uses them: what is
 * loaded beside a queue's own files (Java: `ConsumeQueueExt.load`), and units whose size leads it out of
 * their file (Java: `ConsumeQueueExt.recover`, which skips by the size alone).
 *
 * @module
 */
import type { FileSystem } from "../file.ts";
import { QUEUE_EXT_UNIT } from "../format.ts";
import type { StorePaths } from "../names.ts";
import { extFileBytes, listQueueExtFiles } from "../queue_ext_files.ts";
import { type JavaRefusal, loadFiles } from "./java_files.ts";
import type { JavaRules } from "./java_release.ts";

const SIZE_BYTES = 2;
const BLOCK_BYTES = 64 * 1024;

/** Files that do not load. */
export function extensionRefusals(
  fs: FileSystem,
  paths: StorePaths,
  { rules, isRefused }: { readonly rules: JavaRules; readonly isRefused: boolean },
): JavaRefusal[] {
  const all = listQueueExtFiles(fs, paths);
  const segmentBytes = extFileBytes(all);
  const refusals: JavaRefusal[] = [];
  for (const { folder } of all) {
    const isOver = isRefused || refusals.length > 0;
    refusals.push(...loadFiles(fs, folder, { rules, segmentBytes, isRefused: isOver }).refusals);
  }
  return refusals;
}

/** Files that are loaded and cannot be gone through. */
export function extensionUnitRefusals(fs: FileSystem, paths: StorePaths): JavaRefusal[] {
  return listQueueExtFiles(fs, paths).flatMap(({ files }) =>
    files.segments.flatMap(({ path: file, length }) => {
      const at = overrun(fs, file, length);
      if (at === undefined) return [];
      return [{ file, reason: `has a unit at ${at} that leads out of it` }];
    })
  );
}

/** Where the unit stands behind which no size can be read; `undefined` where something ends the file. */
function overrun(fs: FileSystem, path: string, length: number): number | undefined {
  const file = fs.openRead(path);
  try {
    const block = new Uint8Array(Math.min(BLOCK_BYTES, length));
    const view = new DataView(block.buffer);
    let [blockAt, blockTo, last] = [0, 0, 0];
    for (let at = 0; at + SIZE_BYTES <= length;) {
      if (at < blockAt || at + SIZE_BYTES > blockTo) {
        blockAt = at;
        blockTo = at + file.read(block, at);
        if (at + SIZE_BYTES > blockTo) return undefined;
      }
      const size = view.getInt16(at - blockAt + QUEUE_EXT_UNIT.at.size);
      if (size <= 0) return undefined;
      last = at;
      at += size;
    }
    return last;
  } finally {
    file.close();
  }
}
