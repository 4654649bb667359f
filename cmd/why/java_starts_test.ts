import assert from "node:assert/strict";
import { recoverAsJava } from "../../store/exact/java_recovery.ts";
import { storePaths } from "../../store/names.ts";
import { OverlayFiles } from "../../store/repair/overlay_files.ts";
import { storeInMemory, storeNames } from "../../testdata/fixture.ts";
import { JavaStarts } from "./java_starts.ts";

Deno.test("JavaStarts tells of every store what recoverAsJava tells of each release alone", async () => {
  for (const name of storeNames()) {
    if (name.includes("rocksdb")) continue;
    const files = storeInMemory(name);
    const before = new Map(files.snapshot());
    using starts = new JavaStarts(files, storePaths("store"), {});
    // The judge is made to go on in steps of its own.
    const judging = await starts.judge();
    for (let to = 1000; judging.position < Infinity; to += 1000) judging.step(to);
    const { messages, starts: reports } = await starts.reports();
    assert.deepEqual(reports.map(({ release }) => release), ["4.9", "5.x"]);
    for (const { keysMissing: _, ...report } of reports) {
      const alone = await recoverAsJava(new OverlayFiles(files), "store", report.release);
      assert.deepEqual(report, alone, `${name} ${report.release}`);
      assert.equal(messages, alone.messagesBefore);
    }
    assert.deepEqual(new Map(files.snapshot()), before);
  }
});

Deno.test("JavaStarts judges a release alone that takes other files for the log", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  // Java loads a file of a second folder as it is named; here it is a stray.
  const place = { commitLogPath: "store/commitlog,store/other" };
  const name = files.list("store/commitlog")[0]!;
  files.put(`store/other/${name}`, files.snapshot().get(`store/commitlog/${name}`)!);
  using starts = new JavaStarts(files, storePaths("store", place), place);
  await starts.judge();
  const { starts: reports } = await starts.reports();
  for (const { keysMissing: _, ...report } of reports) {
    const after = new OverlayFiles(files);
    assert.deepEqual(report, await recoverAsJava(after, "store", report.release, place));
  }
});
