import assert from "node:assert/strict";
import { SmallStore } from "../../testdata/small_store.ts";
import { storePaths } from "../names.ts";
import { repairLengths } from "./file_lengths.ts";

const PATHS = storePaths("store");

function sample(): SmallStore {
  return new SmallStore({ segmentBytes: 1000 }).addMany(25).save();
}

function told(store: SmallStore): string[] {
  return repairLengths(store.files, PATHS).map(({ action, file, from, to, safe }) => {
    assert(safe);
    return `${action} ${file.slice(-20)} ${from}-${to}`;
  });
}

Deno.test("repairLengths() has nothing to do where all files are equally long", () => {
  assert.deepEqual(told(sample()), []);
});

Deno.test("repairLengths() extends short files of the log, an empty one, too", () => {
  const store = sample();
  const before = store.files.snapshot().get(store.log.path(1000))!;
  store.files.cut(store.log.path(1000), 600);
  store.files.put(store.log.path(4000), new Uint8Array(0));
  assert.deepEqual(told(store), [
    "extend-file 00000000000000001000 600-1000",
    "extend-file 00000000000000004000 0-1000",
  ]);
  const after = store.files.snapshot().get(store.log.path(1000))!;
  assert.deepEqual(after.subarray(0, 600), before.subarray(0, 600));
  assert(after.subarray(600).every((byte) => byte === 0));
  assert.deepEqual(told(store), []);
});

Deno.test("repairLengths() takes what is too much, but keeps it", () => {
  const store = sample();
  store.files.openWrite(store.log.path(0)).write(Uint8Array.of(1, 2, 3, 0, 0), 1000);
  store.files.openWrite(store.log.path(1000)).truncate(1500);
  assert.deepEqual(told(store), [
    "trim-file 00000000000000000000 1000-1005",
    "trim-file 00000000000000001000 1000-1500",
  ]);
  assert.deepEqual(store.files.list("store/quarantine"), ["commitlog-00000000000000000000-excess"]);
  const [kept] = [...store.files.snapshot()].filter(([path]) => path.includes("quarantine"));
  assert.deepEqual([...kept![1]], [1, 2, 3]);
});

Deno.test("repairLengths() puts queue files right", () => {
  const store = sample();
  const directory = "store/consumequeue/TopicTest/0";
  store.files.cut(`${directory}/00000000000000000200`, 10);
  store.files.openWrite(`${directory}/00000000000000000400`).truncate(300);
  assert.deepEqual(told(store), [
    "extend-file 00000000000000000200 10-200",
    "trim-file 00000000000000000400 200-300",
  ]);
});

Deno.test("repairLengths() asks other queues where all files of one end in a unit", () => {
  const store = sample();
  store.addMany(3, { queueId: 1 });
  const directory = "store/consumequeue/TopicTest/1";
  store.files.cut(`${directory}/00000000000000000000`, 31);
  // One far off tells no distance, and is no proof that files are 31 bytes.
  store.files.put(`${directory}/00000000008000000000`, new Uint8Array(31));
  assert.deepEqual(told(store), [
    "extend-file 00000000000000000000 31-200",
    "extend-file 00000000008000000000 31-200",
  ]);
});

Deno.test("repairLengths() takes a few bytes too many off the only file of a queue", () => {
  const store = sample();
  store.addMany(2, { queueId: 1 });
  const path = "store/consumequeue/TopicTest/1/00000000000000000000";
  store.files.openWrite(path).truncate(203);
  assert.deepEqual(told(store), ["trim-file 00000000000000000000 200-203"]);
});

Deno.test("repairLengths() takes many off the only file of a queue where its name speaks against them", () => {
  const store = sample();
  for (const [name, length] of [["200", 700], ["600", 600]] as const) {
    const path = `store/consumequeue/TopicTest/1/${name.padStart(20, "0")}`;
    store.files.put(path, new Uint8Array(length).fill(1));
    // Of 600 bytes a file may begin at 600.
    assert.deepEqual(told(store), name === "600" ? [] : [`trim-file ${path.slice(-20)} 200-700`]);
    store.files.remove(path);
  }
});

Deno.test("repairLengths() cannot know the length of a lone empty file", () => {
  const store = new SmallStore();
  store.files.put("store/commitlog/00000000000000000000", new Uint8Array(0));
  assert.deepEqual(told(store), []);
});
