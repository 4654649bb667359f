import assert from "node:assert/strict";
import { join } from "node:path";
import { PowerLossFiles, systemError } from "../testdata/power_loss.ts";
import { isDiskFull } from "./file_disk.ts";
import { LogFiles } from "./log_files.ts";
import { offsetName } from "./names.ts";
import { OpenFiles } from "./open_files.ts";

const DIRECTORY = "store/commitlog";
const SEGMENT_BYTES = 1000;

/** A log's files on a disk that has some of them already, by start and length. */
function open(
  found: readonly (readonly [start: number, length: number])[] = [],
  end = 0,
): { fs: PowerLossFiles; files: LogFiles } {
  const fs = new PowerLossFiles();
  fs.makeDirectory(DIRECTORY);
  for (const [start, length] of found) {
    const file = fs.openWrite(path(start));
    file.truncate(length);
    file.syncNow();
    file.close();
  }
  for (const folder of [".", "store", DIRECTORY]) fs.syncDirectory(folder);
  const options = { directory: DIRECTORY, segmentBytes: SEGMENT_BYTES, end };
  return { fs, files: new LogFiles(new OpenFiles(fs), options) };
}

function path(start: number): string {
  return join(DIRECTORY, offsetName(start));
}

function names(fs: PowerLossFiles): number[] {
  return fs.list(DIRECTORY).map(Number);
}

/** Verbs called while `work` runs. */
async function verbsOf(fs: PowerLossFiles, work: () => unknown): Promise<string[]> {
  const verbs: string[] = [];
  fs.interfere = (verb) => void verbs.push(verb);
  await work();
  fs.interfere = () => {};
  return verbs;
}

Deno.test("LogFiles.enter() makes a file that outlives a loss of power", () => {
  const { fs, files } = open();
  files.enter(0);
  assert.deepEqual([files.starts, files.first, files.has(0)], [[0], 0, true]);
  assert.equal(fs.lose(() => false).bytes(path(0)).length, SEGMENT_BYTES);
});

Deno.test("LogFiles.makeNext() makes the next file once the present one is half full", async () => {
  const { fs, files } = open();
  files.enter(0);
  assert.deepEqual(await verbsOf(fs, () => files.makeNext(499)), []);
  await files.makeNext(500);
  assert.deepEqual(names(fs), [0, 1000]);
  assert.deepEqual([files.starts, files.ages().length], [[0], 1], "it is no part of the log");
  assert.equal(fs.lose(() => false).bytes(path(1000)).length, SEGMENT_BYTES);
  assert.deepEqual(await verbsOf(fs, () => files.makeNext(999)), [], "once is enough");
  assert.deepEqual(await verbsOf(fs, () => files.enter(1000)), [], "nothing is left to do");
  assert.deepEqual(files.starts, [0, 1000]);
  await files.makeNext(1600);
  assert.deepEqual(names(fs), [0, 1000, 2000]);
});

Deno.test("LogFiles.makeNext(): an append that cannot wait makes the file itself", async () => {
  for (let turns = 0; turns < 8; turns++) {
    const { fs, files } = open();
    files.enter(0);
    const making = files.makeNext(900);
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    files.enter(1000).write(Uint8Array.of(7), 5);
    await making;
    await files.get(1000).sync();
    assert.deepEqual([files.starts, names(fs)], [[0, 1000], [0, 1000]]);
    assert.equal(fs.lose(() => false).bytes(path(1000))[5], 7, `${turns}`);
    assert.deepEqual(fs.list(`${DIRECTORY}.unfinished`), []);
  }
});

Deno.test("LogFiles.makeNext() without room harms nobody, and is tried again", async () => {
  for (const verb of ["openWrite", "truncate", "sync", "rename", "syncDirectory"]) {
    const { fs, files } = open();
    files.enter(0);
    fs.interfere = (called) => {
      if (called === verb) throw systemError("ENOSPC");
    };
    for (let turn = 0; turn < 3; turn++) {
      await assert.rejects(files.makeNext(700), isDiskFull, verb);
      assert.deepEqual(names(fs), [0]);
    }
    fs.interfere = () => {};
    await files.makeNext(700);
    assert.deepEqual(names(fs), [0, 1000]);
  }
});

Deno.test("LogFiles.makeNext() does not try for ever where a file can only be made in its place", async () => {
  const { fs, files } = open();
  files.enter(0);
  fs.interfere = (verb) => {
    if (verb === "rename") throw systemError("EXDEV");
  };
  await files.makeNext(700);
  assert.deepEqual(names(fs), [0]);
  assert.deepEqual(await verbsOf(fs, () => files.makeNext(800)), []);
  files.enter(1000);
  assert.deepEqual(names(fs), [0, 1000]);
});

Deno.test("LogFiles.dropAhead() removes what nothing was written into, for good", async () => {
  const { fs, files } = open();
  files.enter(0);
  await files.makeNext(700);
  files.dropAhead();
  assert.deepEqual(names(fs), [0]);
  assert.deepEqual(names(fs.lose(() => false)), [0]);
  files.enter(1000);
  assert.deepEqual(names(fs), [0, 1000]);
});

Deno.test("LogFiles found behind the log's end were made ahead, but not the one that holds it", async () => {
  const files = [[0, 1000], [1000, 1000], [2000, 1000], [3000, 1000]] as const;
  const it = open(files, 1500);
  assert.deepEqual(it.files.starts, [0, 1000]);
  assert.deepEqual(await verbsOf(it.fs, () => it.files.enter(2000)), []);
  assert.deepEqual(it.files.starts, [0, 1000, 2000]);
  it.files.dropAhead();
  assert.deepEqual(names(it.fs), [0, 1000, 2000]);
  assert.deepEqual(open(files, 2000).files.starts, [0, 1000, 2000]);
});

Deno.test("LogFiles.dropFirst() removes the oldest for good and never the last, nor one made ahead", async () => {
  const { fs, files } = open([[5000, 1000], [6000, 1000]], 6900);
  await files.makeNext(6900);
  files.dropFirst();
  assert.deepEqual([files.first, names(fs.lose(() => false))], [6000, [6000, 7000]]);
  assert.throws(() => files.dropFirst(), /the last file of a log stays/);
});

Deno.test("LogFiles.restoreLengths() brings every file to its length, on the disk", () => {
  const { fs, files } = open([[0, 1000], [1000, 0], [2000, 1000], [3000, 300]], 3200);
  files.restoreLengths();
  const after = fs.lose(() => false);
  for (const start of files.starts) assert.equal(after.bytes(path(start)).length, SEGMENT_BYTES);
});

Deno.test("LogFiles.enter(): a file found short gets its length before it is written", () => {
  const { fs, files } = open([[0, 1000], [1000, 10]], 1000);
  files.enter(1000);
  assert.equal(fs.lose(() => false).bytes(path(1000)).length, SEGMENT_BYTES);
});
