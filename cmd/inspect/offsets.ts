/**
 * `mq inspect offsets`: how far consumer groups are, and how far behind.
 *
 * @module
 */
import { CONSUMER_OFFSETS, type OffsetMap } from "../../store/config_tables.ts";
import type { FileSystem } from "../../store/file.ts";
import type { StorePaths } from "../../store/names.ts";
import { listSegments } from "../../store/segments.ts";
import { EXIT } from "../exit_code.ts";
import { type Field, openRows, type OutputOptions } from "../output/format_option.ts";
import { storeQueues } from "../reading/queue_place.ts";
import { storeAt } from "../reading/store_path.ts";
import { note, type Terminal } from "../terminal.ts";
import { type QueueExtent, queueExtent, readTable } from "../reading/topic_table.ts";

/** What `mq inspect offsets` may be asked. */
export interface InspectOffsetsOptions extends OutputOptions {
  readonly group?: string | undefined;
  readonly topic?: string | undefined;
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
];

/** Between topic and group in the keys of `consumerOffset.json`. */
const SEPARATOR = "@";

/** Prints consumer offsets. */
export function inspectOffsets(
  terminal: Terminal,
  argument: string | undefined,
  options: InspectOffsetsOptions,
): number {
  const rows = openRows(terminal, FIELDS, { ...options, layout: "measured" });
  if (rows === undefined) return EXIT.ok;
  const paths = storeAt(terminal, argument);
  const { entries, flaws } = readTable<ReadonlyMap<string, OffsetMap>>(
    terminal.files,
    paths,
    CONSUMER_OFFSETS,
  );
  const extents = extentsOf(terminal.files, paths);
  for (const { group, topic, offsets } of wantedEntries(entries, options)) {
    for (const [queueId, consumerOffset] of [...offsets].sort(([a], [b]) => a - b)) {
      const extent = extents(topic, queueId);
      const { minOffset, maxOffset } = extent ?? {};
      const lag = maxOffset === undefined ? undefined : maxOffset - consumerOffset;
      rows.row({ group, topic, queueId, consumerOffset, minOffset, maxOffset, lag });
    }
  }
  rows.end();
  terminal.out.flush();
  for (const flaw of flaws) note(terminal, `damaged: ${flaw}`);
  if (entries === undefined && flaws.length === 0) note(terminal, "no consumer offsets were kept");
  else if (rows.count === 0 && entries !== undefined) note(terminal, "no such consumer offsets");
  return flaws.length > 0 ? EXIT.left : EXIT.ok;
}

function wantedEntries(
  entries: ReadonlyMap<string, OffsetMap> | undefined,
  options: InspectOffsetsOptions,
) {
  const split = [...entries ?? []].map(([key, offsets]) => {
    const at = key.lastIndexOf(SEPARATOR);
    return { topic: key.slice(0, at), group: key.slice(at + 1), offsets };
  });
  return split
    .filter(({ group }) => options.group === undefined || group === options.group)
    .filter(({ topic }) => options.topic === undefined || topic === options.topic)
    .sort((a, b) => compare(a.group, b.group) || compare(a.topic, b.topic));
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Measures queues when they are asked for, each once. */
function extentsOf(files: FileSystem, paths: StorePaths) {
  const queues = new Map(
    storeQueues(files, paths).map((queue) => [`${queue.topic}/${queue.queueId}`, queue]),
  );
  const logMin = listSegments(files, paths.commitLogs).segments[0]?.start ?? 0;
  const known = new Map<string, QueueExtent>();
  return (topic: string, queueId: number): QueueExtent | undefined => {
    const name = `${topic}/${queueId}`;
    const queue = queues.get(name);
    if (queue === undefined) return undefined;
    const extent = known.get(name) ?? queueExtent(files, queue, logMin);
    known.set(name, extent);
    return extent;
  };
}
