/**
 * What a command says of bytes the disk could not read, and of files this user may not read.
 *
 * @module
 */
import type { StorePaths } from "../../store/names.ts";
import {
  isDenied,
  type UnreadableFiles,
  type UnreadableRange,
  unreadableText,
} from "../../store/unreadable_files.ts";
import { EXIT } from "../exit_code.ts";
import { counted } from "../output/counted.ts";
import { note, type Terminal } from "../terminal.ts";

/** Ranges that are told one by one. */
const TOLD_MAX = 20;

/** What to do about it before anything else. */
const COPY_FIRST = "copy the disk with ddrescue while it can be read, and work on the copy";

/**
 * Notes what could not be read, unless the command has told of it, and returns the exit code of a run
 * that met it.
 */
export function tellUnreadable(
  terminal: Terminal,
  { ranges, isTold }: UnreadableFiles,
  exitCode: number,
): number {
  const told = isTold ? [] : ranges.filter((it) => !isDenied(it));
  const denied = ranges.filter(isDenied);
  if (told.length > 0) tell(terminal, told);
  if (denied.length > 0) tellDenied(terminal, denied, isTold);
  if (exitCode >= EXIT.operational) return exitCode;
  return exitCode | (told.length > 0 ? EXIT.left : 0) | (denied.length > 0 ? EXIT.operational : 0);
}

/** For a command all of whose answers come from the log: goes on behind what else this user may not read. */
export function goOnBesideLog({ unreadable }: Terminal, { root, commitLogs }: StorePaths): void {
  // Without the folder nobody knows what is in it.
  if (unreadable?.list(root).length !== 0) unreadable?.goOnDenied(commitLogs);
}

/** For a command that runs on: notes what could not be read so far, and from now on at once. */
export function tellFromNowOn(terminal: Terminal): void {
  const { unreadable } = terminal;
  if (unreadable === undefined) return;
  if (!unreadable.isSound) tell(terminal, unreadable.ranges);
  unreadable.isTold = true;
  let told = 0;
  unreadable.onRange = (range) => {
    if (told++ < TOLD_MAX) note(terminal, unreadableText(range));
    if (told === 1) note(terminal, COPY_FIRST);
  };
}

/** Names what this user may not read, unless the command has, and says who could look. */
function tellDenied(
  terminal: Terminal,
  denied: readonly UnreadableRange[],
  isTold: boolean,
): void {
  terminal.out.flush();
  for (const range of isTold ? [] : denied.slice(0, TOLD_MAX)) {
    note(terminal, `${unreadableText(range)}: nothing is told of what is in it`);
  }
  const rest = denied.length - TOLD_MAX;
  if (!isTold && rest > 0) note(terminal, `nor ${counted(rest, "other file or folder")}`);
  note(terminal, "run this as the user the broker runs as, such as with sudo -u, to see the rest");
}

function tell(terminal: Terminal, ranges: readonly UnreadableRange[]): void {
  terminal.out.flush();
  for (const range of ranges.slice(0, TOLD_MAX)) {
    note(terminal, `${unreadableText(range)}: what stands there was not looked at`);
  }
  const rest = ranges.length - TOLD_MAX;
  if (rest > 0) note(terminal, `the disk cannot read ${counted(rest, "more range")}`);
  note(terminal, COPY_FIRST);
}
