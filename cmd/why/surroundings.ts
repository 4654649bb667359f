/**
 * What keeps any broker from starting that does not stand in the store's files: a lock, rights,
 * a full disk.
 *
 * @module
 */
import type { FileSystem } from "../../store/file.ts";
import type { StorePaths } from "../../store/names.ts";
import { cellText } from "../output/table.ts";
import type { Terminal } from "../terminal.ts";
import { accessReasons } from "./access_reasons.ts";
import { EVERY_BROKER, type WhyReason } from "./why_reason.ts";

/** Java's `diskMaxUsedSpaceRatio` beyond which it refuses messages (`diskSpaceWarningLevelRatio`). */
const REFUSES_AT = 0.9;
const COMMAND_BYTES_MAX = 4096;
const COMMAND_CHARS_MAX = 120;

/** Finds what stands in the way around a store. */
export function surroundingReasons(terminal: Terminal, paths: StorePaths): WhyReason[] {
  return [
    ...lockReasons(terminal, paths),
    ...accessReasons(terminal, paths),
    ...diskReasons(terminal, paths),
  ];
}

function lockReasons(terminal: Terminal, { lock }: StorePaths): WhyReason[] {
  const holder = terminal.lockHolder(lock);
  if (holder === undefined) return [];
  const command = commandOf(terminal.files, holder);
  return [{
    effect: "refuses",
    releases: EVERY_BROKER,
    file: lock,
    message: `process ${holder}${command === "" ? "" : ` (${command})`} holds the lock: a broker ` +
      'is running on this store, and a second one ends with "Lock failed, MQ already started"',
    fix: `use the running one, or stop process ${holder} first`,
  }];
}

/** The command line of a process, where the system tells. */
function commandOf(files: FileSystem, pid: number): string {
  try {
    const file = files.openRead(`/proc/${pid}/cmdline`);
    try {
      const bytes = new Uint8Array(COMMAND_BYTES_MAX);
      const text = new TextDecoder().decode(bytes.subarray(0, file.read(bytes, 0)));
      return cellText(text.replaceAll("\0", " ").trim().slice(0, COMMAND_CHARS_MAX));
    } finally {
      file.close();
    }
  } catch {
    return "";
  }
}

function diskReasons({ diskUse }: Terminal, { root, commitLog }: StorePaths): WhyReason[] {
  const used = diskUse?.(root);
  if (used === undefined || used < REFUSES_AT) return [];
  return [{
    effect: "unserved",
    releases: EVERY_BROKER,
    file: commitLog,
    message:
      `the disk is ${Math.round(used * 100)} % full: a broker starts, refuses every message ` +
      "and deletes its oldest log files whatever their age",
    fix: "make room on the disk before the start, or the oldest messages go",
  }];
}
