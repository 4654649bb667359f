import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { PowerLossFiles, systemError } from "../../testdata/power_loss.ts";
import { differences } from "../../testdata/store_bytes.ts";
import { foundIn, verified } from "../../testdata/verified.ts";
import { MemoryFiles } from "../file_memory.ts";
import { readWholeFile } from "../file.ts";
import { storePaths } from "../names.ts";
import { settleConfigs } from "./config_aside.ts";
import { applyRepair, planRepair } from "./repair.ts";
import { undoRepair } from "./undo.ts";

const PATHS = storePaths("store");
const STORE = "5.5.0-a-clean-102";
const [GARBAGE, OTHER] = ["{{", "}"].map((text) => new TextEncoder().encode(text));

/** A sound store in which a file of the configuration and its `.bak` are garbage. */
function broken(...names: readonly string[]): MemoryFiles {
  const files = storeInMemory(STORE);
  for (const name of names) {
    files.put(`store/config/${name}`, GARBAGE!);
    files.put(`store/config/${name}.bak`, OTHER!);
  }
  return files;
}

async function graveIn(files: MemoryFiles): Promise<string[]> {
  const { findings } = await verified(files);
  return findings.filter((it) => it.severity !== "info").map((it) => `${it.code} ${it.file}`);
}

Deno.test("a repair sets aside what nobody can read, and can be taken back", async () => {
  const files = broken("subscriptionGroup.json", "consumerFilter.json");
  const before = files.snapshot();
  const { applied, left, undo } = await applyRepair(files, "store");
  assert.deepEqual(left, []);
  assert.deepEqual(applied.map((it) => [it.action, it.file, it.to, it.bytesLost, it.safe]), [
    ["set-config-aside", "store/config/consumerFilter.json", 2, 3, true],
    ["set-config-aside", "store/config/subscriptionGroup.json", 2, 3, true],
  ]);
  const after = files.snapshot();
  for (const name of ["subscriptionGroup.json", "consumerFilter.json"]) {
    assert.deepEqual(after.get(`store/quarantine/config-${name}`), GARBAGE);
    assert.deepEqual(after.get(`store/quarantine/config-${name}.bak`), OTHER);
    assert.equal(files.stat(`store/config/${name}`), undefined);
    assert.equal(files.stat(`store/config/${name}.bak`), undefined);
  }
  assert.deepEqual(await graveIn(files), []);
  assert.deepEqual((await planRepair(files, "store")).actions, []);
  await undoRepair(files, "store", undo!);
  assert.deepEqual(differences(before, files.snapshot()), []);
});

Deno.test("a repair sets aside what tells where consumers are only when that is allowed", async () => {
  const names = ["consumerOffset.json", "delayOffset.json"];
  const files = broken(...names);
  const before = files.snapshot();
  const { actions } = await planRepair(files, "store");
  assert.deepEqual(actions.map((it) => [it.action, it.safe]), [
    ["set-config-aside", false],
    ["set-config-aside", false],
  ]);
  // G_retry and four others have a queue for retries, or are known by a topic for them.
  assert.match(actions[0]!.reason, /without it the offsets of \d+ groups are unknown: every group/);
  assert.match(actions[1]!.reason, /delayed messages that the store still has are delivered again/);
  const { applied, left } = await applyRepair(files, "store");
  assert.deepEqual([applied.length, left.length], [0, 2]);
  assert.deepEqual(differences(before, files.snapshot()), [], "what is left is not touched");
  const allowed = await applyRepair(files, "store", { allowDataLoss: true });
  assert.deepEqual([allowed.applied.length, allowed.left.length], [2, 0]);
  assert.deepEqual(await graveIn(files), []);
  for (const name of names) assert.equal(files.stat(`store/config/${name}`), undefined);
});

