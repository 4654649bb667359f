import assert from "node:assert/strict";
import { REQUESTS, RESPONSES } from "./codes.ts";
import { protocolDoc } from "./protocol_doc.ts";

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

Deno.test("protocolDoc() tells who serves each request where it is told", () => {
  const page = protocolDoc({ status: (name) => name === "PULL_MESSAGE" ? "broker" : "" });
  assert.match(page, /^\| code .* \| served here by +\|$/m);
  assert.match(page, /^\| 11 .* \| broker +\|$/m);
  assert.match(page, /^\| 13 .* \| +\|$/m);
});
