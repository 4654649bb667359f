import assert from "node:assert/strict";
import fs from "node:fs";
import { FORMAT_TABLES } from "./format.ts";
import { formatDoc } from "./format_doc.ts";

Deno.test("formatDoc() is what FORMAT.md holds; `deno task docs` rewrites it", () => {
  assert.equal(fs.readFileSync(new URL("../FORMAT.md", import.meta.url), "utf8"), formatDoc());
});

Deno.test("formatDoc() has every table with every field", () => {
  const text = formatDoc();
  for (const { title, rows } of FORMAT_TABLES) {
    const section = text.split(`### ${title}\n`)[1];
    assert(section !== undefined, title);
    for (const [name] of rows) assert(section.includes(`\`${name}\``), `${title}: ${name}`);
  }
});

Deno.test("formatDoc() tells the published positions of a message", () => {
  const text = formatDoc();
  for (const [at, field] of [[20, "queueOffset"], [28, "physicalOffset"], [36, "sysFlag"]]) {
    assert.match(text, new RegExp(`\\| ${at} +\\| \`i\\d+\` +\\| \`${field}\``));
  }
  for (const [at, field] of [[56, "storeTimestamp"], [84, "body"]]) {
    assert.match(text, new RegExp(`\\| ${at}\\+ +\\| \`[^|]+\` +\\| \`${field}\``));
  }
});
