import assert from "node:assert/strict";
import { storeInMemory, storeNames } from "../../testdata/fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";

type Row = Readonly<Record<string, unknown>>;

async function verified(args: readonly string[], files = storeInMemory("5.5.0-a-clean-102")) {
  const { stdout, stderr, exitCode } = await record(["verify", ...args, "-o", "jsonl"], { files });
  const rows = stdout.trim().split("\n").map((line) => JSON.parse(line) as Row);
  return { exitCode, stderr, summary: rows.at(-1)!, findings: rows.slice(0, -1) };
}

Deno.test("mq verify of a log folder finds what it finds in the store's log", async () => {
  for (const name of storeNames()) {
    const files = storeInMemory(name);
    const whole = await verified(["store", "--only", "commitlog"], files);
    const alone = await verified(["store/commitlog"], files);
    // What queues, index and topics know of the log nobody tells of it alone.
    const told = ({ code, offset, file }: Row) => `${code} ${file} ${offset}`;
    const known = new Set(whole.findings.map(told));
    assert(alone.findings.every((it) => known.has(told(it))), name);
    assert.equal(alone.summary["messages"], whole.summary["messages"], name);
    if (name.includes("-a-clean")) assert.equal(alone.exitCode, 0, name);
    if (name.includes("c-flip")) assert.equal(alone.exitCode, 4, name);
    assert.match(alone.stderr, /only the log was checked: queues, index and configuration/);
  }
});

Deno.test("mq verify of one file checks that one, and names it as it is named", async () => {
  const files = storeInMemory("5.5.0-c-flip-102-first");
  const [first, second] = files.list("store/commitlog").map((name) => `store/commitlog/${name}`);
  const flipped = await verified([first!], files);
  assert.deepEqual(flipped.findings.map(({ code, file }) => [code, file]), [
    ["log-body-crc", first],
  ]);
  assert.equal((await verified([second!], files)).exitCode, 0);
  files.put("saved/damaged.log", files.snapshot().get(first!)!);
  const saved = await verified(["saved/damaged.log"], files);
  assert.deepEqual(saved.findings.map(({ file }) => file), ["saved/damaged.log"]);
});

Deno.test("mq verify of a log alone says what it did not compare, and names no repair", async () => {
  const files = storeInMemory("5.5.0-c-flip-102-first");
  const { stdout } = await record(["verify", "store/commitlog"], { files });
  assert.match(stdout, /Checked 447 messages from .*: only the log was checked: queues, index and/);
  assert.match(stdout, /1 error, 0 warnings, 0 info: damaged\.\n$/);
  const sound = await record(["verify", "store/commitlog"], {
    files: storeInMemory("5.5.0-a-clean-102"),
  });
  assert.match(sound.stdout, /: nothing wrong in the log\.\n$/);
  const usage = await record(["verify", "store/commitlog", "--only", "index"], { files });
  assert.equal(usage.exitCode, 16);
});

Deno.test("mq verify and mq why refuse what is no log, and mq why a log alone", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  for (const path of ["store/consumequeue/T_tags/0", "store/index", "store/config/topics.json"]) {
    assert.equal((await record(["verify", path], { files })).exitCode, 8, path);
  }
  const { stderr, exitCode } = await record(["why", "store/commitlog"], { files });
  assert.equal(exitCode, 8);
  assert.match(stderr, /is a commit log alone: mq why needs the whole store/);
});
