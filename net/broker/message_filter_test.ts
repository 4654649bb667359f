import assert from "node:assert/strict";
import { SqlSyntaxError } from "../../store/filter/sql_filter.ts";
import { recordOf } from "../../testdata/small_log.ts";
import { expressionFilter, readExpression, wants } from "./message_filter.ts";

Deno.test("wants() asks the properties of a record, the last of equal names", () => {
  const record = recordOf({ properties: "a\u00015\u0002TAGS\u0001TagA\u0002a\u00017" });
  const wanted = (expression: string) => wants(expressionFilter("SQL92", expression), record);
  assert(wanted("a = 7 AND TAGS IN ('TagA')"));
  assert(!wanted("a = 5"));
  assert(wanted("missing IS NULL"));
  assert(!wanted("missing > 1"), "NULL");
  assert(!wanted("TAGS > 1"), "a comparison that fails");
});

Deno.test("wants() keeps nothing that is not plainly true", () => {
  const record = recordOf({ properties: "" });
  for (const expression of ["NOT (a > 1)", "a = 1 OR a = 2", "a BETWEEN 1 AND 2"]) {
    assert(!wants(expressionFilter("SQL92", expression), record), expression);
  }
});

Deno.test("expressionFilter() reads what Java reads, and ignores text behind it as Java does", () => {
  assert(wants(expressionFilter("SQL92", "a = 007"), recordOf({ properties: "a\u00010" })));
  assert.throws(() => expressionFilter("SQL92", "a >"), SqlSyntaxError);
  assert.throws(() => expressionFilter("GROOVY", "a > 1"), {
    name: "SqlSyntaxError",
    message: "Cannot read the expression at character 1: it is in GROOVY, and only SQL92 is known",
  });
  assert.throws(() => expressionFilter("sql92", "a > 1"), SqlSyntaxError);
});

Deno.test("expressionFilter() makes a filter once, and forgets the one not used for longest", () => {
  const first = expressionFilter("SQL92", "first > 1");
  const second = expressionFilter("SQL92", "second > 1");
  for (let at = 0; at < 1023; at++) {
    expressionFilter("SQL92", `a > ${at}`);
    if (at === 1000) assert.equal(expressionFilter("SQL92", "first > 1"), first);
  }
  assert.equal(expressionFilter("SQL92", "first > 1"), first);
  assert.notEqual(expressionFilter("SQL92", "second > 1"), second);
});

Deno.test("readExpression() has nothing where there is no expression", () => {
  assert.equal(readExpression("SQL92", "a >"), undefined);
  assert.equal(readExpression("", "a > 1"), undefined);
  assert.equal(readExpression("SQL92", "a > 1")?.text, "a > 1");
});
