import assert from "node:assert/strict";
import { MemoryFiles } from "../file_memory.ts";
import { storePaths } from "../names.ts";
import { isTornAbort, markOf, markStore, writeAbort } from "./mark.ts";

const PATHS = storePaths("store");
const bytes = (text: string) => new TextEncoder().encode(text);

function marked(content?: string): MemoryFiles {
  const files = new MemoryFiles();
  files.makeDirectory("store");
  if (content !== undefined) files.put(PATHS.abort, bytes(content));
  return files;
}

Deno.test("markOf() tells the mark of a repair from that of a broker", () => {
  for (const kind of ["clean", "unclean"] as const) {
    for (
      const before of [undefined, "", "4711", "a much longer text than any mark there is at all"]
    ) {
      const files = marked(before);
      markStore(files, PATHS, kind);
      assert.equal(markOf(files, PATHS), kind);
    }
  }
  for (const content of [undefined, "", "4711", "mq", "mq recover "]) {
    assert.equal(markOf(marked(content), PATHS), undefined);
  }
});

Deno.test("isTornAbort() takes what a stop can leave of a mark for one, and nothing of a broker", () => {
  for (
    const content of [undefined, "", "mq", "mq re\0\0\0\0\0", "mq recover", "mq recover after"]
  ) {
    assert.equal(isTornAbort(marked(content), PATHS), true, `${content}`);
  }
  for (const content of ["4711", "mq recover after an unclean stop, and more", "mr"]) {
    assert.equal(isTornAbort(marked(content), PATHS), false, content);
  }
  assert.equal(isTornAbort(marked("47"), PATHS, bytes("4711")), true);
  assert.equal(isTornAbort(marked("48"), PATHS, bytes("4711")), false);
});

Deno.test("writeAbort() writes or removes", () => {
  const files = marked("long before");
  writeAbort(files, PATHS, bytes("4711"));
  assert.deepEqual(files.snapshot().get(PATHS.abort), bytes("4711"));
  writeAbort(files, PATHS, undefined);
  writeAbort(files, PATHS, undefined);
  assert.equal(files.stat(PATHS.abort), undefined);
});
