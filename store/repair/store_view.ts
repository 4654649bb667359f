/**
 * A store as it would be after a repair, with nothing written to it: what `mq serve` serves. The files
 * are those of the store; what differs from them is kept in memory.
 *
 * A log that is not large is read through, so everything is certain: all of `mq recover`, data loss
 * allowed, is done in memory. Of a large one that is done where a quick look finds damage; otherwise
 * the start of a broker on the view does what a start does, and damage that neither comes upon is
 * found when a record is read.
 *
 * @module
 */
import { type FileKind, type Finding, FINDINGS } from "../check/findings.ts";
import { verifyStore } from "../check/verify.ts";
import { findDledgerLog } from "../dledger.ts";
import type { FileSystem } from "../file.ts";
import { type StorePaths, storePaths } from "../names.ts";
import { QueueTrees } from "../queue_reader.ts";
import { listSegments } from "../segments.ts";
import type { RepairOptions, RepairOutcome } from "./action.ts";
import { OverlayFiles } from "./overlay_files.ts";
import { applyRepair } from "./repair.ts";

/** When the log is read through and everything else built from it: `auto` where it is needed, or cheap. */
export const VIEW_REPAIRS = ["auto", "always", "never"] as const;

/** One of {@linkcode VIEW_REPAIRS}. */
export type ViewRepair = (typeof VIEW_REPAIRS)[number];

/** How a store is looked at. */
export interface ViewOptions extends Pick<RepairOptions, "commitLogPath" | "signal"> {
  /** Default: `auto`. */
  readonly repair?: ViewRepair | undefined;
  /** Whether a broker is writing the store: what it is about to write is not damage. */
  readonly isLive?: boolean | undefined;
  /** What may be kept in memory; default: any amount. */
  readonly bytesMax?: number | undefined;
  /** Bytes of a log that `auto` always reads through; default: 1 GiB. */
  readonly wholeLogBytesMax?: number | undefined;
  /** Told why, before the log is read through. */
  readonly onRepair?: ((reason: string) => void) | undefined;
}

/** A store to be opened by a broker that shows it. */
export interface StoreView {
  /** The store's files; what is written to them stays in memory. */
  readonly files: OverlayFiles;
  /** What was put right in them; `undefined` where only a start is left to do so. */
  readonly repair: RepairOutcome | undefined;
  /** Whether the queues are kept in RocksDB: they were not read, but built from the log. */
  readonly isRocksDb: boolean;
}

const MIB = 1024 * 1024;

/** A few seconds of reading. */
const WHOLE_LOG_BYTES_MAX = 1024 * MIB;

/** Files that are a function of the log, and the log: what else is damaged is done without. */
const REPAIRED: ReadonlySet<FileKind> = new Set<FileKind>([
  "commitlog",
  "consumequeue",
  "batchconsumequeue",
  "consumequeue_ext",
  "index",
]);

/**
 * Looks at a store and puts in order, in memory, what must be. Throws `OverlayFullError` where that
 * takes more memory than it may, and for errors of the system.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { MemoryFiles } from "../file_memory.ts";
 * import { viewStore } from "./store_view.ts";
 *
 * const fs = new MemoryFiles();
 * fs.makeDirectory("store/commitlog");
 * const { files } = await viewStore(fs, "store");
 * files.openWrite("store/abort").close();
 * assert.notEqual(files.stat("store/abort"), undefined);
 * assert.equal(fs.stat("store/abort"), undefined);
 * ```
 */
export async function viewStore(
  fs: FileSystem,
  root: string,
  options: ViewOptions = {},
): Promise<StoreView> {
  const paths = storePaths(root, options);
  const files = new OverlayFiles(fs, { bytesMax: options.bytesMax });
  const { isRocksDb } = new QueueTrees(fs, paths);
  if (isRocksDb) {
    files.remove(paths.consumeQueue);
    files.makeDirectory(paths.consumeQueue);
  }
  // What the commit log has is shown, as far as it goes.
  const dledger = findDledgerLog(fs, root);
  if (dledger !== undefined) files.remove(dledger);
  const reason = isRocksDb
    ? "its queues are kept in RocksDB"
    : await whyRepaired(files, { ...options, paths });
  if (reason === undefined) return { files, repair: undefined, isRocksDb };
  options.onRepair?.(reason);
  // Messages that are lost are lost in the store already: nobody has to allow it here.
  const { commitLogPath, signal } = options;
  const repair = await applyRepair(files, root, {
    allowDataLoss: true,
    ...(commitLogPath !== undefined && { commitLogPath }),
    ...(signal && { signal }),
  });
  return { files, repair, isRocksDb };
}

/** Why everything is to be built from the log; `undefined` where a start will do. */
async function whyRepaired(
  fs: FileSystem,
  { paths, repair = "auto", isLive, wholeLogBytesMax, ...options }: ViewOptions & {
    readonly paths: StorePaths;
  },
): Promise<string | undefined> {
  const { segments } = listSegments(fs, paths.commitLogs);
  if (segments.length === 0 || repair === "never") return undefined;
  if (repair === "always") return "as asked";
  if (isLive === true) return undefined;
  const logBytes = segments.reduce((sum, { length }) => sum + length, 0);
  if (logBytes <= (wholeLogBytesMax ?? WHOLE_LOG_BYTES_MAX)) {
    return `its log is small (${(logBytes / MIB).toFixed(1)} MiB)`;
  }
  const found = await firstDamage(fs, paths.root, options);
  return found === undefined ? undefined : `${found.file}: ${found.message}`;
}

async function firstDamage(
  fs: FileSystem,
  root: string,
  { commitLogPath, signal }: Pick<ViewOptions, "commitLogPath" | "signal">,
): Promise<Finding | undefined> {
  const found = verifyStore(fs, root, {
    depth: "quick",
    ...(commitLogPath !== undefined && { commitLogPath }),
    ...(signal && { signal }),
  });
  for await (const it of found) {
    if (it.kind !== "finding" || it.severity === "info") continue;
    if (REPAIRED.has(FINDINGS[it.code].kind) && !it.code.endsWith("-stray-file")) return it;
  }
  return undefined;
}
