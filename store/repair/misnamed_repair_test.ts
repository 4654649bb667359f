/**
 * Log files under wrong names get their right ones back, wherever that is interrupted, and give up no
 * message.
 *
 * @module
 */
import assert from "node:assert/strict";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { PowerLossFiles, systemError } from "../../testdata/power_loss.ts";
import { storeInMemory } from "../../testdata/fixture.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import { differences, type StoreBytes, withoutUndo } from "../../testdata/store_bytes.ts";
import { foundIn, verified } from "../../testdata/verified.ts";
import { readStoreState } from "../check/store_state.ts";
import type { MemoryFiles } from "../file_memory.ts";
import { findMisnamed } from "../misnamed_files.ts";
import { offsetName } from "../names.ts";
import { findFixes } from "./fixes.ts";
import { filesUnder } from "./overlay_files.ts";
import { applyRepair, planRepair, repairInto } from "./repair.ts";
import { undoRepair } from "./undo.ts";

const ROOT = "store";
const FILE_BYTES = 4096;

/** A log of seven files. */
function small(): SmallStore {
  const store = new SmallStore({ segmentBytes: FILE_BYTES });
  const body = new Uint8Array(100).fill(7);
  for (let nth = 0; nth < 130; nth++) {
    store.add({
      queueId: nth % 3,
      body,
      properties: nth % 12 === 0 ? `KEYS\u0001k${nth}\u0002` : "",
    });
  }
  return store.save();
}

function pathOf(number: number, fileBytes = FILE_BYTES): string {
  return `store/commitlog/${offsetName(number * fileBytes)}`;
}

/** Gives the file at each place the name of the next, the last that of the first. */
function turned(files: MemoryFiles, numbers: readonly number[], fileBytes = FILE_BYTES): void {
  const bytes = numbers.map((it) => files.snapshot().get(pathOf(it, fileBytes))!);
  numbers.forEach((_, at) => {
    files.put(pathOf(numbers[(at + 1) % numbers.length]!, fileBytes), bytes[at]!);
  });
}

function misnamedIn(files: MemoryFiles): string[] {
  return findMisnamed(readStoreState(files, ROOT))
    .map(({ path, start }) => `${path.slice(-8)} ${start}`);
}

function onDisk(bytes: StoreBytes): PowerLossFiles {
  const folders = new Set<string>();
  for (const path of bytes.keys()) {
    for (let at = dirname(path); at !== "."; at = dirname(at)) folders.add(at);
  }
  const copies = [...bytes].map(([path, content]) => [path, content.slice()] as const);
  return PowerLossFiles.of({ folders: [...folders].sort(), files: copies });
}

function bytesOf(disk: PowerLossFiles): Map<string, Uint8Array> {
  return withoutUndo(new Map([...filesUnder(disk, ROOT)].map((path) => [path, disk.bytes(path)])));
}

/** Fails from the n-th change on; tells whether it came that far. */
async function dies(disk: PowerLossFiles, number: number): Promise<boolean> {
  let calls = 0;
  disk.interfere = () => {
    if (++calls >= number) throw systemError("EIO");
  };
  try {
    await applyRepair(disk, ROOT);
    return false;
  } catch (error) {
    assert.match(String(error), /EIO/);
    return true;
  } finally {
    disk.interfere = () => {};
    disk.kill();
  }
}

/** What is done to names, and which files are misnamed then. */
const WRONG: readonly (readonly [
  what: string,
  damage: (files: MemoryFiles) => void,
  misnamed: readonly string[],
])[] = [
  ["two are swapped", (files) => turned(files, [1, 2]), ["00008192 4096", "00004096 8192"]],
  ["the first and the last are", (files) => turned(files, [0, 6]), [
    "00024576 0",
    "00000000 24576",
  ]],
  ["three are", (files) => turned(files, [1, 2, 4]), [
    "00008192 4096",
    "00016384 8192",
    "00004096 16384",
  ]],
  ["one is off by one", (files) => files.rename(pathOf(1), `${pathOf(1).slice(0, -1)}7`), [
    "00004097 4096",
  ]],
  ["the first is", (files) => files.rename(pathOf(0), `${pathOf(0).slice(0, -1)}1`), [
    "00000001 0",
  ]],
  ["the last is far off", (files) => files.rename(pathOf(6), pathOf(60)), ["00245760 24576"]],
  ["one has an ending", (files) => files.rename(pathOf(3), `${pathOf(3)}.bak`), [
    "2288.bak 12288",
  ]],
];

