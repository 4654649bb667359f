import assert from "node:assert/strict";
import fc from "fast-check";
import { scanItems, soundRecords, summary } from "../testdata/scan_items.ts";
import { type Place, recordBytes, sampleMessage, SmallLog } from "../testdata/small_log.ts";
import type { FileSystem } from "./file.ts";
import type { MemoryFiles } from "./file_memory.ts";
import { BLANK, MAGIC } from "./format.ts";

function scan(log: SmallLog, options = {}) {
  return scanItems(log.files, log.directory, options);
}

/** Files that are written as soon as they have been read from. */
function writtenSince(files: MemoryFiles, write: () => void): FileSystem {
  const openRead = (path: string) => {
    const file = files.openRead(path);
    const read = (into: Uint8Array, at: number) => {
      const count = file.read(into, at);
      write();
      return count;
    };
    return { read, size: () => file.size(), close: () => file.close() };
  };
  return Object.create(files, {
    openRead: { value: openRead },
    list: { value: (path: string) => files.list(path) },
    stat: { value: (path: string) => files.stat(path) },
  });
}

function starts(places: readonly Place[]): number[] {
  return places.map(({ at }) => at);
}

Deno.test("a changed byte, wherever it is, costs its own record at the most", () => {
  const log = new SmallLog(1000).addMany(12, { body: new TextEncoder().encode("some body") });
  const { at, length } = log.records[3]!;
  const others = log.records.filter((record) => record.at !== at);
  for (let byte = at; byte < at + length; byte++) {
    for (const mask of [0x01, 0x80, 0xff]) {
      log.flip(byte, mask);
      const found = soundRecords(scan(log)).filter((start) => start !== at);
      assert.deepEqual(found, starts(others), `byte ${byte - at} of the record`);
      log.flip(byte, mask);
    }
  }
});

Deno.test("a changed byte in a body is damage of exactly that record", () => {
  const log = new SmallLog(1000).addMany(5, { body: new Uint8Array(50).fill(7) });
  const { at, length } = log.records[1]!;
  log.flip(at + 100);
  const damage = scan(log).filter(({ kind }) => kind === "damage");
  assert.deepEqual(summary(damage), [`damage ${at}+${length} body-crc`]);
  assert.equal(damage[0]!.file, "00000000000000000000");
});

Deno.test("a changed byte in the last record leaves the filler behind it", () => {
  const log = new SmallLog(1000).addMany(12);
  const last = log.records.filter(({ at }) => at < 1000).at(-1)!;
  const [blank] = log.blanks;
  // A wrong size leaves nothing to go by but the filler itself.
  log.flip(last.at, 0x10);
  const items = summary(scan(log));
  assert(items.includes(`damage ${last.at}+${last.length} size`));
  assert(items.includes(`blank ${blank!.at}+${blank!.length}`));
});

Deno.test("a changed byte of a filler costs no record", () => {
  const log = new SmallLog(1000).addMany(12);
  const [blank] = log.blanks;
  for (let byte = 0; byte < BLANK.size; byte++) {
    log.flip(blank!.at + byte, 0x11);
    const items = scan(log);
    assert.deepEqual(soundRecords(items), starts(log.records));
    const wrong = items.find((item) => item.at === blank!.at)!;
    assert.equal(wrong.length, blank!.length);
    assert.notEqual(wrong.flaw, undefined);
    log.flip(blank!.at + byte, 0x11);
  }
});

Deno.test("a filler with a wrong length in front of records is damage up to the next of them", () => {
  const log = new SmallLog(1000).addMany(6);
  const { at, length } = log.records[2]!;
  const bytes = new Uint8Array(BLANK.size);
  BLANK.write(new DataView(bytes.buffer), 0, { length: 50, magic: MAGIC.blank });
  log.write(at, bytes);
  const damage = scan(log).filter(({ kind }) => kind === "damage");
  assert.deepEqual(summary(damage), [`damage ${at}+${length} size`]);
});

