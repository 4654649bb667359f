import assert from "node:assert/strict";
import fc from "fast-check";
import { PowerLossFiles } from "../testdata/power_loss.ts";
import { OpenFiles } from "./open_files.ts";

function filesNamed(...names: string[]): PowerLossFiles {
  const fs = new PowerLossFiles();
  for (const name of names) fs.openWrite(name).close();
  return fs;
}

Deno.test("OpenFiles.get() opens a file once and keeps it open", () => {
  const fs = filesNamed("a", "b");
  using files = new OpenFiles(fs);
  const a = files.get("a");
  assert.equal(files.get("b").path, "b");
  assert.equal(files.get("a"), a);
  assert.equal(fs.openCount, 2);
});

Deno.test("OpenFiles.get() does not bring back a file that vanished", () => {
  const fs = filesNamed("a");
  using files = new OpenFiles(fs);
  assert.throws(() => files.get("b"), /^Error: Cannot open "b": no such file or directory$/);
  assert.deepEqual(fs.list("."), ["a"]);
});

Deno.test("OpenFiles.create() makes a missing file and leaves what is there", () => {
  const fs = filesNamed("a");
  using files = new OpenFiles(fs);
  files.get("a").write(Uint8Array.of(1), 0);
  assert.equal(files.create("a").size(), 1);
  assert.equal(files.create("b").size(), 0);
  assert.equal(fs.openCount, 2);
});

Deno.test("OpenFiles closes the file that was not used for longest", () => {
  const fs = filesNamed("a", "b", "c");
  using files = new OpenFiles(fs, 2);
  const [a, b] = [files.get("a"), files.get("b")];
  files.get("a");
  files.get("c");
  assert.equal(fs.openCount, 2);
  assert.throws(() => b.write(Uint8Array.of(1), 0), /closed/);
  a.write(Uint8Array.of(1), 0);
  assert.equal(files.get("a"), a);
});

Deno.test("OpenFiles.forget() closes one file, also one that is not open", () => {
  const fs = filesNamed("a");
  using files = new OpenFiles(fs);
  const a = files.get("a");
  files.forget("a");
  files.forget("a");
  files.forget("never opened");
  assert.equal(fs.openCount, 0);
  assert.notEqual(files.get("a"), a);
});

Deno.test("OpenFiles: dispose closes all, for good, and may be called again", () => {
  const fs = filesNamed("a", "b");
  const files = new OpenFiles(fs);
  files.get("a");
  files.get("b");
  files[Symbol.dispose]();
  files[Symbol.dispose]();
  assert.equal(fs.openCount, 0);
  assert.throws(() => files.get("a"), /^Error: Cannot open "a": the store is closed$/);
  assert.equal(fs.openCount, 0);
});

Deno.test("OpenFiles never has more files open than its limit, and always the newest ones", () => {
  const names = ["a", "b", "c", "d", "e", "f"];
  const use = fc.record({ name: fc.constantFrom(...names), forgets: fc.boolean() });
  fc.assert(fc.property(fc.integer({ min: 1, max: 6 }), fc.array(use), (limit, uses) => {
    const fs = filesNamed(...names);
    const files = new OpenFiles(fs, limit);
    let model: string[] = [];
    for (const { name, forgets } of uses) {
      model = model.filter((it) => it !== name);
      if (forgets) files.forget(name);
      else {
        model = [...model, name].slice(-limit);
        // A closed handle would throw.
        files.get(name).write(Uint8Array.of(1), 0);
      }
      assert.equal(fs.openCount, model.length);
    }
    files[Symbol.dispose]();
    assert.equal(fs.openCount, 0);
  }));
});
