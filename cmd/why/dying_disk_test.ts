import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";

/** What is told of the sound store whose file has a range the disk cannot read. */
async function told(path: string, from: number, to: number, format = "json") {
  const files = storeInMemory("5.5.0-a-clean-102");
  files.breakRange(`store/${path}`, from, to);
  return await record(["why", "store", "-o", format], { files });
}

Deno.test("mq why says that a start dies where the disk cannot read what it reads", async () => {
  for (
    const [path, from, to, effect] of [
      ["commitlog/00000000000000327680", 0, 4096, "refuses"],
      ["commitlog/00000000000000131072", 8192, 12_288, "unserved"],
      ["consumequeue/T_big/0/00000000000000000000", 0, 1200, "refuses"],
      ["index/20261121091601736", 0, 4096, "refuses"],
      ["index/20261121091601736", 4096, 8192, "unserved"],
      ["checkpoint", 0, 4096, "refuses"],
      ["config/topics.json", 0, 4096, "unserved"],
    ] as const
  ) {
    const { stdout, exitCode } = await told(path, from, to);
    assert.equal(exitCode, 4, path);
    const rows = JSON.parse(stdout) as Record<string, string | boolean>[];
    const reason = rows.find((it) => it.kind === "reason" && /disk cannot/.test(`${it.message}`))!;
    assert.deepEqual([reason.effect, reason.file], [effect, `store/${path}`]);
    assert.match(`${reason.fix}`, /ddrescue.*mq recover --into/);
    const verdicts = rows.filter((it) => it.kind === "verdict");
    assert.equal(verdicts.length, 3);
    if (effect === "refuses") assert(verdicts.every((it) => it.starts === false));
    assert(rows.some((it) => it.code === "store-unreadable"), path);
  }
});

Deno.test("mq why tells a dying disk once, on standard output", async () => {
  const { stdout, stderr } = await told("commitlog/00000000000000327680", 0, 4096, "table");
  assert.match(stdout, /^Java 4\.9 does not start on this store\.$/m);
  assert.match(stdout, /the disk cannot read bytes 0 to 4096 of .*InternalError/);
  assert.doesNotMatch(stderr, /cannot read/);
});
