/**
 * A repair is taken back byte for byte, wherever it or its taking back was interrupted, and never
 * over what somebody else has changed since.
 *
 * @module
 */
import assert from "node:assert/strict";
import { dirname } from "node:path";
import { hasTreeAfterJava, storeInMemory } from "../../testdata/fixture.ts";
import { PowerLossFiles, systemError } from "../../testdata/power_loss.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import { copyOf, differences, type StoreBytes } from "../../testdata/store_bytes.ts";
import { STORE_CASES } from "../../testdata/store_cases.ts";
import type { MemoryFiles } from "../file_memory.ts";
import { filesUnder } from "./overlay_files.ts";
import { type ApplyOptions, applyRepair } from "./repair.ts";
import { undoRepair } from "./undo.ts";

const ROOT = "store";
const ALL: ApplyOptions = {
  allowDataLoss: true,
  queueFileUnits: 60,
  indexGeometry: { slots: 100, entries: 400 },
};

/** A small store with something wrong of every kind. */
function damaged({ isKilled }: { readonly isKilled: boolean }): SmallStore {
  const store = new SmallStore({ segmentBytes: 4096 });
  const body = new Uint8Array(100).fill(7);
  for (let nth = 0; nth < 70; nth++) {
    const properties = nth % 9 === 0 ? `KEYS\u0001k${nth}\u0002` : "";
    store.add({ queueId: nth % 3, body, properties });
  }
  const { files, log } = store.save();
  const { at, length } = log.records.at(-1)!;
  files.zero(log.path(at), at % 4096 + 60, length - 60);
  log.flip(log.records[5]!.at + 120);
  files.remove(log.path(8192));
  files.cut(log.path(0), 4000);
  files.remove("store/consumequeue/TopicTest/2");
  files.put("store/config/topics.json", new TextEncoder().encode("{"));
  files.put("store/config/topics.json.bak", new TextEncoder().encode('{"topicConfigTable":{}}'));
  files.remove("store/checkpoint");
  files.put("store/commitlog/notes.txt", new Uint8Array(100).fill(1));
  files.put("store/consumequeue/TopicTest/old/00000000000000000000", new Uint8Array(60).fill(2));
  if (isKilled) files.put("store/abort", new TextEncoder().encode("4711"));
  return store;
}

function undoFiles(files: MemoryFiles | PowerLossFiles): string[] {
  return files.list("store/quarantine").filter((it) => it.endsWith(".undo")).sort()
    .map((it) => `store/quarantine/${it}`);
}

Deno.test("undoRepair() brings every store Java wrote back byte for byte", async () => {
  let repaired = 0;
  for (const { name, isRocksDb } of STORE_CASES) {
    if (isRocksDb === true) continue;
    const trees = hasTreeAfterJava(name) ? ["recorded", "after-java-recovery"] as const : [
      "recorded",
    ] as const;
    for (const tree of trees) {
      for (const options of [ALL, { ...ALL, allowDataLoss: false }]) {
        const files = storeInMemory(name, tree);
        const before = files.snapshot();
        const { applied, undo } = await applyRepair(files, ROOT, options);
        assert.equal(undo !== undefined, applied.length > 0, name);
        if (undo === undefined) continue;
        repaired++;
        await undoRepair(files, ROOT, undo);
        assert.deepEqual(differences(before, files.snapshot()), [], `${name} ${tree}`);
        assert.equal(files.stat("store/quarantine"), undefined);
      }
    }
  }
  assert(repaired >= 50, `${repaired}`);
});

Deno.test("undoRepair() takes repairs back one after another, newest first", async () => {
  const { files } = damaged({ isKilled: true });
  const before = files.snapshot();
  const first = await applyRepair(files, ROOT, { ...ALL, allowDataLoss: false, now: () => 0 });
  const between = files.snapshot();
  const second = await applyRepair(files, ROOT, { ...ALL, now: () => 0 });
  assert.deepEqual([first.undo, second.undo], undoFiles(files));
  await assert.rejects(undoRepair(files, ROOT, first.undo!), /was changed since/);
  await undoRepair(files, ROOT, second.undo!);
  assert.deepEqual(differences(between, files.snapshot()), []);
  await undoRepair(files, ROOT, first.undo!);
  assert.deepEqual(differences(before, files.snapshot()), []);
});

Deno.test("undoRepair() refuses to take back what was changed since, and touches nothing", async () => {
  const { files } = damaged({ isKilled: false });
  const { undo } = await applyRepair(files, ROOT, ALL);
  const repaired = files.snapshot();
  const changes: ((it: MemoryFiles) => void)[] = [
    (it) => it.put("store/abort", new TextEncoder().encode("4711")),
    (it) => it.flip("store/checkpoint", 3),
    (it) => it.remove("store/checkpoint"),
    (it) => it.cut("store/consumequeue/TopicTest/2/00000000000000000000", 100),
    (it) => it.flip("store/commitlog/00000000000000008192", 4000),
    (it) => it.put("store/config/topics.json", new TextEncoder().encode("{}")),
  ];
  for (const [nth, change] of changes.entries()) {
    const changed = copyOf(repaired);
    change(changed);
    const before = changed.snapshot();
    await assert.rejects(
      undoRepair(changed, ROOT, undo!),
      /^Error: Cannot undo "recover-.*\.undo": "store\/.*" was changed since the repair: /,
      `change ${nth}`,
    );
    assert.deepEqual(differences(before, changed.snapshot()), [], `change ${nth}`);
  }
  const aside = "store/quarantine/stray-commitlog-notes.txt";
  for (
    const change of [(it: MemoryFiles) => it.remove(aside), (it: MemoryFiles) => it.cut(aside, 5)]
  ) {
    const changed = copyOf(repaired);
    change(changed);
    const before = changed.snapshot();
    const refusal =
      /"store\/quarantine\/stray-commitlog-notes\.txt" was changed since the repair moved it there/;
    await assert.rejects(undoRepair(changed, ROOT, undo!), refusal);
    assert.deepEqual(differences(before, changed.snapshot()), []);
  }
  const elsewhere = copyOf(repaired);
  elsewhere.put("store/config/consumerOffset.json", new TextEncoder().encode("{}"));
  await undoRepair(elsewhere, ROOT, undo!);
});

