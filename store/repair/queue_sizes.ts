/**
 * How long the queue files of a store are. A broker makes all of a kind equally long, so the queues
 * that have files tell it for those that lost theirs; a file of another length a Java broker does not
 * load.
 *
 * @module
 */
import type { FileSystem } from "../file.ts";
import { BATCH_QUEUE_UNIT, QUEUE_UNIT } from "../format.ts";
import type { StorePaths } from "../names.ts";
import { listQueues, type QueueKind } from "../queue_reader.ts";
import { listSegments } from "../segments.ts";

/** Units in a file of each kind of queue; `undefined` where no file tells. */
export interface QueueSizes {
  readonly simple: number | undefined;
  readonly batch: number | undefined;
}

/** Finds what most queues of a kind have. */
export function findQueueSizes(fs: FileSystem, paths: StorePaths): QueueSizes {
  const votes: Record<QueueKind, Map<number, number>> = { simple: new Map(), batch: new Map() };
  for (const { kind, path } of listQueues(fs, paths).queues) {
    const { segmentBytes } = listSegments(fs, path);
    const unitBytes = kind === "simple" ? QUEUE_UNIT.size : BATCH_QUEUE_UNIT.size;
    const units = segmentBytes / unitBytes;
    if (units < 1 || !Number.isInteger(units)) continue;
    votes[kind].set(units, (votes[kind].get(units) ?? 0) + 1);
  }
  return { simple: mostVoted(votes.simple), batch: mostVoted(votes.batch) };
}

function mostVoted(votes: ReadonlyMap<number, number>): number | undefined {
  let best: number | undefined;
  for (const [units, count] of votes) {
    if (best === undefined || count > votes.get(best)!) best = units;
  }
  return best;
}
