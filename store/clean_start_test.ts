import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { openStore, put } from "../testdata/open_store.ts";
import { CrashDisk } from "../testdata/crash_states.ts";
import { randomOf } from "../testdata/random.ts";
import { differences, type StoreBytes } from "../testdata/store_bytes.ts";
import { checkCrash } from "../testdata/torture_oracle.ts";
import { optionsOf, type Plan, record, type Sent, type Step } from "../testdata/torture_run.ts";
import { foundIn } from "../testdata/verified.ts";
import { writeConfigFile } from "./config_file.ts";
import { SYS_FLAG } from "./format.ts";
import { MemoryFiles } from "./file_memory.ts";
import { storePaths } from "./names.ts";
import { formatProperties } from "./properties.ts";
import type { RecoveryReport } from "./recovery_report.ts";
import type { Store, StoreOptions } from "./store.ts";

const PATHS = storePaths("store");
const LIGHT = "%LMQ%light";
const OPTIONS: Partial<StoreOptions> = {
  segmentBytes: 4096,
  queueFileUnits: 10,
  batchQueueFileUnits: 10,
  isBatchTopic: (topic) => topic === "Batch",
  lightQueues: true,
  recovery: "clean",
};

function open(fs: MemoryFiles, options: Partial<StoreOptions> = {}): Promise<Store> {
  const { recovery: _, ...usual } = OPTIONS;
  return openStore(fs, { ...usual, now: () => 1_700_000_000_000, ...options });
}

/** Puts messages of every kind: into two topics, a light queue and a batch queue. */
async function putAll(store: Store, from: number, to: number): Promise<void> {
  for (let nth = from; nth < to; nth++) {
    const keys: [string, string] = ["KEYS", `k${nth}`];
    await put(store, { topic: "A", queueId: nth % 2, properties: formatProperties([keys]) });
    const tags: [string, string] = ["TAGS", `tag${nth}`];
    const light: [string, string] = ["INNER_MULTI_DISPATCH", LIGHT];
    await put(store, {
      topic: "B",
      properties: formatProperties(nth % 2 > 0 ? [tags, light] : [tags]),
    });
    const batch: [string, string] = ["INNER_NUM", "3"];
    await put(store, {
      topic: "Batch",
      sysFlag: SYS_FLAG.innerBatch | SYS_FLAG.needUnwrap,
      properties: formatProperties([batch]),
    });
  }
}

const QUEUES = [
  "consumequeue/A/0",
  "consumequeue/A/1",
  "consumequeue/B/0",
  `consumequeue/${LIGHT}/0`,
  "batchconsumequeue/Batch/0",
].map((it) => join("store", it));

/** A store that was stopped cleanly, and what its queues were half way. */
async function stopped(): Promise<{ fs: MemoryFiles; older: StoreBytes }> {
  const fs = new MemoryFiles();
  const topic = (topicName: string, attributes = {}) => ({
    [topicName]: { topicName, readQueueNums: 2, writeQueueNums: 2, perm: 6, attributes },
  });
  await writeConfigFile(fs, "store/config/topics.json", {
    topicConfigTable: {
      ...topic("A"),
      ...topic("B"),
      ...topic("Batch", { "queue.type": "BatchCQ" }),
    },
  });
  {
    await using store = await open(fs);
    await putAll(store, 0, 13);
  }
  const older = fs.snapshot();
  {
    await using store = await open(fs);
    assert.deepEqual([store.recovery.reason, store.recovery.actions], [AS_LEFT, []]);
    await putAll(store, 13, 25);
  }
  return { fs, older };
}

const AS_LEFT = "stopped cleanly; every queue is as it was left";

/** All files of queues. */
function queuesOf(fs: MemoryFiles): Map<string, Uint8Array> {
  return new Map([...fs.snapshot()].filter(([path]) => path.includes("consumequeue/")));
}

function filesOf(fs: MemoryFiles, folder: string): string[] {
  return fs.list(folder).map((name) => join(folder, name));
}

/** Opens the store, stops it, and tells what the start did. */
async function restarted(fs: MemoryFiles): Promise<RecoveryReport> {
  await using store = await open(fs);
  assert.equal(store.recovery.mode, "clean");
  return store.recovery;
}

function told({ actions }: RecoveryReport): string[] {
  return actions.map(({ action, file, from, to, reason }) => {
    return `${action} ${file.replace("store/", "")} ${from}-${to}: ${reason}`;
  });
}

