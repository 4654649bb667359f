import assert from "node:assert/strict";
import { scanItems, summary } from "../../testdata/scan_items.ts";
import { storeInMemory } from "../../testdata/fixture.ts";
import { type Place, SmallLog } from "../../testdata/small_log.ts";
import { foundIn } from "../../testdata/verified.ts";
import { CommitLogScan } from "../commit_log_scan.ts";
import type { RecordBefore } from "../damage_ranges.ts";
import { BLANK, MAGIC } from "../format.ts";
import { LogLookup } from "../log_lookup.ts";
import { offsetName } from "../names.ts";
import { CRC_PROPERTY_PLACE, type SealState, sealState } from "../property_crc.ts";
import { RecordView } from "../record_view.ts";
import { listSegments } from "../segments.ts";
import { fillDamage, type FillerPlace, whyNotFilled } from "./damage_filler.ts";

const MIN = 91;

function placeOf(log: SmallLog): FillerPlace {
  const { files: fs, directory } = log;
  return { fs, root: "store", directory, log: listSegments(fs, directory) };
}

/** The record at a log offset: when it was stored, and its seal. */
function lookedUp(log: SmallLog, at: number): { storeTimestamp: number; seal: SealState } {
  const lookup = new LogLookup(log.files, listSegments(log.files, log.directory));
  const record = lookup.frameAt(at)!;
  const found = { storeTimestamp: record.storeTimestamp(), seal: sealState(record) };
  lookup.close();
  return found;
}

Deno.test("fillDamage() makes a range between records one record, kept aside before", () => {
  const log = new SmallLog(4096).addMany(12);
  const { at, length } = log.records[4]!;
  const next = log.records[6]!;
  log.write(at + 3, new Uint8Array(next.at - at - 3).fill(0x44));
  const damaged = log.files.snapshot().get(log.path(0))!.slice(at, next.at);
  fillDamage(placeOf(log), { from: at, to: next.at });
  const items = summary(scanItems(log.files, log.directory));
  assert(items.includes(`message ${at}+${next.at - at}`));
  assert.equal(items.filter((it) => it.startsWith("damage")).length, 0);
  assert.notEqual(length, next.at - at);
  const kept = log.files.snapshot().get(`store/quarantine/commitlog-${offsetName(at)}`);
  assert.deepEqual(kept, damaged);
});

Deno.test("fillDamage() stores the filler at the time of the record behind it", () => {
  const log = new SmallLog(4096);
  for (let nth = 0; nth < 4; nth++) log.add({ storeTimestamp: 1000 * (nth + 1) });
  const { at, length } = log.records[0]!;
  log.flip(at + 4);
  fillDamage(placeOf(log), { from: at, to: at + length });
  const scan = new CommitLogScan(log.files, listSegments(log.files, log.directory));
  assert(scan.next());
  assert.equal(scan.record.storeTimestamp(), 2000);
  scan.close();
});

Deno.test("fillDamage() stores the filler at the time of the record in front where none is behind", () => {
  const log = new SmallLog(4096).addMany(4);
  const { at, length } = log.records[2]!;
  // What follows is damaged, too.
  log.write(at + 4, new Uint8Array(length + 20).fill(0x44));
  const timeAt = (before: RecordBefore | undefined) => {
    fillDamage(placeOf(log), { from: at, to: at + length, before });
    return lookedUp(log, at).storeTimestamp;
  };
  assert.equal(timeAt({ storeTimestamp: 4711, isSealed: false }), 4711);
  assert.equal(timeAt(undefined), 0);
});

Deno.test("fillDamage() seals no filler behind a record whose seal is wrong, or there is none", () => {
  const log = new SmallLog(4096);
  for (let nth = 0; nth < 3; nth++) {
    log.add({ body: new Uint8Array(50), properties: CRC_PROPERTY_PLACE });
  }
  const [, { at, length }, next] = log.records as [Place, Place, Place];
  const sealed = (before: boolean | undefined) => {
    log.flip(at + 4);
    const about = before === undefined ? undefined : { storeTimestamp: 1, isSealed: before };
    fillDamage(placeOf(log), { from: at, to: at + length, before: about });
    return lookedUp(log, at).seal;
  };
  assert.equal(lookedUp(log, next.at).seal, "right");
  assert.deepEqual([true, false, undefined].map(sealed), ["right", "absent", "right"]);
  // A seal that was copied with its message, and which is not that of the record.
  log.flip(next.at + 60);
  assert.equal(lookedUp(log, next.at).seal, "wrong");
  assert.equal(sealed(undefined), "absent");
});

Deno.test("fillDamage() fills a file that begins where others would not, and makes none beside it", () => {
  const log = new SmallLog(1000).addMany(3);
  log.files.rename(log.path(0), `${log.directory}/${offsetName(500)}`);
  const place = placeOf(log);
  const range = { from: 500, to: 1500 };
  assert.equal(whyNotFilled(place, range), undefined);
  fillDamage(place, range);
  assert.deepEqual(summary(scanItems(log.files, log.directory)), ["blank 500+1000"]);
  // Between two files there may be no room for one.
  log.files.put(log.path(2000), new Uint8Array(1000).fill(1));
  assert.equal(
    whyNotFilled(placeOf(log), { from: 1500, to: 2000 }),
    "the file behind it begins at 2000, where none does",
  );
});

