import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { storePaths } from "../../store/names.ts";
import { storeInMemory } from "../../testdata/fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";
import { wellPlaced } from "./misplaced.ts";

const NAME = "5.5.0-a-clean-102";

/** What `mq why` says of a store with something else at a path: who starts, and the reasons. */
async function asked(path: string, wish: "file" | "folder") {
  const files = storeInMemory(NAME);
  files.remove(`store/${path}`);
  if (wish === "folder") files.put(`store/${path}/x`, Buffer.from("x"));
  else files.put(`store/${path}`, Buffer.from("x"));
  const before = new Map(files.snapshot());
  const { stdout, stderr, exitCode } = await record(["why", "store", "-o", "json"], { files });
  assert.equal(stderr, "");
  assert.equal(exitCode, 4, path);
  assert.deepEqual(new Map(files.snapshot()), before);
  const rows = JSON.parse(stdout) as Record<string, unknown>[];
  const reasons = rows.filter((it) => it["kind"] === "reason" && it["file"] === `store/${path}`);
  return {
    starts: rows.filter((it) => it["kind"] === "verdict").map((it) => it["starts"]).join(),
    reasons: reasons.map((it) => `${it["effect"]} ${it["releases"]}`),
    messages: reasons.map((it) => `${it["message"]}`),
  };
}

Deno.test("mq why makes a reason of a folder where a file belongs", async () => {
  const index = storeInMemory(NAME).list("store/index")[0]!;
  const cases: Readonly<Record<string, readonly [starts: string, ...reasons: string[]]>> = {
    abort: ["true,false,false", "refuses 5.x,mq", "unserved 4.9"],
    lock: ["false,false,true", "refuses 4.9,5.x"],
    checkpoint: ["false,false,true", "refuses 4.9,5.x", "unserved mq"],
    "config/topics.json": ["true,true,true", "unserved 4.9,5.x,mq"],
    [`index/${index}`]: ["true,false,false", "refuses 5.x,mq", "loses 4.9"],
    "consumequeue/T_tags/0/00000000000000000000": ["false,true,false", "refuses 4.9,mq"],
  };
  for (const [path, [starts, ...reasons]] of Object.entries(cases)) {
    const told = await asked(path, "folder");
    assert.deepEqual([told.starts, ...told.reasons], [starts, ...reasons], path);
    assert(told.messages.every((it) => /^it is a folder where a file belongs/.test(it)));
  }
});

Deno.test("mq why makes a reason of a file where a folder belongs", async () => {
  const cases: Readonly<Record<string, readonly [starts: string, ...reasons: string[]]>> = {
    config: ["true,true,true", "unserved 4.9,5.x,mq"],
    index: ["true,true,false", "refuses mq", "loses 4.9,5.x"],
    consumequeue: ["true,true,false", "refuses mq", "loses 4.9,5.x"],
    "consumequeue/T_tags": ["true,true,false", "refuses mq", "loses 4.9,5.x"],
    "consumequeue/T_tags/0": ["true,true,false", "refuses mq", "loses 4.9,5.x"],
  };
  for (const [path, [starts, ...reasons]] of Object.entries(cases)) {
    const told = await asked(path, "file");
    assert.deepEqual([told.starts, ...told.reasons], [starts, ...reasons], path);
    assert(told.messages.every((it) => /^it is a file where a folder belongs/.test(it)));
  }
});

Deno.test("wellPlaced() says nothing of a file among the topics that the log has no messages for", () => {
  const files = storeInMemory(NAME);
  files.put("store/consumequeue/README", Buffer.from("x"));
  const placed = wellPlaced(files, storePaths("store"));
  assert.deepEqual(placed.reasons(), []);
  placed.see("store/consumequeue/README/0");
  assert.deepEqual(placed.reasons().map(({ effect }) => effect), ["refuses", "loses"]);
});
