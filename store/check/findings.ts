/**
 * Everything verification can find, once: a stable code, how grave it is, what it means for the
 * people behind the store and what can be done. Codes are part of the command line's contract: never
 * rename one, never reuse one.
 *
 * How grave a finding is tells an operator whether anybody is harmed:
 * `error` means that messages are lost, wrong or not served, or that a broker does not start;
 * `warning` that something works worse than it should or points at a loss;
 * `info` that a fact is worth knowing and harms nobody.
 *
 * @module
 */

/** How grave a finding is. */
export type Severity = "info" | "warning" | "error";

/** Kinds of files a store has; coverage is counted for each. */
export const FILE_KINDS = [
  "commitlog",
  "consumequeue",
  "batchconsumequeue",
  "consumequeue_ext",
  "index",
  "checkpoint",
  "config",
  "other",
] as const;

/** One kind of files. `other` is what nobody looks into: timer files, RocksDB, compaction. */
export type FileKind = (typeof FILE_KINDS)[number];

/** What a code stands for. */
export interface FindingAbout {
  /** Files it speaks of. */
  readonly kind: FileKind;
  /** How grave it is unless a finding says otherwise. */
  readonly severity: Severity;
  /** What it means for a broker and its consumers. */
  readonly about: string;
  /** What can be done. */
  readonly fix: string;
}

const RECOVER = "mq recover --apply puts it right";
/** Advice about what every start of a broker puts right. */
export const BY_START =
  "nothing: the next start of a broker puts it right, and so does mq recover --apply";

