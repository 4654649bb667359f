import assert from "node:assert/strict";
import nodeFs from "node:fs";
import { join } from "node:path";
import { storeOnDisk } from "../testdata/fixture.ts";
import { inFolder } from "../testdata/temporary_folder.ts";
import { diskFiles } from "./file_disk.ts";
import { applyRepair, planRepair } from "./repair/repair.ts";
import { isBrokersLock, lockForRepair } from "./repair_lock.ts";

Deno.test("lockForRepair() makes a lock that is no broker's, and leaves a broker's as it is", () =>
  inFolder((folder) => {
    const path = join(folder, "lock");
    assert.equal(isBrokersLock(diskFiles, path), false, "missing");
    lockForRepair(diskFiles, path)[Symbol.dispose]();
    assert.equal(nodeFs.existsSync(path), true);
    assert.equal(isBrokersLock(diskFiles, path), false);
    nodeFs.rmSync(path);
    diskFiles.lock(path)[Symbol.dispose]();
    lockForRepair(diskFiles, path)[Symbol.dispose]();
    assert.equal(isBrokersLock(diskFiles, path), true);
  }));

Deno.test("a copy of log and queues is repaired as planned, and has no plan afterwards", () =>
  inFolder(async (folder) => {
    const root = storeOnDisk("5.5.0-c-damage-102-torn", folder);
    for (const name of ["config", "lock", "index"]) {
      nodeFs.rmSync(join(root, name), { recursive: true });
    }
    const verbs = (all: readonly { action: string }[]) => all.map(({ action }) => action);
    const { actions } = await planRepair(diskFiles, root);
    const { applied } = await applyRepair(diskFiles, root, { allowDataLoss: true });
    assert(actions.length > 0);
    assert.deepEqual(verbs(applied), verbs(actions));
    assert.deepEqual((await planRepair(diskFiles, root)).actions, []);
  }));
