import assert from "node:assert/strict";
import { MemoryFiles } from "../../store/file_memory.ts";
import { storePaths } from "../../store/names.ts";
import { storeInMemory, storeNames } from "../../testdata/fixture.ts";
import { readOffsets } from "./offset_tables.ts";

const PATHS = storePaths("store");

function filesOf(contents: Readonly<Record<string, string>>): MemoryFiles {
  const files = new MemoryFiles();
  for (const [name, text] of Object.entries(contents)) {
    files.put(`store/config/${name}`, new TextEncoder().encode(text));
  }
  return files;
}

function read(contents: Readonly<Record<string, string>>) {
  const { entries, fileNames, flaws } = readOffsets(filesOf(contents), PATHS);
  const rows = [...entries].map((it) => [it.group, it.topic, [...it.offsets]]);
  return { fileNames, flaws, entries: rows };
}

Deno.test("readOffsets() reads the files of every recorded broker", () => {
  for (const name of storeNames()) {
    const { entries, flaws } = readOffsets(storeInMemory(name), PATHS);
    assert.deepEqual(flaws, [], name);
    if (/a-clean/.test(name)) assert([...entries].some((it) => it.group === "G_all"), name);
  }
});

Deno.test("readOffsets() takes keys with and without quotes, and groups of any name", () => {
  const text = '{"offsetTable":{"T@B":{"1":2,0:1},"%RETRY%A@A":{0:7},"odd":{0:3}}}';
  assert.deepEqual(read({ "consumerOffset.json": text }), {
    fileNames: ["consumerOffset.json"],
    flaws: [],
    entries: [
      ["A", "%RETRY%A", [[0, 7]]],
      ["B", "T", [[0, 1], [1, 2]]],
      ["odd", "", [[0, 3]]],
    ],
  });
});

Deno.test("readOffsets() reads the offsets of light queues, which count where both have one", () => {
  const { entries, fileNames } = read({
    "consumerOffset.json": '{"offsetTable":{"%LMQ%a@G":{0:1},"T@G":{3:1}}}',
    "lmqConsumerOffset.json":
      '{"lmqOffsetTable":{"%LMQ%a@G":5,"%LMQ%b@G":null},"offsetTable":{"T@G":{3:4}}}',
  });
  assert.deepEqual(fileNames, ["consumerOffset.json", "lmqConsumerOffset.json"]);
  assert.deepEqual(entries, [["G", "%LMQ%a", [[0, 5]]], ["G", "T", [[3, 4]]]]);
});

Deno.test("readOffsets() goes on with the other file when one is damaged", () => {
  const { entries, flaws } = read({
    "consumerOffset.json": '{"offsetTable":{"T@G":{0:"x"}}}',
    "lmqConsumerOffset.json": '{"lmqOffsetTable":{"%LMQ%a@G":5}}',
  });
  assert.deepEqual(entries, [["G", "%LMQ%a", [[0, 5]]]]);
  assert.match(flaws.join(), /consumerOffset\.json: /);
  assert.deepEqual(read({}), { entries: [], flaws: [], fileNames: [] });
});
