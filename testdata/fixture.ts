/**
 * The recorded stores of `stores/` for tests: unpacked into memory or onto the disk, and what Java
 * says about them.
 *
 * @module
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { MemoryFiles } from "../store/file_memory.ts";

const STORES = fileURLToPath(new URL("stores/", import.meta.url));
const ARCHIVE = ".tar.gz";
const AFTER = ".after-java-recovery";

/** Which of a store's two archives is meant. */
export type Tree = "recorded" | "after-java-recovery";

/** A record as Java read it. */
export interface TruthRecord {
  readonly topic: string;
  readonly queueId: number;
  readonly queueOffset: number;
  readonly commitLogOffset: number;
  readonly storeSize: number;
  /** 1 or 2: which of the two layouts. */
  readonly version: number;
  readonly bodyCRC: number;
  readonly sysFlag: number;
  readonly flag: number;
  readonly bornTimestamp: number;
  readonly bornHost: string;
  readonly storeTimestamp: number;
  readonly storeHost: string;
  readonly reconsumeTimes: number;
  readonly preparedTransactionOffset: number;
  /** Of the decompressed body. */
  readonly bodySize: number;
  /** `null` where there is no body. */
  readonly bodySha256: string | null;
  /** Of the body as stored, where that differs. */
  readonly storedBodySize?: number;
  readonly storedBodySha256?: string;
  readonly msgId: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly recordSha256: string;
}

/** A queue as Java read it. `ext@n` and `status@n` stand beside these members. */
export interface TruthQueue {
  readonly topic: string;
  readonly queueId: number;
  readonly minOffset: number;
  readonly maxOffset: number;
  /** Absent in 4.x, where there is one kind. */
  readonly cqType?: "SimpleCQ" | "BatchCQ";
  readonly maxPhysicOffset: number;
  /** Index, physical offset, size, tags code; in 5.x the messages of the unit, too. */
  readonly cq: readonly (readonly number[])[];
  readonly messages: readonly (readonly number[])[];
  /** Store time, and the index Java finds for it. */
  readonly offsetByTime: readonly (readonly [number, number])[];
  readonly [at: `ext@${number}` | `status@${number}`]: string;
}

/** Offsets Java found for one key. */
export interface TruthLookup {
  readonly topic: string;
  readonly key: string;
  /** In Java's order, records of other keys with the same hash included. */
  readonly storeReturned: readonly number[];
  readonly matching: readonly number[];
}

/** What Java says about a store; empty where it refused to load it. */
export interface Truth {
  readonly version: string;
  readonly javaLoad: boolean;
  readonly abortPresentBefore: boolean;
  readonly filesBefore: Readonly<Record<string, number>>;
  readonly filesAfterJava: Readonly<Record<string, number>>;
  readonly minPhyOffset: number;
  readonly maxPhyOffset: number;
  /** Offset and room of every filler at the end of a file. */
  readonly endFileBlanks: readonly (readonly [number, number])[];
  readonly log: readonly TruthRecord[];
  readonly queues: readonly TruthQueue[];
  readonly keyLookups: readonly TruthLookup[];
  readonly checkpoint: Readonly<
    Record<"physicMsgTimestamp" | "logicsMsgTimestamp" | "indexMsgTimestamp", number>
  >;
}

/** Names of all recorded stores, sorted. */
export function storeNames(): string[] {
  return fs.readdirSync(STORES)
    .filter((name) => name.endsWith(ARCHIVE) && !name.includes(AFTER))
    .map((name) => name.slice(0, -ARCHIVE.length))
    .sort();
}

/** Whether Java's own recovery left a tree of its own. */
export function hasTreeAfterJava(name: string): boolean {
  return fs.existsSync(archivePath(name, "after-java-recovery"));
}

/** What Java says about a store. */
export function readTruth(name: string): Truth {
  const path = join(STORES, `${name}.truth.json`);
  const bytes = fs.existsSync(path)
    ? fs.readFileSync(path)
    : gunzipSync(fs.readFileSync(`${path}.gz`));
  return JSON.parse(bytes.toString("utf8"));
}

/** Unpacks a store into memory; its root is `store`. */
export function storeInMemory(name: string, tree: Tree = "recorded"): MemoryFiles {
  const files = new MemoryFiles();
  for (const entry of untar(readArchive(name, tree))) {
    if (entry.isDirectory) files.makeDirectory(entry.path);
    else files.put(entry.path, entry.bytes);
  }
  return files;
}

/**
 * Unpacks a store into `directory`, modification times included, and returns the path of its root.
 * The caller removes it.
 */
export function storeOnDisk(name: string, directory: string, tree: Tree = "recorded"): string {
  for (const entry of untar(readArchive(name, tree))) {
    const path = join(directory, entry.path);
    fs.mkdirSync(entry.isDirectory ? path : dirname(path), { recursive: true });
    if (entry.isDirectory) continue;
    fs.writeFileSync(path, entry.bytes);
    fs.utimesSync(path, entry.mtimeSeconds, entry.mtimeSeconds);
  }
  return join(directory, "store");
}

function archivePath(name: string, tree: Tree): string {
  return join(STORES, `${name}${tree === "recorded" ? "" : AFTER}${ARCHIVE}`);
}

function readArchive(name: string, tree: Tree): Uint8Array {
  return gunzipSync(fs.readFileSync(archivePath(name, tree)));
}

/** A file or directory of an archive. */
export interface TarEntry {
  /** Without a slash at its end. */
  readonly path: string;
  readonly isDirectory: boolean;
  readonly mtimeSeconds: number;
  readonly bytes: Uint8Array;
}

const BLOCK = 512;

/** Fields of a USTAR header in their order; all are text, numbers in octal. */
const USTAR = [
  ["name", 100],
  ["mode", 8],
  ["uid", 8],
  ["gid", 8],
  ["size", 12],
  ["mtime", 12],
  ["checksum", 8],
  ["type", 1],
  ["linkName", 100],
  ["magic", 6],
  ["version", 2],
  ["userName", 32],
  ["groupName", 32],
  ["deviceMajor", 8],
  ["deviceMinor", 8],
  ["prefix", 155],
] as const;

/** Goes over a USTAR archive of plain files and directories. */
export function* untar(archive: Uint8Array): Generator<TarEntry> {
  const decoder = new TextDecoder();
  for (let at = 0; at + BLOCK <= archive.length;) {
    const field = {} as Record<(typeof USTAR)[number][0], string>;
    let position = at;
    for (const [name, length] of USTAR) {
      const text = decoder.decode(archive.subarray(position, position + length));
      field[name] = text.split("\0")[0]!;
      position += length;
    }
    if (field.checksum === "") return;
    assert(field.magic === "ustar", `no USTAR header at ${at}`);
    assert(field.type === "0" || field.type === "5", `entry of type ${field.type} at ${at}`);
    const size = parseInt(field.size, 8);
    const path = field.prefix === "" ? field.name : `${field.prefix}/${field.name}`;
    at += BLOCK;
    yield {
      path: path.replace(/\/$/, ""),
      isDirectory: field.type === "5",
      mtimeSeconds: parseInt(field.mtime, 8),
      bytes: archive.subarray(at, at + size),
    };
    at += Math.ceil(size / BLOCK) * BLOCK;
  }
}
