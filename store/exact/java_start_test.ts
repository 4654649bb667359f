import assert from "node:assert/strict";
import { SmallLog } from "../../testdata/small_log.ts";
import { type Checkpoint, emptyCheckpoint } from "../checkpoint.ts";
import { listSegments } from "../segments.ts";
import { JAVA_RULES, type JavaRelease } from "./java_release.ts";
import { javaStart } from "./java_start.ts";

/** Files of one record each, stored ten seconds apart. */
function logOf(files: number): SmallLog {
  const log = new SmallLog(128);
  for (let number = 1; number <= files; number++) log.add({ storeTimestamp: number * 10_000 });
  return log;
}

interface Wish extends Partial<Checkpoint> {
  readonly clean?: boolean;
  readonly queuesRemember?: number;
}

function start(log: SmallLog, release: JavaRelease, wish: Wish): number {
  const { clean: stoppedCleanly = false, queuesRemember = -1, ...times } = wish;
  return javaStart({
    fs: log.files,
    segments: listSegments(log.files, log.directory).segments,
    rules: JAVA_RULES[release],
    stoppedCleanly,
    checkpoint: { ...emptyCheckpoint(), ...times },
    queuesRemember,
  }).file;
}

Deno.test("javaStart: after a clean stop 4.x reads three files, 5.x what the queues do not reach", () => {
  const log = logOf(6);
  const clean = { clean: true };
  assert.equal(start(log, "4.2", clean), 3);
  assert.equal(start(log, "4.9", { ...clean, queuesRemember: 0 }), 3);
  assert.equal(start(logOf(2), "4.9", clean), 0);
  assert.equal(start(log, "5.x", { ...clean, queuesRemember: log.end }), 5);
  assert.equal(start(log, "5.x", { ...clean, queuesRemember: 256 }), 2);
  assert.equal(start(log, "5.x", { ...clean, queuesRemember: 255 }), 1);
  assert.equal(start(log, "5.x", { ...clean, queuesRemember: -1 }), 0);
});

Deno.test("javaStart: after an unclean stop 4.x goes back by both times and three seconds", () => {
  const log = logOf(6);
  const at = (physicMsgTimestamp: number, logicsMsgTimestamp: number) =>
    start(log, "4.9", { physicMsgTimestamp, logicsMsgTimestamp });
  assert.equal(at(33_000, 99_000), 2);
  assert.equal(at(32_999, 99_000), 1);
  assert.equal(at(99_000, 33_000), 2);
  assert.equal(at(0, 99_000), 0);
});

Deno.test("javaStart: 5.x takes the time of the queues alone, and their place before that", () => {
  const log = logOf(6);
  assert.equal(start(log, "5.x", { logicsMsgTimestamp: 30_000 }), 2);
  assert.equal(start(log, "5.x", { logicsMsgTimestamp: 29_999 }), 1);
  assert.equal(start(log, "5.x", { logicsMsgTimestamp: 99_000, logicsPhysicalOffset: 150 }), 1);
});

Deno.test("javaStart: 5.x gives up after ten files, though earlier ones lack units", () => {
  assert.equal(start(logOf(15), "5.x", {}), 5);
  assert.equal(start(logOf(15), "5.x", { clean: true }), 5);
  assert.equal(start(logOf(10), "5.x", {}), 0);
  assert.equal(start(logOf(15), "4.9", {}), 0);
});

Deno.test("javaStart: a file whose first record is damaged is not taken by 5.x", () => {
  const log = logOf(3);
  log.flip(log.records[2]!.at + 90);
  assert.equal(start(log, "5.x", { logicsMsgTimestamp: 99_000 }), 1);
  const times = { physicMsgTimestamp: 99_000, logicsMsgTimestamp: 99_000 };
  assert.equal(start(log, "4.9", times), 2, "4.x looks at the magic and the time");
});