Deno.test("a zeroed page costs the records that lie in it", () => {
  const log = new SmallLog(64 * 1024).addMany(400, { body: new Uint8Array(60).fill(1) });
  const [from, to] = [8192, 12_288];
  log.files.zero(log.path(0), from, to - from);
  const kept = log.records.filter(({ at, length }) => at + length <= from || at >= to);
  const items = scan(log);
  assert.deepEqual(soundRecords(items), starts(kept));
  // The record before the page lost its end, and the page is no record at all.
  assert(items.filter(({ kind }) => kind === "damage").length <= 2);
});

Deno.test("a zeroed file in the middle is damage, zeros at the end are not", () => {
  const log = new SmallLog(1000).addMany(20);
  log.files.zero(log.path(1000), 0, 1000);
  const items = scan(log);
  const kept = log.records.filter(({ at }) => at < 1000 || at >= 2000);
  assert.deepEqual(soundRecords(items), starts(kept));
  assert.deepEqual(summary(items.filter(({ kind }) => kind === "damage")), [
    "damage 1000+1000 magic",
  ]);
  assert.equal(items.at(-1)!.kind, "tail");
});

Deno.test("zeros at the head of the last file do not hide what stands behind them", () => {
  const log = new SmallLog(1000).addMany(20);
  const lastFile = log.records.filter(({ at }) => at >= 2000);
  // The end of the second file is lost, too: nothing but the last file's own content tells.
  log.files.zero(log.path(1000), 500, 500);
  log.files.zero(log.path(2000), 0, lastFile[1]!.at - 2000);
  const found = soundRecords(scan(log));
  assert.deepEqual(found.filter((at) => at >= 2000), starts(lastFile.slice(1)));
});

Deno.test("a missing file in the middle is damage without a file", () => {
  const log = new SmallLog(1000).addMany(20);
  log.files.remove(log.path(1000));
  const items = scan(log);
  const kept = log.records.filter(({ at }) => at < 1000 || at >= 2000);
  assert.deepEqual(soundRecords(items), starts(kept));
  const hole = items.find(({ kind }) => kind === "damage")!;
  assert.deepEqual([hole.at, hole.length, hole.file], [1000, 1000, undefined]);
});

Deno.test("every cut of the last file leaves the records before it", () => {
  const log = new SmallLog(1000).addMany(12);
  const path = log.path(1000);
  const whole = log.files.snapshot().get(path)!;
  for (let size = 999; size >= 0; size--) {
    log.files.cut(path, size);
    const kept = log.records.filter(({ at, length }) => at + length <= 1000 + size);
    assert.deepEqual(soundRecords(scan(log)), starts(kept), `cut to ${size}`);
  }
  log.files.put(path, whole);
});

Deno.test("every cut of a file in the middle leaves all other files' records", () => {
  const log = new SmallLog(1000).addMany(20);
  const path = log.path(1000);
  for (let size = 999; size >= 0; size--) {
    log.files.cut(path, size);
    const kept = log.records.filter(({ at, length }) => {
      return at + length <= 1000 + size || at >= 2000;
    });
    assert.deepEqual(soundRecords(scan(log)), starts(kept), `cut to ${size}`);
  }
});

Deno.test("bytes written over the end are damage, not the end", () => {
  const log = new SmallLog(1000).addMany(4);
  log.write(log.end, new Uint8Array(100).fill(0xaa));
  const items = scan(log);
  assert.deepEqual(soundRecords(items), starts(log.records));
  assert.deepEqual(summary(items.slice(-1)), [`damage ${log.end}+${1000 - log.end} magic`]);
});

