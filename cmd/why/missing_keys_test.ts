import assert from "node:assert/strict";
import { storePaths } from "../../store/names.ts";
import { OverlayFiles } from "../../store/repair/overlay_files.ts";
import { storeInMemory } from "../../testdata/fixture.ts";
import { missingKeys } from "./missing_keys.ts";

Deno.test("missingKeys() counts what a file between others held, and changes nothing", async () => {
  const files = storeInMemory("4.9.7-a-clean-101");
  const paths = storePaths("store");
  const count = () => missingKeys(new OverlayFiles(files), paths);
  assert.equal(await count(), 0);
  const second = files.list(paths.index)[1]!;
  files.remove(`${paths.index}/${second}`);
  const names = files.list(paths.index);
  // Files of 400 entries, of which one is none.
  assert.equal(await count(), 399);
  assert.deepEqual(files.list(paths.index), names);
});

Deno.test("missingKeys() of a store without an index is none: it may never have had one", async () => {
  const files = storeInMemory("4.9.7-a-clean-101");
  files.remove("store/index");
  assert.equal(await missingKeys(new OverlayFiles(files), storePaths("store")), 0);
});
