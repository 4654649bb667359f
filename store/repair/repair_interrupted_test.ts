/**
 * A repair that is interrupted anywhere, by an error, by being killed or by a loss of power, leaves a
 * store that another repair brings to the same end.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { dirname } from "node:path";
import { PowerLossFiles, systemError } from "../../testdata/power_loss.ts";
import { notServed, soundMessages } from "../../testdata/served.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import { copyOf, differences, type StoreBytes, withoutUndo } from "../../testdata/store_bytes.ts";
import { foundIn } from "../../testdata/verified.ts";
import { filesUnder } from "./overlay_files.ts";
import { type ApplyOptions, applyRepair } from "./repair.ts";

const ROOT = "store";
const FILE_BYTES = 4096;
const BODY = new Uint8Array(100).fill(7);
const OPTIONS: ApplyOptions = {
  allowDataLoss: true,
  queueFileUnits: 10,
  indexGeometry: { slots: 5, entries: 20 },
};

/** A store with something wrong of every kind. */
function damaged({ isKilled }: { readonly isKilled: boolean }): SmallStore {
  const store = new SmallStore({ segmentBytes: FILE_BYTES });
  for (let nth = 0; nth < 70; nth++) {
    store.add({
      queueId: nth % 3,
      body: BODY,
      properties: nth % 9 ? "" : `KEYS\u0001k${nth}\u0002`,
    });
  }
  const { files, log } = store.save();
  const { at, length } = log.records.at(-1)!;
  files.zero(log.path(at), at % FILE_BYTES + 60, length - 60);
  log.flip(log.records[5]!.at + 120);
  log.write(log.records[12]!.at + 30, new Uint8Array(700).fill(0x33));
  files.remove(log.path(2 * FILE_BYTES));
  files.cut(log.path(0), 4000);
  files.zero("store/consumequeue/TopicTest/1/00000000000000000000", 60, 40);
  files.remove("store/consumequeue/TopicTest/2");
  files.put("store/config/topics.json", new TextEncoder().encode("{"));
  files.put("store/config/topics.json.bak", new TextEncoder().encode('{"topicConfigTable":{}}'));
  files.remove("store/checkpoint");
  files.put("store/commitlog/notes.txt", new Uint8Array(100).fill(1));
  files.put("store/consumequeue/TopicTest/old/00000000000000000000", new Uint8Array(60).fill(2));
  if (isKilled) files.put("store/abort", new Uint8Array(0));
  return store;
}

/** The same files on a disk that can fail. */
function onFailingDisk(bytes: StoreBytes): PowerLossFiles {
  const disk = new PowerLossFiles();
  for (const [path, content] of bytes) {
    disk.makeDirectory(dirname(path));
    const file = disk.openWrite(path);
    file.write(content, 0);
    file.syncNow();
    file.close();
  }
  const directories = new Set([...bytes.keys()].map((path) => dirname(path)));
  for (const path of ["store/consumequeue/TopicTest", "store/consumequeue", ROOT, "."]) {
    directories.add(path);
  }
  for (const path of directories) disk.syncDirectory(path);
  return disk;
}

function bytesOf(disk: PowerLossFiles): Map<string, Uint8Array> {
  return withoutUndo(new Map([...filesUnder(disk, ROOT)].map((path) => [path, disk.bytes(path)])));
}

function isStore(path: string): boolean {
  return !path.startsWith("store/quarantine/");
}

/** Interrupts before the call of this number. */
async function interrupted(disk: PowerLossFiles, number: number): Promise<boolean> {
  let calls = 0;
  disk.interfere = () => {
    if (++calls >= number) throw systemError("EIO");
  };
  try {
    await applyRepair(disk, ROOT, OPTIONS);
    return false;
  } catch (error) {
    assert.match(String(error), /EIO/);
    return true;
  } finally {
    disk.interfere = () => {};
    assert.equal(disk.openCount, 0, `interrupted at call ${number}`);
    disk.kill();
  }
}

for (const isKilled of [false, true]) {
  const kind = isKilled ? "killed" : "cleanly stopped";

  Deno.test(`a repair of a ${kind} store that fails at any call is made good by the next`, async () => {
    const { files } = damaged({ isKilled });
    const before = files.snapshot();
    const messages = soundMessages(files);
    await applyRepair(files, ROOT, OPTIONS);
    assert.deepEqual((await foundIn(files)).filter((line) => !line.startsWith("info")), []);
    assert.deepEqual(await notServed(files, messages), []);
    const expected = withoutUndo(files.snapshot());
    let number = 1;
    for (;; number++) {
      const disk = onFailingDisk(before);
      if (!await interrupted(disk, number)) break;
      await applyRepair(disk, ROOT, OPTIONS);
      assert.deepEqual(differences(expected, bytesOf(disk)), [], `interrupted at call ${number}`);
    }
    assert(number > 80, `${number} calls`);
  });

  Deno.test(`a repair of a ${kind} store survives a loss of power at any call`, async () => {
    const { files } = damaged({ isKilled });
    const before = files.snapshot();
    await applyRepair(files, ROOT, OPTIONS);
    const expected = withoutUndo(files.snapshot());
    for (let number = 1;; number += 1 / 3) {
      const disk = onFailingDisk(before);
      if (!await interrupted(disk, Math.floor(number))) break;
      const after = disk.lose(chance(number * 3));
      await applyRepair(after, ROOT, OPTIONS);
      const found = bytesOf(after);
      const wrong = differences(expected, found).filter(isStore);
      assert.deepEqual(wrong, [], `power lost at call ${number}`);
      // Whatever was changed on the disk had been kept before.
      for (const [path, bytes] of expected) {
        if (isStore(path)) continue;
        const copies = [...found].filter(([name]) => name.startsWith(path)).map(([, it]) => it);
        assert(copies.some((it) => Buffer.compare(it, bytes) === 0), `${path} at call ${number}`);
      }
    }
  });
}

/** Whether an unsynced page survives: a fixed row of coin tosses for each number. */
function chance(seed: number): () => boolean {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state & 0x10000) !== 0;
  };
}

Deno.test("a repair that fails leaves a mark, so that a broker started meanwhile recovers", async () => {
  const { files } = damaged({ isKilled: false });
  const disk = onFailingDisk(files.snapshot());
  assert.equal(await interrupted(disk, 30), true);
  assert.equal(new TextDecoder().decode(disk.bytes("store/abort")), "mq recover");
  const whole = copyOf(files);
  await applyRepair(whole, ROOT, OPTIONS);
  assert.equal(whole.stat("store/abort"), undefined);
});
