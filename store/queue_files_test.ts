import assert from "node:assert/strict";
import { PowerLossFiles, systemError } from "../testdata/power_loss.ts";
import { type QueueUnit, SmallQueue } from "../testdata/small_queue.ts";
import { MemoryFiles } from "./file_memory.ts";
import { QUEUE_PADDING, QUEUE_UNIT } from "./format.ts";
import { offsetName } from "./names.ts";
import { OpenFiles } from "./open_files.ts";
import { QueueFiles } from "./queue_files.ts";

const DIRECTORY = "queue";
const FILE_UNITS = 10;
const FILE_BYTES = FILE_UNITS * QUEUE_UNIT.size;

function open(fs: MemoryFiles | PowerLossFiles, fileUnits = FILE_UNITS): QueueFiles {
  return new QueueFiles(new OpenFiles(fs), DIRECTORY, fileUnits);
}

function units(...wishes: Partial<QueueUnit>[]): Uint8Array {
  const bytes = new Uint8Array(wishes.length * QUEUE_UNIT.size);
  wishes.forEach((wish, at) => {
    const unit = { physicalOffset: 0, size: 100, tagsCode: 0n, ...wish };
    QUEUE_UNIT.write(new DataView(bytes.buffer), at * QUEUE_UNIT.size, unit);
  });
  return bytes;
}

const ALWAYS = { compare: false };

Deno.test("QueueFiles.load() finds nothing where there is nothing", () => {
  const files = open(new MemoryFiles());
  assert.equal(files.load(), undefined);
  assert.equal(files.isEmpty, true);
  assert.equal(files.storedAt(0), undefined);
});

Deno.test("QueueFiles.load() finds every possible end of a file", () => {
  for (let count = 1; count <= 2 * FILE_UNITS; count++) {
    const { files: fs } = new SmallQueue(FILE_UNITS).putRecords(0, count, 0);
    const found = open(fs).load()!;
    assert.deepEqual([found.first, found.end], [0, count]);
  }
});

Deno.test("QueueFiles.load() counts padding as units, and takes the first file's start", () => {
  const { files: fs } = new SmallQueue(FILE_UNITS).pad(23).putRecords(23, 2, 5000);
  const found = open(fs).load()!;
  assert.deepEqual([found.first, found.end], [20, 25]);
});

Deno.test("QueueFiles.load() takes no unit from a file with a name in the middle of one", () => {
  const { files: fs } = new SmallQueue(FILE_UNITS).putRecords(0, 7, 0);
  fs.put(`${DIRECTORY}/${offsetName(FILE_BYTES + 1)}`, new Uint8Array(FILE_BYTES).fill(1));
  const { first, end } = open(fs).load()!;
  assert.deepEqual([first, end], [0, 7]);
  fs.remove(`${DIRECTORY}/${offsetName(0)}`);
  const files = open(fs);
  assert.deepEqual([files.load(), files.first], [undefined, Infinity]);
});

Deno.test("QueueFiles.load() takes the length of the files for their size", () => {
  const { files: fs } = new SmallQueue(7).putRecords(0, 9, 0);
  const files = open(fs, 300_000);
  assert.equal(files.load()!.end, 9);
  assert.equal(files.fileEnd(8), 14);
});

Deno.test("QueueFiles.storedAt() tells what stands in a file, behind the end, too", () => {
  const address = -(2n ** 63n) + 5n;
  const { files: fs } = new SmallQueue(FILE_UNITS).put(0, { physicalOffset: 7, tagsCode: address });
  const files = open(fs);
  files.load();
  assert.deepEqual(files.storedAt(0), {
    physicalOffset: 7,
    size: 100,
    tagsCodeHigh: -0x8000_0000,
    tagsCodeLow: 5,
  });
  assert.equal(files.storedAt(9)!.size, 0);
  assert.equal(files.storedAt(10), undefined);
  assert.deepEqual(fs.list(DIRECTORY), [offsetName(0)]);
});

