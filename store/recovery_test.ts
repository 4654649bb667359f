import assert from "node:assert/strict";
import { recordBytes, sampleMessage } from "../testdata/small_log.ts";
import { SmallStore } from "../testdata/small_store.ts";
import { differences } from "../testdata/store_bytes.ts";
import { foundIn } from "../testdata/verified.ts";
import { MESSAGE_V1 } from "./format.ts";
import { KeyIndex } from "./key_index.ts";
import { offsetName, storePaths } from "./names.ts";
import { OpenFiles } from "./open_files.ts";
import { withCrcPlace } from "./property_crc.ts";
import { QueueTable } from "./queue_table.ts";
import { recoverStore, type RecoveryInput } from "./recovery.ts";
import type { RecoveryReport } from "./recovery_report.ts";

const PATHS = storePaths("store");
const BODY = new Uint8Array(100).fill(7);
const QUEUE = "store/consumequeue/TopicTest/0";
const FILE_BYTES = 4096;
/** Store time of the first message of a small store; each is a second later. */
const FIRST_TIME = 1_700_000_001_000;

type Wish = Partial<RecoveryInput> & Pick<RecoveryInput, "mode">;

/** Recovers and writes everything, as opening a store does. */
async function recovered({ files: fs }: SmallStore, wish: Wish): Promise<RecoveryReport> {
  using files = new OpenFiles(fs);
  const queues = new QueueTable(files, { directory: PATHS.consumeQueue, fileUnits: 10 });
  queues.load();
  const index = new KeyIndex(files, {
    directory: PATHS.index,
    geometry: { slots: 5, entries: 20 },
    onComplete: () => {},
  });
  const report = await recoverStore({
    fs,
    paths: PATHS,
    queues,
    index,
    minTimestamp: 0,
    indexMsgTimestamp: 0,
    ...wish,
  });
  await index.sync();
  return report;
}

/** Messages in a log of several files, some with keys. */
function sample(count = 40): SmallStore {
  const store = new SmallStore({ segmentBytes: FILE_BYTES });
  for (let nth = 0; nth < count; nth++) {
    store.add({ body: BODY, properties: nth % 8 === 0 ? `KEYS\u0001key${nth}\u0002` : "" });
  }
  return store.save();
}

function told({ actions }: RecoveryReport): string[] {
  return actions.map(({ action, file, from, to }) => {
    return `${action} ${file.split("/").slice(1).join("/")} ${from}-${to}`;
  });
}

/** A queue's units as [offset, size]. */
function units({ files }: SmallStore, queueId = 0, topic = "TopicTest"): [number, number][] {
  using open = new OpenFiles(files);
  const queues = new QueueTable(open, { directory: PATHS.consumeQueue, fileUnits: 10 });
  queues.load();
  const queue = queues.getOrCreate(topic, queueId);
  return Array.from({ length: queue.end - queue.min }, (_, nth) => {
    const { physicalOffset, size } = queue.unitAt(queue.min + nth)!;
    return [physicalOffset, size];
  });
}

function placesOf(store: SmallStore): [number, number][] {
  return store.log.records.map(({ at, length }) => [at, length]);
}

Deno.test("after a clean stop nothing is read again and nothing changes", async () => {
  const store = sample();
  const before = store.files.snapshot();
  const report = await recovered(store, { mode: "clean" });
  const { log } = store;
  assert.deepEqual(
    [report.mode, report.from, report.start, report.end, report.messages, report.actions],
    ["clean", log.end, 0, log.end, 0, []],
  );
  assert.deepEqual(differences(before, store.files.snapshot()), []);
});

Deno.test("after a clean stop that was none, queues and index catch up with the log", async () => {
  const store = sample();
  const whole = store.files.snapshot();
  // The files of a broker that was killed, without the mark that says so.
  store.files.zero(`${QUEUE}/${offsetName(600)}`, 40, 160);
  const report = await recovered(store, { mode: "clean" });
  assert.deepEqual([report.units, report.keys], [8, 0]);
  assert.deepEqual(differences(whole, store.files.snapshot()), []);
});

