import assert from "node:assert/strict";
import fs from "node:fs";
import { FILE_KINDS, FINDINGS } from "./findings.ts";
import { findingsDoc } from "./findings_doc.ts";

Deno.test("findingsDoc() is what FINDINGS.md holds; `deno task docs` rewrites it", () => {
  const url = new URL("../../FINDINGS.md", import.meta.url);
  assert.equal(fs.readFileSync(url, "utf8"), findingsDoc());
});

Deno.test("findingsDoc() has a section for every code, and says all of it", () => {
  const text = findingsDoc();
  for (const [code, { about, java, fix, example }] of Object.entries(FINDINGS)) {
    const sections = text.split(`### ${code}\n`);
    assert.equal(sections.length, 2, code);
    const section = sections[1]!.split("\n#")[0]!.replace(/\s+/g, " ");
    for (const part of [about, java, fix, example]) assert(section.includes(part), code);
    assert(text.includes(`[${code}](#${code})`), code);
  }
  for (const kind of FILE_KINDS) assert.match(text, new RegExp(`^\\| ${kind} +\\|`, "m"));
});
