/**
 * What stands in the way in a store's own files: what a start refuses, a log or queues that are not
 * where a broker looks for them.
 *
 * @module
 */
import { basename } from "node:path";
import type { Finding } from "../../store/check/findings.ts";
import type { JavaRefusal } from "../../store/exact/java_files.ts";
import type { FileSystem } from "../../store/file.ts";
import { parseOffsetName, type StorePaths } from "../../store/names.ts";
import { QueueTrees } from "../../store/queue_reader.ts";
import type { RepairAction } from "../../store/repair/action.ts";
import { WHY_RELEASES, type WhyReason, type WhyRelease } from "./why_reason.ts";

/** Without its log a store's queues lead nowhere: Java deletes them, this project's broker refuses. */
export function noLogReasons(files: FileSystem, paths: StorePaths): WhyReason[] {
  if (new QueueTrees(files, paths).walk().next().done === true) return [];
  const found = "there are queues, and no file of the log";
  const reason = {
    file: paths.commitLog,
    fix: "mount the disk of the log, or name its folder with --commitlog-path",
  };
  return [
    {
      ...reason,
      effect: "loses",
      releases: WHY_RELEASES,
      message: `${found}: a broker starts, deletes all queues and begins again with nothing`,
    },
    { ...reason, effect: "refuses", releases: ["mq"], message: found },
  ];
}

/** A store whose queues are kept in RocksDB. */
export function rocksReason({ consumeQueue: file }: StorePaths): WhyReason {
  return {
    effect: "refuses",
    releases: ["4.9"],
    file,
    message: "its consume queues are kept in RocksDB, which only 5.x reads",
    fix: "start a broker of 5.x with storeType=defaultRocksDB",
  };
}

/** A store with batch queues, which releases of 4 do not know. */
export function batchQueueReasons(files: FileSystem, paths: StorePaths): WhyReason[] {
  for (const { kind } of new QueueTrees(files, paths).walk()) {
    if (kind !== "batch") continue;
    return [{
      effect: "loses",
      releases: ["4.9"],
      file: paths.batchConsumeQueue,
      message: "it holds batch queues, which only 5.x reads: a broker of 4.9 knows none of their " +
        "messages",
      fix: "start a broker of 5.x",
    }];
  }
  return [];
}

/** What is known where a release was seen not to start. */
export interface RefusalView {
  readonly fs: FileSystem;
  readonly release: WhyRelease;
  /** What a repair would do. */
  readonly actions: readonly Pick<RepairAction, "action" | "file">[];
}

/** All files a release does not start with. */
export function refusalReasons(
  refusals: readonly JavaRefusal[],
  { fs, release, actions }: RefusalView,
): WhyReason[] {
  const filesOf = (verb: RepairAction["action"]) =>
    actions.filter(({ action }) => action === verb).map((it) => it.file);
  const [aside, cut] = [filesOf("set-file-aside"), filesOf("cut-extension")];
  return refusals.map(({ file, reason }) => {
    const isOurs = parseOffsetName(basename(file)) !== undefined && !isFolder(fs, file);
    const fix = aside.includes(file)
      ? "mq recover --apply moves it into the quarantine"
      : cut.includes(file)
      ? "mq recover --apply ends it where its units do"
      : isOurs
      ? "mq recover --apply gives it its length back"
      : "move it elsewhere";
    return { effect: "refuses", releases: [release], file, message: `it ${reason}`, fix };
  });
}

function isFolder(fs: FileSystem, path: string): boolean {
  return fs.stat(path)?.isDirectory === true;
}

/** Findings that by themselves keep a release from starting. */
const STOPS: Readonly<Partial<Record<Finding["code"], readonly WhyRelease[]>>> = {
  "queue-wrong-kind": ["5.x"],
  "timer-wheel-length": ["5.x"],
};

export function findingReasons(findings: readonly Finding[]): WhyReason[] {
  return findings.flatMap(({ code, file, message, fix }) => {
    const releases = STOPS[code];
    return releases === undefined ? [] : [{ effect: "refuses", releases, file, message, fix }];
  });
}

/** One reason for what both releases refuse alike. */
export function merged(reasons: readonly WhyReason[]): WhyReason[] {
  const byText = new Map<string, WhyReason>();
  for (const reason of reasons) {
    const key = `${reason.effect} ${reason.file} ${reason.message}`;
    const known = byText.get(key);
    const releases = [...new Set([...known?.releases ?? [], ...reason.releases])];
    byText.set(key, { ...reason, releases });
  }
  return [...byText.values()];
}
