import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { record, recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { refuseReads } from "../../testdata/refused_reads.ts";
import { MemoryFiles } from "../../store/file_memory.ts";
import { UnreadableFiles } from "../../store/unreadable_files.ts";
import { tellUnreadable } from "./unreadable_notes.ts";

const THIRD = "store/commitlog/00000000000000131072";

function closedStore(paths: readonly string[]): MemoryFiles {
  return refuseReads(storeInMemory("5.5.0-a-clean-102"), paths);
}

Deno.test("tellUnreadable() names each range once, and what to do first", () => {
  const { terminal, printed } = recordedTerminal();
  const unreadable = new UnreadableFiles(new MemoryFiles());
  assert.equal(tellUnreadable(terminal, unreadable, 0), 0);
  for (let at = 0; at < 25; at++) {
    unreadable.note({ file: "a", from: at * 8192, to: at * 8192 + 4096, code: "EIO" });
  }
  assert.deepEqual([0, 1, 4, 8, 130].map((code) => tellUnreadable(terminal, unreadable, code)), [
    4,
    5,
    4,
    8,
    130,
  ]);
  const lines = printed().stderr.split("\n").slice(0, 22);
  assert.equal(
    lines[0],
    'mq: the disk cannot read bytes 0 to 4096 of "a" (EIO): what stands there was not looked at',
  );
  assert.equal(lines[20], "mq: the disk cannot read 5 more ranges");
  assert.match(lines[21]!, /^mq: copy the disk with ddrescue/);
  unreadable.isTold = true;
  assert.equal(tellUnreadable(terminal, unreadable, 0), 0);
});

Deno.test("commands that look at a store go on behind what the disk cannot read, and say so", async () => {
  for (
    const [args, isThere] of [
      [["inspect", "commitlog", "store"], /T_trans/],
      [["inspect", "commitlog", "store", "--reverse"], /T_trans/],
      [["inspect", "commitlog", "store", "--stats"], /569|56\d/],
      [["inspect", "store", "store"], /T_plain/],
      [["export", "store"], /T_trans/],
      [["diff", "store", "store"], /./],
      [["recover", "store"], /fill-damage/],
    ] as const
  ) {
    const files = storeInMemory("5.5.0-a-clean-102");
    files.breakRange(THIRD, 0, 12_288);
    const { exitCode, stdout, stderr } = await record(args, { files });
    assert.equal(exitCode, 4, args.join(" "));
    assert.match(stdout, isThere, args.join(" "));
    assert.match(
      stderr,
      /the disk cannot read bytes 0 to 12288 of "store\/commitlog\/.*131072" \(EIO\)/,
    );
    assert.match(stderr, /ddrescue/);
  }
});

Deno.test("commands that look at a store end with 8 for a file they may not read, and name it", async () => {
  for (
    const args of [["verify", "store"], ["recover", "store"], ["query", "store", "--key", "k"]]
  ) {
    const files = closedStore([THIRD]);
    const { exitCode, stderr } = await record(args, { files });
    assert.equal(exitCode, 8, args.join(" "));
    assert.match(
      stderr,
      /^mq: Cannot open "store\/commitlog\/00000000000000131072": permission denied/m,
    );
  }
});

const [QUEUE, TOPICS] = ["store/consumequeue/T_plain/0", "store/config/topics.json"];

Deno.test("mq inspect store shows all but what this user may not read, names that, and ends with 8", async () => {
  for (const path of [QUEUE, TOPICS, THIRD, "store/config", "store/index", "store/consumequeue"]) {
    const run = (more: readonly string[]) => {
      return record(["inspect", "store", "store", ...more], { files: closedStore([path]) });
    };
    const { exitCode, stdout, stderr } = await run([]);
    assert.equal(exitCode & 8, 8, path);
    assert.match(stdout, /^log\t0 to 330461/m);
    assert(stdout.includes(`not read\t${path.slice("store/".length)}: permission denied`), stdout);
    assert.match(stdout, /next: mq why store\n$/);
    assert(stderr.includes(`this user may not read "${path}" (permission denied)`), stderr);
    const { oddities } = JSON.parse((await run(["-o", "jsonl"])).stdout);
    const others = oddities.filter((it: { code: string }) => it.code !== "store-unreadable");
    assert.deepEqual(others, [], path);
  }
});

Deno.test("what this user may not read is neither counted nor told as missing", async () => {
  const args = ["inspect", "store", "store", "-o", "jsonl"];
  const queue = JSON.parse((await record(args, { files: closedStore([QUEUE]) })).stdout);
  const plain = queue.topics.find((it: { topic: string }) => it.topic === "T_plain");
  assert.deepEqual([plain.queues, plain.messages, plain.configured], [4, undefined, true]);
  const config = JSON.parse((await record(args, { files: closedStore(["store/config"]) })).stdout);
  assert.equal(config.groups, undefined);
  assert(config.topics.every((it: { configured?: boolean }) => it.configured === undefined));
});

Deno.test("mq inspect topics reads the backup of a table it may not read, and ends with 8", async () => {
  const args = ["inspect", "topics", "store", "-o", "json"];
  const backup = await record(args, { files: closedStore([TOPICS]) });
  assert.equal(backup.exitCode, 8);
  assert.match(backup.stderr, /topics\.json may not be read: read its \.bak instead/);
  assert.equal(JSON.parse(backup.stdout).length, 29);
  const files = closedStore([TOPICS, `${TOPICS}.bak`, QUEUE]);
  const { exitCode, stdout } = await record(args, { files });
  assert.equal(exitCode, 8);
  const rows = JSON.parse(stdout);
  const plain = rows.find((it: { topic: string }) => it.topic === "T_plain");
  assert.deepEqual(plain, { topic: "T_plain", queues: 4, kind: "simple" });
});

Deno.test("mq verify checks all but what this user may not read, and tells of nothing that follows", async () => {
  for (const path of [QUEUE, TOPICS, "store/config", "store/index", "store/consumequeue/T_plain"]) {
    const args = ["verify", "store", "-o", "jsonl"];
    const { exitCode, stdout } = await record(args, { files: closedStore([path]) });
    assert.equal(exitCode, 12, path);
    const items = stdout.trim().split("\n").map((line) => JSON.parse(line));
    const found = items.filter((it) => it.severity === "warning" || it.severity === "error");
    assert.deepEqual(found.map((it) => [it.code, it.file]), [["store-unreadable", path]]);
    assert.equal(found[0].message, "this user may not read it (EACCES)");
    assert.equal(items.at(-1).messages, 569);
  }
  const { stdout } = await record(["verify", "store"], { files: closedStore([TOPICS]) });
  assert.match(stdout, /this user may not read all of it, so nobody knows whether it is sound/);
  assert.doesNotMatch(stdout, /Copy it with ddrescue/);
});

Deno.test("mq query --key reads the log where it may not read the index, and ends with 8", async () => {
  for (const path of ["store/index", "store/index/20261121091601736"]) {
    for (const more of [[], ["--topic", "T_plain"]]) {
      const args = ["query", "store", "--key", "k0", "-o", "jsonl", ...more];
      const whole = await record(args, { files: closedStore([]) });
      const { exitCode, stdout, stderr } = await record(args, { files: closedStore([path]) });
      assert.deepEqual([exitCode, stdout], [8, whole.stdout]);
      assert.match(stderr, /index can(not)? be read: reading the whole log/);
    }
  }
});