/** All codes. After an unclean stop, what every start puts right is only `info`. */
export const FINDINGS = {
  "store-unclean": {
    kind: "other",
    severity: "info",
    about: "the broker was not stopped cleanly, or is running: its next start recovers the store",
    fix: "start the broker, or mq recover --apply",
  },
  "log-missing-file": {
    kind: "commitlog",
    severity: "error",
    about: "the messages of the range are gone, and a Java broker stops reading the log there",
    fix:
      "bring the file back from a backup or a replica; mq recover --apply --allow-data-loss passes over the range",
  },
  "log-stray-file": {
    kind: "commitlog",
    severity: "warning",
    about: "a Java broker may refuse to start with a file that is none of the log's",
    fix: "move it elsewhere",
  },
  "log-wrong-length": {
    kind: "commitlog",
    severity: "error",
    about: "a Java broker refuses to start: all files of a log are equally long",
    fix: RECOVER,
  },
  "log-bad-record": {
    kind: "commitlog",
    severity: "error",
    about:
      "bytes between sound records are none; a Java broker that scans here cuts the log off, " +
      "and loses everything behind",
    fix: "bring the range back from a replica; mq recover --apply --allow-data-loss passes over it",
  },
  "log-body-crc": {
    kind: "commitlog",
    severity: "error",
    about: "the body is not what was stored; a Java broker that scans here cuts the log off, and " +
      "loses everything behind",
    fix:
      "bring the record back from a replica; mq recover --apply --allow-data-loss passes over it",
  },
  "log-property-crc": {
    kind: "commitlog",
    severity: "error",
    about: "something in the record is not what was stored: header, topic, properties or body",
    fix: "bring the record back from a replica",
  },
  "log-torn-properties": {
    kind: "commitlog",
    severity: "error",
    about: "zero bytes among a record's properties: pages that were lost at a crash. The body's " +
      "checksum does not cover them, so a broker serves the message without the tags, keys and " +
      "properties that stood there",
    fix: "bring the record back from a replica",
  },
  "log-inner-batch": {
    kind: "commitlog",
    severity: "error",
    about: "flags and properties of the record contradict each other about the batch it holds: " +
      "consumers cannot unpack it, and a Java broker that scans here may cut the log off",
    fix: "bring the record back from a replica",
  },
  "log-body-unreadable": {
    kind: "commitlog",
    severity: "error",
    about: "the body cannot be decompressed: consumers cannot read the message",
    fix: "none: it was stored so",
  },
  "log-wrong-offset": {
    kind: "commitlog",
    severity: "error",
    about: "the record says that it stands elsewhere: bytes of an older or another log",
    fix: "bring the range back from a replica; mq recover --apply --allow-data-loss passes over it",
  },
  "log-torn-tail": {
    kind: "commitlog",
    severity: "error",
    about: "nothing sound follows: the last messages before the stop were not written whole",
    fix: "mq recover --apply keeps the bytes aside and ends the log there",
  },
  "log-wrong-blank": {
    kind: "commitlog",
    severity: "info",
    about: "the filler at the end of a file does not say its real length; nobody reads it",
    fix: "none needed",
  },
  "log-time-jump": {
    kind: "commitlog",
    severity: "warning",
    about: "store times go back by more than the 3 s recovery allows for: a start after an " +
      "unclean stop may begin too late, and searching by time goes wrong",
    fix: "keep the broker's clock; mq recover --apply after an unclean stop",
  },
  "log-topic-deleted": {
    kind: "commitlog",
    severity: "info",
    about: "records of a topic that exists no longer; they stay until their file expires",
    fix: "none needed",
  },
  "queue-stray-file": {
    kind: "consumequeue",
    severity: "warning",
    about: "a Java broker may refuse to start with a file that is none of the queue's",
    fix: "move it elsewhere",
  },
  "queue-missing-file": {
    kind: "consumequeue",
    severity: "error",
    about: "the messages of its units are not served",
    fix: RECOVER,
  },
  "queue-wrong-length": {
    kind: "consumequeue",
    severity: "error",
    about: "a Java broker since 4.9.3 refuses to start: all files of a queue are equally long",
    fix: RECOVER,
  },
  "queue-wrong-kind": {
    kind: "consumequeue",
    severity: "error",
    about: "a Java broker refuses to start: the queue is of another kind than its topic",
    fix: "set the topic's attribute queue.type to what the queue is",
  },
  "queue-rocksdb": {
    kind: "consumequeue",
    severity: "info",
    about: "queues are kept in RocksDB and were not checked",
    fix: "none needed",
  },
  "queue-missing-units": {
    kind: "consumequeue",
    severity: "error",
    about: "sound records of the log have no unit: consumers do not get these messages",
    fix: RECOVER,
  },
  "queue-hole": {
    kind: "consumequeue",
    severity: "error",
    about: "slots without a unit before others: a Java broker ends the queue there when it starts",
    fix: RECOVER,
  },
  "queue-padding": {
    kind: "consumequeue",
    severity: "info",
    about:
      "slots whose records are gone are filled: consumers pass over them, or get the message " +
      "beside once more",
    fix: "none needed",
  },
  "queue-unit-mismatch": {
    kind: "consumequeue",
    severity: "error",
    about: "the unit leads to a record of another queue, or has its size wrong",
    fix: RECOVER,
  },
  "queue-offset-mismatch": {
    kind: "consumequeue",
    severity: "error",
    about: "the unit leads to a record that has another index: consumers get messages twice or " +
      "never, and commit wrong offsets",
    fix: RECOVER,
  },
  "queue-tags-mismatch": {
    kind: "consumequeue",
    severity: "error",
    about: "the unit's tags code is not that of its record: filters drop or pass the wrong " +
      "messages; in the delay topic the message is delivered at another time",
    fix: RECOVER,
  },
  "queue-unit-dangling": {
    kind: "consumequeue",
    severity: "error",
    about: "the unit leads to no sound record: the message is lost or damaged",
    fix: "mq recover --apply --allow-data-loss fills the slot, so that consumers pass over it",
  },
  "queue-unit-below-log": {
    kind: "consumequeue",
    severity: "info",
    about: "units of messages that have expired; the queue begins behind them",
    fix: "none needed",
  },
  "queue-unit-behind-log": {
    kind: "consumequeue",
    severity: "info",
    about: "units left over from behind the end of the log",
    fix: BY_START,
  },
  "queue-offset-repeated": {
    kind: "consumequeue",
    severity: "warning",
    about: "two records have the same place in a queue: one is served, the other is not",
    fix: "none: the index is part of the record; expected where a topic was deleted and made again",
  },
  "queue-ext-dangling": {
    kind: "consumequeue_ext",
    severity: "warning",
    about: "the extension unit that holds tags code and filter bits cannot be read",
    fix: "mq recover --apply puts the plain tags code into the queue's unit",
  },
  "queue-ext-bad-unit": {
    kind: "consumequeue_ext",
    severity: "warning",
    about: "no extension unit stands here: a Java broker drops the rest of the file when it starts",
    fix: "mq recover --apply puts the plain tags code into the units that lead here",
  },
  "queue-ext-mismatch": {
    kind: "consumequeue_ext",
    severity: "warning",
    about: "the extension unit has another store time than its record: a filter that began in " +
      "between is applied wrongly",
    fix: "mq recover --apply puts the plain tags code into the queue's unit",
  },
  "index-stray-file": {
    kind: "index",
    severity: "info",
    about: "no index file by its name: a broker ignores it",
    fix: "none needed",
  },
  "index-wrong-length": {
    kind: "index",
    severity: "warning",
    about: "no index file has this length: queries by key find nothing in it",
    fix: RECOVER,
  },
  "index-header": {
    kind: "index",
    severity: "warning",
    about: "the header contradicts the entries: queries by key may pass over the file",
    fix: RECOVER,
  },
  "index-chain": {
    kind: "index",
    severity: "warning",
    about:
      "an entry cannot be reached from its slot, or hangs in another's chain: queries by key " +
      "do not find its message",
    fix: RECOVER,
  },
  "index-wrong-entry": {
    kind: "index",
    severity: "warning",
    about: "the entry's record has no such key, or another time: a query finds it for nothing",
    fix: RECOVER,
  },
  "index-entry-dangling": {
    kind: "index",
    severity: "warning",
    about: "the entry leads to no sound record",
    fix: RECOVER,
  },
  "index-entry-below-log": {
    kind: "index",
    severity: "info",
    about: "entries of messages that have expired; queries pass over them",
    fix: "none needed",
  },
  "index-entry-behind-log": {
    kind: "index",
    severity: "warning",
    about:
      "entries behind the end of the log: a Java broker indexes no new message until the log " +
      "has grown past them",
    fix: RECOVER,
  },
  "index-missing-keys": {
    kind: "index",
    severity: "warning",
    about: "keys of sound records are not in the index: queries by key do not find these messages",
    fix: RECOVER,
  },
  "checkpoint-missing": {
    kind: "checkpoint",
    severity: "warning",
    about: "a start after an unclean stop reads the whole log",
    fix: RECOVER,
  },
  "checkpoint-wrong-length": {
    kind: "checkpoint",
    severity: "warning",
    about: "what the file is too short for reads as zero",
    fix: RECOVER,
  },
  "checkpoint-ahead": {
    kind: "checkpoint",
    severity: "warning",
    about: "it speaks of newer messages than the log has: they are lost, and a start after an " +
      "unclean stop may begin too late",
    fix: RECOVER,
  },
  "config-unreadable": {
    kind: "config",
    severity: "error",
    about: "a broker takes the file's .bak, or does not start where that cannot be read either",
    fix: "mq recover --apply puts a readable .bak in its place",
  },
} as const satisfies Readonly<Record<string, FindingAbout>>;

