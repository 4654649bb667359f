/**
 * `--layout` of `mq inspect consumequeue` and `batchconsumequeue`: one unit byte by byte, and the
 * extension unit it leads to.
 *
 * @module
 */
import { SCHEDULE_TOPIC } from "../../store/dispatch.ts";
import type { FileSystem } from "../../store/file.ts";
import { BATCH_QUEUE_UNIT, QUEUE_EXT_ADDRESS_MAX, QUEUE_UNIT } from "../../store/format.ts";
import type { Layout, Row } from "../../store/layout.ts";
import type { QueueKind } from "../../store/queue_reader.ts";
import { EXIT } from "../exit_code.ts";
import { Failure, usageFailure } from "../failure.ts";
import { openRows } from "../output/format_option.ts";
import { timeText } from "../output/row_writer.ts";
import { BYTE_FIELDS, byteRows, bytesAt, type ByteSource } from "../reading/byte_rows.ts";
import { type FoundQueue, type QueuePlace, queuesAt } from "../reading/queue_place.ts";
import { glanceNote, RecordGlances } from "../reading/record_glance.ts";
import type { Terminal } from "../terminal.ts";
import type { InspectConsumeQueueOptions } from "./consumequeue.ts";
import { extUnitRows } from "./consumequeue_ext.ts";

/** Prints one unit. */
export function printUnitLayout(
  terminal: Terminal,
  argument: string | undefined,
  options: InspectConsumeQueueOptions & { readonly kind: QueueKind },
): number {
  const rows = openRows(terminal, BYTE_FIELDS, { ...options, layout: "measured" });
  if (rows === undefined) return EXIT.ok;
  const { files } = terminal;
  const found = queuesAt(terminal, argument, options);
  const place = oneQueue(found.places);
  const log = new RecordGlances(files, found.commitLogs);
  const layout: Layout<readonly Row[]> = options.kind === "batch" ? BATCH_QUEUE_UNIT : QUEUE_UNIT;
  const source = unitSource(files, place, { number: options.layout!, unitBytes: layout.size });
  try {
    const meaningOf = (name: string, value: unknown) => unitMeaning(name, value, { place, log });
    for (const row of byteRows(layout, { ...source, meaningOf })) rows.row(row);
    for (const row of extensionRows(files, place, source.view)) rows.row(row);
  } finally {
    log.close();
  }
  rows.end();
  return EXIT.ok;
}

/** `--layout` shows a unit of one queue. */
function oneQueue(found: Iterable<FoundQueue>): QueuePlace {
  const places = [...found];
  const [place] = places;
  if (places.length === 1 && place !== undefined) return place.open();
  if (place === undefined) throw new Failure("There is no such queue");
  throw usageFailure(
    `--layout needs one queue, ${places.length} are meant: add --topic and --queue`,
  );
}

function unitSource(
  files: FileSystem,
  { topic, queueId, path, segments }: QueuePlace,
  { number, unitBytes }: { readonly number: number; readonly unitBytes: number },
): ByteSource {
  const position = number * unitBytes;
  const source = bytesAt(files, segments, { position, length: unitBytes });
  if (source !== undefined) return source;
  const first = segments.segments[0];
  const last = segments.segments.at(-1);
  const from = Math.ceil((first?.start ?? 0) / unitBytes);
  const to = last === undefined ? 0 : Math.ceil((last.start + last.length) / unitBytes);
  throw new Failure(
    `Queue ${
      topic === "" ? path : `${topic}/${queueId}`
    } has no unit ${number}: its files have room for ${from} to ${to - 1}`,
  );
}

function unitMeaning(
  name: string,
  value: unknown,
  { place, log }: { readonly place: QueuePlace; readonly log: RecordGlances },
): string | undefined {
  if (name === "physicalOffset") {
    const glance = log.at(value as number);
    if (glance === undefined) return undefined;
    const { record, topic, queueId, queueOffset, storeSize } = glance;
    return record === "sound"
      ? `record of ${topic}/${queueId} at ${queueOffset}, ${storeSize} bytes`
      : glanceNote(glance);
  }
  if (name === "storeTimestamp") return `store time of the record: ${timeText(value as number)}`;
  if (name !== "tagsCode") return undefined;
  const code = value as bigint;
  if (place.kind === "simple" && code <= QUEUE_EXT_ADDRESS_MAX) {
    return `address ${extOffsetOf(code)} in the extension files`;
  }
  if (place.topic === SCHEDULE_TOPIC) return `delivery time: ${timeText(Number(code))}`;
  return code === 0n ? "no tag" : "hash of the tag";
}

function extOffsetOf(tagsCode: bigint): number {
  return Number(tagsCode + (1n << 63n));
}

function extensionRows(files: FileSystem, place: QueuePlace, view: DataView): object[] {
  if (place.kind === "batch" || view.byteLength < QUEUE_UNIT.size) return [];
  const { tagsCode } = QUEUE_UNIT.read(view, 0);
  if (tagsCode > QUEUE_EXT_ADDRESS_MAX) return [];
  return extUnitRows(files, place.extensions, extOffsetOf(tagsCode)) ?? [];
}
