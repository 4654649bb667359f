import assert from "node:assert/strict";
import { brief } from "../../testdata/verified.ts";
import type { FileStat } from "../file.ts";
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

/** A broker that is replacing a file: it is empty for the first looks. */
class ReplacedFiles extends MemoryFiles {
  looks = 0;

  override stat(path: string): FileStat | undefined {
    const stat = super.stat(path);
    if (stat === undefined || path !== "store/config/a.json") return stat;
    return { ...stat, mtimeMs: Date.now(), ...(++this.looks < 6 && { size: 0 }) };
  }
}

Deno.test("checkConfigs() looks again at what a broker is just writing", () => {
  const files = new ReplacedFiles();
  for (const name of ["a.json", "a.json.bak"]) files.put(`store/config/${name}`, text("{}"));
  assert.deepEqual(unreadableConfigs(files, "store/config"), []);
  assert(files.looks >= 6);
});

/** A broker of 5.5, which renames the file to its backup, and then the new one to the file. */
class RenamedFiles extends MemoryFiles {
  looks = 0;

  override stat(path: string): FileStat | undefined {
    const stat = super.stat(path);
    if (path === "store/config" && stat !== undefined) return { ...stat, mtimeMs: Date.now() };
    return path === "store/config/a.json" && ++this.looks < 6 ? undefined : stat;
  }
}

Deno.test("checkConfigs() looks again at what a broker is just renaming", () => {
  const files = new RenamedFiles();
  for (const name of ["a.json", "a.json.bak"]) files.put(`store/config/${name}`, text("{}"));
  assert.deepEqual(unreadableConfigs(files, "store/config"), []);
  assert(files.looks >= 6);
});

Deno.test("checkConfigs() warns of an empty file that was not always so", () => {
  const files = configs({ "topics.json": "", "topics.json.bak": "{}" });
  assert.deepEqual(unreadableConfigs(files, "store/config"), [
    { path: "store/config/topics.json", reason: "empty", hasBackup: true, isMissing: false },
  ]);
});

Deno.test("checkConfigs() says that a broker does not start where neither can be read", () => {
  const files = configs({ "topics.json": "\u0000\u0000\u0000", "topics.json.bak": '{"a":' });
  const [finding, ...others] = found(files);
  assert.deepEqual(others, []);
  assert.equal(brief(finding!), "error config-unreadable config/topics.json 0+3");
  assert.match(finding!.fix, /^bring it back from a backup .* sets it aside: a topic without /);
  files.remove("store/config/topics.json.bak");
  assert.equal(found(files)[0]!.severity, "error");
});

Deno.test("checkConfigs() takes a file for missing only where its backup is there", () => {
  const files = configs({ "topics.json.bak": "{}" });
  assert.deepEqual(found(files).map(brief), ["warning config-missing config/topics.json 0+0"]);
  assert.deepEqual(unreadableConfigs(files, "store/config").map((it) => it.isMissing), [true]);
  assert.deepEqual(found(configs({ "topics.json.bak": "" })), []);
  const neither = found(configs({ "topics.json.bak": "{" }));
  assert.deepEqual(neither.map(brief), ["error config-unreadable config/topics.json 0+0"]);
});

Deno.test("checkConfigs() wants the members a broker needs, as brokers do", () => {
  const files = configs({
    "consumerOffset.json": '{"offsetTable":{"T@G":{0:"many"}}}',
    "delayOffset.json": '{"offsetTable":[]}',
    "other.json": '{"offsetTable":[]}',
  });
  assert.deepEqual(found(files).map(brief), [
    "error config-unreadable config/consumerOffset.json 0+34",
    "error config-unreadable config/delayOffset.json 0+18",
  ]);
});

/** A configuration file of this version. */
function versioned(counter: number, timestamp: number): string {
  return `{"dataVersion":{"counter":${counter},"timestamp":${timestamp}},"offsetTable":{}}`;
}

Deno.test("checkConfigs() warns of a backup that is newer than its file", () => {
  const pairs: readonly (readonly [file: string, backup: string, isNewer: boolean])[] = [
    [versioned(5, 100), versioned(6, 100), true],
    [versioned(5, 100), versioned(6, 101), true],
    [versioned(5, 100), versioned(5, 100), false],
    [versioned(5, 100), versioned(4, 99), false],
    // The counter of another broker says nothing where the time is older.
    [versioned(5, 100), versioned(9, 99), false],
    // 4.x keeps no version there.
    ['{"offsetTable":{}}', versioned(9, 99), false],
    [versioned(5, 100), '{"offsetTable":{}}', false],
    [versioned(5, 100), "null", false],
  ];
  for (const [file, backup, isNewer] of pairs) {
    const files = configs({ "delayOffset.json": file, "delayOffset.json.bak": backup });
    const codes = found(files).map((it) => it.code);
    assert.deepEqual(codes, isNewer ? ["config-backup-newer"] : [], `${file} ${backup}`);
  }
});

Deno.test("checkConfigs() warns of a backup that could not stand in", () => {
  const files = configs({ "topics.json": "{}", "topics.json.bak": "\u0000\u0000" });
  const lines = found(files).map(brief);
  assert.deepEqual(lines, ["warning config-backup-unreadable config/topics.json.bak 0+2"]);
  files.put("store/config/topics.json.bak", new Uint8Array(0));
  assert.deepEqual(found(files), []);
});
