/**
 * What is odd about a store at first sight: what the quick checks of `mq verify` find, and what only
 * shows from a distance.
 *
 * @module
 */
import { join } from "node:path";
import { fieldsAhead } from "../../store/check/checkpoint_check.ts";
import { type Finding, FINDINGS } from "../../store/check/findings.ts";
import { verifyStore } from "../../store/check/verify.ts";
import type { Checkpoint } from "../../store/checkpoint.ts";
import { backupPath } from "../../store/config_file.ts";
import type { FileSystem } from "../../store/file.ts";
import { NAME, type StorePaths } from "../../store/names.ts";
import { QUARANTINE } from "../../store/quarantine.ts";
import type { Terminal } from "../terminal.ts";
import type { LogGlance } from "./store_log.ts";
import { FILE_SIGNS } from "./store_origin.ts";

/** Something worth knowing. */
export interface Oddity {
  readonly severity: Finding["severity"];
  /** A code of `mq verify`, or one of `clock-back` and `unknown-file`. */
  readonly code: string;
  readonly file: string;
  readonly message: string;
}

/** More than these say nothing more; `mq verify` tells all. */
const ODDITIES_MAX = 1000;

/** What the quick checks find in a store, or in a lone log whose folder is given twice. */
export async function quickOddities(
  { files, unreadable }: Terminal,
  root: string,
  commitLogPath: string | undefined,
): Promise<Oddity[]> {
  const found: Oddity[] = [];
  const items = verifyStore(files, root, {
    depth: "quick",
    unreadable,
    ...(commitLogPath !== undefined && { commitLogPath }),
    ...(commitLogPath === root && { only: ["commitlog"] }),
  });
  for await (const item of items) {
    if (item.kind !== "finding" || found.length >= ODDITIES_MAX) continue;
    const { severity, code, file, message } = item;
    found.push({ severity, code, file, message });
  }
  return found;
}

/** Files of the log before which the broker's clock went back. */
export function clockOddities({ clockBack }: LogGlance): Oddity[] {
  return clockBack.map(({ path, start }) => ({
    severity: "info",
    code: "clock-back",
    file: path,
    message: `log offset ${start}: stored before the first record of the file in front of it; ` +
      "searches by time may miss records",
  }));
}

/** A checkpoint that promises what the log does not have; of a store in use it must be the older one. */
export function checkpointOddities(
  file: string,
  checkpoint: Checkpoint | undefined,
  log: LogGlance,
): Oddity[] {
  if (checkpoint === undefined || log.latestStoreTimestamp === 0) return [];
  const end = { offset: log.end, timestamp: log.latestStoreTimestamp };
  return fieldsAhead(checkpoint, end).map((field) => ({
    severity: FINDINGS["checkpoint-ahead"].severity,
    code: "checkpoint-ahead",
    file,
    message: `${field} is ${checkpoint[field]}, the log ends at ${end.offset} with a message ` +
      `stored at ${end.timestamp}`,
  }));
}

const KNOWN_NAMES: ReadonlySet<string> = new Set([
  ...Object.values(NAME),
  ...FILE_SIGNS.map(([path]) => path),
  backupPath(NAME.epochFile),
  backupPath("brokerIdentity"),
  "brokerIdentity-temp",
  "transaction",
  QUARANTINE,
]);

/** What stands in the root and no broker puts there. */
export function strangerOddities(files: FileSystem, { root }: StorePaths): Oddity[] {
  return files.list(root)
    .filter((name) => !KNOWN_NAMES.has(name) && !/^dledger-|\.unfinished$|\.undo$/.test(name))
    .map((name) => ({
      severity: "info",
      code: "unknown-file",
      file: join(root, name),
      message: "no broker makes this here",
    }));
}
