/**
 * `mq inspect offsets`: how far consumer groups are, and how far behind.
 *
 * @module
 */
import { EXIT } from "../exit_code.ts";
import { Failure } from "../failure.ts";
import { type Field, openRows, type OutputOptions } from "../output/format_option.ts";
import { readOffsets } from "../reading/offset_tables.ts";
import { storeAt } from "../reading/store_path.ts";
import { QueueExtents, rocksParts, rocksText } from "../reading/topic_table.ts";
import { note, type Terminal } from "../terminal.ts";
import { inspectDelayOffsets } from "./offsets_delay.ts";

/** What `mq inspect offsets` may be asked. */
export interface InspectOffsetsOptions extends OutputOptions {
  readonly group?: string | undefined;
  readonly topic?: string | undefined;
  readonly queue?: number | undefined;
  /** Whether the progress of delayed messages is shown instead. */
  readonly delay?: boolean | undefined;
}

const FIELDS: readonly Field[] = [
  { name: "group", type: "string", about: "consumer group", width: 24 },
  { name: "topic", type: "string", about: "topic", width: 24 },
  { name: "queueId", type: "number", about: "queue of the topic", width: 7 },
  { name: "consumerOffset", type: "number", about: "index the group consumes next", width: 14 },
  { name: "minOffset", type: "number", about: "index of the queue's first message", width: 9 },
  {
    name: "maxOffset",
    type: "number",
    about: "index the queue's next message gets; absent where no queue is on disk",
    width: 9,
  },
  {
    name: "lag",
    type: "number",
    about: "messages not yet consumed; negative when the group is ahead of the queue",
    width: 6,
  },
  {
    name: "note",
    type: "string",
    about: "in tables: an offset outside of its queue",
    width: 0,
    from: noteOf,
  },
];

/** Prints consumer offsets, or those of delayed messages. */
export function inspectOffsets(
  terminal: Terminal,
  argument: string | undefined,
  options: InspectOffsetsOptions,
): number {
  if (options.delay === true) return inspectDelayOffsets(terminal, argument, options);
  const rows = openRows(terminal, FIELDS, { ...options, layout: "measured" });
  if (rows === undefined) return EXIT.ok;
  const { files } = terminal;
  const paths = storeAt(terminal, argument);
  const rocks = rocksParts(files, paths);
  if (rocks.offsets) throw new Failure(rocksText(paths.root, ["consumer offsets"]));
  const { entries, groups, flaws, fileNames } = readOffsets(files, paths);
  const extents = new QueueExtents(files, paths);
  for (const { group, topic, offsets } of entries) {
    if (rows.closed) break;
    if (options.group !== undefined && options.group !== group) continue;
    if (options.topic !== undefined && options.topic !== topic) continue;
    for (const [queueId, consumerOffset] of offsets) {
      if (options.queue !== undefined && options.queue !== queueId) continue;
      const { minOffset, maxOffset } = extents.of(topic, queueId) ?? {};
      const lag = maxOffset === undefined ? undefined : maxOffset - consumerOffset;
      rows.row({ group, topic, queueId, consumerOffset, minOffset, maxOffset, lag });
    }
  }
  rows.end();
  terminal.out.flush();
  for (const flaw of flaws) note(terminal, `damaged: ${flaw}`);
  if (rocks.queues) note(terminal, rocksText(paths.root, ["consume queues"]));
  if (fileNames.length === 0 && flaws.length === 0) note(terminal, "no consumer offsets were kept");
  else if (rows.count === 0 && groups.length > 0) note(terminal, "no such consumer offsets");
  const notSeen = rocks.queues ? EXIT.operational : EXIT.ok;
  return notSeen | (flaws.length > 0 ? EXIT.left : EXIT.ok);
}

/** Says what Java does with an offset outside of its queue (`DefaultMessageStore.getMessage`). */
function noteOf(row: object): string | undefined {
  const { consumerOffset, minOffset, maxOffset } = row as {
    readonly consumerOffset: number;
    readonly minOffset?: number;
    readonly maxOffset?: number;
  };
  if (minOffset === undefined || maxOffset === undefined) return "no such queue on disk";
  if (consumerOffset < minOffset) {
    const gone = minOffset - consumerOffset;
    return `behind the queue: ${gone} messages are gone, Java goes on at ${minOffset}`;
  }
  if (consumerOffset <= maxOffset) return undefined;
  return `ahead of the queue: Java goes back to ${maxOffset}`;
}
