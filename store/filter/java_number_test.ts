import assert from "node:assert/strict";
import { compareDoubles, parseDouble, parseInteger, parseLong } from "./java_number.ts";

Deno.test("parseInteger() reads what Integer.valueOf reads", () => {
  const readable: [string, number][] = [
    ["0", 0],
    ["-0", 0],
    ["+5", 5],
    ["005", 5],
    ["2147483647", 2147483647],
    ["-2147483648", -2147483648],
    ["000000000000000000000000000000005", 5],
    ["-00000000000000000000002147483648", -2147483648],
    ["５", 5],
    ["1٢", 12],
    ["१2३", 123],
  ];
  for (const [text, value] of readable) assert.equal(parseInteger(text), value, text);
  const unreadable = ["", "+", "-", " 5", "5 ", "5.0", "5L", "1e3", "0x5", "--5", "+-5", "x"];
  unreadable.push("2147483648", "-2147483649", "99999999999999999999", "\u{1d7d3}", "-\u{1d7d3}5");
  for (const text of unreadable) assert.equal(parseInteger(text), NaN, text);
});

Deno.test("parseLong() is exact up to the ends of 64 bits and no further", () => {
  assert.equal(parseLong("9007199254740991"), 9007199254740991);
  assert.equal(parseLong("9007199254740993"), 9007199254740993n);
  assert.equal(parseLong("9223372036854775807"), 9223372036854775807n);
  assert.equal(parseLong("-9223372036854775808"), -9223372036854775808n);
  assert.equal(parseLong("-0000000000000000000000000000012"), -12);
  for (const text of ["9223372036854775808", "-9223372036854775809", "1".repeat(40_000), "5L"]) {
    assert.equal(parseLong(text), NaN, text.slice(0, 30));
  }
});

Deno.test("parseDouble() reads what Double.valueOf reads, to the nearest double", () => {
  const readable: [string, number][] = [
    ["5", 5],
    ["\t 5.5\n", 5.5],
    ["\u00005\u0001", 5],
    [".5", 0.5],
    ["5.", 5],
    ["1e3", 1000],
    ["1.E-2F", 0.01],
    ["5d", 5],
    ["-0", -0],
    ["1e400", Infinity],
    ["-1e400", -Infinity],
    ["1e-400", 0],
    ["4.9e-324", 5e-324],
    ["+Infinity", Infinity],
    ["-NaN", NaN],
    ["0x1p3", 8],
    ["-0X1.8P+1f", -3],
    ["0x.8p1", 1],
    ["0x1p-1074", 5e-324],
    ["0x1p-1075", 0],
    ["0x1.8p-1075", 5e-324],
    ["0x1.00000000000008p0", 1],
    ["0x1.00000000000018p0", 1 + 2 ** -51],
    ["0x1.00000000000008000001p0", 1 + 2 ** -52],
    ["0x1.fffffffffffff7p1023", Number.MAX_VALUE],
    ["0x1.fffffffffffff8p1023", Infinity],
    ["0x1p99999999999", Infinity],
    ["0x1p-99999999999", 0],
    ["0x0p99999999999", 0],
    [`0x1${"0".repeat(5000)}p-20000`, 1],
  ];
  for (const [text, value] of readable) assert.equal(parseDouble(text), value, text.slice(0, 40));
  const unreadable = ["", " ", ".", "e5", "1e", "1e+", "+", "5L", "1,5", "1_0", "nan", "infinity"];
  unreadable.push("NaNf", "Infinityd", "0x1", "0xp1", "0x.p1", "\u00a05", "５", "1 2");
  for (const text of unreadable) assert.equal(parseDouble(text), undefined, text);
});

Deno.test("the longest properties are refused in no time", () => {
  const long = 32_767;
  for (const text of ["0".repeat(long) + "x", "5".repeat(long) + "x", "0x" + "f".repeat(long)]) {
    const since = performance.now();
    assert.equal(parseInteger(text), NaN);
    assert.equal(parseLong(text), NaN);
    assert.equal(parseDouble(text), undefined);
    assert(performance.now() - since < 1000);
  }
});

Deno.test("compareDoubles() orders -0 below 0 and NaN above all", () => {
  const ascending = [-Infinity, -1.5, -0, 0, 5e-324, 2, Infinity, NaN];
  for (const [at, left] of ascending.entries()) {
    for (const [behind, right] of ascending.entries()) {
      assert.equal(Math.sign(compareDoubles(left, right)), Math.sign(at - behind));
    }
  }
});
