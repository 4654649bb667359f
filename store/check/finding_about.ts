/**
 * What is known of each thing that verification can find: how grave it is, what it means for the people
 * behind the store, what a Java broker does with it, and what can be done.
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

/** Kinds of files a store has; coverage is counted for each, and each file is of one. */
export const FILE_KINDS = [
  "commitlog",
  "consumequeue",
  "batchconsumequeue",
  "consumequeue_ext",
  "index",
  "checkpoint",
  "config",
  "timer",
  "epoch",
  "mq",
  "marker",
  "rocksdb",
  "compaction",
  "tieredstore",
  "dledger",
  "other",
] as const;

/** One kind of files. */
export type FileKind = (typeof FILE_KINDS)[number];

/** What files of a kind are; of those that are not read, why. */
export const FILE_KIND_ABOUT: Readonly<Record<FileKind, string>> = {
  commitlog: "all messages",
  consumequeue: "where the messages of each queue are",
  batchconsumequeue: "the same for batches (5.x)",
  consumequeue_ext: "bits of filters",
  index: "from keys to messages",
  checkpoint: "how far files were flushed",
  config: "topics, groups and offsets as JSON, with their .bak",
  timer: "messages for later (5.x)",
  epoch: "who was master since when (5.x, controller mode)",
  mq: "what mq alone keeps: queue ends, quarantine; bytes kept aside are not looked at",
  marker: "abort and lock, which only have to be there",
  rocksdb: "RocksDB, which mq does not read",
  compaction: "logs of compacted topics (5.x), which mq does not read",
  tieredstore: "index of messages in tiered storage (5.x), which mq does not read",
  dledger: "log of a DLedger group, which mq does not read",
  other: "files no broker makes there, or that mq does not know",
};

/** What a code stands for. */
export interface FindingAbout {
  /** Files it speaks of. */
  readonly kind: FileKind;
  /** How grave it is unless a finding says otherwise. */
  readonly severity: Severity;
  /** What it means for a broker and its consumers. */
  readonly about: string;
  /** What a Java broker does where it meets it. */
  readonly java: string;
  /** What can be done. */
  readonly fix: string;
  /** The message of one such finding. */
  readonly example: string;
}

/** Advice about what `mq recover` does without a loss. */
export const RECOVER = "mq recover --apply puts it right";
/** Advice about what every start of a broker puts right. */
export const BY_START =
  "nothing: the next start of a broker puts it right, and so does mq recover --apply";
