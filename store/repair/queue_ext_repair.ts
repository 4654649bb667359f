/**
 * Ends extension files of queues where their units do: a broker reads them from the start and takes the
 * first bytes that are no unit for the end. Queue units that led behind it get their plain tags code
 * when the queues are compared with the log.
 *
 * @module
 */
import { basename, join } from "node:path";
import type { FileSystem } from "../file.ts";
import { parseQueueId, type StorePaths } from "../names.ts";
import { moveAside } from "../quarantine.ts";
import { QueueExtReader } from "../queue_ext_reader.ts";
import { listSegments, type Segment } from "../segments.ts";
import { usedLength } from "../used_bytes.ts";
import { type RepairAction, repairAction } from "./action.ts";

/** Ends all of them, those of queues that are to be built again included; what is cut is kept aside. */
export function cutExtensions(fs: FileSystem, paths: StorePaths): RepairAction[] {
  const done: RepairAction[] = [];
  for (const topic of fs.list(paths.consumeQueueExt)) {
    const folder = join(paths.consumeQueueExt, topic);
    for (const queueId of fs.list(folder)) {
      if (parseQueueId(queueId) === undefined) continue;
      for (const { segment, from, reason } of flawsIn(fs, join(folder, queueId))) {
        const to = from + usedLength(fs, segment, from);
        const name = `consumequeue_ext-${topic}-${queueId}-${basename(segment.path)}`;
        moveAside(fs, paths.root, { name, range: { path: segment.path, from, to } });
        const file = segment.path;
        done.push(repairAction({ action: "cut-extension", file, from, to, reason }));
      }
    }
  }
  return done;
}

interface ExtFlaw {
  readonly segment: Segment;
  /** Position in the file. */
  readonly from: number;
  readonly reason: string;
}

function flawsIn(fs: FileSystem, directory: string): ExtFlaw[] {
  const files = listSegments(fs, directory);
  const found: ExtFlaw[] = [];
  const reader = new QueueExtReader(fs, files);
  try {
    for (const { at, flaw } of reader.units()) {
      if (flaw === undefined) continue;
      const segment = files.segments.find((it) => at >= it.start && at < it.start + it.length)!;
      const reason = `expected ${flaw.expected}, found ${flaw.found}`;
      found.push({ segment, from: at - segment.start, reason });
    }
  } finally {
    reader.close();
  }
  return found;
}
