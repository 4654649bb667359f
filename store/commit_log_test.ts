import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { PowerLossFiles, systemError } from "../testdata/power_loss.ts";
import { CommitLog, type CommitLogOptions } from "./commit_log.ts";
import { isDiskFull } from "./file_disk.ts";
import { BLANK, MAGIC } from "./format.ts";
import { offsetName } from "./names.ts";
import { OpenFiles } from "./open_files.ts";

const DIRECTORY = "commitlog";
const SEGMENT_BYTES = 1000;

interface Opened {
  readonly fs: PowerLossFiles;
  readonly log: CommitLog;
  /** Positional writes so far: path, position, length. */
  readonly writes: string[];
}

function open(options: Partial<CommitLogOptions> = {}, fs = new PowerLossFiles()): Opened {
  fs.makeDirectory(DIRECTORY);
  fs.syncDirectory(".");
  const log = new CommitLog(new OpenFiles(fs), {
    directory: DIRECTORY,
    segmentBytes: SEGMENT_BYTES,
    end: 0,
    ...options,
  });
  const writes: string[] = [];
  fs.interfere = (verb, path) => {
    if (verb === "write") writes.push(path);
  };
  return { fs, log, writes };
}

/** Stages a record of one byte value. */
function stage(log: CommitLog, size: number, value: number): number {
  const { bytes, at, physicalOffset } = log.reserve(size);
  bytes.fill(value, at, at + size);
  log.staged(size);
  return physicalOffset;
}

function path(start: number): string {
  return join(DIRECTORY, offsetName(start));
}

function read(log: CommitLog, at: number, length: number): Buffer | undefined {
  const into = Buffer.alloc(length);
  return log.read({ at, length }, into) ? into : undefined;
}

Deno.test("CommitLog: what is staged is no part of the log before it is written", () => {
  const { log, writes, fs } = open();
  assert.deepEqual([log.start, log.end, log.hasStaged], [0, 0, false]);
  stage(log, 100, 1);
  assert.deepEqual([log.stagedTo, log.writtenTo, log.end, log.hasStaged], [100, 0, 0, true]);
  assert.equal(read(log, 0, 100), undefined);
  assert.deepEqual([writes.length, fs.list(DIRECTORY).length], [0, 0]);
  log.write();
  assert.deepEqual([log.stagedTo, log.writtenTo, log.flushedTo], [100, 100, 0]);
  assert.deepEqual(read(log, 0, 100), Buffer.alloc(100, 1));
});

Deno.test("CommitLog.write() takes everything staged to the file with one call", () => {
  const { log, writes, fs } = open();
  for (let value = 1; value <= 5; value++) stage(log, 50, value);
  assert.equal(log.stagedBlock().length, 250);
  log.write();
  log.write();
  assert.deepEqual(writes, [path(0)]);
  for (let value = 1; value <= 5; value++) {
    assert.deepEqual(read(log, value * 50 - 50, 50), Buffer.alloc(50, value));
  }
  assert.equal(fs.bytes(path(0)).length, SEGMENT_BYTES);
});

Deno.test("CommitLog.reserve() rolls to the next file behind a filler, as Java does", () => {
  const { log, fs } = open();
  stage(log, 600, 1);
  assert.equal(log.fits(392), true);
  assert.equal(log.fits(393), false, "eight bytes must stay for the filler");
  log.write();
  assert.equal(stage(log, 393, 2), SEGMENT_BYTES);
  assert.deepEqual([log.writtenTo, log.stagedTo], [1000, 1393]);
  log.write();
  assert.deepEqual(fs.list(DIRECTORY), [offsetName(0), offsetName(1000)]);
  const first = fs.bytes(path(0));
  const blank = BLANK.read(new DataView(first.buffer), 600);
  assert.deepEqual(blank, { length: 400, magic: MAGIC.blank });
  assert(first.subarray(608).every((byte) => byte === 0));
  assert.deepEqual(read(log, 1000, 393), Buffer.alloc(393, 2));
});

Deno.test("CommitLog.reserve(): a record may take a file up to the room of the filler", () => {
  const { log, fs } = open();
  stage(log, 992, 1);
  log.write();
  assert.equal(stage(log, 992, 2), 1000);
  log.write();
  const blank = BLANK.read(new DataView(fs.bytes(path(0)).buffer), 992);
  assert.deepEqual(blank, { length: 8, magic: MAGIC.blank });
  assert.throws(() => log.reserve(993), /record of 993 bytes/);
});

Deno.test("CommitLog.reserve() does not roll over staged records: they are written first", () => {
  const { log } = open();
  stage(log, 600, 1);
  assert.throws(() => log.reserve(600), /staged records stand in the way/);
  log.write();
  assert.equal(stage(log, 600, 2), 1000);
});

