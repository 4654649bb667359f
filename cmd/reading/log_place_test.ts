import assert from "node:assert/strict";
import { MemoryFiles } from "../../store/file_memory.ts";
import { mountStore, recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { logAt } from "./log_place.ts";

function fixture() {
  const files = new MemoryFiles();
  mountStore(files, "s", { name: "5.5.0-b-kill-load-102" });
  return { files, at: (path: string) => logAt(recordedTerminal({ files }).terminal, path) };
}

Deno.test("logAt() finds the log of a store, of a folder and of one file", () => {
  const { files, at } = fixture();
  const starts = (path: string) => at(path).log.segments.map((it) => it.start);
  assert.deepEqual(starts("s"), [0, 65536, 131072, 196608]);
  assert.deepEqual(starts("s/commitlog"), starts("s"));
  assert.deepEqual(starts("s/commitlog/00000000000000065536"), [65536]);
  files.put("renamed.log", files.snapshot().get("s/commitlog/00000000000000065536")!);
  assert.deepEqual(starts("renamed.log"), [65536]);
  files.put(
    "apart/00000000000000131072",
    files.snapshot().get("s/commitlog/00000000000000131072")!,
  );
  assert.deepEqual(starts("apart"), [131072]);
});

Deno.test("logAt() learns of an unclean stop from the store around the log", () => {
  const { files, at } = fixture();
  for (const path of ["s", "s/commitlog", "s/commitlog/00000000000000000000"]) {
    assert(at(path).isUnclean, path);
  }
  files.remove("s/abort");
  assert(!at("s").isUnclean && !at("s/commitlog").isUnclean);
});

Deno.test("logAt() knows the length a cut file should have from its neighbours", () => {
  const { files, at } = fixture();
  files.cut("s/commitlog/00000000000000065536", 100);
  const { log } = at("s/commitlog/00000000000000065536");
  assert.equal(log.segmentBytes, 65536);
  assert.equal(log.segments[0]!.length, 100);
});

Deno.test("logAt() refuses folders and files that hold something else", () => {
  const { files, at } = fixture();
  assert.throws(() => at("s/consumequeue/T_plain/0"), /its files hold no message/);
  assert.throws(() => at("s/checkpoint"), /is no commit log: it is a checkpoint/);
  files.put("zeros", new Uint8Array(100));
  assert.throws(() => at("zeros"), /is no commit log/);
  files.remove("s/commitlog");
  assert.throws(() => at("s"), /Store "s" has no commit log/);
});
