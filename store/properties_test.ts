import assert from "node:assert/strict";
import fc from "fast-check";
import { appendProperty, formatProperties, parseProperties, propertyOf } from "./properties.ts";

function pairs(text: string): [string, string][] {
  return [...parseProperties(text)];
}

Deno.test("parseProperties() reads texts with and without the last pair's end", () => {
  const expected = [["TAGS", "a"], ["KEYS", "k1 k2"]];
  assert.deepEqual(pairs("TAGS\u0001a\u0002KEYS\u0001k1 k2\u0002"), expected);
  assert.deepEqual(pairs("TAGS\u0001a\u0002KEYS\u0001k1 k2"), expected);
});

Deno.test("parseProperties() drops what Java drops", () => {
  assert.deepEqual(pairs(""), []);
  assert.deepEqual(pairs("A\u0001\u0002B\u0001b"), [["B", "b"]]);
  assert.deepEqual(pairs("\u0001a\u0002B\u0001b"), [["B", "b"]]);
  assert.deepEqual(pairs("no end\u0002B\u0001b\u0002\u0002"), [["B", "b"]]);
  assert.deepEqual(pairs("A\u0001x\u0001y\u0002"), [["A", "x\u0001y"]]);
});

Deno.test("of equal names the last counts, unless it has no value", () => {
  const text = "A\u0001one\u0002B\u0001b\u0002A\u0001two\u0002A\u0001\u0002";
  assert.equal(parseProperties(text).get("A"), "two");
  assert.equal(propertyOf(text, "A"), "two");
});

Deno.test("formatProperties() ends every pair, and parseProperties() inverts it", () => {
  assert.equal(formatProperties([["A", "1"], ["B", "2"]]), "A\u00011\u0002B\u00012\u0002");
  const word = fc.string({ minLength: 1 }).filter((text) => {
    return !text.includes("\u0001") && !text.includes("\u0002");
  });
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(word, word), { selector: ([name]) => name }), (all) => {
      assert.deepEqual(pairs(formatProperties(all)), all);
    }),
  );
});

Deno.test("propertyOf() finds what parseProperties() finds, in any text", () => {
  const unit = fc.constantFrom("\u0001", "\u0002", "A", "B", "C");
  const name = fc.constantFrom("A", "B", "AB", "C");
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 30 }), name, (text, wanted) => {
      assert.equal(propertyOf(text, wanted), parseProperties(text).get(wanted));
    }),
    { numRuns: 2000 },
  );
});

Deno.test("appendProperty() closes an open last pair first", () => {
  assert.equal(appendProperty("", "B", "b"), "B\u0001b\u0002");
  assert.equal(appendProperty("A\u0001a", "B", "b"), "A\u0001a\u0002B\u0001b\u0002");
  assert.equal(appendProperty("A\u0001a\u0002", "B", "b"), "A\u0001a\u0002B\u0001b\u0002");
});