Deno.test("after a clean stop of ours no queue is opened, and nothing is read or written", async () => {
  const { fs } = await stopped();
  const before = fs.snapshot();
  const opened: string[] = [];
  const openRead = fs.openRead.bind(fs);
  fs.openRead = (path) => {
    opened.push(path);
    return openRead(path);
  };
  const store = await open(fs);
  assert.deepEqual(opened.filter((it) => it.includes("consumequeue/")), []);
  const { reason, messages, from, end } = store.recovery;
  assert.deepEqual([reason, messages, from], [AS_LEFT, 0, end]);
  assert.deepEqual(store.queueRange("A", 0), { min: 0, max: 13 });
  assert.deepEqual(store.queueRange("Batch", 0), { min: 0, max: 75 });
  assert.deepEqual(store.topics(), [LIGHT, "A", "B", "Batch"]);
  await store[Symbol.asyncDispose]();
  const changed = differences(before, fs.snapshot());
  assert.deepEqual(changed, []);
});

Deno.test("what is put after such a start goes behind what was there", async () => {
  const { fs } = await stopped();
  {
    await using store = await open(fs);
    await putAll(store, 25, 40);
    assert.deepEqual(store.queueRange("A", 1), { min: 0, max: 20 });
    const result = await store.get({ topic: "A", queueId: 1, queueOffset: 0, countMax: 32 });
    assert.equal(result.count, 20);
  }
  assert.deepEqual(await foundIn(fs), []);
  const grown = queuesOf(fs);
  await (await open(fs, { recovery: "full" }))[Symbol.asyncDispose]();
  assert.deepEqual(differences(grown, queuesOf(fs)), []);
});

Deno.test("a queue that is gone, rolled back or cut is built again, and no other is touched", async () => {
  const spoil: Readonly<
    Record<string, (fs: MemoryFiles, queue: string, older: StoreBytes) => void>
  > = {
    "its last file is gone": (fs, queue) => fs.remove(queue),
    "its last file is not the one left": (fs, queue) => {
      const path = filesOf(fs, queue).at(-1)!;
      fs.put(path, new Uint8Array(fs.stat(path)!.size));
    },
    "its last file is shorter than it was left": (fs, queue) => {
      fs.cut(filesOf(fs, queue).at(-1)!, 31);
    },
  };
  for (const [why, it] of Object.entries(spoil)) {
    for (const queue of QUEUES) {
      const { fs, older } = await stopped();
      const whole = queuesOf(fs);
      it(fs, queue, older);
      const times = new Map([...whole.keys()].map((path) => [path, fs.stat(path)?.mtimeMs]));
      const report = await restarted(fs);
      assert.match(report.reason, /^stopped cleanly; 1 queue is not what the log calls for$/);
      assert(report.units > 0, `${why}: ${queue}`);
      if (!queue.includes("batch")) {
        assert.equal(told(report).length, 1);
        assert(told(report)[0]!.includes(`${queue.replace("store/", "")} `), told(report)[0]);
        assert(told(report)[0]!.includes(`: ${why}: units `), told(report)[0]);
      }
      assert.deepEqual(differences(whole, queuesOf(fs)), [], `${why}: ${queue}`);
      for (const [path, time] of times) {
        if (dirname(path) !== queue) assert.equal(fs.stat(path)!.mtimeMs, time, path);
      }
      assert.deepEqual(await foundIn(fs), []);
      assert.equal((await restarted(fs)).reason, AS_LEFT);
    }
  }
});

Deno.test("an older copy of a queue's file is noticed, whatever its time", async () => {
  for (const queue of QUEUES) {
    const { fs, older } = await stopped();
    const whole = queuesOf(fs);
    for (const path of filesOf(fs, queue)) {
      const bytes = older.get(path);
      if (bytes === undefined) fs.remove(path);
      else fs.put(path, bytes.slice());
    }
    const { units } = await restarted(fs);
    assert(units > 0, queue);
    assert.deepEqual(differences(whole, queuesOf(fs)), [], queue);
  }
});

Deno.test("files that were only copied are believed once their last units lead to their records", async () => {
  const { fs } = await stopped();
  const whole = queuesOf(fs);
  for (const [path, bytes] of whole) fs.put(path, bytes.slice());
  const { reason, units, actions } = await restarted(fs);
  assert.deepEqual([reason, units, actions], [AS_LEFT, 0, []]);
  assert.deepEqual(differences(whole, queuesOf(fs)), []);
});

Deno.test("a queue with the content of another is built from the log's start", async () => {
  const { fs } = await stopped();
  const whole = queuesOf(fs);
  for (const path of filesOf(fs, "store/consumequeue/A/0")) {
    const other = path.replace("A/0", "A/1");
    fs.put(path, fs.snapshot().get(other)?.slice() ?? new Uint8Array(200));
  }
  const report = await restarted(fs);
  assert.equal(report.from, 0);
  assert.deepEqual(differences(whole, queuesOf(fs)), []);
});

