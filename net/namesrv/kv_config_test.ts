import assert from "node:assert/strict";
import { MemoryFiles } from "../../store/file_memory.ts";
import { readWholeFile, type WritableFile } from "../../store/file.ts";
import { KvConfig } from "./kv_config.ts";

const PATH = "/namesrv/kvConfig.json";

class FullDisk extends MemoryFiles {
  full = true;

  override openWrite(path: string): WritableFile {
    if (this.full) throw new Error("no space left on the disk");
    return super.openWrite(path);
  }
}

function textOf(fs: MemoryFiles, path = PATH): string {
  return new TextDecoder().decode(readWholeFile(fs, path));
}

function filled(text: string, path = PATH): MemoryFiles {
  const fs = new MemoryFiles();
  fs.put(path, new TextEncoder().encode(text));
  return fs;
}

Deno.test("KvConfig keeps values by namespace and key", async () => {
  const config = KvConfig.open();
  await config.put("NS", { key: "键", value: "值 1" });
  await config.put("NS", { key: "b", value: "2" });
  assert.equal(config.get("NS", "键"), "值 1");
  assert.equal(config.get("NS", "c"), undefined);
  assert.equal(config.get("OTHER", "b"), undefined);
  assert.deepEqual(config.list("NS"), new Map([["键", "值 1"], ["b", "2"]]));
  assert.equal(config.list("OTHER"), undefined);
});

Deno.test("KvConfig.delete() keeps the namespace, as Java does", async () => {
  const config = KvConfig.open();
  await config.put("NS", { key: "k", value: "v" });
  await config.delete("NS", "k");
  await config.delete("NS", "k");
  await config.delete("OTHER", "k");
  assert.deepEqual(config.list("NS"), new Map());
  assert.equal(config.list("OTHER"), undefined);
});

Deno.test("KvConfig saves every change in Java's file format and loads it again", async () => {
  const fs = new MemoryFiles();
  const config = KvConfig.open({ path: PATH, fs });
  await config.put("NS", { key: "__proto__", value: "x" });
  await config.put("ORDER_TOPIC_CONFIG", { key: "T", value: "broker-a:2" });
  assert.deepEqual(JSON.parse(textOf(fs)), {
    configTable: JSON.parse('{"NS":{"__proto__":"x"},"ORDER_TOPIC_CONFIG":{"T":"broker-a:2"}}'),
  });
  const again = KvConfig.open({ path: PATH, fs });
  assert.equal(again.get("ORDER_TOPIC_CONFIG", "T"), "broker-a:2");
  assert.equal(again.get("NS", "__proto__"), "x");
  await again.delete("NS", "__proto__");
  assert.deepEqual(KvConfig.open({ path: PATH, fs }).list("NS"), new Map());
});

Deno.test("KvConfig loads what Java's name server has written", () => {
  const fs = filled('{\n\t"configTable":{\n\t\t"NS":{\n\t\t\t"k":"v"\n\t\t}\n\t}\n}');
  assert.equal(KvConfig.open({ path: PATH, fs }).get("NS", "k"), "v");
});

Deno.test("KvConfig saves changes of one moment together, and none is lost", async () => {
  const fs = new MemoryFiles();
  const config = KvConfig.open({ path: PATH, fs });
  const keys = Array.from({ length: 200 }, (_, i) => `k${i + 1000}`);
  await Promise.all(keys.map((key) => config.put("NS", { key, value: key })));
  const again = KvConfig.open({ path: PATH, fs });
  assert.deepEqual([...again.list("NS")?.keys() ?? []], keys);
});

Deno.test("KvConfig.put() says when it cannot save, and saves later", async () => {
  const fs = new FullDisk();
  const config = KvConfig.open({ path: PATH, fs });
  await assert.rejects(config.put("NS", { key: "a", value: "1" }), {
    message: `Cannot save KV config "${PATH}": no space left on the disk`,
  });
  fs.full = false;
  await config.put("NS", { key: "b", value: "2" });
  assert.equal(KvConfig.open({ path: PATH, fs }).list("NS")?.size, 2);
});

Deno.test("KvConfig.delete() that could not be saved is saved when it is asked again", async () => {
  const fs = new FullDisk();
  fs.full = false;
  const config = KvConfig.open({ path: PATH, fs });
  await config.put("NS", { key: "a", value: "1" });
  fs.full = true;
  await assert.rejects(config.delete("NS", "a"), /no space left/);
  await assert.rejects(config.delete("NS", "a"), /no space left/);
  fs.full = false;
  await config.delete("NS", "a");
  assert.deepEqual(KvConfig.open({ path: PATH, fs }).list("NS"), new Map());
});

Deno.test("KvConfig.delete() of what was never there writes nothing", async () => {
  const fs = new FullDisk();
  await KvConfig.open({ path: PATH, fs }).delete("NS", "a");
});

Deno.test("KvConfig.open() refuses a file that is not a KV config, and leaves it as it is", () => {
  for (const text of ["{", "[]", "null", '{"configTable":[]}', '{"configTable":{"NS":{"k":1}}}']) {
    const fs = filled(text);
    assert.throws(() => KvConfig.open({ path: PATH, fs }), /^Error: Cannot load KV config "/, text);
    assert.equal(textOf(fs), text);
  }
});

Deno.test("KvConfig.open() takes the backup when the file is damaged, and says so", () => {
  const fs = filled('{"configTable":{"NS":{"k":"v"}}}', `${PATH}.bak`);
  fs.put(PATH, new TextEncoder().encode("{"));
  const logged: string[] = [];
  const config = KvConfig.open({ path: PATH, fs, log: (text) => logged.push(text) });
  assert.equal(config.get("NS", "k"), "v");
  assert.match(logged[0] ?? "", /^Loaded KV config "\/namesrv\/kvConfig\.json\.bak" instead: /);
});
