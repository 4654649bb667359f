/**
 * Damage that keeps a broker of Java from starting, or from knowing what it has: files that are not its
 * own, of a wrong length or kind, and broken configuration. Apart from {@linkcode DAMAGES}, since some of
 * it only a person can take away again.
 *
 * @module
 */
import type { FindingCode } from "../store/check/findings.ts";
import { TOPICS } from "../store/config_tables.ts";
import type { MemoryFiles } from "../store/file_memory.ts";
import { NAME, offsetName, storePaths } from "../store/names.ts";
import { listIndexFiles } from "../store/key_index_reader.ts";
import { listQueues } from "../store/queue_reader.ts";
import { listSegments } from "../store/segments.ts";
import type { Damage, TouchedRange } from "./damage.ts";
import { oneOf, randomOf } from "./random.ts";

/**
 * What `mq verify` goes on telling after a repair: what is no file of a broker's is not deleted, what nobody
 * knows is not made up, and properties have no checksum by which they could be proved.
 */
export const LEFT_TO_PEOPLE = [
  "log-stray-file",
  "queue-stray-file",
  "index-stray-file",
  "queue-wrong-kind",
  "timer-wheel-length",
  "log-torn-properties",
] as const satisfies readonly FindingCode[];

const PATHS = storePaths("store");
const NOTES = new TextEncoder().encode("do not touch\n");
const GARBAGE = new TextEncoder().encode("{{");
const UNTOUCHED: readonly TouchedRange[] = [];

/** Puts a file or folder where it does not belong. */
function stray(path: (files: MemoryFiles) => string, kind: "file" | "folder"): Damage["apply"] {
  return (files) => {
    if (kind === "folder") files.makeDirectory(path(files));
    else files.put(path(files), NOTES);
    return UNTOUCHED;
  };
}

/** Folder of one of the queues that have at least so many files. */
function queueFolder(files: MemoryFiles, seed: number, filesMin = 1): string | undefined {
  const queues = listQueues(files, PATHS).queues
    .filter(({ path }) => listSegments(files, path).segments.length >= filesMin);
  return queues.length === 0 ? undefined : oneOf(randomOf(seed), queues).path;
}

/** Puts an empty file behind the last one of a log or queue. */
function appendEmpty(files: MemoryFiles, folder: string): readonly TouchedRange[] {
  const { start, length } = listSegments(files, folder).segments.at(-1)!;
  files.put(`${folder}/${offsetName(start + length)}`, new Uint8Array(0));
  return UNTOUCHED;
}

/** Does the same to a file of the configuration and to its `.bak`. */
function both(name: string, damage: (bytes: Uint8Array) => Uint8Array): Damage["apply"] {
  return (files) => {
    const path = `${PATHS.config}/${name}`;
    const bytes = files.snapshot().get(path);
    if (bytes === undefined) return undefined;
    for (const end of ["", ".bak"]) files.put(`${path}${end}`, damage(bytes));
    return UNTOUCHED;
  };
}

const garbage = () => GARBAGE;

/** Puts garbage where only some releases have a file. */
function newGarbage(name: string): Damage["apply"] {
  return (files) => {
    for (const end of ["", ".bak"]) files.put(`${PATHS.config}/${name}${end}`, GARBAGE);
    return UNTOUCHED;
  };
}

const LOG_DAMAGES: readonly Damage[] = [
  {
    name: "log: a file that is none of its own",
    about: "somebody left a note in the folder",
    finds: ["log-stray-file"],
    apply: stray(() => `${PATHS.commitLog}/notes.txt`, "file"),
  },
  {
    name: "log: a folder among its files",
    about: "somebody moved old files into a folder beside them",
    finds: ["log-stray-file"],
    apply: stray(() => `${PATHS.commitLog}/old`, "folder"),
  },
  {
    name: "log: an empty file behind the last",
    about: "a crash while the next file was made",
    finds: ["log-wrong-length", "log-stray-file"],
    apply: (files) => appendEmpty(files, PATHS.commitLog),
  },
  {
    name: "log: all files are gone",
    about: "the disk of the log was not mounted",
    finds: ["log-missing"],
    apply(files) {
      const { segments } = listSegments(files, PATHS.commitLogs);
      for (const { path } of segments) files.remove(path);
      const last = segments.at(-1);
      return last === undefined ? undefined : [{ from: 0, to: last.start + last.length }];
    },
  },
];

const QUEUE_DAMAGES: readonly Damage[] = [
  {
    name: "queue: a file that is none of its own",
    about: "somebody left a note in the folder",
    finds: ["queue-stray-file"],
    apply: (files, seed) =>
      stray(() => `${queueFolder(files, seed)}/notes.txt`, "file")(files, seed),
  },
  {
    name: "queue: a folder among its files",
    about: "somebody moved old files into a folder beside them",
    finds: ["queue-stray-file"],
    apply: (files, seed) => stray(() => `${queueFolder(files, seed)}/old`, "folder")(files, seed),
  },
  {
    name: "queue: an empty file behind the last",
    about: "a crash while the next file was made",
    finds: ["queue-wrong-length", "queue-stray-file"],
    apply: (files, seed) => appendEmpty(files, queueFolder(files, seed)!),
  },
  {
    name: "queue: its first file of several is gone",
    about: "somebody made room on a full disk",
    finds: ["queue-missing-file", "queue-missing-units", "checkpoint-starts-late"],
    apply(files, seed) {
      const folder = queueFolder(files, seed, 2);
      if (folder === undefined) return undefined;
      files.remove(listSegments(files, folder).segments[0]!.path);
      return UNTOUCHED;
    },
  },
  {
    name: "queue: a topic is said to have batch queues",
    about:
      "its attribute was changed while its queues were there: a Java broker of 5.x does not start",
    finds: ["queue-wrong-kind"],
    apply(files, seed) {
      const path = `${PATHS.config}/${TOPICS.fileName}`;
      const folder = queueFolder(files, seed);
      const bytes = files.snapshot().get(path);
      if (folder === undefined || bytes === undefined) return undefined;
      const topic = folder.split("/").at(-2)!;
      const table = JSON.parse(new TextDecoder().decode(bytes));
      table.topicConfigTable[topic].attributes = { "queue.type": "BatchCQ" };
      files.put(path, new TextEncoder().encode(JSON.stringify(table)));
      return UNTOUCHED;
    },
  },
  {
    name: "queue: a file among the folders of topics",
    about: "somebody left a note in the folder",
    finds: ["queue-stray-file"],
    apply: stray(() => `${PATHS.consumeQueue}/notes.txt`, "file"),
  },
];

