import assert from "node:assert/strict";
import { PowerLossFiles, systemError } from "../testdata/power_loss.ts";
import { SmallIndex } from "../testdata/small_index.ts";
import type { FileSystem } from "./file.ts";
import { MemoryFiles } from "./file_memory.ts";
import { keyHash } from "./hash.ts";
import { IndexFile } from "./index_file.ts";
import { indexFileBytes } from "./index_geometry.ts";
import { openIndexFile } from "./key_index_reader.ts";

const PATH = "index/20231114221320000";
/** More slots than one page of them has. */
const GEOMETRY = { slots: 2000, entries: 50 };
const START = 1_700_000_000_000;

function create(fs: FileSystem): IndexFile {
  fs.makeDirectory("index");
  const file = fs.openWrite(PATH);
  file.truncate(indexFileBytes(GEOMETRY));
  return new IndexFile(() => file, { geometry: GEOMETRY });
}

function put(file: IndexFile, nth: number): void {
  file.put(keyHash("T", `k${nth}`), nth * 100, START + nth * 1000);
}

Deno.test("IndexFile goes on with a file of which it has read nothing, byte for byte as in one go", () => {
  const expected = new SmallIndex(GEOMETRY);
  for (let nth = 0; nth < 49; nth++) {
    const record = { physicalOffset: nth * 100, storeTimestamp: START + nth * 1000 };
    expected.put({ topic: "T", key: `k${nth}` }, record);
  }
  const fs = new MemoryFiles();
  expected.save(fs, "index/expected");
  let file = create(fs);
  for (let nth = 0; nth < 49; nth++) {
    put(file, nth);
    if (nth % 10 !== 9) continue;
    file.write();
    const { header } = openIndexFile(fs, PATH, GEOMETRY)!;
    const opened = fs.openWrite(PATH);
    file = new IndexFile(() => opened, { geometry: GEOMETRY, header });
  }
  file.write();
  assert(file.isFull);
  assert.deepEqual(fs.snapshot().get(PATH), fs.snapshot().get("index/expected"));
});

Deno.test("IndexFile.write() writes entries, then what leads to them, and nothing twice", () => {
  const fs = new PowerLossFiles();
  const writes: number[] = [];
  const file = create(fs);
  fs.onEvent = (event) => {
    if (event.verb === "write") writes.push(event.at);
  };
  for (let nth = 0; nth < 5; nth++) put(file, nth);
  assert.deepEqual(writes, []);
  file.write();
  const [entries, ...rest] = writes;
  assert(entries! > rest[0]! && rest.at(-1) === 0 && rest.slice(0, -1).every((at) => at > 0));
  writes.length = 0;
  file.write();
  assert.deepEqual(writes, []);
});

Deno.test("IndexFile.sync() that failed is tried again", async () => {
  const fs = new PowerLossFiles();
  const file = create(fs);
  put(file, 0);
  let syncs = 0;
  fs.interfere = (verb) => {
    if (verb === "sync" && ++syncs === 1) throw systemError("EIO");
  };
  await assert.rejects(file.sync());
  await file.sync();
  await file.sync();
  assert.equal(syncs, 2, "and not once more where there is nothing new");
});
