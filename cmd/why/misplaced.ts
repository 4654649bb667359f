/**
 * Folders that stand where brokers have a file, and files where they have a folder. What each release
 * does with one was read from 4.9.7 and 5.5.0; everything else is told of the store as it is without.
 *
 * @module
 */
import type { FileSystem } from "../../store/file.ts";
import { findMisplaced, isMovable, type Misplaced, type PlaceKind } from "../../store/misplaced.ts";
import type { StorePaths } from "../../store/names.ts";
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

const EFFECTS: Readonly<Record<PlaceKind, Effects>> = {
  abort: ABORT,
  lock: LOCK,
  checkpoint: CHECKPOINT,
  configs: SETTINGS,
  config: SETTINGS,
  index: INDEX,
  "index-file": INDEX_FILE,
  queues: QUEUES,
  "queue-file": QUEUE_FILE,
};

/** A store as it is without what is misplaced, and what that means. */
export interface WellPlaced {
  readonly files: FileSystem;
  /** Told of every file at which something was found. */
  readonly see: (file: string) => void;
  /** The reasons, once everything was found. */
  readonly reasons: () => WhyReason[];
  /** Whether a repair moves all of it away, and whether there is something to move. */
  readonly isMovable: boolean;
  readonly isAny: boolean;
}

/** Looks for what is misplaced. The files below are never written. */
export function wellPlaced(files: FileSystem, paths: StorePaths): WellPlaced {
  const all = [...findMisplaced(files, paths)];
  const isAny = all.length > 0;
  if (!isAny) return { files, see: () => {}, reasons: () => [], isMovable: true, isAny };
  const without = new OverlayFiles(files);
  for (const { path } of all) without.remove(path);
  // Its being there tells of an unclean stop, whatever it is.
  if (all.some(({ path }) => path === paths.abort)) without.openWrite(paths.abort).close();
  const missed = new Set<Misplaced>(
    all.filter(({ place }) => EFFECTS[place].mayBeNothing !== true),
  );
  return {
    files: without,
    see(file) {
      for (const it of all) if (`${file}/`.startsWith(`${it.path}/`)) missed.add(it);
    },
    reasons: () => all.filter((it) => missed.has(it)).flatMap(reasonsOf),
    isMovable: all.every(isMovable),
    isAny,
  };
}

function reasonsOf(it: Misplaced): WhyReason[] {
  const { path: file, isFolder, place } = it;
  const found = isFolder
    ? "it is a folder where a file belongs"
    : "it is a file where a folder belongs";
  const { refuses, others } = EFFECTS[place];
  const fix = isMovable(it)
    ? "mq recover --apply moves it into the quarantine"
    : "move it elsewhere, out of the store's folder; then ask again";
  return [
    ...refuses === undefined
      ? []
      : [{ effect: "refuses", releases: refuses, file, message: found, fix } as const],
    ...others === undefined
      ? []
      : [{ ...others, file, message: `${found}: ${others.message}`, fix }],
  ];
}