Deno.test("a queue the table does not know is compared with the log", async () => {
  const { fs } = await stopped();
  fs.put(
    "store/consumequeue/A/7/00000000000000000000",
    fs.snapshot().get(filesOf(fs, QUEUES[0]!)[0]!)!,
  );
  fs.put("store/consumequeue/New/0/00000000000000000000", new Uint8Array(200));
  const store = await open(fs);
  assert.deepEqual(told(store.recovery), [
    "truncate-queue consumequeue/A/7 0-10: the table of queue ends does not know it: " +
    "units led to no message of the log",
  ]);
  assert.deepEqual(store.queueRange("A", 7), { min: 0, max: 0 });
  assert.deepEqual(store.queueRange("New", 0), { min: 0, max: 0 });
  await store[Symbol.asyncDispose]();
});

Deno.test("a topic that was deleted with its entry does not come back; without its entry removed it does", async () => {
  for (const isDeleted of [true, false]) {
    const { fs } = await stopped();
    const whole = queuesOf(fs);
    fs.remove("store/consumequeue/B");
    if (isDeleted) {
      await writeConfigFile(fs, "store/config/topics.json", {
        topicConfigTable: { A: { topicName: "A", readQueueNums: 2, writeQueueNums: 2, perm: 6 } },
      });
    }
    const { units } = await restarted(fs);
    assert.equal(units > 0, !isDeleted);
    const rest = differences(whole, queuesOf(fs));
    assert.equal(rest.length > 0, isDeleted);
    assert(rest.every((path) => path.startsWith("store/consumequeue/B/")));
  }
});

Deno.test("an index that lacks its last file, or is an older copy, gets its keys again", async () => {
  for (const what of ["gone", "older"] as const) {
    const { fs, older } = await stopped();
    const [path] = filesOf(fs, PATHS.index);
    const whole = fs.snapshot().get(path!)!;
    if (what === "gone") fs.remove(path!);
    else fs.put(path!, older.get(path!)!.slice());
    const { keys } = await restarted(fs);
    assert.equal(keys, what === "gone" ? 25 : 12);
    assert.deepEqual(fs.snapshot().get(filesOf(fs, PATHS.index)[0]!), whole);
  }
});

Deno.test("a broker that was killed leaves no table, not even right after its start", async () => {
  const { fs } = await stopped();
  assert.notEqual(fs.stat(PATHS.queueEnds), undefined);
  await open(fs);
  assert.equal(fs.stat(PATHS.queueEnds), undefined);
  assert.notEqual(fs.stat(PATHS.abort), undefined);
});

Deno.test("a table counts for nothing when anything beside it is another one", async () => {
  const spoil: readonly ((fs: MemoryFiles, older: StoreBytes) => void)[] = [
    (fs) => fs.flip(PATHS.queueEnds, 200),
    (fs) => fs.cut(PATHS.queueEnds, fs.stat(PATHS.queueEnds)!.size - 1),
    (fs) => fs.remove(PATHS.queueEnds),
    (fs) => fs.flip(PATHS.checkpoint, 7),
    (fs, older) => fs.put(PATHS.queueEnds, older.get(PATHS.queueEnds)!),
  ];
  for (const it of spoil) {
    const { fs, older } = await stopped();
    it(fs, older);
    const { reason, units, actions } = await restarted(fs);
    const expected = "stopped cleanly; every queue leads to its last record";
    assert.deepEqual([reason, units, actions], [expected, 0, []]);
    assert.equal((await restarted(fs)).reason, AS_LEFT);
  }
});

Deno.test("a log that goes on behind the table, as after a Java broker, is followed", async () => {
  const { fs } = await stopped();
  const table = fs.snapshot().get(PATHS.queueEnds)!;
  const checkpoint = fs.snapshot().get(PATHS.checkpoint)!;
  const times = new Map([...queuesOf(fs).keys()].map((path) => [path, fs.stat(path)!.mtimeMs]));
  {
    await using store = await open(fs);
    await put(store, { topic: "A", queueId: 0 });
    await put(store, { topic: "C", queueId: 0 });
  }
  // The table and the checkpoint of before, and queues that were not flushed.
  fs.put(PATHS.queueEnds, table);
  fs.put(PATHS.checkpoint, checkpoint);
  fs.remove("store/consumequeue/C");
  fs.zero("store/consumequeue/A/0/00000000000000000200", 60, 20);
  assert(times.size > 0);
  const store = await open(fs);
  assert.equal(store.recovery.reason, "stopped cleanly; 1 queue is not what the log calls for");
  assert.deepEqual(store.queueRange("A", 0), { min: 0, max: 14 });
  // Nothing tells that the topic ever was.
  assert.equal(store.recovery.units, 1);
  await store[Symbol.asyncDispose]();
});

