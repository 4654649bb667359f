/**
 * The command lines that are run on mutants: every command that reads stores, in most of its ways.
 *
 * @module
 */
import type { KnownMessage } from "./mutate_stores.ts";

/** What is asked of a store for, and where what is made goes. */
export interface CommandPlace {
  readonly known: KnownMessage;
  /** Files of the mutant, sorted. */
  readonly paths: readonly string[];
}

/** Folder of what a command makes. */
export const MADE = "made/out";
/** The store before it was mutated, to compare with. */
export const BEFORE = "before";

/** The command lines for a mutant. */
export function commandLines({ known, paths }: CommandPlace): string[][] {
  const { at, topic, queueId, queueOffset, key } = known;
  const inFolder = (folder: string) => paths.find((it) => it.startsWith(`store/${folder}/`));
  const place = ["--topic", topic, "--queue", String(queueId)];
  const units = (kind: string) => [
    ["inspect", kind, "store"],
    ["inspect", kind, "store", "--records", "-o", "jsonl"],
    ["inspect", kind, "store", "--stats", "queue"],
    ["inspect", kind, "store", "--reverse", "--limit", "5", ...place],
    ["inspect", kind, "store", "--since", "2023-11-14T22:13:22", "--until", "2030-01-01"],
    ["inspect", kind, "store", "--key", key],
    ["inspect", kind, "store", "--layout", String(queueOffset), ...place],
  ];
  return [
    ["verify", "store"],
    ["verify", "store", "--quick", "-o", "jsonl"],
    ["verify", "store", "--deep", "--strict", "-o", "json"],
    ["verify", "store", "--only", "cq,index"],
    ["inspect", "store", "store"],
    ["inspect", "store", "store", "-o", "json"],
    ["inspect", "commitlog", "store"],
    ["inspect", "commitlog", "store", "-o", "jsonl", "--body", "text"],
    ["inspect", "commitlog", "store", "--reverse", "--body", "json", "-o", "json"],
    ["inspect", "commitlog", "store", "--stats", "topic"],
    ["inspect", "commitlog", "store", "--stats", "producer"],
    ["inspect", "commitlog", "store", "--layout", String(at)],
    ["inspect", "commitlog", "store", "--where", "TAGS = 'TagA'", "--since", "2023-11-14T22:13:22"],
    ["inspect", "commitlog", "store", "--from", String(at), "--limit", "3", "--key", key],
    ["inspect", "commitlog", inFolder("commitlog") ?? "store/commitlog"],
    ...units("consumequeue"),
    ...units("batchconsumequeue"),
    ["inspect", "consumequeue", inFolder("consumequeue") ?? "store/consumequeue"],
    ["inspect", "consumequeue-ext", "store"],
    ["inspect", "consumequeue-ext", "store", ...place, "--layout", "0"],
    ["inspect", "index", "store"],
    ["inspect", "index", "store", "--records", "--reverse"],
    ["inspect", "index", "store", "--headers", "-o", "jsonl"],
    ["inspect", "index", "store", "--stats"],
    ["inspect", "index", "store", "--topic", topic, "--key", key],
    ["inspect", "index", inFolder("index") ?? "store/index", "--layout", "entry:1"],
    ...stateLines(),
    ...queryLines(known),
    ["why", "store"],
    ["why", "store", "-o", "jsonl"],
    ["diff", BEFORE, "store"],
    ["diff", "store", BEFORE, "--messages", "-o", "jsonl"],
    ["export", "store"],
    ["export", "store", "--into", MADE],
    ["export", "store", "--into", MADE, "--topic", topic],
    ["recover", "store"],
    ["recover", "store", "-o", "jsonl", "--rebuild", "checkpoint"],
    ["recover", "store", "--mode", "java-4.2"],
    ["recover", "store", "--mode", "java-4.9"],
    ["recover", "store", "--mode", "java-5.x", "-o", "json"],
    ["recover", "store", "--into", MADE],
    ["recover", "store", "--into", MADE, "--allow-data-loss", "--yes"],
    ["recover", "store", "--into", MADE, "--until", String(at), "--allow-data-loss", "--yes"],
    ["recover", "store", "--rebuild", "queue", "--rebuild", "index"],
  ];
}

function stateLines(): string[][] {
  return [
    ["inspect", "checkpoint", "store"],
    ["inspect", "checkpoint", "store", "--layout"],
    ["inspect", "timer", "store"],
    ["inspect", "timer", "store", "--part", "log", "--records"],
    ["inspect", "timer", "store", "--part", "checkpoint"],
    ["inspect", "timer", "store", "--part", "metrics"],
    ["inspect", "topics", "store"],
    ["inspect", "topics", "store", "--queues", "-o", "jsonl"],
    ["inspect", "groups", "store"],
    ["inspect", "offsets", "store"],
    ["inspect", "offsets", "store", "--delay"],
    ["inspect", "epoch", "store"],
  ];
}

function queryLines({ at, topic, queueId, queueOffset, key }: KnownMessage): string[][] {
  const place = ["--topic", topic, "--queue", String(queueId)];
  return [
    ["query", "store", "--key", key],
    ["query", "store", "--key", key, "--topic", topic, "--body", "text"],
    ["query", "store", "--key", key, "--scan", "-o", "jsonl"],
    ["query", "store", "--id", `0A000001${hex(10911, 8)}${hex(at, 16)}`],
    ["query", "store", "--id", key],
    ["query", "store", "--offset", String(at)],
    ["query", "store", ...place, "--queue-offset", String(queueOffset)],
    ["query", "store", "--body-match", "body 3"],
  ];
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, "0");
}
