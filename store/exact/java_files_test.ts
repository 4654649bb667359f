import assert from "node:assert/strict";
import { MemoryFiles } from "../file_memory.ts";
import { offsetName } from "../names.ts";
import { loadFiles } from "./java_files.ts";
import { JAVA_RULES, type JavaRelease } from "./java_release.ts";

/** What each release makes of three files of 100 bytes, changed. */
function loaded(change: (files: MemoryFiles) => void): Record<string, string> {
  const outcome: Record<string, string> = {};
  for (const release of Object.keys(JAVA_RULES) as JavaRelease[]) {
    const files = new MemoryFiles();
    for (const start of [0, 100, 200]) files.put(`log/${offsetName(start)}`, new Uint8Array(100));
    change(files);
    const rules = JAVA_RULES[release];
    const { segments, refusals } = loadFiles(files, "log", { rules, segmentBytes: 100 });
    const [refusal] = refusals;
    outcome[release] = refusal === undefined
      ? segments.map(({ start }) => start).join()
      : `"${refusal.file}" ${refusal.reason}`;
  }
  return outcome;
}

Deno.test("loadFiles: a file of another length hides itself and the rest from 4.2, and stops later ones", () => {
  const refusal = `"log/${offsetName(100)}" has 60 bytes, not 100`;
  const outcome = loaded((files) => files.cut(`log/${offsetName(100)}`, 60));
  assert.deepEqual(outcome, { "4.2": "0", "4.9": refusal, "5.x": refusal });
});

Deno.test("loadFiles: only 5.x removes an empty last file", () => {
  const last = `log/${offsetName(200)}`;
  const outcome = loaded((files) => files.cut(last, 0));
  assert.deepEqual(outcome, {
    "4.2": "0,100",
    "4.9": `"${last}" has 0 bytes, not 100`,
    "5.x": "0,100",
  });
});

Deno.test("loadFiles: a foreign file stops every release that looks at it", () => {
  const outcome = loaded((files) => files.put("log/notes", new Uint8Array(100)));
  const refusal = '"log/notes" has a name that is no offset';
  assert.deepEqual(outcome, { "4.2": refusal, "4.9": refusal, "5.x": refusal });
  const empty = loaded((files) => files.put("log/00-notes", new Uint8Array(0)));
  assert.equal(empty["4.2"], "", "it comes first, so the whole log is hidden");
  assert.equal(empty["5.x"], '"log/00-notes" has 0 bytes, not 100');
});

Deno.test("loadFiles: only 5.x passes over a directory", () => {
  const outcome = loaded((files) => files.makeDirectory("log/zz"));
  assert.deepEqual(outcome, {
    "4.2": "0,100,200",
    "4.9": '"log/zz" is a directory',
    "5.x": "0,100,200",
  });
});

Deno.test("loadFiles: a missing directory has no files", () => {
  const rules = JAVA_RULES["4.9"];
  assert.deepEqual(loadFiles(new MemoryFiles(), "log", { rules, segmentBytes: 0 }).segments, []);
});

Deno.test("loadFiles tells all files that stop a start, and removes none then", () => {
  const files = new MemoryFiles();
  for (const start of [0, 100]) files.put(`log/${offsetName(start)}`, new Uint8Array(60));
  files.put("log/notes", new Uint8Array(100));
  files.put("log/other", new Uint8Array(0));
  const rules = JAVA_RULES["5.x"];
  const { refusals } = loadFiles(files, "log", { rules, segmentBytes: 100 });
  const names = [offsetName(0), offsetName(100), "notes"].map((name) => `log/${name}`);
  assert.deepEqual(refusals.map(({ file }) => file), names);
  assert.equal(files.stat("log/other")?.size, 0);
  files.remove("log/notes");
  files.cut(`log/${offsetName(0)}`, 100);
  files.cut(`log/${offsetName(100)}`, 100);
  loadFiles(files, "log", { rules, segmentBytes: 100, isRefused: true });
  assert.equal(files.stat("log/other")?.size, 0, "the start has ended before");
  loadFiles(files, "log", { rules, segmentBytes: 100 });
  assert.equal(files.stat("log/other"), undefined);
});
