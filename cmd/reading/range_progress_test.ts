import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { record, recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { RangeProgress } from "./range_progress.ts";

const MIB = 1024 * 1024;

Deno.test("RangeProgress tells by the place in its range, and never more than all of it", () => {
  const { terminal, printed } = recordedTerminal();
  let now = 0;
  const range = { from: 100 * MIB, to: 164 * MIB };
  const progress = new RangeProgress({ ...terminal, now: () => now }, range, "json");
  progress.at(range.from);
  now = 1000;
  progress.at(range.from + MIB);
  assert.equal(printed().stderr, "", "the clock is not asked for every record");
  progress.at(range.from + 16 * MIB);
  now = 2000;
  progress.end(range.to + MIB);
  const told = printed().stderr.trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(told, [
    { event: "progress", bytesChecked: 16 * MIB, bytesExpected: 64 * MIB },
    { event: "end", bytesChecked: 64 * MIB, milliseconds: 2000 },
  ]);
});

Deno.test("RangeProgress lets what waits go to the screen before its line", () => {
  const { terminal, printed } = recordedTerminal({ isTty: true });
  let now = 0;
  const progress = new RangeProgress({ ...terminal, now: () => now }, { from: 0, to: 8 * MIB });
  terminal.out.flush();
  terminal.out.write("a row\n");
  assert.equal(printed().stdout, "");
  now = 1000;
  progress.at(4 * MIB);
  assert.equal(printed().stdout, "a row\n");
  const line = "\r\x1b[K 50 %  4.0 MiB in 1.0 s, 4 MiB/s, 1 s left";
  assert.equal(printed().stderr, line);
  progress.clear();
  assert.equal(printed().stderr, `${line}\r\x1b[K`);
});

for (
  const args of [
    ["inspect", "commitlog", "store", "--stats"],
    ["query", "store", "--body-match", "nothing like it"],
    ["query", "store", "--key", "none", "--scan"],
  ]
) {
  Deno.test(`mq ${args.join(" ")} tells how much it has read, when asked in a pipe`, async () => {
    const files = storeInMemory("5.5.0-a-clean-102");
    const silent = await record(args, { files });
    assert(!/MiB|event/.test(silent.stderr), silent.stderr);
    const { stderr, stdout } = await record([...args, "--progress", "json"], { files });
    assert.equal(stdout, silent.stdout);
    const [end] = stderr.split("\n").filter((line) => line.startsWith("{"));
    const { event, bytesChecked } = JSON.parse(end!);
    assert.deepEqual([event, bytesChecked], ["end", 6 * 65_536]);
    const shown = await record(args, { files, isErrTty: true });
    assert.match(shown.stderr, /mq: 0\.4 MiB in 0\.0 s, \d+ MiB\/s\n/);
  });
}
