import assert from "node:assert/strict";
import { storeInMemory, storeNames } from "../../testdata/fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";
import { holdsCheckpoint, holdsIndex, holdsLog, holdsQueue } from "./file_content.ts";

Deno.test("a file of a store is known by its content as what its folder says, and as nothing else", () => {
  for (const name of storeNames()) {
    const files = storeInMemory(name);
    for (const path of files.snapshot().keys()) {
      if (files.stat(path)!.size === 0) continue;
      const found = [
        ...holdsLog(files, path) ? ["commitlog"] : [],
        ...holdsCheckpoint(files, path) ? ["checkpoint"] : [],
        ...holdsIndex(files, path) ? ["index"] : [],
        ...holdsQueue(files, path, "simple") ? ["consumequeue"] : [],
      ];
      const part = path.split("/")[1]!;
      assert(found.length <= 1, `${name} ${path}: ${found}`);
      if (found.length === 1 && part !== "quarantine") {
        const isKnown = found[0] === part ||
          (found[0] === "checkpoint" && path.endsWith("/timercheck"));
        assert(isKnown, `${name} ${path}: ${found}`);
      }
      if (part === "checkpoint" || part === "index") assert.deepEqual(found, [part], path);
    }
  }
});

Deno.test("mq inspect reads a file under another name as what the command says it is", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const index = `store/index/${files.list("store/index")[0]}`;
  const queue = "store/consumequeue/T_tags/0/00000000000000000000";
  const saved = { checkpoint: "store/checkpoint", index, consumequeue: queue };
  for (const [noun, path] of Object.entries(saved)) {
    files.put("saved/it.bak", files.snapshot().get(path)!);
    const { exitCode, stdout } = await record(["inspect", noun, "saved/it.bak"], { files });
    assert.equal(exitCode, 0, noun);
    assert(stdout.split("\n").length > 2, noun);
  }
  files.put("saved/it.bak", files.snapshot().get(index)!);
  const { stderr, exitCode } = await record(["inspect", "checkpoint", "saved/it.bak"], { files });
  assert.equal(exitCode, 8);
  assert.match(stderr, /is no checkpoint: it is an index file under another name/);
});
