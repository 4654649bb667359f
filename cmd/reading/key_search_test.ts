import assert from "node:assert/strict";
import { MemoryFiles } from "../../store/file_memory.ts";
import { listIndexFiles } from "../../store/key_index_reader.ts";
import { readTruth, storeInMemory } from "../../testdata/fixture.ts";
import { SmallIndex } from "../../testdata/small_index.ts";
import { gapsOf, searchKey } from "./key_search.ts";

const NAME = "5.5.0-a-clean-102";
const ANY = { since: -Infinity, until: Infinity };

function search(
  damage: (files: ReturnType<typeof storeInMemory>, paths: readonly string[]) => void,
  options: { topic: string; key: string; everyEntry?: boolean },
) {
  const files = storeInMemory(NAME);
  const { paths } = listIndexFiles(files, "store/index");
  damage(files, paths);
  const { topic, key, everyEntry = false } = options;
  const log = { from: 0, to: 393216 };
  return searchKey(files, paths, { topics: [topic], key, times: ANY, log, everyEntry });
}

Deno.test("searchKey() finds what Java's index finds, and more where Java stops early", () => {
  for (const { topic, key, matching } of readTruth(NAME).keyLookups) {
    for (const everyEntry of [false, true]) {
      const result = search(() => {}, { topic, key, everyEntry });
      assert.deepEqual(result.damages, []);
      for (const offset of matching) assert(result.offsets.includes(offset), `${topic} ${key}`);
    }
  }
});

Deno.test("searchKey() knows which part of the log no index file speaks of", () => {
  const whole = search(() => {}, { topic: "T_retry", key: "retry0" });
  // Between two files stands the last record of the first, whose end the index does not know.
  assert.deepEqual(whole.uncovered, [
    { from: 239410, to: 239932 },
    { from: 298424, to: 298967 },
    { from: 330003, to: 393216 },
  ]);
});

function saved(index: SmallIndex): Uint8Array {
  const files = new MemoryFiles();
  index.save(files, "index/file");
  return files.snapshot().get("index/file")!;
}

Deno.test("searchKey() takes a file that a broker goes on with for no damaged one", () => {
  const small = new SmallIndex({ slots: 50, entries: 60 });
  const files = new MemoryFiles();
  const put = (key: string, physicalOffset: number) => {
    small.put({ topic: "T", key }, { physicalOffset, storeTimestamp: 1_700_000_000_000 });
    files.openWrite("index/20231114221320000").write(saved(small), 0);
  };
  files.makeDirectory("index");
  put("a", 0);
  put("a", 50);
  put("b", 100);
  const openRead = files.openRead.bind(files);
  let opened = 0;
  // First the header is read, then, from another descriptor, the slots.
  files.openRead = (path) => {
    if (++opened === 2) put("c", 200);
    return openRead(path);
  };
  const log = { from: 0, to: 300 };
  const options = { topics: ["T"], key: "a", times: ANY, log };
  const { damages, uncovered } = searchKey(files, ["index/20231114221320000"], options);
  assert.deepEqual(damages, []);
  assert.deepEqual(uncovered, [log], "the log tells instead");
  assert.deepEqual(searchKey(files, ["index/20231114221320000"], options).offsets, [0, 50]);
});

Deno.test("searchKey() trusts no damaged file", () => {
  const check = (flaw: RegExp, damage: Parameters<typeof search>[0]) => {
    const { damages, uncovered } = search(damage, { topic: "T_retry", key: "retry0" });
    assert.equal(damages.length, 1);
    assert.match(damages[0]!.flaw, flaw);
    assert.equal(uncovered[0]!.from, 0, "its part of the log is not covered");
  };
  check(/no index file/, (files, paths) => files.cut(paths[0]!, 30));
  check(/slots are in use, its header counts/, (files, paths) => files.zero(paths[0]!, 40, 8));
  // Entry 2 is that of the key; its hash is the first field.
  const entry2 = 40 + 100 * 4 + 2 * 20;
  check(/is not of slot/, (files, paths) => files.flip(paths[0]!, entry2 + 3));
  check(/leads to/, (files, paths) => files.flip(paths[0]!, entry2 + 19, 64));
});

Deno.test("gapsOf() is what is left", () => {
  const whole = { from: 10, to: 100 };
  const check = (covered: [number, number][], gaps: [number, number][]) => {
    const left = gapsOf(whole, covered.map(([from, to]) => ({ from, to })));
    assert.deepEqual(left.map(({ from, to }) => [from, to]), gaps);
  };
  check([], [[10, 100]]);
  check([[0, 200]], []);
  check([[10, 40], [40, 100]], []);
  check([[50, 60], [20, 30]], [[10, 20], [30, 50], [60, 100]]);
  check([[0, 5], [200, 300]], [[10, 100]]);
  check([[20, 80], [30, 40]], [[10, 20], [80, 100]]);
});
