import assert from "node:assert/strict";
import { openStore, put } from "../testdata/open_store.ts";
import { type DiskImage, PowerLossFiles } from "../testdata/power_loss.ts";
import { between, randomOf } from "../testdata/random.ts";
import { emptyCheckpoint, minTimestamp, readCheckpoint } from "./checkpoint.ts";
import { CommitLogScan } from "./commit_log_scan.ts";
import { MemoryFiles } from "./file_memory.ts";
import { recoverAsJava } from "./exact/java_recovery.ts";
import { MESSAGE_V1 } from "./format.ts";
import { offsetName, storePaths } from "./names.ts";
import { formatProperties } from "./properties.ts";
import { ProgressSaver, readProgress, removeProgress } from "./recovery_progress.ts";
import type { RecoveryReport } from "./recovery_report.ts";
import { OverlayFiles } from "./repair/overlay_files.ts";
import { listSegments } from "./segments.ts";
import type { StoreOptions } from "./store.ts";

const PATHS = storePaths("store");
const SEED = 20_261_121;
const SEGMENT_BYTES = 2048;
const MESSAGES = 120;
const OPTIONS: Partial<StoreOptions> = {
  segmentBytes: SEGMENT_BYTES,
  queueFileUnits: 12,
  indexGeometry: { slots: 7, entries: 50 },
  recovery: "unclean",
  recoveryProgressBytes: 2 * SEGMENT_BYTES,
};

/** Makes a store whose process was killed; each message is stored some seconds after the one before. */
async function killedStore(spoil: (fs: PowerLossFiles) => void): Promise<DiskImage> {
  const fs = new PowerLossFiles();
  let time = 1_700_000_000_000;
  const store = await openStore(fs, { ...OPTIONS, now: () => time += 2_000 });
  for (let number = 0; number < MESSAGES; number++) {
    const properties = formatProperties([["KEYS", `k${number}`]]);
    await put(store, { queueId: number % 3, body: `body ${number}`.padEnd(60, "."), properties });
  }
  await store[Symbol.asyncDispose]();
  fs.openWrite(PATHS.abort).write(Uint8Array.of(49), 0);
  spoil(fs);
  return fs.image();
}

const SPOILT: Readonly<Record<string, (fs: PowerLossFiles) => void>> = {
  "nothing but the log is left": (fs) => {
    for (const path of [PATHS.checkpoint, PATHS.consumeQueue, PATHS.index]) fs.remove(path);
  },
  "the checkpoint is gone": (fs) => fs.remove(PATHS.checkpoint),
  "records in the middle and at the end are damaged": (fs) => {
    fs.remove(PATHS.checkpoint);
    const scan = new CommitLogScan(fs, listSegments(fs, PATHS.commitLog));
    for (let number = 0; scan.next();) {
      if (scan.kind !== "message") continue;
      if ([4, 40, 41, 90, MESSAGES - 1].includes(number++)) flip(fs, scan, scan.record.bodyAt);
    }
    scan.close();
  },
  "a record's queue id is wrong, and a topic lived twice": (fs) => {
    for (const path of [PATHS.checkpoint, `${PATHS.consumeQueue}/TopicTest/1`]) fs.remove(path);
    const scan = new CommitLogScan(fs, listSegments(fs, PATHS.commitLog));
    for (let number = 0, again = 0; scan.next();) {
      if (scan.kind !== "message") continue;
      const { at, view } = scan.record;
      if (number === 30) flip(fs, scan, at + MESSAGE_V1.at.queueId + 3);
      // Queue 1 begins anew in the middle of the log.
      if (number++ < 60 || view.getInt32(at + MESSAGE_V1.at.queueId) !== 1) continue;
      const index = new DataView(new ArrayBuffer(8));
      index.setBigInt64(0, BigInt(again++));
      const place = scan.at - scan.segment!.start + MESSAGE_V1.at.queueOffset;
      fs.openWrite(scan.segment!.path).write(new Uint8Array(index.buffer), place);
    }
    scan.close();
  },
};