Deno.test("CommitLog.fits() bounds the staged block, but a large record goes alone", () => {
  const { log } = open({ segmentBytes: 64 * 1024 * 1024 });
  stage(log, 3 * 1024 * 1024, 1);
  assert.equal(log.fits(1024 * 1024), true);
  assert.equal(log.fits(1024 * 1024 + 1), false);
  log.write();
  stage(log, 20 * 1024 * 1024, 2);
  log.write();
  assert.deepEqual(read(log, 3 * 1024 * 1024 - 1, 2), Buffer.from([1, 2]));
});

Deno.test("CommitLog.write(): a write that fails leaves nothing in the log, and can be done again", () => {
  const { log, fs } = open();
  stage(log, 100, 1);
  log.write();
  stage(log, 200, 2);
  fs.interfere = (verb) => {
    if (verb === "write") throw systemError("EIO");
  };
  assert.throws(() => log.write(), /EIO/);
  assert.deepEqual([log.stagedTo, log.writtenTo, log.hasStaged], [100, 100, false]);
  assert.equal(read(log, 100, 1), undefined);
  fs.interfere = () => {};
  assert.equal(stage(log, 50, 3), 100);
  log.write();
  assert.deepEqual(read(log, 50, 100), Buffer.concat([Buffer.alloc(50, 1), Buffer.alloc(50, 3)]));
});

Deno.test("CommitLog: a file that cannot be made leaves the log where it was", () => {
  for (const verb of ["openWrite", "truncate", "syncNow", "syncDirectory"] as const) {
    const { log, fs } = open();
    stage(log, 900, 1);
    log.write();
    fs.interfere = (called) => {
      if (called === verb) throw systemError("ENOSPC");
    };
    stage(log, 900, 2);
    assert.throws(() => log.write(), isDiskFull, `what ${verb} threw may be tried again`);
    assert.equal(log.writtenTo, 1000);
    fs.interfere = () => {};
    stage(log, 900, 3);
    log.write();
    assert.deepEqual(read(log, 1000, 900), Buffer.alloc(900, 3));
    assert.equal(fs.bytes(path(1000)).length, SEGMENT_BYTES);
  }
});

Deno.test("CommitLog.reserve(): a filler that cannot be written leaves the log where it was", () => {
  const { log, fs } = open();
  stage(log, 900, 1);
  log.write();
  fs.interfere = (verb) => {
    if (verb === "write") throw systemError("EIO");
  };
  assert.throws(() => log.reserve(500), /EIO/);
  assert.deepEqual([log.stagedTo, log.writtenTo, log.hasStaged], [900, 900, false]);
});

Deno.test("CommitLog.flush() moves flushedTo to what was written when it began", async () => {
  const { log, fs } = open();
  stage(log, 100, 1);
  log.write();
  const flush = log.flush();
  stage(log, 100, 2);
  log.write();
  await flush;
  assert.equal(log.flushedTo, 100);
  assert.equal(fs.lose(() => false).bytes(path(0))[99], 1);
  await log.flush();
  assert.equal(log.flushedTo, 200);
});

Deno.test("CommitLog.flush() syncs every file written since, and no other", async () => {
  const { log, fs } = open();
  for (let value = 1; value <= 3; value++) {
    stage(log, 900, value);
    log.write();
  }
  const synced: string[] = [];
  fs.interfere = (verb, file) => {
    if (verb === "sync") synced.push(file);
  };
  await log.flush();
  assert.deepEqual(synced, [path(0), path(1000), path(2000)]);
  const after = fs.lose(() => false);
  for (let value = 1; value <= 3; value++) {
    assert.deepEqual(
      Buffer.from(after.bytes(path(value * 1000 - 1000)).subarray(0, 900)),
      Buffer.alloc(900, value),
    );
  }
  stage(log, 50, 4);
  log.write();
  await log.flush();
  await log.flush();
  assert.deepEqual(synced.slice(3), [path(2000)]);
});

Deno.test("CommitLog.flush() that failed moves nothing, and the file waits still", async () => {
  const { log, fs } = open();
  stage(log, 100, 1);
  log.write();
  fs.interfere = (verb) => {
    if (verb === "sync") throw systemError("EIO");
  };
  await assert.rejects(log.flush(), /EIO/);
  assert.equal(log.flushedTo, 0);
  const synced: string[] = [];
  fs.interfere = (verb, file) => {
    if (verb === "sync") synced.push(file);
  };
  await log.flush();
  assert.deepEqual([synced, log.flushedTo], [[path(0)], 100]);
});

