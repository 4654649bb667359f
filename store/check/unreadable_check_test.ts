import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { brief, verified } from "../../testdata/verified.ts";
import { UnreadableFiles } from "../unreadable_files.ts";
import type { VerifyOptions } from "./verify.ts";
import type { VerifyState } from "./verify_state.ts";

const THIRD = "store/commitlog/00000000000000131072";
const LAST = "store/commitlog/00000000000000327680";

async function found(breaks: readonly [string, number, number][], options: VerifyOptions = {}) {
  const files = storeInMemory("5.5.0-a-clean-102");
  for (const [path, from, to] of breaks) files.breakRange(path, from, to);
  const unreadable = new UnreadableFiles(files);
  return { ...await verified(unreadable, { ...options, unreadable }), unreadable };
}

Deno.test("verifyStore() counts what the disk cannot read as skipped, of every kind of file", async () => {
  const breaks: [string, number, number][] = [
    [THIRD, 8192, 12_288],
    ["store/index/20261121091601736", 0, 4096],
    ["store/consumequeue/T_plain/2/00000000000000001200", 0, 4096],
    ["store/config/topics.json", 0, 4096],
  ];
  for (const depth of ["quick", "default", "deep"] as const) {
    const { findings, summary, unreadable } = await found(breaks, { depth });
    for (const it of Object.values(summary.files)) {
      assert.equal(it.bytesExpected, it.bytesChecked + it.bytesSkipped);
    }
    const lost = findings.filter(({ code }) => code === "store-unreadable");
    assert.equal(lost.length, unreadable.ranges.length);
    const bytes = lost.filter(({ file }) => file.includes("commitlog"))
      .reduce((sum, { length }) => sum + length, 0);
    assert(summary.files.commitlog.bytesSkipped >= bytes);
    if (depth === "quick") continue;
    assert.equal(summary.files.commitlog.bytesSkipped, 4096);
    assert.equal(lost.length, breaks.length);
  }
});

Deno.test("verifyStore() tells of damage where the disk cannot read as that, and of no repair there", async () => {
  const { findings } = await found([[THIRD, 8192, 12_288]]);
  const bad = findings.find(({ code }) => code === "log-bad-record")!;
  assert.match(bad.message, /^log offset 138026: the disk cannot read bytes 8192 to 12288 of the/);
  for (const { severity, fix } of findings) {
    if (severity !== "info") assert.doesNotMatch(fix, /--apply/);
  }
});

Deno.test("verifyStore() tells of a range behind the end of the log, which reads as room", async () => {
  const { findings, summary } = await found([[LAST, 61_440, 65_536]]);
  assert(
    findings.map(brief).includes(
      `error store-unreadable ${LAST.slice("store/".length)} 61440+4096`,
    ),
  );
  assert.equal(summary.files.commitlog.bytesSkipped, 4096);
});

Deno.test("verifyStore() throws what it cannot read where nobody is to note it", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  files.breakRange(THIRD, 8192, 12_288);
  await assert.rejects(verified(files), /Cannot read ".*131072"/);
});

Deno.test("verifyStore() that goes on from a state knows what an earlier run could not read", async () => {
  const breaks: [string, number, number][] = [[THIRD, 8192, 12_288]];
  const states: VerifyState[] = [];
  const { findings } = await found(breaks, {
    pieceBytes: 65_536,
    onPiece: (stateOf) => void states.push(JSON.parse(JSON.stringify(stateOf()))),
  });
  const resume = states.at(-1)!;
  assert.equal(resume.unreadable?.length, 1);
  const again = await found([], { pieceBytes: 65_536, resume, onPiece: () => {} });
  assert.deepEqual(again.findings.map(brief), findings.map(brief));
});
