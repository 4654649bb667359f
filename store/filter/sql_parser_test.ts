import assert from "node:assert/strict";
import { DEPTH_MAX, type SqlExpression } from "./sql_expression.ts";
import { SqlSyntaxError } from "./sql_lexer.ts";
import { parseExpression, type SqlParseOptions } from "./sql_parser.ts";
import { Double } from "./sql_value.ts";

/** An expression with parentheses around every part, so that one sees what binds closer. */
function shapeOf(text: string, options?: SqlParseOptions): string {
  return shown(parseExpression(text, options));
}

function shown(part: SqlExpression): string {
  switch (part.kind) {
    case "constant":
      return part.value instanceof Double
        ? `${part.value.value}D`
        : JSON.stringify(part.value) ?? "NULL";
    case "property":
      return part.name;
    case "and":
    case "or":
      return `(${part.terms.map(shown).join(` ${part.kind} `)})`;
    case "compare":
      return `(${shown(part.left)} ${part.comparison} ${shown(part.right)})`;
    case "in":
      return `(${part.name} in ${[...part.texts].join()})`;
    case "search":
      return `(${shown(part.of)} ${part.negated ? "not " : ""}${part.search} ${part.text})`;
    default:
      return `${part.kind}(${shown(part.of)})`;
  }
}

/** What is wrong with an expression: character and reason. */
function failureOf(text: string, options?: SqlParseOptions): string {
  try {
    parseExpression(text, options);
  } catch (error) {
    assert(error instanceof SqlSyntaxError, String(error));
    return error.message.replace("Cannot read the expression at character ", "");
  }
  return "none";
}

Deno.test("parseExpression() binds OR, AND, equality, order and NOT ever closer", () => {
  const cases = {
    "a = 1 OR b = 2 AND c = 3": "((a = 1) or ((b = 2) and (c = 3)))",
    "(a = 1 OR b = 2) AND c = 3": "(((a = 1) or (b = 2)) and (c = 3))",
    "a = 1 AND b = 2 AND c = 3": "((a = 1) and (b = 2) and (c = 3))",
    "a = b > 3 = TRUE": "((a = (b > 3)) = true)",
    "NOT a = 5": "(not(truth(a)) = 5)",
    "NOT (a = 5)": "not((a = 5))",
    "NOT NOT a": "not(not(truth(a)))",
    "a <> 5 IS NULL": "isNull(not((a = 5)))",
    "a IS NOT NULL": "not(isNull(a))",
    "a > - - 5 AND a < +5.0": "((a > negate(negate(5))) and (a < 5D))",
    "a BETWEEN 1 AND 2 AND b": "(((a >= 1) and (a <= 2)) and truth(b))",
    "a NOT BETWEEN 1 AND 2 OR b": "(((a < 1) or (a > 2)) or truth(b))",
    "a NOT IN ('x', 'y', 'x')": "not((a in x,y))",
    "a NOT CONTAINS 'x' STARTSWITH ''": "((a not CONTAINS x) STARTSWITH )",
    "NULL OR TRUE": "(NULL or true)",
  };
  for (const [text, shape] of Object.entries(cases)) assert.equal(shapeOf(text), shape, text);
});

Deno.test("parseExpression() says where it ended and what it expected", () => {
  const cases = {
    "": "1: expected a value, found the end",
    "a > ": "5: expected a value, found the end",
    "a == 5": '4: expected a value, found "="',
    "price > 2 AND )": '15: expected a value, found ")"',
    "(a = 5": '7: expected an operator or ")", found the end',
    "a = 5)": '6: expected an operator or the end, found ")"',
    "a = 5 b = 6": '7: expected an operator or the end, found "b"',
    "a 'x'": "3: expected an operator or the end, found text",
    "a LIKE 'x%'":
      '3: expected an operator or the end, found "LIKE"; there is no LIKE, but CONTAINS, ' +
      "STARTSWITH and ENDSWITH",
    "a NOT LIKE 'x'":
      '7: expected BETWEEN, IN, CONTAINS, STARTSWITH or ENDSWITH, found "LIKE"; there is no LIKE, ' +
      "but CONTAINS, STARTSWITH and ENDSWITH",
    "a IS 5": '6: expected NULL or NOT NULL, found "5"',
    "a IN 'x'": '6: expected "(", found text',
    "a IN (5)": '7: expected text in single quotes, found "5"',
    "a IN ('5'": '10: expected "," or ")", found the end',
    "5 IN ('5')": "1: IN needs a property on its left",
    "a BETWEEN 1 OR 2": '13: expected AND and the upper bound, found "OR"',
    "a BETWEEN 9 AND 1": "11: the lower bound 9 is above the upper bound 1",
    "a > 'x'": "5: text has no order, it is compared with = and <>",
    "NOT a > 5": "1: NOT binds closer than comparisons, write NOT (…)",
    "a = NULL": "3: NULL is asked for with IS NULL",
    "'x'": "1: a value alone is no condition",
    "a AND 5": "7: a value alone is no condition",
    "a > 0.0": "5: 0.0 is below 5e-324, the smallest float",
    "a > 1e309": "5: 1e309 is above 1.7976931348623157e+308",
    "a = 9223372036854775808": "5: 9223372036854775808 is no 64-bit integer",
  };
  for (const [text, reason] of Object.entries(cases)) assert.equal(failureOf(text), reason, text);
});

Deno.test("parseExpression() ignores what follows where it is told to, but for the next word", () => {
  const java: SqlParseOptions = { trailing: "ignored" };
  assert.equal(shapeOf("a = 007", java), "(a = 0)");
  assert.equal(shapeOf("a = 5 b #", java), "(a = 5)");
  assert.equal(failureOf("a = 5 #", java), '7: "#" has no meaning');
  assert.equal(failureOf("(a = 5", java), '7: expected an operator or ")", found the end');
});

Deno.test("parseExpression() of 4.9.7 takes CONTAINS for a name", () => {
  assert.equal(failureOf("a CONTAINS 'x'", { release: "4.9.7" }).slice(0, 11), "3: expected");
  assert.equal(shapeOf("contains = 5", { release: "4.9.7" }), "(contains = 5)");
});

Deno.test("parseExpression() reads chains of any length and nests to a limit", () => {
  const chain = Array.from({ length: 5_000 }, () => "a=1").join(" OR ");
  assert.equal(parseExpression(chain).depth, 3);
  const deep = (count: number) => `${"(".repeat(count)}a = 5${")".repeat(count)}`;
  assert.equal(shapeOf(deep(DEPTH_MAX - 1)), "(a = 5)");
  const tooDeep = [
    deep(DEPTH_MAX),
    deep(20_000),
    "NOT ".repeat(300) + "a",
    "-".repeat(300) + "a > 1",
  ];
  tooDeep.push("a" + " = TRUE".repeat(300), "+(".repeat(9_000), "a" + " IS NULL".repeat(300));
  tooDeep.push("a" + " CONTAINS 'x'".repeat(300), "NOT (a = ".repeat(300));
  for (const text of tooDeep) {
    assert.match(failureOf(text), /it is nested more than 256 deep$/, text.slice(0, 20));
  }
});
