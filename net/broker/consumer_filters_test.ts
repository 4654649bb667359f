import assert from "node:assert/strict";
import { BloomFilter } from "../../store/bloom_filter.ts";
import { readWholeFile } from "../../store/file.ts";
import { MemoryFiles } from "../../store/file_memory.ts";
import type { QueueExtUnit } from "../../store/queue_ext_reader.ts";
import { subscriptionTo } from "../../testdata/consumer_side.ts";
import { readTruth, storeInMemory } from "../../testdata/fixture.ts";
import { ManualClock } from "../../testdata/manual_clock.ts";
import { messagesOf, reput } from "../../testdata/reput.ts";
import { recordOf } from "../../testdata/small_log.ts";
import { CONSUMER_FILTERS } from "./consumer_filter_file.ts";
import { ConsumerFilters, type ConsumerFiltersOptions } from "./consumer_filters.ts";
import { TableFile } from "./table_file.ts";

const CONFIG: ConsumerFiltersOptions["config"] = {
  enableCalcFilterBitMap: true,
  expectConsumerNumUseFilter: 32,
  filterDataCleanTimeSpan: 24 * 3_600_000,
  maxErrorRateOfBloomFilter: 20,
};
const START = 1_795_250_000_000;
const DIRECTORY = "store/config";
const JAVA = "5.5.0-e-cqext-102";
/** The sizes the recorded broker had. */
const RECORDED = { expectConsumerNumUseFilter: 8 };

function setUp(
  { fs = new MemoryFiles(), config = {}, start = START }: {
    fs?: MemoryFiles;
    config?: Partial<ConsumerFiltersOptions["config"]>;
    start?: number;
  } = {},
) {
  const clock = new ManualClock(start);
  const told: string[] = [];
  const log = (text: string) => void told.push(text);
  const format = CONSUMER_FILTERS;
  const file = new TableFile({ fs, directory: DIRECTORY, log, format, isLenient: true });
  const { now } = clock;
  const filters = ConsumerFilters.open({ config: { ...CONFIG, ...config }, now, log, file });
  const subscribe = (expression: string, subVersion = 1, topic = "T") => {
    const sql = { expressionType: "SQL92", subString: expression, subVersion };
    filters.register("G", [subscriptionTo(topic, sql)]);
  };
  const of = (topic = "T") => filters.get(topic, "G")?.data;
  return { fs, clock, told, file, filters, subscribe, of };
}

/** What a second broker makes of the file. */
async function again(it: ReturnType<typeof setUp>, changes: Parameters<typeof setUp>[0] = {}) {
  await it.file.saved();
  return setUp({ fs: it.fs, start: it.clock.now(), ...changes });
}

Deno.test("ConsumerFilters takes a subscription by properties, and no other", () => {
  const it = setUp();
  it.filters.register("G", [subscriptionTo("T", { subString: "TagA" }), subscriptionTo("U")]);
  assert.equal(it.of(), undefined);
  it.subscribe("a > 1");
  assert.deepEqual(it.of(), {
    consumerGroup: "G",
    topic: "T",
    expression: "a > 1",
    expressionType: "SQL92",
    bornTime: START,
    deadTime: 0,
    clientVersion: 1,
    bloomFilterData: {
      bitNum: 112,
      bitPos: new BloomFilter({ errorPercent: 20, groupsExpected: 32 }).positions("G#T"),
    },
  });
  assert.equal(it.filters.get("T", "H"), undefined);
  assert.equal(it.filters.get("U", "G"), undefined);
});

Deno.test("ConsumerFilters goes by the version: newer replaces, older and equal do not", () => {
  const it = setUp();
  it.subscribe("a > 1", 5);
  it.clock.advance(1000);
  it.subscribe("a > 2", 5);
  it.subscribe("a > 3", 4);
  assert.equal(it.of()?.expression, "a > 1");
  it.subscribe("a > 1", 6);
  assert.deepEqual(
    [it.of()?.clientVersion, it.of()?.bornTime],
    [6, START],
    "it is the same filter",
  );
  it.subscribe("a > 2", 7);
  assert.deepEqual([it.of()?.expression, it.of()?.bornTime], ["a > 2", START + 1000]);
});

Deno.test("ConsumerFilters has none for an expression that cannot be read, nor the one before", () => {
  const it = setUp();
  it.subscribe("a >");
  assert.equal(it.of(), undefined);
  it.subscribe("a > 1", 2);
  it.subscribe("a >", 2);
  assert.equal(it.of()?.expression, "a > 1", "it is not newer");
  it.subscribe("a >", 3);
  assert.equal(it.of(), undefined);
});

Deno.test("ConsumerFilters keeps the filter of a group that left until it comes back, or for a day", () => {
  const it = setUp();
  it.subscribe("a > 1");
  it.clock.advance(10);
  it.filters.unregister("G");
  it.filters.unregister("H");
  assert.equal(it.of()?.deadTime, START + 10);
  it.clock.advance(10);
  it.filters.unregister("G");
  assert.equal(it.of()?.deadTime, START + 10, "it left once");
  it.subscribe("a > 1");
  assert.deepEqual([it.of()?.deadTime, it.of()?.bornTime], [0, START]);
  it.filters.unregister("G");
  it.clock.advance(CONFIG.filterDataCleanTimeSpan - 1);
  it.filters.clean();
  assert(it.of() !== undefined);
  it.clock.advance(1);
  it.filters.clean();
  assert.equal(it.of(), undefined);
});

