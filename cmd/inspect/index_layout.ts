/**
 * `mq inspect index --layout`: the header, a slot or an entry of an index file byte by byte.
 *
 * @module
 */
import { INDEX_ENTRY, INDEX_HEADER, INDEX_SLOT } from "../../store/format.ts";
import { entryPosition, slotPosition } from "../../store/index_geometry.ts";
import { openIndexFile } from "../../store/key_index_reader.ts";
import type { Layout, Row } from "../../store/layout.ts";
import { EXIT } from "../exit_code.ts";
import { Failure, usageFailure } from "../failure.ts";
import type { IndexPart } from "../option/index_part_option.ts";
import { openRows, type OutputOptions } from "../output/format_option.ts";
import { timeText } from "../output/row_writer.ts";
import { BYTE_FIELDS, byteRows } from "../reading/byte_rows.ts";
import { indexAt } from "../reading/index_place.ts";
import type { Terminal } from "../terminal.ts";

/** Prints a part of one index file. */
export function printIndexLayout(
  terminal: Terminal,
  argument: string | undefined,
  options: OutputOptions & { readonly part: IndexPart },
): number {
  const rows = openRows(terminal, BYTE_FIELDS, { ...options, layout: "measured" });
  if (rows === undefined) return EXIT.ok;
  const { files } = terminal;
  const { paths } = indexAt(terminal, argument);
  const [path] = paths;
  if (path === undefined || paths.length > 1) {
    throw usageFailure(`--layout needs one index file, there are ${paths.length}: name its path`);
  }
  const { layout, at } = placeOf(terminal, path, options.part);
  const file = files.openRead(path);
  const bytes = new Uint8Array(layout.size);
  const held = file.read(bytes, at);
  file.close();
  const view = new DataView(bytes.buffer, 0, held);
  for (const row of byteRows(layout, { file: path, fileAt: at, view, meaningOf })) rows.row(row);
  rows.end();
  return held < layout.size ? EXIT.left : EXIT.ok;
}

function placeOf(
  { files }: Terminal,
  path: string,
  part: IndexPart,
): { readonly layout: Layout<readonly Row[]>; readonly at: number } {
  if (part.kind === "header") return { layout: INDEX_HEADER, at: 0 };
  const reader = openIndexFile(files, path);
  if (reader === undefined) {
    throw new Failure(`"${path}" is damaged: its length is that of no index file`, {
      exitCode: EXIT.left,
    });
  }
  const { geometry } = reader;
  reader.close();
  const count = part.kind === "slot" ? geometry.slots : geometry.entries;
  if (part.number >= count) {
    throw usageFailure(
      `"${path}" has no ${part.kind} ${part.number}: the last is ${part.kind} ${count - 1}`,
    );
  }
  return part.kind === "slot"
    ? { layout: INDEX_SLOT, at: slotPosition(part.number) }
    : { layout: INDEX_ENTRY, at: entryPosition(part.number, geometry) };
}

function meaningOf(name: string, value: unknown): string | undefined {
  if (name === "beginTimestamp" || name === "endTimestamp") {
    const which = name === "beginTimestamp" ? "first" : "last";
    return `store time of the ${which} entry: ${timeText(value as number)}`;
  }
  if (name === "newestIndex" && value === 0) return "the slot is empty";
  return undefined;
}
