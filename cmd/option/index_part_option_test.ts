import assert from "node:assert/strict";
import { parseIndexPart } from "./index_part_option.ts";

Deno.test("parseIndexPart() reads the parts of an index file and nothing else", () => {
  assert.deepEqual(parseIndexPart("header"), { kind: "header" });
  assert.deepEqual(parseIndexPart("slot:0"), { kind: "slot", number: 0 });
  assert.deepEqual(parseIndexPart("entry:4711"), { kind: "entry", number: 4711 });
  for (
    const text of ["", "slot", "slot:", "slot:-1", "entry:1:2", "Header", "header:1", "entry:x"]
  ) {
    assert.throws(() => parseIndexPart(text), /It must be/, text);
  }
});
