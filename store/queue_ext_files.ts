/**
 * The extension files of a store's queues: where they are, and how long each has to be.
 *
 * @module
 */
import { join } from "node:path";
import type { FileSystem } from "./file.ts";
import type { StorePaths } from "./names.ts";
import { listQueues } from "./queue_reader.ts";
import { listSegments, type SegmentList } from "./segments.ts";

/** The extension files of one queue. */
export interface QueueExtFiles {
  readonly topic: string;
  readonly queueId: number;
  readonly folder: string;
  readonly files: SegmentList;
}

/** Those of all queues that have some. A broker looks at no others. */
export function listQueueExtFiles(fs: FileSystem, paths: StorePaths): QueueExtFiles[] {
  const topics = new Set(fs.list(paths.consumeQueueExt));
  if (topics.size === 0) return [];
  return listQueues(fs, paths).queues
    .filter(({ kind, topic }) => kind === "simple" && topics.has(topic))
    .map(({ topic, queueId }) => {
      const folder = join(paths.consumeQueueExt, topic, String(queueId));
      return { topic, queueId, folder, files: listSegments(fs, folder) };
    });
}

/** Bytes of a file, as most files of all queues have them; a setting of the broker's. 0 without any. */
export function extFileBytes(all: readonly QueueExtFiles[]): number {
  const counts = new Map<number, number>();
  for (const { files } of all) {
    for (const { length } of files.segments) counts.set(length, (counts.get(length) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([size, count], [otherSize, otherCount]) => {
    return otherCount - count || otherSize - size;
  });
  return sorted[0]?.[0] ?? 0;
}
