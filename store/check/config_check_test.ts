import assert from "node:assert/strict";
import { brief } from "../../testdata/verified.ts";
import { MemoryFiles } from "../file_memory.ts";
import { checkConfigs, configNames, unreadableConfigs } from "./config_check.ts";
import type { Finding } from "./findings.ts";
import { readStoreState } from "./store_state.ts";
import { Tally } from "./summary.ts";

const text = (it: string) => new TextEncoder().encode(it);

function configs(contents: Readonly<Record<string, string>>): MemoryFiles {
  const files = new MemoryFiles();
  for (const [name, content] of Object.entries(contents)) {
    files.put(`store/config/${name}`, text(content));
  }
  return files;
}

function found(files: MemoryFiles): Finding[] {
  const findings: Finding[] = [];
  const sink = (it: Finding) => void findings.push(it);
  checkConfigs(readStoreState(files, "store"), { sink, tally: new Tally() });
  return findings;
}

Deno.test("configNames() takes JSON files and neither folders nor backups", () => {
  const files = configs({ "topics.json": "{}", "topics.json.bak": "{}", "timercheck": "x" });
  files.makeDirectory("store/config/folder.json");
  assert.deepEqual(configNames(files, "store/config"), ["topics.json"]);
  assert.deepEqual(configNames(files, "elsewhere"), []);
});

Deno.test("checkConfigs() reads what RocketMQ writes: numbers as keys, tabs, nothing at all", () => {
  const files = configs({
    "a.json": '{\n\t"offsetTable":{"T@G":{0:250,1:251}\n\t}\n}',
    "b.json": "",
    "c.json": "{}",
  });
  assert.deepEqual(found(files), []);
});

Deno.test("checkConfigs() warns of a file in whose place the backup counts", () => {
  const files = configs({ "topics.json": '{"a":', "topics.json.bak": "{}" });
  const [finding] = found(files);
  assert.equal(brief(finding!), "warning config-unreadable config/topics.json 0+5");
  assert.match(finding!.message, /its \.bak can be read$/);
});

Deno.test("checkConfigs() warns of an empty file that was not always so", () => {
  const files = configs({ "topics.json": "", "topics.json.bak": "{}" });
  assert.deepEqual(unreadableConfigs(files, "store/config"), [
    { path: "store/config/topics.json", reason: "empty", hasBackup: true },
  ]);
});

Deno.test("checkConfigs() says that a broker does not start where neither can be read", () => {
  const files = configs({ "topics.json": "\u0000\u0000\u0000", "topics.json.bak": '{"a":' });
  const [finding, ...others] = found(files);
  assert.deepEqual(others, []);
  assert.equal(brief(finding!), "error config-unreadable config/topics.json 0+3");
  assert.equal(finding!.fix, "bring it back from a backup");
  files.remove("store/config/topics.json.bak");
  assert.equal(found(files)[0]!.severity, "error");
});
