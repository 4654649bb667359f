import assert from "node:assert/strict";
import { join } from "node:path";
import { storeInMemory, storeNames } from "../testdata/fixture.ts";
import { readConfigFile } from "./config_file.ts";
import { CONSUMER_OFFSETS, LMQ_CONSUMER_OFFSETS } from "./config_tables.ts";
import { parseFastJson } from "./fast_json.ts";
import { FastJsonReader } from "./fast_json_reader.ts";
import { MemoryFiles } from "./file_memory.ts";
import { storePaths } from "./names.ts";
import { readOffsetJson, readPackedOffsets } from "./offset_json_reader.ts";
import { keyOf } from "./packed_offsets.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** Entries and the rest as read offset by offset; else what is wrong. */
function streamed(text: string): unknown {
  const files = new MemoryFiles();
  files.put("c/consumerOffset.json", bytesOf(text));
  const read = readPackedOffsets(files, "c/consumerOffset.json");
  if (read.state !== "ok") return read.state === "absent" ? "absent" : read.flaws;
  const { offsets, lights: _, ...rest } = read.value;
  return { ...rest, entries: new Map(Array.from(offsets, (it) => [keyOf(it), it.offsets])) };
}

/** The same as `CONSUMER_OFFSETS` decodes it. */
function decoded(text: string): unknown {
  try {
    return CONSUMER_OFFSETS.decode(parseFastJson(text));
  } catch (error) {
    return [`c/consumerOffset.json: ${(error as Error).message}`];
  }
}

Deno.test("readPackedOffsets() reads what Java wrote as the tables of the broker do", () => {
  let count = 0;
  for (const name of storeNames()) {
    const files = storeInMemory(name);
    const { config } = storePaths("store");
    for (const format of [CONSUMER_OFFSETS, LMQ_CONSUMER_OFFSETS]) {
      const path = join(config, format.fileName);
      const whole = readConfigFile(files, path, format.decode);
      const packed = readPackedOffsets(files, path);
      assert.equal(packed.state, whole.state, name);
      if (whole.state !== "ok" || packed.state !== "ok") continue;
      assert.equal(packed.path, whole.path);
      const entries = Array.from(packed.value.offsets, (it) => [keyOf(it), it.offsets] as const);
      assert.deepEqual(new Map(entries), whole.value.entries, name);
      assert.deepEqual(packed.value.version, whole.value.version, name);
      count += entries.length;
    }
  }
  assert(count > 40, `${count} entries`);
});

Deno.test("readPackedOffsets() takes and refuses what CONSUMER_OFFSETS.decode() does", () => {
  const texts = [
    '{"offsetTable":{"T@G":{0:1,1:"22"},"bare":{}},"dataVersion":{"counter":3,"timestamp":"4"}}',
    '{"dataVersion":null,"offsetTable":null,"other":{"a":[1]}}',
    "{}",
    "{'offsetTable':{'T@G':{\"0\":1,-1:5}},}",
    '{"offsetTable":{"T@G":{0:9223372036854775807}}}',
    '{"offsetTable":[]}',
    '{"offsetTable":{"T@G":null}}',
    '{"offsetTable":{"T@G":{0:"x"}}}',
    '{"offsetTable":{"T@G":{0:1.5}}}',
    '{"offsetTable":{"T@G":{a:1}}}',
    '{"offsetTable":{"T@G":{"":1}}}',
    '{"offsetTable":{},"dataVersion":7}',
    '{"offsetTable":{},"dataVersion":{"counter":"x"}}',
    "[1]",
    '{"offsetTable":{"T@G":{0:"x"}}',
    '{"offsetTable":{"T@G":{0:1}}} x',
    '{"offsetTable":{"T@G":{0:12',
  ];
  for (const text of texts) assert.deepEqual(streamed(text), decoded(text), text);
});

Deno.test("readPackedOffsets() reads the backup of a file that is cut anywhere, and says why", () => {
  const text = '{"offsetTable":{"T@G":{0:12,1:7}}}';
  for (let length = 0; length < text.length; length++) {
    const files = new MemoryFiles();
    files.put("c/consumerOffset.json", bytesOf(text.slice(0, length)));
    files.put("c/consumerOffset.json.bak", bytesOf('{"offsetTable":{"T@G":{0:3}}}'));
    const read = readPackedOffsets(files, "c/consumerOffset.json");
    assert(read.state === "ok", `${length}`);
    assert.deepEqual([...read.value.offsets][0]!.offsets, new Map([[0, 3]]));
    assert.equal(read.path, "c/consumerOffset.json.bak");
    if (length > 0) {
      assert.match(read.flaw!, /^c\/consumerOffset\.json: Cannot parse JSON at \d+: /);
    }
  }
});

Deno.test("readOffsetJson() gives the offsets of light queues to those who want them", () => {
  const text = '{"lmqOffsetTable":{"%LMQ%a@G":5,"%LMQ%b@G":null,"%LMQ%c@G":"6"},"offsetTable":{}}';
  const lights: unknown[] = [];
  const sink = { entry: () => {}, offset: () => {} };
  const all = readOffsetJson(new FastJsonReader(bytesOf(text)), "x", {
    ...sink,
    light: (key, offset) => lights.push([key, offset]),
  });
  assert.deepEqual([lights, all.rest], [[["%LMQ%a@G", 5]], {}]);
  const { rest } = readOffsetJson(new FastJsonReader(bytesOf(text)), "x", sink);
  assert.deepEqual(Object.keys(rest), ["lmqOffsetTable"]);
});
