import assert from "node:assert/strict";
import { filterOf } from "./filter.ts";

Deno.test("filterOf() takes tags or SQL, all without", () => {
  assert.equal(filterOf({}), "*");
  assert.equal(filterOf({ filter: "a || b" }), "a || b");
  assert.deepEqual(filterOf({ sql: "price > 5" }), { sql: "price > 5" });
  for (const options of [{ filter: "a", sql: "b" }, { filter: " " }, { sql: "" }]) {
    assert.throws(() => filterOf(options), { exitCode: 16 });
  }
});
