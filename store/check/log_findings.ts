/**
 * What can be found in a commit log. Codes are never renamed.
 *
 * @module
 */
import { type FindingAbout, RECOVER } from "./finding_about.ts";

/** Codes and what they stand for. */
export const LOG_FINDINGS = {
  "log-missing": {
    kind: "commitlog",
    severity: "error",
    about:
      "the log has no file at all, but queues or index lead into one: its disk is not mounted, it lies elsewhere, or every message is gone",
    java:
      "starts with an empty log and deletes all consume queues; from 4.5 on after a clean stop, too",
    fix:
      "start no broker: mount the disk of the log, name its folder with --commitlog-path, or bring it back from a replica; mq, its broker and mq recover included, refuses such a store and leaves it as it is",
    example: 'the log has no file, but queue 0 of topic "T_plain" has messages',
  },
  "log-missing-file": {
    kind: "commitlog",
    severity: "error",
    about: "the messages of the range are gone, and a Java broker stops reading the log there",
    java:
      "starts and only logs that files are not adjacent; dispatching, consumers and slaves stop at the gap",
    fix:
      "bring the file back from a backup or a replica; mq recover --apply --allow-data-loss passes over the range",
    example: "log offset 131072: expected bytes 131072 to 196608, found no file, or one too short",
  },
  "log-stray-file": {
    kind: "commitlog",
    severity: "warning",
    about: "a Java broker may refuse to start with a file that is none of the log's",
    java:
      "takes every file of the folder for one of the log: a name that is no number, or another length, ends its start",
    fix: "mq recover --apply moves it into quarantine/",
    example: '"notes.txt" is no file of a log',
  },
  "log-misnamed-file": {
    kind: "commitlog",
    severity: "error",
    about:
      "a whole log file has the name of another: nothing of it is lost, but nobody finds its messages where they should be",
    java:
      "goes by the name: up to 5.3.3 it takes the bytes for those of that place, later ones cut the log there where a start reads it; of a name between those of others it only logs that files are not adjacent",
    fix: RECOVER,
    example: "it holds log offsets 131072 to 196608: rename it to 00000000000000131072",
  },
  "log-wrong-length": {
    kind: "commitlog",
    severity: "error",
    about: "a Java broker refuses to start: all files of a log are equally long",
    java:
      "since 4.9.3 it does not start; up to 4.4, and in 4.9.2, it loads neither this file nor those behind it, without a word",
    fix: RECOVER,
    example: "file is 32768 bytes, the others are 65536",
  },
  "log-bad-record": {
    kind: "commitlog",
    severity: "error",
    about:
      "bytes between sound records are none; a Java broker that scans here cuts the log off, " +
      "and loses everything behind",
    java:
      "where a start reads it, it cuts the log there and drops every file behind; where none does, what is behind is served and this is not",
    fix: "bring the range back from a replica; mq recover --apply --allow-data-loss passes over it",
    example: "log offset 315: expected a message, found dba320a7",
  },
  "log-body-crc": {
    kind: "commitlog",
    severity: "error",
    about: "the body is not what was stored; a Java broker that scans here cuts the log off, and " +
      "loses everything behind",
    java:
      "where a start reads it, it cuts the log there and drops every file behind; where none does, it delivers the body as it is",
    fix:
      "bring the record back from a replica; mq recover --apply --allow-data-loss passes over it",
    example: "log offset 315: the body's checksum is 10ae5ca9, the record says 73a96bd6",
  },
  "log-property-crc": {
    kind: "commitlog",
    severity: "error",
    about: "something in the record is not what was stored: header, topic, properties or body",
    java:
      "with forceVerifyPropCRC a start that reads it cuts the log there; by default nobody looks",
    fix: "bring the record back from a replica",
    example:
      'log offset 0: the seal must be "__CRC32#\\u00012265316201\\u0002", is "__CRC32#\\u00014771985651\\u0002"',
  },
  "log-torn-properties": {
    kind: "commitlog",
    severity: "error",
    about: "zero bytes among a record's properties: pages that were lost at a crash. The body's " +
      "checksum does not cover them, so a broker serves the message without the tags, keys and " +
      "properties that stood there",
    java: "takes the record for sound and delivers it; the end of its log is moved to behind it",
    fix: "bring the record back from a replica",
    example: "record at log offset 0: zeros from byte 305 to 315 of 315, in its properties",
  },
  "log-inner-batch": {
    kind: "commitlog",
    severity: "error",
    about: "flags and properties of the record contradict each other about the batch it holds: " +
      "consumers cannot unpack it, and a Java broker that scans here may cut the log off",
    java:
      "5.x puts it into the batch queue by its properties, as far as they can be read; consumers get it as one message or not at all",
    fix: "bring the record back from a replica",
    example: "record at log offset 0: it has only some of the signs of a batch",
  },
  "log-light-queues": {
    kind: "commitlog",
    severity: "error",
    about:
      "what the record says of the light queues it belongs to contradicts itself: consumers of a light queue do not get the message, those of its own queue do",
    java:
      "logs that names and indexes are not equally many and puts the record into its own queue only",
    fix:
      "no tool can tell the right indexes: send the message to its light queues again, mq query --offset shows it",
    example:
      "record at log offset 0: INNER_MULTI_DISPATCH names 2, INNER_MULTI_QUEUE_OFFSET has indexes for 1",
  },
  "log-body-unreadable": {
    kind: "commitlog",
    severity: "error",
    about: "the body cannot be decompressed: consumers cannot read the message",
    java: "delivers it; the client fails to decompress it, again and again",
    fix: "none: it was stored so",
    example: "record at log offset 0: no zlib data: incorrect header check",
  },
  "log-wrong-offset": {
    kind: "commitlog",
    severity: "error",
    about: "the record says that it stands elsewhere: bytes of an older or another log",
    java:
      "up to 5.3.3 it does not look at the stored offset: a start may take bytes of a reused file for messages; later ones cut the log there",
    fix: "bring the range back from a replica; mq recover --apply --allow-data-loss passes over it",
    example: "log offset 315: expected physical offset 315, found 314",
  },
  "log-torn-tail": {
    kind: "commitlog",
    severity: "error",
    about: "nothing sound follows: the last messages before the stop were not written whole",
    java:
      "cuts the log there at its next start after an unclean stop, which is right; after a clean one it may write behind it",
    fix: "mq recover --apply keeps the bytes aside and ends the log there",
    example: "no sound record from log offset 330003 on: expected a message, found dba320a7",
  },
  "log-wrong-blank": {
    kind: "commitlog",
    severity: "info",
    about: "the filler at the end of a file does not say its real length; nobody reads it",
    java: "goes by its magic and passes on to the next file",
    fix: "none needed",
    example: "log offset 64920: expected a filler of 616 bytes, found 617 bytes",
  },
  "log-time-jump": {
    kind: "commitlog",
    severity: "warning",
    about: "store times go back by more than the 3 s recovery allows for: a start after an " +
      "unclean stop may begin too late, and searching by time goes wrong",
    java:
      "compares the store times of first records with the checkpoint to choose the file it starts at, and searches queues by time by halving",
    fix: "keep the broker's clock; mq recover --apply after an unclean stop",
    example: "record at log offset 315: stored 4211081150 ms before the one before it",
  },
  "log-stale-records": {
    kind: "commitlog",
    severity: "warning",
    about:
      "sound records behind a gap are older than those before it: left from before the log was cut, as a cut erases nothing",
    java:
      "takes them for messages when a start reads them: what was cut comes back, and queues get two records for one place",
    fix: "compare with a replica; mq recover --apply --allow-data-loss keeps them",
    example:
      "record at log offset 637, behind a gap, was stored 1 ms before the one in front of the gap",
  },
  "log-topic-deleted": {
    kind: "commitlog",
    severity: "info",
    about: "records of a topic that exists no longer; they stay until their file expires",
    java: "keeps the records; a start that dispatches them again brings the topic's queues back",
    fix: "none needed",
    example: "12 records from log offset 311049 to 314144",
  },
} as const satisfies Readonly<Record<string, FindingAbout>>;
