/**
 * Files whose process dies, as `kill -9` kills it, at a call that is named beforehand: before the
 * call, when half of a write is done, or after it.
 *
 * @module
 */
import { relative, sep } from "node:path";
import process from "node:process";
import type { FileSystem, WritableFile } from "../store/file.ts";

type Verb = "create" | "truncate" | "write" | "sync" | "rename" | "remove" | "syncDirectory";

/** Calls at which a process can die: what is called, and on which folder or file of a store. */
export const STEPS = {
  "log-create": ["create", "commitlog.unfinished"],
  "log-truncate": ["truncate", "commitlog.unfinished"],
  "log-made": ["sync", "commitlog.unfinished"],
  "log-rename": ["rename", "commitlog"],
  "log-write": ["write", "commitlog"],
  "log-sync": ["sync", "commitlog"],
  "log-remove": ["remove", "commitlog"],
  "log-names": ["syncDirectory", "commitlog"],
  "queue-create": ["create", "consumequeue.unfinished"],
  "queue-truncate": ["truncate", "consumequeue.unfinished"],
  "queue-rename": ["rename", "consumequeue"],
  "queue-write": ["write", "consumequeue"],
  "queue-sync": ["sync", "consumequeue"],
  "queue-remove": ["remove", "consumequeue"],
  "batch-rename": ["rename", "batchconsumequeue"],
  "batch-write": ["write", "batchconsumequeue"],
  "batch-sync": ["sync", "batchconsumequeue"],
  "ext-rename": ["rename", "consumequeue_ext"],
  "ext-write": ["write", "consumequeue_ext"],
  "ext-sync": ["sync", "consumequeue_ext"],
  "index-create": ["create", "index.unfinished"],
  "index-truncate": ["truncate", "index.unfinished"],
  "index-rename": ["rename", "index"],
  "index-write": ["write", "index"],
  "index-sync": ["sync", "index"],
  "index-remove": ["remove", "index"],
  "checkpoint-write": ["write", "checkpoint"],
  "checkpoint-sync": ["sync", "checkpoint"],
  "ends-rename": ["rename", "queueends"],
  "ends-remove": ["remove", "queueends"],
  "abort-write": ["write", "abort"],
  "abort-remove": ["remove", "abort"],
  "quarantine-write": ["write", "quarantine"],
  "config-create": ["create", "config"],
  "config-write": ["write", "config"],
  "config-sync": ["sync", "config"],
  "config-rename": ["rename", "config"],
  "config-names": ["syncDirectory", "config"],
  "topics-rename": ["rename", "config/topics.json"],
  "offsets-rename": ["rename", "config/consumerOffset.json"],
} as const satisfies Readonly<Record<string, readonly [Verb, string]>>;

/** Name of such a call. */
export type Step = keyof typeof STEPS;

/** Where in a call the process dies; only a write can be half done. */
export type Moment = "before" | "half" | "after";

/** One way to die. */
export interface Death {
  readonly step: Step;
  /** Which of these calls, counted from 1. */
  readonly nth: number;
  readonly moment: Moment;
}

/** The moments a step has. */
export function momentsOf(step: Step): readonly Moment[] {
  return STEPS[step][0] === "write" ? ["before", "half", "after"] : ["before", "after"];
}

/** Ends this process at once, with nothing of it run any more. */
function dieNow(): never {
  process.kill(process.pid, "SIGKILL");
  // The signal may need a moment; nothing may happen in it.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

/** Whether a path is that of a file, or of something in a folder. */
function isAt(place: string, path: string): boolean {
  const name = path.replaceAll(sep, "/");
  return name === place || name.startsWith(`${place}/`);
}

/** The files of `fs`, with a death on the way. `die` must not return. */
export function dyingFiles(
  fs: FileSystem,
  options: { readonly root: string; readonly death: Death; readonly die?: () => never },
): FileSystem {
  const { root, death, die = dieNow } = options;
  const [verb, place] = STEPS[death.step];
  let count = 0;
  /** Whether this is the call. */
  const isIt = (called: Verb, path: string) =>
    called === verb && isAt(place, relative(root, path)) && ++count === death.nth;

  const during = <T>(called: Verb, path: string, call: () => T): T => {
    const deadly = isIt(called, path);
    if (deadly && death.moment === "before") die();
    let result: T;
    try {
      result = call();
    } catch (error) {
      // It did not happen: a file whose folder was missing is created once more.
      if (deadly) count--;
      throw error;
    }
    if (deadly) die();
    return result;
  };
  const duringLater = async (called: Verb, path: string, call: () => Promise<void>) => {
    const deadly = isIt(called, path);
    if (deadly && death.moment === "before") die();
    await call();
    if (deadly) die();
  };
  const write = (file: WritableFile, bytes: Uint8Array, at: number) => {
    const deadly = isIt("write", file.path);
    if (deadly && death.moment === "before") die();
    if (deadly && death.moment === "half") {
      file.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), at);
      die();
    }
    file.write(bytes, at);
    if (deadly) die();
  };
  const dying = (file: WritableFile): WritableFile => ({
    path: file.path,
    size: () => file.size(),
    read: (into, at) => file.read(into, at),
    readAsync: (into, at) => file.readAsync(into, at),
    write: (bytes, at) => write(file, bytes, at),
    truncate: (size) => during("truncate", file.path, () => file.truncate(size)),
    sync: () => duringLater("sync", file.path, () => file.sync()),
    syncNow: () => during("sync", file.path, () => file.syncNow()),
    close: () => file.close(),
  });
  return {
    openRead: (path) => fs.openRead(path),
    openWrite(path) {
      if (fs.stat(path) !== undefined) return dying(fs.openWrite(path));
      return dying(during("create", path, () => fs.openWrite(path)));
    },
    list: (path) => fs.list(path),
    stat: (path) => fs.stat(path),
    makeDirectory: (path) => fs.makeDirectory(path),
    rename: (from, to) => during("rename", to, () => fs.rename(from, to)),
    remove: (path) => during("remove", path, () => fs.remove(path)),
    syncDirectory: (path) => during("syncDirectory", path, () => fs.syncDirectory(path)),
    syncDirectoryAsync: (path) =>
      duringLater("syncDirectory", path, () => fs.syncDirectoryAsync(path)),
    lock: (path, text) => fs.lock(path, text),
  };
}