Deno.test("fillDamage() cuts large ranges into records nobody stumbles over", () => {
  const megabyte = 1024 * 1024;
  for (const extra of [0, 1, MIN - 1, MIN, MIN + 1, 1000]) {
    const log = new SmallLog(8 * megabyte).addMany(1);
    const from = log.end;
    const to = from + 2 * megabyte + extra;
    log.end = to;
    log.addMany(1);
    fillDamage(placeOf(log), { from, to });
    const items = scanItems(log.files, log.directory).filter((it) => it.kind === "message");
    const fillers = items.filter((it) => it.at >= from && it.at < to).map((it) => it.length);
    assert.equal(fillers.reduce((sum, length) => sum + length, 0), to - from);
    assert(fillers.every((length) => length >= MIN && length < megabyte + MIN), fillers.join());
    assert.equal(items.length, fillers.length + 2);
  }
});

Deno.test("fillDamage() begun anew after some records ends with the same bytes", () => {
  const filled = (begin: number) => {
    const log = new SmallLog(8 * 1024 * 1024).addMany(1);
    const from = log.end;
    log.end += 3 * 1024 * 1024 + 50;
    log.addMany(1);
    const to = log.records[1]!.at;
    const place = placeOf(log);
    fillDamage(place, { from, to });
    if (begin > 0) {
      log.files.zero(log.path(0), from + begin * 1024 * 1024, to - from - begin * 1024 * 1024);
      fillDamage(place, { from: from + begin * 1024 * 1024, to });
    }
    return log.files.snapshot().get(log.path(0));
  };
  assert.deepEqual(filled(1), filled(0));
  assert.deepEqual(filled(2), filled(0));
});

Deno.test("fillDamage() up to the end of a file, or to its filler, leaves one filler", () => {
  for (const untilFiller of [false, true]) {
    const log = new SmallLog(1000).addMany(20);
    const [blank] = log.blanks;
    const last = log.records.findLast((it) => it.at < 1000)!;
    log.flip(last.at + 4);
    if (!untilFiller) log.write(blank!.at, new Uint8Array(blank!.length).fill(0x11));
    fillDamage(placeOf(log), { from: last.at, to: untilFiller ? blank!.at : 1000 });
    const file = log.files.snapshot().get(log.path(0))!;
    const view = new DataView(file.buffer);
    const filler = { length: 1000 - last.at, magic: MAGIC.blank };
    assert.deepEqual(BLANK.read(view, last.at), filler);
    assert(file.subarray(last.at + BLANK.size).every((byte) => byte === 0));
  }
});

Deno.test("fillDamage() goes over several files, missing ones among them", () => {
  const log = new SmallLog(1000).addMany(30);
  const { at } = log.records.findLast((it) => it.at < 1000)!;
  log.flip(at + 4);
  log.files.remove(log.path(1000));
  log.files.remove(log.path(2000));
  fillDamage(placeOf(log), { from: at, to: 3000 });
  const items = summary(scanItems(log.files, log.directory));
  assert.deepEqual(items.filter((it) => it.startsWith("damage")), []);
  assert(items.includes("blank 1000+1000") && items.includes("blank 2000+1000"), items.join());
});

Deno.test("whyNotFilled() refuses what no filler fits into", () => {
  const log = new SmallLog(1000).addMany(20);
  const place = placeOf(log);
  const { at } = log.records[3]!;
  assert.equal(whyNotFilled(place, { from: at - MIN, to: at }), undefined);
  const few = `${MIN - 1} bytes are too few for a filler of ${MIN}`;
  assert.equal(whyNotFilled(place, { from: at - MIN + 1, to: at }), few);
  assert.equal(whyNotFilled(place, { from: 992, to: 1000 }), undefined);
  const fewer = "7 bytes are too few for a filler of 8";
  assert.equal(whyNotFilled(place, { from: 993, to: 1000 }), fewer);
  // Before the filler of a file its own eight bytes count.
  const [blank] = log.blanks;
  assert.equal(whyNotFilled(place, { from: blank!.at - 1, to: blank!.at }), undefined);
});

Deno.test("whyNotFilled() refuses to make thousands of files up to one whose name is far off", () => {
  const place = placeOf(new SmallLog(1000).addMany(20));
  const { segments } = place.log;
  const end = segments.at(-1)!.start + 1000;
  assert.equal(whyNotFilled(place, { from: end, to: end + 1_000_000 }), undefined);
  // The files that are there do not count.
  assert.equal(whyNotFilled(place, { from: 0, to: end + 1_000_000 }), undefined);
  assert.equal(
    whyNotFilled(place, { from: end, to: end + 8_000_000_000_000_000 }),
    "8000000000000 files are missing, and no more than 1000 are made anew",
  );
});

Deno.test("fillDamage() seals the filler where the broker seals its records", async () => {
  const files = storeInMemory("5.5.0-e-crc-202");
  const log = listSegments(files, "store/commitlog");
  const scan = new CommitLogScan(files, log);
  for (let nth = 0; nth < 5; nth++) scan.next();
  const { at, length } = scan;
  scan.close();
  const place = { fs: files, root: "store", directory: "store/commitlog", log };
  fillDamage(place, { from: at, to: at + length });
  const record = new RecordView();
  record.attach(files.snapshot().get(log.segments[0]!.path)!);
  assert.equal(record.load(at, at + length), undefined);
  const properties = record.bytes.subarray(record.propertiesAt, at + length);
  const [name, value] = new TextDecoder().decode(properties).split("\u0001");
  assert.equal(name, "__CRC32#");
  assert.match(value!.slice(0, -1), /^\d{10}$/);
  const sums = (await foundIn(files)).filter((line) => line.includes("log-property-crc"));
  assert.deepEqual(sums, []);
});
