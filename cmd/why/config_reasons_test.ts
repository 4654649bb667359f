import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { MemoryFiles } from "../../store/file_memory.ts";
import { storePaths } from "../../store/names.ts";
import { configReasons } from "./config_reasons.ts";

function reasons(files: Readonly<Record<string, string>>) {
  const fs = new MemoryFiles();
  for (const [name, text] of Object.entries(files)) {
    fs.put(`store/config/${name}`, Buffer.from(text));
  }
  return configReasons(fs, storePaths("store")).map(({ effect, file, message }) => {
    return `${effect} ${file}: ${message}`;
  });
}

const SOUND = '{"topicConfigTable":{}}';

Deno.test("configReasons() has none for files that can be read, are empty, or are not there", () => {
  assert.deepEqual(reasons({}), []);
  assert.deepEqual(reasons({ "topics.json": SOUND, "delayOffset.json": "" }), []);
  assert.deepEqual(reasons({ "topics.json": "{{", "topics.json.bak": SOUND }), []);
});

Deno.test("configReasons() tells a start that fails from one that forgets", () => {
  const [refused, ...none] = reasons({ "topics.json": "{{", "topics.json.bak": "}" });
  assert.deepEqual(none, []);
  assert.match(refused!, /^refuses store\/config\/topics.json: .*nor can its .bak be read/);
  const [lost, ours, ...nothing] = reasons({ "topics.json": "garbage" });
  assert.deepEqual(nothing, []);
  assert.match(ours!, /^refuses store\/config\/topics.json: it cannot be read/);
  assert.match(lost!, /^loses store\/config\/topics.json: .*there is no .bak.*knows no topic/);
});

Deno.test("configReasons() misses the table of topics where there are queues, and no other", () => {
  const fs = new MemoryFiles();
  fs.put("store/consumequeue/T/0/00000000000000000000", new Uint8Array(20));
  const [gone, ...none] = configReasons(fs, storePaths("store"));
  assert.deepEqual(none, []);
  assert.equal(gone!.effect, "loses");
  assert.match(gone!.message, /^it is gone; there is no .bak.*knows no topic/);
  fs.put("store/config/topics.json.bak", Buffer.from("{{"));
  const [refused] = configReasons(fs, storePaths("store"));
  assert.equal(refused!.effect, "refuses");
  assert.match(refused!.message, /^it is gone; nor can its .bak be read/);
});
