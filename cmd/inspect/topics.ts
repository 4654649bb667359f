/**
 * `mq inspect topics`: the topics of a store and what their queues have.
 *
 * @module
 */
import { join } from "node:path";
import { type TopicEntry, TOPICS } from "../../store/config_tables.ts";
import { NAME } from "../../store/names.ts";
import { type QueueDirectory, QueueTrees } from "../../store/queue_reader.ts";
import { listSegments } from "../../store/segments.ts";
import { EXIT } from "../exit_code.ts";
import { Failure } from "../failure.ts";
import { type Field, openRows, type OutputOptions } from "../output/format_option.ts";
import { RecordReader } from "../reading/record_reader.ts";
import { storeAt } from "../reading/store_path.ts";
import { note, type Terminal } from "../terminal.ts";
import { topicKind } from "./topic_kind.ts";
import { queueExtent, readTable, rocksParts, rocksText } from "../reading/topic_table.ts";

/** What `mq inspect topics` may be asked. */
export interface InspectTopicsOptions extends OutputOptions {
  readonly topic?: string | undefined;
  /** Whether queues are listed and not topics. */
  readonly queues?: boolean | undefined;
}

const TOPIC: Field = { name: "topic", type: "string", about: "topic", width: 24 };
const MESSAGES: Field = {
  name: "messages",
  type: "number",
  about: "messages in the queues that the log still has",
  width: 8,
};
const FIRST: Field = {
  name: "firstStoreTimestamp",
  type: "time",
  about: "store time of the first message",
  width: 24,
};
const LAST: Field = {
  name: "lastStoreTimestamp",
  type: "time",
  about: "store time of the last message",
  width: 24,
};

const TOPIC_FIELDS: readonly Field[] = [
  TOPIC,
  {
    name: "configured",
    type: "boolean",
    about: "whether topics.json has it; false for a deleted or forgotten topic",
    width: 10,
  },
  { name: "perm", type: "number", about: "bits: 8 priority, 4 read, 2 write, 1 inherit" },
  {
    name: "access",
    type: "string",
    about: "perm in words; a topic without read or write is closed to consumers or producers",
    width: 18,
  },
  { name: "readQueueNums", type: "number", about: "queues consumers see", width: 13 },
  { name: "writeQueueNums", type: "number", about: "queues producers see", width: 14 },
  { name: "queues", type: "number", about: "queues on disk", width: 6 },
  MESSAGES,
  FIRST,
  LAST,
  { name: "order", type: "boolean", about: "whether it is an ordered topic", width: 5 },
  { name: "kind", type: "string", about: "kind of the queues on disk: simple or batch", width: 6 },
  { name: "topicSysFlag", type: "number", about: "bits: 1 unit, 2 unit subscription" },
  { name: "topicFilterType", type: "string", about: "SINGLE_TAG or MULTI_TAG" },
  { name: "attributes", type: "object", about: "5.x: attributes such as queue.type" },
  {
    name: "note",
    type: "string",
    about: "in tables: what is out of the ordinary",
    width: 0,
    from: noteOf,
  },
];

const QUEUE_FIELDS: readonly Field[] = [
  TOPIC,
  { name: "queueId", type: "number", about: "queue of the topic", width: 7 },
  { name: "kind", type: "string", about: "simple or batch", width: 6 },
  { name: "minOffset", type: "number", about: "index of the first message", width: 9 },
  { name: "maxOffset", type: "number", about: "index the next message gets", width: 9 },
  MESSAGES,
  FIRST,
  LAST,
];

/** What one queue has. */
interface QueueRow {
  readonly topic: string;
  readonly queueId: number;
  readonly kind: string;
  /** Absent, as what follows, of a queue this user may not read. */
  readonly minOffset?: number;
  readonly maxOffset?: number;
  readonly messages?: number;
  readonly firstStoreTimestamp?: number;
  readonly lastStoreTimestamp?: number;
}

/** Prints topics or their queues. */
export function inspectTopics(
  terminal: Terminal,
  argument: string | undefined,
  options: InspectTopicsOptions,
): number {
  const fields = options.queues === true ? QUEUE_FIELDS : TOPIC_FIELDS;
  const rows = openRows(terminal, fields, { ...options, layout: "measured" });
  if (rows === undefined) return EXIT.ok;
  const { files, unreadable } = terminal;
  const paths = storeAt(terminal, argument);
  unreadable?.goOnDenied();
  const rocks = rocksParts(files, paths);
  if (rocks.queues && (rocks.topics || options.queues === true)) {
    const parts = rocks.topics ? ["topics", "consume queues"] : ["consume queues"];
    throw new Failure(rocksText(paths.root, parts));
  }
  const isWanted = (topic: string) => options.topic === undefined || options.topic === topic;
  const trees = new QueueTrees(files, paths);
  const log = new RecordReader(files, listSegments(files, paths.commitLogs));
  const table = readTable<ReadonlyMap<string, TopicEntry>>(files, paths, TOPICS);
  const isDenied = unreadable?.isDeniedAt(join(paths.config, NAME.topics)) === true;
  const isUnknown = isDenied && table.entries === undefined;
  try {
    const measure = (queue: QueueDirectory) => queueRow(terminal, queue, log);
    if (options.queues === true) {
      for (const queue of trees.walk(options.topic)) {
        if (rows.closed) break;
        rows.row(measure(queue));
      }
    } else {
      const folders = new Set(trees.topics());
      const names = new Set([...table.entries?.keys() ?? [], ...folders]);
      for (const topic of [...names].filter(isWanted).sort()) {
        if (rows.closed) break;
        const entry = table.entries?.get(topic);
        const queues = folders.has(topic) ? trees.queues(topic) : [];
        const isClosed = queues.length === 0 &&
          unreadable?.isDeniedIn(join(paths.consumeQueue, topic)) === true;
        if (entry === undefined && queues.length === 0 && !isClosed) continue;
        const own = rocks.queues || isClosed ? undefined : queues.map(measure);
        rows.row(topicRow(topic, { entry, own, isUnknown }));
      }
    }
  } finally {
    log.close();
  }
  rows.end();
  terminal.out.flush();
  const flaws = isDenied ? [] : table.flaws;
  for (const flaw of flaws) note(terminal, `damaged: ${flaw}`);
  if (isDenied && !isUnknown) {
    note(terminal, `${NAME.topics} may not be read: read its .bak instead`);
  }
  if (rows.count === 0 && options.topic !== undefined) {
    const isAll = unreadable?.isSound !== false;
    note(terminal, isAll ? "no such topic" : "no such topic in what could be read");
  }
  if (rocks.topics) note(terminal, rocksText(paths.root, ["topics"]));
  if (rocks.queues) note(terminal, rocksText(paths.root, ["consume queues"]));
  const notSeen = rocks.topics || rocks.queues ? EXIT.operational : EXIT.ok;
  return notSeen | (flaws.length > 0 ? EXIT.left : EXIT.ok);
}

