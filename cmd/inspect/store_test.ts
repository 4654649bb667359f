import assert from "node:assert/strict";
import { storeInMemory, storeNames } from "../../testdata/fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";

Deno.test("mq inspect store prints one object with the members it promises", async () => {
  const help = await record(["inspect", "store", "-o", "help"]);
  const names = help.stdout.split("\n").filter(Boolean).map((line) => line.split("\t")[0]);
  for (const name of storeNames()) {
    const files = storeInMemory(name);
    const { stdout, exitCode } = await record(["inspect", "store", "store", "-o", "jsonl"], {
      files,
    });
    const page = JSON.parse(stdout);
    for (const member of Object.keys(page)) assert(names.includes(member), member);
    assert.equal(
      exitCode,
      page.oddities.some((it: { severity: string }) => it.severity !== "info") ? 4 : 0,
    );
  }
});

Deno.test("mq inspect store ends with 4 at damage and names the command that mends", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  files.remove("store/commitlog/00000000000000065536");
  const { stdout, exitCode } = await record(["inspect", "store", "store"], { files, isTty: true });
  assert.equal(exitCode, 4);
  assert.match(stdout, /error +log-missing-file/);
  assert.match(stdout, /next: mq recover store\n$/);
});

Deno.test("mq inspect store sends nobody to a repair that refuses the store", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  files.remove("store/commitlog/00000000000000065536");
  files.put("store/dledger-n0/data/00000000000000000000", new Uint8Array(8));
  const { stdout } = await record(["inspect", "store", "store"], { files });
  assert.match(stdout, /next: mq why store\n$/);
});

Deno.test("mq inspect store quotes a path for the command to run next", async () => {
  const files = storeInMemory("5.5.0-b-kill-start-102");
  files.rename("store", "my 'store'");
  const { stdout } = await record(["inspect", "store", "my 'store'"], { files });
  assert.match(stdout, /next: mq recover 'my '\\''store'\\'''\n$/);
});

Deno.test("mq inspect store names a log elsewhere in the command to run next", async () => {
  const files = storeInMemory("5.5.0-b-kill-start-102");
  files.rename("store/commitlog", "big disk");
  const args = ["inspect", "store", "store", "--commitlog-path", "big disk"];
  const { stdout } = await record(args, { files });
  assert.match(stdout, /: mq inspect topics store --commitlog-path 'big disk'$/m);
  assert.match(stdout, /next: mq recover store --commitlog-path 'big disk'\n$/);
});

Deno.test("mq inspect store prints chosen members only", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const args = ["inspect", "store", "store", "--fields", "state,next"];
  const { stdout } = await record(args, { files });
  assert.equal(stdout, "state\tstopped cleanly\nnext\tmq verify store\n");
});

Deno.test("mq inspect store says what a path without a store is", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  files.put("notes.txt", new TextEncoder().encode("hello"));
  for (const path of ["nowhere", "notes.txt"]) {
    const { exitCode, stdout } = await record(["inspect", "store", path], { files });
    assert.deepEqual([exitCode, stdout], [8, ""]);
  }
});