const INDEX_DAMAGES: readonly Damage[] = [
  {
    name: "index: a file that is none of its own",
    about: "somebody left a note in the folder",
    finds: ["index-stray-file"],
    apply: stray(() => `${PATHS.index}/notes.txt`, "file"),
  },
  {
    name: "index: the last file is empty",
    about: "a crash while it was made",
    finds: ["index-wrong-length"],
    apply(files) {
      const last = listIndexFiles(files, PATHS.index).paths.at(-1);
      if (last === undefined) return undefined;
      files.cut(last, 0);
      return UNTOUCHED;
    },
  },
];

const OTHER_DAMAGES: readonly Damage[] = [
  {
    name: "checkpoint: empty",
    about: "a crash while it was made",
    finds: ["checkpoint-wrong-length", "checkpoint-missing"],
    apply: (files) => (files.put(PATHS.checkpoint, new Uint8Array(0)), UNTOUCHED),
  },
  {
    name: "config: topics.json and its .bak are garbage",
    about: "a file system that lost both",
    finds: ["config-unreadable"],
    apply: both("topics.json", garbage),
  },
  {
    name: "config: topics.json and its .bak are zeros",
    about: "both were written shortly before the power went",
    finds: ["config-unreadable"],
    apply: both("topics.json", (bytes) => new Uint8Array(bytes.length)),
  },
  {
    name: "config: topics.json and its .bak are cut",
    about: "a full disk, on which both were written",
    finds: ["config-unreadable"],
    apply: both("topics.json", (bytes) => bytes.slice(0, bytes.length >> 1)),
  },
  {
    name: "config: topics.json and its .bak are empty",
    about: "a full disk, on which both were made and never written",
    finds: ["config-topics-missing"],
    apply: both("topics.json", () => new Uint8Array(0)),
  },
  {
    name: "config: topics.json is garbage, without a .bak",
    about: "an edit by hand, of a table that was written once",
    finds: ["config-unreadable"],
    apply(files) {
      const path = `${PATHS.config}/topics.json`;
      if (files.stat(path) === undefined) return undefined;
      files.put(path, GARBAGE);
      files.remove(`${path}.bak`);
      return UNTOUCHED;
    },
  },
  {
    name: "config: topics.json and its .bak are gone",
    about: "only log and queues were in the backup",
    finds: ["config-topics-missing"],
    apply(files) {
      for (const end of ["", ".bak"]) files.remove(`${PATHS.config}/topics.json${end}`);
      return UNTOUCHED;
    },
  },
  {
    name: "config: subscriptionGroup.json and its .bak are garbage",
    about: "a file system that lost both",
    finds: ["config-unreadable"],
    apply: both("subscriptionGroup.json", garbage),
  },
  {
    name: "config: consumerOffset.json and its .bak are garbage",
    about: "a file system that lost both",
    finds: ["config-unreadable"],
    apply: both("consumerOffset.json", garbage),
  },
  {
    name: "config: delayOffset.json and its .bak are garbage",
    about: "a file system that lost both",
    finds: ["config-unreadable"],
    apply: both("delayOffset.json", garbage),
  },
  {
    name: "config: consumerFilter.json and its .bak are garbage",
    about: "a file system that lost both",
    finds: ["config-unreadable"],
    apply: both("consumerFilter.json", garbage),
  },
  {
    name: "config: consumerOrderInfo.json and its .bak are garbage",
    about: "a file system that lost both; brokers of 5.x keep it",
    finds: ["config-unreadable"],
    apply: newGarbage("consumerOrderInfo.json"),
  },
  {
    name: "config: topicQueueMapping.json and its .bak are garbage",
    about: "a file system that lost both; brokers of 5.x keep it",
    finds: ["config-unreadable"],
    apply: newGarbage("topicQueueMapping.json"),
  },
  {
    name: "timer: the wheel is of another length",
    about: "the broker was started with another timerWheelSize before",
    finds: ["timer-wheel-length"],
    apply(files) {
      const path = `${PATHS.root}/${NAME.timerWheel}`;
      const size = files.stat(path)?.size;
      if (size === undefined) return undefined;
      files.cut(path, size >> 1);
      return UNTOUCHED;
    },
  },
];

/** All of them. */
export const START_DAMAGES: readonly Damage[] = [
  ...LOG_DAMAGES,
  ...QUEUE_DAMAGES,
  ...INDEX_DAMAGES,
  ...OTHER_DAMAGES,
];
