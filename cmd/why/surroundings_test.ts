import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { MemoryFiles } from "../../store/file_memory.ts";
import { storePaths } from "../../store/names.ts";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import type { Terminal } from "../terminal.ts";
import { surroundingReasons } from "./surroundings.ts";

const free = { hindrance: () => undefined, [Symbol.dispose]() {} };

function reasons(surroundings: Partial<Terminal>, files = new MemoryFiles()) {
  files.makeDirectory("store/commitlog");
  files.put("store/commitlog/00000000000000000000", new Uint8Array(100));
  const terminal = { ...recordedTerminal({ files }).terminal, ...surroundings };
  return surroundingReasons(terminal, storePaths("store"));
}

Deno.test("surroundingReasons() has none where nothing stands in the way, or nobody can tell", () => {
  assert.deepEqual(reasons({}), []);
  assert.deepEqual(reasons({ fileAccess: () => free, diskUse: () => 0.5 }), []);
  assert.deepEqual(reasons({ fileAccess: () => undefined, diskUse: () => undefined }), []);
});

Deno.test("surroundingReasons() names the process that holds the lock, and what it is", () => {
  const files = new MemoryFiles();
  files.put("/proc/4711/cmdline", Buffer.from("java\0-Xmx8g\0BrokerStartup\0"));
  const [reason, ...more] = reasons({ lockHolder: () => 4711 }, files);
  assert.deepEqual(more, []);
  assert.equal(reason!.effect, "refuses");
  assert.match(reason!.message, /^process 4711 \(java -Xmx8g BrokerStartup\) holds the lock/);
  assert.match(reasons({ lockHolder: () => 12 })[0]!.message, /^process 12 holds/);
});

Deno.test("surroundingReasons() tells that a full disk takes no messages", () => {
  const [reason] = reasons({ diskUse: () => 0.934 });
  assert.equal(reason!.effect, "unserved");
  assert.match(reason!.message, /93 % full/);
});