for (const [what, damage, misnamed] of WRONG) {
  Deno.test(`recover renames log files where ${what}`, async () => {
    const { files } = small();
    const sound = files.snapshot();
    damage(files);
    const before = files.snapshot();
    assert.deepEqual(misnamedIn(files), misnamed);
    const { findings } = await verified(files);
    assert.deepEqual(findings.filter(({ fix }) => fix.includes("--allow-data-loss")), []);
    const { actions } = await planRepair(files, ROOT);
    assert.deepEqual(differences(before, files.snapshot()), []);
    assert(actions.every(({ action, safe }) => action === "rename-file" && safe));
    assert.equal(actions.length, misnamed.length);
    const { unfixed } = await findFixes(actions, Readable.from(findings));
    assert.deepEqual([...unfixed], []);
    await repairInto(files, ROOT, "copy");
    for (const [path, bytes] of sound) {
      assert.deepEqual(files.snapshot().get(path.replace("store", "copy")), bytes, path);
    }
    files.remove("copy");
    const { applied, left, undo } = await applyRepair(files, ROOT);
    assert.deepEqual([applied, left], [actions, []]);
    assert.deepEqual(differences(sound, withoutUndo(files.snapshot())), []);
    assert.deepEqual(await foundIn(files), []);
    await undoRepair(files, ROOT, undo!);
    assert.deepEqual(differences(before, files.snapshot()), []);
  });
}

Deno.test("recover renames what it can where other damage is in the way", async () => {
  const { files, log } = small();
  turned(files, [2, 3]);
  // Of the first record of a swapped file nothing is left.
  files.zero(pathOf(2), 0, 300);
  log.flip(log.records[3]!.at + 120);
  assert.deepEqual(misnamedIn(files), ["00012288 8192", "00008192 12288"]);
  const { applied } = await applyRepair(files, ROOT, { allowDataLoss: true });
  assert.deepEqual(applied.map((it) => it.action).slice(0, 2), ["rename-file", "rename-file"]);
  const lost = applied.reduce((sum, it) => sum + it.messagesLost, 0);
  assert(lost <= 3, `${lost}`);
  assert.deepEqual((await foundIn(files)).filter((it) => !it.startsWith("info")), []);
});

for (const isKilled of [false, true]) {
  const kind = isKilled ? "killed" : "cleanly stopped";

  Deno.test(`renaming log files of a ${kind} store that dies at any call goes on, or is taken back`, async () => {
    const { files } = small();
    const sound = files.snapshot();
    if (isKilled) files.put("store/abort", new Uint8Array(0));
    turned(files, [0, 6]);
    turned(files, [1, 2, 4]);
    const before = files.snapshot();
    for (let number = 1;; number++) {
      let disk = onDisk(before);
      if (!await dies(disk, number)) return assert(number > 20, `${number} calls`);
      await applyRepair(disk, ROOT);
      assert.deepEqual(differences(sound, bytesOf(disk)), [], `killed at call ${number}`);

      disk = onDisk(before);
      await dies(disk, number);
      let coin = number;
      disk = disk.lose(() => (coin = Math.imul(coin, 1_103_515_245) + 12_345) % 3 === 0);
      for (const name of disk.list("store/quarantine")) {
        await undoRepair(disk, ROOT, `store/quarantine/${name}`).catch((error) => {
          assert.match(String(error), /no undo file, or damaged at 0/);
        });
      }
      assert.deepEqual(differences(before, bytesOf(disk)), [], `power lost at call ${number}`);
    }
  });
}

Deno.test("two swapped files of a store of Java come back without a loss", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const sound = files.snapshot();
  turned(files, [1, 2], 65_536);
  const { applied, left } = await applyRepair(files, ROOT);
  assert.deepEqual([applied.map((it) => it.action), left], [["rename-file", "rename-file"], []]);
  assert.deepEqual(differences(sound, withoutUndo(files.snapshot())), []);
});
