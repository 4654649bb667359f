import assert from "node:assert/strict";
import { MemoryFiles } from "../file_memory.ts";
import { makeFolder } from "./new_folder.ts";

const FOLDER = { target: "place/new", ending: "half" };
const byte = new Uint8Array(1);

Deno.test("makeFolder() gives a folder its name when it is whole, and clears away what was left", async () => {
  const files = new MemoryFiles();
  files.put("place/.new.half/old/file", byte);
  const result = await makeFolder(files, FOLDER, (temporary) => {
    assert.equal(files.stat("place/new"), undefined);
    files.put(`${temporary}/file`, byte);
    return Promise.resolve(7);
  });
  assert.equal(result, 7);
  assert.deepEqual([...files.snapshot().keys()], ["place/new/file"]);
  assert.deepEqual(files.list("place"), ["new"]);
});

Deno.test("makeFolder() leaves nothing where it fails", async () => {
  const files = new MemoryFiles();
  const failed = makeFolder(files, FOLDER, (temporary) => {
    files.put(`${temporary}/file`, byte);
    return Promise.reject(new Error("no room"));
  });
  await assert.rejects(failed, /^Error: no room$/);
  assert.deepEqual(files.list("place"), []);
});

Deno.test("makeFolder() does not touch what another run is filling", async () => {
  const files = new MemoryFiles();
  await makeFolder(files, FOLDER, async (temporary) => {
    files.put(`${temporary}/file`, byte);
    const other = makeFolder(files, FOLDER, () => Promise.resolve());
    await assert.rejects(other, /^Error: Cannot make "place\/new": another process is making it$/);
  });
  assert.deepEqual([...files.snapshot().keys()], ["place/new/file"]);
});
