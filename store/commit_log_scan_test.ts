import assert from "node:assert/strict";
import { scanItems, soundRecords, summary } from "../testdata/scan_items.ts";
import { sampleMessage, SmallLog } from "../testdata/small_log.ts";
import { CommitLogScan } from "./commit_log_scan.ts";
import { MemoryFiles } from "./file_memory.ts";
import { MAGIC, MESSAGE_V1, SYS_FLAG } from "./format.ts";
import { hostBytes } from "./host.ts";
import { readMessage } from "./message.ts";
import { withCrcPlace } from "./property_crc.ts";
import { listSegments } from "./segments.ts";

function scan(log: SmallLog, options = {}) {
  return scanItems(log.files, log.directory, options);
}

Deno.test("CommitLogScan.next() stops at a blank and goes on in the next file", () => {
  const log = new SmallLog(1000).addMany(20);
  const size = log.records[0]!.length;
  assert.deepEqual(log.blanks.length, 2);
  const items = scan(log);
  const expected = [
    ...log.records.map(({ at }) => ({ at, text: `message ${at}+${size}` })),
    ...log.blanks.map(({ at, length }) => ({ at, text: `blank ${at}+${length}` })),
    { at: log.end, text: `tail ${log.end}+${3000 - log.end}` },
  ].sort((a, b) => a.at - b.at);
  assert.deepEqual(summary(items), expected.map(({ text }) => text));
});

Deno.test("CommitLogScan.record holds every field of the message", () => {
  const log = new SmallLog(4096);
  const wishes = [
    { topic: "a", queueOffset: 3, queueId: 7 },
    { magic: MAGIC.v2, topic: "%RETRY%" + "g".repeat(200) },
    { sysFlag: SYS_FLAG.bornHostV6, bornHost: hostBytes("2001:db8::1", 1) },
    { body: new Uint8Array(0), properties: "" },
  ];
  for (const wish of wishes) log.add(wish);
  const cursor = new CommitLogScan(log.files, listSegments(log.files, log.directory));
  for (const [at, wish] of wishes.entries()) {
    assert(cursor.next());
    assert.equal(cursor.kind, "message");
    const message = readMessage(cursor.record.view, cursor.record.at);
    assert.deepEqual(message, sampleMessage({ ...wish, physicalOffset: log.records[at]!.at }));
  }
  cursor.close();
  cursor.close();
  assert.equal(cursor.next(), false);
});

Deno.test("CommitLogScan.next() has nothing to say about a log without files", () => {
  assert.deepEqual(scanItems(new MemoryFiles(), "store/commitlog"), []);
  const log = new SmallLog(1000);
  log.addFile(0);
  assert.deepEqual(summary(scan(log)), ["tail 0+1000"]);
});

Deno.test("CommitLogScan.next() ends with the file when that is full and no other follows", () => {
  const log = new SmallLog(1000).addMany(9);
  assert.equal(log.blanks.length, 1);
  log.files.remove(log.path(1000));
  assert.equal(scan(log).at(-1)?.kind, "blank");
});

Deno.test("CommitLogScan.next() takes files made ahead of time for room", () => {
  const log = new SmallLog(1000).addMany(3);
  log.addFile(1000);
  log.addFile(2000);
  assert.equal(summary(scan(log)).at(-1), `tail ${log.end}+${3000 - log.end}`);
});

Deno.test("CommitLogScan.next() reads a log that does not start at 0", () => {
  const log = new SmallLog(1000, 5000).addMany(20);
  assert.deepEqual(soundRecords(scan(log)), log.records.map(({ at }) => at));
});

Deno.test("CommitLogScan.next() holds records longer than its window, between small ones", () => {
  const log = new SmallLog(8 * 1024 * 1024);
  const random = Uint8Array.from({ length: 3_000_000 }, (_, at) => at * at);
  for (const length of [10, 500_000, 20, 3_000_000, 262_144, 30]) {
    log.add({ body: random.subarray(0, length) });
  }
  assert.deepEqual(soundRecords(scan(log)), log.records.map(({ at }) => at));
});

Deno.test("CommitLogScan.next() meets records across every border of its window", () => {
  const log = new SmallLog(1024 * 1024);
  // Lengths that share no factor with the window put a border at every place of a record.
  for (let index = 0; index < 3000; index++) log.add({ body: new Uint8Array(index % 389) });
  for (const checkCrc of [true, false]) {
    assert.deepEqual(soundRecords(scan(log, { checkCrc })), log.records.map(({ at }) => at));
  }
});

Deno.test("ScanOptions.from and to choose a part of the log", () => {
  const log = new SmallLog(1000).addMany(20);
  const from = log.records[9]!.at;
  const to = log.records[15]!.at;
  const wanted = log.records.slice(9, 15).map(({ at }) => at);
  assert.deepEqual(soundRecords(scan(log, { from, to })), wanted);
  assert.deepEqual(scan(log, { from: 3000 }), []);
});

Deno.test("ScanOptions.checkCrc decides whether a changed body is damage", () => {
  const log = new SmallLog(1000).addMany(5);
  const cursor = new CommitLogScan(log.files, listSegments(log.files, log.directory));
  cursor.next();
  log.flip(log.records[2]!.at + cursor.record.bodyAt);
  cursor.close();
  assert.equal(soundRecords(scan(log)).length, 4);
  assert.equal(soundRecords(scan(log, { checkCrc: false })).length, 5);
});

Deno.test("ScanOptions.checkOffset decides whether a record elsewhere in the log is damage", () => {
  const log = new SmallLog(1000).addMany(2);
  log.add({ physicalOffset: 5 });
  log.addMany(2);
  const [, , wrong] = log.records;
  const damaged = scan(log).filter(({ kind }) => kind === "damage");
  assert.deepEqual(summary(damaged), [`damage ${wrong!.at}+${wrong!.length} offset`]);
  assert.equal(damaged[0]!.flaw!.found, "5");
  assert.equal(soundRecords(scan(log, { checkOffset: false })).length, 5);
});

