/**
 * The text of FORMAT.md, made from the tables that the code runs on, so that it cannot differ from
 * what the program reads and writes.
 *
 * @module
 */
import {
  BLANK,
  FORMAT_TABLES,
  type FormatTable,
  INDEX_ENTRY,
  INDEX_HEADER,
  INDEX_SLOT,
  MAGIC,
  MESSAGE_V1,
  QUEUE_EXT_ADDRESS_MAX,
  QUEUE_PADDING,
  QUEUE_UNIT,
  SIZE,
  SYS_FLAG,
} from "./format.ts";
import { hostBytes } from "./host.ts";
import type { Row } from "./layout.ts";
import { filled, mono, table } from "./markdown.ts";
import { bodyCrc, hex32, RECORD_BYTES_MIN } from "./record_view.ts";
import {
  UNDO_BATCH,
  UNDO_BLOCK_BYTES,
  UNDO_ENDING,
  UNDO_ENTRY,
  UNDO_KIND,
} from "./repair/undo_format.ts";

const MAGIC_ABOUT = [
  ["v1", `a message whose topic has up to ${SIZE.topicCharsOfV1Max} characters`],
  ["v2", "a message with a longer topic (5.1 and later)"],
  ["blank", "filler to the end of the file"],
] as const;

/** The text of FORMAT.md. */
export function formatDoc(): string {
  const parts = [
    "# Format",
    "What a broker keeps on disk, byte for byte. This page is generated from the tables in " +
    "`store/format.ts`; change those and run `deno task docs`.",
    "All integers are big-endian and signed; nothing is padded. `i8` to `i64` are integers of that " +
    "many bits, `raw64` is any 64 bits, `bytes(n)` and `text(n)` stand behind their own length of " +
    "type `n`, texts are UTF-8. `host(bit)` is an address and a port of four bytes: 4 + 4 bytes for " +
    "IPv4, 16 + 4 for IPv6, which the bit of `sysFlag` tells. Times are milliseconds since 1970 " +
    "where nothing else is said. A position with a plus sign is the least one: what varies in length " +
    "stands before it.",
    ...fileTree(),
    ...commitLog(),
    ...consumeQueues(),
    ...keyIndex(),
    ...rest(),
    ...undoFiles(),
  ];
  return parts.map(filled).join("\n\n") + "\n";
}

function fileTree(): string[] {
  return [
    "## Files",
    [
      "```",
      "store/",
      "  commitlog/<offset>                          all messages of all topics, in order of arrival",
      "  consumequeue/<topic>/<queueId>/<offset>     where the messages of one queue are",
      "  consumequeue_ext/<topic>/<queueId>/<offset> bit maps of filters, where a broker keeps them",
      "  batchconsumequeue/<topic>/<queueId>/<offset> the same as consumequeue for batches (5.x)",
      "  index/<time>                                from keys to messages",
      "  checkpoint                                  how far the files were flushed",
      "  queueends                                   where the queues end, after a clean stop of mq",
      "  config/*.json                               topics, groups, offsets; X.bak is the one before",
      "  timerlog/<offset>, timerwheel               messages for later (5.x)",
      "  epochFileCheckpoint                         whose leadership wrote which part (5.x)",
      "  abort                                       there while a broker runs, and after a crash",
      "  lock                                        locked by the running broker",
      "```",
    ].join("\n"),
    "`<offset>` is where the file starts in its log, in bytes, as 20 digits; all files of one log " +
    "are equally long, so the names tell where one is missing. `<time>` is the local time at which " +
    "an index file was begun, 17 digits down to the millisecond. Files have their whole length from " +
    "the start and are zero where nothing was written yet; the unwritten room takes no space on the " +
    "disk.",
  ];
}

