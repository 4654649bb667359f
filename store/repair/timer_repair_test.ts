import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { differences } from "../../testdata/store_bytes.ts";
import { foundIn } from "../../testdata/verified.ts";
import { verifyStore } from "../check/verify.ts";
import { CommitLogScan } from "../commit_log_scan.ts";
import type { MemoryFiles } from "../file_memory.ts";
import { storePaths } from "../names.ts";
import { propertyOf } from "../properties.ts";
import { propertiesOf, topicOf } from "../record_text.ts";
import { listSegments } from "../segments.ts";
import { readTimerCheckpoint, writeTimerCheckpoint } from "../timer_checkpoint.ts";
import { TimerLogReader } from "../timer_log.ts";
import { TimerStore } from "../timer_store.ts";
import { TIMER_TOPIC } from "../timer_wheel.ts";
import { findFixes } from "./fixes.ts";
import { applyRepair, planRepair } from "./repair.ts";
import { lowerTimerRead, rewindTimer } from "./timer_repair.ts";
import { undoRepair } from "./undo.ts";

const PATHS = storePaths("store");
const STORE = "5.5.0-e-timer-102";

interface Stored {
  readonly at: number;
  readonly topic: string;
  readonly dueMs: number;
}

function storedIn(files: MemoryFiles): Stored[] {
  const scan = new CommitLogScan(files, listSegments(files, PATHS.commitLogs));
  const stored = [];
  while (scan.next()) {
    if (scan.kind !== "message") continue;
    const dueMs = Number(propertyOf(propertiesOf(scan.record), "TIMER_OUT_MS"));
    stored.push({ at: scan.at, topic: topicOf(scan.record), dueMs });
  }
  scan.close();
  return stored;
}

function unitsIn(files: MemoryFiles): number {
  const reader = new TimerLogReader(files, listSegments(files, "store/timerlog"));
  const count = [...reader.items()].filter((it) => it.kind === "unit").length;
  reader.close();
  return count;
}

/** Log offsets of what a broker delivers yet of messages due up to a time. */
function dueIn(files: MemoryFiles, logEnd: number, toMs: number): Set<number> {
  using store = TimerStore.open({
    fs: files,
    root: "store",
    fileBytes: 5200,
    precisionMs: 1000,
    now: () => 0,
    logEnd,
    queueOffsetAt: () => undefined,
  });
  const due = new Set<number>();
  for (let time = store.start.readTime; (time = store.next(time, toMs)) < toMs; time += 1000) {
    for (const { physicalOffset } of store.chain(time)) due.add(physicalOffset);
  }
  return due;
}

Deno.test("a store that is taken back delivers the timed messages that it had not delivered", async () => {
  const messages = storedIn(storeInMemory(STORE));
  for (const nth of [9, 30]) {
    const files = storeInMemory(STORE);
    const before = files.snapshot();
    const { at: end } = messages[nth]!;
    const { undo } = await applyRepair(files, "store", {
      until: { offset: end },
      allowDataLoss: true,
    });
    assert.deepEqual((await foundIn(files)).filter((line) => !line.startsWith("info")), []);
    assert.deepEqual((await planRepair(files, "store", { until: { offset: end } })).actions, []);
    const kept = messages.slice(0, nth);
    const parked = kept.filter((it) => it.topic === TIMER_TOPIC);
    assert.equal(unitsIn(files), parked.length);
    const delivered = new Set(kept.filter((it) => it.topic !== TIMER_TOPIC).map((it) => it.dueMs));
    const copy = storeInMemory(STORE);
    for (const [path, bytes] of files.snapshot()) copy.put(path, bytes);
    const due = dueIn(copy, end, Math.max(...messages.map((it) => it.dueMs)) + 1000);
    const open = parked.filter((it) => !delivered.has(it.dueMs));
    assert(open.every((it) => due.has(it.at)), `${nth}: ${open.map((it) => it.at)}`);
    await undoRepair(files, "store", undo!);
    assert.deepEqual(differences(before, files.snapshot()), []);
  }
});

Deno.test("rewindTimer() changes nothing where the log has all that the timer speaks of", async () => {
  const files = storeInMemory(STORE);
  const before = files.snapshot();
  const whole = { logEnd: Infinity, deliveredTo: Infinity };
  assert.equal(await rewindTimer(files, PATHS, whole), undefined);
  assert.deepEqual(differences(before, files.snapshot()), []);
});

Deno.test("rewindTimer() lets what was delivered behind the end be due again", async () => {
  const files = storeInMemory(STORE);
  const { lastReadTime } = readTimerCheckpoint(files, "store/config/timercheck")!;
  const end = { logEnd: Infinity, deliveredTo: lastReadTime - 20_000 };
  const action = await rewindTimer(files, PATHS, end);
  assert.deepEqual([action!.file, action!.reason], [
    "store/timerlog",
    "its checkpoint speaks of what the log no longer delivers",
  ]);
  const { lastReadTime: now } = readTimerCheckpoint(files, "store/config/timercheck")!;
  assert.equal(now, lastReadTime - 20_000);
});

Deno.test("rewindTimer() leaves alone files that no broker could use", async () => {
  const end = { logEnd: 5000, deliveredTo: 0 };
  for (const path of ["store/timerwheel", "store/config/timercheck"]) {
    const files = storeInMemory(STORE);
    files.put(path, new Uint8Array(7));
    const before = files.snapshot();
    assert.equal(await rewindTimer(files, PATHS, end), undefined, path);
    assert.deepEqual(differences(before, files.snapshot()), []);
  }
  assert.equal(await rewindTimer(storeInMemory("4.9.7-a-clean-101"), PATHS, end), undefined);
});

Deno.test("a timer that has read behind the end of its queue is brought back by any repair", async () => {
  const path = "store/config/timercheck";
  const files = storeInMemory(STORE);
  const found = readTimerCheckpoint(files, path)!;
  const ahead = found.lastTimerQueueOffset + 3;
  await writeTimerCheckpoint(files, path, {
    ...found,
    lastTimerQueueOffset: ahead,
    masterTimerQueueOffset: ahead,
  });
  const { actions, unfixed } = await planRepairWithFixes(files);
  assert.deepEqual(actions, [
    `lower-offsets ${path}: the timer has read its queue to ${ahead}, the queue ends at ` +
    `${found.lastTimerQueueOffset}`,
  ]);
  assert.deepEqual([...unfixed], []);
  await applyRepair(files, "store");
  assert.equal(readTimerCheckpoint(files, path)!.masterTimerQueueOffset, ahead - 3);
  assert.deepEqual((await foundIn(files)).filter((line) => !line.startsWith("info")), []);
});

Deno.test("lowerTimerRead() lets a slave know what only its master has read", async () => {
  const path = "store/config/timercheck";
  const files = storeInMemory(STORE);
  const found = readTimerCheckpoint(files, path)!;
  await writeTimerCheckpoint(files, path, { ...found, masterTimerQueueOffset: 1000 });
  assert.equal(await lowerTimerRead(files, PATHS), undefined);
});

async function planRepairWithFixes(files: MemoryFiles) {
  const { actions } = await planRepair(files, "store");
  const { unfixed } = await findFixes(actions, verifyStore(files, "store"));
  return { actions: actions.map((it) => `${it.action} ${it.file}: ${it.reason}`), unfixed };
}
