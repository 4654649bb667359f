/**
 * `mq inspect consumequeue-ext`: the units of consume queue extension files, in which a broker keeps
 * which groups' filters let a message pass.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { FileSystem } from "../../store/file.ts";
import { QUEUE_EXT_UNIT } from "../../store/format.ts";
import { stringHash } from "../../store/hash.ts";
import { extAddress, type QueueExtItem, QueueExtReader } from "../../store/queue_ext_reader.ts";
import type { SegmentList } from "../../store/segments.ts";
import { EXIT } from "../exit_code.ts";
import { usageFailure } from "../failure.ts";
import { isWithin, timeRangeOf } from "../option/time_option.ts";
import { type Field, openRows, type OutputOptions } from "../output/format_option.ts";
import type { RowWriter } from "../output/row_writer.ts";
import { BYTE_FIELDS, type ByteRow, byteRows, bytesAt, timeMeaning } from "../reading/byte_rows.ts";
import { extensionsAt, type ExtPlace } from "../reading/ext_place.ts";
import { toldNames } from "../reading/queue_place.ts";
import { note, type Terminal } from "../terminal.ts";

/** What `mq inspect consumequeue-ext` may be asked. */
export interface InspectQueueExtOptions extends OutputOptions {
  readonly topic?: string | undefined;
  readonly queue?: number | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly tag?: string | undefined;
  readonly limit?: number | undefined;
  /** Offset of the unit to show byte by byte. */
  readonly layout?: number | undefined;
}

const FIELDS: readonly Field[] = [
  {
    name: "kind",
    type: "string",
    about: "unit, or damage, behind which the file is not read",
    width: 6,
  },
  { name: "topic", type: "string", about: "topic", width: 24 },
  { name: "queueId", type: "number", about: "queue of the topic", width: 7 },
  { name: "offset", type: "number", about: "where the unit starts in the files", width: 8 },
  { name: "address", type: "string", about: "tags code of the queue unit that leads here" },
  { name: "size", type: "number", about: "bytes of the unit", width: 5 },
  { name: "tagsCode", type: "string", about: "hash of the tag", width: 12 },
  { name: "storeTimestamp", type: "time", about: "store time of the message", width: 24 },
  { name: "bitMap", type: "string", about: "groups it passes, in hex", width: 28 },
  { name: "file", type: "string", about: "file of the damage" },
  { name: "damage", type: "string", about: "what is wrong", width: 0 },
];

/** Prints extension units. */
export function inspectQueueExt(
  terminal: Terminal,
  argument: string | undefined,
  options: InspectQueueExtOptions,
): number {
  const { topic, queue, from, to, layout } = options;
  if (from !== undefined && to !== undefined && from > to) {
    throw usageFailure("--from is behind --to");
  }
  const isLayout = layout !== undefined;
  const rows = openRows(terminal, isLayout ? BYTE_FIELDS : FIELDS, {
    ...options,
    layout: isLayout ? "measured" : "stream",
  });
  if (rows === undefined) return EXIT.ok;
  const places = extensionsAt(terminal, argument)
    .filter((it) => topic === undefined || it.topic === topic)
    .filter((it) => queue === undefined || it.queueId === queue);
  const damages = isLayout
    ? printLayout(terminal.files, rows, { places, offset: layout })
    : printUnits(terminal, rows, { places, options });
  rows.end();
  terminal.out.flush();
  if (places.length === 0) note(terminal, "no such queue");
  if (options.tag !== undefined) {
    note(terminal, `--tag compares hashes: other tags may have that of "${options.tag}"`);
  }
  return damages > 0 ? EXIT.left : EXIT.ok;
}

function printUnits(
  terminal: Terminal,
  rows: RowWriter,
  { places, options }: {
    readonly places: readonly ExtPlace[];
    readonly options: InspectQueueExtOptions;
  },
): number {
  const isWanted = unitFilter(options, terminal.now());
  let units = 0;
  let damages = 0;
  for (const { extensions, ...names } of places) {
    const reader = new QueueExtReader(terminal.files, extensions);
    try {
      for (const item of reader.units()) {
        if (rows.closed || units >= (options.limit ?? Infinity)) return damages;
        if (item.unit === undefined) {
          damages++;
          rows.row({ kind: "damage", ...toldNames(names), ...damageOf(item, extensions) });
        } else if (isWanted(item)) {
          units++;
          rows.row({ kind: "unit", ...toldNames(names), ...unitOf(item) });
        } else rows.tick();
      }
    } finally {
      reader.close();
    }
  }
  return damages;
}

function unitFilter(options: InspectQueueExtOptions, nowMs: number) {
  const { from = 0, to = Infinity, tag } = options;
  const times = timeRangeOf(options, nowMs);
  const code = tag === undefined ? undefined : BigInt(stringHash(tag));
  return ({ at, unit }: QueueExtItem): boolean => {
    if (unit === undefined || at < from || at >= to) return false;
    if (code !== undefined && unit.tagsCode !== code) return false;
    return isWithin(times, unit.storeTimestamp);
  };
}

function unitOf({ at, unit }: QueueExtItem): object {
  const { size, tagsCode, storeTimestamp, bitMap } = unit!;
  return {
    offset: at,
    address: String(extAddress(at)),
    size,
    tagsCode: String(tagsCode),
    storeTimestamp,
    bitMap: Buffer.from(bitMap).toString("hex"),
  };
}

function damageOf({ at, flaw }: QueueExtItem, { segments }: SegmentList): object {
  const file = segments.find((it) => at >= it.start && at < it.start + it.length)?.path;
  const damage = `expected ${flaw?.expected}, found ${flaw?.found}`;
  return { offset: at, ...(file !== undefined && { file }), damage };
}

function printLayout(
  files: FileSystem,
  rows: RowWriter,
  { places, offset }: { readonly places: readonly ExtPlace[]; readonly offset: number },
): number {
  const [place] = places;
  if (place === undefined) return 0;
  if (places.length > 1) {
    throw usageFailure(
      `--layout needs one queue, ${places.length} are meant: add --topic and --queue`,
    );
  }
  const found = extUnitRows(files, place.extensions, offset);
  if (found === undefined) {
    const last = place.extensions.segments.at(-1)!;
    throw usageFailure(
      `${
        place.topic === "" ? "The queue" : `Queue ${place.topic}/${place.queueId}`
      } has no extension at ${offset}: its files end at ` +
        `${last.start + last.length}`,
    );
  }
  for (const row of found) rows.row(row);
  return 0;
}

/** The extension unit at an offset byte by byte; `undefined` where no file has the offset. */
export function extUnitRows(
  files: FileSystem,
  extensions: SegmentList,
  offset: number,
): ByteRow[] | undefined {
  const reader = new QueueExtReader(files, extensions);
  const size = reader.read(offset).unit?.size ?? QUEUE_EXT_UNIT.size;
  reader.close();
  const source = bytesAt(files, extensions, { position: offset, length: size });
  if (source === undefined) return undefined;
  return byteRows(QUEUE_EXT_UNIT, {
    ...source,
    meaningOf: (name, value) =>
      name === "storeTimestamp"
        ? timeMeaning(value as number, "store time of the message")
        : name === "size" && value === -1
        ? "end of the file"
        : undefined,
  });
}
