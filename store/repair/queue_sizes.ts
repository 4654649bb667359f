/**
 * How long the queue files of a store are. A broker makes all of a kind equally long, so the queues
 * that have files tell it for those that lost theirs; a file of another length a Java broker does not
 * load.
 *
 * @module
 */
import type { FileSystem } from "../file.ts";
import type { StorePaths } from "../names.ts";
import { listQueueFiles, listQueues, QUEUE_UNIT_BYTES, type QueueKind } from "../queue_reader.ts";

/** Units in a file of each kind of queue; `undefined` where no file tells. */
export interface QueueSizes {
  readonly simple: number | undefined;
  readonly batch: number | undefined;
}

/** Finds what most queues of a kind have. */
export function findQueueSizes(fs: FileSystem, paths: StorePaths): QueueSizes {
  const votes: Record<QueueKind, Map<number, number>> = { simple: new Map(), batch: new Map() };
  for (const queue of listQueues(fs, paths).queues) {
    const { kind } = queue;
    const units = listQueueFiles(fs, queue).segmentBytes / QUEUE_UNIT_BYTES[kind];
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
