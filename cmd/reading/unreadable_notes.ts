/**
 * What a command says of bytes the disk could not read.
 *
 * @module
 */
import {
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
  if (ranges.length === 0 || isTold) return exitCode;
  tell(terminal, ranges);
  return exitCode < EXIT.operational ? exitCode | EXIT.left : exitCode;
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

function tell(terminal: Terminal, ranges: readonly UnreadableRange[]): void {
  terminal.out.flush();
  for (const range of ranges.slice(0, TOLD_MAX)) {
    note(terminal, `${unreadableText(range)}: what stands there was not looked at`);
  }
  const rest = ranges.length - TOLD_MAX;
  if (rest > 0) note(terminal, `the disk cannot read ${counted(rest, "more range")}`);
  note(terminal, COPY_FIRST);
}