Deno.test("CommitLog.flush() covers what a killed process wrote, when told from where on", async () => {
  const { log: killed, fs } = open();
  for (let value = 1; value <= 3; value++) {
    stage(killed, 900, value);
    killed.write();
  }
  const { log } = open({ end: 2900, unsyncedFrom: 1000 }, fs);
  assert.deepEqual([log.writtenTo, log.flushedTo], [2900, 1000]);
  const synced: string[] = [];
  fs.interfere = (verb, file) => {
    if (verb === "sync") synced.push(file);
  };
  await log.flush();
  assert.deepEqual([synced, log.flushedTo], [[path(1000), path(2000)], 2900]);
  const { log: clean } = open({ end: 2900 }, fs);
  assert.equal(clean.flushedTo, 2900);
});

Deno.test("CommitLog.read() reaches memory and files, old and new, but never across a file's end", async () => {
  const { log: first, fs } = open();
  for (let value = 1; value <= 2; value++) {
    stage(first, 900, value);
    first.write();
  }
  const { log } = open({ end: 1900 }, fs);
  stage(log, 50, 3);
  log.write();
  assert.deepEqual([log.start, log.end], [0, 1950]);
  assert.equal(log.inMemory(1899, 2), false);
  assert.equal(log.inMemory(1900, 50), true);
  const ranges = [[0, 900], [1000, 900], [1890, 60], [1900, 50], [999, 2], [1949, 2], [5000, 1], [
    -10,
    5,
  ]] as const;
  for (const [at, length] of ranges) {
    const expected = at >= 0 && at !== 999 && at + length <= 1950;
    const [now, later] = [Buffer.alloc(length + 1), Buffer.alloc(length + 1)];
    assert.equal(log.read({ at, length }, now, 1), expected, `${at}+${length}`);
    assert.equal(await log.readAsync({ at, length }, later, 1), expected, `${at}+${length}`);
    assert.deepEqual(now, later);
    assert.equal(now[0], 0);
  }
  assert.deepEqual(read(log, 1895, 10), Buffer.from([2, 2, 2, 2, 2, 3, 3, 3, 3, 3]));
});

Deno.test("CommitLog keeps its newest part in memory when it rolls", () => {
  const { log } = open();
  stage(log, 900, 1);
  log.write();
  stage(log, 900, 2);
  log.write();
  assert(log.inMemory(0, 900) && log.inMemory(1000, 900));
  assert.deepEqual(read(log, 1000, 1), Buffer.from([2]));
});

Deno.test("CommitLog.read() of a range whose file is missing makes no file", async () => {
  const { log: first, fs } = open();
  for (let value = 1; value <= 3; value++) {
    stage(first, 900, value);
    first.write();
  }
  fs.remove(path(1000));
  const { log } = open({ end: 2900 }, fs);
  const into = new Uint8Array(10);
  assert.equal(log.read({ at: 1000, length: 10 }, into), false);
  assert.equal(await log.readAsync({ at: 1000, length: 10 }, into), false);
  assert(log.read({ at: 2000, length: 10 }, into));
  // Removed while the log is open, it is an error that names the file.
  fs.remove(path(0));
  assert.throws(() => log.read({ at: 0, length: 10 }, into), /^Error: Cannot open "commitlog.0+":/);
  assert.deepEqual(fs.list(DIRECTORY), [offsetName(2000)]);
});

Deno.test("CommitLog begins where its first file begins", () => {
  const { log: first, fs } = open({ end: 5000 });
  assert.deepEqual([first.start, first.end], [5000, 5000]);
  stage(first, 100, 1);
  first.write();
  assert.deepEqual(fs.list(DIRECTORY), [offsetName(5000)]);
  const { log } = open({ end: 5100 }, fs);
  assert.deepEqual([log.start, log.end], [5000, 5100]);
  assert.equal(read(log, 0, 10), undefined);
});

Deno.test("CommitLog writes on in a file that was made ahead", () => {
  const { fs } = open();
  fs.openWrite(path(0)).truncate(SEGMENT_BYTES);
  fs.openWrite(path(1000)).truncate(SEGMENT_BYTES);
  const { log } = open({ end: 900 }, fs);
  stage(log, 500, 1);
  log.write();
  assert.equal(log.writtenTo, 1500);
  assert.deepEqual(fs.list(DIRECTORY), [offsetName(0), offsetName(1000)]);
});

Deno.test("CommitLog.write() makes no call but its own where the next file was made ahead", async () => {
  const { log, fs } = open();
  stage(log, 700, 1);
  log.write();
  await log.makeNext();
  const verbs: string[] = [];
  fs.interfere = (verb) => void verbs.push(verb);
  stage(log, 700, 2);
  log.write();
  assert.deepEqual(verbs, ["write", "write"], "the filler and the record");
  assert.deepEqual(read(log, 1000, 700), Buffer.alloc(700, 2));
  await log.makeNext();
  log.dropAhead();
  assert.deepEqual(fs.list(DIRECTORY), [offsetName(0), offsetName(1000)]);
});

