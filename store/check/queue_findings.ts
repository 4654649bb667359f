/**
 * What can be found in consume queues, in batch queues and their extensions. Codes are never renamed.
 *
 * @module
 */
import { BY_START, type FindingAbout, RECOVER } from "./finding_about.ts";

/** Codes and what they stand for. */
export const QUEUE_FINDINGS = {
  "queue-stray-file": {
    kind: "consumequeue",
    severity: "warning",
    about: "a Java broker may refuse to start with a file that is none of the queue's",
    java:
      "takes every file of the folder for one of the queue: a name that is no number, or another length, ends its start",
    fix: "mq recover --apply moves it into quarantine/",
    example: '"notes.txt" is no file of a queue',
  },
  "queue-missing-file": {
    kind: "consumequeue",
    severity: "error",
    about: "the messages of its units are not served",
    java:
      "starts; pulls that reach the gap get nothing and move on to the next file, or stay there",
    fix: RECOVER,
    example: "no file for bytes 1200 to 2400 of the queue",
  },
  "queue-wrong-length": {
    kind: "consumequeue",
    severity: "error",
    about: "a Java broker since 4.9.3 refuses to start: all files of a queue are equally long",
    java:
      "since 4.9.3 it does not start; up to 4.4, and in 4.9.2, it loads neither this file nor those behind it, without a word",
    fix: RECOVER,
    example: "file is 600 bytes, the others are 1200",
  },
  "queue-wrong-kind": {
    kind: "consumequeue",
    severity: "error",
    about: "a Java broker refuses to start: the queue is of another kind than its topic",
    java:
      "5.x ends its start: the kind on the disk must be that of the topic's attribute queue.type",
    fix: "set the topic's attribute queue.type to what the queue is",
    example: "units are of the kind simple, the topic's queues are of another",
  },
  "queue-rocksdb": {
    kind: "consumequeue",
    severity: "info",
    about: "queues are kept in RocksDB and were not checked",
    java: "5.2 and later read it with storeType=defaultRocksDB; a broker that is not told so " +
      "builds the queues anew from the log, as files beside it",
    fix: "none needed; to have messages out without such a broker: mq serve, mq export",
    example: "queues are kept in RocksDB, which was not read",
  },
  "queue-missing-units": {
    kind: "consumequeue",
    severity: "error",
    about: "sound records of the log have no unit: consumers do not get these messages",
    java:
      "4.5 to 4.9 go on from the furthest place any queue knows, 5.x from the end of the log: neither notices one queue that is behind",
    fix: RECOVER,
    example:
      "units 64 to 65: missing for the record at log offset 304133, and so on to log offset 307140",
  },
  "queue-hole": {
    kind: "consumequeue",
    severity: "error",
    about: "slots without a unit before others: a Java broker ends the queue there when it starts",
    java:
      "looks at the last three files when it starts, and ends the queue at the first slot without a unit; new units then stand at wrong places",
    fix: RECOVER,
    example: "units 10 to 11: no unit stands there",
  },
  "queue-padding": {
    kind: "consumequeue",
    severity: "info",
    about:
      "slots whose records are gone are filled: consumers pass over them, or get the message " +
      "beside once more",
    java: "delivers the message a unit leads to; real padding makes a pull skip to the next file",
    fix: "none needed",
    example: "unit 10: filled",
  },
  "queue-unit-mismatch": {
    kind: "consumequeue",
    severity: "error",
    about: "the unit leads to a record of another queue, or has its size wrong",
    java: "reads whatever stands there: consumers get another queue's message or nothing",
    fix: RECOVER,
    example: "unit 0: says 314 bytes, the record has 315",
  },
  "queue-offset-mismatch": {
    kind: "consumequeue",
    severity: "error",
    about: "the unit leads to a record that has another index: consumers get messages twice or " +
      "never, and commit wrong offsets",
    java: 'only logs "logic queue order maybe wrong" when it appends, and serves by the slot',
    fix: RECOVER +
      "; a unit that is the only way to its message stays where it is",
    example: "unit 1: leads to the record with index 0",
  },
  "queue-tags-mismatch": {
    kind: "consumequeue",
    severity: "error",
    about: "the unit's tags code is not that of its record: filters drop or pass the wrong " +
      "messages; in the delay topic the message is delivered at another time",
    java: "filters by the unit alone; the delay queue takes it for the time of delivery",
    fix: RECOVER,
    example: "unit 2: tags code is 2591, the record's is 2590",
  },
  "queue-unit-dangling": {
    kind: "consumequeue",
    severity: "error",
    about: "the unit leads to no sound record: the message is lost or damaged",
    java:
      "finds no message there and passes on to the next unit or file; it may deliver what stands there all the same",
    fix: "mq recover --apply --allow-data-loss fills the slot, so that consumers pass over it",
    example: "unit 1: leads to no record at log offset 315",
  },
  "queue-unit-below-log": {
    kind: "consumequeue",
    severity: "info",
    about: "units of messages that have expired; the queue begins behind them",
    java: "begins the queue behind them",
    fix: "none needed",
    example: "unit 0: the log begins behind log offset 0",
  },
  "queue-unit-behind-log": {
    kind: "consumequeue",
    severity: "info",
    about: "units left over from behind the end of the log",
    java: "cuts them off at its start, by where a record begins and not by where it ends",
    fix: BY_START,
    example: "unit 6: leads to log offset 330461, the log ends at 330461",
  },
  "queue-offset-repeated": {
    kind: "consumequeue",
    severity: "warning",
    about: "two records have the same place in a queue: one is served, the other is not",
    java: "keeps the unit that came first and skips the other as a duplicate",
    fix: "none: the index is part of the record; expected where a topic was deleted and made again",
    example: "unit 0: the record at log offset 315 has this index, too, and is not served",
  },
  "queue-empty-last-file": {
    kind: "consumequeue",
    severity: "warning",
    about: "the queue's last file holds no unit: made, and lost its units at a crash",
    java:
      "5.0 to 5.3.3 look 20 bytes before the file's start for the queue's first message, and do not start",
    fix: RECOVER,
    example: "no unit at the start of the last of 2 files",
  },
  "queue-ends-in-padding": {
    kind: "consumequeue",
    severity: "warning",
    about: "the queue ends in filled slots: the units behind them are lost",
    java:
      "takes log offset 2147483647 for what the queue has: 4.9 and 5.x skip new messages as duplicates until the log has passed that",
    fix: RECOVER,
    example: "10 filled slots and no unit behind them",
  },
  "queue-ext-dangling": {
    kind: "consumequeue_ext",
    severity: "warning",
    about: "the extension unit that holds tags code and filter bits cannot be read",
    java:
      "takes the message for one without a filter's bits: it is delivered to be filtered by the client",
    fix: "mq recover --apply puts the plain tags code into the queue's unit",
    example:
      "units 0 to 30: extension offset 0: expected a file that holds the offset, found none, and so on to log offset 94418",
  },
  "queue-ext-bad-unit": {
    kind: "consumequeue_ext",
    severity: "warning",
    about: "no extension unit stands here: a Java broker drops the rest of the file when it starts",
    java:
      "cuts the extension file there when it starts; it does not start where the size that stands here leads to the end of the file or behind it",
    fix:
      "mq recover --apply ends the file there, keeps the bytes aside, and puts the plain tags code into the units that led behind it",
    example: "expected a unit of 25 bytes, found a bit map that ends at 24",
  },
  "queue-ext-mismatch": {
    kind: "consumequeue_ext",
    severity: "warning",
    about: "the extension unit has another store time than its record: a filter that began in " +
      "between is applied wrongly",
    java: "trusts the unit",
    fix: "mq recover --apply puts the plain tags code into the queue's unit",
    example: "unit 0: extension unit was stored at 1795254296048, the record at 1795254296049",
  },
} as const satisfies Readonly<Record<string, FindingAbout>>;
