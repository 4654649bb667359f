import assert from "node:assert/strict";
import { BY_START, FILE_KIND_ABOUT, FILE_KINDS, RECOVER } from "./finding_about.ts";

Deno.test("FILE_KINDS keeps its names, which scripts read in the summary", () => {
  assert.deepEqual(FILE_KINDS.slice(0, 7), [
    "commitlog",
    "consumequeue",
    "batchconsumequeue",
    "consumequeue_ext",
    "index",
    "checkpoint",
    "config",
  ]);
  assert.equal(FILE_KINDS.at(-1), "other");
  assert.deepEqual(Object.keys(FILE_KIND_ABOUT), [...FILE_KINDS]);
});

Deno.test("RECOVER and BY_START name the command that helps", () => {
  for (const advice of [RECOVER, BY_START]) assert.match(advice, /mq recover --apply/);
});