function flip(fs: PowerLossFiles, scan: CommitLogScan, at: number): void {
  const place = scan.at - scan.segment!.start + at - scan.record.at;
  const byte = scan.record.bytes[at]! ^ 1;
  fs.openWrite(scan.segment!.path).write(Uint8Array.of(byte), place);
}

/** What a start leaves behind a clean stop, and what it told. */
async function recovered(fs: PowerLossFiles): Promise<{ files: string[]; report: RecoveryReport }> {
  const store = await openStore(fs, OPTIONS);
  const report = store.recovery;
  await store[Symbol.asyncDispose]();
  const files = fs.image().files
    .filter(([path]) => /^store\/(commitlog|consumequeue|index)\//.test(path))
    .map(([path, bytes]) => `${path} ${bytes.toHex()}`).sort();
  return { files, report };
}

/** Damage, which the operator must hear of, however many starts it took. */
function losses({ actions }: RecoveryReport): string[] {
  return actions.filter((it) => it.action === "skip-damage")
    .map((it) => `${it.action} ${it.from}-${it.to} ${it.messagesLost}`);
}

class Killed extends Error {}

/** Starts, and is killed at the nth call that changes anything; false when it ended before. */
async function killAt(fs: PowerLossFiles, nth: number): Promise<boolean> {
  let count = 0;
  fs.interfere = () => {
    if (++count >= nth) throw new Killed();
  };
  try {
    await openStore(fs, OPTIONS);
    return false;
  } catch (error) {
    const isKilled = error instanceof Killed || (error as Error).cause instanceof Killed;
    assert(isKilled, String(error));
    return true;
  } finally {
    fs.interfere = () => {};
    fs.kill();
  }
}

for (const [name, spoil] of Object.entries(SPOILT)) {
  Deno.test(`a start that is killed anywhere is gone on with: ${name} (seed ${SEED})`, async () => {
    const random = randomOf(SEED);
    const image = await killedStore(spoil);
    const whole = await recovered(PowerLossFiles.of(copyOf(image)));
    assert.equal(whole.report.from, 0);
    let latest = 0;
    let resumed = 0;
    for (let nth = 1;; nth++) {
      const fs = PowerLossFiles.of(copyOf(image));
      if (!await killAt(fs, nth)) break;
      // The process alone is gone, or the power was lost with it.
      for (const after of [fs, fs.lose(() => between(random, 0, 1) === 1)]) {
        const { files, report } = await recovered(PowerLossFiles.of(after.image()));
        assert.deepEqual(files, whole.files, `killed at call ${nth}`);
        // A start that has told of all and done all may be killed, too.
        if (report.resumed === undefined && report.from > 0) continue;
        assert.deepEqual(losses(report), losses(whole.report), `killed at call ${nth}`);
        if (report.resumed === undefined) continue;
        assert.match(report.reason, /interrupted began at 0 and got as far/);
        resumed++;
        latest = Math.max(latest, report.from);
      }
    }
    const end = listSegments(PowerLossFiles.of(image), PATHS.commitLog).segments.at(-1)!.start;
    assert(latest > end / 2, `the latest start was at ${latest} of ${end}`);
    assert(resumed > 10, `${resumed} starts went on with another`);
  });
}

Deno.test("a Java broker that starts after one that was killed loses nothing either", async () => {
  const image = await killedStore(SPOILT["nothing but the log is left"]!);
  const { queueFileUnits, indexGeometry } = OPTIONS;
  let goneOn = 0;
  for (let nth = 1;; nth += 3) {
    const fs = PowerLossFiles.of(copyOf(image));
    if (!await killAt(fs, nth)) break;
    for (const release of ["4.9", "5.x"] as const) {
      const disk = new OverlayFiles(fs);
      const report = await recoverAsJava(disk, "store", release, { queueFileUnits, indexGeometry });
      const { refusal, messagesBefore, messagesAfter, inNoQueue, atWrongIndex } = report;
      assert.deepEqual(
        [refusal, messagesBefore, messagesAfter, inNoQueue, atWrongIndex],
        [undefined, MESSAGES, MESSAGES, 0, 0],
        `${release}, killed at call ${nth}`,
      );
      if (report.startFile !== offsetName(0)) goneOn++;
    }
  }
  assert(goneOn > 20, `${goneOn} starts of Java went on in the middle`);
});

Deno.test("a start that ended leaves nothing to go on with", async () => {
  const fs = PowerLossFiles.of(await killedStore(SPOILT["the checkpoint is gone"]!));
  const writes: string[] = [];
  fs.interfere = (verb, path) => {
    if (verb === "rename") writes.push(path);
  };
  await openStore(fs, OPTIONS);
  assert(writes.filter((path) => path === PATHS.recoveryProgress).length > 3);
  assert.equal(fs.stat(PATHS.recoveryProgress), undefined);
});

Deno.test("the index goes on where it was, too, and no start reads its keys again", async () => {
  const image = await killedStore(SPOILT["nothing but the log is left"]!);
  const fs = PowerLossFiles.of(image);
  let saved = 0;
  fs.interfere = (verb, path) => {
    if (verb === "rename" && path === PATHS.recoveryProgress) saved++;
    if (saved > 8) throw new Killed();
  };
  await assert.rejects(openStore(fs, { ...OPTIONS, recoveryProgressBytes: SEGMENT_BYTES }));
  fs.interfere = () => {};
  fs.kill();
  const { report } = await recovered(fs);
  assert(report.keys < MESSAGES / 2, `${report.keys} keys were put again`);
  assert.equal(report.messages, report.keys, "and no more records were read");
});

Deno.test("readProgress() believes what stands beside its checkpoint alone", async () => {
  const fs = new MemoryFiles();
  fs.makeDirectory("store");
  const checkpoint = { ...emptyCheckpoint(), physicMsgTimestamp: 5_000, logicsMsgTimestamp: 5_000 };
  const saver = new ProgressSaver({
    fs,
    paths: PATHS,
    log: { segments: [], strays: [], segmentBytes: 0 },
    options: { everyBytes: 1, checkpoint, writeCheckpoint: () => Promise.resolve() },
    from: 0,
    sync: () => Promise.resolve(),
  });
  const progress = { from: 0, to: 100, queues: [], damage: [] };
  assert.equal(readProgress(fs, PATHS, 0), undefined);
  await saver.save(progress, 9_000);
  assert.equal(minTimestamp(checkpoint), 6_000);
  for (const time of [2_000, 6_000]) assert.equal(readProgress(fs, PATHS, time)?.to, 100);
  for (const time of [0, 2_001, 9_000]) assert.equal(readProgress(fs, PATHS, time), undefined);
  fs.put(PATHS.recoveryProgress, new TextEncoder().encode("{"));
  assert.equal(readProgress(fs, PATHS, 6_000), undefined);
  removeProgress(fs, PATHS);
  assert.equal(fs.stat(PATHS.recoveryProgress), undefined);
});

Deno.test("the checkpoint never tells of times at which files behind begin", async () => {
  const fs = PowerLossFiles.of(await killedStore(SPOILT["the checkpoint is gone"]!));
  const log = listSegments(fs, PATHS.commitLog);
  const checkpoint = emptyCheckpoint();
  const saver = new ProgressSaver({
    fs,
    paths: PATHS,
    log,
    options: { everyBytes: 1, checkpoint, writeCheckpoint: () => Promise.resolve() },
    from: 0,
    sync: () => Promise.resolve(),
  });
  const [, , third, fourth] = log.segments;
  await saver.save({ from: 0, to: third!.start, queues: [], damage: [] }, 9e12);
  const scan = new CommitLogScan(fs, log, { from: fourth!.start });
  scan.next();
  assert.equal(checkpoint.logicsMsgTimestamp, scan.record.storeTimestamp() - 1);
  scan.close();
  assert.equal(readCheckpoint(fs, PATHS.checkpoint), undefined, "writing it is another's business");
});

function copyOf({ folders, files }: DiskImage): DiskImage {
  return { folders, files: files.map(([path, bytes]) => [path, bytes.slice()] as const) };
}
