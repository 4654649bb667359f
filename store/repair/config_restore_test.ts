import assert from "node:assert/strict";
import { PowerLossFiles, systemError } from "../../testdata/power_loss.ts";
import { MemoryFiles } from "../file_memory.ts";
import { readWholeFile } from "../file.ts";
import { storePaths } from "../names.ts";
import { restoreConfigs } from "./config_restore.ts";

const PATHS = storePaths("store");
const GOOD = new TextEncoder().encode('{"offsetTable":{}}');
const TORN = new TextEncoder().encode('{"offsetTa');

Deno.test("restoreConfigs() replaces what cannot be read by the backup that can", () => {
  const files = new MemoryFiles();
  files.put("store/config/consumerOffset.json", TORN);
  files.put("store/config/consumerOffset.json.bak", GOOD);
  const [done, ...others] = restoreConfigs(files, PATHS);
  assert.deepEqual(others, []);
  assert.deepEqual(
    [done!.action, done!.file, done!.bytesLost, done!.safe],
    ["restore-config", "store/config/consumerOffset.json", TORN.length, true],
  );
  assert.match(done!.reason, /consumerOffset\.json: /);
  const after = files.snapshot();
  assert.deepEqual(after.get("store/config/consumerOffset.json"), GOOD);
  assert.deepEqual(after.get("store/config/consumerOffset.json.bak"), GOOD);
  assert.deepEqual(after.get("store/quarantine/config-consumerOffset.json"), TORN);
  assert.deepEqual(restoreConfigs(files, PATHS), []);
});

Deno.test("restoreConfigs() fills an empty file and keeps nothing of it", () => {
  const files = new MemoryFiles();
  files.put("store/config/topics.json", new Uint8Array(0));
  files.put("store/config/topics.json.bak", GOOD);
  assert.deepEqual(restoreConfigs(files, PATHS).map((it) => it.reason), ["empty"]);
  assert.equal(files.stat("store/quarantine"), undefined);
});

Deno.test("restoreConfigs() leaves what it cannot mend: no backup, or one that is no better", () => {
  const files = new MemoryFiles();
  files.put("store/config/topics.json", TORN);
  files.put("store/config/delayOffset.json", TORN);
  files.put("store/config/delayOffset.json.bak", TORN);
  files.put("store/config/consumerOffset.json", GOOD);
  const before = files.snapshot();
  assert.deepEqual(restoreConfigs(files, PATHS), []);
  assert.deepEqual(files.snapshot(), before);
});

Deno.test("restoreConfigs() interrupted anywhere leaves a file and a backup that can be read", () => {
  for (let number = 1;; number++) {
    const disk = new PowerLossFiles();
    disk.makeDirectory("store/config");
    for (const [name, bytes] of [["topics.json", TORN], ["topics.json.bak", GOOD]] as const) {
      const file = disk.openWrite(`store/config/${name}`);
      file.write(bytes, 0);
      file.close();
    }
    let calls = 0;
    disk.interfere = () => {
      if (++calls === number) throw systemError("ENOSPC");
    };
    let isDone = true;
    try {
      restoreConfigs(disk, PATHS);
    } catch {
      isDone = false;
    }
    disk.interfere = () => {};
    assert.deepEqual(disk.bytes("store/config/topics.json.bak"), GOOD);
    restoreConfigs(disk, PATHS);
    assert.deepEqual(readWholeFile(disk, "store/config/topics.json"), GOOD);
    assert.deepEqual(readWholeFile(disk, "store/quarantine/config-topics.json"), TORN);
    assert.equal(disk.openCount, 0);
    if (isDone) break;
  }
});
