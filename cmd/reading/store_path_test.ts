import assert from "node:assert/strict";
import { diskFiles } from "../../store/file_disk.ts";
import { MemoryFiles } from "../../store/file_memory.ts";
import { mountStore, recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { fileAbove, givenPath, isStoreRoot, placeAt, storeAt, storeFolder } from "./store_path.ts";

const bytes = new Uint8Array(4);

Deno.test("givenPath() takes the argument, then MQ_STORE, then ./mq-data, and says which", () => {
  const files = new MemoryFiles();
  files.put("mq-data/checkpoint", bytes);
  const check = (argument: string | undefined, env: Record<string, string>, path: string) => {
    const { terminal, printed } = recordedTerminal({ files, env });
    assert.equal(givenPath(terminal, argument), path);
    return printed().stderr;
  };
  assert.equal(check("a//b/", { MQ_STORE: "c" }, "a/b"), "");
  assert.equal(check(undefined, { MQ_STORE: "c/" }, "c"), "mq: reading c/ (MQ_STORE)\n");
  assert.equal(check(undefined, { MQ_STORE: "" }, "mq-data"), "mq: reading mq-data\n");
  const { terminal } = recordedTerminal();
  assert.throws(() => givenPath(terminal, undefined), { exitCode: 16, message: /^No store named/ });
  assert.throws(() => givenPath(terminal, ""), { exitCode: 16 });
});

Deno.test("isStoreRoot() knows a store by any of its parts", () => {
  for (const part of ["commitlog/0", "consumequeue/T/0/0", "batchconsumequeue/x", "checkpoint"]) {
    const files = new MemoryFiles();
    files.put(`s/${part}`, bytes);
    assert(isStoreRoot(files, "s"), part);
  }
  const files = new MemoryFiles();
  files.put("s/config/topics.json", bytes);
  files.put("other/config/app.json", bytes);
  files.put("other/commitlog", bytes);
  assert(isStoreRoot(files, "s"));
  assert(!isStoreRoot(files, "other") && !isStoreRoot(files, "nowhere"));
});

Deno.test("placeAt() and storeAt() tell stores, parts, files and strangers apart", () => {
  const files = new MemoryFiles();
  mountStore(files, "s", { name: "5.5.0-b-kill-start-102" });
  files.put("bin", Uint8Array.of(1, 0, 2));
  const { terminal } = recordedTerminal({ files });
  assert.equal(placeAt(terminal, "s").kind, "store");
  assert.equal(placeAt(terminal, "s/commitlog").kind, "directory");
  assert.equal(placeAt(terminal, "s/checkpoint").kind, "file");
  assert.equal(storeAt(terminal, "s").index, "s/index");
  assert.throws(
    () => storeAt(terminal, "s/checkpoint"),
    /"s\/checkpoint" is no store: it is a checkpoint/,
  );
  assert.throws(() => storeAt(terminal, "bin"), /it is a binary file of another kind/);
});

Deno.test("placeAt() passes on what the system says about a path it may not read", () => {
  const denied = Object.assign(new Error("EACCES"), { code: "EACCES" });
  const files = {
    ...diskFiles,
    stat: () => {
      throw new Error('Cannot look at "s": permission denied', { cause: denied });
    },
  };
  const { terminal } = recordedTerminal({ files });
  assert.throws(() => placeAt(terminal, "s"), /permission denied/);
});

Deno.test("placeAt() says that a store is in use", () => {
  const files = new MemoryFiles();
  files.put("s/checkpoint", bytes);
  const { terminal, printed } = recordedTerminal({ files, lockHolder: 4242 });
  placeAt(terminal, "s");
  assert.match(printed().stderr, /^mq: process 4242 is using s: /);
});

Deno.test("storeFolder() takes a new folder or a store's, and nothing a store would spoil", () => {
  const files = new MemoryFiles();
  mountStore(files, "it", { name: "5.5.0-b-kill-start-102" });
  files.put("notes.txt", new TextEncoder().encode("Dear diary"));
  for (const path of ["it", "it/", "new", "new/deep", "commitlog", "../elsewhere"]) {
    assert.equal(storeFolder(files, path), path);
  }
  const check = (path: string, message: string, exitCode = 8) =>
    assert.throws(() => storeFolder(files, path), { message, exitCode });
  check("", "The store's path is empty", 16);
  check("notes.txt", 'Cannot keep a store in "notes.txt": it is a text file');
  check("notes.txt/s", 'Cannot keep a store in "notes.txt/s": "notes.txt" is a file');
  check("it/commitlog/", 'Cannot keep a store in "it/commitlog/": it is a part of "it"');
});

Deno.test("fileAbove() finds the file in a path's way", () => {
  const files = new MemoryFiles();
  files.put("a/b", bytes);
  assert.equal(fileAbove(files, "a/b/c/d"), "a/b");
  assert.equal(fileAbove(files, "a/b"), undefined);
  assert.equal(fileAbove(files, "x/y"), undefined);
  assert.equal(fileAbove(files, "/"), undefined);
});
