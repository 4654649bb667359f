import assert from "node:assert/strict";
import { readTruth, storeInMemory } from "../testdata/fixture.ts";
import { readWholeFile } from "./file.ts";
import { MemoryFiles } from "./file_memory.ts";
import { TIMER_CHECKPOINT } from "./format.ts";
import { listSegments } from "./segments.ts";
import {
  NOTHING_DELIVERED,
  readTimerCheckpoint,
  timerCheckpointBytes,
  writeTimerCheckpoint,
} from "./timer_checkpoint.ts";
import { TimerLogReader } from "./timer_log.ts";

const STORE = "5.5.0-e-timer-102";
const PATH = "store/config/timercheck";

Deno.test("readTimerCheckpoint() agrees with the timer log and the queue beside it", () => {
  const fs = storeInMemory(STORE);
  const checkpoint = readTimerCheckpoint(fs, PATH)!;
  const log = new TimerLogReader(fs, listSegments(fs, "store/timerlog"));
  const units = [...log.items()].filter((it) => it.kind === "unit").length;
  log.close();
  assert.equal(checkpoint.lastTimerLogFlushPosition, units * 52);
  const queue = readTruth(STORE).queues.find((it) => it.topic === "rmq_sys_wheel_timer")!;
  assert.equal(checkpoint.lastTimerQueueOffset, queue.maxOffset);
  assert.equal(checkpoint.masterTimerQueueOffset, queue.maxOffset);
  assert.equal(new Date(checkpoint.lastReadTime).toISOString(), "2026-11-21T09:53:14.000Z");
});

Deno.test("readTimerCheckpoint() knows nothing of a file that is missing or cut", () => {
  const fs = storeInMemory(STORE);
  fs.cut(PATH, TIMER_CHECKPOINT.size);
  assert(readTimerCheckpoint(fs, PATH) !== undefined);
  fs.cut(PATH, TIMER_CHECKPOINT.size - 1);
  assert.equal(readTimerCheckpoint(fs, PATH), undefined);
  fs.remove(PATH);
  assert.equal(readTimerCheckpoint(fs, PATH), undefined);
});

Deno.test("writeTimerCheckpoint() makes the page a Java broker maps, and changes its fields alone", async () => {
  const fs = new MemoryFiles();
  const path = "store/config/timercheck";
  await writeTimerCheckpoint(fs, path, NOTHING_DELIVERED);
  assert.equal(fs.stat(path)?.size, 4096);
  assert.deepEqual(readTimerCheckpoint(fs, path), NOTHING_DELIVERED);
  const bytes = new Uint8Array(4096).fill(7);
  fs.put(path, bytes);
  const checkpoint = { ...NOTHING_DELIVERED, lastReadTime: 1_795_250_000_000, versionCounter: 9 };
  await writeTimerCheckpoint(fs, path, checkpoint);
  assert.deepEqual(readTimerCheckpoint(fs, path), checkpoint);
  const written = readWholeFile(fs, path)!;
  assert(written.subarray(TIMER_CHECKPOINT.size).every((byte) => byte === 7));
  assert.deepEqual(written.subarray(0, TIMER_CHECKPOINT.size), timerCheckpointBytes(checkpoint));
});

Deno.test("timerCheckpointBytes() is what a Java broker wrote for the same fields", () => {
  const fs = storeInMemory(STORE);
  const written = readWholeFile(fs, PATH)!.subarray(0, TIMER_CHECKPOINT.size);
  assert.deepEqual(timerCheckpointBytes(readTimerCheckpoint(fs, PATH)!), written);
});
