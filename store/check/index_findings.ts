/**
 * What can be found in the index. Codes are never renamed.
 *
 * @module
 */
import { type FindingAbout, RECOVER } from "./finding_about.ts";

/** Codes and what they stand for. */
export const INDEX_FINDINGS = {
  "index-stray-file": {
    kind: "index",
    severity: "info",
    about: "no index file by its name: a broker ignores it",
    java: "skips what has no number for a name",
    fix: "none needed",
    example: '"notes.txt" is no index file',
  },
  "index-wrong-length": {
    kind: "index",
    severity: "warning",
    about: "no index file has this length: queries by key find nothing in it",
    java:
      "does not compare: maps the file to its configured length and reads zeros where nothing is; 5.x may not start",
    fix: RECOVER,
    example: "100 bytes are the length of no index file",
  },
  "index-header": {
    kind: "index",
    severity: "warning",
    about: "the header contradicts the entries: queries by key may pass over the file",
    java:
      "trusts the header when it chooses files by time, and when it skips records it believes to have",
    fix: RECOVER,
    example: "endTimestamp is 1795252562277, the entries call for 1795252562276",
  },
  "index-chain": {
    kind: "index",
    severity: "warning",
    about:
      "an entry cannot be reached from its slot, or hangs in another's chain: queries by key " +
      "do not find its message",
    java: "follows chains as they are: a query misses messages or goes around",
    fix: RECOVER,
    example: "entry 5 follows 1 in its chain instead of 0",
  },
  "index-wrong-entry": {
    kind: "index",
    severity: "warning",
    about: "the entry's record has no such key, or another time: a query finds it for nothing",
    java:
      "returns the message to the client, which throws it away since 4.9.3; it takes up one of the 32 or 64 places of an answer",
    fix: RECOVER,
    example: "entry 5: its time is 1 s behind the file's begin, its record's is 0 s",
  },
  "index-entry-dangling": {
    kind: "index",
    severity: "warning",
    about: "the entry leads to no sound record",
    java: "finds no message there and leaves it out",
    fix: RECOVER,
    example: "entries 4 to 6: leads to no sound record at log offset 315",
  },
  "index-entry-below-log": {
    kind: "index",
    severity: "info",
    about: "entries of messages that have expired; queries pass over them",
    java:
      "finds no message there and leaves it out; the file goes when all it speaks of has expired",
    fix: "none needed",
    example:
      "entries 1 to 187: the log begins behind log offset 166801, and so on to log offset 195849",
  },
  "index-entry-behind-log": {
    kind: "index",
    severity: "warning",
    about:
      "entries behind the end of the log: a Java broker indexes no new message until the log " +
      "has grown past them",
    java:
      "skips every record before the last file's end offset as one it has: new messages get no keys until then",
    fix: RECOVER,
    example: "entries 231 to 233: leads to log offset 330003, the log ends at 330003",
  },
  "index-overlap": {
    kind: "index",
    severity: "warning",
    about:
      "entries of records that the file before it ends behind: a copy, or a file of another start",
    java:
      "searches both files: a query returns a message twice, and files deleted after an unclean stop take more keys with them",
    fix: RECOVER,
    example: "begins at log offset 298967, the file before it ends at 330003",
  },
  "index-missing-keys": {
    kind: "index",
    severity: "warning",
    about: "keys of sound records are not in the index: queries by key do not find these messages",
    java:
      "never looks back: a start after an unclean stop deletes index files newer than the checkpoint and indexes only what it reads of the log, behind the end of the files it keeps",
    fix: RECOVER,
    example: "163 keys of 76 records from log offset 298967 to 330003: missing",
  },
} as const satisfies Readonly<Record<string, FindingAbout>>;