Deno.test("whatever was done to queues since a clean stop, they are what a full recovery makes of them", async () => {
  const deeds = {
    nothing: () => {},
    touch: (fs: MemoryFiles, path: string) => fs.put(path, fs.snapshot().get(path)!),
    remove: (fs: MemoryFiles, path: string) => fs.remove(path),
    cut: (fs: MemoryFiles, path: string) => fs.cut(path, Math.floor(fs.stat(path)!.size / 2) + 3),
    zero: (fs: MemoryFiles, path: string) => fs.put(path, new Uint8Array(fs.stat(path)!.size)),
    older: (fs: MemoryFiles, path: string, older: StoreBytes) => {
      fs.put(path, older.get(path) ?? new Uint8Array(fs.stat(path)!.size));
    },
    other: (fs: MemoryFiles, path: string) => {
      const [other] = filesOf(fs, path.includes("batch") ? dirname(path) : QUEUES[0]!);
      if (other !== undefined) fs.put(path, fs.snapshot().get(other)!);
    },
  } as const;
  const { fs, older } = await stopped();
  const paths = [...queuesOf(fs).keys()];
  const names = Object.keys(deeds) as (keyof typeof deeds)[];
  const plan = fc.array(fc.constantFrom("nothing" as const, "nothing" as const, ...names), {
    minLength: paths.length,
    maxLength: paths.length,
  });
  await fc.assert(
    fc.asyncProperty(plan, async (deedOf) => {
      const spoiled = await stopped();
      for (const [nth, path] of paths.entries()) deeds[deedOf[nth]!](spoiled.fs, path, older);
      await restarted(spoiled.fs);
      const after = queuesOf(spoiled.fs);
      assert.deepEqual(differences(queuesOf(fs), after), []);
      assert.deepEqual((await restarted(spoiled.fs)).actions, []);
      assert.deepEqual(differences(after, queuesOf(spoiled.fs)), []);
    }),
    { numRuns: 60 },
  );
  const whole = queuesOf(fs);
  await (await open(fs, { recovery: "full" }))[Symbol.asyncDispose]();
  assert.deepEqual(differences(whole, queuesOf(fs)), []);
});

Deno.test("where old messages have expired, a queue is built again from what the log still has", async () => {
  for (const queue of QUEUES) {
    const { fs } = await stopped();
    fs.remove(`store/commitlog/${"0".repeat(20)}`);
    const first = await restarted(fs);
    assert.equal(first.reason, "stopped cleanly; every queue leads to its last record");
    assert.equal((await restarted(fs)).reason, AS_LEFT);
    const store = await open(fs);
    const id = { topic: queue.split("/")[2]!, queueId: Number(queue.split("/")[3]) };
    const before = store.queueRange(id.topic, id.queueId)!;
    await store[Symbol.asyncDispose]();
    assert(before.min > 0 && before.max > before.min, queue);
    fs.remove(queue);
    const after = await open(fs);
    assert(after.recovery.units > 0);
    assert.deepEqual(after.queueRange(id.topic, id.queueId), before, queue);
    await after[Symbol.asyncDispose]();
    const found = await foundIn(fs);
    assert.deepEqual(found.filter((it) => !/^info (queue|index)-\S+-below-log /.test(it)), []);
    const built = queuesOf(fs);
    await (await open(fs, { recovery: "full" }))[Symbol.asyncDispose]();
    assert.deepEqual(differences(built, queuesOf(fs)), [], queue);
  }
});

Deno.test("power lost or a process killed at any step of a clean stop and of the next start", async () => {
  const send = (queueId: number): Step => {
    const message = { topic: "A", queueId, bytes: 30, count: 1, waits: true };
    return { verb: "send", sends: [message, { ...message, topic: "%RETRY%g" }] };
  };
  const plan: Plan = {
    flushMode: "SYNC_FLUSH",
    segmentBytes: 4096,
    queueFileUnits: 5,
    steps: [...[0, 0, 1, 0, 1, 0, 0].map(send), { verb: "stop" }, send(0), send(1)],
  };
  const { events, sent } = await record(plan);
  const disk = new CrashDisk();
  const promised = new Set<Sent>();
  const random = randomOf(7);
  const chances = [0, 1, 0.5, 0.9, 0.1];
  let states = 0;
  let tables = 0;
  for (const event of events) {
    if (event.verb === "answer") promised.add(event.sent);
    else disk.apply(event);
    // The stop begins when all before it was answered.
    if (promised.size < 14) continue;
    for (const chance of chances) {
      const image = disk.lose((versions) => random() < chance ? versions - 1 : 0);
      const paths = image.files.map(([path]) => path);
      const isLeft = paths.includes(PATHS.queueEnds) && !paths.includes(PATHS.abort);
      tables += isLeft ? 1 : 0;
      await checkCrash(image, {
        promised,
        sent,
        options: optionsOf(plan),
        isThorough: isLeft || states++ % 10 === 0,
      });
    }
  }
  assert(states > 300 && tables > 5, `${states} states, ${tables} of them with a table`);
});
