/**
 * `mq inspect epoch`: which leadership wrote which part of the commit log, as a broker under a
 * controller (5.x) notes it.
 *
 * @module
 */
import { basename, join } from "node:path";
import { backupPath } from "../../store/config_file.ts";
import { readEpochFile } from "../../store/epoch_file.ts";
import { NAME } from "../../store/names.ts";
import { listSegments } from "../../store/segments.ts";
import { EXIT } from "../exit_code.ts";
import { Failure } from "../failure.ts";
import { type Field, openRows, type OutputOptions } from "../output/format_option.ts";
import { notA, placeAt } from "../reading/store_path.ts";
import { note, type Terminal } from "../terminal.ts";

/** What `mq inspect epoch` may be asked. */
export interface InspectEpochOptions extends OutputOptions {
  /** Epochs that wrote behind this commit log offset, and before the other. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

const FIELDS: readonly Field[] = [
  { name: "epoch", type: "number", about: "number of the leadership", width: 5 },
  { name: "startOffset", type: "number", about: "commit log offset it began at", width: 14 },
  {
    name: "endOffset",
    type: "number",
    about: "where the next began; the last has none",
    width: 14,
  },
  { name: "bytes", type: "number", about: "bytes it wrote", width: 12 },
  {
    name: "log",
    type: "string",
    about: "whole: all of it is in the log's files; part; none; absent without a log",
    width: 5,
  },
];

/** Prints one row an epoch. */
export function inspectEpoch(
  terminal: Terminal,
  argument: string | undefined,
  options: InspectEpochOptions,
): number {
  const rows = openRows(terminal, FIELDS, { ...options, layout: "measured" });
  if (rows === undefined) return EXIT.ok;
  const { files } = terminal;
  const { path, commitLogs } = epochFileAt(terminal, argument);
  const { epochs, flaws, path: usedPath } = readEpochFile(files, path);
  if (usedPath === undefined) throw new Failure(`"${path}" is empty`, { exitCode: EXIT.left });
  const { segments } = listSegments(files, commitLogs);
  const last = segments.at(-1);
  const log = last === undefined
    ? undefined
    : { from: segments[0]!.start, to: last.start + last.length };
  const { from = 0, to = Infinity } = options;
  for (const [at, { epoch, startOffset }] of epochs.entries()) {
    const endOffset = epochs[at + 1]?.startOffset;
    if (startOffset >= to || (endOffset ?? Infinity) <= from) continue;
    rows.row({
      epoch,
      startOffset,
      ...(endOffset !== undefined && { endOffset, bytes: endOffset - startOffset }),
      ...(log !== undefined && { log: extentIn(log, startOffset, endOffset) }),
    });
  }
  rows.end();
  terminal.out.flush();
  for (const flaw of flaws) {
    const isRead = flaw.startsWith(`${usedPath}:`);
    const instead = isRead ? "shown as far as it can be read" : `read ${usedPath} instead`;
    note(terminal, `damaged: ${flaw}; ${instead}`);
  }
  return flaws.length > 0 ? EXIT.left : EXIT.ok;
}

function extentIn(
  log: { readonly from: number; readonly to: number },
  startOffset: number,
  endOffset: number | undefined,
): "whole" | "part" | "none" {
  if (startOffset >= log.to || (endOffset ?? Infinity) <= log.from) return "none";
  return startOffset >= log.from && (endOffset ?? startOffset) <= log.to ? "whole" : "part";
}

function epochFileAt(
  terminal: Terminal,
  argument: string | undefined,
): { readonly path: string; readonly commitLogs: readonly string[] } {
  const { files } = terminal;
  const place = placeAt(terminal, argument);
  if (place.kind === "file") {
    const names: readonly string[] = [NAME.epochFile, backupPath(NAME.epochFile)];
    if (names.includes(basename(place.path))) return { path: place.path, commitLogs: [] };
    throw notA(terminal, place, "epoch file");
  }
  const path = join(place.path, NAME.epochFile);
  const isThere = [path, backupPath(path)].some((it) => files.stat(it)?.isDirectory === false);
  if (place.kind === "store" && isThere) return { path, commitLogs: place.paths.commitLogs };
  if (place.kind !== "store") throw notA(terminal, place, "epoch file");
  throw new Failure(
    `Store "${place.path}" has no epoch file: its broker was not under a controller, or keeps it ` +
      "elsewhere (storePathEpochFile)",
  );
}
