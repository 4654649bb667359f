/**
 * What can be found about a store as a whole, its checkpoint, and the epochs and queue ends beside it. Codes are never renamed.
 *
 * @module
 */
import { type FindingAbout, RECOVER } from "./finding_about.ts";

/** Codes and what they stand for. */
export const STORE_FINDINGS = {
  "store-unclean": {
    kind: "other",
    severity: "info",
    about: "the broker was not stopped cleanly, or is running: its next start recovers the store",
    java:
      "its start reads the log from the file the checkpoint points at, cuts it at the first bad record, and brings queues and index up to there",
    fix: "start the broker, or mq recover --apply",
    example: "the file abort is there",
  },
  "store-not-read": {
    kind: "other",
    severity: "info",
    about: "files that mq does not read: what stands in them was not checked",
    java: "reads it where its settings say so",
    fix: "none needed",
    example: "tiered_index_file holds the index of tiered storage: 100 bytes in 1 file",
  },
  "store-unreadable": {
    kind: "other",
    severity: "error",
    about:
      "these bytes cannot be read: what stands there is not known, and of a disk that fails more may " +
      "follow soon",
    java:
      "maps its files: where it reads these bytes it gets an InternalError, at its start it ends, later the thread that read ends, and dispatch or replication with it",
    fix:
      "write nothing to this disk: copy it with ddrescue, then mq recover --into a folder of another disk",
    example: "the disk cannot read bytes 8192 to 12288 of the file (EIO)",
  },
  "checkpoint-missing": {
    kind: "checkpoint",
    severity: "warning",
    about: "a start after an unclean stop reads the whole log",
    java: "starts a new one; after an unclean stop it reads the whole log",
    fix: RECOVER,
    example: "missing or empty",
  },
  "checkpoint-wrong-length": {
    kind: "checkpoint",
    severity: "warning",
    about: "what the file is too short for reads as zero",
    java: "maps one page: what is missing reads as zero",
    fix: RECOVER,
    example: "file is 100 bytes instead of 4096",
  },
  "checkpoint-ahead": {
    kind: "checkpoint",
    severity: "warning",
    about: "it speaks of newer messages than the log has: they are lost, and a start after an " +
      "unclean stop may begin too late",
    java:
      "up to 5.3.3 it stamps times before the data is on the disk; a start then chooses too new a file and leaves older messages undispatched",
    fix: RECOVER,
    example: "physicMsgTimestamp is 283270229305319, the last message was stored at 1795252594663",
  },
  "checkpoint-starts-late": {
    kind: "checkpoint",
    severity: "error",
    about:
      "a Java broker's start begins behind records that lack their units: consumers never get these messages",
    java:
      "reads the log from that file on and never looks at what is before it; messages stay in the log that no consumer gets",
    fix: "mq recover --apply before a Java broker starts on it",
    example:
      "records from log offset 1590 on lack units, and a start begins behind them: Java 5.x at 00000000000000131072, as its first record is not younger than the checkpoint's time of the queues, 1795252563000",
  },
  "epoch-unreadable": {
    kind: "epoch",
    severity: "error",
    about: "a broker in controller mode takes the file's .bak, or has no epochs",
    java:
      "loads the .bak; without one a replica in controller mode starts without epochs and copies the log anew",
    fix: "copy the .bak over it, or let the replica be built anew",
    example: "store/epochFileCheckpoint: line 1 counts 2 epochs, there are 1",
  },
  "epoch-ahead": {
    kind: "epoch",
    severity: "warning",
    about: "an epoch begins behind the end of the log: its messages are lost",
    java:
      "as a replica it tells others of an epoch it has nothing of; truncation against the master may stop",
    fix: "let the replica be built anew from the master",
    example: "epoch 3 begins at 1073741824, the log ends at 330461",
  },
  "queueends-stale": {
    kind: "mq",
    severity: "info",
    about:
      "the table of queue ends does not fit log and checkpoint: another broker ran since, or it was not written whole",
    java: "does not know the file",
    fix: "nothing: the next start of mq looks for the ends of the queues itself",
    example: "not whole, or made beside another checkpoint",
  },
} as const satisfies Readonly<Record<string, FindingAbout>>;