Deno.test("after an unclean stop the scan begins at the file the checkpoint names", async () => {
  const store = sample();
  const second = store.log.records.find((it) => it.at === FILE_BYTES)!;
  const nth = store.log.records.indexOf(second);
  const report = await recovered(store, {
    mode: "unclean",
    minTimestamp: FIRST_TIME + nth * 1000,
    indexMsgTimestamp: 0,
  });
  assert.equal(report.from, FILE_BYTES);
  assert.equal(report.messages, 40, "the index is built from the first file");
  assert.equal(report.units, 40 - nth, "queues only from there");
  assert.deepEqual(units(store), placesOf(store));
  assert.equal(report.lastStoreTimestamp, FIRST_TIME + 39_000);
});

Deno.test("an index file that was complete at the checkpoint stays, the others are built again", async () => {
  const store = new SmallStore({ segmentBytes: FILE_BYTES });
  for (let nth = 0; nth < 25; nth++) store.add({ properties: `KEYS\u0001key${nth}\u0002` });
  store.save();
  await recovered(store, { mode: "full" });
  const names = store.files.list("store/index");
  assert.equal(names.length, 2);
  const whole = store.files.snapshot();
  store.files.flip(`store/index/${names[1]}`, 100);
  const report = await recovered(store, {
    mode: "unclean",
    indexMsgTimestamp: FIRST_TIME + 18_000,
  });
  assert.deepEqual(told(report), [`rebuild-index index/${names[1]} 0-0`]);
  assert.equal(report.keys, 6);
  assert.deepEqual(differences(whole, store.files.snapshot()), []);
  const all = await recovered(store, { mode: "unclean", indexMsgTimestamp: FIRST_TIME + 17_000 });
  assert.deepEqual([all.keys, told(all).length], [25, 2]);
});

Deno.test("a torn tail is kept aside, zeroed, and the queues end before it", async () => {
  for (const mode of ["unclean", "full"] as const) {
    const store = sample();
    const { at, length } = store.log.records.at(-1)!;
    const torn = store.files.snapshot().get(store.log.path(at))!.slice(at % FILE_BYTES);
    torn.fill(0, 100);
    store.files.zero(store.log.path(at), at % FILE_BYTES + 100, length - 100);
    const report = await recovered(store, { mode });
    assert.equal(report.end, at);
    const kept = store.files.snapshot().get(`store/quarantine/commitlog-${offsetName(at)}`)!;
    assert.deepEqual(kept, torn.subarray(0, kept.length));
    assert(torn.subarray(kept.length).every((byte) => byte === 0));
    assert(told(report).includes(`truncate-queue consumequeue/TopicTest/0 39-40`));
    assert.deepEqual(units(store), placesOf(store).slice(0, -1));
    const grave = (await foundIn(store.files)).filter((it) => !it.startsWith("info"));
    // The checkpoint is the opener's business.
    assert.deepEqual(grave.filter((it) => !it.includes("checkpoint-ahead")), []);
  }
});

Deno.test("every torn tail ends the log where the last record stood, and a second start finds it so", async () => {
  const template = sample(20);
  const { at, length } = template.log.records.at(-1)!;
  // Nothing tells of zeros in the topic's name alone: no checksum covers it.
  const unseen = "TopicTest".length + 2;
  for (let lost = unseen + 1; lost < length; lost += 3) {
    const store = sample(20);
    store.files.zero(store.log.path(at), at % FILE_BYTES + length - lost, lost);
    const report = await recovered(store, { mode: "unclean" });
    assert.equal(report.end, at, `${lost} bytes lost`);
    const after = store.files.snapshot();
    const again = await recovered(store, { mode: "unclean" });
    assert.deepEqual(again.actions.filter((it) => it.action !== "rebuild-index"), []);
    assert.deepEqual(differences(after, store.files.snapshot()), []);
  }
});

