import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { KvConfig } from "./kv_config.ts";

/** Runs a test with the path of a file in a folder that is removed afterwards. */
async function withFile(test: (file: string) => Promise<void>): Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mq-kv-"));
  try {
    await test(path.join(folder, "namesrv", "kvConfig.json"));
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

Deno.test("KvConfig keeps values by namespace and key", async () => {
  const config = await KvConfig.open();
  await config.put("NS", { key: "键", value: "值 1" });
  await config.put("NS", { key: "b", value: "2" });
  assert.equal(config.get("NS", "键"), "值 1");
  assert.equal(config.get("NS", "c"), undefined);
  assert.equal(config.get("OTHER", "b"), undefined);
  assert.deepEqual(config.list("NS"), new Map([["键", "值 1"], ["b", "2"]]));
  assert.equal(config.list("OTHER"), undefined);
});

Deno.test("KvConfig.delete() keeps the namespace, as Java does", async () => {
  const config = await KvConfig.open();
  await config.put("NS", { key: "k", value: "v" });
  await config.delete("NS", "k");
  await config.delete("NS", "k");
  await config.delete("OTHER", "k");
  assert.deepEqual(config.list("NS"), new Map());
  assert.equal(config.list("OTHER"), undefined);
});

Deno.test("KvConfig saves every change in Java's file format and loads it again", () =>
  withFile(async (file) => {
    const config = await KvConfig.open(file);
    await config.put("NS", { key: "__proto__", value: "x" });
    await config.put("ORDER_TOPIC_CONFIG", { key: "T", value: "broker-a:2" });
    assert.deepEqual(
      fs.readFileSync(file, "utf8").replaceAll(/\s/g, ""),
      '{"configTable":{"NS":{"__proto__":"x"},"ORDER_TOPIC_CONFIG":{"T":"broker-a:2"}}}',
    );
    const again = await KvConfig.open(file);
    assert.equal(again.get("ORDER_TOPIC_CONFIG", "T"), "broker-a:2");
    assert.equal(again.get("NS", "__proto__"), "x");
    await again.delete("NS", "__proto__");
    assert.deepEqual((await KvConfig.open(file)).list("NS"), new Map());
    assert.deepEqual(fs.readdirSync(path.dirname(file)), ["kvConfig.json"]);
  }));

Deno.test("KvConfig saves changes of one moment together, and none is lost", () =>
  withFile(async (file) => {
    const config = await KvConfig.open(file);
    const keys = Array.from({ length: 200 }, (_, i) => `k${i}`);
    await Promise.all(keys.map((key) => config.put("NS", { key, value: key })));
    const again = await KvConfig.open(file);
    assert.deepEqual([...again.list("NS")?.keys() ?? []], keys);
  }));

Deno.test("KvConfig.put() says when it cannot save, and saves later", () =>
  withFile(async (file) => {
    const config = await KvConfig.open(file);
    fs.mkdirSync(`${file}.tmp`, { recursive: true });
    await assert.rejects(config.put("NS", { key: "a", value: "1" }), {
      message: new RegExp(`^Cannot save KV config "${file}": `),
    });
    fs.rmdirSync(`${file}.tmp`);
    await config.put("NS", { key: "b", value: "2" });
    assert.equal((await KvConfig.open(file)).list("NS")?.size, 2);
  }));

Deno.test("KvConfig.open() refuses a file that is not a KV config, and leaves it as it is", () =>
  withFile(async (file) => {
    fs.mkdirSync(path.dirname(file));
    for (
      const text of ["", "{", "[]", "null", '{"configTable":[]}', '{"configTable":{"NS":{"k":1}}}']
    ) {
      fs.writeFileSync(file, text);
      await assert.rejects(KvConfig.open(file), { message: /^Cannot load KV config / }, text);
      assert.equal(fs.readFileSync(file, "utf8"), text);
    }
  }));
