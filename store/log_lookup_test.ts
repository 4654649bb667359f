import assert from "node:assert/strict";
import { PowerLossFiles } from "../testdata/power_loss.ts";
import { SmallLog } from "../testdata/small_log.ts";
import { MAGIC } from "./format.ts";
import { LogLookup } from "./log_lookup.ts";
import { listSegments } from "./segments.ts";

function lookupOf(log: SmallLog): LogLookup {
  return new LogLookup(log.files, listSegments(log.files, log.directory));
}

Deno.test("LogLookup.frameAt() finds every record, in any order and in every file", () => {
  const log = new SmallLog(1000).addMany(30);
  const lookup = lookupOf(log);
  for (const { at, length } of [...log.records, ...log.records.toReversed()]) {
    const record = lookup.frameAt(at)!;
    assert.deepEqual([record.physicalOffset(), record.size], [at, length]);
  }
  lookup.close();
});

Deno.test("LogLookup.frameAt() finds records longer than its window", () => {
  const log = new SmallLog(1024 * 1024);
  const body = new Uint8Array(200_000).fill(7);
  for (let count = 0; count < 4; count++) log.add({ body, queueOffset: count });
  const lookup = lookupOf(log);
  for (const { at } of log.records.toReversed()) {
    const record = lookup.frameAt(at)!;
    assert.equal(record.bodyLength, body.length);
    assert.equal(record.checkBody(), undefined);
  }
  lookup.close();
});

Deno.test("LogLookup.frameAt() finds nothing where no record begins", () => {
  const log = new SmallLog(1000).addMany(10);
  const lookup = lookupOf(log);
  const starts = new Set(log.records.map(({ at }) => at));
  for (let at = 0; at < 2000; at++) {
    assert.equal(lookup.frameAt(at) !== undefined, starts.has(at), `at ${at}`);
  }
  for (const at of [-1, 2000, 5000, 2 ** 40]) assert.equal(lookup.frameAt(at), undefined);
  lookup.close();
});

Deno.test("LogLookup.frameAt() looks at the frame: a wrong size is found, a wrong body is not", () => {
  const log = new SmallLog(1000).addMany(3);
  const [one, other] = log.records;
  log.flip(one!.at + 89);
  log.flip(other!.at + 3);
  const lookup = lookupOf(log);
  assert.equal(lookup.frameAt(one!.at)!.checkBody()!.code, "body-crc");
  assert.equal(lookup.frameAt(other!.at), undefined);
  lookup.close();
});

Deno.test("LogLookup.frameAt() takes no record for another's place, and no size past its file", () => {
  const log = new SmallLog(1000).addMany(2);
  const { at } = log.add({ physicalOffset: 7 });
  const lookup = lookupOf(log);
  assert.equal(lookup.frameAt(at), undefined);
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setInt32(0, 999);
  new DataView(bytes.buffer).setInt32(4, MAGIC.v1);
  log.write(800, bytes);
  assert.equal(lookupOf(log).frameAt(800), undefined);
  lookup.close();
});

Deno.test("LogLookup.frameAt() of a file cut short or missing finds nothing", () => {
  const log = new SmallLog(1000).addMany(20);
  const inSecond = log.records.filter(({ at }) => at >= 1000 && at < 2000);
  const { at, length } = inSecond[1]!;
  log.files.cut(log.path(at), log.within(at) + length - 1);
  const lookup = lookupOf(log);
  assert.equal(lookup.frameAt(at), undefined);
  assert.notEqual(lookup.frameAt(inSecond[0]!.at), undefined);
  assert.equal(lookup.frameAt(inSecond[2]!.at), undefined);
  assert.notEqual(lookup.frameAt(2000), undefined);
  lookup.close();
  log.files.remove(log.path(0));
  assert.equal(lookupOf(log).frameAt(0), undefined);
});

Deno.test("LogLookup.segmentOf() tells the file of an offset", () => {
  const log = new SmallLog(1000).addMany(20);
  const lookup = lookupOf(log);
  assert.equal(lookup.segmentOf(0)!.start, 0);
  assert.equal(lookup.segmentOf(999)!.start, 0);
  assert.equal(lookup.segmentOf(1000)!.start, 1000);
  assert.equal(lookup.segmentOf(99_000), undefined);
  assert.equal(lookup.segmentOf(-1), undefined);
});

Deno.test("LogLookup has one file open at the most, and none after close()", () => {
  const log = new SmallLog(1000).addMany(20);
  const fs = new PowerLossFiles();
  fs.makeDirectory(log.directory);
  for (const [path, bytes] of log.files.snapshot()) {
    const file = fs.openWrite(path);
    file.write(bytes, 0);
    file.close();
  }
  const lookup = new LogLookup(fs, listSegments(fs, log.directory));
  for (const { at } of log.records) {
    assert.notEqual(lookup.frameAt(at), undefined);
    assert.equal(fs.openCount, 1);
  }
  lookup.close();
  lookup.close();
  assert.equal(fs.openCount, 0);
  assert.notEqual(lookup.frameAt(0), undefined, "it opens again");
  lookup.close();
});
