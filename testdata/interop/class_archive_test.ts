import assert from "node:assert/strict";
import { merged } from "./class_archive.ts";

Deno.test("merged() has the classes of all lists once, and none of other loaders", () => {
  const one = "# a list\nA id: 0\nB id: 1\n@lambda-form-invoker x\n";
  const other = "# a list\nA id: 0\nC id: 1\nD id: 2 super: 0 source: d.jar\n";
  assert.equal(merged([one, other]), "A\nB\n@lambda-form-invoker x\nC\n");
});
