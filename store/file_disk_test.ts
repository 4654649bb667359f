import assert from "node:assert/strict";
import fs from "node:fs";
import { join } from "node:path";
import { FILE_CONTRACT } from "../testdata/file_contract.ts";
import { inFolder } from "../testdata/temporary_folder.ts";
import { codeOf, diskFiles, reasonOf } from "./file_disk.ts";

for (const [what, check] of Object.entries(FILE_CONTRACT)) {
  Deno.test(`diskFiles: ${what}`, () => inFolder((root) => check(diskFiles, root)));
}

Deno.test("diskFiles: a file closed during a read is read to the end", () =>
  inFolder(async (root) => {
    const path = join(root, "a");
    fs.writeFileSync(path, new Uint8Array(1024 * 1024).fill(3));
    const file = diskFiles.openRead(path);
    const bytes = new Uint8Array(1024 * 1024);
    const reads = [file.readAsync(bytes, 0), file.readAsync(new Uint8Array(9), 5)];
    file.close();
    assert.deepEqual(await Promise.all(reads), [bytes.length, 9]);
    assert(bytes.every((byte) => byte === 3));
    await assert.rejects(
      file.readAsync(bytes, 0),
      /^Error: Cannot read ".*" at 0: the file is closed/,
    );
    assert.throws(() => file.read(bytes, 0), /^Error: Cannot read ".*" at 0: /);
  }));

Deno.test("diskFiles: errors say what could not be done, and why, and carry their cause", () =>
  inFolder((root) => {
    const path = join(root, "none");
    let caught: unknown;
    try {
      diskFiles.openRead(path);
    } catch (error) {
      caught = error;
    }
    assert.equal((caught as Error).message, `Cannot open "${path}": no such file or directory`);
    assert.equal(codeOf(caught), "ENOENT");
    assert.equal(reasonOf(caught), "no such file or directory");
    fs.writeFileSync(path, "");
    assert.throws(() => diskFiles.makeDirectory(join(path, "deeper")), /^Error: Cannot create dir/);
    const file = diskFiles.openRead(path);
    assert.throws(
      () => (file as ReturnType<typeof diskFiles.openWrite>).write(Uint8Array.of(1), 0),
      {
        message: new RegExp(`^Cannot write "${path}" at 0: `),
      },
    );
    file.close();
  }));

Deno.test("reasonOf() falls back to the error's own words", () => {
  assert.equal(reasonOf(new Error("odd")), "odd");
  assert.equal(reasonOf("odd"), "odd");
  assert.equal(codeOf("odd"), undefined);
});
