/**
 * Every layout RocketMQ keeps on disk, once. Readers, writers, the inspector's byte view and
 * `FORMAT.md` are all made from these tables; nothing else in the project types an offset.
 * On disk: never reorder a row, never renumber a constant.
 *
 * @module
 */
import { bytes, host, i16, i32, i64, i8, raw64, record, type Row, text } from "./layout.ts";

/** Bits of a record's `sysFlag` (Java: `MessageSysFlag`). */
export const SYS_FLAG = {
  compressed: 0x1,
  multiTags: 0x2,
  transactionMask: 0xc,
  transactionPrepared: 0x4,
  transactionCommit: 0x8,
  transactionRollback: 0xc,
  bornHostV6: 0x10,
  storeHostV6: 0x20,
  needUnwrap: 0x40,
  innerBatch: 0x80,
  compressionMask: 0x700,
  compressionLz4: 0x100,
  compressionZstd: 0x200,
  compressionZlib: 0x300,
} as const;

/** Second word of whatever stands in the commit log. */
export const MAGIC = {
  /** Message whose topic length is one byte; the only one up to 5.0. */
  v1: -626843481,
  /** Message whose topic length is two bytes; for topics over 127 characters, since 5.1. */
  v2: -626843477,
  /** Filler from here to the end of the file. */
  blank: -875286124,
} as const;

const HEAD = [
  ["totalSize", i32, "bytes of the whole record, this field included"],
  ["magic", i32, "which layout follows"],
  ["bodyCRC", i32, "CRC-32 of the body as stored, without its top bit"],
  ["queueId", i32, "queue of the topic"],
  ["flag", i32, "user's own flag"],
  ["queueOffset", i64, "index in the consume queue; 0 for prepared and rolled-back records"],
  ["physicalOffset", i64, "where this record starts in the whole log"],
  ["sysFlag", i32, "compression, transaction state, address families, batch"],
  ["bornTimestamp", i64, "producer's clock, milliseconds"],
  ["bornHost", host(SYS_FLAG.bornHostV6), "producer's address, 8 or 20 bytes"],
  ["storeTimestamp", i64, "broker's clock at the append, milliseconds"],
  ["storeHost", host(SYS_FLAG.storeHostV6), "broker's address, 8 or 20 bytes"],
  ["reconsumeTimes", i32, "times a consumer gave the message back"],
  ["preparedTransactionOffset", i64, "half message of a committed one, else 0"],
  ["body", bytes(i32), "body as the producer sent it, perhaps compressed"],
] as const satisfies readonly Row[];

const TAIL = [
  ["properties", text(i16), "pairs of name 0x01 value 0x02"],
] as const satisfies readonly Row[];

/** A message in the commit log, and on the wire in a pull response. */
export const MESSAGE_V1 = record([...HEAD, ["topic", text(i8), "topic in UTF-8"], ...TAIL]);

/** A message whose topic has more than 127 characters. */
export const MESSAGE_V2 = record([...HEAD, ["topic", text(i16), "topic in UTF-8"], ...TAIL]);

/** What the last record of a commit log file is followed by. */
export const BLANK = record([
  ["length", i32, "bytes from here to the end of the file"],
  ["magic", i32, "end-of-file marker"],
]);

/** Entry of a consume queue; entry n of a queue stands at byte 20·n. */
export const QUEUE_UNIT = record([
  ["physicalOffset", i64, "where the record starts in the commit log"],
  ["size", i32, "bytes of the record"],
  ["tagsCode", raw64, "hash of the tag, delivery time of a delayed message, or extension address"],
]);

/** Filler units at the start of a queue that begins in the middle of a file. */
export const QUEUE_PADDING = { physicalOffset: 0, size: 0x7fffffff, tagsCode: 0n } as const;

