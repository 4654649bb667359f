import assert from "node:assert/strict";
import { FullDisk } from "../../testdata/full_disk.ts";
import { storeInMemory, storeNames } from "../../testdata/fixture.ts";
import { BrokerFixture } from "../../testdata/broker_fixture.ts";
import { CONSUMER_OFFSETS } from "../../store/config_tables.ts";
import { parseFastJson } from "../../store/fast_json.ts";
import { readWholeFile } from "../../store/file.ts";
import type { MemoryFiles } from "../../store/file_memory.ts";
import { offsetFlushLoop, OffsetTable } from "./offset_table.ts";
import { TableFile } from "./table_file.ts";

const DIRECTORY = "/store/config";
const PATH = `${DIRECTORY}/consumerOffset.json`;

function open(fs = new FullDisk(), directory = DIRECTORY) {
  const logged: string[] = [];
  const log = (text: string) => void logged.push(text);
  const file = new TableFile({ fs, directory, log, format: CONSUMER_OFFSETS });
  return { fs, logged, file, table: OffsetTable.open({ file, now: () => 1000 }) };
}

function json(fs: MemoryFiles, path: string): Record<string, unknown> {
  const text = new TextDecoder().decode(readWholeFile(fs, path));
  return parseFastJson(text) as Record<string, unknown>;
}

function listOf(table: OffsetTable): string[] {
  return Array.from(table.all(), ({ topic, group, offsets }) => {
    return `${topic} ${group} ${Array.from(offsets, ([id, offset]) => `${id}:${offset}`)}`;
  });
}

Deno.test("OffsetTable has what was committed last, by group, topic and queue", () => {
  const table = OffsetTable.open({ now: () => 0 });
  table.commit("G", "T", 0, 5);
  table.commit("G", "T", 0, 3);
  table.commit("G", "T", 1, 8);
  table.commit("G", "U", 0, 1);
  table.commit("H", "T", 0, 2);
  assert.equal(table.query("G", "T", 0), 3);
  assert.equal(table.query("G", "T", 2), -1);
  assert.equal(table.query("H", "U", 0), -1);
  assert.deepEqual(listOf(table), ["T G 0:3,1:8", "U G 0:1", "T H 0:2"]);
  assert.deepEqual(table.topicsOf("G"), ["T", "U"]);
  assert.deepEqual(table.groupsOf("T"), ["G", "H"]);
  assert.deepEqual(table.entriesOf("G", "T"), new Map([[0, 3], [1, 8]]));
  assert.equal(table.entriesOf("H", "U"), undefined);
});

Deno.test("OffsetTable forgets groups and topics, and nothing beside them", () => {
  const table = OffsetTable.open({ now: () => 0 });
  for (const group of ["G", "GG", "H"]) {
    for (const topic of ["T", "TT", "%RETRY%G"]) table.commit(group, topic, 0, 1);
  }
  table.deleteGroup("G");
  assert.deepEqual(table.topicsOf("G"), []);
  assert.equal(table.topicsOf("GG").length, 3);
  table.deleteTopic("T");
  assert.deepEqual(table.groupsOf("T"), []);
  assert.deepEqual(table.groupsOf("TT"), ["GG", "H"]);
  table.deleteGroup("nobody");
  table.deleteTopic("nothing");
});

Deno.test("OffsetTable.clone() gives a copy in place of what there was", () => {
  const table = OffsetTable.open({ now: () => 0 });
  table.commit("G", "T", 0, 5);
  table.commit("H", "T", 1, 7);
  table.clone("T", { from: "G", to: "H" });
  table.commit("G", "T", 0, 6);
  assert.deepEqual(table.entriesOf("H", "T"), new Map([[0, 5]]));
  table.clone("T", { from: "nobody", to: "H" });
  assert.deepEqual(table.entriesOf("H", "T"), new Map([[0, 5]]));
});

