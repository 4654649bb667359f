import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { MemoryFiles } from "../file_memory.ts";
import { diffConfigs } from "./config_diff.ts";

function differences(a: Record<string, string>, b: Record<string, string>) {
  const fs = new MemoryFiles();
  for (const [name, text] of Object.entries(a)) fs.put(`a/${name}`, Buffer.from(text));
  for (const [name, text] of Object.entries(b)) fs.put(`b/${name}`, Buffer.from(text));
  return [...diffConfigs({ fs, folder: "a" }, { fs, folder: "b" }, ["t.json"])];
}

Deno.test("diffConfigs() names each value by the keys that lead to it", () => {
  const found = differences(
    { "t.json": '{"offsetTable":{"T@G":{0:12,1:3},"T@H":{0:1}},"x":[1]}' },
    { "t.json": '{"offsetTable":{"T@G":{0:10,1:3}},"x":[1],"y":true}' },
  );
  assert.deepEqual(found, [
    { file: "t.json", path: "offsetTable/T@G/0", a: "12", b: "10" },
    { file: "t.json", path: "offsetTable/T@H", a: '{"0":1}' },
    { file: "t.json", path: "y", b: "true" },
  ]);
});

Deno.test("diffConfigs() passes over the counter of changes", () => {
  const found = differences(
    { "t.json": '{"dataVersion":{"counter":7},"x":1}' },
    { "t.json": '{"dataVersion":{"counter":9},"x":1}' },
  );
  assert.deepEqual(found, []);
});

Deno.test("diffConfigs() tells a file that is missing or unreadable, and reads its backup", () => {
  assert.deepEqual(differences({ "t.json": "{}" }, {}), [
    { file: "t.json", path: "", a: "readable", b: "absent" },
  ]);
  assert.deepEqual(differences({ "t.json": "{}" }, { "t.json": "{{" }), [
    { file: "t.json", path: "", a: "readable", b: "unreadable" },
  ]);
  assert.deepEqual(differences({ "t.json": "{}" }, { "t.json": "{{", "t.json.bak": "{}" }), []);
  assert.deepEqual(differences({}, {}), []);
});
