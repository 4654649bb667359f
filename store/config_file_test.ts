import assert from "node:assert/strict";
import {
  type ConfigRead,
  readConfigFile,
  streamConfigFile,
  writeConfigFile,
} from "./config_file.ts";
import { type FileSystem, readWholeFile, type WritableFile } from "./file.ts";
import { MemoryFiles } from "./file_memory.ts";

const PATH = "store/config/topics.json";
const BACKUP = `${PATH}.bak`;

function put(fs: MemoryFiles, path: string, text: string): void {
  fs.put(path, new TextEncoder().encode(text));
}

function textOf(fs: FileSystem, path: string): string {
  return new TextDecoder().decode(readWholeFile(fs, path));
}

/** Reads the number in a file that must hold one. */
function readNumber(fs: FileSystem): ConfigRead<number> {
  return readConfigFile(fs, PATH, (value) => {
    if (typeof value !== "number") throw new TypeError("not a number");
    return value;
  });
}

Deno.test("readConfigFile() reads the main file where it can", () => {
  const fs = new MemoryFiles();
  put(fs, PATH, "1");
  put(fs, BACKUP, "2");
  assert.deepEqual(readNumber(fs), { state: "ok", value: 1, path: PATH });
});

Deno.test("readConfigFile() falls back to .bak: missing, empty, no JSON, or not what is wanted", () => {
  for (const main of [undefined, "", "{", '{"a":', "true"]) {
    const fs = new MemoryFiles();
    if (main !== undefined) put(fs, PATH, main);
    put(fs, BACKUP, "2");
    const read = readNumber(fs);
    assert(read.state === "ok");
    assert.deepEqual([read.value, read.path], [2, BACKUP]);
    assert.equal(read.flaw !== undefined, main !== undefined && main !== "");
  }
});

Deno.test("readConfigFile() tells two missing or empty files from two that cannot be read", () => {
  const fs = new MemoryFiles();
  assert.deepEqual(readNumber(fs), { state: "absent" });
  put(fs, PATH, "");
  put(fs, BACKUP, "");
  assert.deepEqual(readNumber(fs), { state: "absent" });
  put(fs, PATH, "{");
  assert.equal(readNumber(fs).state, "damaged");
  put(fs, BACKUP, '"text"');
  const read = readNumber(fs);
  assert(read.state === "damaged");
  assert.match(read.flaws[0]!, /topics\.json: Cannot parse JSON at 1/);
  assert.equal(read.flaws[1], `${BACKUP}: not a number`);
});

Deno.test("writeConfigFile() makes the previous content .bak and leaves nothing else", async () => {
  const fs = new MemoryFiles();
  await writeConfigFile(fs, PATH, { a: 1 });
  assert.deepEqual(fs.list("store/config"), ["topics.json"]);
  await writeConfigFile(fs, PATH, { offsetTable: new Map([[0, 5], [1, 6]]) });
  assert.equal(textOf(fs, PATH), '{\n\t"offsetTable":{\n\t\t0:5,\n\t\t1:6\n\t}\n}');
  assert.equal(textOf(fs, BACKUP), '{\n\t"a":1\n}');
  assert.deepEqual(fs.list("store/config"), ["topics.json", "topics.json.bak"]);
});

Deno.test("writeConfigFile() keeps a good .bak when the main file is empty", async () => {
  const fs = new MemoryFiles();
  put(fs, PATH, "");
  put(fs, BACKUP, '{"a":1}');
  await writeConfigFile(fs, PATH, { a: 2 });
  assert.equal(textOf(fs, BACKUP), '{"a":1}');
});

Deno.test("writeConfigFile() leaves the old or the new content, whichever step fails", async () => {
  const steps = ["openWrite", "truncate", "write", "sync", "rename 1", "rename 2", "syncDirectory"];
  for (const step of steps) {
    const fs = new MemoryFiles();
    put(fs, PATH, '{"a":1}');
    put(fs, BACKUP, '{"a":0}');
    await assert.rejects(writeConfigFile(failingAt(fs, step), PATH, { a: 2 }), /no space/, step);
    const read = readConfigFile(fs, PATH);
    assert(read.state === "ok", step);
    const { a } = read.value as { a: number };
    assert.equal(a, step === "syncDirectory" ? 2 : 1, step);
  }
});

/** The same files, one step of which fails. */
function failingAt(fs: MemoryFiles, step: string): FileSystem {
  const fail = (): never => {
    throw new Error("no space");
  };
  let renames = 0;
  return {
    openRead: (path) => fs.openRead(path),
    openWrite: (path) => {
      if (step === "openWrite") fail();
      const file = fs.openWrite(path);
      return {
        ...file,
        truncate: step === "truncate" ? fail : file.truncate,
        write: step === "write" ? fail : file.write,
        sync: step === "sync" ? () => Promise.reject(new Error("no space")) : file.sync,
      };
    },
    list: (path) => fs.list(path),
    stat: (path) => fs.stat(path),
    makeDirectory: (path) => fs.makeDirectory(path),
    rename: (from, to) => step === `rename ${++renames}` ? fail() : fs.rename(from, to),
    remove: (path) => fs.remove(path),
    syncDirectory: (path) => fs.syncDirectory(path),
    syncDirectoryAsync: (path) => {
      return step === "syncDirectory"
        ? Promise.reject(new Error("no space"))
        : fs.syncDirectoryAsync(path);
    },
    lock: (path) => fs.lock(path),
  };
}

Deno.test("streamConfigFile() tells a flaw of the text from a disk that fails", () => {
  const fs = new MemoryFiles();
  fs.put("c/a.json", new TextEncoder().encode('{"a":'));
  fs.put("c/a.json.bak", new TextEncoder().encode("{}"));
  const skip = (files: FileSystem) =>
    streamConfigFile(files, "c/a.json", (json) => json.whole(() => json.skip()));
  const read = skip(fs);
  assert(read.state === "ok" && read.path === "c/a.json.bak");
  assert.match(read.flaw!, /^c\/a\.json: Cannot parse JSON at 5: /);
  class FailingFiles extends MemoryFiles {
    override openRead(path: string): WritableFile {
      const file = super.openRead(path);
      file.read = () => {
        throw new Error("the disk reports an error");
      };
      return file;
    }
  }
  const failing = new FailingFiles();
  failing.put("c/a.json", new TextEncoder().encode("{}"));
  assert.throws(() => skip(failing), /the disk reports an error/);
});