/** Entry of a consume queue extension file, behind it the filter's bit map. */
export const QUEUE_EXT_UNIT = record([
  ["size", i16, "bytes of the unit; −1 marks the end of the file"],
  ["tagsCode", raw64, "hash of the tag"],
  ["storeTimestamp", i64, "store time of the message"],
  ["bitMap", bytes(i16), "groups whose filter lets the message pass"],
]);

/** A `tagsCode` at or below this is an address into the extension files, less 2^63. */
export const QUEUE_EXT_ADDRESS_MAX = -2147483649n;

/** Entry of a batch consume queue (5.x). */
export const BATCH_QUEUE_UNIT = record([
  ["physicalOffset", i64, "where the record starts in the commit log"],
  ["size", i32, "bytes of the record"],
  ["tagsCode", raw64, "hash of the tag"],
  ["storeTimestamp", i64, "store time of the record"],
  ["baseOffset", i64, "queue index of the first message in the batch"],
  ["batchSize", i16, "messages in the batch"],
  ["compactedOffset", i32, "−1"],
  ["reserved", i32, "0"],
]);

/** First bytes of an index file. */
export const INDEX_HEADER = record([
  ["beginTimestamp", i64, "store time of the first entry"],
  ["endTimestamp", i64, "store time of the last entry"],
  ["beginPhyOffset", i64, "commit log offset of the first entry"],
  ["endPhyOffset", i64, "commit log offset of the last entry"],
  ["hashSlotCount", i32, "slots in use; up to 4.7.0 the count of all puts"],
  ["indexCount", i32, "number of the next entry; starts at 1"],
]);

/** Hash slot of an index file: number of its newest entry, 0 when empty. */
export const INDEX_SLOT = record([["newestIndex", i32, "number of the slot's newest entry"]]);

/** Entry of an index file; entry 0 is never used. */
export const INDEX_ENTRY = record([
  ["keyHash", i32, "hash of topic#key, not negative"],
  ["physicalOffset", i64, "where the record starts in the commit log"],
  ["secondsFromBegin", i32, "store time less the file's beginTimestamp, in seconds"],
  ["prevIndex", i32, "entry before it in the same slot, 0 at the end"],
]);

/** The file `checkpoint`: these fields, then zeros up to one page. */
export const CHECKPOINT = record([
  ["physicMsgTimestamp", i64, "store time up to which the commit log was flushed"],
  ["logicsMsgTimestamp", i64, "store time up to which the consume queues were flushed"],
  ["indexMsgTimestamp", i64, "store time up to which the index was flushed"],
  ["masterFlushedOffset", i64, "5.0 and later: what the master had flushed"],
  ["confirmPhyOffset", i64, "5.0 and later: confirmed log offset"],
  ["logicsPhysicalOffset", i64, "5.5 and later: log offset the queues had reached"],
]);

/** First word of the file `queueends`, and what follows it so far. */
export const QUEUE_ENDS = { magic: 0x6d715145, version: 1 } as const;

/** First bytes of the file `queueends`, which only mq keeps. */
export const QUEUE_ENDS_HEAD = record([
  ["magic", i32, "1836142917"],
  ["version", i32, "1"],
  ["tableCRC", i32, "CRC-32 of all that follows"],
  ["checkpointCRC", i32, "CRC-32 of the file checkpoint"],
  ["logStart", i64, "where the commit log begins"],
  ["logEnd", i64, "where it ends"],
  ["indexEnd", i64, "commit log offset of the last record with keys in the index, 0 without one"],
  ["folderTime", i64, "when consumequeue was changed last, −1 without it"],
  ["topicCount", i32, "topics in consumequeue, which follow first"],
  ["batchFolderTime", i64, "when batchconsumequeue was changed last, −1 without it"],
  ["batchTopicCount", i32, "topics in batchconsumequeue"],
]);

/** A topic in the file `queueends`; its queues follow. */
export const QUEUE_ENDS_TOPIC = record([
  ["folderTime", i64, "when the topic's folder was changed last, −1 without it"],
  ["queueCount", i32, "queues of the topic"],
  ["topic", text(i16), "its name"],
]);

