/**
 * Folders of a store that stand where brokers have a file, and files where they have a folder.
 *
 * @module
 */
import { join } from "node:path";
import type { FileSystem } from "./file.ts";
import { NAME, parseOffsetName, parseQueueId, type StorePaths } from "./names.ts";

/** What brokers have at a place. */
export type PlaceKind =
  | "abort"
  | "lock"
  | "checkpoint"
  /** The folder of configuration, and a file in it. */
  | "configs"
  | "config"
  | "index"
  | "index-file"
  /** A folder of queues, of a topic or of one queue. */
  | "queues"
  | "queue-file";

/** Something of the wrong kind. */
export interface Misplaced {
  readonly path: string;
  readonly place: PlaceKind;
  /** Whether it is a folder, in the place of a file. */
  readonly isFolder: boolean;
}

/** Whether a repair moves it away: of the mark and the lock of a store it makes use itself. */
export function isMovable({ place }: Misplaced): boolean {
  return place !== "abort" && place !== "lock";
}

/** Finds all of them. */
export function* findMisplaced(fs: FileSystem, paths: StorePaths): Generator<Misplaced, void> {
  yield* findMisplacedBesideQueues(fs, paths);
  // A queue of its own kind is under a marker that tells of RocksDB.
  for (const tree of [paths.consumeQueue, paths.batchConsumeQueue]) {
    if (fs.stat(join(tree, NAME.rocksDbMarker))?.isDirectory === false) continue;
    for (const topic of fs.list(tree)) {
      yield* misplacedAt(fs, join(tree, topic), "queues");
      for (const queue of fs.list(join(tree, topic))) {
        if (parseQueueId(queue) === undefined) continue;
        const path = join(tree, topic, queue);
        yield* misplacedAt(fs, path, "queues");
        for (const name of fs.list(path)) {
          if (parseOffsetName(name) === undefined) continue;
          yield* misplacedAt(fs, join(path, name), "queue-file");
        }
      }
    }
  }
}

/** Those that lie in no folder of queues. */
export function* findMisplacedBesideQueues(
  fs: FileSystem,
  paths: StorePaths,
): Generator<Misplaced, void> {
  yield* misplacedAt(fs, paths.abort, "abort");
  yield* misplacedAt(fs, paths.lock, "lock");
  yield* misplacedAt(fs, paths.checkpoint, "checkpoint");
  yield* misplacedAt(fs, paths.config, "configs");
  for (const name of fs.list(paths.config)) {
    if (name.endsWith(".json")) yield* misplacedAt(fs, join(paths.config, name), "config");
  }
  yield* misplacedAt(fs, paths.index, "index");
  for (const name of fs.list(paths.index)) {
    yield* misplacedAt(fs, join(paths.index, name), "index-file");
  }
  for (const tree of [paths.consumeQueue, paths.batchConsumeQueue]) {
    yield* misplacedAt(fs, tree, "queues");
  }
}

const FOLDERS: readonly PlaceKind[] = ["configs", "index", "queues"];

function* misplacedAt(fs: FileSystem, path: string, place: PlaceKind): Generator<Misplaced, void> {
  const isFolder = !FOLDERS.includes(place);
  if (fs.stat(path)?.isDirectory === isFolder) yield { path, place, isFolder };
}