function queueRow(terminal: Terminal, queue: QueueDirectory, log: RecordReader): QueueRow {
  const { topic, queueId, kind } = queue;
  const { minOffset, maxOffset, firstRecord, lastRecord } = queueExtent(
    terminal.files,
    queue,
    log.start,
  );
  if (terminal.unreadable?.isDeniedIn(queue.path) === true) return { topic, queueId, kind };
  const first = storeTimeAt(log, firstRecord);
  const last = storeTimeAt(log, lastRecord);
  return {
    topic,
    queueId,
    kind,
    minOffset,
    maxOffset,
    messages: Math.max(0, maxOffset - minOffset),
    ...(first === undefined ? {} : { firstStoreTimestamp: first }),
    ...(last === undefined ? {} : { lastStoreTimestamp: last }),
  };
}

function storeTimeAt(log: RecordReader, offset: number): number | undefined {
  if (offset < 0 || log.read(offset) !== undefined) return undefined;
  return log.record.storeTimestamp();
}

function topicRow(
  topic: string,
  { entry, own, isUnknown }: {
    readonly entry: TopicEntry | undefined;
    /** Whether nobody can tell what is configured. */
    readonly isUnknown: boolean;
    /** `undefined` where the queues cannot be read. */
    readonly own: readonly QueueRow[] | undefined;
  },
): object {
  return {
    topic,
    ...(!isUnknown && { configured: entry !== undefined }),
    ...(entry && {
      perm: entry.perm,
      access: accessOf(entry.perm),
      readQueueNums: entry.readQueueNums,
      writeQueueNums: entry.writeQueueNums,
      order: entry.order,
      topicSysFlag: entry.topicSysFlag,
      topicFilterType: entry.topicFilterType,
      ...(entry.attributes && { attributes: entry.attributes }),
    }),
    ...(own && queueSums(own)),
  };
}

function queueSums(own: readonly QueueRow[]): object {
  const isKnown = own.every((row) => row.messages !== undefined);
  const firsts = own.flatMap((row) => row.firstStoreTimestamp ?? []);
  const lasts = own.flatMap((row) => row.lastStoreTimestamp ?? []);
  return {
    queues: own.length,
    ...(own.length > 0 && { kind: [...new Set(own.map((row) => row.kind))].join(",") }),
    ...(isKnown && { messages: own.reduce((sum, row) => sum + row.messages!, 0) }),
    ...(isKnown && firsts.length > 0 && { firstStoreTimestamp: Math.min(...firsts) }),
    ...(isKnown && lasts.length > 0 && { lastStoreTimestamp: Math.max(...lasts) }),
  };
}

/** Bits of a topic's permission (Java: `PermName`). */
const PERM_BITS = [["priority", 8], ["read", 4], ["write", 2], ["inherit", 1]] as const;

function accessOf(perm: number): string {
  const words = PERM_BITS.filter(([, bit]) => (perm & bit) !== 0).map(([word]) => word);
  return words.length === 0 ? "none" : words.join(",");
}

function noteOf(row: object): string | undefined {
  const it = row as {
    readonly topic: string;
    readonly configured?: boolean;
    readonly kind?: string;
    readonly attributes?: Readonly<Record<string, unknown>>;
    readonly queues?: number;
    readonly readQueueNums?: number;
    readonly writeQueueNums?: number;
  };
  const { configured, kind, attributes, queues, readQueueNums = 0, writeQueueNums = 0 } = it;
  if (configured === undefined) return undefined;
  // Brokers keep light queues in no table.
  if (!configured && topicKind(it.topic) === "light") return undefined;
  if (!configured) return "not in topics.json: deleted, or its line was lost";
  const type = attributes?.["queue.type"];
  const isOther = kind !== undefined && typeof type === "string" &&
    (type === "BatchCQ") !== (kind === "batch");
  if (isOther) return `topics.json says queue.type ${type}, on disk they are ${kind}`;
  const known = Math.max(readQueueNums, writeQueueNums);
  const more = (queues ?? 0) - known;
  return more > 0 ? `queues on disk that topics.json does not know: ${more}` : undefined;
}