Deno.test("ConsumerFilters lets go topics that a group no longer subscribes to", () => {
  const it = setUp();
  it.subscribe("a > 1");
  it.clock.advance(5);
  it.subscribe("b > 1", 1, "U");
  assert.deepEqual([it.of("T")?.deadTime, it.of("U")?.deadTime], [START + 5, 0]);
});

Deno.test("ConsumerFilters survives a restart, as one whose group left shortly before", async () => {
  const it = setUp();
  it.subscribe("a > 1");
  it.clock.advance(100_000);
  const other = await again(it);
  assert.deepEqual(other.of(), { ...it.of(), deadTime: START + 70_000 });
  other.subscribe("a > 1");
  assert.deepEqual(other.of(), it.of());
  const young = await again(setUp({ fs: it.fs, start: START + 1 }));
  assert.equal(young.of()?.deadTime, START, "not before it came");
  assert.deepEqual([...it.told, ...other.told], []);
});

Deno.test("ConsumerFilters forgets at a start what left long ago", async () => {
  const it = setUp();
  it.subscribe("a > 1");
  it.filters.unregister("G");
  const later = it.clock.now() + CONFIG.filterDataCleanTimeSpan;
  const other = await again(it, { start: later });
  assert.equal(other.of(), undefined);
  await other.file.saved();
  const third = await again(other);
  assert.equal(third.of(), undefined);
});

Deno.test("ConsumerFilters gives all up when bit maps have another size, as Java does", async () => {
  const it = setUp();
  it.subscribe("a > 1");
  for (const config of [{ expectConsumerNumUseFilter: 64 }, { maxErrorRateOfBloomFilter: 60 }]) {
    const other = await again(it, { config });
    assert.equal(other.of(), undefined);
    assert.match(other.told[0] ?? "", /^Filters of consumer groups are known again when they come/);
  }
});

Deno.test("ConsumerFilters does without a file that cannot be read, and passes over a bad filter", async () => {
  const fs = new MemoryFiles();
  const path = `${DIRECTORY}/${CONSUMER_FILTERS.fileName}`;
  fs.put(path, new TextEncoder().encode("{nonsense"));
  const it = setUp({ fs });
  assert.match(it.told[0] ?? "", /^Cannot load/);
  it.subscribe("a > 1");
  it.subscribe("b > 1", 1, "U");
  await it.file.saved();
  const text = new TextDecoder().decode(readWholeFile(fs, path));
  fs.put(path, new TextEncoder().encode(text.replace("a > 1", "a >")));
  const other = setUp({ fs });
  assert.deepEqual([other.of("T"), other.of("U")?.expression], [undefined, "b > 1"]);
  assert.deepEqual(other.told, ["Cannot read the kept filter of group G for topic T: a >"]);
});

Deno.test("ConsumerFilters makes the bit maps Java makes, from the file of a Java broker", async () => {
  const java = storeInMemory(JAVA);
  const { filters, told } = setUp({ fs: java, config: RECORDED, start: 1_795_254_300_000 });
  assert.deepEqual(told, []);
  const fs = new MemoryFiles();
  await using store = await reput(messagesOf(java), {
    added: [],
    fs,
    queueExtFileBytes: 4096,
    bitMapOf: (request, record) => filters.bitMapOf(request, record),
  });
  await store[Symbol.asyncDispose]();
  const queues = readTruth(JAVA).queues.filter(({ topic }) => /^T_(plain|tags)$/.test(topic));
  assert.deepEqual(new Set(queues.map(({ topic }) => topic)).size, 2);
  for (const { topic, queueId } of queues) {
    const path = `store/consumequeue_ext/${topic}/${queueId}/00000000000000000000`;
    assert.deepEqual(readWholeFile(fs, path), readWholeFile(java, path), path);
  }
});

Deno.test("ConsumerFilters makes no bit map without filters, or where that is off", () => {
  const off = setUp({ config: { enableCalcFilterBitMap: false } });
  off.subscribe("a > 1");
  assert.equal(off.filters.bitMapOf({ topic: "T" }, recordOf()), undefined);
  const on = setUp();
  assert.equal(on.filters.bitMapOf({ topic: "T" }, recordOf()), undefined);
  on.subscribe("TAGS = 'TagB'");
  assert.deepEqual(on.filters.bitMapOf({ topic: "T" }, recordOf()), new Uint8Array(14));
  on.filters.unregister("G");
  const wanted = recordOf({ properties: "TAGS\u0001TagB\u0002" });
  const bits = on.filters.bitMapOf({ topic: "T" }, wanted)!;
  assert(bits.some((byte) => byte !== 0), "it may come back");
});

Deno.test("a pull is led by bit maps only where these speak of its filter", () => {
  const it = setUp();
  it.subscribe("a > 1");
  const { unitMatches } = it.filters.get("T", "G")!.messages;
  const unit = (changes: Partial<QueueExtUnit>): QueueExtUnit => {
    const bitMap = new Uint8Array(14);
    return { size: 34, tagsCode: 0n, storeTimestamp: START + 1, bitMap, ...changes };
  };
  assert.equal(unitMatches!(0n, unit({})), false);
  assert.equal(unitMatches!(0n, unit({ bitMap: new Uint8Array(14).fill(0xff) })), true);
  assert.equal(unitMatches!(0n, unit({ bitMap: new Uint8Array(0) })), true, "none was made");
  assert.equal(unitMatches!(0n, unit({ bitMap: new Uint8Array(8) })), true, "of another size");
  assert.equal(unitMatches!(0n, unit({ storeTimestamp: START })), true, "before it came");
  assert.equal(unitMatches!(0n), true, "no extension");
});
