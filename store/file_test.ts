import assert from "node:assert/strict";
import { type FileSystem, readWholeFile, replaceWholeFile } from "./file.ts";
import { MemoryFiles } from "./file_memory.ts";

const OLD = new TextEncoder().encode("old content");
const NEW = new TextEncoder().encode("new");

Deno.test("readWholeFile() reads a file, and tells a missing one", () => {
  const fs = new MemoryFiles();
  fs.put("a/b", OLD);
  assert.deepEqual(readWholeFile(fs, "a/b"), OLD);
  assert.equal(readWholeFile(fs, "a/c"), undefined);
  assert.equal(readWholeFile(fs, "a"), undefined);
});

Deno.test("replaceWholeFile() leaves the new content and nothing else", () => {
  const fs = new MemoryFiles();
  fs.put("a/b", OLD);
  // What a crash may have left behind.
  fs.put("a/b.tmp", new Uint8Array(100).fill(7));
  replaceWholeFile(fs, "a/b", { bytes: NEW, directory: "a" });
  assert.deepEqual(readWholeFile(fs, "a/b"), NEW);
  assert.deepEqual(fs.list("a"), ["b"]);
});

Deno.test("replaceWholeFile() syncs before it renames: a failure leaves the old content", () => {
  for (const failing of ["openWrite", "syncNow", "rename"]) {
    const fs = new MemoryFiles();
    fs.put("a/b", OLD);
    const fail = () => {
      throw new Error("no space");
    };
    const broken = Object.create(fs, {
      openWrite: {
        value: (path: string) => {
          if (failing === "openWrite") fail();
          return { ...fs.openWrite(path), ...(failing === "syncNow" ? { syncNow: fail } : {}) };
        },
      },
      rename: {
        value: (from: string, to: string) => failing === "rename" ? fail() : fs.rename(from, to),
      },
      syncDirectory: { value: () => {} },
    }) as FileSystem;
    assert.throws(
      () => replaceWholeFile(broken, "a/b", { bytes: NEW, directory: "a" }),
      /no space/,
    );
    assert.deepEqual(readWholeFile(fs, "a/b"), OLD, failing);
  }
});
