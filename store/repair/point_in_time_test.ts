import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { soundMessages } from "../../testdata/served.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import { copyOf, differences } from "../../testdata/store_bytes.ts";
import { foundIn } from "../../testdata/verified.ts";
import { CommitLogScan } from "../commit_log_scan.ts";
import { parseFastJson } from "../fast_json.ts";
import type { MemoryFiles } from "../file_memory.ts";
import { storePaths } from "../names.ts";
import { listSegments } from "../segments.ts";
import { findCut, type PointInTime } from "./point_in_time.ts";
import { applyRepair, planRepair, repairInto } from "./repair.ts";
import { undoRepair } from "./undo.ts";

const ROOT = "store";
const PATHS = storePaths(ROOT);
const SIZES = { queueFileUnits: 60, indexGeometry: { slots: 100, entries: 400 } };
const START_MS = 1_700_000_000_000;

/** Sixty messages, a second apart, in two queues of a log of several files. */
function sample(): SmallStore {
  const store = new SmallStore({ segmentBytes: 4096 });
  for (let nth = 0; nth < 60; nth++) {
    const properties = nth % 5 === 0 ? `KEYS\u0001k${nth}\u0002` : "";
    store.add({ queueId: nth % 2, body: new Uint8Array(100).fill(7), properties });
  }
  return store.save();
}

const text = (it: string) => new TextEncoder().encode(it);

/** Offset and store time of every message. */
function stored(files: MemoryFiles): { at: number; timeMs: number }[] {
  const scan = new CommitLogScan(files, listSegments(files, PATHS.commitLogs));
  const found = [];
  while (scan.next()) {
    if (scan.kind === "message") found.push({ at: scan.at, timeMs: scan.record.storeTimestamp() });
  }
  scan.close();
  return found;
}

async function takenBack(files: MemoryFiles, until: PointInTime) {
  const outcome = await applyRepair(files, ROOT, { ...SIZES, until, allowDataLoss: true });
  const grave = (await foundIn(files)).filter((line) => !line.startsWith("info"));
  assert.deepEqual(grave, []);
  assert.deepEqual((await planRepair(files, ROOT, { ...SIZES, until })).actions, []);
  return outcome;
}

Deno.test("a store is taken back to every second of its life, and again forth", async () => {
  const before = sample().files.snapshot();
  const messages = stored(copyOf(before));
  for (let nth = 0; nth <= 60; nth += 3) {
    const files = copyOf(before);
    const { applied, undo } = await takenBack(files, { timeMs: START_MS + nth * 1000 });
    const kept = stored(files);
    assert.deepEqual(kept, messages.slice(0, nth));
    const lost = applied.reduce((sum, it) => sum + it.messagesLost, 0);
    assert.equal(lost, 60 - nth);
    assert.equal(soundMessages(files).length, nth);
    if (undo !== undefined) await undoRepair(files, ROOT, undo);
    assert.deepEqual(differences(before, files.snapshot()), []);
  }
});

Deno.test("a log offset at the border of any record is a point in time, any other is refused", async () => {
  const { files, log } = sample();
  for (const [nth, { at, length }] of log.records.entries()) {
    const cut = await findCut(files, PATHS, { offset: at });
    assert.equal(cut!.at, at);
    assert.equal([...cut!.messages.values()].reduce((sum, it) => sum + it, 0), 60 - nth);
    for (const offset of [at + 1, at + length - 1]) {
      await assert.rejects(
        findCut(files, PATHS, { offset }),
        new RegExp(
          `^Error: Cannot end the log of "store" at ${offset}: it lies in a record; ` +
            `the borders beside it are ${at} and ${at + length}$`,
        ),
      );
    }
  }
  assert.equal(await findCut(files, PATHS, { offset: log.end }), undefined);
  const [blank] = log.blanks;
  assert.equal((await findCut(files, PATHS, { offset: blank!.at }))!.at, blank!.at);
  await assert.rejects(
    findCut(files, PATHS, { offset: blank!.at + 9 }),
    /lies in a filler; .* 4096$/,
  );
  await assert.rejects(
    findCut(files, PATHS, { offset: log.end + 1 }),
    new RegExp(`it lies behind the end of the log, ${log.end}$`),
  );
  log.flip(log.records[5]!.at + 120);
  await assert.rejects(findCut(files, PATHS, { offset: log.records[5]!.at + 7 }), /damaged range/);
});

