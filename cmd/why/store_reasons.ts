/**
 * What stands in the way in a store's own files: what a start refuses, a log or queues that are not
 * where a broker looks for them.
 *
 * @module
 */
import { basename } from "node:path";
import { type Finding, FINDINGS } from "../../store/check/findings.ts";
import { findDledgerLog } from "../../store/dledger.ts";
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

/** Messages in the log of a DLedger group, and queues in RocksDB: what nothing can be foretold of. */
export function unreadReasons(files: FileSystem, paths: StorePaths): WhyReason[] {
  const dledger = findDledgerLog(files, paths.root);
  if (dledger !== undefined) return dledgerReasons(dledger);
  return new QueueTrees(files, paths).isRocksDb ? rocksReasons(paths) : [];
}

function dledgerReasons(file: string): WhyReason[] {
  const holds = "it holds the log of a DLedger group, which mq does not read";
  return [
    {
      effect: "loses",
      releases: WHY_RELEASES,
      file,
      message: `${holds}: a broker that is not in the group has the commit log alone, and cuts ` +
        "off what queues have of the group's messages",
      fix: "start the broker with enableDLegerCommitLog=true and the group's dLegerGroup, " +
        "dLegerPeers and dLegerSelfId; where its own log is broken, the other members have it",
    },
    {
      effect: "refuses",
      releases: ["mq"],
      file,
      message: holds,
      fix: "start Java's broker as a member of its group; mq serve shows what the commit log has",
    },
  ];
}

/** Seen of brokers of 4.9.7 and 5.5.0: they pass over the database and make queues beside it. */
function rocksReasons({ consumeQueue: file }: StorePaths): WhyReason[] {
  return [
    {
      effect: "loses",
      releases: WHY_RELEASES,
      file,
      message: "its consume queues are kept in RocksDB, which mq does not read: a broker that is " +
        "not told so builds them anew from the log, as files, and knows no topic, group or offset " +
        "that is kept in RocksDB",
      fix: "start a broker of 5.2 or later with storeType=defaultRocksDB",
    },
    {
      effect: "refuses",
      releases: ["mq"],
      file,
      message: "its consume queues are kept in RocksDB",
      fix: "mq serve shows it, with queues built from the log",
    },
  ];
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

/** How the reason of a queue that is not of its topic's kind begins. */
const WRONG_KIND = "is of another kind";

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
    const fix = reason.startsWith(WRONG_KIND)
      ? FINDINGS["queue-wrong-kind"].fix
      : aside.includes(file)
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
