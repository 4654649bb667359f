import assert from "node:assert/strict";
import { MemoryFiles } from "../../store/file_memory.ts";
import { checkNewStore } from "./new_store.ts";

Deno.test("checkNewStore() lets a new folder be, and nothing that is there or in the store", () => {
  const files = new MemoryFiles();
  files.makeDirectory("store/commitlog");
  files.put("notes", new Uint8Array(3));
  const check = (target: string) => checkNewStore(files, { root: "store", target, what: "make" });
  check("copy");
  check("deep/copy");
  check("store-2");
  assert.throws(() => check("store"), /^Failure: Cannot make "store": it exists already$/);
  assert.throws(() => check("notes/copy"), /"notes" is a file$/);
  assert.throws(() => check("store/copy"), /it lies in the store "store"$/);
});
