import assert from "node:assert/strict";
import { quoted, storeWords } from "./shell_words.ts";

Deno.test("quoted() quotes what a shell would take apart", () => {
  assert.equal(quoted("/var/mq-data/2026-11-21T09:16"), "/var/mq-data/2026-11-21T09:16");
  assert.equal(quoted("Bob's store"), `'Bob'\\''s store'`);
  assert.equal(quoted(""), "''");
});

Deno.test("storeWords() names the log where it lies elsewhere", () => {
  assert.equal(storeWords("my store"), "'my store'");
  assert.equal(
    storeWords("s", "/disk1/log,/disk2/log"),
    "s --commitlog-path /disk1/log,/disk2/log",
  );
});
