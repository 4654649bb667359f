/**
 * `mq inspect checkpoint`: the times up to which a store was flushed.
 *
 * @module
 */
import { basename } from "node:path";
import { readCheckpoint } from "../store/checkpoint.ts";
import { SIZE } from "../store/format.ts";
import { NAME } from "../store/names.ts";
import { EXIT } from "./exit_code.ts";
import { type Field, openRows, type OutputOptions } from "./format_option.ts";
import { notA, placeAt } from "./store_path.ts";
import { note, type Terminal } from "./terminal.ts";

const FIELDS: readonly Field[] = [
  {
    name: "physicMsgTimestamp",
    type: "time",
    about: "store time up to which the commit log was flushed",
    width: 24,
  },
  {
    name: "logicsMsgTimestamp",
    type: "time",
    about: "store time up to which the consume queues were flushed",
    width: 24,
  },
  {
    name: "indexMsgTimestamp",
    type: "time",
    about: "store time up to which complete index files were flushed",
    width: 24,
  },
  {
    name: "masterFlushedOffset",
    type: "number",
    about: "5.0 and later: what the master had flushed",
    width: 19,
  },
  {
    name: "confirmPhyOffset",
    type: "number",
    about: "5.0 and later: confirmed commit log offset",
    width: 16,
  },
  {
    name: "logicsPhysicalOffset",
    type: "number",
    about: "5.5 and later: commit log offset the queues had reached",
    width: 20,
  },
];

/** Prints a checkpoint. */
export function inspectCheckpoint(
  terminal: Terminal,
  argument: string | undefined,
  options: OutputOptions,
): number {
  const rows = openRows(terminal, FIELDS, { ...options, layout: "record" });
  if (rows === undefined) return EXIT.ok;
  const path = checkpointAt(terminal, argument);
  const size = terminal.files.stat(path)!.size;
  const checkpoint = readCheckpoint(terminal.files, path);
  if (checkpoint !== undefined) rows.row(checkpoint);
  rows.end();
  if (size === SIZE.checkpointFile) return EXIT.ok;
  terminal.out.flush();
  note(terminal, `"${path}" is damaged: it has ${size} bytes, a checkpoint ${SIZE.checkpointFile}`);
  return EXIT.left;
}

function checkpointAt(terminal: Terminal, argument: string | undefined): string {
  const place = placeAt(terminal, argument);
  if (place.kind === "file") {
    const isCheckpoint = basename(place.path) === NAME.checkpoint;
    if (isCheckpoint) return place.path;
  } else if (place.kind === "store") {
    if (terminal.files.stat(place.paths.checkpoint)?.isDirectory === false) {
      return place.paths.checkpoint;
    }
  }
  throw notA(terminal, place, NAME.checkpoint);
}
