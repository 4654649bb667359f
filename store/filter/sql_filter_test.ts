import assert from "node:assert/strict";
import fs from "node:fs";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { randomOf } from "../../testdata/random.ts";
import { Expressions, messageBy, type Properties } from "../../testdata/sql92/expressions.ts";
import { ourOutcomes } from "../../testdata/sql92/java_table.ts";
import { NOT_COMPARABLE, SqlFilter, SqlSyntaxError } from "./sql_filter.ts";

type Row = [text: string, java5: string, java4?: string];

const TABLE = new URL("../../testdata/sql92/table.jsonl.gz", import.meta.url);
const [MESSAGES, ...ROWS] = gunzipSync(fs.readFileSync(TABLE)).toString().split("\n")
  .map((line) => JSON.parse(line)) as [Properties[], ...Row[]];

Deno.test("SqlFilter does what Java 5.5.0 and 4.9.7 do with every expression of the table", () => {
  const results: Record<string, number> = {};
  const differences: string[] = [];
  for (const [text, java5, java4 = java5] of ROWS) {
    for (const [release, java] of [["5.5.0", java5], ["4.9.7", java4]] as const) {
      const found = ourOutcomes(text, { release, messages: MESSAGES });
      if (found !== java) differences.push(`${release} ${JSON.stringify(text)} ${found} ${java}`);
    }
    for (const result of java5 === "refused" ? ["refused"] : java5) {
      results[result] = (results[result] ?? 0) + 1;
    }
  }
  assert.deepEqual(differences, []);
  // The table is worth something: it holds every result in number.
  for (const result of ["T", "F", "N", "X"]) assert(results[result]! > 10_000, result);
  assert(results["refused"]! > 1_000);
});

Deno.test("SqlFilter.parse() refuses text behind an expression and else agrees with Java", () => {
  let refused = 0;
  for (const [text, java5] of ROWS) {
    try {
      SqlFilter.parse(text);
    } catch (error) {
      assert(error instanceof SqlSyntaxError);
      if (java5 !== "refused") {
        assert.match(error.message, /expected an operator or the end, found/, text);
        refused++;
      }
      continue;
    }
    assert.notEqual(java5, "refused", text);
  }
  assert(refused > 100);
});

Deno.test("SqlFilter.matches() is true only for true, and undefined for NULL and failures", () => {
  const filter = SqlFilter.parse("a > 5");
  const matches = (a?: string) => filter.matches(() => a);
  assert.deepEqual([matches("6"), matches("5"), matches(), matches("x")], [
    ...[true, false, undefined, undefined],
  ]);
  assert.equal(filter.evaluate(() => "x"), NOT_COMPARABLE);
  assert.equal(filter.text, "a > 5");
});

Deno.test("SqlSyntaxError has the index of the place and counts characters for people", () => {
  assert.throws(() => SqlFilter.parse("a = '😀' b"), (error) => {
    assert(error instanceof SqlSyntaxError);
    assert.equal(error.at, 9);
    assert.match(error.message, /^Cannot read the expression at character 9: expected/);
    return true;
  });
});

/** Whatever the text: a filter, whose results are among the four, or a `SqlSyntaxError`. */
function holds(text: string, message: Properties): void {
  for (const trailing of ["refused", "ignored"] as const) {
    let filter: SqlFilter;
    try {
      filter = SqlFilter.parse(text, { trailing });
    } catch (error) {
      assert(error instanceof SqlSyntaxError, `${JSON.stringify(text)}: ${error}`);
      assert(error.at >= 0 && error.at <= text.length);
      continue;
    }
    const result = filter.evaluate((name) => message[name]);
    assert([true, false, undefined, NOT_COMPARABLE].includes(result as boolean));
  }
}

Deno.test("SqlFilter.parse() survives every text", () => {
  const word = fc.constantFrom(
    ...["a", "'x'", "5", ".5e1", "(", ")", "NOT", "AND", "OR", "IN", "IS", "NULL", "BETWEEN", "="],
    ...[
      "<>",
      ">",
      "-",
      "+",
      ",",
      "CONTAINS",
      "TRUE",
      "/*",
      "*/",
      "--",
      "\n",
      "'",
      "''",
      "\0",
      "\ud800",
    ],
  );
  const words = fc.array(word, { maxLength: 40 }).map((words) => words.join(" "));
  const texts = fc.oneof(fc.string({ unit: "binary", maxLength: 60 }), words);
  const values = fc.dictionary(fc.constantFrom("a", "b"), fc.string({ unit: "binary" }));
  fc.assert(fc.property(texts, values, holds), { numRuns: 3_000 });
});

Deno.test("SqlFilter.parse() survives expressions cut, spliced and repeated", () => {
  const seed = Date.now() % 1_000_000;
  const random = randomOf(seed);
  const expressions = new Expressions(random);
  for (let round = 0; round < 1_000; round++) {
    const [one, other] = [expressions.next(), expressions.next()];
    const cut = one.slice(0, Math.floor(random() * one.length));
    for (const text of [one, cut, cut + other, `${one} AND (${other})`, cut.repeat(50)]) {
      try {
        holds(text, messageBy(random));
      } catch (error) {
        throw new Error(`Seed ${seed}: ${JSON.stringify(text)}`, { cause: error });
      }
    }
  }
});

Deno.test("SqlFilter reads the longest texts of one kind in no time", () => {
  for (
    const unit of [
      "(",
      ")",
      "'",
      "-",
      "--",
      "/*",
      "*/",
      "+",
      "NOT ",
      "a",
      "5",
      ".",
      "a=",
      "\n",
      "''",
    ]
  ) {
    const text = unit.repeat(Math.floor(65_536 / unit.length));
    const since = performance.now();
    holds(text, {});
    holds(`a = 5 AND ${text}`.slice(0, 65_536), {});
    assert(performance.now() - since < 2_000, unit);
  }
});
