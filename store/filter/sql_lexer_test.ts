import assert from "node:assert/strict";
import { SqlLexer, type SqlRelease, SqlSyntaxError, TEXT_LENGTH_MAX } from "./sql_lexer.ts";

/** Kinds and texts of all tokens. */
function tokensOf(text: string, release: SqlRelease = "5.5.0"): string[] {
  const lexer = new SqlLexer(text, release);
  const tokens: string[] = [];
  for (let token = lexer.next(); token.kind !== "end"; token = lexer.next()) {
    tokens.push(token.kind === token.text ? token.text : `${token.kind}:${token.text}`);
  }
  assert.equal(lexer.next().kind, "end");
  return tokens;
}

/** Message of what is wrong with a text, without its beginning. */
function failureOf(text: string): string {
  try {
    tokensOf(text);
  } catch (error) {
    assert(error instanceof SqlSyntaxError);
    return error.message.replace("Cannot read the expression at ", "");
  }
  return "none";
}

Deno.test("SqlLexer tells keywords in any case from names", () => {
  assert.deepEqual(tokensOf("AND and aNd andy $a _1 x9"), [
    ...["AND", "AND:and", "AND:aNd", "name:andy", "name:$a", "name:_1", "name:x9"],
  ]);
});

Deno.test("SqlLexer of 4.9.7 knows no CONTAINS, STARTSWITH and ENDSWITH", () => {
  const text = "CONTAINS STARTSWITH ENDSWITH NOT";
  assert.deepEqual(tokensOf(text), ["CONTAINS", "STARTSWITH", "ENDSWITH", "NOT"]);
  const names = ["name:CONTAINS", "name:STARTSWITH", "name:ENDSWITH", "NOT"];
  assert.deepEqual(tokensOf(text, "4.9.7"), names);
});

Deno.test("SqlLexer takes the longest number", () => {
  assert.deepEqual(tokensOf("5 5L 0L 007"), [
    ...["integer:5", "integer:5L", "integer:0", "name:L", "integer:0", "integer:0", "integer:7"],
  ]);
  assert.deepEqual(tokensOf("0x10 1.5e-3f 1e 5.l 007.5 .5e1"), [
    ...["integer:0", "name:x10", "float:1.5e-3", "name:f", "integer:1", "name:e", "float:5."],
    ...["name:l", "float:007.5", "float:.5e1"],
  ]);
});

Deno.test("SqlLexer reads two quotes in text as one", () => {
  assert.deepEqual(tokensOf("'' 'it''s' '''' 'a\n -- b'"), [
    ...["text:", "text:it's", "text:'", "text:a\n -- b"],
  ]);
});

Deno.test("SqlLexer lets text end at the first of two quotes where no single one follows", () => {
  const lexer = new SqlLexer("c 'a''b''c", "5.5.0");
  assert.deepEqual([lexer.next().text, lexer.next().text], ["c", "a'b"]);
  assert.throws(() => lexer.next(), /character 9: this text has no closing quote$/);
});

Deno.test("SqlLexer passes comments; a line comment needs the end of its line", () => {
  assert.deepEqual(tokensOf("/***/ 1 /* * / */ --x\r2 -- y\r\n3--\n4"), [
    ...["integer:1", "integer:2", "integer:3", "integer:4"],
  ]);
  assert.deepEqual(tokensOf("1 --2"), ["integer:1", "-", "-", "integer:2"]);
});

Deno.test("SqlLexer says where it ends and why", () => {
  assert.equal(failureOf("a = 'its"), "character 5: this text has no closing quote");
  assert.equal(failureOf("a /* b"), "character 3: this comment has no end");
  assert.equal(failureOf("a ; b"), 'character 3: ";" has no meaning');
  assert.equal(
    failureOf('a = "x"'),
    'character 5: "\\"" has no meaning, text stands in single quotes',
  );
  assert.equal(failureOf("a != 5"), 'character 3: "!" has no meaning, "not equal" is written <>');
  assert.equal(failureOf("'😀😀' = 😀"), 'character 8: "😀" has no meaning');
  assert.equal(failureOf("a\u00a0= 5"), 'character 2: "\u00a0" has no meaning');
});

Deno.test("SqlLexer refuses what is longer than the limit", () => {
  assert.equal(tokensOf(" ".repeat(TEXT_LENGTH_MAX)).length, 0);
  assert.match(failureOf(" ".repeat(TEXT_LENGTH_MAX + 1)), /it is 65537 long, limit is 65536$/);
});
