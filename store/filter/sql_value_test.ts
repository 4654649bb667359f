import assert from "node:assert/strict";
import { compareTexts, compareValues, Double, isInteger, negated } from "./sql_value.ts";

Deno.test("compareValues() reads text as the type of the number beside it", () => {
  assert.equal(compareValues("5", 5), 0);
  assert.equal(compareValues("5.0", 5), undefined);
  assert.equal(compareValues("5.0", new Double(5)), 0);
  assert.equal(compareValues("3000000000", 5), undefined);
  assert.equal(compareValues("3000000000", 3_000_000_001), -1);
  assert.equal(compareValues(5, "6"), -1);
  assert.equal(compareValues(5, "x"), undefined);
  // -2147483648 is written as the negation of a Long.
  assert.equal(compareValues("3000000000", -2147483648), 1);
  assert(!isInteger(-2147483648) && isInteger(-2147483647) && !isInteger(2147483648));
});

Deno.test("compareValues() is exact for whole numbers and rounds beside a double", () => {
  const [even, odd] = ["9007199254740992", "9007199254740993"];
  assert.equal(compareValues(BigInt(odd), Number(even)), 1);
  assert.equal(compareValues(odd, Number.MAX_SAFE_INTEGER), 1);
  assert.equal(compareValues(odd, 9007199254740993n), 0);
  assert.equal(compareValues(even, 9007199254740993n), -1);
  assert.equal(compareValues(9007199254740993n, new Double(Number(even))), 0);
  assert.equal(compareValues(new Double(0), new Double(-0)), 1);
  assert.equal(compareValues(1, new Double(1)), 0);
  assert.equal(compareValues(1.5, 1), 1);
});

Deno.test("compareValues() has Java's answers for booleans", () => {
  assert.equal(compareValues("TrUe", true), 0);
  assert.equal(compareValues("yes", false), 0);
  assert.equal(compareValues(true, "true"), undefined);
  assert.equal(compareValues(true, 5), -1);
  assert.equal(compareValues(5, true), -1);
  assert.equal(compareValues(true, false), 1);
});

Deno.test("compareTexts() reads both as doubles", () => {
  assert.equal(compareTexts(" 5", "5.0"), 0);
  assert.equal(compareTexts("10", "9"), 1);
  assert.equal(compareTexts("x", "9"), undefined);
  assert.equal(compareTexts("9", ""), undefined);
});

Deno.test("negated() makes NULL of what is no number", () => {
  assert.equal(negated(5), -5);
  assert.equal(negated(2n ** 62n), -(2n ** 62n));
  assert.deepEqual(negated(new Double(5)), new Double(-5));
  for (const value of ["5", true, undefined]) assert.equal(negated(value), undefined);
});