Deno.test("OffsetTable survives in consumerOffset.json, and the table before in its backup", async () => {
  const { fs, table } = open();
  table.commit("G", "T", 0, 5);
  await table.save();
  table.commit("G", "T", 0, 6);
  table.commit("FG@broadcast", "%RETRY%G", 3, 0);
  await table.save();
  assert.deepEqual(json(fs, PATH), {
    dataVersion: { counter: 2, stateVersion: 0, timestamp: 1000 },
    offsetTable: { "%RETRY%G@FG@broadcast": { 3: 0 }, "T@G": { 0: 6 } },
  });
  assert.match(
    new TextDecoder().decode(readWholeFile(fs, PATH)),
    /\{\s*0:6\s*\}/,
    "bare keys, as Java's",
  );
  assert.deepEqual(json(fs, `${PATH}.bak`)["offsetTable"], { "T@G": { 0: 5 } });
  assert.deepEqual(listOf(open(fs).table), ["%RETRY%G FG@broadcast 3:0", "T G 0:6"]);
  fs.cut(PATH, 30);
  const { table: old, logged } = open(fs);
  assert.deepEqual(listOf(old), ["T G 0:5"]);
  assert.match(logged[0] ?? "", /consumerOffset\.json\.bak" instead/);
});

Deno.test("OffsetTable reads back whatever a client may have committed", async () => {
  const { fs, table } = open();
  const wild: [queueId: number, offset: number][] = [
    [-1, 5],
    [2 ** 31 - 1, 2 ** 63],
    [-(2 ** 31), -(2 ** 63)],
    [0, -1],
  ];
  for (const [queueId, offset] of wild) table.commit("G", "T", queueId, offset);
  await table.save();
  const again = open(fs).table;
  for (const [queueId, offset] of wild) assert.equal(again.query("G", "T", queueId), offset);
});

Deno.test("OffsetTable.save() writes only what changed since, and what changed meanwhile", async () => {
  const { fs, table } = open();
  await table.save();
  assert.equal(fs.saves, 0);
  table.commit("G", "T", 0, 1);
  const saving = table.save();
  table.commit("G", "T", 0, 2);
  await saving;
  await table.save();
  assert.equal(open(fs).table.query("G", "T", 0), 2);
  const { saves } = fs;
  await table.save();
  assert.equal(fs.saves, saves);
  table.deleteGroup("G");
  await table.save();
  assert.deepEqual(listOf(open(fs).table), []);
});

Deno.test("OffsetTable.save() that fails says so, and the next one saves what is left", async () => {
  const { fs, table, logged } = open();
  fs.full = true;
  table.commit("G", "T", 0, 1);
  await assert.rejects(table.save(), /^Error: Cannot save ".*consumerOffset\.json": no space left/);
  assert.equal(logged.length, 1);
  fs.full = false;
  await table.save();
  assert.equal(open(fs).table.query("G", "T", 0), 1);
});

Deno.test("OffsetTable.open() refuses a file that holds something else, rather than write over it", () => {
  const fs = new FullDisk();
  fs.put(PATH, new TextEncoder().encode('{"offsetTable":{"T@G":7}}'));
  assert.throws(() => open(fs), /^Error: Cannot load ".*consumerOffset\.json"/);
});

Deno.test("OffsetTable reads what Java's brokers wrote, and writes offsets Java would read the same", async () => {
  let count = 0;
  for (const name of storeNames()) {
    const files = storeInMemory(name);
    const path = "store/config/consumerOffset.json";
    const bytes = readWholeFile(files, path);
    if (bytes === undefined) continue;
    const before = json(files, path)["offsetTable"];
    const fs = new FullDisk();
    fs.put(PATH, bytes);
    const { table } = open(fs);
    table.commit("mq", "mq", 0, 1);
    await table.save();
    const after = json(fs, PATH)["offsetTable"] as Record<string, unknown>;
    delete after["mq@mq"];
    assert.deepEqual(after, before, name);
    count += listOf(table).length - 1;
  }
  assert.ok(count > 50, `only ${count} groups and topics were read`);
});

Deno.test("offsetFlushLoop() saves every so often, whatever fails, and once more at the end", async () => {
  const { fs, table } = open();
  const stopping = new AbortController();
  const loop = offsetFlushLoop(table, { intervalMs: 1, signal: stopping.signal });
  const saved = async (offset: number) => {
    while (fs.stat(PATH) === undefined || open(fs).table.query("G", "T", 0) !== offset) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  table.commit("G", "T", 0, 1);
  await saved(1);
  fs.full = true;
  table.commit("G", "T", 0, 2);
  await new Promise((resolve) => setTimeout(resolve, 5));
  fs.full = false;
  await saved(2);
  table.commit("G", "T", 0, 3);
  stopping.abort();
  await loop;
  assert.equal(open(fs).table.query("G", "T", 0), 3);
});

Deno.test("offsetFlushLoop() ends at once when it is stopped in a long sleep", async () => {
  const { table } = open();
  const stopping = new AbortController();
  const loop = offsetFlushLoop(table, { intervalMs: 2 ** 31 - 1, signal: stopping.signal });
  stopping.abort();
  await loop;
});

Deno.test("Offsets committed to a broker are there after a restart", async () => {
  const header = { consumerGroup: "TOOLS_CONSUMER", topic: "TBW102", queueId: 3, commitOffset: 42 };
  let fs: MemoryFiles;
  {
    await using it = await BrokerFixture.start();
    fs = it.fs as MemoryFiles;
    assert.equal((await it.ask("UPDATE_CONSUMER_OFFSET", { header })).code, 0);
  }
  await using it = await BrokerFixture.start({ fs });
  const { commitOffset: _, ...asked } = header;
  const { extFields } = await it.ask("QUERY_CONSUMER_OFFSET", { header: asked });
  assert.equal(extFields?.["offset"], "42");
});

Deno.test("OffsetTable.reset() is the committed offset, and is told to one pull", () => {
  const table = OffsetTable.open({ now: () => 0 });
  table.reset("G", "T", 0, 5);
  table.reset("G", "T", 1, 6);
  assert.equal(table.query("G", "T", 0), 5);
  assert(table.isReset("G", "T", 0) && !table.isReset("G", "T", 2) && !table.isReset("H", "T", 0));
  assert.equal(table.takeReset("G", "T", 2), undefined);
  assert.equal(table.takeReset("G", "U", 0), undefined);
  assert.deepEqual([table.takeReset("G", "T", 0), table.takeReset("G", "T", 0)], [5, undefined]);
  assert(!table.isReset("G", "T", 0) && table.isReset("G", "T", 1));
  table.deleteGroup("G");
  assert.equal(table.takeReset("G", "T", 1), undefined);
  assert.equal(table.query("G", "T", 1), -1);
});
