import assert from "node:assert/strict";
import { record } from "../../testdata/recorded_terminal.ts";
import { completionScript } from "./scripts.ts";

Deno.test("mq completion prints the script of a shell", async () => {
  const { stdout, exitCode } = await record(["completion", "zsh"]);
  assert.deepEqual([stdout, exitCode], [completionScript("zsh"), 0]);
});

Deno.test("mq completion refuses a shell it has no script for", async () => {
  const { stderr, exitCode } = await record(["completion", "tcsh"]);
  assert.equal(exitCode, 16);
  assert.match(stderr, /bash, zsh, fish/);
});
