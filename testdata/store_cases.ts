/**
 * How each recorded store is compared with what Java says about it: which of its trees the truth
 * describes, and what stands behind the end of the log that Java found. The tests of `store/` go over
 * this table; a store that is not in it fails them.
 *
 * @module
 */
import { storeInMemory, type Tree } from "./fixture.ts";
import type { MemoryFiles } from "../store/file_memory.ts";

/** What a scan finds behind the last record that Java kept. */
export interface BehindEnd {
  /** Code of the damage at which Java stopped. */
  readonly flaw: "body-crc";
  /** Sound records behind it, which Java cut off. */
  readonly messages: number;
}

/** How a store is compared. */
export interface StoreCase {
  readonly name: string;
  /** The tree the truth describes; absent where Java refused to load the store. */
  readonly described?: Tree;
  /** Why that tree, in words. */
  readonly why: string;
  /** A store of the same run whose truth holds for this log, too. */
  readonly logOf?: string;
  /** Trees whose log goes on behind Java's end; in all others only zeros follow. */
  readonly behindEnd?: Readonly<Partial<Record<Tree, BehindEnd>>>;
  /**
   * Log offset of a record whose properties were zeroed from some byte on. The CRC covers the body
   * only, so Java keeps it, and its keys no longer lead to it.
   */
  readonly tornRecord?: number;
  /** Queues live in RocksDB: they are detected, not read. */
  readonly isRocksDb?: boolean;
}

const CLEAN = "stopped cleanly: Java reads what was recorded";
const KILLED =
  "killed: Java recovered it first; the recorded log is the same, its queues are not yet";
const CLEAN_TWICE = "stopped cleanly; Java then stopped it once more, which moved the checkpoint";
const DAMAGED = "damaged and recovered: the log is the same in both trees";

/** All recorded stores, by name. */
export const STORE_CASES: readonly StoreCase[] = [
  { name: "4.2.0-a-clean-103", described: "recorded", why: CLEAN },
  { name: "4.2.0-b-kill-start-103", described: "after-java-recovery", why: KILLED },
  { name: "4.9.7-a-clean-101", described: "recorded", why: CLEAN },
  { name: "4.9.7-b-kill-load-101", described: "after-java-recovery", why: KILLED },
  { name: "4.9.7-b-kill-second-101", described: "after-java-recovery", why: KILLED },
  { name: "4.9.7-b-kill-start-101", described: "after-java-recovery", why: KILLED },
  { name: "4.9.7-d-byhand-101", described: "after-java-recovery", why: CLEAN_TWICE },
  { name: "5.5.0-a-clean-102", described: "recorded", why: CLEAN },
  { name: "5.5.0-b-kill-load-102", described: "after-java-recovery", why: KILLED },
  { name: "5.5.0-b-kill-second-102", described: "after-java-recovery", why: KILLED },
  { name: "5.5.0-b-kill-start-102", described: "after-java-recovery", why: KILLED },
  { name: "5.5.0-c-damage-102-cqbehind", described: "after-java-recovery", why: DAMAGED },
  { name: "5.5.0-c-damage-102-noabort-cqbehind", described: "after-java-recovery", why: DAMAGED },
  { name: "5.5.0-c-damage-102-noabort-nocq", described: "after-java-recovery", why: DAMAGED },
  { name: "5.5.0-c-damage-102-nocheckpoint", described: "after-java-recovery", why: DAMAGED },
  { name: "5.5.0-c-damage-102-nocq", described: "after-java-recovery", why: DAMAGED },
  { name: "5.5.0-c-damage-102-noindex", described: "after-java-recovery", why: DAMAGED },
  {
    name: "5.5.0-c-damage-102-short",
    why: "Java refuses a log file of a wrong length; the cut took only room not yet written",
    logOf: "5.5.0-c-damage-102-cqbehind",
  },
  {
    name: "5.5.0-c-damage-102-torn",
    described: "after-java-recovery",
    why:
      "the zeroed pages are the end of the log, in both trees; queue units behind it stay as bytes",
    tornRecord: 274_254,
  },
  {
    name: "5.5.0-c-flip-102-first",
    described: "after-java-recovery",
    why: "Java cut at the flipped byte and deleted all files but the first; ours goes on behind it",
    behindEnd: {
      "recorded": { flaw: "body-crc", messages: 381 },
      "after-java-recovery": { flaw: "body-crc", messages: 66 },
    },
  },
  {
    name: "5.5.0-c-flip-102-last",
    described: "after-java-recovery",
    why: "Java cut at the flipped byte and left the bytes behind it",
    behindEnd: {
      "recorded": { flaw: "body-crc", messages: 20 },
      "after-java-recovery": { flaw: "body-crc", messages: 20 },
    },
  },
  {
    name: "5.5.0-c-flip-102-last-noabort",
    described: "after-java-recovery",
    why: "Java cut at the flipped byte, as its normal recovery checks bodies, too",
    behindEnd: {
      "recorded": { flaw: "body-crc", messages: 20 },
      "after-java-recovery": { flaw: "body-crc", messages: 20 },
    },
  },
  { name: "5.5.0-d-expire-102", described: "after-java-recovery", why: CLEAN_TWICE },
  { name: "5.5.0-e-bcq-102", described: "recorded", why: CLEAN },
  { name: "5.5.0-e-bcq-kill-102", described: "after-java-recovery", why: KILLED },
  { name: "5.5.0-e-cqext-102", described: "recorded", why: CLEAN },
  { name: "5.5.0-e-crc-202", described: "recorded", why: CLEAN },
  { name: "5.5.0-e-ipv6-102", described: "recorded", why: CLEAN },
  { name: "5.5.0-e-lmq-102", described: "recorded", why: CLEAN },
  { name: "5.5.0-e-pop-102", described: "recorded", why: CLEAN },
  { name: "5.5.0-e-rocksdb-102", described: "recorded", why: CLEAN, isRocksDb: true },
  { name: "5.5.0-e-timer-102", described: "recorded", why: CLEAN },
  { name: "5.5.0-f-ha-102-master", described: "recorded", why: CLEAN },
  { name: "5.5.0-f-ha-102-slave", described: "recorded", why: CLEAN },
];

/** The tree a truth describes, in memory. */
export function describedStore(store: StoreCase & { readonly described: Tree }): MemoryFiles {
  return storeInMemory(store.name, store.described);
}

/** The stores that Java loaded. */
export function loadedStores(): (StoreCase & { readonly described: Tree })[] {
  return STORE_CASES.filter((store): store is StoreCase & { readonly described: Tree } => {
    return store.described !== undefined;
  });
}
