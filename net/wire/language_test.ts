import assert from "node:assert/strict";
import { languageByte, languageName, LANGUAGES } from "./language.ts";

Deno.test("languageByte() and languageName() are inverse", () => {
  for (const [byte, name] of LANGUAGES.entries()) {
    assert.equal(languageByte(name), byte);
    assert.equal(languageName(byte), name);
  }
  assert.deepEqual([languageByte("JAVA"), languageByte("GO"), languageByte("RUST")], [0, 9, 12]);
});

Deno.test("languageByte() and languageName() take what they do not know as OTHER", () => {
  assert.equal(languageName(200), "OTHER");
  assert.equal(languageByte("COBOL"), 7);
});