Deno.test("files behind the end go: zeros silently, what holds something is kept aside", async () => {
  const store = sample();
  const start = Math.ceil(store.log.end / FILE_BYTES) * FILE_BYTES;
  const spoiled = store.log.addFile(start);
  store.files.openWrite(spoiled).write(Uint8Array.of(9, 9), 10);
  const zeros = store.log.addFile(start + FILE_BYTES);
  const report = await recovered(store, { mode: "unclean" });
  assert.deepEqual(told(report).filter((it) => it.startsWith("drop-file")), [
    `drop-file commitlog/${offsetName(start)} ${start}-${start + FILE_BYTES}`,
    `drop-file commitlog/${offsetName(start + FILE_BYTES)} ${start + FILE_BYTES}-` +
    `${start + 2 * FILE_BYTES}`,
  ]);
  assert.deepEqual([store.files.stat(spoiled), store.files.stat(zeros)], [undefined, undefined]);
  assert.equal(store.files.stat(`store/quarantine/commitlog-${offsetName(start)}`)!.size, 12);
});

Deno.test("the first file stays, whatever is in it: its name is where the log begins", async () => {
  const store = new SmallStore({ segmentBytes: FILE_BYTES, logStart: 2 * FILE_BYTES });
  store.log.addFile(2 * FILE_BYTES);
  const report = await recovered(store, { mode: "unclean" });
  assert.deepEqual([report.start, report.end, report.actions], [8192, 8192, []]);
});

Deno.test("damage in the middle is passed over, and the message before stands in", async () => {
  for (const mode of ["unclean", "full"] as const) {
    const store = sample();
    const { at, length } = store.log.records[7]!;
    store.log.flip(at + 120);
    const before = store.files.snapshot().get(store.log.path(at));
    const report = await recovered(store, { mode });
    const skip = report.actions.find((it) => it.action === "skip-damage")!;
    assert.deepEqual(
      [skip.from, skip.to, skip.messagesLost, skip.slotsFilled, skip.safe],
      [at, at + length, 1, 1, false],
    );
    const expected = placesOf(store);
    expected[7] = expected[6]!;
    assert.deepEqual(units(store), expected);
    assert.equal(report.end, store.log.end);
    assert.deepEqual(store.files.snapshot().get(store.log.path(at)), before, "the log stays");
  }
});

Deno.test("damage keeps its units where that is asked for, and is told as left", async () => {
  const store = sample();
  store.log.flip(store.log.records[7]!.at + 120);
  const before = store.files.snapshot();
  const report = await recovered(store, { mode: "full", keepDamaged: true, indexFilesKept: 9 });
  assert.deepEqual(report.actions, []);
  assert.deepEqual(report.left.map((it) => it.action), ["skip-damage"]);
  assert.deepEqual(units(store), placesOf(store));
  assert.deepEqual(differences(before, store.files.snapshot()), []);
});

Deno.test("a tail is kept with its units, unless a torn one was to be expected", async () => {
  const spoil = () => {
    const store = sample();
    store.log.flip(store.log.records.at(-1)!.at + 120);
    return store;
  };
  const kept = spoil();
  const before = kept.files.snapshot();
  const wish = { mode: "full", keepDamaged: true, indexFilesKept: 9 } as const;
  const left = await recovered(kept, { ...wish, tornTail: false });
  assert.deepEqual([left.actions, left.left.map((it) => it.action)], [[], ["cut-tail"]]);
  assert.deepEqual(differences(before, kept.files.snapshot()), []);
  const torn = await recovered(spoil(), { ...wish, tornTail: true });
  assert.deepEqual([torn.actions[0]!.action, torn.actions[0]!.safe, torn.left], [
    "cut-tail",
    true,
    [],
  ]);
});

