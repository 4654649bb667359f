import assert from "node:assert/strict";
import { evaluationOf, NOT_COMPARABLE, type SqlResult } from "./sql_evaluator.ts";
import { parseExpression } from "./sql_parser.ts";

type Values = Readonly<Record<string, string | number | boolean>>;

/** Result of an expression, and the names it asked for. */
function evaluate(text: string, values: Values): { result: SqlResult; asked: string } {
  const asked: string[] = [];
  const result = evaluationOf(parseExpression(text))((name) => {
    asked.push(name);
    return values[name];
  });
  return { result, asked: asked.join("") };
}

Deno.test("AND and OR end at the term that decides, and a failure ends all", () => {
  const values = { t: 1, f: 0, x: "x" };
  const cases: [string, SqlResult, string][] = [
    ["t = 1 AND n = 1 AND f = 1 AND t = 1", false, "tnf"],
    ["t = 1 AND n = 1", undefined, "tn"],
    ["f = 1 OR n = 1 OR t = 1 OR x = 1", true, "fnt"],
    ["n = 1 OR f = 1", undefined, "nf"],
    ["n = 1 AND x > 1 AND f = 1", NOT_COMPARABLE, "nx"],
    ["x > 1 OR t = 1", NOT_COMPARABLE, "x"],
    ["NOT (x > 1)", NOT_COMPARABLE, "x"],
    ["(x > 1) IS NULL", NOT_COMPARABLE, "x"],
    ["(x > 1) CONTAINS 'x'", NOT_COMPARABLE, "x"],
    ["(x > 1) CONTAINS ''", false, ""],
    ["n > -(x > 1)", undefined, "n"],
    ["n = -(x > 1)", NOT_COMPARABLE, "nx"],
    ["t BETWEEN 1 AND x", NOT_COMPARABLE, "ttx"],
  ];
  for (const [text, result, asked] of cases) {
    assert.deepEqual(evaluate(text, values), { result, asked }, text);
  }
});

Deno.test("NULL differs by the side of an equality", () => {
  const results = ["n = 5", "5 = n", "5 <> n", "n <> 5", "n = m", "n = 'x'", "'x' = n", "n = TRUE"]
    .map((text) => evaluate(text, {}).result);
  assert.deepEqual(results, [undefined, false, true, undefined, true, undefined, false, undefined]);
});

Deno.test("values that are numbers are compared as numbers", () => {
  const values = { time: 1_795_252_561_250, queueId: 3, share: 0.5, nan: NaN, flag: true };
  const cases: [string, SqlResult][] = [
    ["time > 1795252561249", true],
    ["time BETWEEN 1795252561250 AND 1795252561250", true],
    ["queueId = 3", true],
    ["queueId = 3.0", true],
    ["queueId = '3'", true],
    ["queueId = 'three'", NOT_COMPARABLE],
    ["3 <> queueId", false],
    ["-queueId < 0", true],
    ["share < 1", true],
    ["share > 5", false],
    ["share = 0.5", true],
    ["-share = -0.5", true],
    ["nan > 5", true],
    ["queueId IN ('3')", undefined],
    ["queueId CONTAINS '3'", false],
    ["flag", true],
    ["queueId", false],
    ["flag > 5", false],
    ["flag < 5", true],
    ["flag = 'true'", NOT_COMPARABLE],
  ];
  for (const [text, result] of cases) assert.equal(evaluate(text, values).result, result, text);
});

Deno.test("the quick ways of comparing a property do what the general one does", () => {
  const numbers = [
    "5",
    "6",
    "4",
    "-5",
    "5.0",
    "x",
    "",
    "3000000000",
    "NaN",
    5,
    5.5,
    NaN,
    true,
    false,
  ];
  for (const value of [...numbers, undefined]) {
    for (const comparison of ["=", "<>", "<", "<=", ">", ">="]) {
      const values = value === undefined ? {} : { a: value };
      const quick = evaluate(`a ${comparison} 5`, values).result;
      const general = evaluate(`a ${comparison} five`, { ...values, five: 5 }).result;
      assert.equal(quick, general, `${String(value)} ${comparison} 5`);
    }
    for (const comparison of ["=", "<>"]) {
      const values = value === undefined ? {} : { a: value };
      const quick = evaluate(`a ${comparison} '5'`, values).result;
      const general = evaluate(`a ${comparison} five`, { ...values, five: "5" }).result;
      assert.equal(quick, general, `${String(value)} ${comparison} '5'`);
    }
  }
});