/** A queue in the file `queueends`. */
export const QUEUE_ENDS_QUEUE = record([
  ["queueId", i32, "queue of the topic"],
  ["min", i64, "index of the first message that may still be read"],
  ["end", i64, "index behind the last message"],
  ["firstUnit", i64, "number of the first unit; in a simple queue min"],
  ["endUnit", i64, "number behind the last unit; in a simple queue end"],
  ["staleEnd", i64, "number behind the last unit that is not of the queue any more, 0 without one"],
  ["physicalOffset", i64, "where the last unit's record starts, 0 without units"],
  ["size", i32, "bytes of that record"],
  ["fileStart", i64, "position in the queue at which its last file starts"],
  ["fileBytes", i64, "bytes of that file, 0 where the queue has none"],
  ["fileTime", i64, "when it was changed last"],
  ["olderFilesCRC", i32, "CRC-32 of start, length and time, an i64 each, of its older files, or 0"],
]);

/** Entry of the timer log (5.x). */
export const TIMER_LOG_UNIT = record([
  ["size", i32, "52"],
  ["prevPosition", i64, "earlier unit of the same wheel slot, −1 at the end"],
  ["magic", i32, "bits: 1 default, 2 roll, 4 delete"],
  ["enqueueTime", i64, "when the unit was written, milliseconds"],
  ["delayMs", i32, "due time less enqueue time"],
  ["physicalOffset", i64, "commit log offset of the parked record"],
  ["messageSize", i32, "bytes of the parked record"],
  ["topicHash", i32, "hash of the real topic"],
  ["reserved", i64, "0"],
]);

/** Slot of the timer wheel (5.x). */
export const TIMER_SLOT = record([
  ["timeSeconds", i64, "due time in units of the precision"],
  ["firstPosition", i64, "first timer log unit of the slot"],
  ["lastPosition", i64, "last timer log unit of the slot"],
  ["count", i32, "messages due"],
  ["magic", i32, "0"],
]);

/** Bits of a timer log unit's `magic` (Java: `TimerMessageStore.MAGIC_…`). */
export const TIMER_MAGIC = {
  default: 0x1,
  /** Parked further ahead than the wheel reaches: it comes back to be parked again. */
  roll: 0x2,
  /** Takes back the message with the same unique key. */
  delete: 0x4,
  /** Other bits are never set. */
  mask: 0xf,
} as const;

/** The file `config/timercheck` (5.x): these fields, then zeros up to one page. */
export const TIMER_CHECKPOINT = record([
  ["lastReadTime", i64, "due time up to which parked messages were delivered, milliseconds"],
  ["lastTimerLogFlushPosition", i64, "end of the timer log that was flushed"],
  ["lastTimerQueueOffset", i64, "index of the timer topic's next message to park"],
  ["masterTimerQueueOffset", i64, "the same of the master"],
  ["stateVersion", i64, "state of the broker at the last change"],
  ["versionTimestamp", i64, "when it was changed last, milliseconds"],
  ["versionCounter", i64, "how often it was changed"],
]);

/** Sizes and limits that are part of the format or of its default configuration. */
export const SIZE = {
  /** Bytes kept free for {@linkcode BLANK} at the end of every commit log file. */
  blankMin: BLANK.size,
  commitLogFileDefault: 1024 * 1024 * 1024,
  queueFileUnitsDefault: 300_000,
  queueExtFileDefault: 48 * 1024 * 1024,
  batchQueueFileUnitsDefault: 300_000,
  indexSlotsDefault: 5_000_000,
  indexEntriesDefault: 20_000_000,
  checkpointFile: 4096,
  bodyBytesMax: 4 * 1024 * 1024,
  /** What a record may have beyond its body (4.9 and later). */
  recordOverheadBytesMax: 64 * 1024,
  propertiesBytesMax: 32_767,
  topicBytesMax: 127,
  retryTopicBytesMax: 255,
  /** Topics with more characters than this are written as {@linkcode MESSAGE_V2}. */
  topicCharsOfV1Max: 127,
} as const;

