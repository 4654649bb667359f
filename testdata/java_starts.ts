/**
 * Recorded stores, changed in ways no recorded store has, and what brokers of Java left of them: the
 * store classes of 4.2.0, 4.9.7 and 5.5.0 loaded, started and stopped on each, and of log, queues and
 * index a digest was taken.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { checkpointPage, emptyCheckpoint } from "../store/checkpoint.ts";
import type { JavaRelease } from "../store/exact/java_release.ts";
import type { MemoryFiles } from "../store/file_memory.ts";
import { INDEX_HEADER, QUEUE_UNIT } from "../store/format.ts";
import { storeInMemory } from "./fixture.ts";

/** A store, what was done to it, and what Java left. */
export interface JavaStartCase {
  readonly release: JavaRelease;
  readonly store: string;
  /** See {@linkcode changedStore}. */
  readonly changes: readonly string[];
  /** {@linkcode treeDigest} of the tree Java left. */
  readonly digest: string;
}

const log = (start: number) => `commitlog/${String(start).padStart(20, "0")}`;

/** Every queue three units short, as after a crash; and the same where `abort` was removed, too. */
const BEHIND = ["queues-behind 3"];
const CLEAN_BEHIND = ["remove abort", "queues-behind 3"];
const HOLE = [`zero ${log(65536)} 30000 4096`];
const FLIP = [`flip ${log(65536)} 40000`];

const CLEAN_42 = "4.2.0-a-clean-103";
const LOADED_49 = "4.9.7-b-kill-load-101";
const CLEAN_49 = "4.9.7-a-clean-101";
const LOADED_5 = "5.5.0-b-kill-load-102";
const CLEAN_5 = "5.5.0-a-clean-102";

type Row = readonly [JavaRelease, string, readonly string[], string];

const ROWS: readonly Row[] = [
  ["4.2", CLEAN_42, ["put abort"], "003f12bf0466ef8f"],
  ["4.2", CLEAN_42, ["put abort", ...BEHIND], "71e3d06655d35265"],
  ["4.2", CLEAN_42, BEHIND, "29a41ac9b6264398"],
  ["4.2", CLEAN_42, ["put abort", "remove checkpoint", ...HOLE], "5630255ef9c436eb"],
  ["4.2", CLEAN_42, ["put abort", "remove commitlog"], "e54b71929e786d8b"],
  [
    "4.2",
    CLEAN_42,
    ["put abort", "remove checkpoint", `size ${log(65536)} 3`],
    "3be6122eb208e301",
  ],
  ["4.9", LOADED_49, CLEAN_BEHIND, "15e1c2b4a7911826"],
  ["4.9", LOADED_49, BEHIND, "5975589ae4c32b89"],
  ["4.9", LOADED_49, HOLE, "1e7994a79af02e44"],
  ["4.9", LOADED_49, ["remove abort", ...FLIP], "b2476a5fd1ca2691"],
  ["4.9", LOADED_49, ["remove abort", "remove consumequeue"], "8361d25c94a2561a"],
  ["4.9", LOADED_49, ["remove consumequeue/T_plain"], "877f8554e2ced2cb"],
  ["4.9", CLEAN_49, ["put abort"], "c929c870affce1e3"],
  ["4.9", CLEAN_49, ["put abort", "remove checkpoint"], "6d1f120289740d62"],
  ["4.9", CLEAN_49, [`remove ${log(131072)}`], "288043dca217d54e"],
  ["4.9", CLEAN_49, ["remove commitlog"], "2086b2510297c0ea"],
  ["5.x", LOADED_5, CLEAN_BEHIND, "4c68063558df4186"],
  ["5.x", LOADED_5, HOLE, "65ad65f242240bed"],
  ["5.x", LOADED_5, ["remove abort", ...FLIP], "f7cbe1944e3a6315"],
  ["5.x", LOADED_5, ["place 131072"], "64a2c08fa98a164a"],
  ["5.x", LOADED_5, ["remove consumequeue/T_plain"], "68f3a5c223f671ec"],
  ["5.x", CLEAN_5, ["put abort", "place 200000"], "e0bd0eccadc4b3c2"],
  ["5.x", CLEAN_5, [`remove ${log(131072)}`, "put abort"], "86fd20e4f46b152a"],
  ["5.x", CLEAN_5, ["remove commitlog"], "9c0c7086b72c6537"],
  ["5.x", "5.5.0-e-bcq-102", ["put abort"], "988f8620ccced9c4"],
  ["5.x", "5.5.0-e-bcq-102", ["remove batchconsumequeue"], "51bee7c3e9e035b2"],
];

