/**
 * What brokers of Java do differently at start, release by release: one table, read by everything in
 * this folder. All rows were read from the releases named and compared with trees they left.
 *
 * A broker with default settings is meant: no duplication, no controller, no DLedger, no queues in
 * RocksDB, consume queue extensions where there are some, `messageIndexSafe` off, CRC checked.
 *
 * @module
 */
import { MAGIC } from "../format.ts";

/** Releases whose start can be told. `5.x` is 5.5.0: earlier ones of 5 choose other first files. */
export type JavaRelease = "4.2" | "4.9" | "5.x";

/** How a release starts on a store. */
export interface JavaRules {
  /** Magics of what it takes for a message. */
  readonly magics: readonly number[];
  /** Whether it knows addresses of 16 bytes; else it takes them for 4 and the rest for something. */
  readonly readsIpv6: boolean;
  /** Whether a record must fit into its file before anything else is looked at. */
  readonly checksRoomFirst: boolean;
  /** Whether the CRC of the whole record is asked for, and not the body's, see {@linkcode javaRules}. */
  readonly asksForSeal: boolean;
  /** What an unclean start does with a record whose lengths do not add up to its size. */
  readonly wrongSize: "accepted" | "ends the log";
  /** What a file of another length does: `ignored` ends the list of files without a word. */
  readonly wrongFileLength: "ignored" | "refused";
  /** Whether a last file without a byte is removed. */
  readonly removesEmptyFile: boolean;
  /** Whether a directory among the files of a log is passed over. */
  readonly allowsDirectories: boolean;
  /** File at which a clean start begins. */
  readonly cleanStart: "third last" | "queues";
  /** Whether a clean start dispatches records behind the queues while it reads the log. */
  readonly cleanDispatch: boolean;
  /** Times an unclean start compares with the first record of a file. */
  readonly uncleanStart: "smallest time less slack" | "time or place of the queues";
  /** Files at the end of the log among which the first one is looked for. */
  readonly filesTriedMax: number;
  /** Whether the queues are cut after a clean and an unclean stop. */
  readonly cutsQueues: Readonly<
    Record<
      "clean" | "unclean",
      "never" | "always" | "where they were ahead" | "where they are ahead"
    >
  >;
  /** Whether a store without a log loses its queues after a clean stop; after an unclean one all do. */
  readonly cleanWithoutLogDropsQueues: boolean;
  /** What a queue remembers of its last unit: where the record starts, or where it ends. */
  readonly queueRemembers: "start" | "end";
  /** Whether what the queues still lack is dispatched before anybody is served. */
  readonly dispatchesFromQueues: boolean;
  /**
   * Whether the delay levels are known while the log is read. Where they are not, a delayed message
   * that is dispatched again gets its tag's hash for its time, and is delivered at once.
   */
  readonly knowsDelayLevels: boolean;
  /** Whether there are batch consume queues. */
  readonly hasBatchQueues: boolean;
  /** Whether an index file counts every key as a slot in use. */
  readonly countsEveryKey: boolean;
  /** Whether tags are indexed. */
  readonly indexesTags: boolean;
}

/** The table. */
export const JAVA_RULES: Readonly<Record<JavaRelease, JavaRules>> = {
  "4.2": {
    magics: [MAGIC.v1],
    readsIpv6: false,
    checksRoomFirst: false,
    asksForSeal: false,
    wrongSize: "accepted",
    wrongFileLength: "ignored",
    removesEmptyFile: false,
    allowsDirectories: false,
    cleanStart: "third last",
    cleanDispatch: false,
    uncleanStart: "smallest time less slack",
    filesTriedMax: Infinity,
    cutsQueues: { clean: "never", unclean: "always" },
    cleanWithoutLogDropsQueues: false,
    queueRemembers: "start",
    dispatchesFromQueues: false,
    knowsDelayLevels: true,
    hasBatchQueues: false,
    countsEveryKey: true,
    indexesTags: false,
  },
  "4.9": {
    magics: [MAGIC.v1],
    readsIpv6: true,
    checksRoomFirst: false,
    asksForSeal: false,
    wrongSize: "ends the log",
    wrongFileLength: "refused",
    removesEmptyFile: false,
    allowsDirectories: false,
    cleanStart: "third last",
    cleanDispatch: false,
    uncleanStart: "smallest time less slack",
    filesTriedMax: Infinity,
    cutsQueues: { clean: "where they were ahead", unclean: "where they were ahead" },
    cleanWithoutLogDropsQueues: true,
    queueRemembers: "end",
    dispatchesFromQueues: true,
    knowsDelayLevels: false,
    hasBatchQueues: false,
    countsEveryKey: false,
    indexesTags: false,
  },
  "5.x": {
    magics: [MAGIC.v1, MAGIC.v2],
    readsIpv6: true,
    checksRoomFirst: true,
    asksForSeal: false,
    wrongSize: "ends the log",
    wrongFileLength: "refused",
    removesEmptyFile: true,
    allowsDirectories: true,
    cleanStart: "queues",
    cleanDispatch: true,
    uncleanStart: "time or place of the queues",
    filesTriedMax: 10,
    cutsQueues: { clean: "where they are ahead", unclean: "where they are ahead" },
    cleanWithoutLogDropsQueues: true,
    queueRemembers: "end",
    dispatchesFromQueues: false,
    knowsDelayLevels: true,
    hasBatchQueues: true,
    countsEveryKey: false,
    indexesTags: true,
  },
};

/** The rules of a release; those before 5.2 do not know the setting. */
export function javaRules(
  release: JavaRelease,
  settings: { readonly forceVerifyPropCRC?: boolean | undefined } = {},
): JavaRules {
  const rules = JAVA_RULES[release];
  const asksForSeal = release === "5.x" && settings.forceVerifyPropCRC === true;
  return asksForSeal ? { ...rules, asksForSeal } : rules;
}
