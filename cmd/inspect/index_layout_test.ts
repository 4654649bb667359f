import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { storeInMemory } from "../../testdata/fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";

const PATH = "store/index/20261121091603444";

async function layoutOf(files: ReturnType<typeof storeInMemory>, part: string) {
  const run = await record(["inspect", "index", PATH, "--layout", part, "-o", "json"], { files });
  const rows: { fileOffset: number; hex: string }[] = run.exitCode === 16
    ? []
    : JSON.parse(run.stdout);
  return { ...run, rows };
}

Deno.test("mq inspect index --layout shows the bytes of header, slots and entries", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const bytes = files.snapshot().get(PATH)!;
  const places: [string, number, number][] = [
    ["header", 0, 40],
    ["slot:0", 40, 4],
    ["slot:99", 40 + 99 * 4, 4],
    ["entry:0", 440, 20],
    ["entry:399", 440 + 399 * 20, 20],
  ];
  for (const [part, at, length] of places) {
    const { rows, exitCode } = await layoutOf(files, part);
    assert.equal(exitCode, 0);
    assert.equal(rows[0]!.fileOffset, at, part);
    const hex = Buffer.from(bytes.subarray(at, at + length)).toString("hex");
    assert.equal(rows.map((row) => row.hex).join(""), hex, part);
  }
});

Deno.test("mq inspect index --layout shows what a cut header has, and nothing behind the end", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  assert.match((await layoutOf(files, "slot:100")).stderr, /has no slot 100: the last is slot 99/);
  files.cut(PATH, 20);
  const { rows, exitCode } = await layoutOf(files, "header");
  assert.equal(exitCode, 4);
  assert.deepEqual(rows.map((row) => row.hex.length / 2), [8, 8, 4]);
  const entry = await record(["inspect", "index", PATH, "--layout", "entry:1"], { files });
  assert.equal(entry.exitCode, 4);
  assert.match(entry.stderr, /is damaged: its length is that of no index file/);
});