Deno.test("a file missing in the middle is passed over", async () => {
  const store = sample(60);
  store.files.remove(store.log.path(FILE_BYTES));
  const report = await recovered(store, { mode: "full" });
  const lost = store.log.records.filter((it) => Math.floor(it.at / FILE_BYTES) === 1).length;
  const skip = report.actions.find((it) => it.action === "skip-damage")!;
  assert.deepEqual([skip.from, skip.to, skip.slotsFilled], [FILE_BYTES, 2 * FILE_BYTES, lost]);
  assert.equal(report.messages, 60 - lost);
  assert.equal(units(store).length, 60);
});

Deno.test("the filler at the end of a file is sound, whatever it says its length is", async () => {
  const store = sample();
  const [blank] = store.log.blanks;
  store.log.flip(blank!.at + 3);
  const report = await recovered(store, { mode: "full" });
  assert.deepEqual([report.actions.filter((it) => it.action === "skip-damage"), report.messages], [
    [],
    40,
  ]);
});

Deno.test("queues without a log are refused, as a wrong path makes them", async () => {
  for (const mode of ["clean", "unclean", "full"] as const) {
    const store = sample();
    store.files.remove("store/commitlog");
    const before = store.files.snapshot();
    await assert.rejects(
      recovered(store, { mode }),
      /^Error: Cannot open store "store": queue 0 of topic "TopicTest" has messages, but "store\/commitlog" has no files$/,
    );
    assert.deepEqual(differences(before, store.files.snapshot()), []);
  }
  const fresh = new SmallStore();
  assert.equal((await recovered(fresh, { mode: "unclean" })).end, 0);
});

Deno.test("wrong units are overruled by the log", async () => {
  for (const mode of ["unclean", "full"] as const) {
    const store = sample();
    const { queue } = store.queue();
    queue.put(3, { physicalOffset: store.log.records[5]!.at, size: 10, tagsCode: 5n });
    queue.put(15, { physicalOffset: 77, size: 0 });
    queue.put(39, { physicalOffset: -1, size: 100 });
    await recovered(store, { mode });
    assert.deepEqual(units(store), placesOf(store));
    assert.deepEqual((await foundIn(store.files)).filter((it) => !it.startsWith("info")), []);
  }
});

Deno.test("units behind the end of the log are dropped, and their files", async () => {
  const store = sample();
  store.queue().queue.putRecords(40, 15, store.log.end);
  const report = await recovered(store, { mode: "unclean" });
  assert(told(report).includes("truncate-queue consumequeue/TopicTest/0 40-55"));
  assert.deepEqual(units(store), placesOf(store));
  assert.equal(store.files.list(QUEUE).length, 4);
  assert.deepEqual(await foundIn(store.files), []);
});

Deno.test("a queue of zeros goes: Java would take the first of them for a unit", async () => {
  const store = sample();
  store.files.put("store/consumequeue/TopicTest/5/00000000000000000000", new Uint8Array(200));
  await recovered(store, { mode: "full" });
  assert.deepEqual(store.files.list("store/consumequeue/TopicTest/5"), []);
});

Deno.test("units of expired messages stay where no record tells of them", async () => {
  const store = new SmallStore({ segmentBytes: FILE_BYTES, logStart: FILE_BYTES });
  const { queue } = store.queue();
  queue.putRecords(0, 12, 100);
  store.queue().end = 12;
  store.addMany(20, { body: BODY }).save();
  const old = store.queue("Old", 0);
  old.queue.putRecords(0, 5, 200);
  const before = store.files.snapshot();
  for (const mode of ["clean", "unclean", "full"] as const) {
    await recovered(store, { mode });
    const changed = differences(before, store.files.snapshot());
    assert.deepEqual(changed.filter((path) => !path.includes("index")), [], mode);
  }
});

