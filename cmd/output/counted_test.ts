import assert from "node:assert/strict";
import { counted } from "./counted.ts";

Deno.test("counted() says one and many of a thing as one does", () => {
  const texts = [counted(1, "file"), counted(0, "file"), counted(2, "entry"), counted(3, "key")];
  assert.deepEqual(texts, ["1 file", "0 files", "2 entries", "3 keys"]);
});
