/**
 * `mq inspect checkpoint`: the times up to which a store was flushed.
 *
 * @module
 */
import { basename } from "node:path";
import { type FileSystem, readWholeFile } from "../../store/file.ts";
import { CHECKPOINT, SIZE } from "../../store/format.ts";
import { NAME } from "../../store/names.ts";
import { EXIT } from "../exit_code.ts";
import { type Field, openRows, type OutputOptions } from "../output/format_option.ts";
import { BYTE_FIELDS, byteRows, timeMeaning } from "../reading/byte_rows.ts";
import { holdsCheckpoint } from "../reading/file_content.ts";
import { notA, placeAt } from "../reading/store_path.ts";
import { note, type Terminal } from "../terminal.ts";

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
    about: "store time up to which the index was flushed",
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

/** What `mq inspect checkpoint` may be asked. */
export interface InspectCheckpointOptions extends OutputOptions {
  /** Whether it is shown byte by byte. */
  readonly layout?: boolean | undefined;
}

/** Prints a checkpoint. */
export function inspectCheckpoint(
  terminal: Terminal,
  argument: string | undefined,
  options: InspectCheckpointOptions,
): number {
  if (options.layout === true) return printLayout(terminal, argument, options);
  const rows = openRows(terminal, FIELDS, { ...options, layout: "record" });
  if (rows === undefined) return EXIT.ok;
  const path = checkpointAt(terminal, argument);
  const size = terminal.files.stat(path)!.size;
  const fields = wholeFields(terminal.files, path);
  if (fields.length > 0) rows.row(Object.fromEntries(fields));
  rows.end();
  return lengthVerdict(terminal, path, size);
}

function lengthVerdict(terminal: Terminal, path: string, size: number): number {
  if (size === SIZE.checkpointFile) return EXIT.ok;
  terminal.out.flush();
  note(terminal, `"${path}" is damaged: it has ${size} bytes, a checkpoint ${SIZE.checkpointFile}`);
  return EXIT.left;
}

function printLayout(
  terminal: Terminal,
  argument: string | undefined,
  options: OutputOptions,
): number {
  const rows = openRows(terminal, BYTE_FIELDS, { ...options, layout: "measured" });
  if (rows === undefined) return EXIT.ok;
  const path = checkpointAt(terminal, argument);
  const bytes = readWholeFile(terminal.files, path) ?? new Uint8Array();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const abouts = new Map(FIELDS.map(({ name, type, about }) => [name, { type, about }]));
  const meaningOf = (name: string, value: unknown) => {
    const { type, about } = abouts.get(name)!;
    return type === "time" ? timeMeaning(value as number, about) : about;
  };
  const source = { file: path, fileAt: 0, view, meaningOf };
  for (const row of byteRows(CHECKPOINT, source)) rows.row(row);
  rows.end();
  return lengthVerdict(terminal, path, bytes.length);
}

/** What the file is long enough for: a number that is cut in two would be any number. */
function wholeFields(files: FileSystem, path: string): readonly (readonly [string, unknown])[] {
  const bytes = readWholeFile(files, path) ?? new Uint8Array();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return [...CHECKPOINT.walk(view, 0)].filter((field) => field.value !== undefined)
    .map(({ name, value }) => [name, value] as const);
}

function checkpointAt(terminal: Terminal, argument: string | undefined): string {
  const place = placeAt(terminal, argument);
  if (place.kind === "file") {
    const isCheckpoint = basename(place.path) === NAME.checkpoint ||
      holdsCheckpoint(terminal.files, place.path);
    if (isCheckpoint) return place.path;
  } else if (place.kind === "store") {
    if (terminal.files.stat(place.paths.checkpoint)?.isDirectory === false) {
      return place.paths.checkpoint;
    }
  }
  throw notA(terminal, place, NAME.checkpoint);
}
