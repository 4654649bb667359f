import assert from "node:assert/strict";
import {
  isCondition,
  type SqlExpression,
  whyNoEquality,
  whyNoOrder,
  whyNoRange,
} from "./sql_expression.ts";
import { Double, type SqlValue } from "./sql_value.ts";

const constant = (value: SqlValue): SqlExpression => ({ kind: "constant", value, at: 0, depth: 1 });
const property: SqlExpression = { kind: "property", name: "a", at: 0, depth: 1 };
const negation: SqlExpression = { kind: "negate", of: constant(5), at: 0, depth: 2 };
const condition: SqlExpression = { kind: "isNull", of: property, at: 0, depth: 2 };

Deno.test("isCondition() takes boolean literals and NULL, but no property", () => {
  for (const part of [condition, constant(true), constant(undefined)]) assert(isCondition(part));
  for (const part of [property, negation, constant(5), constant("x")]) assert(!isCondition(part));
});

Deno.test("whyNoOrder() lets numbers, properties and negations pass", () => {
  for (
    const part of [constant(5), constant(2n ** 60n), constant(new Double(5)), property, negation]
  ) {
    assert.equal(whyNoOrder(part), undefined);
  }
  assert.equal(whyNoOrder(constant("x")), "text has no order, it is compared with = and <>");
  assert.equal(whyNoOrder(constant(undefined)), "NULL has no order");
  assert.equal(whyNoOrder(constant(true)), "TRUE has no order");
  assert.equal(whyNoOrder(condition), "a condition has no order");
});

Deno.test("whyNoEquality() asks the left literal only", () => {
  assert.match(whyNoEquality(constant(undefined), property)!, /IS NULL$/);
  assert.match(whyNoEquality(property, constant(undefined))!, /IS NULL$/);
  assert.match(whyNoEquality(constant(true), constant(5))!, /^TRUE cannot equal/);
  for (
    const [left, right] of [[constant(5), constant(true)], [constant(true), property]] as const
  ) {
    assert.equal(whyNoEquality(left, right), undefined);
  }
});

Deno.test("whyNoRange() compares literals, not operations", () => {
  assert.equal(whyNoRange(constant(5), constant(5)), undefined);
  assert.equal(whyNoRange(constant(5), negation), undefined);
  assert.equal(
    whyNoRange(constant(new Double(5.5)), constant(5)),
    "the lower bound 5.5 is above the upper bound 5",
  );
  assert.equal(
    whyNoRange(constant(9007199254740993n), constant(9007199254740992)),
    "the lower bound 9007199254740993 is above the upper bound 9007199254740992",
  );
});