Deno.test("a recovery can be ended between two records", async () => {
  const store = new SmallStore({ segmentBytes: 32 * 1024 * 1024 });
  const wish = sampleMessage({ body: new Uint8Array(0), properties: "", topic: "T" });
  const bytes = recordBytes(wish);
  store.log.addFile(0);
  const count = 70_000;
  const all = new Uint8Array(bytes.length * count);
  for (let nth = 0; nth < count; nth++) {
    all.set(bytes, nth * bytes.length);
    new DataView(all.buffer).setBigInt64(nth * bytes.length + 28, BigInt(nth * bytes.length));
    new DataView(all.buffer).setBigInt64(nth * bytes.length + 20, BigInt(nth));
  }
  store.log.write(0, all);
  const signal = AbortSignal.abort(new Error("enough"));
  await assert.rejects(recovered(store, { mode: "full", signal }), /enough/);
  const report = await recovered(store, { mode: "full" });
  assert.deepEqual([report.messages, report.units], [count, count]);
});

Deno.test("without an index only the queues are recovered", async () => {
  const store = sample();
  store.files.remove("store/index");
  using files = new OpenFiles(store.files);
  const queues = new QueueTable(files, { directory: PATHS.consumeQueue, fileUnits: 10 });
  const report = await recoverStore({
    fs: store.files,
    paths: PATHS,
    mode: "full",
    queues,
    minTimestamp: 0,
    indexMsgTimestamp: 0,
  });
  assert.deepEqual([report.units, report.keys], [40, 0]);
  assert.deepEqual(store.files.list("store/index"), []);
});

Deno.test("a record whose queue id was changed goes where its unit leads to it", async () => {
  for (const mode of ["unclean", "full"] as const) {
    // The first, one in the middle, the last of a queue; to an existing queue and to a new one.
    for (const [nth, mask] of [[0, 1], [21, 1], [20, 1], [38, 1], [39, 1], [21, 8]] as const) {
      const store = new SmallStore({ segmentBytes: FILE_BYTES });
      for (let at = 0; at < 40; at++) store.add({ queueId: at % 2, body: BODY });
      store.save();
      const before = store.files.snapshot();
      const { at } = store.log.records[nth]!;
      store.log.flip(at + MESSAGE_V1.at.queueId + 3, mask);
      const flipped = store.log.path(at);
      const report = await recovered(store, { mode });
      assert.deepEqual([report.units, report.unqueued, report.messages], [40, 0, 40]);
      const changed = differences(before, store.files.snapshot());
      assert.deepEqual(changed, [flipped], `${mode} ${nth}`);
    }
  }
});

Deno.test("a record whose index was changed gets back the one by which its queue leads to it", async () => {
  for (const mode of ["unclean", "full"] as const) {
    for (const nth of [0, 7, 39]) {
      for (const [byte, mask] of [[7, 1], [7, 4], [6, 1], [4, 1], [0, 0x80]] as const) {
        const store = sample();
        const { at } = store.log.records[nth]!;
        const sound = store.files.snapshot();
        const expected = placesOf(store);
        store.log.flip(at + MESSAGE_V1.at.queueOffset + byte, mask);
        const report = await recovered(store, { mode });
        const what = `${mode}, message ${nth}, byte ${byte}`;
        assert.deepEqual([report.messages, report.unqueued], [40, 0], what);
        const [righted, ...rest] = report.actions.filter((it) => it.action === "right-index");
        assert.deepEqual(rest, []);
        assert.deepEqual(
          [righted?.from, righted?.to, righted?.queueOffset, righted?.safe],
          [at + 20, at + 28, nth, true],
        );
        assert.deepEqual(units(store), expected, what);
        const file = store.log.path(at);
        assert.deepEqual(store.files.snapshot().get(file), sound.get(file), what);
      }
    }
  }
});

Deno.test("a record whose index was changed leaves its place to a stand-in where nobody vouches for it", async () => {
  for (const mode of ["unclean", "full"] as const) {
    // Two in a row: the unit of each leads to a record that says otherwise.
    const store = sample();
    for (const nth of [20, 21]) {
      store.log.flip(store.log.records[nth]!.at + MESSAGE_V1.at.queueOffset + 4);
    }
    const expected = placesOf(store);
    expected[20] = expected[21] = expected[19]!;
    const before = store.files.snapshot().get(store.log.path(store.log.records[20]!.at));
    const report = await recovered(store, { mode });
    assert.deepEqual([report.messages, report.unqueued], [40, 2]);
    assert.deepEqual(units(store), expected, mode);
    const after = store.files.snapshot().get(store.log.path(store.log.records[20]!.at));
    assert.deepEqual(after, before, mode);
  }
});

