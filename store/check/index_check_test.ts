import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import { brief, foundIn, verified } from "../../testdata/verified.ts";
import { CommitLogScan } from "../commit_log_scan.ts";
import { DispatchRequest } from "../dispatch.ts";
import { MemoryFiles } from "../file_memory.ts";
import { INDEX_ENTRY, MAGIC, MESSAGE_V1 } from "../format.ts";
import { formatProperties } from "../properties.ts";
import { CRC_PROPERTY_PLACE } from "../property_crc.ts";
import type { Finding } from "./findings.ts";
import { IndexCheck } from "./index_check.ts";
import { readStoreState } from "./store_state.ts";
import { Tally } from "./summary.ts";

const JAVA = "5.5.0-a-clean-102";
const JAVA_INDEX = "store/index/20261121091602277";
/** 100 slots. */
const JAVA_ENTRY = (number: number) => 440 + 20 * number;

/** Goes over a store's log with nothing but the index check. */
function indexChecked(files: MemoryFiles): IndexCheck & { readonly findings: Finding[] } {
  const state = readStoreState(files, "store");
  const findings: Finding[] = [];
  const sink = (it: Finding) => void findings.push(it);
  const check = new IndexCheck({ state, sink, tally: new Tally() });
  const scan = new CommitLogScan(files, state.log);
  const request = new DispatchRequest();
  let end = 0;
  while (scan.next()) {
    if (scan.kind !== "message") continue;
    request.read(scan.record);
    check.record(request);
    end = scan.at + scan.length;
  }
  check.finish(end);
  check.close();
  return Object.assign(check, { findings });
}

Deno.test("IndexCheck knows which releases index tags", () => {
  for (
    const [name, hasTags] of [
      ["4.2.0-a-clean-103", false],
      ["4.9.7-a-clean-101", false],
      ["5.5.0-a-clean-102", true],
      ["5.5.0-b-kill-start-102", true],
    ] as const
  ) {
    const check = indexChecked(storeInMemory(name));
    assert.deepEqual(check.findings, [], name);
    assert.equal(check.hasTags, hasTags, name);
  }
});

/** Messages with one key and one tag each; tags are indexed from number `tagsFrom` on. */
function tagged(count: number, tagsFrom: number, without: readonly number[] = []): MemoryFiles {
  const store = new SmallStore({ segmentBytes: 65_536, fileUnits: 100 });
  for (let nth = 0; nth < count; nth++) {
    const properties = formatProperties([["KEYS", `key${nth}`], ["TAGS", `tag${nth % 2}`]]);
    const { at } = store.add({ properties });
    if (nth < tagsFrom || without.includes(nth)) continue;
    const record = { physicalOffset: at, storeTimestamp: 1_700_000_000_000 + (nth + 1) * 1000 };
    store.index.put({ topic: "TopicTest", key: `T#tag${nth % 2}` }, record);
  }
  return store.save().files;
}

Deno.test("IndexCheck takes tags that are indexed, and misses none: not every broker indexes them", async () => {
  assert.deepEqual(await foundIn(tagged(6, 0)), []);
  assert.deepEqual(await foundIn(tagged(6, 6)), []);
  assert.deepEqual(await foundIn(tagged(6, 3)), []);
  assert.deepEqual(await foundIn(tagged(6, 2, [4])), []);
});

Deno.test("IndexCheck accepts a record that was indexed again after a crash", async () => {
  const store = new SmallStore();
  store.add({ properties: formatProperties([["KEYS", "a b"]]) });
  const record = { physicalOffset: 0, storeTimestamp: 1_700_000_001_000 };
  store.index.put({ topic: "TopicTest", key: "a" }, record);
  store.index.put({ topic: "TopicTest", key: "b" }, record);
  assert.deepEqual(await foundIn(store.save().files), []);
});

Deno.test("IndexCheck blames an entry that leads astray, and none of its neighbours", async () => {
  const at = JAVA_ENTRY(200) + INDEX_ENTRY.at.physicalOffset;
  const name = JAVA_INDEX.replace("store/", "");
  const files = storeInMemory(JAVA);
  const sound = await foundIn(files);
  const bytes = files.snapshot().get(JAVA_INDEX)!;
  const view = new DataView(bytes.buffer);
  const right = view.getBigInt64(at);
  // Beyond every record; a little too far; a little too near; to the first record of all.
  for (
    const [offset, code] of [
      [right + 2n ** 40n, "wrong-entry"],
      [right + 1n, "wrong-entry"],
      [right - 1n, "entry-dangling"],
      [0n, "entry-dangling"],
    ] as const
  ) {
    view.setBigInt64(at, offset);
    files.put(JAVA_INDEX, bytes.slice());
    const found = (await foundIn(files)).filter((line) => !sound.includes(line));
    assert.deepEqual(found, [
      `warning index-${code} ${name} 4440+20`,
      `warning index-missing-keys ${name} 0+0`,
    ]);
  }
});

