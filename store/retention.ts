/**
 * What leaves a store, and when: log files by their age and by the space that is left. A pure
 * decision; `retention_loop.ts` carries it out. The rules are Java's
 * (`DefaultMessageStore.CleanCommitLogService`).
 *
 * @module
 */

/** When log files go; the names in brackets are Java's settings. */
export interface RetentionSettings {
  /** Hours since it was last written after which a file may go (`fileReservedTime`). */
  readonly fileReservedHours: number;
  /** Local hours at which such files go, as `04` or `01;13` (`deleteWhen`). */
  readonly deleteWhen: string;
  /** Above this they go at any hour (`diskMaxUsedSpaceRatio`), kept within 10 and 95. */
  readonly diskUsedPercentMax: number;
  /** Above this files go whatever their age (`diskSpaceCleanForciblyRatio`), within 30 and 85. */
  readonly diskForcedPercent: number;
  /** Above this nothing is written, either (`diskSpaceWarningLevelRatio`), within 35 and 90. */
  readonly diskFullPercent: number;
  /** Whether files may go that are not old enough (`cleanFileForciblyEnable`). */
  readonly cleanFileForciblyEnable: boolean;
  /** Log files that go in one round (`deleteFileBatchMax`). */
  readonly filesPerRoundMax: number;
  /** Between two rounds (`cleanResourceInterval`). */
  readonly roundIntervalMs: number;
  /** Between two log files (`deleteCommitLogFilesInterval`). */
  readonly logFileIntervalMs: number;
  /** Between two queues that lose files (`deleteConsumeQueueFilesInterval`). */
  readonly queueFileIntervalMs: number;
}

/** Java's defaults. */
export const RETENTION_SETTINGS: RetentionSettings = {
  fileReservedHours: 72,
  deleteWhen: "04",
  diskUsedPercentMax: 75,
  diskForcedPercent: 85,
  diskFullPercent: 90,
  cleanFileForciblyEnable: true,
  filesPerRoundMax: 10,
  roundIntervalMs: 10_000,
  logFileIntervalMs: 100,
  queueFileIntervalMs: 100,
};

/** Space on a disk. */
export interface SpaceOnDisk {
  readonly usedBytes: number;
  /** What this process may still take. */
  readonly freeBytes: number;
}

/** What a decision is made from. */
export interface RetentionState {
  /** Log files, the oldest first, and when each was last written. */
  readonly files: readonly { readonly start: number; readonly mtimeMs: number }[];
  /** How full the disk is, see {@linkcode usedPercent}; `undefined` where nobody knows. */
  readonly diskUsedPercent: number | undefined;
  readonly nowMs: number;
  /** Whether somebody asked for expired files to go now. */
  readonly isAsked: boolean;
}

/** Why files go. */
export type DropReason = "hour" | "disk" | "forced" | "asked";

/** What is to be done. */
export interface RetentionDecision {
  /** Why files may go now; `undefined` where none may. */
  readonly reason: DropReason | undefined;
  /** How many of the oldest files go. */
  readonly dropCount: number;
  /** Whether writes are refused. */
  readonly isFull: boolean;
}

const HOUR_MS = 3_600_000;

/**
 * Decides which files go: never the last one, never one whose elders stay.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { decideRetention, RETENTION_SETTINGS } from "./retention.ts";
 *
 * const nowMs = new Date(2026, 0, 9, 12).getTime();
 * const files = [{ start: 0, mtimeMs: 0 }, { start: 1024, mtimeMs: nowMs }, { start: 2048, mtimeMs: nowMs }];
 * const state = { files, nowMs, isAsked: false };
 * const decide = (diskUsedPercent: number) =>
 *   decideRetention({ ...state, diskUsedPercent }, RETENTION_SETTINGS);
 * assert.deepEqual(decide(75), { reason: undefined, dropCount: 0, isFull: false });
 * assert.deepEqual(decide(76), { reason: "disk", dropCount: 1, isFull: false });
 * assert.deepEqual(decide(91), { reason: "forced", dropCount: 2, isFull: true });
 * ```
 */
export function decideRetention(
  { files, diskUsedPercent = 0, nowMs, isAsked }: RetentionState,
  settings: RetentionSettings,
): RetentionDecision {
  const isFull = diskUsedPercent > fullPercent(settings);
  const isTight = isFull || diskUsedPercent > forcedPercent(settings);
  const isOver = isTight || diskUsedPercent > within(settings.diskUsedPercentMax, 10, 95);
  let reason: DropReason | undefined;
  if (isTight && settings.cleanFileForciblyEnable) reason = "forced";
  else if (isOver) reason = "disk";
  else if (isAsked) reason = "asked";
  else if (isDeletionHour(settings.deleteWhen, nowMs)) reason = "hour";
  if (reason === undefined) return { reason, dropCount: 0, isFull };
  const goesBefore = reason === "forced" ? Infinity : nowMs - settings.fileReservedHours * HOUR_MS;
  const limit = Math.max(0, Math.min(files.length - 1, settings.filesPerRoundMax));
  let dropCount = 0;
  while (dropCount < limit && files[dropCount]!.mtimeMs <= goesBefore) dropCount++;
  return { reason, dropCount, isFull };
}

/** Above this many percent files go whatever their age. */
export function forcedPercent({ diskForcedPercent }: RetentionSettings): number {
  return within(diskForcedPercent, 30, 85);
}

/** Above this many percent writes are refused. */
export function fullPercent({ diskFullPercent }: RetentionSettings): number {
  return within(diskFullPercent, 35, 90);
}

/** Used part of what this process sees of a disk, in percent, rounded up as Java does. */
export function usedPercent({ usedBytes, freeBytes }: SpaceOnDisk): number {
  const seenBytes = usedBytes + freeBytes;
  return seenBytes === 0 ? 0 : Math.ceil(usedBytes * 100 / seenBytes);
}

/** Local hours of a setting such as `04` or `01;13`; `undefined` for one that is none. */
export function parseDeletionHours(deleteWhen: string): number[] | undefined {
  const hours = deleteWhen.split(";").filter((it) => it !== "");
  return hours.every((it) => /^\d{1,2}$/.test(it) && Number(it) < 24)
    ? hours.map(Number)
    : undefined;
}

/** Java: `UtilAll.isItTimeToDo`. */
function isDeletionHour(deleteWhen: string, nowMs: number): boolean {
  return parseDeletionHours(deleteWhen)?.includes(new Date(nowMs).getHours()) ?? false;
}

function within(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}