Deno.test("undoRepair() refuses a file that is none, is damaged, or has a broker's lock", async () => {
  const { files } = damaged({ isKilled: false });
  const { undo } = await applyRepair(files, ROOT, ALL);
  const repaired = files.snapshot();
  const size = repaired.get(undo!)!.length;
  for (let at = 0; at < size; at += Math.ceil(size / 200)) {
    const flipped = copyOf(repaired);
    flipped.flip(undo!, at);
    // A flip in the last batch cannot be told from one that was not written whole.
    await assert.rejects(undoRepair(flipped, ROOT, undo!), /Cannot undo/, `flipped ${at}`);
    const left = flipped.snapshot();
    assert.deepEqual(differences(repaired, left), [undo!], `flipped ${at}`);
  }
  await assert.rejects(undoRepair(files, ROOT, "store/none.undo"), /there is no such file/);
  await assert.rejects(
    undoRepair(files, ROOT, "store/checkpoint"),
    /no undo file, or damaged at 0/,
  );
  using _held = files.lock("store/lock");
  await assert.rejects(undoRepair(files, ROOT, undo!), /it holds "store\/lock"/);
});

function onDisk(bytes: StoreBytes): PowerLossFiles {
  const folders = new Set<string>(["store"]);
  for (const path of bytes.keys()) {
    for (let at = dirname(path); at !== "."; at = dirname(at)) folders.add(at);
  }
  return PowerLossFiles.of({ folders: [...folders].sort(), files: [...copied(bytes)] });
}

function copied(bytes: StoreBytes): [string, Uint8Array][] {
  return [...bytes].map(([path, content]) => [path, content.slice()]);
}

function bytesOf(disk: PowerLossFiles): Map<string, Uint8Array> {
  return new Map([...filesUnder(disk, ROOT)].map((path) => [path, disk.bytes(path)]));
}

/** Fails from the n-th change on; tells whether it came that far. */
async function dies(disk: PowerLossFiles, number: number, work: () => unknown): Promise<boolean> {
  let calls = 0;
  disk.interfere = () => {
    if (++calls >= number) throw systemError("EIO");
  };
  try {
    await work();
    return false;
  } catch (error) {
    assert.match(String(error), /EIO/);
    return true;
  } finally {
    disk.interfere = () => {};
    assert.equal(disk.openCount, 0);
    disk.kill();
  }
}

/** A fixed row of coin tosses. */
function chance(seed: number): () => boolean {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state & 0x10000) !== 0;
  };
}

for (const isKilled of [false, true]) {
  const kind = isKilled ? "killed" : "cleanly stopped";

  Deno.test(`a repair of a ${kind} store that dies at any call can be taken back`, async () => {
    const before = damaged({ isKilled }).files.snapshot();
    let number = 1;
    for (;; number++) {
      for (const losesPower of [false, true]) {
        let disk = onDisk(before);
        const died = await dies(disk, number, () => applyRepair(disk, ROOT, ALL));
        if (!died) return assert(number > 80, `${number} calls`);
        if (losesPower) disk = disk.lose(chance(number));
        const title = `call ${number}${losesPower ? ", power lost" : ""}`;
        for (const undo of undoFiles(disk)) {
          if (disk.stat(undo)!.size > 0) await undoOrNothing(disk, undo, title);
          else disk.remove(undo);
        }
        const wrong = differences(before, bytesOf(disk)).filter((it) => !it.endsWith(".undo"));
        assert.deepEqual(wrong, [], title);
      }
    }
  });

  Deno.test(`taking back the repair of a ${kind} store that dies goes on, or is repaired`, async () => {
    const { files } = damaged({ isKilled });
    const before = files.snapshot();
    const { undo } = await applyRepair(files, ROOT, ALL);
    const repaired = files.snapshot();
    for (let number = 1;; number++) {
      for (const losesPower of [false, true]) {
        let disk = onDisk(repaired);
        if (!await dies(disk, number, () => undoRepair(disk, ROOT, undo!))) {
          return assert(number > 20, `${number} calls`);
        }
        if (losesPower) disk = disk.lose(chance(number));
        const title = `call ${number}${losesPower ? ", power lost" : ""}`;
        if (disk.stat(undo!) !== undefined) await undoRepair(disk, ROOT, undo!);
        assert.deepEqual(differences(before, bytesOf(disk)), [], title);
      }
    }
  });
}

/** What was torn before anything was changed is no undo file. */
async function undoOrNothing(
  disk: PowerLossFiles,
  undo: string,
  title: string,
): Promise<void> {
  try {
    await undoRepair(disk, ROOT, undo);
  } catch (error) {
    assert.match(String(error), /no undo file, or damaged at 0/, title);
  }
}
