import assert from "node:assert/strict";
import { MemoryFiles } from "../store/file_memory.ts";
import { type Death, dyingFiles, momentsOf, type Step, STEPS } from "./dying_files.ts";

class Died extends Error {}

/** Does what a store does with its files until it dies; how many bytes the log has then, or −1. */
async function liveUntil(death: Death): Promise<{ readonly died: boolean; readonly log: number }> {
  const files = new MemoryFiles();
  files.makeDirectory("store/commitlog");
  files.makeDirectory("store/commitlog.unfinished");
  files.makeDirectory("store/index");
  files.makeDirectory("store/config");
  const dying = dyingFiles(files, {
    root: "store",
    death,
    die() {
      throw new Died();
    },
  });
  const log = () => {
    const stat = files.stat("store/commitlog/0") ?? files.stat("store/commitlog.unfinished/0");
    return stat?.size ?? -1;
  };
  try {
    const index = dying.openWrite("store/index/1");
    index.write(new Uint8Array(7), 0);
    const made = dying.openWrite("store/commitlog.unfinished/0");
    made.truncate(100);
    made.syncNow();
    dying.rename("store/commitlog.unfinished/0", "store/commitlog/0");
    await dying.syncDirectoryAsync("store/commitlog");
    const file = dying.openWrite("store/commitlog/0");
    file.write(new Uint8Array(50), 90);
    await file.sync();
    file.syncNow();
    dying.openWrite("store/commitlog/0").close();
    dying.openWrite("store/config/a.json.tmp").close();
    dying.rename("store/config/a.json.tmp", "store/config/a.json");
    dying.remove("store/commitlog/0");
    return { died: false, log: log() };
  } catch (error) {
    assert(error instanceof Died, String(error));
    return { died: true, log: log() };
  }
}

Deno.test("dyingFiles() dies before a call, in the middle of a write, and after a call", async () => {
  const cases: readonly (readonly [Step, Death["moment"], number])[] = [
    ["log-create", "before", -1],
    ["log-create", "after", 0],
    ["log-truncate", "before", 0],
    ["log-truncate", "after", 100],
    ["log-made", "after", 100],
    ["log-rename", "before", 100],
    ["log-names", "after", 100],
    ["log-write", "before", 100],
    ["log-write", "half", 115],
    ["log-write", "after", 140],
    ["log-sync", "before", 140],
    ["config-rename", "after", 140],
    ["log-remove", "before", 140],
    ["log-remove", "after", -1],
  ];
  for (const [step, moment, log] of cases) {
    const found = await liveUntil({ step, moment, nth: 1 });
    assert.deepEqual(found, { died: true, log }, `${step} ${moment}`);
  }
});

Deno.test("dyingFiles() counts the calls of its step only, waited for or not", async () => {
  assert.equal((await liveUntil({ step: "log-sync", moment: "after", nth: 2 })).died, true);
  assert.equal((await liveUntil({ step: "log-sync", moment: "after", nth: 3 })).died, false);
  assert.equal((await liveUntil({ step: "log-create", moment: "after", nth: 2 })).died, false);
  assert.equal((await liveUntil({ step: "queue-write", moment: "before", nth: 1 })).died, false);
});

Deno.test("momentsOf() knows that only a write can be half done", () => {
  for (const step of Object.keys(STEPS) as Step[]) {
    assert.equal(momentsOf(step).includes("half"), step.endsWith("write"), step);
  }
});