function commitLog(): string[] {
  return [
    "## Commit log",
    `Files of ${
      bytes(SIZE.commitLogFileDefault)
    } unless configured otherwise. Records follow each ` +
    `other without gaps. One that would leave fewer than ${SIZE.blankMin} bytes of its file goes ` +
    "to the next file, and a filler takes the rest of this one; behind the filler's own " +
    `${BLANK.size} bytes anything may stand. The log ends where zeros begin. After a crash the end ` +
    "is the first place that holds no sound record: its magic, its lengths and the CRC of its body " +
    "agree. Cutting the log there erases nothing, so old records may stand behind it.",
    `The smallest record has ${RECORD_BYTES_MIN} bytes; a body has at most ` +
    `${bytes(SIZE.bodyBytesMax)} unless configured otherwise, properties ` +
    `${SIZE.propertiesBytesMax} bytes, a topic ${SIZE.topicBytesMax}, a retry topic ` +
    `${SIZE.retryTopicBytesMax}.`,
    ...tablesOf("commitlog/"),
    "### Magic",
    table(
      ["magic", "value", "meaning"],
      MAGIC_ABOUT.map(([name, about]) => [name, mono(hex32(MAGIC[name])), about]),
    ),
    "### Bits of `sysFlag`",
    table(
      ["bits", "name"],
      Object.entries(SYS_FLAG).map(([name, bits]) => [mono(`0x${bits.toString(16)}`), mono(name)]),
    ),
    "A compressed body whose three compression bits are 0 is zlib. The CRC is that of the body as " +
    "stored; what stands beside the body no CRC covers, unless the broker adds the property " +
    "`__CRC32#`.",
    "### Properties",
    "Pairs of name, `01`, value, `02`. The last `02` is missing in records of 4.9.1 to 5.1.4. A " +
    "pair without name or value does not count; of equal names the last one does.",
    "### An example",
    "The message `hello` of topic `T` with the tag `A`, first in its log:",
    example(),
  ];
}

function consumeQueues(): string[] {
  const address = `−${String(-QUEUE_EXT_ADDRESS_MAX)}`;
  return [
    "## Consume queues",
    `Entry n of a queue stands at byte ${QUEUE_UNIT.size}·n, counted over all files of ` +
    `${SIZE.queueFileUnitsDefault} entries. A queue ends at its first entry with a negative offset ` +
    "or a size of 0 or less. One that begins in the middle of a file is padded up to there with " +
    `entries of offset ${QUEUE_PADDING.physicalOffset} and size ${QUEUE_PADDING.size}.`,
    "Where a message is lost `mq` puts the entry beside its slot there once more, the one before it " +
    "where there is one: a Java broker delivers that message again, where padding would make it pass " +
    "over what follows. Of entries in a row with one offset, that at the record's own `queueOffset` " +
    "is the message's; `mq` passes over the others.",
    "The tags code is Java's `String.hashCode` of the tag, 0 without one; for a message in " +
    "`SCHEDULE_TOPIC_XXXX` the time it is due; and at or below " +
    `${address} the address of an extension unit, less 2^63.`,
    ...tablesOf("consumequeue"),
    ...tablesOf("batchconsumequeue"),
  ];
}

function keyIndex(): string[] {
  return [
    "## Index",
    `A header of ${INDEX_HEADER.size} bytes, then hash slots of ${INDEX_SLOT.size} bytes, then ` +
    `entries of ${INDEX_ENTRY.size}; ${SIZE.indexSlotsDefault} and ${SIZE.indexEntriesDefault} ` +
    "unless configured otherwise, which the file does not say. Entry 0 is never used.",
    "The hash of a key is Java's `String.hashCode` of `topic#key` without its sign, 0 where that is " +
    "not possible; its slot is the hash modulo the number of slots. A slot has the number of its " +
    "newest entry, an entry that of the one before it in the slot. A message is entered under its " +
    "unique key, under each of its keys, and from 5.5 on under `topic#T#tag`. Two keys may have one " +
    "hash: compare with the record.",
    ...tablesOf("index/"),
  ];
}

