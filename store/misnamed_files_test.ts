import assert from "node:assert/strict";
import { SmallStore } from "../testdata/small_store.ts";
import { readStoreState } from "./check/store_state.ts";
import type { MemoryFiles } from "./file_memory.ts";
import { findMisnamed, renameMisnamed } from "./misnamed_files.ts";
import { offsetName } from "./names.ts";

const FILE_BYTES = 4096;

/** A log of seven files. */
function small(): SmallStore {
  const store = new SmallStore({ segmentBytes: FILE_BYTES });
  const body = new Uint8Array(100).fill(7);
  for (let nth = 0; nth < 130; nth++) store.add({ queueId: nth % 3, body });
  return store.save();
}

function pathOf(number: number): string {
  return `store/commitlog/${offsetName(number * FILE_BYTES)}`;
}

function misnamedIn(files: MemoryFiles): string[] {
  return findMisnamed(readStoreState(files, "store"))
    .map(({ path, start }) => `${path.slice(-8)} ${start}`);
}

/** Gives two files the names of one another. */
function swap(files: MemoryFiles, one: number, other: number): void {
  const [a, b] = [one, other].map((it) => files.snapshot().get(pathOf(it))!);
  files.put(pathOf(one), b!);
  files.put(pathOf(other), a!);
}

Deno.test("findMisnamed() finds files by what their records say, and renameMisnamed() moves them", () => {
  const { files } = small();
  const sound = files.snapshot();
  swap(files, 0, 5);
  swap(files, 1, 2);
  swap(files, 2, 3);
  files.rename(pathOf(4), `${pathOf(4)}.bak`);
  assert.deepEqual(misnamedIn(files), [
    "00020480 0",
    "00012288 4096",
    "00004096 8192",
    "00008192 12288",
    "6384.bak 16384",
    "00000000 20480",
  ]);
  renameMisnamed(files, findMisnamed(readStoreState(files, "store")));
  assert.deepEqual(files.snapshot(), sound);
  assert.deepEqual(misnamedIn(files), []);
});

Deno.test("findMisnamed() finds files where no queue is left, and where a copy is there, too", () => {
  const { files } = small();
  swap(files, 1, 2);
  files.put(`${pathOf(1)}.bak`, files.snapshot().get(pathOf(1))!);
  files.remove("store/consumequeue");
  assert.deepEqual(misnamedIn(files), ["00008192 4096", "00004096 8192"]);
});

Deno.test("findMisnamed() leaves copies, files of other logs and old ones where they are", () => {
  const copied = small().files;
  copied.put(pathOf(3), copied.snapshot().get(pathOf(5))!);
  assert.deepEqual(misnamedIn(copied), []);
  const backedUp = small().files;
  backedUp.put(`${pathOf(3)}.bak`, backedUp.snapshot().get(pathOf(3))!);
  assert.deepEqual(misnamedIn(backedUp), []);
  const expired = small().files;
  expired.rename(pathOf(0), `${pathOf(0)}.bak`);
  assert.deepEqual(misnamedIn(expired), []);
  // Of another broker: its records are of other queues, or stand at other places of the same ones.
  for (const wish of [{ topic: "Other" }, { body: new Uint8Array(60) }]) {
    const other = new SmallStore({ segmentBytes: FILE_BYTES });
    for (let nth = 0; nth < 130; nth++) other.add({ body: new Uint8Array(100), ...wish });
    const mixed = small().files;
    mixed.put(`${pathOf(3)}.bak`, other.save().files.snapshot().get(pathOf(3))!);
    mixed.remove(pathOf(3));
    assert.deepEqual(misnamedIn(mixed), []);
  }
  const younger = small().files;
  const later = new SmallStore({ segmentBytes: FILE_BYTES });
  for (let nth = 0; nth < 130; nth++) later.add({ storeTimestamp: 1_800_000_000_000 + nth });
  younger.put(`${pathOf(3)}.bak`, later.save().files.snapshot().get(pathOf(3))!);
  younger.remove(pathOf(3));
  younger.remove("store/consumequeue");
  assert.deepEqual(misnamedIn(younger), []);
  const flipped = small();
  // Offset of a file's first record: bit 12 is the length of a file.
  flipped.log.flip(flipped.log.records.find((it) => it.at === FILE_BYTES)!.at + 28 + 6, 0x10);
  assert.deepEqual(misnamedIn(flipped.files), []);
});
