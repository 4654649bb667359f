/**
 * Folders that stand where brokers have a file, and files where they have a folder. What each release
 * does with one was read from 4.9.7 and 5.5.0; everything else is told of the store as it is without.
 *
 * @module
 */
import { join } from "node:path";
import type { FileSystem } from "../../store/file.ts";
import { NAME, parseOffsetName, parseQueueId, type StorePaths } from "../../store/names.ts";
import { OverlayFiles } from "../../store/repair/overlay_files.ts";
import { EVERY_BROKER, WHY_RELEASES, type WhyBroker, type WhyReason } from "./why_reason.ts";

/** What it means that something of the wrong kind stands at a place. */
interface Effects {
  readonly refuses?: readonly WhyBroker[];
  /** Brokers that start all the same, and what becomes of it. */
  readonly others?: {
    readonly effect: "loses" | "unserved";
    readonly releases: readonly WhyBroker[];
    readonly message: string;
  };
  /** Whether it means nothing where the log has nothing for the place. */
  readonly mayBeNothing?: true;
}

const ABORT: Effects = {
  refuses: ["5.x", "mq"],
  others: {
    effect: "unserved",
    releases: ["4.9"],
    message: "a broker cannot write it, and takes every start for one after a crash",
  },
};
const LOCK: Effects = { refuses: WHY_RELEASES };
const CHECKPOINT: Effects = {
  refuses: WHY_RELEASES,
  others: {
    effect: "unserved",
    releases: ["mq"],
    message: "a broker starts, and takes no messages when it cannot write it",
  },
};
const SETTINGS: Effects = {
  others: {
    effect: "unserved",
    releases: EVERY_BROKER,
    message: "a broker starts, and can neither read nor save what belongs there",
  },
};
const QUEUE_FILE: Effects = { refuses: ["4.9", "mq"] };
const INDEX_FILE: Effects = {
  refuses: ["5.x", "mq"],
  others: {
    effect: "loses",
    releases: ["4.9"],
    message: "a broker loads no index file from this one on: their keys are not found",
  },
};
const QUEUES: Effects = {
  refuses: ["mq"],
  others: {
    effect: "loses",
    releases: WHY_RELEASES,
    message:
      "a broker can make no queue there: messages that belong into one are in none, and after a " +
      "new one it takes no more",
  },
  mayBeNothing: true,
};
const INDEX: Effects = {
  refuses: ["mq"],
  others: {
    effect: "loses",
    releases: WHY_RELEASES,
    message: "a broker finds no key, and takes no messages after one that has keys",
  },
};

/** One such place. */
interface Misplaced {
  readonly path: string;
  readonly isFolder: boolean;
  readonly effects: Effects;
}

/** A store as it is without what is misplaced, and what that means. */
export interface WellPlaced {
  readonly files: FileSystem;
  /** Told of every file at which something was found. */
  readonly see: (file: string) => void;
  /** The reasons, once everything was found. */
  readonly reasons: () => WhyReason[];
}

/** Looks for what is misplaced. The files below are never written. */
export function wellPlaced(files: FileSystem, paths: StorePaths): WellPlaced {
  const all = [...misplaced(files, paths)];
  if (all.length === 0) return { files, see: () => {}, reasons: () => [] };
  const without = new OverlayFiles(files);
  for (const { path } of all) without.remove(path);
  // Its being there tells of an unclean stop, whatever it is.
  if (all.some(({ path }) => path === paths.abort)) without.openWrite(paths.abort).close();
  const missed = new Set<Misplaced>(all.filter(({ effects }) => effects.mayBeNothing !== true));
  return {
    files: without,
    see(file) {
      for (const it of all) if (`${file}/`.startsWith(`${it.path}/`)) missed.add(it);
    },
    reasons: () => all.filter((it) => missed.has(it)).flatMap(reasonsOf),
  };
}

function reasonsOf({ path: file, isFolder, effects }: Misplaced): WhyReason[] {
  const found = isFolder
    ? "it is a folder where a file belongs"
    : "it is a file where a folder belongs";
  const { refuses, others } = effects;
  const fix = "move it elsewhere, out of the store's folder; then ask again";
  return [
    ...refuses === undefined
      ? []
      : [{ effect: "refuses", releases: refuses, file, message: found, fix } as const],
    ...others === undefined
      ? []
      : [{ ...others, file, message: `${found}: ${others.message}`, fix }],
  ];
}

function* misplaced(files: FileSystem, paths: StorePaths): Generator<Misplaced, void> {
  const find = function* (path: string, effects: Effects, isFolder: boolean) {
    if (files.stat(path)?.isDirectory === isFolder) yield { path, isFolder, effects };
  };
  yield* find(paths.abort, ABORT, true);
  yield* find(paths.lock, LOCK, true);
  yield* find(paths.checkpoint, CHECKPOINT, true);
  yield* find(paths.config, SETTINGS, false);
  for (const name of files.list(paths.config)) {
    if (name.endsWith(".json")) yield* find(join(paths.config, name), SETTINGS, true);
  }
  yield* find(paths.index, INDEX, false);
  for (const name of files.list(paths.index)) {
    yield* find(join(paths.index, name), INDEX_FILE, true);
  }
  // A queue of its own kind is under a marker that tells of RocksDB.
  const trees = [paths.consumeQueue, paths.batchConsumeQueue];
  for (const tree of trees) {
    yield* find(tree, QUEUES, false);
    if (files.stat(join(tree, NAME.rocksDbMarker))?.isDirectory === false) continue;
    for (const topic of files.list(tree)) {
      yield* find(join(tree, topic), QUEUES, false);
      for (const queue of files.list(join(tree, topic))) {
        if (parseQueueId(queue) === undefined) continue;
        const path = join(tree, topic, queue);
        yield* find(path, QUEUES, false);
        for (const name of files.list(path)) {
          if (parseOffsetName(name) !== undefined) yield* find(join(path, name), QUEUE_FILE, true);
        }
      }
    }
  }
}
