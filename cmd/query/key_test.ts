import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";

async function notesOf(
  args: readonly string[],
  damage?: (files: ReturnType<typeof storeInMemory>) => void,
) {
  const files = storeInMemory("5.5.0-a-clean-102");
  damage?.(files);
  const run = await record(["query", "store", "--fields", "topic", ...args], { files });
  return { notes: run.stderr.trimEnd().split("\n"), exitCode: run.exitCode };
}

Deno.test("findByKey() says which way it went", async () => {
  const covered = "mq: looked through 5 index files and 3 records they do not cover";
  assert.deepEqual((await notesOf(["--key", "retry0"])).notes, [covered]);
  assert.deepEqual((await notesOf(["--key", "none"])).notes, [
    covered,
    "mq: not in the index under any known topic: reading the whole log",
    "mq: not among the 569 messages there",
  ]);
  assert.deepEqual((await notesOf(["--key", "none", "--topic", "T"])).notes, [
    covered,
    'mq: no message of topic "T" with key "none"',
  ]);
  const gone = await notesOf(["--key", "retry0"], (files) => files.remove("store/index"));
  assert.deepEqual(gone.notes, ["mq: there is no index: reading the whole log"]);
});

Deno.test("findByKey() ends with 4 where the index leads to a damaged record", async () => {
  const { notes, exitCode } = await notesOf(["--key", "retry0", "--topic", "T_retry"], (files) => {
    files.flip("store/commitlog/00000000000000000000", 100);
  });
  assert.equal(exitCode, 4);
  assert.equal(notes[0], "mq: the index leads to 0, where the log is damaged");
});

Deno.test("findByKey() says that a blank divides keys where it finds none with one", async () => {
  const told = "mq: a blank divides keys, so no key has one; ask for each alone: --key retry0";
  for (const key of ["retry0 retry1", " retry0"]) {
    const { notes, exitCode } = await notesOf(["--key", key]);
    assert.deepEqual([notes.at(-1), exitCode], [told, 0]);
    const { notes: ofTopic } = await notesOf(["--key", key, "--topic", "T_retry"]);
    assert.equal(ofTopic.at(-1), `${told} --topic T_retry`);
  }
});
