/**
 * Files and folders of a store that this user may not read or write. A Java broker opens every file of
 * the log, the queues and the index for reading and writing (Java: `DefaultMappedFile`), and starts with
 * none it cannot open; a folder it may not write stops it only when it needs a new file there.
 *
 * @module
 */
import { join } from "node:path";
import type { FileSystem } from "../../store/file.ts";
import { NAME, type StorePaths } from "../../store/names.ts";
import type { HindranceOf } from "../file_access.ts";
import type { Terminal } from "../terminal.ts";
import { EVERY_BROKER, type WhyEffect, type WhyReason } from "./why_reason.ts";

/** What is wrong with some of a store's files, and what it means. */
interface Kind {
  readonly effect: WhyEffect;
  /** What is said of the first, with `more` where others have it, too. */
  readonly message: (more: string) => string;
  readonly more: (count: number) => string;
  readonly fix: string;
}

const UNREADABLE: Kind = {
  effect: "refuses",
  message: (more) =>
    `it cannot be read by this user${more}, so nothing is told of what is in the files; as which ` +
    "user does the broker run?",
  more: (count) => `, nor can ${count} more`,
  fix: "run mq why as the user the broker runs as, such as with sudo -u; a broker that runs as " +
    "this one needs the store for its own: chown -R",
};

const READ_ONLY_DISK: Kind = {
  effect: "refuses",
  more: (count) => `, as ${count} more do`,
  message: (more) =>
    `it lies on a disk that is mounted read-only${more}: a broker opens everything for writing`,
  fix: "look for why, an error of the disk (dmesg) or the mount's settings, and mount it for " +
    "writing: mount -o remount,rw",
};

const UNWRITABLE: Kind = {
  effect: "refuses",
  message: (more) =>
    `it may not be written by this user${more}: a broker opens everything for writing`,
  more: (count) => `, nor may ${count} more`,
  fix: "run the broker as the owner of the store, or give it the files with chown -R",
};

const CLOSED: Kind = {
  effect: "unserved",
  message: (more) =>
    `it may not be written by this user${more}: a broker starts, and fails when it needs a new ` +
    "file there, or changes a setting",
  more: UNWRITABLE.more,
  fix: UNWRITABLE.fix,
};

/** The reason for a file that could not be read though nobody had foreseen it. */
export function unreadable(file: string): WhyReason {
  const { effect, message, fix } = UNREADABLE;
  return { effect, releases: EVERY_BROKER, file, message: message(""), fix };
}

/** Whether a reason is that this user cannot read the store. */
export function isUnreadable({ fix }: WhyReason): boolean {
  return fix === UNREADABLE.fix;
}

/** Finds them; one reason for all of which the same is to be told. */
export function accessReasons({ files, fileAccess }: Terminal, paths: StorePaths): WhyReason[] {
  using access = fileAccess?.();
  if (access === undefined) return [];
  const of = access.hindrance;
  const found = new Map<Kind, { readonly file: string; others: number }>();
  for (const { path, isOpened } of walk(files, paths, of)) {
    const kind = kindOf(of, path, isOpened);
    if (kind === undefined) continue;
    const known = found.get(kind);
    if (known === undefined) found.set(kind, { file: path, others: 0 });
    else known.others++;
  }
  return [...found].map(([{ effect, message, more, fix }, { file, others }]) => ({
    effect,
    releases: EVERY_BROKER,
    file,
    message: message(others === 0 ? "" : more(others)),
    fix,
  }));
}

function kindOf(of: HindranceOf, path: string, isOpened: boolean): Kind | undefined {
  if (of(path, "read") !== undefined) return UNREADABLE;
  const hindrance = of(path, "write");
  if (hindrance === undefined) return undefined;
  if (hindrance === "read-only disk") return READ_ONLY_DISK;
  return isOpened ? UNWRITABLE : CLOSED;
}

/** A file or folder. */
interface Item {
  readonly path: string;
  /** Whether a start fails that cannot write it. */
  readonly isOpened: boolean;
}

/** All that a start opens, and the folders of it; of a folder that cannot be read nothing more. */
function* walk(files: FileSystem, paths: StorePaths, of: HindranceOf): Generator<Item, void> {
  // A start makes the file abort in it.
  yield { path: paths.root, isOpened: true };
  if (of(paths.root, "read") !== undefined) return;
  const { commitLogs, consumeQueue, batchConsumeQueue, consumeQueueExt, index, root } = paths;
  const trees = [...commitLogs, consumeQueue, batchConsumeQueue, consumeQueueExt, index];
  for (const tree of trees) yield* under(files, tree, of);
  for (const path of [paths.checkpoint, paths.lock, join(root, NAME.timerWheel)]) {
    if (files.stat(path) !== undefined) yield { path, isOpened: true };
  }
  yield* under(files, join(root, NAME.timerLog), of);
  for (const it of under(files, paths.config, of)) yield { ...it, isOpened: false };
}

function* under(files: FileSystem, path: string, of: HindranceOf): Generator<Item, void> {
  const stat = files.stat(path);
  if (stat === undefined) return;
  yield { path, isOpened: !stat.isDirectory };
  if (!stat.isDirectory || of(path, "read") !== undefined) return;
  for (const name of files.list(path)) yield* under(files, join(path, name), of);
}
