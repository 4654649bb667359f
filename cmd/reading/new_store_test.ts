import assert from "node:assert/strict";
import fs from "node:fs";
import { join } from "node:path";
import { diskFiles } from "../../store/file_disk.ts";
import { MemoryFiles } from "../../store/file_memory.ts";
import { inFolder } from "../../testdata/temporary_folder.ts";
import { realPath } from "../file_access.ts";
import { checkNewStore } from "./new_store.ts";

Deno.test("checkNewStore() lets a new folder be, and nothing that is there or in the store", () => {
  const files = new MemoryFiles();
  files.makeDirectory("store/commitlog");
  files.put("notes", new Uint8Array(3));
  files.makeDirectory("logs/deep");
  const paths = { root: "store", commitLogs: ["store/commitlog", "logs/deep"] };
  const check = (target: string) => checkNewStore({ files }, { paths, target, what: "make" });
  check("copy");
  check("deep/copy");
  check("store-2");
  assert.throws(() => check("store"), /^Failure: Cannot make "store": it exists already$/);
  assert.throws(() => check("notes/copy"), /"notes" is a file$/);
  assert.throws(() => check("store/copy"), /it lies in the store "store"$/);
  assert.throws(() => check("logs/deep/copy"), /it lies in the log "logs\/deep"$/);
  check("logs/copy");
});

Deno.test("checkNewStore() follows links: into the store, out of it, and to what is not there", () =>
  inFolder((folder) => {
    fs.mkdirSync(join(folder, "store/commitlog"), { recursive: true });
    fs.mkdirSync(join(folder, "other"));
    for (const [to, name] of [["store", "link"], ["../other", "store/out"], ["gone", "dangling"]]) {
      fs.symlinkSync(to!, join(folder, name!));
    }
    const check = (name: string, target: string) => {
      const root = join(folder, name);
      const paths = { root, commitLogs: [join(root, "commitlog")] };
      const wish = { paths, target: join(folder, target), what: "make" };
      checkNewStore({ files: diskFiles, realPath }, wish);
    };
    assert.throws(() => check("link", "store/copy"), /it lies in the store /);
    assert.throws(() => check("store", "link/copy/deep"), /it lies in the store /);
    assert.throws(() => check("store", "dangling"), /it is a link to what is not there$/);
    check("store", "store/out/copy");
    check("link", "copy");
  }));