Deno.test("a record whose seal is wrong is passed over like one with a wrong body", async () => {
  for (const mode of ["unclean", "full"] as const) {
    const store = new SmallStore({ segmentBytes: FILE_BYTES });
    store.addMany(40, { body: BODY, properties: withCrcPlace("") }).save();
    const { at, length } = store.log.records[7]!;
    store.log.flip(at + MESSAGE_V1.at.bornTimestamp);
    const report = await recovered(store, { mode });
    const skip = report.actions.find((it) => it.action === "skip-damage")!;
    assert.deepEqual([skip.from, skip.to, skip.messagesLost], [at, at + length, 1]);
    const expected = placesOf(store);
    expected[7] = expected[6]!;
    assert.deepEqual(units(store), expected);
    assert.equal(report.messages, 39);
  }
});

Deno.test("a last record without its seal is cut where seals are asked for", async () => {
  const store = new SmallStore({ segmentBytes: FILE_BYTES });
  store.addMany(19, { properties: withCrcPlace("a\u0001b\u0002") });
  store.add({ properties: "a\u0001b\u0002" });
  store.save();
  const { at, length } = store.log.records.at(-1)!;
  const before = store.files.snapshot();
  assert.equal((await recovered(store, { mode: "unclean" })).end, at + length);
  assert.deepEqual(store.files.snapshot().get(store.log.path(at)), before.get(store.log.path(at)));
  const report = await recovered(store, { mode: "unclean", sealRequired: true });
  assert.equal(report.end, at);
  assert.equal(units(store).length, 19);
});

Deno.test("of an index file that is not complete what was flushed stays, and costs no reading", async () => {
  const store = new SmallStore({ segmentBytes: FILE_BYTES });
  const body = new Uint8Array(300);
  for (let nth = 0; nth < 17; nth++) store.add({ body, properties: `KEYS\u0001key${nth}\u0002` });
  store.save();
  await recovered(store, { mode: "full" });
  const whole = store.files.snapshot();
  const [name] = store.files.list(PATHS.index);
  // No slot is as it was flushed.
  store.files.zero(`${PATHS.index}/${name}`, 40, 5 * 4);
  const second = store.log.records.findIndex(({ at }) => at >= FILE_BYTES);
  const time = FIRST_TIME + second * 1_000 + 3_000;
  const report = await recovered(store, {
    mode: "unclean",
    minTimestamp: time,
    indexMsgTimestamp: time,
  });
  assert.deepEqual([report.messages, report.keys], [17 - second, 17 - second]);
  assert.deepEqual(differences(whole, store.files.snapshot()), []);
});

Deno.test("an index that is not of this log is built again, also after a clean stop", async () => {
  const keyed = (count: number) => {
    const store = new SmallStore({ segmentBytes: FILE_BYTES });
    for (let nth = 0; nth < count; nth++) store.add({ properties: `KEYS\u0001key${nth}\u0002` });
    return store.save();
  };
  const larger = keyed(19);
  for (const mode of ["clean", "unclean"] as const) {
    const store = keyed(8);
    const whole = store.files.snapshot();
    // Somebody gave the broker another folder for its log and left the rest.
    store.files.put(store.indexPath, larger.files.snapshot().get(larger.indexPath)!);
    const report = await recovered(store, { mode, indexMsgTimestamp: FIRST_TIME + 1e6 });
    assert.equal(report.keys, 8, mode);
    const [name] = store.files.list(PATHS.index);
    const built = store.files.snapshot().get(`${PATHS.index}/${name}`)!;
    assert.deepEqual(built, whole.get(store.indexPath), mode);
  }
});