Deno.test("ScanOptions.trustHoles spares reading room that takes no space", () => {
  const log = new SmallLog(64 * 1024 * 1024).addMany(3);
  let read = 0;
  const counting = Object.create(log.files, {
    openRead: {
      value: (path: string) => {
        const file = log.files.openRead(path);
        return {
          ...file,
          read(into: Uint8Array, at: number) {
            const count = file.read(into, at);
            read += count;
            return count;
          },
        };
      },
    },
    list: { value: (path: string) => log.files.list(path) },
    stat: { value: (path: string) => log.files.stat(path) },
  });
  const room = `tail ${log.end}+${64 * 1024 * 1024 - log.end}`;
  assert.equal(summary(scanItems(counting, log.directory)).at(-1), room);
  assert(read < 4 * 1024 * 1024, `${read} bytes read`);
  assert.equal(summary(scanItems(counting, log.directory, { trustHoles: false })).at(-1), room);
  assert(read > 64 * 1024 * 1024);
});

const SEALED = { properties: withCrcPlace("a\u0001b\u0002") };

Deno.test("CommitLogScan.next() finds a record whose seal is wrong, and goes on behind it", () => {
  for (const nth of [0, 1, 4]) {
    const log = new SmallLog(4096).addMany(5, SEALED);
    const { at, length } = log.records[nth]!;
    // No other check covers it.
    log.flip(at + MESSAGE_V1.at.flag);
    const damage = `damage ${at}+${length} property-crc`;
    assert.deepEqual(summary(scan(log)).filter((it) => it.startsWith("damage")), [damage]);
    assert.equal(soundRecords(scan(log)).length, 4);
    assert.equal(soundRecords(scan(log, { checkCrc: false })).length, 5);
  }
});

Deno.test("CommitLogScan.next() finds each of two records beside each other whose seals are wrong", () => {
  const log = new SmallLog(4096).addMany(5, SEALED);
  for (const nth of [2, 3]) log.flip(log.records[nth]!.at + MESSAGE_V1.at.flag);
  assert.deepEqual(soundRecords(scan(log)), [0, 1, 4].map((nth) => log.records[nth]!.at));
});

Deno.test("CommitLogScan.next() takes the seal of another message for a property like any other", () => {
  // What a mirror of a sealed cluster, or a retry, may bring to a broker that does not seal.
  const foreign = { properties: `a\u0001b\u0002__CRC32#\u00011234567890\u0002` };
  const log = new SmallLog(4096);
  for (const wish of [foreign, {}, foreign, foreign, {}]) log.add(wish);
  assert.equal(soundRecords(scan(log)).length, 5);
  assert.equal(soundRecords(scan(log, { sealRequired: true })).length, 0);
});

Deno.test("CommitLogScan.next() asks every record for a seal where that is wanted", () => {
  const log = new SmallLog(4096);
  for (const wish of [SEALED, {}, SEALED]) log.add(wish);
  const [, unsealed] = log.records;
  assert.equal(soundRecords(scan(log)).length, 3);
  assert.deepEqual(
    summary(scan(log, { sealRequired: true })).filter((it) => it.startsWith("damage")),
    [`damage ${unsealed!.at}+${unsealed!.length} property-crc`],
  );
  // Of the last record not all was written: nothing but the lack of its seal tells.
  const { at, length } = log.records[2]!;
  log.write(at + length - 30, new Uint8Array(30));
  const torn = scan(log, { sealRequired: true });
  assert.deepEqual(soundRecords(torn), [log.records[0]!.at]);
});

Deno.test("CommitLogScan.seek() turns to the first sound record behind a place, else to the next file", () => {
  const log = new SmallLog(1000).addMany(20);
  const starts = log.records.map(({ at }) => at);
  const seek = (from: number, to: number) => {
    const cursor = new CommitLogScan(log.files, listSegments(log.files, log.directory));
    const place = cursor.seek(from, to) ? cursor.position : -1;
    const next = place >= 0 && cursor.next() ? cursor.at : -1;
    cursor.close();
    return [place, next];
  };
  for (let from = 0; from < log.end - 200; from++) {
    const first = starts.find((at) => at >= from)!;
    assert.deepEqual(seek(from, 3000), [first, first], `${from}`);
  }
  assert.deepEqual(seek(starts[3]! + 1, starts[4]!), [-1, -1]);
  log.flip(starts[4]! + MESSAGE_V1.at.bodyCRC);
  assert.deepEqual(seek(starts[3]! + 1, 3000), [starts[5], starts[5]]);
  assert.deepEqual(seek(log.end + 1, 3000), [-1, -1]);
});

Deno.test("CommitLogScan knows by what it was told whether a wrong seal is damage", () => {
  const sealed = { properties: withCrcPlace("TAGS\u0001a\u0002") };
  const log = new SmallLog(4096).addMany(2, sealed);
  const [first] = log.records;
  log.flip(first!.at + MESSAGE_V1.at.flag);
  log.flip(log.records[1]!.at + MESSAGE_V1.at.flag);
  const kindOf = (isSealed: boolean) => {
    const list = listSegments(log.files, log.directory);
    const cursor = new CommitLogScan(log.files, list, { isSealed });
    cursor.next();
    const kind = [cursor.kind, cursor.seal, cursor.isSealed];
    cursor.close();
    return kind;
  };
  assert.deepEqual(kindOf(true).slice(0, 1), ["damage"]);
  assert.deepEqual(kindOf(false), ["message", "wrong", false]);
});