function rest(): string[] {
  return [
    "## Recovery",
    "After an unclean stop it starts at the newest log file whose first record is older than the smaller of the " +
    "first two times, less three seconds.",
    ...tablesOf("checkpoint"),
    ...tablesOf("queueends"),
    "## Timer",
    "Read for inspection only.",
    ...tablesOf("timer"),
    ...tablesOf("config/timer"),
    "## Epochs",
    "`epochFileCheckpoint`, a text file of brokers under a controller (5.x): the number of lines " +
    "that follow the second, the CRC-32 of these lines without its top bit (0: not checked), then " +
    "`<epoch>-<commit log offset>` a line, both growing. `.bak` counts where it cannot be read.",
  ];
}

/** Written by `mq recover` alone, and read by nobody else. */
function undoFiles(): string[] {
  const kinds = Object.entries(UNDO_KIND);
  return [
    "## Undo files",
    `\`quarantine/recover-<time>${UNDO_ENDING}\`, by which \`mq recover --undo\` takes a repair back: ` +
    "batches of entries, each on the disk before what it tells of is changed. Only the last can be " +
    "torn, and then nothing it tells of was changed. No broker looks at it.",
    rowsOf({ title: "", file: "", about: "", rows: UNDO_BATCH.rows }),
    "Behind it the entries of the batch:",
    rowsOf({ title: "", file: "", about: "", rows: UNDO_ENTRY.rows }),
    `Of files only blocks of ${UNDO_BLOCK_BYTES} bytes that are changed are kept, zeros at their ` +
    "end left out.",
    table(["kind", "name"], kinds.map(([name, kind]) => [String(kind), mono(name)])),
    "A `file` was `length` bytes long, −1 where it was not there; a `block` had `content` and zeros " +
    "up to `length`; a `folder` was removed (0) or made (−1). `left` is how the repair left a file: " +
    "its length, and at `at` the CRC-32 of its kept blocks and of all behind the old length. After " +
    "`end` everything is told; `undoing` and `undone` say how far taking back is.",
  ];
}

/** Heading, remark and rows of every table whose file starts so. */
function tablesOf(file: string): string[] {
  return FORMAT_TABLES.filter((it) => it.file.startsWith(file)).flatMap((it) => [
    `### ${it.title}`,
    `\`${it.file}\`. ${it.about}`,
    rowsOf(it),
  ]);
}

function rowsOf({ rows }: FormatTable): string {
  let at = 0;
  let isFixed = true;
  return table(
    ["at", "type", "field", "meaning"],
    rows.map(([name, kind, about]) => {
      const position = `${at}${isFixed ? "" : "+"}`;
      at += leastWidth(kind);
      isFixed &&= kind.width > 0;
      return [position, mono(kind.label), mono(name), about];
    }),
  );
}

/** What a field of zeros takes: an empty text, an IPv4 address. */
function leastWidth(kind: Row[1]): number {
  return kind.measure(new DataView(new ArrayBuffer(8)), 0, { sysFlag: 0 });
}

function example(): string {
  const body = new TextEncoder().encode("hello");
  const message = {
    totalSize: 0,
    magic: MAGIC.v1,
    bodyCRC: bodyCrc(body),
    queueId: 0,
    flag: 0,
    queueOffset: 0,
    physicalOffset: 0,
    sysFlag: 0,
    bornTimestamp: 1_700_000_000_000,
    bornHost: hostBytes("10.1.2.3", 50_000),
    storeTimestamp: 1_700_000_000_005,
    storeHost: hostBytes("10.0.0.1", 10_911),
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    body,
    topic: "T",
    properties: "TAGS\u0001A\u0002",
  };
  message.totalSize = MESSAGE_V1.sizeOf(message);
  const bytes = new Uint8Array(message.totalSize);
  const view = new DataView(bytes.buffer);
  MESSAGE_V1.write(view, 0, message);
  const rows = [...MESSAGE_V1.walk(view, 0)].map(({ name, at, length }) => {
    const hex = Array.from(bytes.subarray(at, at + length), (byte) => {
      return byte.toString(16).padStart(2, "0");
    });
    return [`${at}`, mono(name), mono(hex.join(" "))];
  });
  return table(["at", "field", "bytes"], rows);
}

function bytes(count: number): string {
  return count >= 2 ** 30 ? `${count / 2 ** 30} GiB` : `${count / 2 ** 20} MiB`;
}