Deno.test("QueueFiles.read() of a missing file is zeros and makes none", () => {
  const fs = new MemoryFiles();
  const files = open(fs);
  const into = new Uint8Array(QUEUE_UNIT.size).fill(1);
  files.read(3, into);
  assert(into.every((byte) => byte === 0));
  assert.deepEqual(fs.list(DIRECTORY), []);
});

Deno.test("QueueFiles.read() of a file that is too short ends with zeros", () => {
  const { files: fs, directory } = new SmallQueue(FILE_UNITS).putRecords(0, 10, 77);
  const files = open(fs);
  files.load();
  fs.cut(`${directory}/${offsetName(0)}`, 30);
  const into = new Uint8Array(3 * QUEUE_UNIT.size).fill(1);
  files.read(0, into);
  assert.deepEqual(into.subarray(30), new Uint8Array(30));
  assert.equal(into[7], 77);
});

Deno.test("QueueFiles.write() makes files of full length, padded where the queue begins inside", () => {
  const fs = new MemoryFiles();
  const files = open(fs);
  files.write(12, units({ physicalOffset: 5 }), ALWAYS);
  const path = `${DIRECTORY}/${offsetName(FILE_BYTES)}`;
  assert.equal(fs.stat(path)!.size, FILE_BYTES);
  assert.equal(files.storedAt(11)!.size, QUEUE_PADDING.size);
  assert.equal(files.storedAt(12)!.physicalOffset, 5);
  assert.equal(files.storedAt(13)!.size, 0);
  assert.equal(files.first, 10);
  // What is written later is not padded again.
  files.write(14, units({ physicalOffset: 6 }), ALWAYS);
  assert.equal(files.storedAt(12)!.physicalOffset, 5);
  assert.equal(files.storedAt(13)!.size, 0);
});

Deno.test("QueueFiles.write() gives a file its full length that was found without it", () => {
  for (const length of [0, 30, FILE_BYTES - 1]) {
    const { files: fs } = new SmallQueue(FILE_UNITS).putRecords(0, 12, 0);
    const path = `${DIRECTORY}/${offsetName(FILE_BYTES)}`;
    fs.cut(path, length);
    const files = open(fs);
    const { end } = files.load()!;
    files.write(end, units({ physicalOffset: 5 }), ALWAYS);
    assert.equal(fs.stat(path)!.size, FILE_BYTES);
    assert.equal(files.storedAt(end)!.physicalOffset, 5);
  }
});

Deno.test("QueueFiles.write() with compare writes only where something else stands", () => {
  const fs = new PowerLossFiles();
  const files = open(fs);
  files.write(0, units({ physicalOffset: 1 }, { physicalOffset: 2 }), ALWAYS);
  let writes = 0;
  fs.interfere = (verb) => void (verb === "write" && writes++);
  files.write(0, units({ physicalOffset: 1 }, { physicalOffset: 2 }), { compare: true });
  assert.equal(writes, 0);
  files.write(0, units({ physicalOffset: 1 }, { physicalOffset: 3 }), { compare: true });
  assert.equal(writes, 1);
  assert.equal(files.storedAt(1)!.physicalOffset, 3);
});

Deno.test("QueueFiles.firstOther() goes over files until a unit is refused or there is none", () => {
  const { files: fs } = new SmallQueue(FILE_UNITS).putRecords(0, 25, 0);
  const files = open(fs);
  files.load();
  const range = { from: 3, to: 100 };
  assert.equal(files.firstOther(range, (_, size) => size > 0), 25);
  assert.equal(files.firstOther(range, () => true), 30);
  assert.equal(files.firstOther(range, (at) => at < 1200), 12);
  assert.equal(files.firstOther(range, () => false), 3);
  assert.equal(files.firstOther({ from: 3, to: 7 }, () => true), 7);
});

