import assert from "node:assert/strict";
import {
  BODY,
  FILE_BYTES,
  placesOf,
  QUEUE,
  recovered,
  sample,
  told,
  units,
} from "../testdata/recovered_store.ts";
import { recordBytes, sampleMessage } from "../testdata/small_log.ts";
import { SmallStore } from "../testdata/small_store.ts";
import { differences } from "../testdata/store_bytes.ts";
import { foundIn } from "../testdata/verified.ts";
import { MESSAGE_V1 } from "./format.ts";
import { offsetName } from "./names.ts";
import { withCrcPlace } from "./property_crc.ts";

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
  const view = new DataView(all.buffer);
  for (let nth = 0; nth < count; nth++) {
    const at = nth * bytes.length;
    all.set(bytes, at);
    view.setBigInt64(at + MESSAGE_V1.at.physicalOffset, BigInt(at));
    view.setBigInt64(at + MESSAGE_V1.at.queueOffset, BigInt(nth));
  }
  store.log.write(0, all);
  const signal = AbortSignal.abort(new Error("enough"));
  await assert.rejects(recovered(store, { mode: "full", signal }), /enough/);
  const report = await recovered(store, { mode: "full" });
  assert.deepEqual([report.messages, report.units], [count, count]);
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
    const { queueOffset, physicalOffset } = MESSAGE_V1.at;
    for (const nth of [0, 7, 39]) {
      for (const [byte, mask] of [[7, 1], [7, 4], [6, 1], [4, 1], [0, 0x80]] as const) {
        const store = sample();
        const { at } = store.log.records[nth]!;
        const sound = store.files.snapshot();
        const expected = placesOf(store);
        store.log.flip(at + queueOffset + byte, mask);
        const report = await recovered(store, { mode });
        const what = `${mode}, message ${nth}, byte ${byte}`;
        assert.deepEqual([report.messages, report.unqueued], [40, 0], what);
        const [righted, ...rest] = report.actions.filter((it) => it.action === "right-index");
        assert.deepEqual(rest, []);
        assert.deepEqual(
          [righted?.from, righted?.to, righted?.queueOffset, righted?.safe],
          [at + queueOffset, at + physicalOffset, nth, true],
        );
        assert.deepEqual(units(store), expected, what);
        const file = store.log.path(at);
        assert.deepEqual(store.files.snapshot().get(file), sound.get(file), what);
      }
    }
  }
});

Deno.test("a record whose index was changed stays where its unit is, where nobody vouches for it", async () => {
  for (const mode of ["unclean", "full"] as const) {
    // Two in a row: the unit of each leads to a record that says otherwise.
    const store = sample();
    for (const nth of [20, 21]) {
      store.log.flip(store.log.records[nth]!.at + MESSAGE_V1.at.queueOffset + 4);
    }
    const before = store.files.snapshot().get(store.log.path(store.log.records[20]!.at));
    const report = await recovered(store, { mode });
    assert.deepEqual([report.messages, report.unqueued], [40, 0]);
    assert.deepEqual(units(store), placesOf(store), mode);
    const after = store.files.snapshot().get(store.log.path(store.log.records[20]!.at));
    assert.deepEqual(after, before, mode);
  }
});

Deno.test("a unit that alone leads to a record with a wrong index stays behind a damaged record", async () => {
  for (const mode of ["unclean", "full"] as const) {
    for (const count of [21, 40]) {
      const store = sample(count);
      const [damaged, wrong] = [store.log.records[19]!, store.log.records[20]!];
      store.log.flip(damaged.at + MESSAGE_V1.at.bodyCRC);
      // An index that another record has.
      store.log.flip(wrong.at + MESSAGE_V1.at.queueOffset + 7);
      const expected = placesOf(store);
      const report = await recovered(store, { mode });
      assert.equal(report.unqueued, 0);
      assert.deepEqual(units(store)[20], expected[20], mode);
    }
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
