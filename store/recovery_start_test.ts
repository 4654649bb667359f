import assert from "node:assert/strict";
import { SmallLog } from "../testdata/small_log.ts";
import { startAfterUncleanStop } from "./recovery_start.ts";
import { listSegments } from "./segments.ts";

/** Files of 1000 bytes whose first records were stored at 1000, 2000 and so on. */
function timedLog(files: number): SmallLog {
  const log = new SmallLog(1000);
  while (log.end < files * 1000 - 300) {
    const storeTimestamp = (Math.floor(log.end / 1000) + 1) * 1000;
    log.add({ storeTimestamp: log.records.length === 0 ? 1000 : storeTimestamp });
  }
  return log;
}

function afterUnclean(log: SmallLog, minTimestamp: number) {
  return startAfterUncleanStop(log.files, listSegments(log.files, log.directory), minTimestamp);
}

Deno.test("after an unclean stop: the newest file that begins before the checkpoint's time", () => {
  const log = timedLog(4);
  const times = listSegments(log.files, log.directory).segments.map((_, nth) => (nth + 1) * 1000);
  assert(times.length >= 4);
  // The record that did not fit stands first in the next file with the time it was made at.
  for (const minTimestamp of [1000, 1999, 2000, 2999, 3000, 99_999]) {
    const { from, reason } = afterUnclean(log, minTimestamp);
    const first = log.records.filter((it) => it.at % 1000 === 0);
    assert(first.some((it) => it.at === from));
    assert.match(reason, /is not younger than the checkpoint$/);
    const next = afterUnclean(log, minTimestamp + 1000).from;
    assert(next >= from);
  }
  assert.equal(afterUnclean(log, 1000).from < afterUnclean(log, 99_999).from, true);
});

Deno.test("after an unclean stop: the first file where the checkpoint tells nothing", () => {
  const log = timedLog(3);
  assert.deepEqual(afterUnclean(log, 0), {
    from: 0,
    reason: "no file begins before the checkpoint",
  });
  assert.equal(afterUnclean(log, 999).from, 0);
});

Deno.test("after an unclean stop: files that begin with no sound record are passed over", () => {
  const spoil: readonly ((log: SmallLog) => void)[] = [
    (log) => log.files.zero(log.path(2000), 0, 1000),
    (log) => log.flip(2004),
    (log) => log.flip(2000, 0x40),
    (log) => log.files.zero(log.path(2000), 56, 8),
    (log) => log.files.cut(log.path(2000), 50),
    (log) => log.files.cut(log.path(2000), 0),
  ];
  for (const it of spoil) {
    const log = timedLog(3);
    assert.equal(afterUnclean(log, 99_999).from, 2000);
    it(log);
    assert.equal(afterUnclean(log, 99_999).from, 1000);
  }
});

Deno.test("after an unclean stop: an empty log begins at 0", () => {
  assert.equal(afterUnclean(new SmallLog(1000), 5).from, 0);
});
