import assert from "node:assert/strict";
import {
  FILE_BYTES,
  FIRST_TIME,
  PATHS,
  placesOf,
  QUEUE,
  recovered,
  sample,
  told,
  units,
} from "../testdata/recovered_store.ts";
import { SmallStore } from "../testdata/small_store.ts";
import { differences } from "../testdata/store_bytes.ts";
import { INDEX_HEADER, INDEX_SLOT } from "./format.ts";
import { offsetName } from "./names.ts";
import { OpenFiles } from "./open_files.ts";
import { QueueTable } from "./queue_table.ts";
import { recoverStore } from "./recovery.ts";

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

Deno.test("of an index file that is not complete what was flushed stays, and costs no reading", async () => {
  const store = new SmallStore({ segmentBytes: FILE_BYTES });
  const body = new Uint8Array(300);
  for (let nth = 0; nth < 17; nth++) store.add({ body, properties: `KEYS\u0001key${nth}\u0002` });
  store.save();
  await recovered(store, { mode: "full" });
  const whole = store.files.snapshot();
  const [name] = store.files.list(PATHS.index);
  // No slot is as it was flushed.
  store.files.zero(`${PATHS.index}/${name}`, INDEX_HEADER.size, 5 * INDEX_SLOT.size);
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