/** One table of the format, for the documents. */
export interface FormatTable {
  readonly title: string;
  readonly file: string;
  readonly about: string;
  readonly rows: readonly Row[];
}

/** All tables in the order of `FORMAT.md`. */
export const FORMAT_TABLES: readonly FormatTable[] = [
  {
    title: "Message, version 1",
    file: "commitlog/<20-digit offset>",
    about: "A record never spans files. All hosts IPv4: 91 bytes beside body, topic, properties.",
    rows: MESSAGE_V1.rows,
  },
  {
    title: "Message, version 2",
    file: "commitlog/<20-digit offset>",
    about: "As version 1, with a topic length of two bytes (5.1 and later, long retry topics).",
    rows: MESSAGE_V2.rows,
  },
  {
    title: "Blank",
    file: "commitlog/<20-digit offset>",
    about:
      "Fills a file whose rest is too short for the next record; bytes behind it mean nothing.",
    rows: BLANK.rows,
  },
  {
    title: "Consume queue unit",
    file: "consumequeue/<topic>/<queueId>/<20-digit offset>",
    about: "A queue that starts inside a file is padded with units (0, 2147483647, 0).",
    rows: QUEUE_UNIT.rows,
  },
  {
    title: "Consume queue extension unit",
    file: "consumequeue_ext/<topic>/<queueId>/<20-digit offset>",
    about: "Addressed from a unit whose tagsCode is at most −2147483649: that value plus 2^63.",
    rows: QUEUE_EXT_UNIT.rows,
  },
  {
    title: "Batch consume queue unit",
    file: "batchconsumequeue/<topic>/<queueId>/<20-digit offset>",
    about: "One unit a record, whatever the batch holds; looked up by baseOffset.",
    rows: BATCH_QUEUE_UNIT.rows,
  },
  {
    title: "Index header",
    file: "index/<17-digit local time>",
    about: "Then the hash slots, then the entries.",
    rows: INDEX_HEADER.rows,
  },
  {
    title: "Index slot",
    file: "index/<17-digit local time>",
    about: "Slot of a key: hash of topic#key modulo the slots of the file.",
    rows: INDEX_SLOT.rows,
  },
  {
    title: "Index entry",
    file: "index/<17-digit local time>",
    about: "Entries of one slot are chained from newest to oldest.",
    rows: INDEX_ENTRY.rows,
  },
  {
    title: "Checkpoint",
    file: "checkpoint",
    about: "One page of 4096 bytes; what follows the fields is zero.",
    rows: CHECKPOINT.rows,
  },
  {
    title: "Queue ends: head",
    file: "queueends",
    about:
      "How a clean stop of mq left the queues: removed when a store is opened to be written, and " +
      "believed only while log and checkpoint are those it speaks of.",
    rows: QUEUE_ENDS_HEAD.rows,
  },
  {
    title: "Queue ends: topic",
    file: "queueends",
    about: "Behind the head, each before its queues; those of consumequeue come first.",
    rows: QUEUE_ENDS_TOPIC.rows,
  },
  {
    title: "Queue ends: queue",
    file: "queueends",
    about: "A queue is as it was left when its last file has still this length and time.",
    rows: QUEUE_ENDS_QUEUE.rows,
  },
  {
    title: "Timer log unit",
    file: "timerlog/<20-digit offset>",
    about: "Units of 52 bytes, counted from the start of each file.",
    rows: TIMER_LOG_UNIT.rows,
  },
  {
    title: "Timer wheel slot",
    file: "timerwheel",
    about: "Slot (time / precision) modulo the number of slots.",
    rows: TIMER_SLOT.rows,
  },
  {
    title: "Timer checkpoint",
    file: "config/timercheck",
    about: "One page of 4096 bytes; what follows the fields is zero.",
    rows: TIMER_CHECKPOINT.rows,
  },
];
