import assert from "node:assert/strict";
import { writeFastJson } from "./fast_json_writer.ts";

Deno.test("writeFastJson() sorts members and leaves absent ones out", () => {
  assert.equal(
    writeFastJson({ b: 1, a: null, c: undefined, B: [null, undefined], A: {} }),
    '{"A":{},"B":[null,null],"b":1}',
  );
  const mixed = new Map<unknown, unknown>([[10, 1], [9, 2], [1, null]]);
  assert.equal(writeFastJson(mixed), "{9:2,10:1}");
  assert.equal(writeFastJson(new Map([["z", 1], ["10", 2]])), '{"10":2,"z":1}');
});

Deno.test("writeFastJson() writes the ends of Java's long as Java does", () => {
  assert.equal(writeFastJson(JSON.parse("9223372036854775807")), "9223372036854775807");
  assert.equal(writeFastJson(-(2 ** 63)), "-9223372036854775808");
  assert.equal(writeFastJson([1e300, NaN, Infinity, 0.1]), "[1e+300,null,null,0.1]");
});
