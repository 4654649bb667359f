import assert from "node:assert/strict";
import { FILE_KINDS, finding } from "./findings.ts";
import { Tally } from "./summary.ts";

const HOW = { depth: "default", stoppedCleanly: true } as const;

Deno.test("Tally tells of every kind what was expected, checked and skipped", () => {
  const tally = new Tally();
  tally.expect("commitlog", 1000);
  tally.expect("commitlog", 500);
  tally.check("commitlog", 700);
  tally.expect("other", 8);
  assert.deepEqual(tally.bytes, { expected: 1508, checked: 700 });
  const { files } = tally.summary(HOW);
  assert.deepEqual(Object.keys(files), [...FILE_KINDS]);
  assert.deepEqual(files.commitlog, {
    files: 2,
    bytesExpected: 1500,
    bytesChecked: 700,
    bytesSkipped: 800,
  });
  assert.deepEqual(files.other.bytesSkipped, 8);
  assert.deepEqual(files.index, { files: 0, bytesExpected: 0, bytesChecked: 0, bytesSkipped: 0 });
});

Deno.test("Tally never says that more was checked than is there", () => {
  const tally = new Tally();
  tally.expect("index", 100);
  tally.check("index", 60);
  tally.check("index", 60);
  const { bytesChecked, bytesSkipped } = tally.summary(HOW).files.index;
  assert.deepEqual([bytesChecked, bytesSkipped], [100, 0]);
});

Deno.test("Tally counts findings by code, sorted, and by how grave they are", () => {
  const tally = new Tally();
  const place = { file: "store" };
  tally.count(finding("queue-hole", place, { message: "a" }));
  tally.count(finding("queue-hole", place, { message: "b" }));
  tally.count(finding("log-body-crc", place, { message: "c", severity: "info" }));
  const { codes, severities } = tally.summary(HOW);
  assert.deepEqual(Object.entries(codes), [["log-body-crc", 1], ["queue-hole", 2]]);
  assert.deepEqual(severities, { info: 1, warning: 0, error: 2 });
});

Deno.test("Tally's summary carries what was counted and how it was looked", () => {
  const tally = new Tally();
  Object.assign(tally, { messages: 5, queues: 2, units: 4, keys: 9, logStart: 10, logEnd: 99 });
  const { kind, depth, messages, queues, units, keys, logStart, logEnd, stoppedCleanly } = tally
    .summary({ depth: "deep", stoppedCleanly: false });
  assert.deepEqual([kind, depth, stoppedCleanly], ["summary", "deep", false]);
  assert.deepEqual([messages, queues, units, keys, logStart, logEnd], [5, 2, 4, 9, 10, 99]);
});
