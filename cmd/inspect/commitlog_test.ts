import assert from "node:assert/strict";
import { readTruth, storeInMemory, storeNames } from "../../testdata/fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";

/** Rows of one run. */
async function rowsOf(name: string, args: readonly string[] = []) {
  const files = storeInMemory(name);
  const run = await record(["inspect", "commitlog", "store", "-o", "jsonl", ...args], { files });
  const rows = run.stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  return { ...run, rows };
}

const CLEAN = storeNames().filter((name) => /-(a-clean|e-(?!rocksdb|bcq-kill)|f-ha|d-)/.test(name));

/** Java writes IPv6 out in full and without brackets. */
const short = (host: string) => host.replace(/^0:0:0:0:0:0:0:1:/, "[::1]:");

Deno.test("mq inspect commitlog prints the records Java reads, field by field", async () => {
  assert(CLEAN.length > 10);
  for (const name of CLEAN) {
    const { rows, exitCode } = await rowsOf(name, ["--body", "sha256"]);
    const { log } = readTruth(name);
    const messages = rows.filter((row) => row.kind === "message");
    assert.equal(exitCode, 0, name);
    assert.equal(messages.length, log.length, name);
    for (const [at, row] of messages.entries()) {
      const { version: _version, storedBodySize, storedBodySha256: _, recordSha256: __, ...java } =
        log[at]!;
      const { kind: _kind, magic: _magic, storedBodySize: stored, ...own } = row;
      // Java has no body where there are no bytes of one.
      const bodySha256 = java.bodySize === 0 ? own.bodySha256 : java.bodySha256;
      const [bornHost, storeHost] = [short(java.bornHost), short(java.storeHost)];
      assert.deepEqual(
        own,
        { ...java, bodySha256, bornHost, storeHost },
        `${name} ${row.commitLogOffset}`,
      );
      assert.equal(stored, storedBodySize ?? java.bodySize);
    }
  }
});

Deno.test("mq inspect commitlog accounts for every byte of the log", async () => {
  for (const name of storeNames()) {
    const { rows } = await rowsOf(name);
    let at = rows[0]?.commitLogOffset;
    for (const row of rows) {
      assert.equal(row.commitLogOffset, at, name);
      at += row.storeSize ?? row.length;
    }
  }
});

Deno.test("mq inspect commitlog ends with 4 where damage was met, and 0 at a torn end", async () => {
  for (const name of storeNames()) {
    const { exitCode, rows } = await rowsOf(name);
    const isDamaged = rows.some((row) => row.kind === "damage" && row.torn !== true);
    assert.equal(exitCode, isDamaged ? 4 : 0, name);
    assert.equal(isDamaged, name.includes("c-flip"), name);
  }
});

Deno.test("mq inspect commitlog stops when its reader goes away", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const { stdout, exitCode, stderr } = await record(
    ["inspect", "commitlog", "store", "-o", "jsonl", "--body", "hex"],
    { files, readerBytesMax: 1000 },
  );
  assert.equal(exitCode, 0);
  assert.equal(stderr, "");
  assert(stdout.length < 200_000);
});