Deno.test("IndexCheck says what the keys of neighbouring records lack in one line", async () => {
  const files = storeInMemory("5.5.0-c-damage-102-noindex");
  const { findings } = await verified(files, { only: ["index"] });
  assert.deepEqual(findings.map((it) => it.message), [
    "1080 keys of 445 records from log offset 0 to 277745: missing",
  ]);
});

Deno.test("IndexCheck.soundFiles counts the files that a repair may keep", () => {
  const names = storeInMemory(JAVA).list("store/index");
  assert.equal(names.length, 5);
  const soundAfter = (damage: (files: MemoryFiles) => void) => {
    const files = storeInMemory(JAVA);
    damage(files);
    return indexChecked(files).soundFiles;
  };
  assert.equal(soundAfter(() => {}), 5);
  names.forEach((name, number) => {
    const path = `store/index/${name}`;
    assert.equal(soundAfter((files) => files.cut(path, 77)), number, "wrong length");
    assert.equal(soundAfter((files) => files.flip(path, 15)), number, "header");
    assert.equal(soundAfter((files) => files.flip(path, JAVA_ENTRY(9))), number, "entry");
    assert.equal(soundAfter((files) => files.flip(path, JAVA_ENTRY(9) + 19)), number, "chain");
  });
  // Keys that only lag behind are put in by any start: the files stay.
  assert.equal(soundAfter((files) => files.remove(`store/index/${names.at(-1)}`)), 4);
});

Deno.test("IndexCheck finds a file missing in the middle by the keys it held", async () => {
  const files = storeInMemory(JAVA);
  files.remove(JAVA_INDEX);
  const { findings } = await verified(files, { only: ["index"] });
  assert.deepEqual(findings.map(brief), [
    "warning index-missing-keys index/20261121091602745 0+0",
  ]);
});

Deno.test("IndexCheck releases its file when it is left early", () => {
  const files = storeInMemory(JAVA);
  let open = 0;
  const openRead = files.openRead.bind(files);
  files.openRead = (path) => {
    const file = openRead(path);
    open++;
    return { ...file, close: () => void open-- };
  };
  const state = readStoreState(files, "store");
  open = 0;
  const check = new IndexCheck({ state, sink: () => {}, tally: new Tally() });
  assert.equal(open, 1);
  check.close();
  check.close();
  assert.equal(open, 0);
});

Deno.test("IndexCheck takes a last record that is damaged for no new one of a broker at work", async () => {
  const store = new SmallStore();
  const properties = formatProperties([["KEYS", "key"]]) + CRC_PROPERTY_PLACE;
  store.add({ properties, magic: MAGIC.v2 });
  const { at: last } = store.add({ properties, magic: MAGIC.v2 });
  const { files, indexPath, log } = store.save();
  // Of what it says only its seal covers that.
  log.flip(last + MESSAGE_V1.at.bornTimestamp);
  const found = (await foundIn(files)).filter((line) => line.includes("index-entry-behind-log"));
  // Behind 5 slots and the first entry.
  const path = indexPath.replace("store/", "");
  assert.deepEqual(found, [`warning index-entry-behind-log ${path} 100+20`]);
});

Deno.test("IndexCheck finds no fault with a file that a broker goes on with", async () => {
  const store = new SmallStore();
  const add = (key: string) => store.add({ properties: `KEYS\u0001${key}\u0002` });
  for (const key of ["a", "b", "c"]) add(key);
  const { files, indexPath } = store.save();
  files.put("store/abort", new Uint8Array(0));
  const openRead = files.openRead.bind(files);
  let isOpen = false;
  let isWritten = false;
  files.openRead = (path) => {
    // The header of the index is read, its slots are not yet.
    if (isOpen && !isWritten && path.includes("commitlog")) {
      isWritten = true;
      add("d");
      const saved = new MemoryFiles();
      store.index.save(saved, "index/file");
      files.openWrite(indexPath).write(saved.snapshot().get("index/file")!, 0);
    }
    isOpen ||= path === indexPath;
    return openRead(path);
  };
  const found = await foundIn(files);
  assert(isWritten);
  assert.deepEqual(found.filter((it) => !it.startsWith("info")), []);
});
