/**
 * Gives the files of log and queues the length they must have: a Java broker refuses to start where
 * one file of a log is shorter or longer than the others.
 *
 * @module
 */
import type { FileSystem } from "../file.ts";
import { offsetName, type StorePaths } from "../names.ts";
import { keepAside } from "../quarantine.ts";
import { extFileBytes, listQueueExtFiles } from "../queue_ext_files.ts";
import { listQueueFiles, listQueues, QUEUE_UNIT_BYTES, type QueueKind } from "../queue_reader.ts";
import { listSegments, type Segment, type SegmentList } from "../segments.ts";
import { usedLength } from "../used_bytes.ts";
import { type RepairAction, repairAction } from "./action.ts";
import { findQueueSizes, type QueueSizes } from "./queue_sizes.ts";

/** Puts right all lengths and tells of each. */
export function repairLengths(fs: FileSystem, paths: StorePaths): RepairAction[] {
  const done: RepairAction[] = [];
  const log = listSegments(fs, paths.commitLogs);
  for (const segment of wrong(log)) {
    if (segment.length > log.segmentBytes) keepExcess(fs, paths.root, { log, segment });
    done.push(setLength(fs, segment, log.segmentBytes));
  }
  const sizes = findQueueSizes(fs, paths);
  for (const it of listQueues(fs, paths).queues) {
    const found = listQueueFiles(fs, it);
    const queue = { ...found, segmentBytes: queueFileBytes(found, it.kind, sizes) };
    for (const segment of wrong(queue)) done.push(setLength(fs, segment, queue.segmentBytes));
  }
  const extensions = listQueueExtFiles(fs, paths);
  const segmentBytes = extFileBytes(extensions);
  for (const { files: { segments } } of extensions) {
    for (const segment of wrong({ segments, segmentBytes, strays: [] })) {
      done.push(setLength(fs, segment, segmentBytes));
    }
  }
  return done;
}

/**
 * The only file of a queue cannot tell that it was cut, or got a few bytes more, nor can several that
 * end in a unit; those of other queues can. One whose name no number of such files comes to got more.
 */
function queueFileBytes(
  { segments, segmentBytes }: SegmentList,
  kind: QueueKind,
  sizes: QueueSizes,
): number {
  const [first, next] = segments;
  const unitBytes = QUEUE_UNIT_BYTES[kind];
  const usual = (sizes[kind] ?? 0) * unitBytes;
  const isLone = next === undefined || segmentBytes % unitBytes !== 0;
  const isOff = isLone && first !== undefined && segmentBytes !== usual &&
    (segmentBytes < usual + unitBytes || first.start % segmentBytes !== 0);
  return isOff && first.start % usual === 0 ? usual : segmentBytes;
}

function wrong({ segments, segmentBytes }: SegmentList): readonly Segment[] {
  return segments.filter(({ length }) => segmentBytes > 0 && length !== segmentBytes);
}

/** Of a queue nothing is kept: its units are in the log, or lead nowhere. */
function keepExcess(
  fs: FileSystem,
  root: string,
  { log, segment }: { readonly log: SegmentList; readonly segment: Segment },
): void {
  const from = log.segmentBytes;
  const length = usedLength(fs, segment, from);
  if (length === 0) return;
  const range = { path: segment.path, from, to: from + length };
  keepAside(fs, root, { name: `commitlog-${offsetName(segment.start)}-excess`, range });
}

function setLength(fs: FileSystem, { path, length }: Segment, segmentBytes: number): RepairAction {
  const file = fs.openWrite(path);
  try {
    file.truncate(segmentBytes);
    file.syncNow();
  } finally {
    file.close();
  }
  const [from, to] = [Math.min(length, segmentBytes), Math.max(length, segmentBytes)];
  const reason = `file is ${length} bytes, the others are ${segmentBytes}`;
  const action = length < segmentBytes ? "extend-file" : "trim-file";
  return repairAction({ action, file: path, from, to, reason });
}