Deno.test("a configuration that is left does not keep the mark of an unclean stop", async () => {
  const files = broken("consumerOffset.json");
  files.put("store/abort", new Uint8Array(0));
  const { applied, left } = await applyRepair(files, "store");
  assert.equal(applied.at(-1)!.action, "remove-abort");
  assert.deepEqual(left.map((it) => it.action), ["set-config-aside"]);
});

Deno.test("settleConfigs() sets aside a .bak that has nothing beside it", () => {
  const files = new MemoryFiles();
  files.put("store/config/topics.json.bak", GARBAGE!);
  const { done } = settleConfigs(files, PATHS, { allowDataLoss: false });
  assert.deepEqual(done.map((it) => [it.action, it.file, it.bytesLost]), [
    ["set-config-aside", "store/config/topics.json", 2],
  ]);
  assert.deepEqual([...files.snapshot().keys()], ["store/quarantine/config-topics.json.bak"]);
});

Deno.test("a repair enters topics that no file names, with those whose queues it builds", async () => {
  const files = storeInMemory(STORE);
  for (const end of ["", ".bak"]) files.remove(`store/config/topics.json${end}`);
  for (const queue of files.list("store/consumequeue/T_tags")) {
    for (const name of files.list(`store/consumequeue/T_tags/${queue}`)) {
      files.remove(`store/consumequeue/T_tags/${queue}/${name}`);
    }
    files.remove(`store/consumequeue/T_tags/${queue}`);
  }
  const before = files.snapshot();
  const { applied, undo } = await applyRepair(files, "store");
  const entered = applied.find((it) => it.action === "restore-config");
  assert.match(
    entered!.reason,
    /^missing, and so is its \.bak; topics are entered as their queues/,
  );
  const table = new TextDecoder().decode(files.snapshot().get("store/config/topics.json"));
  assert.match(table, /"T_tags"/);
  assert.deepEqual(await graveIn(files), []);
  await undoRepair(files, "store", undo!);
  assert.deepEqual(differences(before, files.snapshot()), []);
});

Deno.test("a copy of log and queues without any configuration gets none", async () => {
  const files = storeInMemory(STORE);
  files.remove("store/config");
  files.remove("store/lock");
  const { actions } = await planRepair(files, "store");
  assert(!actions.some((it) => it.action === "restore-config"));
});

Deno.test("where a broker ran the topics are entered though the whole configuration is lost", async () => {
  const files = storeInMemory(STORE);
  files.remove("store/config");
  const before = files.snapshot();
  const { applied, undo } = await applyRepair(files, "store");
  assert(applied.some((it) => it.action === "restore-config"));
  assert.deepEqual((await foundIn(files)).filter((it) => !it.startsWith("info")), []);
  await undoRepair(files, "store", undo!);
  assert.deepEqual(differences(before, files.snapshot()), []);
});

Deno.test("settleConfigs() interrupted anywhere keeps what it sets aside, and goes on", () => {
  for (let number = 1;; number++) {
    const disk = new PowerLossFiles();
    disk.makeDirectory("store/config");
    for (const [end, bytes] of [["", GARBAGE], [".bak", OTHER]] as const) {
      const file = disk.openWrite(`store/config/subscriptionGroup.json${end}`);
      file.write(bytes!, 0);
      file.close();
    }
    let calls = 0;
    disk.interfere = () => {
      if (++calls === number) throw systemError("ENOSPC");
    };
    let isDone = true;
    try {
      settleConfigs(disk, PATHS, { allowDataLoss: false });
    } catch {
      isDone = false;
    }
    disk.interfere = () => {};
    settleConfigs(disk, PATHS, { allowDataLoss: false });
    for (const [end, bytes] of [["", GARBAGE], [".bak", OTHER]] as const) {
      const name = `subscriptionGroup.json${end}`;
      assert.deepEqual(readWholeFile(disk, `store/quarantine/config-${name}`), bytes);
      assert.equal(disk.stat(`store/config/${name}`), undefined);
    }
    assert.equal(disk.openCount, 0);
    if (isDone) break;
  }
});
