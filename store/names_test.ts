import assert from "node:assert/strict";
import {
  indexName,
  isIndexName,
  nextIndexName,
  offsetName,
  parseOffsetName,
  parseQueueId,
  queueDirectory,
  storePaths,
} from "./names.ts";

Deno.test("offsetName() has 20 digits and parseOffsetName() inverts it", () => {
  assert.equal(offsetName(0), "00000000000000000000");
  assert.equal(offsetName(1_073_741_824), "00000000001073741824");
  for (const start of [0, 1, 1_073_741_824, Number.MAX_SAFE_INTEGER]) {
    assert.equal(parseOffsetName(offsetName(start)), start);
  }
});

Deno.test("parseOffsetName() refuses what is no offset", () => {
  const names = [
    "",
    "0",
    "0000000000000000000",
    "000000000000000000000",
    "0000000000000000000a",
    "00000000000000000000.bak",
    "-0000000000000000001",
    // More than a number can hold exactly.
    "09007199254740992000",
  ];
  for (const name of names) assert.equal(parseOffsetName(name), undefined, name);
});

Deno.test("indexName() is local time to the millisecond, and isIndexName() knows it", () => {
  const time = new Date(2026, 0, 2, 3, 4, 5, 6).getTime();
  assert.equal(indexName(time), "20260102030405006");
  assert(isIndexName(indexName(Date.now())));
  for (const name of ["", "2026010203040500", "202601020304050061", "20260102030405006.bak"]) {
    assert(!isIndexName(name), name);
  }
});

Deno.test("nextIndexName() is behind the last name, whatever the time, and never takes long", () => {
  const time = new Date(2026, 0, 2, 3, 4, 5, 6).getTime();
  assert.equal(nextIndexName(time, undefined), "20260102030405006");
  assert.equal(nextIndexName(time, "20260102030405005"), "20260102030405006");
  assert.equal(nextIndexName(time, "20260102030405006"), "20260102030405007");
  // A clock that was years ahead.
  assert.equal(nextIndexName(time, "20981231235959999"), "20981231235960000");
  assert.equal(nextIndexName(time, "9".repeat(17)), "20260102030405006");
  // Times no calendar has, or with a year of five digits.
  for (const wrong of [2 ** 56, -(2 ** 62), 253_500_000_000_000]) {
    assert.equal(nextIndexName(wrong, "20260102030405006"), "20260102030405007");
    assert.equal(nextIndexName(wrong, undefined), indexName(0));
  }
});

Deno.test("parseQueueId() takes what Java writes, damage's ids below 0, too, and nothing else", () => {
  for (const id of [0, 7, 1023, 2 ** 31 - 1, -1, -(2 ** 31)]) {
    assert.equal(parseQueueId(`${id}`), id);
  }
  for (const name of ["", "07", "-0", "+1", "1.bak", "1e3", "2147483648", "-2147483649", "abc"]) {
    assert.equal(parseQueueId(name), undefined, name);
  }
});

Deno.test("storePaths() puts everything under the root but a log with a place of its own", () => {
  const paths = storePaths("/data/store");
  assert.equal(paths.commitLog, "/data/store/commitlog");
  assert.equal(paths.consumeQueue, "/data/store/consumequeue");
  assert.equal(paths.consumeQueueExt, "/data/store/consumequeue_ext");
  assert.equal(paths.batchConsumeQueue, "/data/store/batchconsumequeue");
  assert.equal(paths.index, "/data/store/index");
  assert.equal(paths.config, "/data/store/config");
  assert.equal(paths.checkpoint, "/data/store/checkpoint");
  assert.equal(paths.abort, "/data/store/abort");
  assert.equal(paths.lock, "/data/store/lock");
  assert.equal(storePaths("/data/store", "/log").commitLog, "/log");
  assert.equal(queueDirectory("/q", { topic: "%RETRY%g", queueId: 3 }), "/q/%RETRY%g/3");
});
