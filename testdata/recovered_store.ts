/**
 * Small stores for tests of a recovery, and what such a test looks at.
 *
 * @module
 */
import { KeyIndex } from "../store/key_index.ts";
import { storePaths } from "../store/names.ts";
import { OpenFiles } from "../store/open_files.ts";
import { QueueTable } from "../store/queue_table.ts";
import { recoverStore } from "../store/recovery.ts";
import type { RecoveryInput } from "../store/recovery_input.ts";
import type { RecoveryReport } from "../store/recovery_report.ts";
import { SmallStore } from "./small_store.ts";

/** Where the store is. */
export const PATHS = storePaths("store");
/** Of a size of which several fill a file. */
export const BODY = new Uint8Array(100).fill(7);
/** The queue of a sample. */
export const QUEUE = "store/consumequeue/TopicTest/0";
/** Of a log file. */
export const FILE_BYTES = 4096;
/** Store time of the first message of a small store; each is a second later. */
export const FIRST_TIME = 1_700_000_001_000;

/** What a test cares about; everything else is filled in. */
export type RecoveryWish = Partial<RecoveryInput> & Pick<RecoveryInput, "mode">;

/** Recovers and writes everything, as opening a store does. */
export async function recovered(
  { files: fs }: SmallStore,
  wish: RecoveryWish,
): Promise<RecoveryReport> {
  using files = new OpenFiles(fs);
  const queues = new QueueTable(files, { directory: PATHS.consumeQueue, fileUnits: 10 });
  queues.load();
  const index = new KeyIndex(files, {
    directory: PATHS.index,
    geometry: { slots: 5, entries: 20 },
    onComplete: () => {},
  });
  const report = await recoverStore({
    fs,
    paths: PATHS,
    queues,
    index,
    minTimestamp: 0,
    indexMsgTimestamp: 0,
    ...wish,
  });
  await index.sync();
  return report;
}

/** Messages in a log of several files, some with keys. */
export function sample(count = 40): SmallStore {
  const store = new SmallStore({ segmentBytes: FILE_BYTES });
  for (let nth = 0; nth < count; nth++) {
    store.add({ body: BODY, properties: nth % 8 === 0 ? `KEYS\u0001key${nth}\u0002` : "" });
  }
  return store.save();
}

/** What was done: action, file, range. */
export function told({ actions }: RecoveryReport): string[] {
  return actions.map(({ action, file, from, to }) => {
    return `${action} ${file.split("/").slice(1).join("/")} ${from}-${to}`;
  });
}

/** A queue's units as [offset, size]. */
export function units({ files }: SmallStore, queueId = 0, topic = "TopicTest"): [number, number][] {
  using open = new OpenFiles(files);
  const queues = new QueueTable(open, { directory: PATHS.consumeQueue, fileUnits: 10 });
  queues.load();
  const queue = queues.getOrCreate(topic, queueId);
  return Array.from({ length: queue.end - queue.min }, (_, nth) => {
    const { physicalOffset, size } = queue.unitAt(queue.min + nth)!;
    return [physicalOffset, size];
  });
}

/** Places of all records, as their units tell them. */
export function placesOf(store: SmallStore): [number, number][] {
  return store.log.records.map(({ at, length }) => [at, length]);
}
