/**
 * `mq inspect offsets --delay`: how far a broker is with delivering delayed messages, level by level.
 *
 * @module
 */
import { DELAY_OFFSETS, type OffsetMap } from "../../store/config_tables.ts";
import { delayLevelsSeen } from "../../store/check/delay_levels_seen.ts";
import { SCHEDULE_TOPIC } from "../../store/dispatch.ts";
import type { FileSystem } from "../../store/file.ts";
import { queueDirectory, type StorePaths } from "../../store/names.ts";
import { listQueueFiles, QueueReader, QueueTrees } from "../../store/queue_reader.ts";
import { listSegments } from "../../store/segments.ts";
import { EXIT } from "../exit_code.ts";
import { Failure } from "../failure.ts";
import { type Field, openRows, type OutputOptions } from "../output/format_option.ts";
import { storeAt } from "../reading/store_path.ts";
import { QueueExtents, readTable, rocksParts, rocksText } from "../reading/topic_table.ts";
import { note, type Terminal } from "../terminal.ts";

const FIELDS: readonly Field[] = [
  { name: "level", type: "number", about: "delay level", width: 5 },
  {
    name: "delay",
    type: "string",
    about: "how long it delays: as its messages tell, without one as RocketMQ's own levels do",
    width: 5,
  },
  { name: "queueId", type: "number", about: `queue of ${SCHEDULE_TOPIC}`, width: 7 },
  { name: "offset", type: "number", about: "index delivered next", width: 6 },
  { name: "minOffset", type: "number", about: "index of the queue's first message", width: 9 },
  { name: "maxOffset", type: "number", about: "index the queue's next message gets", width: 9 },
  { name: "lag", type: "number", about: "messages not yet delivered", width: 6 },
  { name: "nextDelivery", type: "time", about: "when the next of them is due", width: 24 },
  {
    name: "note",
    type: "string",
    about: "in tables: what is out of the ordinary",
    width: 0,
    from: noteOf,
  },
];

/** Prints one row a level that has an offset or messages. */
export function inspectDelayOffsets(
  terminal: Terminal,
  argument: string | undefined,
  options: OutputOptions,
): number {
  const rows = openRows(terminal, FIELDS, { ...options, layout: "measured" });
  if (rows === undefined) return EXIT.ok;
  const { files } = terminal;
  const paths = storeAt(terminal, argument);
  if (rocksParts(files, paths).queues) {
    throw new Failure(rocksText(paths.root, ["consume queues"]));
  }
  const { entries = new Map(), flaws } = readTable<OffsetMap>(files, paths, DELAY_OFFSETS);
  const extents = new QueueExtents(files, paths);
  const levelsMs = delayLevelsSeen({
    fs: files,
    log: listSegments(files, paths.commitLogs),
    queues: { queues: new QueueTrees(files, paths).queues(SCHEDULE_TOPIC) },
  });
  const levels = new Set(entries.keys());
  for (const queueId of extents.queueIds(SCHEDULE_TOPIC)) levels.add(queueId + 1);
  for (const level of [...levels].sort((a, b) => a - b)) {
    const offset = entries.get(level);
    const { minOffset, maxOffset } = extents.of(SCHEDULE_TOPIC, level - 1) ?? {};
    const from = Math.max(offset ?? 0, minOffset ?? 0);
    rows.row({
      level,
      delay: delayText(levelsMs[level - 1]),
      queueId: level - 1,
      offset,
      minOffset,
      maxOffset,
      ...(maxOffset !== undefined && { lag: maxOffset - from }),
      ...(maxOffset !== undefined && from < maxOffset && {
        nextDelivery: deliveryOf(files, paths, { level, index: from }),
      }),
    });
  }
  rows.end();
  terminal.out.flush();
  for (const flaw of flaws) note(terminal, `damaged: ${flaw}`);
  if (levels.size === 0 && flaws.length === 0) note(terminal, "nothing was ever delayed");
  return flaws.length > 0 ? EXIT.left : EXIT.ok;
}

/** The tags code of a delayed message's unit is the time it is due. */
function deliveryOf(
  files: FileSystem,
  paths: StorePaths,
  { level, index }: { readonly level: number; readonly index: number },
): number | undefined {
  const queue = { topic: SCHEDULE_TOPIC, queueId: level - 1 };
  const path = queueDirectory(paths.consumeQueue, queue);
  const reader = new QueueReader(files, listQueueFiles(files, { kind: "simple", path }));
  try {
    return reader.moveTo(index) ? Number(reader.tagsCode()) : undefined;
  } finally {
    reader.close();
  }
}

const UNITS = [["h", 3_600_000], ["m", 60_000], ["s", 1000]] as const;

/** A delay as in the setting `messageDelayLevel`. */
function delayText(delayMs: number | undefined): string | undefined {
  const unit = UNITS.find(([, unitMs]) => delayMs !== undefined && delayMs % unitMs === 0);
  return unit === undefined ? undefined : `${delayMs! / unit[1]}${unit[0]}`;
}

/** Java brings an offset outside of its queue back into it at the start (4.9 and later). */
function noteOf(row: object): string | undefined {
  const { offset, minOffset, maxOffset } = row as {
    readonly offset?: number;
    readonly minOffset?: number;
    readonly maxOffset?: number;
  };
  if (maxOffset === undefined) return offset === 0 ? undefined : "no such queue on disk";
  if (offset === undefined) return "nothing delivered so far";
  if (offset < minOffset!) return `behind the queue: Java goes on at ${minOffset}`;
  return offset > maxOffset ? `ahead of the queue: Java goes back to ${maxOffset}` : undefined;
}