Deno.test("old records left behind a cut are found again when they still stand in their place", () => {
  // Java cuts by a smaller end in memory: what follows the new, shorter record is old bytes.
  const log = new SmallLog(1000).addMany(7);
  const [, , third, fourth] = log.records;
  const shorter = sampleMessage({ physicalOffset: third!.at, properties: "" });
  log.write(third!.at, recordBytes(shorter));
  const found = soundRecords(scan(log));
  assert(found.includes(third!.at));
  assert(found.includes(fourth!.at));
  const between = scan(log).filter(({ kind }) => kind === "damage");
  const gap = third!.length - shorter.totalSize;
  assert.deepEqual(summary(between), [`damage ${third!.at + shorter.totalSize}+${gap} magic`]);
});

Deno.test("a record inside another's body is no record of the log", () => {
  const log = new SmallLog(2000).addMany(2);
  const inner = recordBytes(sampleMessage({ physicalOffset: 7 }));
  log.add({ body: inner });
  log.addMany(2);
  const { at, length } = log.records[2]!;
  assert.deepEqual(soundRecords(scan(log)), starts(log.records));
  // Also when the outer one is damaged: the inner one says it stands elsewhere.
  log.flip(at, 0x10);
  const items = scan(log);
  assert.deepEqual(soundRecords(items), starts(log.records.filter((it) => it.at !== at)));
  assert(summary(items).includes(`damage ${at}+${length} size`));
});

/** Ways to damage a range of bytes. */
const VERBS = {
  zero: (log: SmallLog, at: number, length: number) => log.write(at, new Uint8Array(length)),
  noise: (log: SmallLog, at: number, length: number) =>
    log.write(at, Uint8Array.from({ length }, (_, index) => (at + index * 7919) ^ 0x5a)),
  flip: (log: SmallLog, at: number) => log.flip(at, 0x40),
  magic: (log: SmallLog, at: number) => {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setInt32(0, MAGIC.v1);
    log.write(at, bytes);
  },
} as const;

Deno.test("what a broker writes between two looks is no damage, and is not passed over", () => {
  const log = new SmallLog(70_000).addMany(600, { body: new Uint8Array(50) });
  const whole = log.files.snapshot();
  const [path] = [...whole.keys()];
  for (const { at, length } of log.records.filter((_, nth) => nth % 97 === 5)) {
    for (const written of [0, 20, length - 1]) {
      log.files.put(path!, whole.get(path!)!.slice().fill(0, at + written));
      const write = () => log.files.openWrite(path!).write(whole.get(path!)!, 0);
      const items = scanItems(writtenSince(log.files, write), log.directory);
      assert.deepEqual(soundRecords(items), starts(log.records), `${written} bytes of ${at}`);
    }
  }
});

Deno.test("resync never skips a sound record and never makes one up", () => {
  const damage = fc.record({
    verb: fc.constantFrom("zero", "noise", "flip", "magic" as const),
    file: fc.nat(2),
    at: fc.nat(3999),
    length: fc.integer({ min: 1, max: 300 }),
  });
  const bodies = fc.array(fc.nat(400), { minLength: 20, maxLength: 40 });
  fc.assert(
    fc.property(bodies, fc.array(damage, { maxLength: 5 }), (lengths, damages) => {
      const log = new SmallLog(4000);
      for (const length of lengths) {
        log.add({ body: Uint8Array.from({ length }, (_, at) => at * 13) });
      }
      const before = log.files.snapshot();
      for (const { verb, file, at, length } of damages) {
        const start = file * 4000 + Math.min(at, 3996);
        if (log.files.stat(log.path(start)) === undefined) continue;
        VERBS[verb](log, start, Math.min(length, 4000 - start % 4000));
      }
      const after = log.files.snapshot();
      const isWhole = ({ at, length }: Place) => {
        const from = log.within(at);
        const [old, now] = [before, after].map((all) => {
          return all.get(log.path(at))!.subarray(from, from + length);
        });
        return old!.every((byte, index) => byte === now![index]);
      };
      const found = new Set(soundRecords(scan(log)));
      for (const record of log.records) if (isWhole(record)) assert(found.has(record.at));
      const known = new Set(starts(log.records));
      for (const at of found) assert(known.has(at), `a record at ${at} was never written`);
    }),
    { numRuns: 300 },
  );
});
