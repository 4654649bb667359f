import assert from "node:assert/strict";
import { storedMessage } from "../../testdata/stored_message.ts";
import { directiveLines, DIRECTIVES, messageFormat } from "./format_text.ts";

const PROPERTIES = { UNIQ_KEY: "0A00", TAGS: "paid", KEYS: "order-17 eu", region: "eu" };
const message = storedMessage({ properties: PROPERTIES });
const shown = (format: string) => messageFormat(format)(message);

Deno.test("messageFormat() writes what directives stand for", () => {
  assert.equal(shown("%t %B %q %o %O"), "Orders broker-a 3 11 4096");
  assert.equal(shown("%k|%g|%b|%s"), "order-17 eu|paid|17 apples|9");
  assert.equal(shown("%a %i %I"), "3 0A00 0A00000200002A9F0000000000001000");
  assert.equal(shown("%h %H"), "10.0.0.1:5 10.0.0.2:10911");
  assert.equal(shown("%d{ms} %D{ms}"), "1795250000500 1795250000000");
  assert.equal(shown("%d"), "2026-11-21T08:33:20.500Z");
  assert.equal(shown("%p{region}%p{nothing}"), "eu");
  assert.deepEqual(JSON.parse(shown("%p")), PROPERTIES);
  assert.equal(shown("%b{hex} %b{base64} %b{text}"), "3137206170706c6573 MTcgYXBwbGVz 17 apples");
});

Deno.test("messageFormat() writes text and escapes as they are", () => {
  assert.equal(shown("100%%\\n\\t\\\\\\x41 ü\n"), "100%\n\t\\A ü\n");
  assert.equal(shown(""), "");
});

Deno.test("messageFormat(): what a message holds cannot steer a terminal", () => {
  const evil = storedMessage({ body: "\x1b[2J\na" });
  assert.equal(messageFormat("%b\n")(evil, { isTty: true }), "\\x1b[2J\\na\n");
  assert.equal(messageFormat("%b\n")(evil), "\x1b[2J\na\n");
});

Deno.test("messageFormat() refuses what stands for nothing, and says what there is", () => {
  for (
    const format of ["%", "%z", "%t{hex}", "%b{xml}", "\\q", "a\\", "% t", "%1", "%p{a", "%b{"]
  ) {
    assert.throws(() => messageFormat(format), { exitCode: 16, message: /^--format: / }, format);
  }
  assert.throws(() => messageFormat("%z"), /there is %t %B/);
  assert.throws(() => messageFormat("%o %p{region"), /"%p\{region" has no closing brace/);
  assert.throws(() => messageFormat("%b{xml}"), /has the forms text, hex, base64/);
});

Deno.test("the help lists every directive, and each can be used", () => {
  const lines = directiveLines();
  assert.equal(lines.length, Object.keys(DIRECTIVES).length);
  for (const letter of Object.keys(DIRECTIVES)) {
    assert.equal(lines.filter((line) => line.startsWith(`  %${letter} `)).length, 1);
    shown(`%${letter}`);
  }
});
