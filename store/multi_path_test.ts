/** A log in several folders, as Java's brokers lay one out with several paths (`storePathCommitLog`). */
import assert from "node:assert/strict";
import { basename, dirname, join } from "node:path";
import { AgedFiles } from "../testdata/aged_files.ts";
import { storeInMemory } from "../testdata/fixture.ts";
import { ManualClock } from "../testdata/manual_clock.ts";
import { openStore, put, runFor, sleepOn } from "../testdata/open_store.ts";
import { PowerLossFiles } from "../testdata/power_loss.ts";
import { verified } from "../testdata/verified.ts";
import { recoverAsJava } from "./exact/java_recovery.ts";
import type { FileSystem } from "./file.ts";
import { MemoryFiles } from "./file_memory.ts";
import { storePaths } from "./names.ts";
import { applyRepair, planRepair, repairInto } from "./repair/repair.ts";
import { listSegments } from "./segments.ts";
import type { Store, StoreOptions } from "./store.ts";

const PLACE = { commitLogPath: "disk-b/commitlog,disk-a/commitlog" };
const FOLDERS = ["disk-a/commitlog", "disk-b/commitlog"];
const SEGMENT_BYTES = 4096;
/** Two messages of this size fill a file. */
const BODY = "x".repeat(1500);

/** Moves the log of a recorded store into two folders, as Java would have written it. */
function split(name: string): MemoryFiles {
  const files = storeInMemory(name);
  const log = listSegments(files, "store/commitlog");
  for (const { start, path } of log.segments) {
    const folder = FOLDERS[start / log.segmentBytes % 2]!;
    files.makeDirectory(folder);
    files.rename(path, join(folder, basename(path)));
  }
  files.remove("store/commitlog");
  return files;
}

/** Where the files of a log are: number of the folder by the file's number. */
function layout(fs: FileSystem, folders: readonly string[] = FOLDERS): number[] {
  return listSegments(fs, folders).segments.map(({ path }) => folders.indexOf(dirname(path)));
}

async function bodiesOf(store: Store, topic: string): Promise<string[]> {
  const found: string[] = [];
  for (const queueId of store.queueIds(topic)) {
    const { min, max } = store.queueRange(topic, queueId)!;
    for (let index = min; index < max;) {
      const got = await store.get({ topic, queueId, queueOffset: index, countMax: 32 });
      assert.equal(got.status, "FOUND", `${topic}/${queueId} at ${index}`);
      index = got.nextBeginOffset;
      for (const bytes of got.body.length > 0 ? [got.body] : []) found.push(bytes.toString());
    }
  }
  return found;
}

const STORES = [
  "4.9.7-a-clean-101",
  "4.9.7-b-kill-load-101",
  "5.5.0-b-kill-load-102",
  "5.5.0-c-damage-102-torn",
];

for (const name of STORES) {
  Deno.test(`a log of Java in two folders is read as one in one folder: ${name}`, async () => {
    const [one, two] = [storeInMemory(name), split(name)];
    const sound = { background: false } as const;
    await using single = await openStore(one, sound);
    await using double = await openStore(two, { ...sound, ...PLACE });
    const facts = (store: Store) => ({
      range: store.logRange,
      queues: store.topics().map((topic) => [
        topic,
        store.queueIds(topic).map((id) => {
          return store.queueRange(topic, id);
        }),
      ]),
      messages: store.recovery.messages,
      actions: store.recovery.actions.map(({ action, from, to }) => [action, from, to]),
    });
    assert.deepEqual(facts(double), facts(single));
    for (const topic of single.topics()) {
      assert.deepEqual(await bodiesOf(double, topic), await bodiesOf(single, topic));
    }
  });

  Deno.test(`verify and recover find in two folders what they find in one: ${name}`, async () => {
    const [one, two] = [storeInMemory(name), split(name)];
    const codes = async (fs: FileSystem, place: object) => {
      return (await verified(fs, place)).findings.map(({ code, file, offset }) => {
        return [code, basename(file), offset];
      });
    };
    assert.deepEqual(await codes(two, PLACE), await codes(one, {}));
    const plan = async (fs: FileSystem, place: object) => {
      const { actions, report } = await planRepair(fs, "store", place);
      return [
        report.end,
        actions.map(({ action, file, from, to }) => {
          return [action, basename(file), from, to];
        }),
      ];
    };
    assert.deepEqual(await plan(two, PLACE), await plan(one, {}));
    await repairInto(two, "store", "copy", { ...PLACE, allowDataLoss: true });
    await applyRepair(two, "store", { ...PLACE, allowDataLoss: true });
    assert.deepEqual((await planRepair(two, "store", PLACE)).actions, []);
    assert.deepEqual((await planRepair(two, "copy")).actions, []);
    assert.equal(listSegments(two, "copy/commitlog").segments.length, layout(two).length);
  });
}

Deno.test("recoverAsJava() loads the files of several folders together", async () => {
  const name = "4.9.7-b-kill-load-101";
  const one = await recoverAsJava(storeInMemory(name), "store", "4.9");
  const two = await recoverAsJava(split(name), "store", "4.9", PLACE);
  assert.deepEqual([two.end, two.messagesBefore], [one.end, one.messagesBefore]);
});