/** A code of {@linkcode FINDINGS}. */
export type FindingCode = keyof typeof FINDINGS;

/** Where something was found. */
export interface FindingPlace {
  /** Path of the file, or of the folder where a file is missing. */
  readonly file: string;
  /** Position of the first byte in the file; in the whole log where the file is missing. */
  readonly offset?: number;
  /** Bytes concerned. */
  readonly length?: number;
  readonly topic?: string;
  readonly queueId?: number;
  /** First queue index concerned. */
  readonly queueOffset?: number;
}

/** One thing that was found: a line of `mq verify`. */
export interface Finding extends FindingPlace {
  readonly kind: "finding";
  readonly severity: Severity;
  readonly code: FindingCode;
  readonly offset: number;
  readonly length: number;
  /** What stands there and what was expected. */
  readonly message: string;
  readonly fix: string;
}

/** Where findings go. */
export type FindingSink = (finding: Finding) => void;

/** Makes a finding; its severity is the table's unless another is given. */
export function finding(
  code: FindingCode,
  place: FindingPlace,
  details: { readonly message: string; readonly severity?: Severity; readonly fix?: string },
): Finding {
  const about: FindingAbout = FINDINGS[code];
  return {
    kind: "finding",
    severity: details.severity ?? about.severity,
    code,
    file: place.file,
    offset: place.offset ?? 0,
    length: place.length ?? 0,
    ...(place.topic !== undefined && { topic: place.topic }),
    ...(place.queueId !== undefined && { queueId: place.queueId }),
    ...(place.queueOffset !== undefined && { queueOffset: place.queueOffset }),
    message: details.message,
    fix: details.fix ?? about.fix,
  };
}
