import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { hasTreeAfterJava, readTruth, storeInMemory, storeNames, storeOnDisk } from "./fixture.ts";
import { STORE_CASES } from "./store_cases.ts";

Deno.test("STORE_CASES has every recorded store, and the tree its truth describes", () => {
  assert.deepEqual(STORE_CASES.map((store) => store.name), storeNames());
  for (const { name, described, logOf, isRocksDb } of STORE_CASES) {
    const truth = readTruth(name);
    assert.equal(truth.javaLoad, described !== undefined, name);
    assert.equal(logOf !== undefined, described === undefined, name);
    if (described === undefined) continue;
    assert.equal(hasTreeAfterJava(name), described === "after-java-recovery", name);
    assert.equal(truth.queues.length === 0, isRocksDb === true, name);
  }
});

Deno.test("storeInMemory() unpacks the files the truth lists", () => {
  for (const { name } of STORE_CASES) {
    const truth = readTruth(name);
    const trees = [["recorded", truth.filesBefore]] as const;
    const after = [["after-java-recovery", truth.filesAfterJava]] as const;
    for (const [tree, files] of hasTreeAfterJava(name) ? [...trees, ...after] : trees) {
      const found = [...storeInMemory(name, tree).snapshot()]
        .map(([path, bytes]) => [path.slice("store/".length), bytes.length] as const)
        .filter(([path]) => path in files);
      assert.deepEqual(Object.fromEntries(found), files, `${name} ${tree}`);
    }
  }
});

Deno.test("storeOnDisk() unpacks the same bytes, with their modification times", () => {
  const directory = fs.mkdtempSync(join(os.tmpdir(), "mq-fixture-"));
  try {
    const name = "5.5.0-d-expire-102";
    const root = storeOnDisk(name, directory);
    for (const [path, bytes] of storeInMemory(name).snapshot()) {
      assert.deepEqual(new Uint8Array(fs.readFileSync(join(directory, path))), bytes, path);
    }
    // The broker wrote its files before this test ran.
    const log = fs.readdirSync(join(root, "commitlog"));
    assert(log.length > 0);
    for (const file of log) {
      const { mtimeMs } = fs.statSync(join(root, "commitlog", file));
      assert.equal(mtimeMs % 1000, 0);
    }
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
});