Deno.test("an offset in front of a log whose first files have expired is refused", async () => {
  const store = new SmallStore({ segmentBytes: 4096, logStart: 8192 }).addMany(3).save();
  await assert.rejects(findCut(store.files, PATHS, { offset: 4096 }), /the log begins at 8192$/);
});

Deno.test("what is behind the first message that is too young goes, and the plan tells of the clock", async () => {
  const store = new SmallStore({ segmentBytes: 4096 });
  for (const seconds of [1, 2, 9, 3, 4]) store.add({ storeTimestamp: START_MS + seconds * 1000 });
  store.save();
  const until = { timeMs: START_MS + 5000 };
  const { actions } = await planRepair(store.files, ROOT, { until });
  const [cut] = actions;
  assert.deepEqual([cut!.action, cut!.messagesLost, cut!.safe], ["cut-tail", 3, false]);
  assert.equal(
    cut!.reason,
    "stored after 2023-11-14T22:13:25.000Z; 2 of its messages say an earlier time: the broker's " +
      "clock had gone back",
  );
});

Deno.test("consumers that were ahead of the new end are brought back to it, and others are not", async () => {
  const { files } = sample();
  const table = '{"offsetTable":{"TopicTest@G":{0:30,1:12},"TopicTest@H":{0:5}}}';
  files.put("store/config/consumerOffset.json", text(table));
  const { applied } = await takenBack(files, { timeMs: START_MS + 40_000 });
  const lowered = applied.find((it) => it.action === "lower-offsets");
  assert.equal(
    lowered!.reason,
    "1 offset lies behind the end of the queue: TopicTest@G queue 0: 30 becomes 20",
  );
  const bytes = files.snapshot().get("store/config/consumerOffset.json")!;
  assert.deepEqual(
    JSON.parse(JSON.stringify(parseFastJson(new TextDecoder().decode(bytes)))).offsetTable,
    { "TopicTest@G": { 0: 20, 1: 12 }, "TopicTest@H": { 0: 5 } },
  );
  assert.deepEqual(files.snapshot().get("store/config/consumerOffset.json.bak"), text(table));
});

Deno.test("repairInto() makes the store of a moment before, and leaves the one of now", async () => {
  const { files } = sample();
  files.put("store/abort", new Uint8Array(0));
  const before = files.snapshot();
  await repairInto(files, ROOT, "then", { ...SIZES, until: { timeMs: START_MS + 10_000 } });
  const source = new Map([...files.snapshot()].filter(([path]) => path.startsWith("store/")));
  assert.deepEqual(differences(before, source), []);
  assert.equal(stored(files).length, 60);
  files.remove("store");
  files.rename("then", "store");
  assert.equal(stored(files).length, 10);
});

Deno.test("stores of Java are taken back to the middle of what was stored", async () => {
  for (const name of ["4.2.0-a-clean-103", "4.9.7-b-kill-load-101", "5.5.0-a-clean-102"]) {
    const files = storeInMemory(name);
    const before = files.snapshot();
    const messages = stored(files);
    const { timeMs } = messages[messages.length >> 1]!;
    const { undo } = await takenBack(files, { timeMs });
    const first = messages.findIndex((it) => it.timeMs > timeMs);
    assert.deepEqual(stored(files), messages.slice(0, first), name);
    await undoRepair(files, ROOT, undo!);
    assert.deepEqual(differences(before, files.snapshot()), [], name);
  }
});
