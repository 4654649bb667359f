import assert from "node:assert/strict";
import fs from "node:fs";
import { REQUESTS, RESPONSES } from "./codes.ts";
import { protocolDoc } from "./protocol_doc.ts";

Deno.test("protocolDoc() is what PROTOCOL.md says", () => {
  const page = fs.readFileSync(new URL("../../PROTOCOL.md", import.meta.url), "utf8");
  assert.equal(page, protocolDoc(), "PROTOCOL.md is stale: run `deno task docs`");
});

Deno.test("protocolDoc() names every code", () => {
  const page = protocolDoc();
  for (const [code, name] of [...REQUESTS, ...RESPONSES]) {
    assert.match(page, new RegExp(`^\\| ${code} +\\| \`${name}\` +\\|`, "m"));
  }
});

Deno.test("protocolDoc() keeps to the width of a line, but for tables", () => {
  const long = protocolDoc().split("\n").filter((line) =>
    !line.startsWith("|") && line.length > 100
  );
  assert.deepEqual(long, []);
});

Deno.test("protocolDoc() tells what becomes of each request where it is told", () => {
  const page = protocolDoc({ status: (name) => name === "PULL_MESSAGE" ? "served" : "refused" });
  assert.match(page, /^\| code .* \| here +\|$/m);
  assert.match(page, /^\| 11 .* \| served +\|$/m);
  assert.match(page, /^\| 13 .* \| refused +\|$/m);
});