/** A store with its log in two folders, in the background of which a clock of the test's own runs. */
class SplitStore implements AsyncDisposable {
  readonly clock = new ManualClock(1_700_000_000_000);
  readonly fs: FileSystem;
  store!: Store;

  constructor(fs: FileSystem) {
    this.fs = fs;
  }

  static async open(
    fs: FileSystem = new PowerLossFiles(),
    options: Partial<StoreOptions> = {},
  ): Promise<SplitStore> {
    const it = new SplitStore(fs);
    it.store = await openStore(fs, {
      segmentBytes: SEGMENT_BYTES,
      background: true,
      now: it.clock.now,
      sleep: sleepOn(it.clock),
      ...PLACE,
      ...options,
    });
    return it;
  }

  async fill(files: number): Promise<void> {
    for (let count = 0; count < files * 2; count++) {
      assert.equal((await put(this.store, { body: BODY })).status, "PUT_OK");
      await runFor(this.clock, 600);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.store[Symbol.asyncDispose]();
  }
}

Deno.test("Store: the n-th file goes into the folder Java would take, made ahead or not", async () => {
  for (const background of [true, false]) {
    const it = await SplitStore.open(new PowerLossFiles(), { background });
    await it.fill(5);
    const isAhead = background ? [1] : [];
    assert.deepEqual(layout(it.fs), [0, 1, 0, 1, 0, ...isAhead]);
    await it[Symbol.asyncDispose]();
    assert.deepEqual(layout(it.fs), [0, 1, 0, 1, 0]);
    for (const disk of ["disk-a", "disk-b"]) assert.deepEqual(it.fs.list(disk), ["commitlog"]);
    assert.deepEqual((await verified(it.fs, PLACE)).findings, []);
    await using again = await SplitStore.open(it.fs, { background });
    assert.equal(again.store.recovery.mode, "clean");
    assert.deepEqual(again.store.queueRange("TopicTest", 0), { min: 0, max: 10 });
    await again.fill(1);
    assert.deepEqual(layout(it.fs).slice(0, 6), [0, 1, 0, 1, 0, 1]);
  }
});

Deno.test("Store with a log in two folders outlives losses of power", async () => {
  const it = await SplitStore.open(new PowerLossFiles(), { flushMode: "SYNC_FLUSH" });
  await it.fill(3);
  for (const chance of [0, 1]) {
    const after = (it.fs as PowerLossFiles).lose(() => chance === 1);
    await using again = await SplitStore.open(after);
    assert.deepEqual(again.store.queueRange("TopicTest", 0), { min: 0, max: 6 });
  }
  await it[Symbol.asyncDispose]();
});

Deno.test("Store: a folder that is only read keeps its files and gets none", async () => {
  const first = await SplitStore.open();
  await first.fill(3);
  await first[Symbol.asyncDispose]();
  const place = {
    commitLogPath: "disk-c/commitlog,disk-a/commitlog",
    readOnlyCommitLogPath: FOLDERS.join(),
  };
  await using it = await SplitStore.open(first.fs, place);
  assert.deepEqual(it.store.queueRange("TopicTest", 0), { min: 0, max: 6 });
  await it.fill(3);
  const folders = storePaths("store", place).commitLogs;
  assert.deepEqual(folders, ["disk-c/commitlog", "disk-a/commitlog", "disk-b/commitlog"]);
  assert.deepEqual(layout(it.fs, folders).slice(0, 6), [1, 2, 1, 0, 0, 0]);
});

Deno.test("Store: no folder to write into is an error, not a guess", async () => {
  const place = { commitLogPath: "disk-a/commitlog", readOnlyCommitLogPath: "disk-a/commitlog" };
  await assert.rejects(SplitStore.open(new MemoryFiles(), place), /all folders .* are only read/);
});

Deno.test("Retention: with several folders the emptiest disk counts, and a full one gets no file", async () => {
  const used: Record<string, number> = { "disk-a/commitlog": 20, "disk-b/commitlog": 20 };
  const clock = new ManualClock(1_700_000_000_000);
  const fs = new AgedFiles(clock.now);
  await using it = await SplitStore.open(fs, {
    retention: {
      spaceOnDisk: (path) => ({ usedBytes: used[path] ?? 10, freeBytes: 100 - (used[path] ?? 10) }),
    },
  });
  await it.fill(1);
  used["disk-b/commitlog"] = 95;
  await runFor(it.clock, 20_000);
  await it.fill(3);
  // The second file was made ahead when there was room. Nothing is refused, either.
  assert.deepEqual(layout(fs).slice(0, 4), [0, 1, 0, 0]);
  used["disk-b/commitlog"] = 20;
  await runFor(it.clock, 20_000);
  await it.fill(2);
  assert.deepEqual(layout(fs).slice(4, 6), [0, 1]);
  used["disk-a/commitlog"] = used["disk-b/commitlog"] = 91;
  await runFor(it.clock, 20_000);
  assert.equal((await put(it.store)).status, "SERVICE_NOT_AVAILABLE");
  await runFor(it.clock, 60_000);
  const { segments } = listSegments(fs, FOLDERS);
  assert(segments[0]!.start > 0, "files go, the oldest first, wherever they are");
});
