import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { record, recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { MemoryFiles } from "../../store/file_memory.ts";
import { UnreadableFiles } from "../../store/unreadable_files.ts";
import { tellUnreadable } from "./unreadable_notes.ts";

const THIRD = "store/commitlog/00000000000000131072";

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
    const files = storeInMemory("5.5.0-a-clean-102");
    const openRead = files.openRead.bind(files);
    files.openRead = (path) => {
      if (path !== THIRD) return openRead(path);
      const cause = Object.assign(new Error("denied"), { code: "EACCES" });
      throw new Error(`Cannot open "${path}": permission denied`, { cause });
    };
    const { exitCode, stderr } = await record(args, { files });
    assert.equal(exitCode, 8, args.join(" "));
    assert.match(
      stderr,
      /^mq: Cannot open "store\/commitlog\/00000000000000131072": permission denied/m,
    );
  }
});
