/**
 * `mq inspect groups`: the consumer groups of a store, from `subscriptionGroup.json` and from the
 * offsets they left.
 *
 * @module
 */
import { type GroupEntry, SUBSCRIPTION_GROUPS } from "../../store/config_tables.ts";
import type { StorePaths } from "../../store/names.ts";
import { EXIT } from "../exit_code.ts";
import { Failure } from "../failure.ts";
import { type Field, openRows, type OutputOptions } from "../output/format_option.ts";
import { type GroupOffsets, readOffsets } from "../reading/offset_tables.ts";
import { storeAt } from "../reading/store_path.ts";
import { QueueExtents, readTable, rocksParts, rocksText } from "../reading/topic_table.ts";
import { note, type Terminal } from "../terminal.ts";

/** What `mq inspect groups` may be asked. */
export interface InspectGroupsOptions extends OutputOptions {
  readonly group?: string | undefined;
  readonly topic?: string | undefined;
}

const FIELDS: readonly Field[] = [
  { name: "group", type: "string", about: "consumer group", width: 24 },
  {
    name: "configured",
    type: "boolean",
    about: "whether subscriptionGroup.json has it; false: only its offsets are there",
    width: 10,
  },
  { name: "consumeEnable", type: "boolean", about: "whether it may consume", width: 13 },
  {
    name: "consumeBroadcastEnable",
    type: "boolean",
    about: "whether it may consume in broadcast mode; such consumers keep offsets themselves",
    width: 22,
  },
  { name: "consumeMessageOrderly", type: "boolean", about: "5.x: whether POP keeps the order" },
  { name: "retryQueueNums", type: "number", about: "queues of its retry topic", width: 14 },
  {
    name: "retryMaxTimes",
    type: "number",
    about: "retries before the dead-letter topic",
    width: 13,
  },
  { name: "topics", type: "list", about: "topics it has offsets in", width: 24 },
  { name: "queues", type: "number", about: "queues it has offsets in", width: 6 },
  {
    name: "lag",
    type: "number",
    about: "messages not yet consumed in them, of queues on disk; its retry topics count",
    width: 6,
  },
  {
    name: "retryMessages",
    type: "number",
    about: "messages its retry topics still have",
    width: 13,
  },
  { name: "deadMessages", type: "number", about: "messages in its dead-letter topic", width: 12 },
  { name: "attributes", type: "object", about: "5.x: its attributes" },
  {
    name: "note",
    type: "string",
    about: "in tables: what is out of the ordinary",
    width: 0,
    from: noteOf,
  },
];

const RETRY_PREFIX = "%RETRY%";
const DEAD_PREFIX = "%DLQ%";
/** Between group and topic in the retry topics of POP consumers, in the order of the releases. */
const POP_SEPARATORS = ["_", "+"];

/** Prints one row a group. */
export function inspectGroups(
  terminal: Terminal,
  argument: string | undefined,
  options: InspectGroupsOptions,
): number {
  const rows = openRows(terminal, FIELDS, { ...options, layout: "measured" });
  if (rows === undefined) return EXIT.ok;
  const { files } = terminal;
  const paths = storeAt(terminal, argument);
  const rocks = rocksParts(files, paths);
  if (rocks.groups || rocks.offsets) {
    throw new Failure(rocksText(paths.root, ["groups", "consumer offsets"]));
  }
  const groups = readTable<ReadonlyMap<string, GroupEntry>>(files, paths, SUBSCRIPTION_GROUPS);
  const offsets = readOffsets(files, paths);
  const measure = groupMeasure(terminal, paths);
  const names = new Set([...groups.entries?.keys() ?? [], ...offsets.groups]);
  const entries = offsets.entries[Symbol.iterator]();
  let entry = entries.next();
  for (const group of [...names].sort()) {
    if (rows.closed) break;
    const own: GroupOffsets[] = [];
    for (; entry.done !== true && entry.value.group === group; entry = entries.next()) {
      own.push(entry.value);
    }
    if (options.group !== undefined && options.group !== group) continue;
    if (options.topic !== undefined && !own.some((it) => it.topic === options.topic)) continue;
    const configured = groups.entries?.get(group);
    rows.row({ group, ...configOf(configured), ...measure(group, own) });
  }
  rows.end();
  terminal.out.flush();
  const flaws = [...groups.flaws, ...offsets.flaws];
  for (const flaw of flaws) note(terminal, `damaged: ${flaw}`);
  if (rows.count === 0 && flaws.length === 0) {
    const isAll = options.group === undefined && options.topic === undefined;
    note(terminal, isAll ? "no groups were kept" : "no such group");
  }
  if (rocks.queues) note(terminal, rocksText(paths.root, ["consume queues"]));
  const notSeen = rocks.queues ? EXIT.operational : EXIT.ok;
  return notSeen | (flaws.length > 0 ? EXIT.left : EXIT.ok);
}

function configOf(entry: GroupEntry | undefined): object {
  if (entry === undefined) return { configured: false };
  const { consumeMessageOrderly, attributes } = entry;
  return {
    configured: true,
    consumeEnable: entry.consumeEnable,
    consumeBroadcastEnable: entry.consumeBroadcastEnable,
    ...(consumeMessageOrderly !== undefined && { consumeMessageOrderly }),
    retryQueueNums: entry.retryQueueNums,
    retryMaxTimes: entry.retryMaxTimes,
    ...(attributes !== undefined && { attributes }),
  };
}

/** Counts what a group has consumed and what waits for it. */
function groupMeasure({ files }: Terminal, paths: StorePaths) {
  const extents = new QueueExtents(files, paths);
  const messagesOf = (topics: Iterable<string>) => {
    let sum = 0;
    for (const topic of topics) {
      for (const queueId of extents.queueIds(topic)) {
        const { minOffset, maxOffset } = extents.of(topic, queueId)!;
        sum += Math.max(0, maxOffset - minOffset);
      }
    }
    return sum;
  };
  return (group: string, own: readonly GroupOffsets[]): object => {
    let lag: number | undefined;
    for (const { topic, offsets } of own) {
      for (const [queueId, offset] of offsets) {
        const maxOffset = extents.of(topic, queueId)?.maxOffset;
        if (maxOffset !== undefined) lag = (lag ?? 0) + Math.max(0, maxOffset - offset);
      }
    }
    const retry = `${RETRY_PREFIX}${group}`;
    const popRetries = POP_SEPARATORS.flatMap((it) => own.map(({ topic }) => retry + it + topic));
    const retries = new Set([retry, ...popRetries]);
    return {
      topics: own.map((it) => it.topic),
      queues: own.reduce((sum, it) => sum + it.offsets.size, 0),
      ...(lag !== undefined && { lag }),
      retryMessages: messagesOf(retries),
      deadMessages: messagesOf([`${DEAD_PREFIX}${group}`]),
    };
  };
}

function noteOf(row: object): string | undefined {
  const { configured, consumeEnable } = row as { configured: boolean; consumeEnable?: boolean };
  if (!configured) return "only its offsets are there: not in subscriptionGroup.json";
  return consumeEnable === false ? "may not consume" : undefined;
}