Deno.test("CommitLog.restoreLengths() gives a file its length that somebody cut", () => {
  const { fs } = open();
  fs.openWrite(path(0)).write(new Uint8Array(300).fill(7), 0);
  const { log } = open({ end: 300 }, fs);
  log.restoreLengths();
  assert.equal(fs.bytes(path(0)).length, SEGMENT_BYTES);
  assert.deepEqual(read(log, 0, 300), Buffer.alloc(300, 7));
});

Deno.test("CommitLog: a file has its full length on the disk before a record is in it", () => {
  const { log, fs } = open();
  stage(log, 100, 1);
  log.write();
  const after = fs.lose(() => false);
  assert.deepEqual(after.bytes(path(0)), new Uint8Array(SEGMENT_BYTES));
});

Deno.test("CommitLog gives a file its full length that lost it before anything was written", () => {
  const { fs } = open();
  fs.openWrite(path(0)).truncate(SEGMENT_BYTES);
  fs.openWrite(path(1000)).close();
  const { log } = open({ end: 900 }, fs);
  stage(log, 500, 1);
  log.write();
  assert.equal(fs.bytes(path(1000)).length, SEGMENT_BYTES);
  assert.deepEqual(read(log, 1000, 500), Buffer.alloc(500, 1));
});

Deno.test("CommitLog.appendRaw() takes bytes that span files as they are", () => {
  const { log, fs } = open();
  const bytes = Uint8Array.from({ length: 2500 }, (_, at) => at);
  log.appendRaw(bytes.subarray(0, 700));
  log.appendRaw(bytes.subarray(700));
  assert.deepEqual([log.stagedTo, log.writtenTo], [2500, 2500]);
  assert.deepEqual(fs.list(DIRECTORY).length, 3);
  assert.deepEqual(read(log, 1000, 1000), Buffer.from(bytes.subarray(1000, 2000)));
  stage(log, 10, 1);
  assert.throws(() => log.appendRaw(bytes), /staged records/);
});

Deno.test("CommitLog.dropFirst() removes the oldest file for good and never the last", async () => {
  const { log, fs } = open();
  for (let value = 1; value <= 5; value++) {
    stage(log, 500, value);
    log.write();
  }
  await log.flush();
  assert.deepEqual(log.fileAges().map(({ start }) => start), [0, 1000, 2000, 3000, 4000]);
  stage(log, 10, 6);
  log.write();
  assert.equal(log.dropFirst(), 1000);
  assert.equal(log.start, 1000);
  assert.equal(read(log, 0, 500), undefined);
  assert.deepEqual(read(log, 1000, 500), Buffer.alloc(500, 2));
  // A loss of power brings it back no more.
  assert.equal(fs.lose(() => false).list(DIRECTORY)[0], offsetName(1000));
  while (log.start < 4000) log.dropFirst();
  assert.throws(() => log.dropFirst(), /the last file of a log stays/);
  await log.flush();
  assert.equal(log.flushedTo, log.writtenTo);
});

Deno.test("CommitLog.dropFirst() while the file is synced or read is no failure", async () => {
  const { log } = open({ tailCacheBytesMax: 1 });
  for (let value = 1; value <= 3; value++) {
    stage(log, 500, value);
    log.write();
  }
  const flushing = log.flush();
  const reading = log.readAsync({ at: 0, length: 500 }, new Uint8Array(500));
  log.dropFirst();
  log.dropFirst();
  await flushing;
  assert.equal(typeof await reading, "boolean");
  assert.equal(await log.readAsync({ at: 0, length: 500 }, new Uint8Array(500)), false);
});

Deno.test("CommitLog.mend() zeros what a failed write left, and only that", () => {
  const { log, fs } = open();
  stage(log, 100, 1);
  log.write();
  fs.shorten = () => ({ bytes: 70, error: systemError("ENOSPC") });
  stage(log, 200, 2);
  assert.throws(() => log.write(), /ENOSPC/);
  fs.shorten = () => undefined;
  assert.equal(log.isTorn, true);
  assert.deepEqual([...fs.bytes(path(0)).subarray(99, 171)], [1, ...Array(70).fill(2), 0]);
  stage(log, 20, 3);
  log.write();
  assert.equal(log.isTorn, false);
  const expected = [...Array(100).fill(1), ...Array(20).fill(3), ...Array(100).fill(0)];
  assert.deepEqual([...fs.bytes(path(0)).subarray(0, 220)], expected);
});