/** All cases. */
export const JAVA_STARTS: readonly JavaStartCase[] = ROWS.map((row) => {
  const [release, store, changes, digest] = row;
  return { release, store, changes, digest };
});

/** Makes the store of a case, as it was before Java started on it. */
export function changedStore({ store, changes }: JavaStartCase): MemoryFiles {
  const files = storeInMemory(store);
  for (const change of changes) {
    const [verb, name, ...numbers] = change.split(" ");
    const [at = 0, length = 0] = numbers.map(Number);
    const path = `store/${name}`;
    if (verb === "put") files.put(path, new Uint8Array(0));
    else if (verb === "remove") files.remove(path);
    else if (verb === "flip") files.flip(path, at);
    else if (verb === "zero") files.zero(path, at, length);
    else if (verb === "size") growRecord(files, path, at);
    else if (verb === "place") placeQueues(files, Number(name));
    else putBehind(files, Number(name));
  }
  return files;
}

/** A digest of log, queues and index; the names of index files are a clock's and left out. */
export function treeDigest(files: ReadonlyMap<string, Uint8Array>): string {
  const digest = createHash("sha256");
  for (const [path, bytes] of [...files].sort(([a], [b]) => a < b ? -1 : 1)) {
    const [folder] = path.replace(/^store\//, "").split("/");
    if (!COMPARED.includes(folder!)) continue;
    if (folder === "index") digest.update(folder).update(countedBytes(bytes));
    else digest.update(path).update(bytes);
  }
  return digest.digest("hex").slice(0, 16);
}

/** An index file without a key has its count, 1, in the broker's memory until that stops. */
function countedBytes(bytes: Uint8Array): Uint8Array {
  const counted = bytes.slice();
  const view = new DataView(counted.buffer);
  const at = INDEX_HEADER.at.indexCount;
  if (view.getInt32(at) === 0) view.setInt32(at, 1);
  return counted;
}

const COMPARED = ["commitlog", "consumequeue", "batchconsumequeue", "index"];

/** Makes the record `nth` of a file say it is longer than its fields. */
function growRecord(files: MemoryFiles, path: string, nth: number): void {
  const file = files.openWrite(path);
  const size = new DataView(new ArrayBuffer(4));
  let at = 0;
  for (let count = 0; count <= nth; count++) {
    if (count > 0) at += size.getInt32(0);
    file.read(new Uint8Array(size.buffer), at);
  }
  size.setInt32(0, size.getInt32(0) ^ 1);
  file.write(new Uint8Array(size.buffer), at);
}

/** Sets the checkpoint's place of the queues, which 5.5 looks at first. */
function placeQueues(files: MemoryFiles, logicsPhysicalOffset: number): void {
  files.put("store/checkpoint", checkpointPage({ ...emptyCheckpoint(), logicsPhysicalOffset }));
}

/** Zeros so many units at the end of the last file of every queue. */
function putBehind(files: MemoryFiles, count: number): void {
  const last = new Map<string, string>();
  for (const path of [...files.snapshot().keys()].sort()) {
    if (path.startsWith("store/consumequeue/")) {
      last.set(path.slice(0, path.lastIndexOf("/")), path);
    }
  }
  for (const path of last.values()) {
    const bytes = files.snapshot().get(path)!;
    const used = bytes.findLastIndex((byte) => byte !== 0) + 1;
    const end = Math.ceil(used / QUEUE_UNIT.size) * QUEUE_UNIT.size;
    const from = Math.max(0, end - count * QUEUE_UNIT.size);
    files.zero(path, from, end - from);
  }
}