Deno.test("QueueFiles.clearBehind() removes files and zeros units, and leaves zeros alone", async () => {
  const fs = new PowerLossFiles();
  const files = open(fs);
  for (let start = 0; start < 40; start += 10) {
    files.write(start, units(...new Array(10).fill({ physicalOffset: 9 })), ALWAYS);
  }
  files.clearBehind(12, 40);
  assert.deepEqual(fs.list(DIRECTORY), [offsetName(0), offsetName(FILE_BYTES)]);
  assert.equal(files.storedAt(11)!.physicalOffset, 9);
  for (let index = 12; index < 20; index++) assert.equal(files.storedAt(index)!.size, 0);
  await files.sync();
  files.clearBehind(12, 40);
  assert.equal(files.unsynced, false, "there was nothing to clear");
});

Deno.test("QueueFiles.sync() makes the removal of files last", async () => {
  const fs = new PowerLossFiles();
  const files = open(fs);
  for (const start of [0, 10]) files.write(start, units({ physicalOffset: 9 }), ALWAYS);
  await files.sync();
  files.clearBehind(5, 20);
  assert(files.unsynced);
  await files.sync();
  assert.deepEqual(fs.lose(() => false).list(DIRECTORY), [offsetName(0)]);
});

Deno.test("QueueFiles.close() forgets the files: a sync under way makes none of them anew", async () => {
  const fs = new PowerLossFiles();
  const files = open(fs);
  for (const start of [0, 10, 20]) files.write(start, units({ physicalOffset: 9 }), ALWAYS);
  const sync = files.sync();
  files.close();
  fs.remove(DIRECTORY);
  await sync;
  assert.equal(fs.stat(DIRECTORY), undefined);
  assert.equal(fs.openCount, 0);
  assert.deepEqual([files.isEmpty, files.unsynced], [true, false]);
});

Deno.test("QueueFiles.dropBefore() removes whole files only, and never the last", () => {
  const remaining = (index: number) => {
    const { files: fs } = new SmallQueue(FILE_UNITS).putRecords(0, 35, 0);
    const files = open(fs);
    files.load();
    const dropped = files.dropBefore(index);
    assert.equal(fs.list(DIRECTORY).length, 4 - dropped);
    return files.first;
  };
  assert.deepEqual([0, 9, 10, 19, 20, 30, 35, 1000].map(remaining), [0, 0, 10, 10, 20, 30, 30, 30]);
});

Deno.test("QueueFiles.dropBefore(): a loss of power leaves no hole between files", async () => {
  for (let survivors = 0; survivors < 16; survivors++) {
    const fs = new PowerLossFiles();
    fs.makeDirectory(DIRECTORY);
    const files = open(fs);
    const wishes = Array.from({ length: FILE_UNITS }, () => ({}));
    for (let file = 0; file < 4; file++) files.write(file * FILE_UNITS, units(...wishes), ALWAYS);
    fs.syncDirectory(".");
    await files.sync();
    files.dropBefore(3 * FILE_UNITS);
    let bit = 0;
    const names = fs.lose(() => (survivors >> (bit++ % 4) & 1) === 1).list(DIRECTORY);
    const starts = names.map((name) => Number(name) / FILE_BYTES);
    assert.equal(starts.at(-1), 3);
    assert(starts.every((start, at) => at === 0 || start === starts[at - 1]! + 1), `${starts}`);
  }
});

Deno.test("QueueFiles.write(): padding that found no room is written the next time", () => {
  const fs = new PowerLossFiles();
  fs.makeDirectory(DIRECTORY);
  const files = open(fs);
  let fails = 1;
  fs.interfere = (verb) => {
    if (verb === "write" && fails-- > 0) throw systemError("ENOSPC");
  };
  assert.throws(() => files.write(3, units({ physicalOffset: 7 }), ALWAYS), /ENOSPC/);
  files.write(3, units({ physicalOffset: 7 }), ALWAYS);
  assert.deepEqual(files.storedAt(0)?.size, QUEUE_PADDING.size);
  assert.equal(files.storedAt(2)?.size, QUEUE_PADDING.size);
  assert.equal(files.storedAt(3)?.physicalOffset, 7);
});
